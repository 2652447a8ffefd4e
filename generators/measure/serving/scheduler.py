"""A serving scheduler: which tokens of which requests each pass processes, and a loop that plays it on a clock.

The same code serves a real model (`seconds_of` runs a pass and times it) and a simulated one
(`seconds_of` prices a pass by arithmetic).  No torch here.

Three policies, all first come, first served:

- static: the requests that wait when the machine falls idle form a batch; nobody joins before its
  last answer has ended.  Ended sequences are not computed further, so static is shown at its best:
  what it loses are the slots that stay empty, not padding.
- continuous (iteration-level scheduling, Orca, OSDI 2022): before every pass, waiting requests take
  the free slots; their whole prompts join the pass in which the others decode.
- continuous-chunked (Sarathi-Serve, OSDI 2024): the same, but at most `chunk_tokens` prompt tokens
  join a pass.  Decoding sequences are never held back, so a pass has at most batch + chunk tokens.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

POLICIES = ("static", "continuous", "continuous-chunked")


@dataclass(frozen=True)
class Request:
    """One request: when it arrives (seconds), tokens of its prompt, tokens of its answer.

    `cached` prompt tokens are in the KV cache already (a shared prefix, or an old conversation).
    """

    arrival: float
    prompt: int
    answer: int
    cached: int = 0

    def __post_init__(self) -> None:
        """Refuse what no engine can serve."""
        if not 0 <= self.cached < self.prompt or self.answer < 1 or self.arrival < 0:
            raise ValueError(f"found {self}, wanted at least one new prompt token, one answer token, no time before 0")


@dataclass(frozen=True)
class Policy:
    """How passes are put together: at most `batch` sequences in flight, `chunk_tokens` prompt tokens a pass."""

    name: str
    batch: int
    chunk_tokens: int | None = None

    def __post_init__(self) -> None:
        """Refuse a policy that is not one."""
        chunked = self.name == "continuous-chunked"
        if self.name not in POLICIES or self.batch < 1 or (self.chunk_tokens is not None) != chunked:
            raise ValueError(f"found {self}, wanted one of {POLICIES}, chunk_tokens with continuous-chunked only")
        if chunked and self.chunk_tokens < 1:
            raise ValueError(f"found {self}, wanted chunks of at least one token")


class Segment(NamedTuple):
    """What one pass does for one request: `new` tokens on top of `cached` ones.

    `prompt`: they are read from the prompt, not the token that came out last; `answers`: a token comes out.
    """

    request: int
    slot: int
    new: int
    cached: int
    prompt: bool
    answers: bool


@dataclass(slots=True)
class _Live:
    """A request that holds a place."""

    request: int
    slot: int
    prompt: int
    answer: int
    cached: int
    answered: int = 0


class Scheduler:
    """`submit` requests, then in turns `plan` a pass and `complete` it."""

    def __init__(self, policy: Policy) -> None:
        """Begin empty."""
        self.policy = policy
        self._waiting: deque[tuple[int, Request]] = deque()
        self._live: dict[int, _Live] = {}  # by request, in the order in which they took their slots
        self._free = list(range(policy.batch))[::-1]
        self._known = 0

    @property
    def waiting(self) -> int:
        """Requests that hold no place yet."""
        return len(self._waiting)

    def submit(self, request: Request) -> int:
        """Queue a request; its number, counted from 0, is what segments call it."""
        self._waiting.append((self._known, request))
        self._known += 1
        return self._known - 1

    def plan(self) -> list[Segment]:
        """The next pass: everyone who decodes, then prompts in order of arrival; empty when nothing is to do."""
        budget = self.policy.chunk_tokens or float("inf")
        may_join = self.policy.name != "static" or not self._live
        segments = [
            Segment(one.request, one.slot, 1, one.cached, False, True)
            for one in self._live.values()
            if one.cached >= one.prompt
        ]
        for one in self._live.values():
            if one.cached < one.prompt:  # at most one prompt is read in part, as the next begins only with budget left
                budget -= self._prefill(one, budget, segments)
        while may_join and self._waiting and self._free and budget > 0:
            budget -= self._prefill(self._admit(), budget, segments)
        return segments

    def steady(self, segments: Sequence[Segment]) -> int:
        """How many passes, this one among them, do the same to the next tokens if nothing is submitted meanwhile."""
        prompts = [segment for segment in segments if segment.prompt]
        if len(prompts) > 1 or any(segment.answers for segment in prompts):  # then the next pass reads another chunk
            return 1
        left = [(self._live[one.request].prompt - one.cached - 1) // one.new for one in prompts]
        answering = [self._live[segment.request] for segment in segments if segment.answers]
        return min(left + [one.answer - one.answered for one in answering])

    def complete(self, segments: Sequence[Segment], passes: int = 1) -> None:
        """Take over what a pass, or several `steady` ones, did; requests with their whole answer give their place back."""
        freed = []
        for request, _, new, _, _, answers in segments:
            one = self._live[request]
            one.cached += passes * new
            one.answered += passes * answers
            if one.answered == one.answer:
                freed.append(self._live.pop(request).slot)
        self._free += sorted(freed, reverse=True)

    def _admit(self) -> _Live:
        number, request = self._waiting.popleft()
        self._live[number] = _Live(number, self._free.pop(), request.prompt, request.answer, request.cached)
        return self._live[number]

    def _prefill(self, one: _Live, budget: float, segments: list[Segment]) -> int:
        """Put as much of a prompt into the pass as the budget allows; the tokens taken."""
        new = int(min(one.prompt - one.cached, budget))
        segments.append(self._segment(one, new))
        return new

    @staticmethod
    def _segment(one: _Live, new: int) -> Segment:
        after = one.cached + new
        return Segment(one.request, one.slot, new, one.cached, one.cached < one.prompt, after >= one.prompt)


class Pass(NamedTuple):
    """One pass as it happened: when it began, how long it took, what it did, who waited meanwhile.

    Passes that a simulation priced together hold the segments of the first of them.
    """

    start: float
    seconds: float
    segments: tuple[Segment, ...]
    waiting: int

    @property
    def end(self) -> float:
        """When its tokens were out."""
        return self.start + self.seconds


@dataclass
class Run:
    """A trace played to its end: the requests, every pass, and when each token of each answer came out."""

    requests: list[Request]
    policy: Policy
    passes: list[Pass] = field(default_factory=list)
    times: list[list[float]] = field(default_factory=list)


def serve(requests: Sequence[Request], policy: Policy, seconds_of: Callable[[list[Segment]], float]) -> Run:
    """Play a trace, sorted by arrival, on a clock that each pass moves on by `seconds_of` it.

    Time in which nothing runs is skipped, so a real model serves a trace in the time it is busy.
    A `seconds_of` by arithmetic may have a method `ahead`, which prices several passes that differ by a token at once.
    """
    if any(late.arrival < early.arrival for early, late in pairwise(requests)):
        raise ValueError("found requests out of order, wanted them sorted by arrival")
    run = Run(list(requests), policy, times=[[] for _ in requests])
    scheduler, coming, clock = Scheduler(policy), deque(requests), 0.0
    ahead = getattr(seconds_of, "ahead", None)
    while True:
        while coming and coming[0].arrival <= clock:
            scheduler.submit(coming.popleft())
        segments = scheduler.plan()
        if segments:
            reported, waiting, ends = tuple(segments), scheduler.waiting, []
            for seconds in ahead(segments, scheduler.steady(segments)) if ahead else [seconds_of(segments)]:
                run.passes.append(Pass(clock, seconds, reported, waiting))
                clock += seconds
                ends.append(clock)
                if coming and coming[0].arrival <= clock:
                    break
            scheduler.complete(segments, len(ends))
            for segment in segments:
                if segment.answers:
                    run.times[segment.request] += ends
        elif coming:
            clock = coming[0].arrival
        else:
            return run
