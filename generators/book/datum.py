"""One sourced value: as the source prints it, in base units, with its basis and its conflicts."""

from __future__ import annotations

import re
from functools import partial
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, model_validator

from generators import units


class Row(BaseModel):
    """A frozen row that refuses unknown fields, so that a misspelt one is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Conflict(Row):
    """Another source's value for the same field; both are kept and the site shows both."""

    value: str
    as_printed: str
    source: str
    note: str = ""


class Datum(Row):
    """A value with its unit, the text as printed, and the id of its source in `data/sources.toml`."""

    value: str
    as_printed: str
    source: str
    note: str = ""
    conflicts: tuple[Conflict, ...] = ()

    @property
    def quantity(self) -> units.Quantity:
        """The value in base units, carrying its source."""
        return units.parse(self.value, self.source)

    @model_validator(mode="after")
    def _printed_says_so(self) -> Datum:
        units.parse(self.value)
        return self


class Peak(Datum):
    """A peak rate.  `value` is always dense; `printed_basis` says which kind `as_printed` shows."""

    printed_basis: Literal["dense", "sparse", "derived"]
    accumulate: str = ""

    @model_validator(mode="after")
    def _dense(self) -> Peak:
        """Refuse a sparse rate given as dense, the commonest error of spec tables."""
        numbers, wanted = printed_numbers(self.as_printed), units.parse(self.value).value
        if self.printed_basis == "derived" or not numbers:
            return self
        marked = "sparsity" in self.as_printed.lower() or "*" in self.as_printed
        if self.printed_basis == "dense":
            expected = min(numbers) if marked and len(numbers) > 1 else None
            if marked and len(numbers) == 1:
                raise ValueError(
                    f"value {self.value!r} is called dense, but the only rate printed, {self.as_printed!r}, "
                    "is marked sparse; give half of it with printed_basis = 'sparse'"
                )
            found = [n for n in numbers if near(n, wanted)]
            if not found or (expected and not near(expected, wanted)):
                raise ValueError(
                    f"value {self.value!r} is not on the dense side of as_printed {self.as_printed!r}; give the dense rate"
                )
        elif not any(near(n / 2, wanted) for n in numbers):
            raise ValueError(
                f"value {self.value!r} is not half of the sparse rate printed, {self.as_printed!r}; "
                "value is always the dense rate"
            )
        return self


_PRINTED = re.compile(
    r"(\d[\d,]*(?:\.\d+)?)\s*(peta|tera|giga|P|T|G)?\s*(?:FLOPs?|FLOPS|FLOP/s|OPs?|OPS|OP/s)?", re.IGNORECASE
)
_SCALE = {"peta": 1e15, "p": 1e15, "tera": 1e12, "t": 1e12, "giga": 1e9, "g": 1e9}


def printed_numbers(text: str) -> list[float]:
    """Rates in a printed text, in FLOP/s; a bare number takes the scale of its neighbour, else tera."""
    found = [(float(m[1].replace(",", "")), _SCALE.get((m[2] or "").lower())) for m in _PRINTED.finditer(text)]
    scales = [scale for _, scale in found if scale]
    default = scales[-1] if scales else 1e12
    return [number * (scale or default) for number, scale in found if number > 0]


def near(a: float, b: float, tolerance: float = 0.006) -> bool:
    """Equal to the precision at which data sheets round."""
    return abs(a - b) <= tolerance * max(abs(a), abs(b))


def _check(unit: str, low: float, high: float, datum: Datum) -> Datum:
    """Refuse a datum (or a conflict of it) of other dimensions than `unit`, or outside what any device reaches."""
    for item in (datum, *datum.conflicts):
        quantity = units.parse(item.value)
        _, dims = units.unit_of(unit)
        if quantity.dims != dims:
            raise ValueError(f"found {item.value!r} ({units.dims_text(quantity.dims)}), wanted a value in {unit}")
        if not low <= quantity.to(unit) <= high:
            raise ValueError(f"found {item.value!r}, wanted between {low:g} and {high:g} {unit}: impossible value")
    return datum


def datum(unit: str, low: float, high: float) -> type[Datum]:
    """The type of a field that holds a datum in `unit` between two bounds no real device passes."""
    return Annotated[Datum, AfterValidator(partial(_check, unit, low, high))]


def peak(unit: str) -> type[Peak]:
    """The type of a field that holds a dense peak rate; integer rates are in TOP/s, others in TFLOP/s."""

    def labelled(value: Peak) -> Peak:
        _check(unit, 0.05, 200_000, value)
        if ("OP/s" in value.value.replace("FLOP/s", "")) != ("OP/s" in unit.replace("FLOP/s", "")):
            raise ValueError(f"found {value.value!r}, wanted a rate in {unit}")
        return value

    return Annotated[Peak, AfterValidator(labelled)]
