"""Two records side by side: case by case the estimates, their ratio, and whether they differ by more than their spread."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from generators.measure.comparing.cases import Pair, key_words, pairs, ratio, table
from generators.measure.comparing.file import printable, read
from generators.measure.estimate import quantile
from generators.measure.plan import MeasureError
from generators.measure.result import Result

UNLIKE, UNUSABLE = 1, 2  # exit status: conditions differ; no record

#: Fields that decide what a machine can do; a comparison across them says nothing about either record.
CONDITIONS = (
    "machine.device",
    "machine.name",
    "environment.torch",
    "environment.torch_threads",
    "environment.torch_blas",
    "environment.torch_cpu_capability",
    "environment.torch_float32_matmul_precision",
    "environment.usable_cores",
    "environment.settings",
    "environment.transparent_huge_pages",
    "environment.governor",
    "environment.gpu_driver",
    "environment.gpu_power_limit",
    "environment.gpu_sm_clock_max",
    "environment.gpu_ecc",
    "environment.gpu_mig",
)
#: Fields that are told where they differ and not refused: versions of the suite, and clocks of a moment.
TOLD = (
    "commit",
    "dirty",
    "profile",
    "environment.kernel",
    "environment.python",
    "environment.gpu_sm_clock",
    "environment.gpu_memory_clock",
    "environment.interrupted",
)

Record = dict[str, Any]


def run(paths: list[Path], say: Callable[[str], None], anyway: bool = False) -> int:
    """Compare two records and `say` the lines; 0 compared, 1 conditions differ (`anyway` not given), 2 no record.

    A fault raises nothing: it is said in one line.
    """
    try:
        first, second = [read(Path(path)) for path in paths]
    except MeasureError as error:
        say(str(error))
        return UNUSABLE
    unlike = differences(first, second)
    if unlike and not anyway:
        for line in unlike:
            say(f"{printable(str(paths[1]))}:{line}")
        say(
            "the records were taken under other conditions; compare them with --anyway, or measure again under the same"
        )
        return UNLIKE
    for line in [f"conditions differ: {line}" for line in unlike] + compare(first, second):
        say(line)
    return 0


def differences(first: Record, second: Record) -> list[str]:
    """The conditions in which the second record differs from the first, as "field: found, wanted" each."""
    lines = [_difference(place, first, second) for place in CONDITIONS]
    pages = [bool(_at(record, "environment.own_huge_page_bytes")) for record in (first, second)]
    if pages[0] != pages[1]:
        had = [("huge pages" if one else "no huge pages") for one in pages]
        lines.append(f"environment.own_huge_page_bytes: found {had[1]} in use, wanted {had[0]}")
    return [line for line in lines if line]


def _difference(place: str, first: Record, second: Record) -> str:
    wanted, found = _at(first, place), _at(second, place)
    return "" if wanted == found else f"{place}: found {_reported(found)}, wanted {_reported(wanted)}"


def _at(record: Record, place: str) -> Any:
    value: Any = record
    for part in place.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return sorted(map(str, value)) or None if isinstance(value, list) else value


def _reported(value: Any) -> str:
    if value is None:
        return "nothing"
    return printable(" ".join(value) if isinstance(value, list) else str(value), 100)


def compare(first: Record, second: Record) -> list[str]:
    """Every case that both records measured, then what only one has, then the spread between the two runs."""
    found = list(pairs(first, second))
    lines = [f"A: {_who(first)}", f"B: {_who(second)}"]
    lines += [f"told, not refused: {line}" for place in TOLD if (line := _difference(place, first, second))]
    lines += table(found)
    for letter, record, place in (("A", first, 0), ("B", second, 1)):
        both = {id(pair[place].row) for pair in found}
        lone = [case for case in record["cases"] if case["status"] == "measured" and id(case) not in both]
        lines += [f"only {letter} measured {key_words(Result(case))}" for case in lone]
    lines += [
        f"{name}: the two runs differ by {quantile(shares, 0.5):.1%} (median of {_cases(found, name)})"
        for name, shares in _spreads(found).items()
    ]
    return lines


def spreads(first: Record, second: Record) -> dict[str, list[float]]:
    """By case name |B/A - 1| of each of its cases: what two runs differ by, as shares."""
    return _spreads(pairs(first, second))


def _spreads(found: Iterable[Pair]) -> dict[str, list[float]]:
    off = defaultdict(list)
    for one, other in found:
        off[printable(one.name)].append(abs(ratio(one, other) - 1))
    return off


def _cases(found: list[Pair], name: str) -> str:
    count = sum(printable(one.name) == name for one, _ in found)
    return "one case" if count == 1 else f"{count} cases"


def _who(record: Record) -> str:
    machine = record["machine"]
    return printable(
        f"{machine['name']} ({machine['device']}), {record['profile']} of {record['started']}, commit {record['commit'][:12]}"
    )
