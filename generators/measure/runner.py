"""Leads a run: one process for as many stages as it lives, rows kept after every round.

When a process dies, the case that it was at is to blame: what it measured before stays, and the
rest goes on in a new process.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from generators.measure import noise
from generators.measure.estimate import quantile
from generators.measure.plan import ENOUGH, MeasureError, Stage
from generators.measure.profiles import BOUNDS
from generators.measure.progress import Progress
from generators.measure.result import Result
from generators.measure.worker_process import Died, WorkerProcess

Row = dict[str, Any]
UNREACHED = "not reached before the run ended"
SPENT = "not begun within the profile's"
REFERENCE = "reference-read"
_CUT = re.compile(r"\d+ of \d+ (?:rounds|plays)")  # the reason of a row that was measured, but not to its end


class Runner:
    """One run over some stages; `rows` is what the record holds at any moment, in the order of the profile."""

    def __init__(
        self, worker: WorkerProcess, head: dict[str, Any], progress: Progress, save: Callable[[], None], budget: float
    ) -> None:
        """`head` is what every command to the process carries; `save` is called whenever there is more to keep."""
        self.worker, self.head, self.progress, self.save, self.budget = worker, head, progress, save, budget
        self.rows: dict[tuple[int, str], Row] = {}
        self.reference: Row | None = None
        self.interrupted = False
        self.own_huge_page_bytes: int | None = None
        self.stages: list[Stage] = []
        self.listed: list[list[dict[str, Any]]] = []  # cases of each stage, as the process told them
        self.again: set[tuple[int, int]] = set()  # cut short in an earlier part of this run, to be measured again
        self.took: dict[str, float] = {}  # seconds by stage
        self._at = 0  # the stage at hand
        self._begun = self._handed = False  # whether it was begun, and whether the living process has it
        self._busy: int | None = None  # its case at hand
        self._before: list[float] = []  # samples of the reference before it was handed out
        self._indices: list[int] = []  # its cases that were handed out
        self.noises: dict[str, dict[str, Any]] = {}  # by stage
        self.marks: dict[str, list[float]] = {}  # the reference's samples by stage

    @property
    def results(self) -> list[Result]:
        """The record's cases, the reference first."""
        ordered = sorted(self.rows, key=lambda key: (key[0], *map(int, key[1].split("."))))
        return [Result(row) for row in [self.reference, *map(self.rows.get, ordered)] if row]

    def run(self, stages: list[Stage], kept: list[Row] | None = None, only: str = "") -> None:
        """Measure every stage, or the cases of one name after the ceilings that bound them.

        `kept` are rows of an earlier part of this run, which are not measured again.
        """
        listed = self._ask({"do": "list", "stages": [asdict(stage) for stage in stages]})["listed"]
        named = [case for cases in listed for case in cases if case["name"] == only]
        bounds = BOUNDS if any(case["kind"] == "workload" for case in named) else BOUNDS[:1]
        listed = [
            [case | {"wanted": not only or stage.name in bounds or case["name"] == only} for case in cases]
            for stage, cases in zip(stages, listed, strict=True)
        ]
        pairs = [(s, c) for s, c in zip(stages, listed, strict=True) if any(case["wanted"] for case in c)]
        self.stages, self.listed = [stage for stage, _ in pairs], [cases for _, cases in pairs]
        self._enter(self.listed, kept or [])
        self._go_on_with_reference(kept or [])
        self.progress.begin(self.stages, self.listed, self.budget)
        try:
            while self._at < len(self.stages):
                self._process()
        except KeyboardInterrupt:
            self.interrupted = True
            self.worker.close()

    def _process(self) -> None:
        """One process over as many stages as it lives."""
        try:
            self.worker.work(self.head | {"do": "stages"}, self._answer)
            if self._at < len(self.stages):
                raise Died("its process ended before its work did")
        except (Died, MeasureError) as error:
            died, self._handed, how = isinstance(error, Died), False, str(error)
            if self._at < len(self.stages) and not self._begun and self._hand_out():
                self._handed = False  # it did not even ask for this stage
            if self._at < len(self.stages):
                self._blame(how) if died else self._fail(how)

    def drift(self) -> float | None:
        """How far the reference's median in its slowest stage lies above that in its fastest, as a share."""
        medians = [quantile(samples, 0.5) for samples in self.marks.values() if samples]
        return max(medians) / min(medians) - 1 if medians else None

    def cautions(self) -> list[str]:
        """What disturbed this run."""
        return noise.cautions(self.noises, self.drift())

    def _ask(self, command: dict[str, Any]) -> dict[str, Any]:
        try:
            return self.worker.ask(self.head | command)
        except Died as error:
            raise MeasureError(f"the measuring process does not start its work: {error}") from None

    def _enter(self, listed: list[list[dict[str, Any]]], kept: list[Row]) -> None:
        """A row for every case before anything is timed, so that a record says what is missing."""
        for index, cases in enumerate(listed):
            for number, case in enumerate(cases):
                mine = [row for row in kept if _is_of(row, case)]
                for part, row in enumerate(mine):
                    self.rows[index, f"{number}.{part}" if len(mine) > 1 else str(number)] = row
                    if _CUT.fullmatch(row["reason"]):
                        self.again.add((index, number))
                if case["wanted"] and not mine:
                    self.rows[index, str(number)] = _unreached(case)

    def _go_on_with_reference(self, kept: list[Row]) -> None:
        """The reference's samples of an earlier part of this run stay, and this part is held against them."""
        for row in kept:
            if row["name"] == REFERENCE and row["samples"]:
                self.reference = row
                self.marks["an earlier part"] = [value / row["inner"] for value in row["samples"]]

    def _open(self, index: int) -> list[int]:
        """Cases of a stage of which nothing came yet, or that an earlier part of this run left cut short."""
        shut = {int(key.split(".")[0]) for (at, key), row in self.rows.items() if at == index and not _is_open(row)}
        return [
            number
            for number, case in enumerate(self.listed[index])
            if case["wanted"] and (number not in shut or (index, number) in self.again)
        ]

    def _answer(self, message: dict[str, Any]) -> dict[str, Any]:
        """Hand out the next stage, or take what a message tells and say how the time stands."""
        if message["what"] == "next":
            pages = [self.own_huge_page_bytes, message["own_huge_page_bytes"]]
            self.own_huge_page_bytes = max((size for size in pages if size is not None), default=None)
            return self._hand_out()
        self._busy = message.get("index", self._busy)
        if "rows" in message:
            self._take(self._at, self.stages[self._at], message)
        over = self.stages[self._at].optional and self.progress.over()
        return {"late": self.progress.late(), "over": f"{SPENT} {self.budget:.0f} s" if over else ""}

    def _hand_out(self) -> dict[str, Any]:
        """What the process is to do next: the stage at hand where an earlier one died over it, or the next one with work."""
        if self._handed:  # it asks again, so it is through
            self._fail("its process told nothing of it")
            self._close()
        while self._at < len(self.stages):
            stage, indices = self.stages[self._at], self._open(self._at)
            if not self._begun and not self._begin(stage, indices):
                self._at += 1
            elif not indices:
                self._close()
            else:
                self._handed, self._busy, self._indices = True, None, indices
                inner = self.reference["inner"] if self.reference else None
                self._before = list(self.reference["samples"]) if self.reference else []
                return {"stage": asdict(stage), "indices": indices, "reference_inner": inner}
        return {}

    def _begin(self, stage: Stage, indices: list[int]) -> bool:
        """Begin a stage, unless it has nothing to do or would not fit."""
        if not indices:
            self.progress.skipped(stage, "measured before" if self.listed[self._at] else "has no cases here")
            return False
        if stage.optional and not self.progress.fits(stage):
            for number in indices:
                self.rows[self._at, str(number)]["reason"] = f"the profile's {self.budget:.0f} s would not hold it"
            self.progress.skipped(stage, f"left out, it would not fit into {self.budget:.0f} s")
            return False
        self.progress.stage(stage, [self.listed[self._at][number] for number in indices])
        self._begun = True
        return True

    def _close(self) -> None:
        """The stage at hand is over."""
        stage = self.stages[self._at]
        self.again = {pair for pair in self.again if pair[0] != self._at}
        rows = [row for (at, _), row in self.rows.items() if at == self._at]
        self.took[stage.name] = self.progress.finished(stage, [Result(row) for row in rows])
        self._at, self._begun, self._handed = self._at + 1, False, False
        self.save()

    def _fail(self, why: str) -> None:
        """Every case of the stage at hand that came to nothing has this reason."""
        for number in self._open(self._at):
            row = self.rows.get((self._at, str(number)))
            if row and row["status"] != "measured":
                self.rows[self._at, str(number)] = row | {"status": "failed", "reason": why}
                self.progress.died(self.listed[self._at][number]["label"], why)
            self.again.discard((self._at, number))

    def _take(self, index: int, stage: Stage, message: dict[str, Any]) -> None:
        """Rows of a message join the record; each round is on the disk before the next one begins."""
        for key, row in message["rows"].items():
            if "." in key:
                self.rows.pop((index, key.split(".")[0]), None)
            elif message["what"] == "failed":  # a replay that broke off: its parts were played too seldom to count
                self.rows = {
                    at: one
                    for at, one in self.rows.items()
                    if at[0] != index or not at[1].startswith(f"{key}.") or one["status"] == "measured"
                }
            old = self.rows.get((index, key))
            if not old or old["status"] != "measured" or len(old["samples"]) <= len(row["samples"]):
                self.rows[index, key] = row | _unfinished(row, message)
        mine = message["reference"]
        if mine["samples"]:
            self.marks[stage.name] = [value / mine["inner"] for value in mine["samples"]]
            self.noises[stage.name] = mine["noise"]
        samples = self._before + mine["samples"]
        enough = {"status": "measured", "reason": ""} if len(samples) >= ENOUGH else {}
        self.reference = mine | {"samples": samples} | enough
        self.progress.heard(stage, message)
        if message["what"] != "prepared":
            self.save()

    def _blame(self, how: str) -> None:
        """Mark the case at which a process died; where it had just ended all it had begun, nobody, the rest goes on.

        What the case had measured stays.  A process that died before any case was done takes the first one
        with it, so that a run always ends.
        """
        place, cases = self._at, self.listed[self._at]
        open_now = self._open(place)
        number = self._busy
        mine = {key: row for key, row in self.rows.items() if key[0] == place and key[1].split(".")[0] == str(number)}
        done = [key for key, row in mine.items() if row["status"] == "measured"]
        if (
            number is None
            or not mine
            or not any(_is_open(row) or _CUT.fullmatch(row["reason"]) for row in mine.values())
        ):
            if not open_now or len(open_now) < len(self._indices):
                self.progress.died(self.stages[place].name, f"{how}; the others go on in a new one")
                return
            number, done = open_now[0], []
        case = cases[number]
        self.again.discard((place, number))
        if done:
            for key in done:
                self.rows[key]["reason"] += f"; {how}"
        else:
            need = f"; it plans with {case['needs_bytes'] / 1e9:.1f} GB" if case["needs_bytes"] else ""
            self.rows = {
                key: row for key, row in self.rows.items() if key[0] != place or key[1].split(".")[0] != str(number)
            }
            self.rows[place, str(number)] = _unreached(case) | {"status": "failed", "reason": f"{how}{need}"}
        self.progress.died(case["label"], how)
        self.save()


