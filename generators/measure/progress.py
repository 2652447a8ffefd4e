"""What the person sees while waiting: one line per case, with time passed and an estimate of time left."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from generators.measure.plan import Stage
from generators.measure.result import Result
from generators.measure.summary import duration, rate_text

QUIET = 8.0  # seconds without a line after which a round is worth one
PREPARING = 0.6  # share of a stage's time that building and verifying its cases takes
FEW_LINES = 4  # of a stage with very many
MOST_LINES = 16  # results of a stage that are listed one by one
LARGE = 2**28  # bytes of a stage's models from which on building them is told apart from timing them
PER_BYTE = 6e-9  # seconds to build and verify one byte of a model on two cores, until this run has built some

Model = tuple[Any, Any, Any]  # name, number format, mode


class Progress:
    """Prints through `say`, estimates through the stages' expected seconds scaled by this machine's pace.

    Building and verifying large models grows with their bytes, and takes most of their stages: it
    is estimated by what a byte took so far.
    """

    def __init__(
        self, say: Callable[[str], None] = print, clock: Callable[[], float] = time.monotonic, per_byte: float = 0.0
    ) -> None:
        """`say` takes one line; `clock` counts seconds from anywhere; `per_byte` is the first guess for building."""
        self.say, self.clock = say, clock
        self.started = self.spoken = self.since = self.ended = self.reported = clock()
        self.stages: list[Stage] = []
        self.budget = float("inf")
        self.passed = self.share = (
            0.0  # expected seconds behind, without building large models; share of the stage at hand
        )
        self.current: Stage | None = None
        self.bytes: dict[str, float] = {}  # of the models of each stage
        self.first_guess, self.built_bytes, self.built_seconds = per_byte, 0.0, 0.0
        self.built_behind = 0.0  # seconds of building in the stages behind

    def begin(self, stages: list[Stage], listed: list[list[dict[str, Any]]], budget: float) -> None:
        """Start the clock of the whole run; `listed` are the cases of each stage."""
        self.stages, self.budget = list(stages), budget
        self.bytes = {
            stage.name: sum(_models([c["parameters"] for c in cases if c["wanted"]]).values())
            for stage, cases in zip(stages, listed, strict=True)
        }
        self.started = self.ended = self.clock()
        self._line(f"{len(stages)} stages; about {self.left():.0f} s in all")

    def elapsed(self) -> float:
        """Seconds since the run began."""
        return self.clock() - self.started

    def pace(self) -> float:
        """Seconds passed per second expected, the building of large models apart; 1 until the first stage is behind."""
        return max(self.ended - self.started - self.built_behind, 0.0) / self.passed if self.passed else 1.0

    def left(self) -> float:
        """Seconds that the rest will take at this pace."""
        return self._remains() + sum(map(self._whole, self.stages))

    def fits(self, stage: Stage) -> bool:
        """Whether an optional stage would end within the budget."""
        return self.elapsed() + self._whole(stage) <= self.budget

    def late(self) -> bool:
        """Whether the stages that must run would pass the budget at this pace."""
        must = self._remains() + sum(self._whole(stage) for stage in self.stages if not stage.optional)
        return self.elapsed() + must > self.budget

    def over(self) -> bool:
        """Whether the budget is spent."""
        return self.elapsed() > self.budget

    def stage(self, stage: Stage, cases: list[dict[str, Any]]) -> None:
        """A stage begins with these cases."""
        self.stages.remove(stage)
        self.current, self.share = stage, 0.0
        self.since = self.reported = self.clock()
        self.models: dict[Model, float] = {}  # built so far
        self.bytes[stage.name] = sum(_models([case["parameters"] for case in cases]).values())
        self.count = len(cases)
        self._line(f"{stage.name}: {len(cases)} case{'' if len(cases) == 1 else 's'}, timed in turns")

    def skipped(self, stage: Stage, why: str) -> None:
        """A stage is left out."""
        self.stages.remove(stage)
        self._line(f"{stage.name}: {why}")

    def heard(self, stage: Stage, message: dict[str, Any]) -> None:
        """What the measuring process tells: a case prepared or failed, a round or a play done."""
        what = message["what"]
        if what in ("prepared", "failed"):
            for row in message["rows"].values():
                self._built(Result(row), what)
        elif what in ("round", "played"):
            done = message["done"] / message["rounds"]
            self.share = PREPARING + (1 - PREPARING) * done if what == "round" else min(1.0, self.share + 0.2)
            self.reported = self.clock()
            if self.clock() - self.spoken > QUIET:
                self._line(f"  {stage.name}: {what[:5].rstrip('e')} {message['done']} of {message['rounds']}")

    def died(self, label: str, how: str) -> None:
        """A process ended before its work did."""
        self._line(f"  {label}: failed: {how}")

    def finished(self, stage: Stage, results: list[Result]) -> float:
        """A stage is over; its results follow.  The seconds that it took."""
        self.ended, self.built_behind, self.current, self.share = self.clock(), self.built_seconds, None, 0.0
        took = self.ended - self.since
        self.passed += stage.expected_seconds * ((1 - PREPARING) if self._large(stage) else 1.0)
        shown = [one for one in results if one.measured]
        most = MOST_LINES if len(shown) <= 2 * MOST_LINES else FEW_LINES
        for one in shown[:most]:
            self._line(f"  {one.label}: {rate_text(one)}")
        if len(shown) > most:
            self._line(f"  ... and {len(shown) - most} more in the record")
        self._line(f"  {stage.name}: took {took:.1f} s, planned {stage.expected_seconds:.0f} s")
        return took

    def _built(self, one: Result, what: str) -> None:
        """A case is built, verified and calibrated, or cannot be measured."""
        if self.current and (large := self._large(self.current)):
            new = _models([one.parameters]).items() - self.models.items()
            self.models |= dict(new)
            self.built_seconds += self.clock() - self.reported
            self.built_bytes += sum(size for _, size in new)
            self.share = PREPARING * sum(self.models.values()) / large
        else:
            self.share = min(PREPARING, self.share + PREPARING / self.count)
        self.reported = self.clock()
        if what == "failed":
            self._line(f"  {one.label}: {one.row['status']}: {one.row['reason']}")
        elif self.count <= MOST_LINES or self.clock() - self.spoken > QUIET:
            sample, inner = one.row["warmups"][-1], one.row["inner"]
            many = f"{inner} x {duration(sample / inner)}" if inner > 1 else duration(sample)
            self._line(
                f"  {one.label}: verified (error {one.row['check']['worst_relative_error']:.1g}), a sample is {many}"
            )

    def _per_byte(self) -> float:
        """Seconds to build and verify one byte of a model, as far as this run has seen."""
        return self.built_seconds / self.built_bytes if self.built_bytes else self.first_guess * max(1.0, self.pace())

    def _large(self, stage: Stage) -> float:
        """Bytes of a stage's models, where building them is told apart from timing them; else 0."""
        made = self.bytes.get(stage.name, 0.0)
        return made if made >= LARGE and (self.built_bytes or self.first_guess) else 0.0

    def _parts(self, stage: Stage) -> tuple[float, float]:
        """Seconds of building and of timing a stage: at this machine's pace, building at least what its models' bytes take."""
        planned = stage.expected_seconds * self.pace()
        return max(PREPARING * planned, self._large(stage) * self._per_byte()), (1 - PREPARING) * planned

    def _whole(self, stage: Stage) -> float:
        """Seconds that a stage will take."""
        return sum(self._parts(stage))

    def _remains(self) -> float:
        """Seconds that the rest of the stage at hand will take."""
        if not self.current:
            return 0.0
        building, timing = self._parts(self.current)
        left = building * max(0.0, 1 - self.share / PREPARING) + timing * min(1.0, (1 - self.share) / (1 - PREPARING))
        return max(left - (self.clock() - self.reported), 0.05 * left)

    def _line(self, text: str) -> None:
        self.spoken = self.clock()
        self.say(f"[{self.elapsed():5.1f} s, {self.left():3.0f} s left] {text}")


def _models(parameters: list[dict[str, Any]]) -> dict[Model, float]:
    """Bytes of the weights that cases are built with, those that several share once."""
    return {
        (p.get("model"), p.get("dtype"), p.get("mode")): p["weights_bytes"]
        for p in parameters
        if isinstance(p.get("weights_bytes"), (int, float))
    }
