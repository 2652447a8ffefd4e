"""A measurement record: what one machine did, with raw samples, its environment and its work counts.

Schema history (a record states the schema it was written in; loaders keep reading old ones):
1  2026-11  first: machine, environment, cases with raw samples, bytes, FLOP and tokens per repetition.
   Later records say more in the same form: `environment.resumed` (how often the run was interrupted and
   gone on with), `environment.stage_seconds`, and the reason of a measured row that was cut short.

A record from a stranger is data: it is parsed as JSON, bounded in size, and every field is
checked; nothing in it is executed.  Records are append-only: a wrong one is not edited, a newer
one names it in `supersedes`.
"""

from __future__ import annotations

import json
import re
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, PrivateAttr, ValidationError, model_validator

from generators.catalog.annotation import HeldOut
from generators.catalog.bounds import no_constants, once, shown, unreadable
from generators.catalog.case import Case, quantile
from generators.catalog.datum import Row
from generators.catalog.faults import faults
from generators.catalog.record_checks import claim_faults, copies
from generators.catalog.record_field import (
    ChipId,
    Edition,
    Key,
    MachineName,
    Moment,
    PlainOrTexts,
    Text,
    matching,
    moment,
)
from generators.core.errors import BookError, nearest, printable
from generators.measure.quality import Verdict, held_out, verdict
from generators.measure.result import Result
from generators.measure.roofs import over_roof

if TYPE_CHECKING:
    from generators.catalog.accelerator import Accelerator
    from generators.catalog.rows import Rows

__all__ = ["SCHEMA", "Case", "Machine", "Record", "load_record", "quantile", "record_errors"]

SCHEMA = 1
LARGEST = 8_000_000  # bytes; a full suite is well under one megabyte
LARGEST_CACHE = 2**32  # bytes; about four times the largest yet built
_FILE = re.compile(r"[a-z0-9-]{3,80}--([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{4}(?:[0-9]{2})?)Z")
_CACHE = re.compile(r"L[1-4]d? ([0-9]{1,15}) bytes")
RecordId = Annotated[str, matching(f"(?:{_FILE.pattern})?", "a record's file name without .json, or nothing")]


class Machine(Row):
    """What was measured, as a reader would name it.  `accelerator` is a catalog id, or empty."""

    name: MachineName
    device: Literal["cpu", "cuda", "mps", "xpu", "rocm"]
    accelerator: ChipId = ""


class Record(Row):
    """One file of `data/measurements/`."""

    id: str
    schema_version: Edition = Field(alias="schema")
    started: Moment
    finished: Moment
    profile: Text = Field(max_length=80)
    command: Text
    commit: Annotated[str, matching("[0-9a-f]{7,40}|unknown", "7 to 40 of 0-9 and a-f, or unknown")]
    dirty: bool
    supersedes: RecordId = ""
    note: Text = ""
    machine: Machine
    environment: dict[Key, PlainOrTexts]
    cases: list[Case] = Field(min_length=1, max_length=5000)
    _held_out: tuple[HeldOut, ...] = PrivateAttr(())

    @property
    def is_whole(self) -> bool:
        """Whether a whole profile was run to its end, not single cases and not until an interrupt."""
        return self.profile in ("quick", "full") and self.environment.get("interrupted") is not True

    def measured(self, name: str, **parameters: object) -> list[Case]:
        """The measured cases of a name whose parameters include those given, without those held out (`pale`)."""
        found = [(index, case) for index, case in enumerate(self.cases) if case.name == name]
        return [case for index, case in found if _is(case, name, parameters) and index not in self.held_out]

    def pale(self, name: str, **parameters: object) -> list[tuple[Case, str]]:
        """Measured cases that no sentence tells of and figures draw pale, each with the reason in a few words."""
        return [
            (self.cases[index], why) for index, why in self.held_out.items() if _is(self.cases[index], name, parameters)
        ]

    @cached_property
    def held_out(self) -> dict[int, str]:
        """Places of the measured cases that were disturbed or are implausible, or that data/records.toml names, each with why."""
        named = {
            index: held.reason
            for held in self._held_out
            for index, case in enumerate(self.cases)
            if held.speaks_of(case)
        }
        return held_out(self.results) | named

    def annotated(self, held_out: tuple[HeldOut, ...]) -> Record:
        """The same record, with these rows held out as well."""
        record = self.model_copy()
        record._held_out = held_out
        record.__dict__.pop("held_out", None)  # it may have been asked for while the record was checked
        return record

    @property
    def used(self) -> list[Result]:
        """The cases as the measurement suite reads them, without those held out."""
        return [one for index, one in enumerate(self.results) if index not in self.held_out]

    @cached_property
    def verdict(self) -> Verdict:
        """Whether the run was quiet, disturbed in part, or disturbed, and why."""
        return verdict(self.results, self.environment)

    @cached_property
    def results(self) -> list[Result]:
        """The cases as the measurement suite reads them, for what both sides compute with one function."""
        return [Result(case.model_dump()) for case in self.cases]

    @property
    def last_level_cache(self) -> int:
        """Bytes of the device's largest cache: the processor's as its environment lists them, a GPU's as told; else 0."""
        if self.machine.device != "cpu":
            size = self.environment.get("last_level_cache_bytes")
            return size if isinstance(size, int) and 0 < size <= LARGEST_CACHE else 0
        reported = self.environment.get("caches")
        found = [_CACHE.fullmatch(line) for line in reported] if isinstance(reported, list) else []
        sizes = [size for match in found if match and (size := int(match[1])) <= LARGEST_CACHE]
        return max(sizes, default=0)

    @model_validator(mode="after")
    def _in_order(self) -> Record:
        if moment(self.finished) < moment(self.started):
            raise ValueError(
                f"finished: found {self.finished}, before it started at {self.started}, wanted a later time"
            )
        lasted = (moment(self.finished) - moment(self.started)).total_seconds()
        # requests of a server overlap, so their latencies add up to more
        busy = sum(sum(case.samples) + sum(case.warmups) for case in self.cases if case.name != "serving")
        longest = max((max(case.samples, default=0.0) for case in self.cases), default=0.0)
        if max(busy, longest) > lasted + 2.0:
            raise ValueError(
                f"finished: found {lasted:,.0f} s between started and finished, wanted at least the {max(busy, longest):,.4g} s "
                "that its samples took: a time or a clock is wrong"
            )
        if self.supersedes and self.supersedes == self.id:
            raise ValueError("supersedes: found that it names the record itself, wanted an older record")
        return self

    @model_validator(mode="after")
    def _whole_has_ceilings(self) -> Record:
        """A whole run is predicted from its own ceilings, so it must hold them."""
        done = [case for case in self.cases if case.status == "measured"]
        workloads = {case.name for case in done if case.kind == "workload"}
        if not self.is_whole or not workloads:
            return self
        if all(case.kind == "workload" for case in done):
            raise ValueError(
                f"cases: found a whole run with measured {min(workloads)} and no measured ceiling, wanted both; measure them at once"
            )
        for needed in ("read-bandwidth", "matmul-peak"):  # disturbed ones count: then the whole record is disturbed
            if "decode" in workloads and not any(case.name == needed for case in done):
                raise ValueError(
                    f"cases: found a whole run with measured decode but no measured {needed}, wanted both; measure them at once"
                )
        return self

    @model_validator(mode="after")
    def _under_the_roof(self) -> Record:
        """Anything faster than its roof by over 2 % means that bytes or FLOP were miscounted."""
        for place, fault in over_roof(self.results, self.last_level_cache).items():
            raise ValueError(f"case {self.cases[place].name!r}: found that it {fault}; wanted a rate below it")
        return self


