"""Going on with a run that was cut short: which one, and whether this is still the same machine and suite."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from generators.measure.comparing.file import Fault, shown
from generators.measure.comparing.file import read as read_record
from generators.measure.plan import MeasureError

SUFFIX = ".json.partial"
MEND = "undo the change, or delete the file and measure again"
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
    found = sorted(
        (path for path in out.glob(f"*{SUFFIX}") if not _record_of(path).exists()),
        key=lambda path: path.stat().st_mtime,
    )
    if not found:
        raise MeasureError(f"{out}: found no interrupted run (*{SUFFIX}); start one with: quick, or full")
    return found[-1]


def _record_of(path: Path) -> Path:
    """The finished record of a partial one; both exist where a run was killed between writing and deleting."""
    return path.with_name(path.name.removesuffix(".partial"))


def read(path: Path) -> dict[str, Any]:
    """A partial record as it lies on the disk; one line that names the field where it was damaged."""
    row = read_record(path)
    for field in ("started", "finished"):
        try:
            datetime.strptime(row.get(field), "%Y-%m-%dT%H:%M:%SZ")
        except (TypeError, ValueError):
            raise Fault(path, field, f"found {shown(row.get(field))}, wanted a UTC time", MEND) from None
    texts = [("machine.accelerator", row["machine"].get("accelerator"))]
    texts += [(f"cases.{at}.reason", case.get("reason")) for at, case in enumerate(row["cases"])]
    for field, value in texts:
        if not isinstance(value, str):
            raise Fault(path, field, f"found {shown(value)}, wanted a text", MEND)
    for at, case in enumerate(row["cases"]):
        if not isinstance(case.get("noise"), dict):
            raise Fault(path, f"cases.{at}.noise", f"found {shown(case.get('noise'))}, wanted an object", MEND)
    for field in ("cautions", "sessions", "stage_seconds"):
        lines = row["environment"].get(field, [])
        if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
            raise Fault(path, f"environment.{field}", f"found {shown(lines)}, wanted a list of texts", MEND)
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
