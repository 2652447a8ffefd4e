"""Which cases of two records are the same, how much faster one is than the other, and the table that says so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from generators.measure.comparing.file import printable
from generators.measure.estimate import quantile
from generators.measure.plan import TELLING
from generators.measure.result import Result

LOW, HIGH = 0.05, 0.95  # the interval of the samples that is shown
DENSE = 50.0  # FLOP/byte from which a case is told in FLOP/s
SCALE = {"tokens/s": 1.0, "GFLOP/s": 1e9, "GB/s": 1e9}
#: Parameters that a run settles for itself; cases that differ in these alone are still the same case.
SETTLED = ("context", "size", "working_set_bytes", "matrix_bytes", "rows")
PARTS = ("program", "what")  # tell the parts of a replay apart, beside what `plan.TELLING` names

Pair = tuple[Result, Result]


def pairs(first: dict[str, Any], second: dict[str, Any]) -> Iterator[Pair]:
    """The cases that both measured: by name and telling parameters, then by those that a run does not settle itself."""
    left, right = (
        [Result(case) for case in record["cases"] if case["status"] == "measured"] for record in (first, second)
    )
    matched: dict[int, Result] = {}
    for settled in (True, False):
        taken = {id(other) for other in matched.values()}
        waiting = defaultdict(list)
        for other in reversed(right):
            if id(other) not in taken:
                waiting[_key(other, settled)].append(other)
        for one in left:
            if id(one) not in matched and (there := waiting[_key(one, settled)]):
                matched[id(one)] = there.pop()
    yield from ((one, matched[id(one)]) for one in left if id(one) in matched)


def _key(one: Result, settled: bool) -> tuple[Any, ...]:
    """What tells a case from the others of its record; `settled` includes what the run settled itself."""
    names = [name for name in (*PARTS, *TELLING) if settled or name not in SETTLED]
    return (one.name, *((name, repr(one.parameters.get(name))) for name in names))


def ratio(one: Result, other: Result) -> float:
    """How many times as fast the second is, by the work done in a second."""
    unit = _unit(one, other)
    return _rate(other, unit) / _rate(one, unit)


def _unit(one: Result, other: Result) -> str:
    """What both can be told in: tokens, FLOP where those bound the case, bytes, else the time of a repetition."""
    if one.tokens and other.tokens:
        return "tokens/s"
    if one.flop and other.flop and one.flop >= DENSE * one.bytes:
        return "GFLOP/s"
    return "GB/s" if one.bytes and other.bytes else "µs"


def _rate(one: Result, unit: str, seconds: float | None = None) -> float:
    """Work per second, at the estimate or at given seconds; repetitions per second where no work is counted."""
    work = {"tokens/s": one.tokens, "GFLOP/s": one.flop, "GB/s": one.bytes}.get(unit, 1)
    return work / (one.seconds if seconds is None else seconds)


def overlap(one: Result, other: Result) -> bool:
    """Whether the 5th to 95th percentiles of both have a rate in common."""
    unit = _unit(one, other)
    (low, high), (least, most) = (_interval(each, unit) for each in (one, other))
    return low <= most and least <= high


def _interval(one: Result, unit: str) -> tuple[float, float]:
    times = [value / one.row["inner"] for value in one.row["samples"]]
    return _rate(one, unit, quantile(times, HIGH)), _rate(one, unit, quantile(times, LOW))


def table(found: list[Pair]) -> list[str]:
    """One line a pair, in columns; a ratio above 1 means that B is faster, whatever the unit."""
    if not found:
        return ["the records have no measured case in common"]
    rows = [("case", "A", "B", "speed B/A", "5–95 %")]
    for one, other in found:
        unit, word = _unit(one, other), "overlap" if overlap(one, other) else "apart"
        rows.append((_name(one, other), _figure(one, unit), _figure(other, unit), f"{ratio(one, other):.3f}", word))
    wide = [max(len(row[at]) for row in rows) for at in range(5)]
    return ["  ".join([row[0].ljust(wide[0]), *(row[at].rjust(wide[at]) for at in (1, 2, 3)), row[4]]) for row in rows]


def key_words(one: Result) -> str:
    """A case's label with its part of a replay, safe to print."""
    part = [str(one.parameters[key]) for key in PARTS if key in one.parameters and key not in TELLING]
    return printable(" ".join([one.label, *part]), 100)


def _name(one: Result, other: Result) -> str:
    """The label, with what the second run settled otherwise."""
    text = key_words(one)
    for key in SETTLED:
        mine, theirs = one.parameters.get(key), other.parameters.get(key)
        if mine != theirs and not _near(mine, theirs):
            text += f" (B: {key}={printable(str(theirs), 20)})"
    return text


def _near(mine: Any, theirs: Any) -> bool:
    """Numbers within 2 %, such as the mean context of two runs."""
    return all(isinstance(value, (int, float)) for value in (mine, theirs)) and abs(mine - theirs) <= 0.02 * abs(mine)


def _figure(one: Result, unit: str) -> str:
    if unit == "µs":
        return f"{one.seconds * 1e6:.4g} µs"
    return f"{_rate(one, unit) / SCALE[unit]:.4g} {unit}"
