"""A prediction written down before its measurement: one chip, from its datasheet alone, for the cases of the suite.

Files of `data/predictions/` are append-only like records: a better model makes a newer file.  Each
file's page holds it against the newest whole record of its chip that was started after it was made.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from generators.book.bounds import once
from generators.book.datum import Row
from generators.book.record import Case, Record
from generators.book.record_field import CaseName, ChipId, Finite, Key, Moment, Plain, Text, moment
from generators.errors import BookError

LARGEST = 2_000_000  # bytes
NAME = re.compile(r"([a-z0-9-]+)--([0-9]{4}-[0-9]{2}-[0-9]{2})")
Quantity = Literal["s", "byte/s", "FLOP/s"]


class Predicted(Row):
    """One case: its name, the parameters that identify it, and what is predicted of it.

    `value` is None for a case that does not fit into the chip's memory.
    """

    name: CaseName
    parameters: dict[Key, Plain]
    quantity: Quantity
    value: Finite | None
    binds: Literal["compute", "memory", "capacity"]

    def measured(self, record: Record) -> Case | None:
        """The record's case that this speaks of, measured or not; of several ways to do it the fastest."""
        mine = [
            case
            for case in record.cases
            if case.name == self.name and self.parameters.items() <= case.parameters.items()
        ]
        done = [case for case in mine if case.status == "measured"]
        if done:
            return (min if self.quantity == "s" else max)(done, key=self.found)
        return mine[0] if mine else None

    def found(self, case: Case) -> float:
        """What a measured case reached, in this prediction's quantity."""
        return {"s": case.seconds, "byte/s": case.bandwidth, "FLOP/s": case.flops}[self.quantity]


class Prediction(Row):
    """One file of `data/predictions/`."""

    id: str
    schema_version: Literal[1] = Field(alias="schema")
    accelerator: ChipId
    made: Moment
    basis: Text
    bandwidth: Finite = Field(gt=0)
    capacity: Finite = Field(gt=0)
    peaks: dict[Key, Finite]
    rows: list[Predicted] = Field(min_length=1, max_length=2000)

    def record(self, records: dict[str, Record]) -> Record | None:
        """The newest whole record of this chip that was started after the prediction was made."""
        mine = [r for r in records.values() if r.machine.accelerator == self.accelerator and r.is_whole]
        later = [r for r in mine if moment(r.started) > moment(self.made)]
        return max(later, key=lambda r: r.started, default=None)


def load_prediction(path: Path) -> Prediction:
    """One file, checked; every fault is one `BookError` naming file, field, found and wanted."""
    place = f"data/predictions/{path.name}"
    if not NAME.fullmatch(path.stem):
        raise BookError(place, None, "file name must be <accelerator>--<day>.json, such as h200-sxm--2026-11-23.json")
    try:
        if path.stat().st_size > LARGEST:
            raise BookError(place, None, f"found over {LARGEST} bytes, wanted a file of predictions")
        row = json.loads(path.read_bytes(), object_pairs_hook=once)
        return Prediction.model_validate(row | {"id": path.stem})
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        dotted = ".".join(str(part)[:60] for part in fault["loc"])
        raise BookError(place, dotted, fault["msg"].removeprefix("Value error, ")) from None
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise BookError(place, None, f"not readable as JSON: {error}") from None
