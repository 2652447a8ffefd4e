"""One record in the making: what is known before, what the run adds, and how it is closed or left to go on."""

from __future__ import annotations

import contextlib
import json
import sys
import time
import tomllib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from generators.measure.accelerators import datasheet_bandwidth
from generators.measure.comparing.file import read
from generators.measure.leftovers import own
from generators.measure.plan import MeasureError
from generators.measure.record import RecordFile, stamp
from generators.measure.result import Result
from generators.measure.roofs import over_roof
from generators.measure.summary import sentences, what_next
from generators.measure.taken import Stored

if TYPE_CHECKING:
    from generators.measure.runner import Runner

ROOT = Path(__file__).resolve().parents[2]
FAILED, INTERRUPTED = 1, 130


class Session:
    """Holds a record's head, its environment and its rows; `runner` brings the rows."""

    def __init__(
        self,
        head: dict[str, Any],
        hello: dict[str, Any],
        file: RecordFile,
        old: dict[str, Any] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`old` is the partial record that this session goes on with; `clock` only ever goes forward."""
        self.head, self.file, self.old = head, file, old
        self.facts = hello["facts"] | {"seed": hello["seed"], "last_level_cache_bytes": hello["last_level_cache"]}
        earlier = datetime.strptime(old["finished"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC) if old else None
        self.began = max(filter(None, (earlier, datetime.now(UTC).replace(microsecond=0))))
        self.clock, self.started = clock, clock()
        self.unkept, self.lies = "", file.partial
        self.runner: Runner | None = None

    @classmethod
    def of(cls, old: dict[str, Any], path: Path) -> Session:
        """A session that only closes what an interrupted run left."""
        head = {key: value for key, value in old.items() if key not in ("environment", "cases", "finished")}
        hello = {"facts": old["environment"], "seed": old["environment"].get("seed"), "last_level_cache": None}
        return cls(head, hello, RecordFile.of_partial(path, goes_on=False), old)

    @property
    def kept(self) -> list[dict[str, Any]]:
        """Rows of the part of this run that was measured before."""
        return self.old["cases"] if self.old else []

    def row(self) -> dict[str, Any]:
        """The record as it stands now."""
        if self.runner is None:
            return self.old | {"environment": self.old["environment"] | {"interrupted": True}}
        run, before = self.runner, self.old["environment"] if self.old else {}
        drift, now = run.drift(), stamp(self.began + timedelta(seconds=self.clock() - self.started))
        pages = before.get("own_huge_page_bytes") if run.own_huge_page_bytes is None else run.own_huge_page_bytes
        environment = self.facts | {
            "own_huge_page_bytes": pages,
            "reference_drift": before.get("reference_drift") if drift is None else round(drift, 4),
            "cautions": list(dict.fromkeys(before.get("cautions", []) + run.cautions() + self._resumed())),
            "interrupted": run.interrupted,
            "resumed": len(before.get("sessions", [])),
            "sessions": [*before.get("sessions", []), f"{stamp(self.began)} to {now}"],
            "stage_seconds": [
                *before.get("stage_seconds", []),
                *(f"{name}: {seconds:.1f}" for name, seconds in run.took.items()),
            ],
        }
        return self.head | {"finished": now, "environment": environment, "cases": [one.row for one in run.results]}

    def _resumed(self) -> list[str]:
        """That this run was interrupted and gone on with."""
        if not self.old:
            return []
        return [f"the run was interrupted and gone on with at {stamp(self.began)}: its parts may differ in conditions"]

    def checkpoint(self) -> None:
        """Keep on the disk what is measured so far; where that fails, say so once and go on: room may be made."""
        try:
            lies = self.file.checkpoint(self.row())
        except OSError as error:
            if self.unkept != (why := f"{near(self.file.partial)}: {error.strerror}"):
                print(f"cannot keep what is measured so far, {why}; make room", file=sys.stderr, flush=True)
            self.unkept = why
        else:
            if lies.parent not in (self.lies.parent, self.file.directory):
                print(
                    f"no room in {near(self.file.directory)}: what is measured is kept in {near(lies)}",
                    file=sys.stderr,
                    flush=True,
                )
            self.unkept, self.lies = "", lies

    def conclude(self, say: Callable[[str], None]) -> int:
        """Write the record and say what it holds, or leave an interrupted run to be gone on with."""
        row = self.row()
        results = [Result(case) for case in row["cases"]]
        if self.runner and self.runner.interrupted:
            return self._interrupted(results)
        if not any(one.measured for one in results):
            self.file.discard()
            raise MeasureError("nothing could be measured: " + (results[0].row["reason"] if results else "no cases"))
        cache = row["environment"].get("last_level_cache_bytes")
        for place, why in over_roof(results, cache if isinstance(cache, int) else None).items():
            results[place].row.update(status="failed", reason=why)
        fault = refused(row, self.file.final.name)
        if fault and self.runner is None:  # the suite wrote what could be read; somebody changed it since
            raise MeasureError(f"{near(self.file.partial)}: {fault}; undo the change, or delete the file")
        reported = sentences(results, row["environment"], datasheet_bandwidth(row["machine"]["accelerator"], ROOT))
        lies = self.file.finish(row)
        say("")
        if fault:
            say(f"the book will refuse this record: {fault}")
        for line in reported:
            say(line)
        say(f"record: {near(lies)}")
        if lies.parent != self.file.directory:
            say(f"there was no room for it in {near(self.file.directory)}: move it there")
        for line in what_next(Stored(lies.stem, row), beside(lies), roles(ROOT)):
            say(line)
        return FAILED if any(one.row["status"] == "failed" for one in results) else 0

    def _interrupted(self, results: list[Result]) -> int:
        done = sum(one.measured for one in results)
        if not done:
            self.file.discard()
            raise KeyboardInterrupt
        self.checkpoint()
        if self.unkept:
            raise MeasureError(f"interrupted, and what was measured last could not be kept: {self.unkept}")
        print(f"interrupted: {done} of {len(results)} cases are kept in {near(self.lies)}", file=sys.stderr)
        print("go on with them: resume; close the record as it is: keep", file=sys.stderr)
        return INTERRUPTED


def roles(root: Path) -> list[str]:
    """The records that data/records.toml lets speak for their machine; none where it does not read."""
    try:
        reported = tomllib.loads((root / "data/records.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return [id_ for id_, one in reported.items() if isinstance(one, dict) and one.get("role")]


def beside(path: Path) -> list[Stored]:
    """The other records of a folder that may be this machine's, by their names; one that does not read is left out."""
    found = []
    for other in path.parent.glob(f"{path.name.split('--')[0]}--*.json"):
        with contextlib.suppress(MeasureError):
            if other != path:
                found.append(Stored(other.stem, read(other)))
    return found


def refused(row: dict[str, Any], name: str) -> str:
    """Why the book's own rules refuse a record; nothing where they take it, or where what they need is not installed.

    Measuring needs torch and nothing else, so the rules are looked for and not imported.
    """
    try:
        load, fault = (import_module(f"generators.{name}") for name in ("catalog.record", "core.errors"))
    except ImportError:
        return ""
    with TemporaryDirectory(prefix=own("measure-")) as folder:
        (path := Path(folder, name)).write_text(json.dumps(row), encoding="utf-8")
        try:
            load.load_record(path)
        except fault.BookError as error:
            return str(error).partition(": ")[2]
    return ""


def near(path: Path) -> str:
    """A path relative to the working folder where that is shorter."""
    with contextlib.suppress(ValueError):
        return str(path.resolve().relative_to(Path.cwd()))
    return str(path)
