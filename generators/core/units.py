"""Quantities that carry their unit and their sources through arithmetic.

The vocabulary is closed: a unit that is not in `UNITS` is not a unit of this book.  Base
dimensions are byte, second, FLOP and watt; counts (tokens, parameters, sequences) are plain
numbers with a name, as the radian is in the SI.  Operations on integers (``TOP/s``) share the
dimension of FLOP, because the roofline treats them alike; the label says which is meant.
"""

from __future__ import annotations

import difflib
import math
import re
import statistics
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_UP, Decimal

from generators.core.vocabulary import BASES, COUNT, UNITS, Dims


@dataclass(frozen=True)
class Quantity:
    """A value in base units, its dimensions (powers of byte, s, FLOP, W), and the sources it rests on.

    `how` says where the value is from: an operation and its operands, ``("÷", bytes, bandwidth)``; or words
    (``"printed as"``, samples, a statistic); or None for a plain number.  `derivation.py` prints it.
    """

    value: float
    dims: Dims = COUNT
    sources: frozenset[str] = frozenset()
    how: tuple | None = field(default=None, compare=False, repr=False)

    def _pair(self, other: object, verb: str) -> Quantity:
        """The other operand as a quantity of the same dimensions, or an error that names both."""
        other = as_quantity(other)
        if other.dims != self.dims:
            raise ValueError(f"cannot {verb} {dims_text(self.dims)} and {dims_text(other.dims)}")
        return other

    def __add__(self, other: object) -> Quantity:
        other = as_quantity(other)
        if other.value == 0 and other.dims == COUNT:  # a plain 0 starts every sum
            return replace(self, sources=self.sources | other.sources)
        if self.value == 0 and self.dims == COUNT:
            return replace(other, sources=self.sources | other.sources)
        other = self._pair(other, "add")
        return Quantity(self.value + other.value, self.dims, self.sources | other.sources, ("+", self, other))

    __radd__ = __add__

    def __neg__(self) -> Quantity:
        return Quantity(-self.value, self.dims, self.sources, ("−", self))

    def __abs__(self) -> Quantity:
        return Quantity(abs(self.value), self.dims, self.sources, ("size", self))

    def __sub__(self, other: object) -> Quantity:
        return self + -as_quantity(other)

    def __rsub__(self, other: object) -> Quantity:
        return as_quantity(other) + -self

    def __mul__(self, other: object) -> Quantity:
        other = as_quantity(other)
        dims = tuple(a + b for a, b in zip(self.dims, other.dims, strict=True))
        return Quantity(self.value * other.value, dims, self.sources | other.sources, ("×", self, other))

    __rmul__ = __mul__

    def __truediv__(self, other: object) -> Quantity:
        other = as_quantity(other)
        dims = tuple(a - b for a, b in zip(self.dims, other.dims, strict=True))
        return Quantity(self.value / other.value, dims, self.sources | other.sources, ("÷", self, other))

    def __rtruediv__(self, other: object) -> Quantity:
        return as_quantity(other) / self

    def __pow__(self, power: object) -> Quantity:
        power = as_quantity(power)
        if self.dims != COUNT or power.dims != COUNT:
            raise ValueError(f"cannot raise {dims_text(self.dims)} to {dims_text(power.dims)}; wanted plain counts")
        return Quantity(self.value**power.value, COUNT, self.sources | power.sources, ("^", self, power))

    def __lt__(self, other: object) -> bool:
        return self.value < self._compare(other)

    def __le__(self, other: object) -> bool:
        return self.value <= self._compare(other)

    def __gt__(self, other: object) -> bool:
        return self.value > self._compare(other)

    def __ge__(self, other: object) -> bool:
        return self.value >= self._compare(other)

    def _compare(self, other: object) -> float:
        other = as_quantity(other)
        return 0.0 if other.value == 0 and other.dims == COUNT else self._pair(other, "compare").value

    def largest(self, other: object) -> Quantity:
        """The larger of two, resting on the sources of both."""
        return self._choose(other, self >= other, "larger")

    def smallest(self, other: object) -> Quantity:
        """The smaller of two, resting on the sources of both."""
        return self._choose(other, self <= other, "smaller")

    def whole(self) -> Quantity:
        """The whole part, resting on the same sources."""
        return Quantity(float(math.floor(self.value)), self.dims, self.sources, ("whole", self))

    def _choose(self, other: object, mine: bool, word: str) -> Quantity:
        other = as_quantity(other)
        chosen = self if mine else other
        dims = self.dims if self.dims != COUNT else other.dims
        return Quantity(chosen.value, dims, self.sources | other.sources, (word, self, other))

    def to(self, unit: str) -> float:
        """The value as a plain number in `unit`; refuses a unit of other dimensions."""
        factor, dims = unit_of(unit)
        if dims != self.dims:
            raise ValueError(f"cannot print {dims_text(self.dims)} in {unit or 'plain counts'} ({dims_text(dims)})")
        return self.value / factor


def as_quantity(value: object) -> Quantity:
    """A quantity as it is; a plain number as a count without sources."""
    if isinstance(value, Quantity):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return Quantity(float(value))
    hint = "; a value of data/ gives its quantity as .quantity" if hasattr(value, "quantity") else ""
    raise TypeError(f"wanted a quantity or a number, found {value!r}{hint}")


