"""Going on with a run that was cut short: which one, and whether this is still the same machine and suite."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from generators.measure.plan import MeasureError, Work

SUFFIX = ".json.partial"
LARGEST = 64 * 2**20  # bytes
_SAME = ("schema", "profile", "commit", "dirty")  # of the record
_SAME_MACHINE = ("name", "device")
_SAME_ENVIRONMENT = ("torch", "torch_threads", "transparent_huge_pages", "gpu_driver", "settings")


def find(out: Path, name: str | None) -> Path:
    """The partial record to go on with: the one named, or the newest in the folder."""
    if name:
        path = Path(name)
        if not path.is_file() or not path.name.endswith(SUFFIX):  # a finished record is never written again
            found = "no such file" if not path.is_file() else "a file of another name"
            raise MeasureError(f"{path}: found {found}, wanted an interrupted run, whose name ends in {SUFFIX}")
        if _record_of(path).exists():
            raise MeasureError(f"{path}: its record {_record_of(path).name} is written already; delete this file")
        return path
    found = sorted((path for path in out.glob(f"*{SUFFIX}") if not _record_of(path).exists()),
                   key=lambda path: path.stat().st_mtime)  # fmt: skip
    if not found:
        raise MeasureError(f"{out}: found no interrupted run (*{SUFFIX}); start one with: quick, or full")
    return found[-1]


def _record_of(path: Path) -> Path:
    """The finished record of a partial one; both exist where a run was killed between writing and deleting."""
    return path.with_name(path.name.removesuffix(".partial"))


def read(path: Path) -> dict[str, Any]:
    """A partial record as it lies on the disk; one line where it is none."""
    try:
        if path.stat().st_size > LARGEST:
            raise MeasureError(f"{path}: found over {LARGEST} bytes, wanted a partial record")
        row = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(row, dict) or not isinstance(row["cases"], list) or not isinstance(row["environment"], dict):
            raise TypeError
        for case in row["cases"]:
            (
                case["name"],
                case["kind"],
                case["status"],
                case["reason"],
                case["parameters"].items(),
                case["noise"].items(),
            )
            [value / case["inner"] for value in case["samples"]], [case["work"][of] / 1 for of in asdict(Work())]
        row["machine"]["name"], row["machine"]["device"], row["started"], row["profile"] + ""
    except (OSError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError):
        raise MeasureError(f"{path}: found no partial record in it; delete it and measure again") from None
    return row


def same(old: dict[str, Any], new: dict[str, Any]) -> None:
    """Refuse to join two runs that differ in what decides their results; `new` is the head of the run that goes on."""
    pairs = [(field, old.get(field), new.get(field)) for field in _SAME]
    pairs += [(f"machine.{field}", old["machine"].get(field), new["machine"].get(field)) for field in _SAME_MACHINE]
    there, here = old["environment"], new["environment"]
    pairs += [(f"environment.{field}", there.get(field), here.get(field)) for field in _SAME_ENVIRONMENT]
    for field, found, wanted in pairs:
        if found != wanted:
            raise MeasureError(
                f"{field}: the interrupted run has {found!r}, this one {wanted!r}; they cannot be one record. "
                "Close the old one with: keep, or start a new one"
            )
