"""Leads a run: one process per stage, rows kept after every round, a dead process's case marked and the rest gone on with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from generators.measure import noise
from generators.measure.estimate import quantile
from generators.measure.plan import ENOUGH, MeasureError, Stage
from generators.measure.progress import Progress
from generators.measure.result import Result
from generators.measure.workshop import Died, Workshop

Row = dict[str, Any]
UNREACHED = "not reached before the run ended"
REFERENCE = "reference-read"


class Conductor:
    """One run over some stages; `rows` is what the record holds at any moment, in the order of the profile."""

    def __init__(
        self, workshop: Workshop, head: dict[str, Any], progress: Progress, save: Callable[[], None], budget: float
    ) -> None:
        """`head` is what every command to the workshop carries; `save` is called whenever there is more to keep."""
        self.workshop, self.head, self.progress, self.save, self.budget = workshop, head, progress, save, budget
        self.rows: dict[tuple[int, str], Row] = {}
        self.reference: Row | None = None
        self.interrupted = False
        self.own_huge_page_bytes: int | None = None
        self.noises: dict[str, dict[str, Any]] = {}  # by stage
        self.marks: dict[str, list[float]] = {}  # the reference's samples by stage

    @property
    def results(self) -> list[Result]:
        """The record's cases, the reference first."""
        ordered = sorted(self.rows, key=lambda key: (key[0], *map(int, key[1].split("."))))
        return [Result(row) for row in [self.reference, *map(self.rows.get, ordered)] if row]

    def run(self, stages: list[Stage], kept: list[Row] | None = None, only: str = "") -> None:
        """Measure every stage, or of all but the first one the cases of one name.

        `kept` are rows of an earlier part of this run, which are not measured again.
        """
        listed = self._ask({"do": "list", "stages": [asdict(stage) for stage in stages]})["listed"]
        listed = [[case | {"wanted": not only or place == 0 or case["name"] == only} for case in cases]
                  for place, cases in enumerate(listed)]  # fmt: skip
        stages, listed = zip(*((s, c) for s, c in zip(stages, listed, strict=True) if any(x["wanted"] for x in c)),
                             strict=True)  # fmt: skip
        self._enter(listed, kept or [])
        self._go_on_with_reference(kept or [])
        self.progress.begin(stages, self.budget)
        try:
            for place, stage in enumerate(stages):
                self._stage(place, stage, listed[place])
        except KeyboardInterrupt:
            self.interrupted = True
            self.workshop.close()

    def drift(self) -> float | None:
        """How far the reference's median in its slowest stage lies above that in its fastest, as a share."""
        medians = [quantile(samples, 0.5) for samples in self.marks.values() if samples]
        return max(medians) / min(medians) - 1 if medians else None

    def cautions(self) -> list[str]:
        """What disturbed this run."""
        return noise.cautions(self.noises, self.drift())

    def _ask(self, command: dict[str, Any]) -> dict[str, Any]:
        try:
            return self.workshop.ask(self.head | command)
        except Died as error:
            raise MeasureError(f"the measuring process does not start its work: {error}") from None

    def _enter(self, listed: list[list[dict[str, Any]]], kept: list[Row]) -> None:
        """A row for every case before anything is timed, so that a record says what is missing."""
        for place, cases in enumerate(listed):
            for number, case in enumerate(cases):
                mine = [row for row in kept if _is_of(row, case)]
                for part, row in enumerate(mine):
                    self.rows[place, f"{number}.{part}" if len(mine) > 1 else str(number)] = row
                if case["wanted"] and not mine:
                    self.rows[place, str(number)] = _unreached(case)

    def _go_on_with_reference(self, kept: list[Row]) -> None:
        """The reference's samples of an earlier part of this run stay, and this part is held against them."""
        for row in kept:
            if row["name"] == REFERENCE and row["samples"]:
                self.reference = row
                self.marks["an earlier part"] = [value / row["inner"] for value in row["samples"]]

    def _open(self, place: int, cases: list[dict[str, Any]]) -> list[int]:
        """Cases of a stage that have neither been measured nor failed yet."""
        shut = {int(key.split(".")[0]) for (at, key), row in self.rows.items()
                if at == place and (row["status"] != "skipped" or row["reason"] != UNREACHED)}  # fmt: skip
        return [number for number, case in enumerate(cases) if case["wanted"] and number not in shut]

    def _stage(self, place: int, stage: Stage, cases: list[dict[str, Any]]) -> None:
        if not self._open(place, cases):
            self.progress.skipped(stage, "measured before" if cases else "has no cases here")
            return
        if stage.optional and not self.progress.fits(stage):
            for number in self._open(place, cases):
                self.rows[place, str(number)]["reason"] = f"the profile's {self.budget:.0f} s would not hold it"
            self.progress.skipped(stage, f"left out, it would not fit into {self.budget:.0f} s")
            return
        self.progress.stage(stage, [cases[number] for number in self._open(place, cases)])
        while places := self._open(place, cases):
            try:
                self._perform(place, stage, places)
                break
            except Died as error:
                self._blame(place, cases, places, str(error))
            except MeasureError as error:
                for number in self._open(place, cases):
                    self.rows[place, str(number)] |= {"status": "failed", "reason": str(error)}
                self.progress.died(stage.name, str(error))
        self.progress.finished(stage, [Result(row) for (at, _), row in self.rows.items() if at == place])
        self.save()

    def _perform(self, place: int, stage: Stage, places: list[int]) -> None:
        """One process over some cases of a stage."""
        self._busy: int | None = None
        inner = self.reference["inner"] if self.reference else None
        before = list(self.reference["samples"]) if self.reference else []
        command = {"do": "stage", "stage": asdict(stage), "places": places, "reference_inner": inner}

        def answer(message: dict[str, Any]) -> dict[str, Any]:
            if "own_huge_page_bytes" in message:
                self.own_huge_page_bytes = message["own_huge_page_bytes"]
                return {}
            self._busy = message.get("place", self._busy)
            if "rows" in message:
                self._take(place, stage, message, before)
            return {"late": self.progress.late()}

        self.workshop.work(self.head | command, answer)

    def _take(self, place: int, stage: Stage, message: dict[str, Any], before: list[float]) -> None:
        """Rows of a message join the record; each round is on the disk before the next one begins."""
        for key, row in message["rows"].items():
            if "." in key:
                self.rows.pop((place, key.split(".")[0]), None)
            elif message["what"] == "failed":  # a replay that broke off: its parts were played too seldom to count
                self.rows = {at: one for at, one in self.rows.items()
                             if at[0] != place or not at[1].startswith(f"{key}.") or one["status"] == "measured"}  # fmt: skip
            self.rows[place, key] = row | ({"reason": UNREACHED} if _is_unfinished(row, message) else {})
        mine = message["reference"]
        if mine["samples"]:
            self.marks[stage.name] = [value / mine["inner"] for value in mine["samples"]]
            self.noises[stage.name] = mine["noise"]
        samples = before + mine["samples"]
        enough = {"status": "measured", "reason": ""} if len(samples) >= ENOUGH else {}
        self.reference = mine | {"samples": samples} | enough
        self.progress.heard(stage, message)
        if message["what"] != "prepared":
            self.save()

    def _blame(self, place: int, cases: list[dict[str, Any]], places: list[int], how: str) -> None:
        """Mark the case at which a process died; without a hint, the first one, so that a run always ends."""
        number = self._busy if self._busy in places else places[0]
        if (
            self.rows.get((place, str(number)), {}).get("status") == "failed"
        ):  # it said so itself before its process ended
            self.progress.died(cases[number]["label"], "its process ended; the others go on in a new one")
            return
        self.rows = {
            key: row for key, row in self.rows.items() if key[0] != place or key[1].split(".")[0] != str(number)
        }
        case = cases[number]
        need = f"; it plans with {case['needs_bytes'] / 1e9:.1f} GB" if case["needs_bytes"] else ""
        self.rows[place, str(number)] = _unreached(case) | {"status": "failed", "reason": f"{how}{need}"}
        self.progress.died(case["label"], how)
        self.save()


def _unreached(case: dict[str, Any]) -> Row:
    """A row for a case that nothing is known of yet."""
    nothing = {"bytes": 0, "flop": 0, "tokens": 0}
    return {
        "name": case["name"], "kind": case["kind"], "parameters": case["parameters"], "status": "skipped",
        "reason": UNREACHED, "inner": 1, "work": nothing, "warmups": [], "samples": [], "check": None, "noise": {},
    }  # fmt: skip


def _is_unfinished(row: Row, message: dict[str, Any]) -> bool:
    """Whether a row is only prepared, so that a new process must measure it again should this one die."""
    return row["status"] == "skipped" and message["what"] in ("prepared", "round", "played")


def _is_of(row: Row, case: dict[str, Any]) -> bool:
    """Whether a kept row is this case's, and settled: measured, failed, or skipped for a reason of its own."""
    settled = row["status"] != "skipped" or row["reason"] != UNREACHED
    return settled and row["name"] == case["name"] and case["parameters"].items() <= row["parameters"].items()
