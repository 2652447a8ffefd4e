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


class Progress:
    """Prints through `say`, estimates through the stages' expected seconds scaled by this machine's pace."""

    def __init__(self, say: Callable[[str], None] = print, clock: Callable[[], float] = time.monotonic) -> None:
        """`say` takes one line; `clock` counts seconds from anywhere."""
        self.say, self.clock = say, clock
        self.started = self.spoken = clock()
        self.stages: list[Stage] = []
        self.budget = float("inf")
        self.passed = self.current = self.share = 0.0
        self.total = 1.0
        self.sizes: dict[int, float] = {}

    def begin(self, stages: list[Stage], budget: float) -> None:
        """Start the clock of the whole run."""
        self.stages, self.budget = list(stages), budget
        self.started = self.clock()
        self._line(f"{len(stages)} stages; about {sum(s.expected_seconds for s in stages):.0f} s in all")

    def elapsed(self) -> float:
        """Seconds since the run began."""
        return self.clock() - self.started

    def pace(self) -> float:
        """Seconds passed per second expected; 1 until the first stage is behind."""
        return self.elapsed() / (self.passed + self.current * self.share) if self.passed else 1.0

    def left(self) -> float:
        """Seconds that the rest will take at this pace."""
        return self._rest() * self.pace()

    def fits(self, stage: Stage) -> bool:
        """Whether an optional stage would end within the budget."""
        return self.elapsed() + stage.expected_seconds * self.pace() <= self.budget

    def late(self) -> bool:
        """Whether the stages that must run would pass the budget at this pace."""
        optional = sum(stage.expected_seconds for stage in self.stages if stage.optional)
        return self.elapsed() + (self._rest() - optional) * self.pace() > self.budget

    def stage(self, stage: Stage, cases: list[dict[str, Any]]) -> None:
        """A stage begins with these cases."""
        self.stages.remove(stage)
        self.current, self.share = stage.expected_seconds, 0.0
        self.total = sum(case["needs_bytes"] or 1.0 for case in cases)  # larger cases take longer to build
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
            if self.clock() - self.spoken > QUIET:
                self._line(f"  {stage.name}: {what[:5].rstrip('e')} {message['done']} of {message['rounds']}")

    def died(self, label: str, how: str) -> None:
        """A process ended before its work did."""
        self._line(f"  {label}: failed: {how}")

    def finished(self, stage: Stage, results: list[Result]) -> None:
        """A stage is over; its results follow."""
        self.passed, self.current, self.share = self.passed + stage.expected_seconds, 0.0, 0.0
        shown = [one for one in results if one.measured]
        most = MOST_LINES if len(shown) <= 2 * MOST_LINES else FEW_LINES
        for one in shown[:most]:
            self._line(f"  {one.label}: {rate_text(one)}")
        if len(shown) > most:
            self._line(f"  ... and {len(shown) - most} more in the record")

    def _built(self, one: Result, what: str) -> None:
        """A case is built, verified and calibrated, or cannot be measured."""
        self.share = min(PREPARING, self.share + PREPARING / self.count)
        if what == "failed":
            self._line(f"  {one.label}: {one.row['status']}: {one.row['reason']}")
        elif self.count <= MOST_LINES or self.clock() - self.spoken > QUIET:
            sample, inner = one.row["warmups"][-1], one.row["inner"]
            many = f"{inner} x {duration(sample / inner)}" if inner > 1 else duration(sample)
            self._line(
                f"  {one.label}: verified (error {one.row['check']['worst_relative_error']:.1g}), a sample is {many}"
            )

    def _rest(self) -> float:
        """Expected seconds of all that is not behind."""
        return self.current * (1 - self.share) + sum(stage.expected_seconds for stage in self.stages)

    def _line(self, text: str) -> None:
        self.spoken = self.clock()
        self.say(f"[{self.elapsed():5.1f} s, {self.left():3.0f} s left] {text}")
