"""Serving under load: one trace simulated on a chip of the catalogue.

The measured scheduler plays both.  What it costs is remembered, since numbers and figures ask for the same runs.
"""

from __future__ import annotations

import statistics
from dataclasses import dataclass, replace
from functools import cache

from generators.book.load import Book
from generators.evidence import simulation
from generators.evidence.simulation import Price
from generators.measure.serving import report
from generators.measure.serving.scheduler import Policy, Request, Run, serve
from generators.measure.serving.trace import Lengths, at_once, poisson_trace
from generators.measure.serving.trace import at_rate as at_rate_of

CHIP, MODEL, FORMAT = "a100-sxm4-80gb", "llama-3.1-8b", "bf16"
BATCH, CHUNK = 16, 256
PROMPTS, ANSWERS = Lengths("exponential", 1024, 32, 4096), Lengths("exponential", 64, 8, 256)
REQUESTS, SEED = 64, 207  # its requests come as fast and are as long and as varied as the distributions say, within 2 %
SHARES = (0.25, 0.5, 0.75, 0.9, 0.95)  # of what each policy could serve for ever


@dataclass(frozen=True)
class Load:
    """What a policy does to its users at a rate of arrivals: seconds, but for `share`, `rate` (1/s) and `batch` (tokens)."""

    policy: str
    share: float  # of the policy's own capacity
    rate: float
    ttft: float
    queueing: float
    tpot: float
    gap_p95: float
    gap_most: float
    batch: float


def policy_of(name: str, batch: int = BATCH, chunk: int = CHUNK) -> Policy:
    """A policy by its name."""
    return Policy(name, batch, chunk if name == "continuous-chunked" else None)


def trace() -> list[Request]:
    """The simulated requests, one a second."""
    return poisson_trace(SEED, REQUESTS, PROMPTS, ANSWERS)


def chapter_price(book: Book) -> Price:
    """The price of a pass on the chapter's chip by its datasheet."""
    return simulation.chip_price(book, CHIP, MODEL, FORMAT)


@cache
def capacity(price: Price, name: str, chunk: int = CHUNK) -> float:
    """Requests per second that a policy could serve for ever."""
    return simulation.capacity(trace(), policy_of(name, chunk=chunk), price)


@cache
def saturated_batch(price: Price, name: str) -> float:
    """Answer tokens per pass of the trace, several times over and all there from the beginning."""
    return report.mean_batch(serve(at_once(trace()), policy_of(name), price))


@cache
def carrying(price: Price, chunk: int) -> float:
    """Share of the passes that read a part of a prompt, of that run with chunks of a size."""
    run = serve(at_once(trace()), policy_of("continuous-chunked", chunk=chunk), price)
    return sum(any(segment.prompt for segment in one.segments) for one in run.passes) / len(run.passes)


def taking_turns(price: Price) -> Price:
    """The same machine, were it to read and compute in turns."""
    return replace(price, overlap=False)


@cache
def at_share(price: Price, name: str, share: float) -> Load:
    """The trace at a share of the policy's own capacity."""
    return _load(price, name, share, share * capacity(price, name))


@cache
def at_rate(price: Price, name: str, rate: float) -> Load:
    """The trace at so many requests a second."""
    return _load(price, name, rate / capacity(price, name), rate)


def _load(price: Price, name: str, share: float, rate: float) -> Load:
    run = simulation.at_load(trace(), policy_of(name), price, 1.0, rate)
    gaps = sorted(report.gaps(run))
    return Load(
        name, share, rate, statistics.mean(report.ttft(run)), statistics.mean(report.queueing(run)),
        statistics.mean(report.tpot(run)), gaps[int(0.95 * (len(gaps) - 1))], gaps[-1], report.mean_batch(run),
    )  # fmt: skip


# A picture of a few requests -------------------------------------------------------------


@cache
def small_capacity(price: Price, places: int) -> float:
    """Requests per second that continuous batching with few places could serve for ever."""
    return simulation.capacity(trace(), Policy("continuous", places), price)


@cache
def small_run(price: Price, name: str, places: int, rate: float, count: int) -> Run:
    """The first requests of the trace at a rate, with few places, to be drawn one by one."""
    requests = at_rate_of(trace(), rate)[:count]
    return serve(requests, Policy(name, places), price)


@dataclass(frozen=True)
class Moments:
    """When a request came, was taken up, gave its first token and its last (seconds), and its answer's tokens."""

    arrival: float
    begun: float
    first: float
    finish: float
    answer: int


def moments(run: Run) -> list[Moments]:
    """The moments of each request of a run."""
    told = zip(run.requests, report.begun(run), run.times, strict=True)
    return [Moments(one.arrival, begun, times[0], times[-1], one.answer) for one, begun, times in told]
