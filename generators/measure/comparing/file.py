"""Reads a record that may come from a stranger, in standard library only: bounded, checked, and safe to print.

The book's own schema needs pydantic; this reads what a comparison needs and refuses the rest in one line.
"""

from __future__ import annotations

import difflib
import json
import math
from pathlib import Path
from typing import Any

from generators.measure.plan import ENOUGH, MeasureError
from generators.measure.record import SCHEMA

LARGEST = 8_000_000  # bytes of a file; a full suite is well under one megabyte
MOST_CASES, MOST_SAMPLES, MOST_KEYS = 5000, 10_000, 200
LONGEST_TEXT, LONGEST_LIST = 4000, 200
MEND = "measure again, or take the file as the suite wrote it"
DAY, LEAST = 86_400.0, 1e-9  # seconds that a sample may last, and a repetition must

_STATUS = ("measured", "skipped", "failed")
_KINDS = ("ceiling", "workload")


class Fault(MeasureError):
    """A file that is no record, as one line: path:place: found, wanted, how to mend it."""

    def __init__(self, path: object, place: str, message: str, mend: str = MEND) -> None:
        super().__init__(f"{printable(str(path))}:{printable(place)}: {message}; {mend}")


def printable(text: str, longest: int = 200) -> str:
    """A text for a terminal: one line, control and other unprintable characters written out, cut where too long."""
    line = "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text[: longest + 1])
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def shown(value: object) -> str:
    """A found value for a message, at most 60 characters."""
    if isinstance(value, (dict, list)):
        return "an object" if isinstance(value, dict) else "a list"
    if isinstance(value, int) and abs(value) > 10**18:
        return f"a number of {value.bit_length()} bits"
    return printable(repr(value) if not isinstance(value, str) else repr(value[:60]), 60)


def located(name: str, folder: Path) -> Path:
    """The file of a record named by its path, its file name or its id; the last two are looked for in `folder`.

    A name that finds nothing is a `Fault` with the nearest ids.
    """
    if "/" in name or "\\" in name or Path(name).is_file():
        return Path(name)
    path = folder / f"{name.removesuffix('.json')}.json"
    if not path.is_file():
        there = sorted(one.stem for one in folder.glob("*.json"))
        near = difflib.get_close_matches(path.stem, there, 3, 0.4) or there[:3]
        hint = f"; nearest {'is' if len(near) == 1 else 'are'} {', '.join(map(printable, near))}" if near else ""
        raise Fault(name, "file", f"found no record of this name in {folder}{hint}", "name one by its id or its path")
    return path


