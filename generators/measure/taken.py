"""Which record of a machine a figure takes, and why it passes another one over.  No torch here.

The rule, for each figure by itself: of the records of one machine that no later one supersedes, it
takes one that measured what it shows and the ceilings that this is predicted from; an undisturbed
one before a disturbed one; then the one with the most sound results of what it shows; then the newest.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from generators.measure.quality import held_out, verdict
from generators.measure.result import Result

CEILINGS = ("read-bandwidth", "matmul-peak")  # what a figure predicts from
#: What figures show of a machine.
SHOWN = ("decode", "decode-batch", "decode-context", "prefill", "interference", "step-with-cache", "rows-sweep")
RULE = "of a machine's records a figure takes an undisturbed one, then the one with the most results that it shows, then the newest"


class Run(Protocol):
    """A record, as the book or the suite holds it."""

    id: str
    started: str
    environment: dict[str, Any]

    @property
    def results(self) -> list[Result]:
        """Its cases."""


@dataclass(frozen=True)
class Stored:
    """A record as it lies on the disk, by its file's name without .json."""

    id: str
    row: dict[str, Any]

    @property
    def started(self) -> str:
        """When it was begun, UTC."""
        return self.row["started"]

    @property
    def machine(self) -> tuple[str, str]:
        """The machine's name and device, which records are chosen among."""
        return self.row["machine"]["name"], self.row["machine"]["device"]

    @property
    def environment(self) -> dict[str, Any]:
        """Its conditions and cautions."""
        return self.row["environment"]

    @property
    def results(self) -> list[Result]:
        """Its cases."""
        return [Result(case) for case in self.row["cases"]]


AnyRun = TypeVar("AnyRun", bound=Run)


def sound(run: Run, name: str) -> int:
    """How many measured rows of a name are not held out."""
    held = held_out(run.results)
    return sum(one.measured and one.name == name and index not in held for index, one in enumerate(run.results))


def lacks(run: Run, shown: str) -> str:
    """The first case that keeps a figure from this record; nothing where it has all."""
    return next((name for name in (shown, *CEILINGS) if not sound(run, name)), "")


def taken(runs: Iterable[AnyRun], shown: str) -> AnyRun | None:
    """The record of one machine that a figure of this case takes; None where none has what it takes."""
    return max((run for run in runs if not lacks(run, shown)), key=lambda run: _rank(run, shown), default=None)


def _rank(run: Run, shown: str) -> tuple[bool, int, str]:
    return not verdict(run.results, run.environment).disturbed, sound(run, shown), run.started


def passed_over(run: Run, runs: Iterable[Run]) -> str:
    """Why no figure takes this one of a machine's records, in a few words; nothing where some figure does."""
    runs = list(runs)
    if any(taken(runs, shown) is run for shown in SHOWN):
        return ""
    shown = next((name for name in SHOWN if sound(run, name)), SHOWN[0])
    if missing := lacks(run, shown):
        return f"it has no sound {missing}, which a figure of {shown} needs"
    best = taken(runs, shown)
    if verdict(run.results, run.environment).disturbed and not verdict(best.results, best.environment).disturbed:
        return f"it was disturbed, and {best.id} was not"
    mine, its = sound(run, shown), sound(best, shown)
    return f"{best.id} has {f'{its} results of {shown}, this one {mine}' if mine < its else 'as many results and is newer'}"