def _unreached(case: dict[str, Any]) -> Row:
    """A row for a case that nothing is known of yet."""
    nothing = {"bytes": 0, "flop": 0, "tokens": 0}
    return {
        "name": case["name"],
        "kind": case["kind"],
        "parameters": case["parameters"],
        "status": "skipped",
        "reason": UNREACHED,
        "inner": 1,
        "work": nothing,
        "warmups": [],
        "samples": [],
        "check": None,
        "noise": {},
    }


def _unfinished(row: Row, message: dict[str, Any]) -> Row:
    """What marks a row that is not at its end: one only prepared is measured again should its process die."""
    if message["what"] not in ("prepared", "round", "played"):
        return {}
    if row["status"] == "skipped":
        return {"reason": UNREACHED}
    if row["status"] == "measured" and message["done"] < message["rounds"]:
        return {
            "reason": f"{message['done']} of {message['rounds']} {'plays' if message['what'] == 'played' else 'rounds'}"
        }
    return {}


def _is_open(row: Row) -> bool:
    """Whether nothing came of a row so far."""
    return row["status"] == "skipped" and row["reason"] == UNREACHED


def _is_of(row: Row, case: dict[str, Any]) -> bool:
    """Whether a kept row is this case's, and something came of it: measured, failed, or skipped for a reason of its own."""
    return not _is_open(row) and row["name"] == case["name"] and case["parameters"].items() <= row["parameters"].items()
