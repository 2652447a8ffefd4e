"""One sourced value: as the source prints it, in base units, with its basis and its conflicts."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cached_property, partial
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from generators.catalog import printed
from generators.catalog.printed import near
from generators.core import reading, units

__all__ = ["COMPUTED", "Conflict", "Datum", "Peak", "Printed", "Row", "datum", "near", "peak", "said"]

#: How the note begins of a value that its source does not print but from which it follows.
COMPUTED = "Computed:"


class Row(BaseModel):
    """A frozen row that refuses unknown fields, so that a misspelt one is an error, and a number given as text."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


def _no_decimal_comma(text: str) -> str:
    if re.search(r"\d,(?:\d{1,2}(?!\d)|[^\d\s])", text):
        raise ValueError(f"found {text!r}, wanted decimals after a point (1,234 is a thousand); correct it")
    return text


#: A text as its source prints it.
Printed = Annotated[str, AfterValidator(_no_decimal_comma)]


class Conflict(Row):
    """Another source's value for the same field; both are kept and the site shows both."""

    value: str
    as_printed: Printed
    source: str
    note: str = ""


class Datum(Row):
    """A value with its unit, the text as printed, and the id of its source in `data/sources.toml`."""

    value: str
    as_printed: Printed
    source: str
    note: str = ""
    conflicts: Annotated[tuple[Conflict, ...], Field(strict=False)] = ()

    @property
    def quantity(self) -> units.Quantity:
        """The value in base units, carrying its source."""
        reading.read(self.source)
        return self._quantity

    @cached_property
    def _quantity(self) -> units.Quantity:
        return replace(units.parse(self.value, self.source), how=("printed", self.as_printed, self.note))

    @model_validator(mode="after")
    def _readable(self) -> Datum:
        units.parse(self.value)
        return self


class Peak(Datum):
    """A peak rate.  `value` is always dense; `printed_basis` says which kind `as_printed` shows.

    A derived one follows from the clock of its own file, against which `chip_checks` holds it.
    """

    printed_basis: Literal["dense", "sparse", "derived"]
    accumulate: str = ""

    @model_validator(mode="after")
    def _dense(self) -> Peak:
        """Refuse a sparse rate given as dense, the commonest error of spec tables."""
        if self.printed_basis != "derived":
            _refuse(printed.rate_fault(self.value, self.as_printed, self.printed_basis))
        return self


def _refuse(fault: str) -> None:
    if fault:
        raise ValueError(fault)


def said(value: str, as_printed: str, note: str) -> None:
    """Raise ValueError when a printed text does not say the value and the note does not say how it was computed."""
    if note.startswith(COMPUTED) or printed.agrees(value, as_printed):
        return
    raise ValueError(
        f"found {value!r}, wanted a number of as_printed {as_printed!r}; "
        f"correct one of them, add the unit of the source's column in brackets, as in '0.58 [ms]', or begin `note` with '{COMPUTED} ' and how it follows"
    )


def _conflicting_rate(conflict: Conflict) -> None:
    """The same for another source's rate, whose basis is what its printed text marks."""
    if not conflict.note.startswith(COMPUTED):
        alone = len(printed.rates(conflict.as_printed)) == 1
        basis = "sparse" if alone and printed.is_sparse(conflict.as_printed) else "dense"
        _refuse(printed.rate_fault(conflict.value, conflict.as_printed, basis))


def _bounded(unit: str, low: float, high: float, item: Datum | Conflict) -> None:
    """Refuse a value of other dimensions than `unit`, or outside what any device reaches."""
    quantity = units.parse(item.value)
    _, dims = units.unit_of(unit)
    if quantity.dims != dims:
        raise ValueError(f"found {item.value!r} ({units.dims_text(quantity.dims)}), wanted a value in {unit}")
    if not low <= quantity.to(unit) <= high:
        raise ValueError(f"found {item.value!r}, wanted between {low:g} and {high:g} {unit}: impossible value")


def _check(unit: str, low: float, high: float, datum: Datum) -> Datum:
    """Refuse a datum, or a conflict of it, that is no value in `unit`, impossible, or not what is printed."""
    for item in (datum, *datum.conflicts):
        _bounded(unit, low, high, item)
        said(item.value, item.as_printed, item.note)
    return datum


def datum(unit: str, low: float, high: float) -> type[Datum]:
    """The type of a field that holds a datum in `unit` between two bounds no real device passes."""
    return Annotated[Datum, AfterValidator(partial(_check, unit, low, high))]


def peak(unit: str) -> type[Peak]:
    """The type of a field that holds a dense peak rate; integer rates are in TOP/s, others in TFLOP/s."""

    def labeled(value: Peak) -> Peak:
        for item in (value, *value.conflicts):
            _bounded(unit, 0.05, 200_000, item)
            if ("OP/s" in item.value.replace("FLOP/s", "")) != ("OP/s" in unit.replace("FLOP/s", "")):
                raise ValueError(f"found {item.value!r}, wanted a rate in {unit}")
        for conflict in value.conflicts:
            _conflicting_rate(conflict)
        return value

    return Annotated[Peak, AfterValidator(labeled)]