def _is(case: Case, name: str, parameters: dict[str, object]) -> bool:
    """Whether a case was measured, has this name, and its parameters include these."""
    return case.name == name and case.status == "measured" and parameters.items() <= case.parameters.items()


def record_errors(records: dict[str, Record], chips: Rows[Accelerator]) -> list[BookError]:
    """What no record shows alone: a wrong `supersedes`, copied samples, a chip that it cannot have been."""
    errors = [BookError(f"data/measurements/{id_}.json", field, fault) for id_, field, fault in copies(records)]
    for id_, record in records.items():
        path = f"data/measurements/{id_}.json"
        errors += [BookError(path, field, fault) for field, fault in claim_faults(record, chips)]
        old = records.get(record.supersedes)
        if record.supersedes and (old is None or old.started >= record.started):
            why = "not in data/measurements" if old is None else f"not older (started {old.started})"
            message = f"found {record.supersedes!r}, which is {why}; wanted an older record's id, or nothing; {nearest(record.supersedes, records)}"
            errors.append(BookError(path, "supersedes", message))
    return errors


def load_record(path: Path) -> Record:
    """One record, checked; every fault is one `BookError` naming file, field, found and wanted."""
    place = f"data/measurements/{printable(path.name)}"
    name = _FILE.fullmatch(path.stem)
    if not name:
        wanted = "<machine>--<UTC>.json, such as epyc-2-cores--2026-11-23T0500Z.json"
        raise BookError(place, None, f"file name must be {wanted}")
    row = _read(path, place)
    try:
        record = Record.model_validate(row | {"id": path.stem})
        _named_when_started(name[1], record.started)
    except ValidationError as error:
        raise BookError(place, *next(faults(Record, error))) from None
    except (ValueError, TypeError, ArithmeticError) as error:
        raise BookError(place, "started" if isinstance(error, ValueError) else None, f"{error}") from None
    return record


def _named_when_started(stamp: str, started: str) -> None:
    """ValueError unless the file name's UTC stamp is within two minutes of the start."""
    named = f"{stamp[:13]}:{stamp[13:15]}:{stamp[15:] or '00'}Z"
    if abs((moment(named) - moment(started)).total_seconds()) > 120:
        raise ValueError(f"found {started!r}, but the file's name says {named}; wanted them within two minutes")


def _read(path: Path, place: str) -> dict:
    """The file's JSON object, of a size and a schema this book reads."""
    try:
        if path.is_symlink() or not path.is_file():
            raise BookError(place, None, "found a link or folder, wanted a plain file")
        if (size := path.stat().st_size) > LARGEST:
            raise BookError(place, None, f"found {size} bytes, wanted at most {LARGEST}")
        row = json.loads(path.read_bytes().decode(), parse_constant=no_constants, object_pairs_hook=once)
    except (OSError, ValueError, RecursionError) as error:
        raise BookError(place, None, f"not readable as JSON: {unreadable(error)}") from None
    if not isinstance(row, dict) or row.get("schema") != SCHEMA:
        found = shown(row.get("schema")) if isinstance(row, dict) else type(row).__name__
        raise BookError(place, "schema", f"found {found}, wanted {SCHEMA}; update the book or measure again")
    return row
