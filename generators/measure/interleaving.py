"""Inside the measuring process: verifies and calibrates the cases of one stage and times them in turns."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any, Protocol

from generators.measure import noise
from generators.measure.estimate import drift, quantile, spread
from generators.measure.outcome import Outcome
from generators.measure.plan import Case, DeviceLost, Kernel, MeasureError, Part, Replay, Script, Stage, Work
from generators.measure.timing import calibrate

LEAST_ROUNDS = 7  # below which lateness does not cut a stage short
SETTLED = 3  # rounds from which on every round is worth keeping
WARMUPS = 1  # beside the two that settle the repetitions of a sample
NOBODY = -1  # the index of the reference, which belongs to no case
RESERVE = 0.9  # share of the free memory that a case may plan with

Tell = Callable[..., dict[str, Any]]


class Device(Protocol):
    """What the turns need of a device; `Bench` is the real one, tests bring their own."""

    def time(self, run: Callable[[], object], inner: int) -> float:
        """Seconds for `inner` repetitions."""

    def free_bytes(self) -> int:
        """Bytes that may still be allocated."""

    def lost(self) -> bool:
        """Whether the device answers no more."""


def cases_of(bench: Any, stage: Stage) -> list[Case | Replay]:
    """The cases of a stage, built by the function it names; nothing is allocated yet."""
    module, _, function = stage.cases.partition(":")
    where = module if "." in module else f"generators.measure.cases.{module}"  # a dotted one: tests bring their own
    made = getattr(importlib.import_module(where), function)(bench, **stage.settings)
    return made if isinstance(made, list) else [made]


class Turns:
    """One stage.  `tell` reports to the run, waits for its answer, and may learn that time is up."""

    def __init__(self, device: Device, tell: Tell, rounds: int) -> None:
        """`rounds` is how often each case is timed."""
        self.device, self.tell, self.rounds = device, tell, rounds
        self.late, self.over = False, ""

    def run(self, cases: dict[int, Case | Replay], reference: Case, reference_inner: int | None = None) -> None:
        """Measure the cases, by their index in the stage; the reference kernel before, between and after."""
        self.reference = Outcome(reference)
        kernel = self._prepare(NOBODY, self.reference)
        if kernel is None:
            raise MeasureError(f"the reference kernel does not run: {self.reference.reason}")
        self._kernel = kernel
        self._calibrate(self.reference, kernel)
        self.reference.inner = reference_inner or self.reference.inner
        ready = {
            index: (outcome, kernel)
            for index, case in cases.items()
            if isinstance(case, Case)
            for outcome, kernel in [self._ready(index, case)]
            if kernel
        }
        self._rounds(ready)
        ready.clear()
        for index, case in cases.items():
            if isinstance(case, Replay):
                self._replay(index, case)

    def _report(self, what: str, rows: dict[str, Outcome], **more: Any) -> None:
        """Send rows by index; the reference's samples of this stage go along."""
        answer = self.tell(
            what=what, rows={key: one.as_row() for key, one in rows.items()}, reference=self.reference.as_row(), **more
        )
        self.late, self.over = bool(answer.get("late")), answer.get("over", "")

    def _ready(self, index: int, case: Case) -> tuple[Outcome, Kernel | None]:
        """A case verified and calibrated, or no kernel and the reason in its outcome."""
        outcome = Outcome(case)
        outcome.reason = self.tell(what="preparing", index=index).get("over", "")
        kernel = None if outcome.reason else self._prepare(index, outcome)
        if kernel and not self._guarded(index, outcome, lambda: self._calibrate(outcome, kernel)):
            kernel = None
        self._report("prepared" if kernel else "failed", {str(index): outcome}, index=index)
        return outcome, kernel

    def _prepare(self, index: int, outcome: Outcome) -> Any:
        need, free = outcome.case.needs_bytes, self.device.free_bytes()
        if need > RESERVE * free:
            outcome.reason = f"needs {need / 1e9:.1f} GB of memory, {free / 1e9:.1f} GB are free"
            return None
        made: list[Kernel | Script] = []
        if not self._guarded(index, outcome, lambda: made.append(outcome.case.prepare())):
            return None
        outcome.check, outcome.parameters = made[0].check, dict(made[0].parameters)
        outcome.work = getattr(made[0], "work", Work())
        return made[0]

    def _calibrate(self, outcome: Outcome, kernel: Kernel) -> None:
        calls, outcome.warmups = calibrate(self.device.time, kernel.run)
        outcome.warmups += [self.device.time(kernel.run, calls) for _ in range(WARMUPS)]
        outcome.inner = calls * kernel.runs

    def _rounds(self, ready: dict[int, tuple[Outcome, Kernel]]) -> None:
        """Every case once per round, and the reference around each round."""
        if not ready:
            return
        before = noise.read_noise()
        self._sample(self.reference, self._kernel)
        for done in range(1, self.rounds + 1):
            if (done > LEAST_ROUNDS and self.late) or (done > SETTLED and self.over):
                break
            for index, (outcome, kernel) in ready.items():
                if not outcome.failed:
                    self.tell(what="timing", index=index)
                    self._guarded(index, outcome, lambda one=outcome, run=kernel: self._sample(one, run))
            self._sample(self.reference, self._kernel)
            if done >= SETTLED or done == self.rounds:
                self._settle(ready, before)
            rows = {str(index): outcome for index, (outcome, _) in ready.items()}
            self._report("round", rows if done >= SETTLED else {}, done=done, rounds=self.rounds)
        self._settle(ready, before)
        self._report("timed", {str(index): outcome for index, (outcome, _) in ready.items()})

    def _sample(self, outcome: Outcome, kernel: Kernel) -> None:
        outcome.samples.append(self.device.time(kernel.run, max(1, outcome.inner // kernel.runs)))

    def _settle(self, ready: dict[int, tuple[Outcome, Kernel]], before: noise.Reading) -> None:
        """Take over what only the timed repetitions decide, and how quiet the machine was."""
        reported = self._noise(before, len(ready))
        for outcome, kernel in ready.values():
            outcome.noise = dict(reported)
            if kernel.closing and outcome.samples:
                outcome.work, late = kernel.closing(len(outcome.samples) * outcome.inner)
                outcome.parameters |= late

    def _noise(self, before: noise.Reading, turns: int) -> dict[str, Any]:
        samples = self.reference.samples
        reported = noise.between(before, noise.read_noise()) | {
            "timed_in_turns_with": turns,
            "reference_seconds": round(quantile(samples, 0.5) / self.reference.inner, 9) if samples else None,
            "reference_spread": round(spread(samples), 4) if len(samples) > 2 else None,
            "reference_drift": round(drift(samples), 4) if len(samples) > 5 else None,
        }
        self.reference.noise = dict(reported)
        return reported

    def _replay(self, index: int, case: Replay) -> None:
        """Play a sequence several times; each part is a row with one sample a play."""
        whole, before = Outcome(case), noise.read_noise()
        whole.reason = self.tell(what="preparing", index=index).get("over", "")
        script = None if whole.reason else self._prepare(index, whole)
        parts: list[Outcome] = []
        for done in range(1, case.plays + 1) if script else ():
            self.tell(what="timing", index=index)
            self._sample(self.reference, self._kernel)
            if not self._guarded(index, whole, lambda: self._play(script, whole, parts)):
                break
            for one in parts:
                one.noise = self._noise(before, 1)
            rows = {f"{index}.{number}": one for number, one in enumerate(parts)}
            self._report("played", rows, index=index, done=done, rounds=case.plays)
        if not parts or whole.failed:
            self._report("failed", {str(index): whole}, index=index)

    def _play(self, script: Script, whole: Outcome, parts: list[Outcome]) -> None:
        """One play; its parts must be those of the play before."""
        played = script.play()
        if not parts:
            parts += [
                Outcome(whole.case, check=whole.check, work=part.work, parameters=whole.parameters | part.parameters)
                for part in played
            ]
        if [whole.parameters | part.parameters for part in played] != [one.parameters for one in parts]:
            raise MeasureError("two plays of this sequence had different parts; they cannot be compared")
        for one, part in zip(parts, played, strict=True):
            one.samples.append(max(part.seconds, 1e-9))
            one.work = _mean_work(one.work, part, len(one.samples))

    def _guarded(self, index: int, outcome: Outcome, act: Callable[[], object]) -> bool:
        """Run one case's own code; whatever it raises fails this case and no other.

        An error of a GPU is sticky: every later call of the process would fail with it.  A case that
        loses the device is therefore told at once, and `DeviceLost` ends the process.
        """
        try:
            act()
        except Exception as error:  # any fault of a case becomes its reason
            lost = self.device.lost()
            outcome.fail(error, lost)
            outcome.work = outcome.work if outcome.samples else Work()
            if lost:
                if index != NOBODY:
                    self._report("failed", {str(index): outcome}, index=index)
                raise DeviceLost(outcome.reason) from error
            return False
        return True


def _mean_work(before: Work, part: Part, count: int) -> Work:
    """The mean work of a part over its plays: a batch may differ in size from one play to the next."""
    return Work(*(old + (new - old) / count for old, new in zip(_numbers(before), _numbers(part.work), strict=True)))


def _numbers(work: Work) -> tuple[float, float, float]:
    return work.bytes, work.flop, work.tokens
