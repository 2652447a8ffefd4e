"""The passes of "a prompt lands among sequences that decode": fixed beforehand, so that they can be timed and priced.

No torch here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from generators.measure.serving.scheduler import Policy, Request, Scheduler, Segment

_ENDLESS = 10**9  # tokens of an answer that does not end while it is watched


@dataclass(frozen=True)
class Landing:
    """`sequences` decode over `cached` tokens each; before pass `arrives` a prompt of `prompt` tokens comes.

    It is read whole, or `chunk_tokens` a pass, and watched until `after` passes after its last one.
    """

    sequences: int
    cached: int
    prompt: int
    chunk_tokens: int | None
    arrives: int
    after: int

    def __post_init__(self) -> None:
        """Refuse chunks so small that the sequences could not begin together."""
        if self.chunk_tokens is not None and self.chunk_tokens < self.sequences:
            raise ValueError(f"found {self}, wanted chunks of at least as many tokens as sequences decode")

    @property
    def capacity(self) -> int:
        """Tokens that the longest sequence has at the end, at most."""
        chunks = -(-self.prompt // self.chunk_tokens) if self.chunk_tokens else 1
        passes = 1 + self.arrives + chunks + self.after
        return max(self.cached + 1 + passes, self.prompt + self.after + 1)

    def passes(self) -> tuple[list[Segment], list[list[Segment]]]:
        """A pass to warm up with, which is not watched, and those that are."""
        name = "continuous" if self.chunk_tokens is None else "continuous-chunked"
        scheduler = Scheduler(Policy(name, self.sequences + 1, self.chunk_tokens))
        for _ in range(self.sequences):
            scheduler.submit(Request(0.0, self.cached + 1, _ENDLESS, cached=self.cached))
        warm = _advance(scheduler)
        watched: list[list[Segment]] = []
        after = -1
        while after < self.after:
            if len(watched) == self.arrives:
                scheduler.submit(Request(0.0, self.prompt, _ENDLESS))
            watched.append(_advance(scheduler))
            read = any(one.prompt and one.answers for one in watched[-1])
            after = 0 if read else after + (after >= 0)
        return warm, watched


def reported(segments: list[Segment]) -> dict[str, Any]:
    """What a pass does, for the parameters of its row: sequences decoding, prompt tokens read now and before."""
    prompt = [one for one in segments if one.prompt]
    return {
        "decode_tokens": len(segments) - len(prompt),
        "prefill_tokens": sum(one.new for one in prompt),
        "prefilled": sum(one.cached for one in prompt),
        "context": max((one.cached for one in segments if not one.prompt), default=0),
    }


def _advance(scheduler: Scheduler) -> list[Segment]:
    segments = scheduler.plan()
    scheduler.complete(segments)
    return segments
