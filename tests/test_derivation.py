"""What a number's box says of how it came about: the operands as printed give the number as printed."""

import json
import re

import pytest

from generators.core import units
from generators.numbers.derivation import derivation, named
from tests.conftest import ROOT

LEDGER = json.loads((ROOT / "docs/reference/numbers.json").read_text(encoding="utf-8"))
SUMS = {
    id_: row["title"].split("\n")[0]
    for id_, row in LEDGER.items()
    if f" = {row['text']}" in row["title"].split("\n")[0]
}
_UNITS = "|".join(re.escape(unit) for unit in sorted(units.UNITS, key=len, reverse=True) if unit.strip("%×"))
_OPERAND = re.compile(rf"(?<![\w.])(\d[\d,]*(?:\.\d+)?)([%×]| (?:{_UNITS})(?![\w/]))?")


def _quantity(amount: str, unit: str | None) -> units.Quantity:
    return units.of(float(amount.replace(",", "")), (unit or "").strip())


def said(line: str) -> units.Quantity:
    """The left side of a sum, computed from what is printed."""
    line = re.sub(r"[Tt]he whole part of (.+)", r"(\1).whole()", line)
    code = _OPERAND.sub(lambda m: f"q({m[1]!r}, {m[2]!r})", line)
    for sign, operator in (("÷", "/"), (" × ", " * "), ("−", "-"), ("^", "**"), ("|", "")):
        code = code.replace(sign, operator)
    return units.as_quantity(eval(code, {"q": _quantity}))


def test_most_numbers_of_the_book_show_a_sum() -> None:
    assert len(SUMS) > 0.4 * len(LEDGER)


def test_every_number_of_the_book_shows_how_it_came_about(numbers) -> None:
    assert [id_ for id_ in LEDGER if not numbers.number(id_).derivation] == []


def test_the_operands_as_printed_give_the_number_as_printed() -> None:
    wrong, tried = [], 0
    for id_, whole in SUMS.items():
        text = LEDGER[id_]["text"]
        line = whole.split(f" = {text}")[0]
        if " of " in line.replace("whole part of", "") or " − " in line:
            continue  # a choice is words, and a difference of rounded numbers may keep no digit
        value, printed = said(line).value, _quantity(*_OPERAND.fullmatch(text).groups()).value
        tried += 1
        if abs(value - printed) > 0.05 * printed:  # half a unit of the last of two digits
            wrong.append(f"{id_}: {whole} gives {value:g}")
    assert not wrong, "\n".join(wrong)
    assert tried > 0.9 * len(SUMS)


def test_no_derivation_shows_an_id() -> None:
    dotted = re.compile(r"[a-z][a-z0-9-]*(?:\.[a-z0-9-]+){2,}")
    assert [row["title"] for row in LEDGER.values() if dotted.search(row["title"].split("\n")[0])] == []


def _printed(value: float) -> str:
    return f"{value:g} s"


@pytest.mark.parametrize(
    "made, wanted",
    [
        (lambda a, b: a / b, "15.0 GB ÷ 4.80 TB/s = 3 ms"),
        (lambda a, b: a / b * 2, "15.0 GB × 2 ÷ 4.80 TB/s = 3 ms"),
        (lambda a, b: (a / b).largest(units.of(1, "µs")), "15.0 GB ÷ 4.80 TB/s = 3 ms; the larger of this and 1 µs"),
        (lambda a, b: (a + a) / b, "(15.0 GB + 15.0 GB) ÷ 4.80 TB/s = 3 ms"),
        (lambda a, b: a / (b * 3), "15.0 GB ÷ (4.80 TB/s × 3) = 3 ms"),
        (lambda a, b: abs(a / a - 2), "|15.0 GB ÷ 15.0 GB − 2| = 3 ms"),
        (lambda a, b: (a / a).whole(), "the whole part of 15.0 GB ÷ 15.0 GB = 3 ms"),
        (
            lambda a, b: units.of(units.Reported(7, ("samples", "median", 15, 7.4, 7.5)), "s"),
            "median of 15 samples, 5–95%: 7.4 to 7.5 s",
        ),
        (lambda a, b: units.of(units.statistic("worst", [1, 2, 3]), "s"), "worst of 3 values, 1 to 3 s"),
        (
            lambda a, b: (c := units.of(units.statistic("mean", [1, 2]), "s")) / (c + c),
            "1.50 s ÷ (1.50 s + 1.50 s) = 3 ms; 1.50 s is the mean of 2 values, 1 to 2 s",
        ),
        (lambda a, b: units.of(units.explained(a / b), "s"), "15.0 GB ÷ 4.80 TB/s = 3 ms"),
        (lambda a, b: units.of(units.explained(3, "chosen"), "ms"), "chosen"),
        (lambda a, b: units.of(units.counted(3, 1000, "runs"), ""), "counted: 3 of 1,000 runs"),
        (lambda a, b: units.of(units.searched(3, (3, 4), "{} ms".format), ""), "tried: 3 ms at 3, 4 ms at 4"),
        (lambda a, b: units.of(3, "s"), ""),
    ],
)
def test_a_line(made, wanted: str) -> None:
    weights, bandwidth = named(units.of(15e9, "byte"), "15.0 GB"), named(units.of(4.8e12, "byte/s"), "4.80 TB/s")
    assert derivation(made(weights, bandwidth), "3 ms", _printed) == wanted


def test_a_statistic_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="no value to take the median of"):
        units.statistic("median", [])
