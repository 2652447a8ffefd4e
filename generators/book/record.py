"""A measurement record: what one machine did, with raw samples, its environment and its work counts.

Schema history (a record states the schema it was written in; loaders keep reading old ones):
1  2026-11  first: machine, environment, cases with raw samples, bytes, FLOP and tokens per repetition.

A record from a stranger is data: it is parsed as JSON, bounded in size, and every field is
checked; nothing in it is executed.  Records are append-only: a wrong one is not edited, a newer
one names it in `supersedes`.
"""

from __future__ import annotations

import json
import math
import re
import statistics
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationError, model_validator

from generators.book.datum import Row
from generators.errors import BookError

SCHEMA = 1
LARGEST = 8_000_000  # bytes; a full suite is well under one megabyte
_FILE = re.compile(r"[a-z0-9-]{3,80}--\d{4}-\d\d-\d\dT\d{4,6}Z")
_PRIVATE = re.compile(r"(/home/|/root/|/Users/|[A-Z]:\\Users)")


def _positive(value: float) -> float:
    if not math.isfinite(value) or value <= 0:
        raise ValueError(f"found {value!r}, wanted a finite time above zero")
    return value


def _public(value: str) -> str:
    if len(value) > 4000:
        raise ValueError(f"found a text of {len(value)} characters, wanted at most 4000")
    if _PRIVATE.search(value):
        raise ValueError(f"found a path of a user ({value[:60]!r}); records carry no host name, user or path")
    return value


Seconds = Annotated[float, AfterValidator(_positive)]
Text = Annotated[str, AfterValidator(_public)]
Plain = Text | bool | int | float | None


class Work(Row):
    """What one repetition does, counted by the suite's one counting function.  Zero where it does not apply."""

    bytes: float = Field(default=0, ge=0, le=1e15)
    flop: float = Field(default=0, ge=0, le=1e20)
    tokens: float = Field(default=0, ge=0, le=1e9)


class Check(Row):
    """The kernel's result held against float64 on fresh random input, before it was timed."""

    against: Text
    worst_relative_error: float = Field(ge=0)
    tolerance: float = Field(gt=0)


class Case(Row):
    """One thing timed.  `samples` are raw seconds, each for `inner` repetitions."""

    name: Text
    kind: Literal["ceiling", "workload"]
    parameters: dict[Text, Plain]
    status: Literal["measured", "skipped", "failed"]
    reason: Text = ""
    inner: int = Field(default=1, ge=1, le=10**9)
    work: Work = Work()
    warmups: list[Seconds] = Field(default_factory=list)
    samples: list[Seconds] = Field(default_factory=list)
    check: Check | None = None
    noise: dict[Text, Plain] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _told(self) -> Case:
        if self.status == "measured" and len(self.samples) < 3:
            raise ValueError(f"case {self.name!r} is measured with {len(self.samples)} samples, wanted at least 3")
        if self.status != "measured" and not self.reason:
            raise ValueError(f"case {self.name!r} is {self.status} without a reason")
        if self.check and self.check.worst_relative_error > self.check.tolerance:
            raise ValueError(f"case {self.name!r} failed its own correctness check and must not be measured")
        return self

    @property
    def times(self) -> list[float]:
        """Seconds per repetition, sorted."""
        return sorted(sample / self.inner for sample in self.samples)

    @property
    def seconds(self) -> float:
        """The estimate: the fastest decile for a ceiling (what the machine can do), the median for a workload."""
        return quantile(self.times, 0.1) if self.kind == "ceiling" else statistics.median(self.times)

    @property
    def interval(self) -> tuple[float, float]:
        """5th and 95th percentile of the seconds per repetition."""
        return quantile(self.times, 0.05), quantile(self.times, 0.95)

    @property
    def bandwidth(self) -> float:
        """Bytes per second at the estimate."""
        return self.work.bytes / self.seconds

    @property
    def flops(self) -> float:
        """FLOP per second at the estimate."""
        return self.work.flop / self.seconds


class Machine(Row):
    """What was measured, as a reader would name it.  `accelerator` is a catalogue id, or empty."""

    name: Text
    device: Literal["cpu", "cuda", "mps", "xpu", "rocm"]
    accelerator: Text = ""


class Record(Row):
    """One file of `data/measurements/`."""

    id: str
    schema_version: Literal[1] = Field(alias="schema")
    started: str = Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
    finished: str = Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
    profile: Text
    command: Text
    commit: str = Field(pattern=r"^([0-9a-f]{7,40}|unknown)$")
    dirty: bool
    supersedes: str = ""
    note: Text = ""
    machine: Machine
    environment: dict[Text, Plain | list[Text]]
    cases: list[Case] = Field(min_length=1, max_length=5000)

    @property
    def is_whole(self) -> bool:
        """Whether a whole profile was run, not single cases."""
        return self.profile in ("quick", "full")

    def measured(self, name: str, **parameters: object) -> list[Case]:
        """The measured cases of a name whose parameters include those given."""
        return [
            case
            for case in self.cases
            if case.name == name and case.status == "measured" and parameters.items() <= case.parameters.items()
        ]

    @model_validator(mode="after")
    def _under_the_roof(self) -> Record:
        """A workload faster than every ceiling by over 2 % means that bytes were miscounted."""
        ceilings = [case for case in self.cases if case.kind == "ceiling" and case.status == "measured"]
        roofs = [case.bandwidth for case in ceilings]
        beyond_caches = [case.bandwidth for case in ceilings if not case.name.startswith("cache-")]
        for case in self.cases:
            if case.status != "measured" or case.kind != "workload" or not roofs:
                continue
            cached = float(case.parameters.get("weights_vs_llc") or 9.0) < 4.0
            roof = max(roofs) if cached or not beyond_caches else max(beyond_caches)
            if case.bandwidth > 1.02 * roof:
                raise ValueError(
                    f"case {case.name!r} moves {case.bandwidth / 1e9:.1f} GB/s, over its roof of "
                    f"{roof / 1e9:.1f} GB/s in the same record: its bytes are miscounted"
                )
        return self


def quantile(ordered: list[float], share: float) -> float:
    """The quantile of sorted values, linearly between neighbours."""
    place = share * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def load_record(path: Path) -> Record:
    """One record, checked; every fault is one `BookError` naming file, field, found and wanted."""
    place = f"data/measurements/{path.name}"
    if not _FILE.fullmatch(path.stem):
        raise BookError(
            place, None, "file name must be <machine>--<UTC>.json, such as epyc-2-cores--2026-11-23T0500Z.json"
        )
    if path.stat().st_size > LARGEST:
        raise BookError(place, None, f"found {path.stat().st_size} bytes, wanted at most {LARGEST}")
    try:
        row = json.loads(path.read_bytes(), parse_constant=_no_constants)
    except (ValueError, RecursionError) as error:
        raise BookError(place, None, f"not readable as JSON: {error}") from None
    if not isinstance(row, dict) or row.get("schema") != SCHEMA:
        found = row.get("schema") if isinstance(row, dict) else type(row).__name__
        raise BookError(place, "schema", f"found {found!r}, wanted {SCHEMA}; update the book or measure again")
    try:
        return Record.model_validate(row | {"id": path.stem})
    except ValidationError as error:
        fault = error.errors()[0]
        dotted = ".".join(str(part) for part in fault["loc"])
        raise BookError(place, dotted, fault["msg"].removeprefix("Value error, ")) from None


def _no_constants(name: str) -> float:
    raise ValueError(f"{name} is not a number that a record may hold")
