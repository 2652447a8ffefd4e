"""Runs stages: verifies and calibrates each case, times them in turns, and keeps what is measured whatever happens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from generators.measure import noise
from generators.measure.estimate import drift, quantile, spread
from generators.measure.plan import Case, Kernel, MeasureError, Outcome, Stage, Work
from generators.measure.progress import Progress
from generators.measure.timing import calibrate

ROUNDS, LEAST_ROUNDS = 15, 7
WARMUPS = 1  # beside the two that settle the repetitions of a sample
RESERVE = 0.9  # share of the free memory that a case may plan with


class Device(Protocol):
    """What the runner needs of a device; `Bench` is the real one, tests bring their own."""

    def time(self, run: Callable[[], object], inner: int) -> float:
        """Seconds for `inner` repetitions."""

    def free_bytes(self) -> int:
        """Bytes that may still be allocated."""

    def release(self) -> None:
        """Give memory back between stages."""


class Runner:
    """One run over some stages; `outcomes` grows as it goes and is what the record holds."""

    def __init__(
        self,
        device: Device,
        progress: Progress,
        save: Callable[[list[Outcome]], None],
        budget: float = float("inf"),
        rounds: int = ROUNDS,
    ) -> None:
        """`save` is called with the outcomes whenever there is more to keep; `budget` is in seconds."""
        self.device, self.progress, self.save = device, progress, save
        self.budget, self.rounds = budget, rounds
        self.outcomes: list[Outcome] = []
        self.reference: Outcome | None = None
        self.interrupted = False
        self.noises: dict[str, dict] = {}  # by stage
        self.marks: dict[str, list[float]] = {}  # the reference's samples by stage

    def run(self, stages: list[Stage], reference: Case) -> list[Outcome]:
        """Measure every stage; Ctrl-C ends the run early, with the rest recorded as skipped."""
        self.progress.begin(stages, self.budget)
        rest = list(stages)
        try:
            self._prepare_reference(reference)
            while rest:
                self._stage(rest[0])
                rest.pop(0)
        except KeyboardInterrupt:
            self.interrupted = True
            self._skip_rest(rest, "interrupted before it was measured")
        return self.outcomes

    def drift(self) -> float | None:
        """How far the reference's median in its slowest stage lies above that in its fastest, as a share."""
        medians = [quantile(samples, 0.5) for samples in self.marks.values() if samples]
        return max(medians) / min(medians) - 1 if medians else None

    def cautions(self) -> list[str]:
        """What disturbed this run."""
        return noise.cautions(self.noises, self.drift())

    def _prepare_reference(self, case: Case) -> None:
        """Make the kernel ready that is timed in every round of every stage, to tell drift from difference."""
        self.reference = Outcome(case)
        kernel = self._prepare(self.reference)
        if kernel is None:
            raise MeasureError(f"the reference kernel does not run: {self.reference.reason}")
        self.outcomes.append(self.reference)
        self._kernel = kernel
        self._calibrate(self.reference, kernel)
        self._begun = noise.read_noise()

    def _stage(self, stage: Stage) -> None:
        mine = [Outcome(case, reason="interrupted before it was measured") for case in stage.cases(self.outcomes)]
        self.outcomes += mine
        if stage.optional and not self.progress.fits(stage):
            for one in mine:
                one.reason = f"the profile's {self.budget:.0f} s would not hold it"
            self.progress.skipped(stage)
            return
        self.progress.stage(stage, [one.case for one in mine])
        ready = [(one, kernel) for one in mine if (kernel := self._ready(one))]
        if ready:
            before, first = noise.read_noise(), len(self.reference.samples)
            try:
                self._rounds(stage, ready)
            finally:
                self._close(stage, ready, before, first)
        self.progress.finished(stage, mine)
        ready.clear()
        self.device.release()

    def _ready(self, outcome: Outcome) -> Kernel | None:
        """A case verified and calibrated, or None with the reason in its outcome."""
        kernel = self._prepare(outcome)
        if kernel and self._guarded(outcome, lambda: self._calibrate(outcome, kernel)):
            self.progress.prepared(outcome)
            return kernel
        self.progress.failed(outcome)
        self.save(self.outcomes)
        return None

    def _prepare(self, outcome: Outcome) -> Kernel | None:
        need, free = outcome.case.needs_bytes, self.device.free_bytes()
        if need > RESERVE * free:
            outcome.reason = f"needs {need / 1e9:.1f} GB of memory, {free / 1e9:.1f} GB are free"
            return None
        made: list[Kernel] = []
        if not self._guarded(outcome, lambda: made.append(outcome.case.prepare())):
            return None
        outcome.work, outcome.check, outcome.parameters = made[0].work, made[0].check, dict(made[0].parameters)
        return made[0]

    def _calibrate(self, outcome: Outcome, kernel: Kernel) -> None:
        outcome.inner, outcome.warmups = calibrate(self.device.time, kernel.run)
        outcome.warmups += [self.device.time(kernel.run, outcome.inner) for _ in range(WARMUPS)]

    def _rounds(self, stage: Stage, ready: list[tuple[Outcome, Kernel]]) -> None:
        """Every case once per round, the reference kernel before, between and after the rounds."""
        self._sample(self.reference, self._kernel)
        for done in range(self.rounds):
            if done >= LEAST_ROUNDS and self.progress.late():
                break
            for outcome, kernel in ready:
                if not outcome.failed:
                    self._guarded(outcome, lambda one=outcome, what=kernel: self._sample(one, what))
            self._sample(self.reference, self._kernel)
            self.progress.round(stage, done + 1, self.rounds)
            if done + 1 >= 3:
                self._settle(ready)
                self.save(self.outcomes)

    def _sample(self, outcome: Outcome, kernel: Kernel) -> None:
        outcome.samples.append(self.device.time(kernel.run, outcome.inner))

    def _settle(self, ready: list[tuple[Outcome, Kernel]]) -> None:
        """Take over what only the timed repetitions decide."""
        for outcome, kernel in ready:
            if kernel.closing and outcome.samples:
                outcome.work, told = kernel.closing(len(outcome.samples) * outcome.inner)
                outcome.parameters |= told

    def _close(self, stage: Stage, ready: list[tuple[Outcome, Kernel]], before: noise.Reading, first: int) -> None:
        self._settle(ready)
        samples = self.marks[stage.name] = self.reference.samples[first:]
        told = self.noises[stage.name] = noise.between(before, noise.read_noise()) | {
            "timed_in_turns_with": len(ready),
            "reference_spread": round(spread(samples), 4) if len(samples) > 2 else None,
            "reference_drift": round(drift(samples), 4) if len(samples) > 5 else None,
        }
        self.reference.noise = noise.between(self._begun, noise.read_noise())
        for outcome, _ in ready:
            outcome.noise = dict(told)
            if not outcome.failed and outcome.status != "measured":
                outcome.reason = ""  # begun but cut short: the row tells after how many samples
        self.save(self.outcomes)

    def _guarded(self, outcome: Outcome, act: Callable[[], object]) -> bool:
        """Run one case's own code; whatever it raises fails this case and no other."""
        try:
            act()
        except Exception as error:  # any fault of a case becomes its reason
            outcome.fail(error)
            outcome.work = outcome.work if outcome.samples else Work()
            return False
        return True

    def _skip_rest(self, stages: list[Stage], reason: str) -> None:
        """List the cases that were never begun, so that the record says what is missing."""
        known = [(one.case.name, one.case.parameters) for one in self.outcomes]
        for case in [case for stage in stages for case in stage.cases(self.outcomes)]:
            if (case.name, case.parameters) not in known:
                self.outcomes.append(Outcome(case, reason=reason))