def dims_text(dims: Dims) -> str:
    """Dimensions in words, such as ``byte/s``; ``count`` for a plain number."""
    above = [b if p == 1 else f"{b}^{p}" for b, p in zip(BASES, dims, strict=True) if p > 0]
    below = [b if p == -1 else f"{b}^{-p}" for b, p in zip(BASES, dims, strict=True) if p < 0]
    if not above and not below:
        return "count"
    return "·".join(above or ["1"]) + "".join(f"/{b}" for b in below)


def unit_of(unit: str) -> tuple[float, Dims]:
    """Factor to base units and dimensions of a unit of the vocabulary."""
    if unit not in UNITS:
        near = difflib.get_close_matches(unit, UNITS, 3, 0.4) or ["GB/s", "TFLOP/s", "ms"]
        raise ValueError(
            f"found the unit {unit[:30]!r}, wanted one of the book's, such as {', '.join(near)}; "
            "all of them, and a place for a new one, are in generators/core/vocabulary.py"
        )
    return UNITS[unit]


def of(value: float, unit: str, *sources: str) -> Quantity:
    """A quantity from a number in `unit`; a `Reported` number brings along where it is from."""
    factor, dims = unit_of(unit)
    return Quantity(float(value) * factor, dims, frozenset(sources), getattr(value, "how", None))


class Reported(float):
    """A plain number that says where it is from; arithmetic makes an ordinary float of it."""

    how: tuple | None

    def __new__(cls, value: float, how: tuple | None = None) -> Reported:
        """The number with its `how`, as `Quantity` has it."""
        made = super().__new__(cls, value)
        made.how = how
        return made


def explained(value: float | Quantity, words: str = "") -> Reported:
    """A plain number with words on where it is from; a quantity as one in base units that says how it was computed."""
    if isinstance(value, Quantity):
        return Reported(value.value, value.how)
    return Reported(value, ("words", words))


def counted(count: int, among: int, what: str) -> Reported:
    """How many there are of how many."""
    return explained(count, f"counted: {count:,} of {among:,} {what}")


def searched(value: float, near: Iterable[float], told: Callable[[float], str]) -> Reported:
    """A number found by search, with what the places around it gave."""
    return explained(value, "tried: " + ", ".join(f"{told(place)} at {place:,}" for place in near))


_STATISTICS = {"median": statistics.median, "mean": statistics.mean, "lowest": min, "highest": max, "worst": max}


def statistic(name: str, values: Iterable[float]) -> Reported:
    """The median, mean, lowest, highest or worst (largest) of some values, with their number and range.

    KeyError for another name, ValueError where there is no value.
    """
    found = sorted(values)
    if not found:
        raise ValueError(f"found no value to take the {name} of, wanted at least one")
    return Reported(_STATISTICS[name](found), ("statistic", name, len(found), found[0], found[-1]))


_WRITTEN = re.compile(
    r"\s*([+-]?(?:[1-9]\d{0,2}(?:,\d{3})+|\d+)(?:\.\d+)?(?:e[+-]?\d+)?)(?![.,\d])\s*(.*?)\s*", re.IGNORECASE | re.ASCII
)


def parse(text: str, *sources: str) -> Quantity:
    """``'2039 GB/s'`` to a quantity; a number without a unit of the vocabulary is refused."""
    match = _WRITTEN.fullmatch(str(text))
    if not match:
        raise ValueError(
            f"found {str(text)[:60]!r}, which cannot be read as a number and a unit, wanted such as '2039 GB/s'"
        )
    return of(float(match[1].replace(",", "")), "µs" if match[2] == "us" else match[2], *sources)


def unit_text(text: str) -> str:
    """The unit of a written quantity as it stands there: GB/s of ``'2039 GB/s'``; empty where it has none."""
    match = _WRITTEN.fullmatch(text)
    return match[2] if match else ""


#: Digits of a number that is printed as its data file gives it.
AS_GIVEN = -1


def number_text(value: float, digits: int) -> str:
    """A number rounded to significant digits, thousands separated; an exact whole number has no decimals.

    0 digits round to a whole number, `AS_GIVEN` keeps what a data file gives, to four digits.
    A non-zero never prints as 0: that is an error, because the reader would be told nothing.
    """
    if value == 0:
        return "0"
    if digits == AS_GIVEN:
        return f"{value:,.4g}"
    if not math.isfinite(value):
        raise ValueError(f"cannot print {value!r}")
    whole = abs(value - round(value)) <= 1e-9 * abs(value)
    if (digits == 0 and abs(value) >= 0.5) or (whole and abs(value) < 10**digits):
        return f"{Decimal(f'{value:.12g}').quantize(Decimal(1), ROUND_HALF_UP):,}"
    rounded = _rounded(value, digits)
    if rounded == 0:
        raise ValueError(f"{value!r} would print as 0 at {digits} digits")
    decimals = max(0, digits - 1 - rounded.adjusted())
    return f"{rounded:,.{decimals}f}"


def _rounded(value: float, digits: int) -> Decimal:
    """Rounded to significant digits, halves away from zero, as a reader with a pencil would: 1.555 is 1.56."""
    exact = Decimal(f"{value:.12g}")
    return exact.quantize(Decimal(1).scaleb(exact.adjusted() - digits + 1), rounding=ROUND_HALF_UP)


def text(quantity: Quantity, unit: str, digits: int = 3) -> str:
    """A quantity as the book prints it: ``6.48 ms``, ``153 FLOP/byte``, ``0.65%``."""
    number = number_text(quantity.to(unit), digits)
    if unit in ("%", "×"):
        return number + unit
    return f"{number} {unit}".rstrip()