def read(path: Path) -> dict[str, Any]:
    """The record in a file; a `Fault` says what keeps it from being one."""
    try:
        if not path.is_file():
            raise Fault(
                path,
                "file",
                "found no such file" if not path.exists() else "found no plain file",
                "name a record of data/measurements",
            )
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        raise Fault(path, "file", f"not readable: {getattr(error, 'strerror', None) or error}") from None
    if len(raw) > LARGEST:
        raise Fault(path, "file", f"found more than {LARGEST} bytes, wanted a record, which has fewer")
    try:
        row = json.loads(raw, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        why = printable(str(error), 120) if isinstance(error, ValueError) else "it is nested too deeply"
        raise Fault(path, "file", f"found no JSON: {why}, wanted a record") from None
    check(path, row)
    return row


def check(path: object, row: Any) -> None:
    """Raise a `Fault` unless the object has what a comparison reads, of bounded size."""
    _is(path, "record", row, dict, "an object")
    if row.get("schema") != SCHEMA or isinstance(row.get("schema"), bool):
        raise Fault(
            path, "schema", f"found {shown(row.get('schema'))}, wanted {SCHEMA}", "update the suite or measure again"
        )
    for key in ("started", "profile", "commit"):
        _text(path, key, row.get(key))
    for key in ("machine", "environment"):
        _plain_object(path, key, row.get(key))
    for key in ("name", "device"):
        _text(path, f"machine.{key}", row["machine"].get(key))
    _is(path, "cases", row.get("cases"), list, "a list of cases")
    if not 1 <= len(row["cases"]) <= MOST_CASES:
        raise Fault(path, "cases", f"found {len(row['cases'])} cases, wanted 1 to {MOST_CASES}")
    for index, case in enumerate(row["cases"]):
        _case(path, f"cases.{index}", case)


def _case(path: object, place: str, case: Any) -> None:
    _is(path, place, case, dict, "an object")
    _text(path, f"{place}.name", case.get("name"))
    for key, known in (("status", _STATUS), ("kind", _KINDS)):
        if case.get(key) not in known:
            raise Fault(path, f"{place}.{key}", f"found {shown(case.get(key))}, wanted {' or '.join(known)}")
    _plain_object(path, f"{place}.parameters", case.get("parameters"), lists=False)
    inner = case.setdefault("inner", 1)
    if isinstance(inner, bool) or not isinstance(inner, int) or not 1 <= inner <= 10**9:
        raise Fault(path, f"{place}.inner", f"found {shown(inner)}, wanted a whole number from 1 to 10^9")
    work = case.setdefault("work", {})
    _is(path, f"{place}.work", work, dict, "an object")
    for key in ("bytes", "flop", "tokens"):
        _number(path, f"{place}.work.{key}", work.setdefault(key, 0), 0, 1e20)
    _samples(path, place, case, inner)


def _samples(path: object, place: str, case: dict[str, Any], inner: int) -> None:
    samples = case.setdefault("samples", [])
    _is(path, f"{place}.samples", samples, list, "a list of seconds")
    if len(samples) > MOST_SAMPLES or (case["status"] == "measured" and len(samples) < ENOUGH):
        raise Fault(
            path, f"{place}.samples", f"found {len(samples)}, wanted {ENOUGH} to {MOST_SAMPLES} of a measured case"
        )
    for at, value in enumerate(samples):
        _number(path, f"{place}.samples.{at}", value, LEAST * inner, DAY)


def _is(path: object, place: str, value: Any, kind: type, wanted: str) -> None:
    if not isinstance(value, kind):
        raise Fault(path, place, f"found {'nothing' if value is None else shown(value)}, wanted {wanted}")


def _text(path: object, place: str, value: Any) -> None:
    _is(path, place, value, str, "a text")
    if not 0 < len(value) <= LONGEST_TEXT:
        raise Fault(path, place, f"found a text of {len(value)} characters, wanted 1 to {LONGEST_TEXT}")


def _number(path: object, place: str, value: Any, least: float, most: float) -> None:
    """A number within bounds; whole ones are compared as they are, so that a huge one does not overflow."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not least <= value <= most:
        raise Fault(path, place, f"found {shown(value)}, wanted a number from {least:g} to {most:g}")


def _plain_object(path: object, place: str, value: Any, lists: bool = True) -> None:
    """An object of plain values, as parameters are, and of short lists of them, as the environment is."""
    _is(path, place, value, dict, "an object")
    if len(value) > MOST_KEYS:
        raise Fault(path, place, f"found {len(value)} fields, wanted at most {MOST_KEYS}")
    for key, item in value.items():
        where = f"{place}.{key[:60]}"
        if isinstance(item, list) and (not lists or len(item) > LONGEST_LIST):
            raise Fault(
                path,
                where,
                f"found a list of {len(item)}, wanted {f'at most {LONGEST_LIST}' if lists else 'a plain value'}",
            )
        for one in item if isinstance(item, list) else [item]:
            if isinstance(one, (dict, list)) or (isinstance(one, str) and len(one) > LONGEST_TEXT):
                raise Fault(path, where, f"found {shown(one)}, wanted a plain value")
            if isinstance(one, (int, float)) and not (abs(one) <= 2**63 and math.isfinite(one)):
                raise Fault(path, where, f"found {shown(one)}, wanted a number within 2^63")


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not a number that a record may hold")
