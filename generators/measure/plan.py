"""What a measurement is made of: stages of interleaved cases, their kernels and their outcomes.  No torch here."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

ENOUGH = 3  # samples below which a case does not count as measured


class MeasureError(Exception):
    """Something the person running the measurement can mend; printed as one line."""


class CheckFailed(Exception):
    """A kernel's result is not what float64 says; the case must not be timed."""


@dataclass(frozen=True)
class Work:
    """What one repetition does: bytes moved, FLOP, tokens.  Zero where it does not apply."""

    bytes: float = 0
    flop: float = 0
    tokens: float = 0


@dataclass(frozen=True)
class Check:
    """A kernel's result held against float64 before it is timed; raises `CheckFailed` when it is off."""

    against: str
    worst_relative_error: float
    tolerance: float

    def __post_init__(self) -> None:
        """Refuse an error above the tolerance."""
        if not self.worst_relative_error <= self.tolerance:  # also catches NaN
            raise CheckFailed(
                f"the result is off by {self.worst_relative_error:.2g} relative to {self.against}; "
                f"wanted at most {self.tolerance:g}"
            )


@dataclass
class Kernel:
    """A case made ready: `run` is one repetition, `work` what it does, `check` how it was verified.

    `closing`, where given, is called with the number of repetitions timed last and returns the
    work and the parameters that only the timed repetitions decide, such as the mean context.
    """

    run: Callable[[], object]
    work: Work
    check: Check
    parameters: dict[str, Any] = field(default_factory=dict)
    closing: Callable[[int], tuple[Work, dict[str, Any]]] | None = None


@dataclass(frozen=True)
class Case:
    """One thing to time.  `prepare` allocates and verifies; it may raise, which fails this case alone."""

    name: str
    kind: str  # "ceiling" or "workload"
    parameters: dict[str, Any]
    prepare: Callable[[], Kernel]
    needs_bytes: float = 0

    @property
    def label(self) -> str:
        """Name and the words that tell it from its neighbours, for progress lines."""
        told = [str(self.parameters[key]) for key in ("model", "method", "dtype") if key in self.parameters]
        return " ".join([self.name, *told])


@dataclass
class Outcome:
    """A case and what became of it so far; `as_row` is its entry in the record at any moment."""

    case: Case
    reason: str = ""
    failed: bool = False
    inner: int = 1
    work: Work = Work()
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

    def fail(self, error: BaseException) -> None:
        """Record why this case came to nothing, in one line without paths."""
        self.failed = True
        if isinstance(error, MemoryError) or _NO_MEMORY.search(str(error)):
            need = f"it plans with {self.case.needs_bytes / 1e9:.1f} GB; " if self.case.needs_bytes else ""
            self.reason = f"out of memory: {need}close other programs, or measure other cases one by one with run NAME"
            return
        name = "" if isinstance(error, (CheckFailed, MeasureError)) else f"{type(error).__name__}: "
        first = str(error).strip().splitlines()[0] if str(error).strip() else "no message"
        self.reason = re.sub(r"<\w*$", "", without_paths(one_line(f"{name}{first}"))[:400])

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


@dataclass(frozen=True)
class Stage:
    """Cases that are compared with each other and therefore timed in turns.

    `cases` sees the outcomes so far, because a stage may depend on what came before it.
    `expected_seconds` is a first guess for the estimate of time left; an optional stage is
    skipped when the profile's time would not hold it.
    """

    name: str
    cases: Callable[[list[Outcome]], list[Case]]
    expected_seconds: float
    optional: bool = False


_NO_MEMORY = re.compile(r"out of memory|can't allocate memory|tried to allocate", re.IGNORECASE)
_PATH = re.compile(r"""(?:[A-Za-z]:\\|~?/)[^\s'",:;()]*[\\/][^\s'",:;()]*""")


def one_line(text: str) -> str:
    """The text as a record may hold it: angle brackets rounded off, anything unprintable a space."""
    return "".join(letter if letter.isprintable() else " " for letter in text.replace("<", "‹").replace(">", "›"))


def without_paths(text: str) -> str:
    """The text with every absolute file path replaced, because records carry no paths."""
    return _PATH.sub("<path>", text)
