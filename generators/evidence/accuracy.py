"""Predictions beside the world's measurements: the quoted runs scored, and the same runs by the formulas of other tools."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from functools import lru_cache

from generators.book.load import Book
from generators.score.rows import Run
from generators.score.table import Predictor, Scored, own_runs

DECODE, BATCHED, PREFILL, OPERATOR = "decode, batch 1", "whole requests, batched", "prefill", "operator"
BATCHED_DECODE = "decode, batched"
#: Bits that a format's name says, without the scales that its file holds.
_NAMED_BITS = (("f32", 32.0), ("16", 16.0), ("8", 8.0), ("6", 6.0), ("5", 5.0), ("4", 4.0), ("3", 3.0), ("2", 2.0))
#: GB read as GiB, by which one tool's bandwidth is too large.
_BINARY = 2.0**30 / 1e9


class _Hashed:
    """A book as a key of a cache: itself, for it holds dicts."""

    def __init__(self, book: Book) -> None:
        self.book = book

    def __hash__(self) -> int:
        return id(self.book)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Hashed) and other.book is self.book


@lru_cache(maxsize=2)
def _runs(book: _Hashed) -> tuple[Run, ...]:
    return tuple(own_runs(book.book))


@lru_cache(maxsize=2)
def _scored(book: _Hashed) -> tuple[Scored, ...]:
    runs = list(_runs(book))
    predictor = Predictor(runs)
    answers = [predictor.score(run) for run in runs]
    return tuple(one for one in answers if isinstance(one, Scored)) + tuple(predictor.probed(runs))


def runs(book: Book) -> tuple[Run, ...]:
    """Every quoted run."""
    return _runs(_Hashed(book))


def scored(book: Book) -> tuple[Scored, ...]:
    """Every quoted run that can be predicted without its own device, and those predicted from a probe."""
    return _scored(_Hashed(book))


def of_kind(book: Book, kind: str) -> list[Scored]:
    """The scored runs of one kind whose constants were fitted on several devices, or on one where no group has more."""
    there = [one for one in scored(book) if one.run.kind == kind and not one.probes]
    return [one for one in there if one.devices > 1] or there


def probed(book: Book, probes: int) -> list[Scored]:
    """The runs predicted from so many other runs of their machine."""
    return [one for one in scored(book) if one.probes == probes]


def parted(found: list[Scored], by: Callable[[Scored], str]) -> dict[str, list[Scored]]:
    """Scored runs by a word, largest part first."""
    parts: dict[str, list[Scored]] = defaultdict(list)
    for one in found:
        parts[by(one)].append(one)
    return dict(sorted(parts.items(), key=lambda part: (-len(part[1]), part[0])))


def named_bits(precision: str) -> float:
    """The bits that a format's name says: 4 for Q4_0, whose file holds 4.5 with its scales; 0 where it says none."""
    return next((bits for word, bits in _NAMED_BITS if word in precision.lower()), 0.0)


def _cache(run: Run) -> float:
    return run.phases[0].kv


def _weights(run: Run) -> float:
    return run.phases[0].bytes - run.phases[0].kv


#: Other tools' formulas for the seconds of one token of one sequence, restated from their code as cited on the page.
FORMULAS: dict[str, Callable[[Run], float]] = {
    "LLM-Viewer": lambda run: (run.read * named_bits(run.precision) / 8.0 + _cache(run)) / run.device.bandwidth,
    "llm-analysis": lambda run: (run.read * named_bits(run.precision) / 8.0 + 2.0 * _cache(run)) / run.device.bandwidth,
    "GenZ": lambda run: (
        (run.read * named_bits(run.precision) / 8.0 + _cache(run) * named_bits(run.precision) / 16.0)
        / (run.device.bandwidth * _BINARY)
    ),
    "llmfit": lambda run: run.stored / (0.55 * run.device.bandwidth),
    "whichllm": lambda run: (
        run.stored / ({16.0: 0.40, 8.0: 0.45}.get(named_bits(run.precision), 0.55) * run.device.bandwidth)
    ),
    "0.8 of bandwidth (InferSim, BLIS)": lambda run: run.phases[0].bytes / (0.8 * run.device.bandwidth),
}


def comparable(book: Book) -> list[Scored]:
    """Scored decode of batch 1 that every formula speaks of: dense models whose format's name says its bits."""
    return [one for one in of_kind(book, DECODE) if one.run.read and named_bits(one.run.precision)]
