"""A case and what became of it, where it is timed; `as_row` is what the record will hold.  No torch here."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from typing import Any

from generators.measure.plan import ENOUGH, Case, Check, CheckFailed, MeasureError, Replay, Unsupported, Work


@dataclass
class Outcome:
    """A case and what became of it so far; `as_row` is its entry in the record at any moment."""

    case: Case | Replay
    reason: str = ""
    failed: bool = False
    inner: int = 1
    work: Work = field(default_factory=Work)
    parameters: dict[str, Any] = field(default_factory=dict)
    warmups: list[float] = field(default_factory=list)
    samples: list[float] = field(default_factory=list)
    check: Check | None = None
    noise: dict[str, Any] = field(default_factory=dict)

    @property
    def status(self) -> str:
        """Measured with enough samples and no fault, else failed or skipped."""
        if self.failed:
            return "failed"
        return "measured" if len(self.samples) >= ENOUGH else "skipped"

    def fail(self, error: BaseException, lost: bool = False) -> None:
        """Record why this case came to nothing, in one line without paths; what cannot be done here is skipped.

        `lost` says that the device answers no more, whatever the error calls itself.
        """
        self.failed = lost or not isinstance(error, Unsupported)
        if not lost and (isinstance(error, MemoryError) or _NO_MEMORY.search(str(error))):
            need = f"it plans with {self.case.needs_bytes / 1e9:.1f} GB; " if self.case.needs_bytes else ""
            self.reason = f"out of memory: {need}close other programs, or measure other cases one by one with run NAME"
            return
        name = "" if isinstance(error, (CheckFailed, MeasureError, Unsupported)) else f"{type(error).__name__}: "
        first = str(error).strip().splitlines()[0] if str(error).strip() else "no message"
        self.reason = brief(f"{name}{first}", 340) + ("; the device was lost, and its process ended" if lost else "")

    def as_row(self) -> dict[str, Any]:
        """The case as schema 1 of the record has it."""
        status = self.status
        stopped = f"stopped after {len(self.samples)} samples, wanted at least {ENOUGH}"
        return {
            "name": self.case.name,
            "kind": self.case.kind,
            "parameters": self.case.parameters | self.parameters,
            "status": status,
            "reason": "" if status == "measured" else self.reason or stopped,
            "inner": self.inner,
            "work": asdict(self.work),
            "warmups": [round(value, 9) for value in self.warmups],
            "samples": [round(value, 9) for value in self.samples],
            "check": asdict(self.check) if self.check else None,
            "noise": self.noise,
        }


_NO_MEMORY = re.compile(r"out of memory|can't allocate memory|tried to allocate", re.IGNORECASE)
_PATH = re.compile(r"""(?:[A-Za-z]:\\|~?/)[^\s'",:;()]*[\\/][^\s'",:;()]*""")


def one_line(text: str) -> str:
    """The text as a record may hold it: angle brackets rounded off, anything unprintable a space."""
    return "".join(letter if letter.isprintable() else " " for letter in text.replace("<", "‹").replace(">", "›"))


def brief(text: str, most: int) -> str:
    """The text as a reason may hold it, at most so long; a mark for a path is not cut in half."""
    return re.sub(r"<\w*$", "", without_paths(one_line(text))[:most]).strip()


def word(text: str, most: int = 60) -> str:
    """The text as a parameter may hold it, which has no angle brackets at all."""
    return without_paths(one_line(text)).replace("<path>", "path")[:most].strip()


def without_paths(text: str) -> str:
    """The text with every absolute file path replaced, because records carry no paths."""
    return _PATH.sub("<path>", text)
