"""What users and operators of a served trace see: TTFT, TPOT, gaps between tokens, throughput, queue.  No torch here."""

from __future__ import annotations

import math
from itertools import pairwise

from generators.measure.serving.scheduler import Run, Segment


def ttft(run: Run) -> list[float]:
    """Time to first token of each request: from its arrival, queueing included, in seconds."""
    return [times[0] - one.arrival for one, times in zip(run.requests, run.times, strict=True)]


def finish(run: Run) -> list[float]:
    """Time from each request's arrival to its last token, in seconds."""
    return [times[-1] - one.arrival for one, times in zip(run.requests, run.times, strict=True)]


def tpot(run: Run) -> list[float]:
    """Time per output token after the first, mean of each request, in seconds; requests of one token have none."""
    return [(times[-1] - times[0]) / (len(times) - 1) for times in run.times if len(times) > 1]


def gaps(run: Run) -> list[float]:
    """Every inter-token latency: the time between two tokens of one answer, over all requests, in seconds."""
    return [late - early for times in run.times for early, late in pairwise(times)]


def begun(run: Run) -> list[float]:
    """When the first pass that serves each request starts, in seconds."""
    starts: dict[int, float] = {}
    before: tuple[Segment, ...] = ()
    for one in run.passes:
        for segment in one.segments if one.segments is not before else ():  # passes priced together hold the same
            if segment.prompt:
                starts.setdefault(segment.request, one.start)
        before = one.segments
    return [starts[number] for number in range(len(run.requests))]


def queueing(run: Run) -> list[float]:
    """Time from each request's arrival to the start of the first pass that serves it, in seconds."""
    return [start - one.arrival for start, one in zip(begun(run), run.requests, strict=True)]


def sustained_rate(run: Run) -> float:
    """Requests per second that a saturated run lets in once its slots are full: what it could serve for ever.

    The run is one in which all requests arrived at once, several times as many as there are
    slots; its end, when slots stay empty, does not count.
    """
    starts = sorted(begun(run))
    if starts[-1] <= 0:
        raise ValueError("found every request in the first pass, wanted more requests than slots")
    return (len(starts) - run.policy.batch) / starts[-1]


def makespan(run: Run) -> float:
    """From time 0 to the last token, in seconds."""
    return run.passes[-1].end


def busy(run: Run) -> float:
    """Time in which a pass was running, in seconds."""
    return math.fsum(one.seconds for one in run.passes)


def answer_tokens(run: Run) -> int:
    """Tokens that came out, over all requests."""
    return sum(map(len, run.times))


def throughput(run: Run) -> float:
    """Answer tokens per second over the makespan."""
    return answer_tokens(run) / makespan(run)


def mean_batch(run: Run) -> float:
    """Answer tokens per pass: how many sequences share one reading of the weights."""
    return answer_tokens(run) / len(run.passes)


def queue(run: Run) -> list[tuple[float, int]]:
    """(start of a pass, requests that then hold no place): the length of the queue over time."""
    return [(one.start, one.waiting) for one in run.passes]
