"""How a number came about, printed from the quantity itself, which notes each operation as it is computed.

``15.01 GB ÷ 4.80 TB/s = 3.13 ms``: every operand as the book prints it.  A number read off a record says how
many samples it is the median of, one from a data sheet what is printed there.
"""

import contextlib
import math
from collections.abc import Callable

from generators.core import units
from generators.core.units import COUNT, Dims

MOST = 5  # operands in one line: an operand that is computed itself is opened while the line stays as short as this
_CHAINS = {"+": ("+", "−"), "−": ("+", "−"), "×": ("×", "÷"), "÷": ("×", "÷")}
_WORDS = ("larger", "smaller", "whole")
_SHOWN: dict[Dims, tuple[str, ...]] = {
    units.unit_of(names[0])[1]: names
    for names in (
        ("TB", "GB", "MB", "kB", "bytes"),
        ("s", "ms", "µs", "ns"),
        ("TB/s", "GB/s", "MB/s"),
        ("PFLOP", "TFLOP", "GFLOP", "MFLOP", "kFLOP", "FLOP"),
        ("TFLOP/s", "GFLOP/s", "MFLOP/s"),
        ("FLOP/byte",),
        ("tokens/s",),
        ("W",),
    )
}
Printed = Callable[[float], str]


def derivation(quantity: units.Quantity, text: str, printed: Printed) -> str:
    """The line that says how a number came about, or "" where nothing is known of that.

    `text` is the number as the book prints it, `printed` prints another value in the same unit.
    """
    root = _root(quantity)
    how = root.how
    if how is None:
        return ""
    if how[0] in ("samples", "statistic"):
        return _reported(how, printed)
    if how[0] == "printed":
        return f"printed as “{how[1]}”" + (f". {how[2]}" if how[2] else "")
    if how[0] == "words":
        return how[1]
    other = ""
    if how[0] in ("larger", "smaller") and len(_parts(root)) == 2:
        first, second = _parts(root)
        chosen, left = (first, second) if first.value == root.value else (second, first)
        if _is_operation(_root(chosen)):  # what binds is worth its own line; the other needs to be named only
            root, other = _root(chosen), f"; the {how[0]} of this and {_leaf(left)}"
    line, leaves = _line(root)
    if not line:
        return ""
    if root.how[0] == "whole" and (exact := root.how[1].value) != root.value:
        # operands as printed may give another whole number: what was cut off says which; cut too, or 49.999 were 50
        text = f"{math.floor(exact * 100) / 100:,.2f}, so {text}"
    tails = [
        f"; {_leaf(leaf)} is the {_reported(leaf.how, lambda value, leaf=leaf: _auto(value, leaf.dims))}"
        for leaf in leaves
        if leaf.how and leaf.how[0] in ("samples", "statistic")
    ]
    return f"{line} = {text}{other}{''.join(dict.fromkeys(tails))}"


def named(quantity: units.Quantity, text: str) -> units.Quantity:
    """The quantity of a number that has a row of its own: in the lines of others it stands as printed there."""
    return units.Quantity(quantity.value, quantity.dims, quantity.sources, ("named", text, quantity))


def _root(quantity: units.Quantity) -> units.Quantity:
    """A quantity behind the names of numbers, and the operations with nothing, that say the same."""
    while quantity.how:
        if quantity.how[0] == "named":
            quantity = quantity.how[2]
        elif quantity.how[0] not in ("whole", "size", "−") and _is_operation(quantity) and len(_parts(quantity)) == 1:
            quantity = _parts(quantity)[0]
        else:
            return quantity
    return quantity


def _reported(how: tuple, printed: Printed) -> str:
    """Samples or values of which a number is a statistic."""
    kind, name, count, low, high = how
    first, last = printed(low), printed(high)
    unit = last.lstrip("-0123456789.,")
    ends = f"{first.removesuffix(unit)} to {last}"
    return f"{name} of {count} samples, 5–95%: {ends}" if kind == "samples" else f"{name} of {count:,} values, {ends}"


def _line(root: units.Quantity) -> tuple[str, list[units.Quantity]]:
    """The expression with as many operands opened as one line takes, and the operands; "" where even one opening is too long."""
    opened: list[units.Quantity] = [root]
    waiting = _parts(root) if _is_operation(root) else []
    if not 0 < len(waiting) <= MOST + 3:
        return "", []
    while waiting:
        one = waiting.pop(0)
        if not _is_operation(one):
            continue
        if len(_leaves(root, [*opened, one])) <= MOST:
            opened.append(one)
            waiting += _parts(one)
    return _text(root, opened), _leaves(root, opened)


def _is_operation(one: units.Quantity) -> bool:
    return one.how is not None and (one.how[0] in _CHAINS or one.how[0] in _WORDS or one.how[0] in ("^", "size"))


def _parts(one: units.Quantity) -> list[units.Quantity]:
    """Operands of an operation, in order, without those that say nothing."""
    return [part for _, part in _terms(one)]


