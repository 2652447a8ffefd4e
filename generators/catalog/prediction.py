"""A prediction written down before its measurement: one chip, from its datasheet alone, for the cases of the suite.

Files of `data/predictions/` are append-only like records: a better model makes a newer file.  Each
file's page holds it against the fullest record of its chip that was started after it was made.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError, model_validator

from generators.catalog.bounds import no_constants, once, shown, unreadable
from generators.catalog.datum import Row
from generators.catalog.faults import faults
from generators.catalog.record import Case, Record
from generators.catalog.record_field import CaseName, ChipId, Edition, Finite, Key, Moment, Plain, Text, moment
from generators.core.errors import BookError

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

    @model_validator(mode="after")
    def _can_be(self) -> Predicted:
        if (self.value is None) != (self.binds == "capacity"):
            raise ValueError(
                f"value: found {self.value!r} that {self.binds} binds, wanted null where capacity does, else a number"
            )
        low, high = (1e-9, 1e6) if self.quantity == "s" else (1e6, 1e21)
        if self.value is not None and not low <= self.value <= high:
            raise ValueError(f"value: found {self.value!r} {self.quantity}, wanted {low:g} to {high:g}")
        return self

    def measured(self, record: Record) -> Case | None:
        """The record's case that this is about, measured or not; of several ways to do it the fastest, none held out."""
        mine = [(index, case) for index, case in enumerate(record.cases) if self._is_about(case)]
        done = [case for index, case in mine if case.status == "measured" and index not in record.held_out]
        if done:
            return (min if self.quantity == "s" else max)(done, key=self.found)
        return next((case for _, case in mine if case.status != "measured"), None)

    def held_out(self, record: Record) -> str:
        """Why the record's measured case that this is about is held out; nothing where it is not."""
        reasons = [why for index, why in record.held_out.items() if self._is_about(record.cases[index])]
        return reasons[0] if reasons and self.measured(record) is None else ""

    def _is_about(self, case: Case) -> bool:
        return case.name == self.name and self.parameters.items() <= case.parameters.items()

    def of_bound(self, case: Case) -> float | None:
        """Share of the predicted bound that a measured case reached: at most 1 where the bound holds; None where it did not fit."""
        if self.value is None:
            return None
        return self.value / self.found(case) if self.quantity == "s" else self.found(case) / self.value

    def found(self, case: Case) -> float:
        """What a measured case reached, in this prediction's quantity."""
        return {"s": case.seconds, "byte/s": case.bandwidth, "FLOP/s": case.flops}[self.quantity]


class Prediction(Row):
    """One file of `data/predictions/`."""

    id: str
    schema_version: Edition = Field(alias="schema")
    accelerator: ChipId
    made: Moment
    basis: Text
    bandwidth: Finite = Field(gt=0)
    capacity: Finite = Field(gt=0)
    peaks: dict[Key, Finite]
    rows: list[Predicted] = Field(min_length=1, max_length=2000)

    @model_validator(mode="after")
    def _named_as_it_says(self) -> Prediction:
        named = NAME.fullmatch(self.id)
        if named and named[1] != self.accelerator:
            raise ValueError(
                f"accelerator: found {self.accelerator!r} in the file of {named[1]!r}, wanted the same; rename the file"
            )
        if named and named[2] != self.made[:10]:
            raise ValueError(
                f"made: found {self.made!r} in the file of {named[2]}, wanted the same day; rename the file"
            )
        seen = set()
        for index, row in enumerate(self.rows):
            key = row.name, *sorted((name, repr(value)) for name, value in row.parameters.items())
            if key in seen:
                raise ValueError(
                    f"rows.{index}: found {row.name} with these parameters twice, wanted each case once; delete one"
                )
            seen.add(key)
        return self

    def record(self, records: dict[str, Record]) -> Record | None:
        """Of this chip's records started after the prediction was made, the one that measured most of its rows, then the newest."""
        mine = [r for r in records.values() if r.machine.accelerator == self.accelerator]
        later = [r for r in mine if moment(r.started) > moment(self.made) and self.compared(r)]
        return max(later, key=lambda r: (len(self.compared(r)), r.started), default=None)

    def compared(self, record: Record) -> list[tuple[Predicted, Case]]:
        """The rows with a value whose case the record measured, each with that case."""
        pairs = [(row, row.measured(record)) for row in self.rows if row.value is not None]
        return [(row, case) for row, case in pairs if case and case.status == "measured"]


def load_prediction(path: Path) -> Prediction:
    """One file, checked; every fault is one `BookError` naming file, field, found and wanted."""
    place = f"data/predictions/{path.name}"
    if not NAME.fullmatch(path.stem):
        raise BookError(place, None, "file name must be <accelerator>--<day>.json, such as h200-sxm--2026-11-23.json")
    try:
        if path.stat().st_size > LARGEST:
            raise BookError(place, None, f"found over {LARGEST} bytes, wanted a file of predictions")
        if path.is_symlink():
            raise BookError(place, None, "found a link, wanted a plain file")
        row = json.loads(path.read_bytes().decode(), object_pairs_hook=once, parse_constant=no_constants)
        if not isinstance(row, dict):
            raise BookError(place, None, f"found {shown(row)}, wanted a table of names and values")
        return Prediction.model_validate(row | {"id": path.stem})
    except ValidationError as error:
        raise BookError(place, *next(faults(Prediction, error))) from None
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise BookError(place, None, f"not readable as JSON: {unreadable(error)}") from None
