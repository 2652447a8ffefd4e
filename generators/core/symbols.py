"""Symbols that the model's functions accept in place of numbers, so that a formula in a chapter is the code itself.

`Symbol` records the arithmetic in the order the author wrote it, which a computer algebra system
would not keep, and prints LaTeX.  It drops only what says nothing: + 0, × 1, a power of 1.
"""

from __future__ import annotations

from dataclasses import dataclass

_SUM, _PRODUCT, _POWER, _ATOM = 1, 2, 3, 4


@dataclass(frozen=True, eq=False)
class Symbol:
    """A piece of LaTeX and how tightly its outermost operation binds."""

    tex: str
    binds: int = _ATOM

    def within(self, level: int) -> str:
        """The LaTeX, in parentheses where the surrounding operation binds more tightly."""
        return self.tex if self.binds >= level else rf"\left({self.tex}\right)"

    def __add__(self, other: object) -> Symbol:
        other = symbol(other)
        if other.tex == "0":
            return self
        return other if self.tex == "0" else Symbol(f"{self.tex} + {other.tex}", _SUM)

    def __radd__(self, other: object) -> Symbol:
        return symbol(other) + self

    def __sub__(self, other: object) -> Symbol:
        other = symbol(other)
        return self if other.tex == "0" else Symbol(f"{self.tex} - {other.within(_PRODUCT)}", _SUM)

    def __rsub__(self, other: object) -> Symbol:
        return symbol(other) - self

    def __mul__(self, other: object) -> Symbol:
        other = symbol(other)
        if "0" in (self.tex, other.tex):
            return symbol(0)
        if other.tex == "1":
            return self
        if self.tex == "1":
            return other
        left, right = self.within(_PRODUCT), other.within(_PRODUCT)
        joint = r" \cdot " if right[:1].isdigit() else r"\, "
        return Symbol(left + joint + right, _PRODUCT)

    def __rmul__(self, other: object) -> Symbol:
        return symbol(other) * self

    def __truediv__(self, other: object) -> Symbol:
        other = symbol(other)
        return self if other.tex == "1" else Symbol(rf"\frac{{{self.tex}}}{{{other.tex}}}", _ATOM)

    def __rtruediv__(self, other: object) -> Symbol:
        return symbol(other) / self

    def __pow__(self, power: object) -> Symbol:
        power = symbol(power)
        if power.tex == "1":
            return self
        base = self.tex if self.binds == _ATOM and not self.tex.startswith(r"\frac") else rf"\left({self.tex}\right)"
        return Symbol(f"{base}^{{{power.tex}}}", _POWER)

    def __rpow__(self, base: object) -> Symbol:
        return symbol(base) ** self

    def largest(self, other: object) -> Symbol:
        """max of two; nested ones are written as one list."""
        return self._listed(r"\max", other)

    def smallest(self, other: object) -> Symbol:
        """min of two."""
        return self._listed(r"\min", other)

    def _listed(self, name: str, other: object) -> Symbol:
        start, end = rf"{name}\left(", r"\right)"
        parts = [s.tex[len(start) : -len(end)] if s.tex.startswith(start) else s.tex for s in (self, symbol(other))]
        parts = [part for part in parts if part != "0"]
        return Symbol(start + r",\ ".join(parts) + end, _ATOM)


def symbol(value: object) -> Symbol:
    """A symbol as it is, or a number as its shortest text."""
    if isinstance(value, Symbol):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return Symbol(f"{value:g}", _ATOM if value >= 0 else _SUM)
    raise TypeError(f"wanted a symbol or a number, found {value!r}")