def _terms(one: units.Quantity) -> list[tuple[str, units.Quantity]]:
    """Operands with their sign, sums and products flattened; a factor of 1 and a term of 0 are left out."""
    sign, *parts = one.how
    if sign in ("larger", "smaller"):
        found = [part for part in _chosen(one, sign) if part.value != 0]
        return [("", part) for part in found or parts[:1]]
    if sign not in _CHAINS:
        return [("", part) for part in parts]
    first, second = _CHAINS[sign]
    found = _flat(one, first, second, False)
    is_idle = (lambda value: value == 1) if first == "×" else (lambda value: value == 0)
    kept = [(mark, part) for mark, part in found if not (is_idle(part.value) and part.dims == COUNT)]
    if first == "+":
        kept = [(mark, part) for mark, part in kept if part.value != 0]
    if first == "+":
        kept.sort(key=lambda pair: -abs(pair[1].value))
    kept = kept or found[:1]
    if all(mark == second for mark, _ in kept) and first == "×":
        kept = [(first, units.Quantity(1.0)), *kept]
    return sorted(kept, key=lambda pair: pair[0] != first)  # stable: what is divided by, or taken off, comes last


def _chosen(one: units.Quantity, sign: str) -> list[units.Quantity]:
    """What the largest, or the smallest, was chosen from."""
    if one.how is None or one.how[0] != sign:
        return [one]
    return [part for side in one.how[1:] for part in _chosen(side, sign)]


def _flat(one: units.Quantity, first: str, second: str, turned: bool) -> list[tuple[str, units.Quantity]]:
    if one.how is None or one.how[0] not in (first, second):
        return [(second if turned else first, one)]
    sign, *parts = one.how
    if sign == "−":  # one operand, its sign turned
        return _flat(parts[0], first, second, not turned)
    if sign == "÷" and parts[1].how and parts[1].how[0] == "÷":  # a ratio of two rates reads as one
        return [(second if turned else first, parts[0]), (first if turned else second, parts[1])]
    return [*_flat(parts[0], first, second, turned), *_flat(parts[1], first, second, turned != (sign == "÷"))]


def _leaves(one: units.Quantity, opened: list[units.Quantity]) -> list[units.Quantity]:
    if not any(one is other for other in opened):
        return [one]
    return [leaf for part in _parts(one) for leaf in _leaves(part, opened)]


def _text(one: units.Quantity, opened: list[units.Quantity], inside: str = "") -> str:
    """An expression; `inside` is the sign that it is an operand of."""
    if not any(one is other for other in opened):
        return _leaf(one)
    sign = one.how[0]
    parts = _parts(one)
    if sign in _WORDS and (sign == "whole" or len(parts) > 1):
        shown = [_text(part, opened, sign) for part in parts]
        word = {"larger": "the largest of ", "smaller": "the smallest of "}.get(sign, "the whole part of ")
        line = (
            (word if len(shown) != 2 else f"the {sign} of ")
            + ", ".join(shown[:-1])
            + " and " * (len(shown) > 1)
            + shown[-1]
        )
        return f"({line})" if inside and inside not in _WORDS else line
    if len(parts) == 1 and sign not in ("size", "−"):
        return _text(parts[0], opened, inside)
    if sign == "size":
        return f"|{_text(_parts(one)[0], opened, '')}|"
    if sign == "^":
        base, power = _parts(one)
        return f"{_text(base, opened, '^')}^{_text(power, opened, '^')}"
    first, second = _CHAINS[sign]
    terms = _terms(one)
    above = f" {first} ".join(_text(part, opened, first) for mark, part in terms if mark == first)
    below = [_text(part, opened, second) for mark, part in terms if mark == second]
    if first == "×":
        line = above + (f" ÷ {below[0]}" if len(below) == 1 else f" ÷ ({' × '.join(below)})" if below else "")
    else:
        line = (above or "0") + "".join(f" − {part}" for part in below)
    is_loose = inside == "^" or (inside in ("×", "÷", "−") and first == "+") or (inside == "÷" and first == "×")
    return f"({line})" if is_loose and len(terms) > 1 else line


def _leaf(one: units.Quantity) -> str:
    """An operand as a number: as its own row prints it, else to three digits in a unit that suits it."""
    return one.how[1] if one.how and one.how[0] == "named" else _auto(one.value, one.dims)


def _auto(value: float, dims: Dims) -> str:
    one = units.Quantity(value, dims)
    for unit in _SHOWN.get(dims, ()):
        if abs(one.to(unit)) >= 0.9995 or unit == _SHOWN[dims][-1]:
            return units.text(one, unit, 4 if unit.endswith("B") else 3)
    if dims == COUNT:
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    with contextlib.suppress(ValueError):
        return f"{value:,.4g} {units.dims_text(dims)}"
    return f"{value:,.4g}"
