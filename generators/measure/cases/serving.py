"""A small model serves one arrival trace under three policies, at several loads.

Passes are timed one by one, and a virtual clock adds their times up; what a real server does
between passes (schedule, sample otherwise than greedily, talk to clients) is left out.
"""

from __future__ import annotations

from functools import cached_property, partial
from typing import Any

from generators.measure.bench import Bench
from generators.measure.counting import serving as count_serving
from generators.measure.plan import Part, Replay, Script, Work
from generators.measure.ragged import padded
from generators.measure.serving import report as serving_report
from generators.measure.serving.fixture import ServingFixture, chosen_model
from generators.measure.serving.scheduler import POLICIES, Policy, Request, Run, Segment, serve
from generators.measure.serving.trace import Lengths, at_once, at_rate, poisson_trace

PROMPTS = Lengths("exponential", mean=128, low=16, high=384)
ANSWERS = Lengths("exponential", mean=20, low=4, high=64)
SEED = 125  # its 24 requests come as fast and are as long as the distributions say, within 3 %


def serving(
    bench: Bench,
    model: str = "",
    dtype: str = "bfloat16",
    loads: tuple[float, ...] | list[float] = (0.5, 0.8, 0.95),
    requests: int = 24,
    batch: int = 4,
    chunk_tokens: int = 64,
    trace_seed: int = SEED,
    plays: int = 3,
    shape: dict[str, int] | None = None,
    prompts: dict[str, Any] | None = None,
    answers: dict[str, Any] | None = None,
) -> list[Replay]:
    """One arrival trace under static, continuous and chunked continuous batching, at shares of what the machine serves."""
    name, size = chosen_model(bench, model, shape)
    asked = Lengths(**prompts) if prompts else PROMPTS, Lengths(**answers) if answers else ANSWERS
    trace = poisson_trace(trace_seed, requests, *asked)
    fixture = ServingFixture(bench, size, dtype, batch, max(one.prompt + one.answer for one in trace))
    stand = Stand(fixture, trace, Policy("continuous", batch))
    return [
        Replay(
            "serving",
            {
                "model": name,
                "dtype": dtype,
                "policy": policy,
                "load": load,
                "batch": batch,
                "requests": requests,
                "chunk_tokens": chunk_tokens if policy == "continuous-chunked" else None,
                "trace_seed": trace_seed,
            },
            partial(stand.script, policy, chunk_tokens, load),
            plays,
            fixture.needs_bytes,
        )
        for load in loads
        for policy in POLICIES
    ]


class Stand:
    """A trace and a model to serve it; the rate that the machine sustains is measured once, for all policies."""

    def __init__(self, fixture: ServingFixture, trace: list[Request], policy: Policy) -> None:
        """`policy` is the one whose rate counts as a load of 1."""
        self.fixture, self.trace, self.policy = fixture, trace, policy

    @cached_property
    def capacity(self) -> float:
        """Requests per second that it could serve for ever: the better of two runs, lest a disturbance scale all loads."""
        self._warm()
        runs = [serve(at_once(self.trace, 2), self.policy, self.fixture.engine.seconds) for _ in range(2)]
        return max(map(serving_report.sustained_rate, runs))

    def _warm(self) -> None:
        """Let libraries compile for the numbers of rows that may occur: batches, and prompts by padded size."""
        for rows in range(1, self.policy.batch + 1):
            self.fixture.engine.run([Segment(slot, slot, 1, 0, True, True) for slot in range(rows)])
        for rows in sorted({padded(rows) for rows in range(1, self.fixture.room)}):
            self.fixture.engine.run([Segment(0, 0, min(rows, self.fixture.room), 0, True, True)])

    def script(self, policy: str, chunk_tokens: int, load: float) -> Script:
        """The trace at a load, ready to be played."""
        check = self.fixture.check
        chosen = Policy(policy, self.policy.batch, chunk_tokens if policy == "continuous-chunked" else None)
        requests = at_rate(self.trace, round(load * self.capacity, 6))
        reported = {"capacity_requests_per_s": round(self.capacity, 6)} | self.fixture.attention(
            bool(chosen.chunk_tokens)
        )

        def play() -> list[Part]:
            run = serve(requests, chosen, self.fixture.engine.seconds)
            return _request_parts(run) + _run_parts(run, self.fixture)

        return Script(play, check, reported)


def _request_parts(run: Run) -> list[Part]:
    """Two rows a request: time to its first token and to its last, both from its arrival."""
    parts = []
    for metric, values in (("ttft", serving_report.ttft(run)), ("finish", serving_report.finish(run))):
        for number, (one, seconds) in enumerate(zip(run.requests, values, strict=True)):
            reported = {
                "request": number,
                "metric": metric,
                "arrival_s": round(one.arrival, 9),
                "prompt_tokens": one.prompt,
                "answer_tokens": one.answer,
            }
            parts.append(Part(reported, Work(tokens=1 if metric == "ttft" else one.answer), seconds))
    return parts


def _run_parts(run: Run, fixture: ServingFixture) -> list[Part]:
    """Rows of the whole run.  `tokens` of the row "pass" are the mean batch: answer tokens per pass."""
    flop, tokens = count_serving.trace_flop(fixture.shape, run.requests), serving_report.answer_tokens(run)
    between, busy = sorted(serving_report.gaps(run)), serving_report.busy(run)
    waits = serving_report.queueing(run)
    rows = {
        "makespan": (Work(0, flop, tokens), serving_report.makespan(run)),
        "busy": (Work(0, flop, tokens), busy),
        "pass": (Work(0, flop / len(run.passes), serving_report.mean_batch(run)), busy / len(run.passes)),
        "queueing": (Work(), sum(waits) / len(waits)),
        "gap-median": (Work(), between[len(between) // 2]),
        "gap-p95": (Work(), between[int(0.95 * (len(between) - 1))]),
        "gap-most": (Work(), between[-1]),
    }
    return [Part({"metric": metric} | fixture.facts(), work, seconds) for metric, (work, seconds) in rows.items()]
