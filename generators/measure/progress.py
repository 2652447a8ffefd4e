"""What the person sees while waiting: one line per case, with time passed and an estimate of time left."""

from __future__ import annotations

import time
from collections.abc import Callable

from generators.measure.plan import Case, Outcome, Stage
from generators.measure.summary import rate_text

QUIET = 8.0  # seconds without a line after which a round is worth one
PREPARING = 0.75  # share of a stage's time that building and verifying its cases takes


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

    def begin(self, stages: list[Stage], budget: float) -> None:
        """Start the clock of the whole run."""
        self.stages, self.budget = list(stages), budget
        self.started = self.clock()
        self._line(f"filling memory with random numbers; about {sum(s.expected_seconds for s in stages):.0f} s in all")

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

    def stage(self, stage: Stage, cases: list[Case]) -> None:
        """A stage begins with these cases."""
        self.stages.remove(stage)
        self.current, self.share = stage.expected_seconds, 0.0
        self.total = sum(case.needs_bytes or 1.0 for case in cases)  # larger cases take longer to build
        self._line(f"{stage.name}: {len(cases)} case{'' if len(cases) == 1 else 's'}, timed in turns")

    def skipped(self, stage: Stage) -> None:
        """A stage is left out for lack of time."""
        self.stages.remove(stage)
        self._line(f"{stage.name}: left out, it would not fit into {self.budget:.0f} s")

    def prepared(self, outcome: Outcome) -> None:
        """A case is built, verified and calibrated."""
        sample = outcome.warmups[-1]
        many = f"{outcome.inner} x {duration(sample / outcome.inner)}" if outcome.inner > 1 else duration(sample)
        error = f"error {outcome.check.worst_relative_error:.1g}" if outcome.check else "unverified"
        self._built(outcome)
        self._line(f"  {outcome.case.label}: verified ({error}), a sample is {many}")

    def failed(self, outcome: Outcome) -> None:
        """A case cannot be measured."""
        self._built(outcome)
        self._line(f"  {outcome.case.label}: {outcome.status}: {outcome.reason}")

    def round(self, stage: Stage, done: int, rounds: int) -> None:
        """All cases of a stage have been timed once more."""
        self.share = PREPARING + (1 - PREPARING) * done / rounds
        if self.clock() - self.spoken > QUIET:
            self._line(f"  {stage.name}: round {done} of {rounds}")

    def finished(self, stage: Stage, outcomes: list[Outcome]) -> None:
        """A stage is over; its results follow."""
        self.passed, self.current, self.share = self.passed + stage.expected_seconds, 0.0, 0.0
        for outcome in outcomes:
            if outcome.samples:
                self._line(f"  {outcome.case.label}: {rate_text(outcome)}")

    def _rest(self) -> float:
        """Expected seconds of all that is not behind."""
        return self.current * (1 - self.share) + sum(stage.expected_seconds for stage in self.stages)

    def _built(self, outcome: Outcome) -> None:
        self.share += PREPARING * (outcome.case.needs_bytes or 1.0) / self.total

    def _line(self, text: str) -> None:
        self.spoken = self.clock()
        self.say(f"[{self.elapsed():5.1f} s, {self.left():3.0f} s left] {text}")


def duration(seconds: float) -> str:
    """Seconds with a fitting unit and three digits."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-9:.3g} ns"
