"""What a measurement is made of: stages of cases timed in turns, and the kernels they prepare.  No torch here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

ROUNDS = 15  # how often each case of a stage is timed
ENOUGH = 3  # samples below which a case does not count as measured


class MeasureError(Exception):
    """Something the person running the measurement can mend; printed as one line."""


class Unsupported(Exception):
    """This device or this torch cannot run a case; it is recorded as skipped, with this one line as the reason."""


class CheckFailed(Exception):
    """A kernel's result is not what float64 says; the case must not be timed."""


class DeviceLost(Exception):
    """The device answers no more, as after an assert on a GPU: the process must end, and the case at hand is to blame."""


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
    One call of `run` may be several repetitions, `runs`, as where a graph holds many.
    """

    run: Callable[[], object]
    work: Work
    check: Check
    parameters: dict[str, Any] = field(default_factory=dict)
    closing: Callable[[int], tuple[Work, dict[str, Any]]] | None = None
    runs: int = 1


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
        """Name and the words that tell it from its neighbors, for progress lines."""
        return label(self.name, self.parameters)


#: Parameters that tell the cases of one name apart, in the order in which a line shows them.
TELLING = (
    "model",
    "kernel",
    "attention",
    "backend",
    "phase",
    "weights",
    "storage",
    "policy",
    "operator",
    "method",
    "mode",
    "dtype",
    "working_set_bytes",
    "matrix_bytes",
    "size",
    "rows",
    "batch",
    "tokens",
    "new_tokens",
    "context",
    "query_heads_per_kv_head",
    "operations",
    "fma_per_element",
    "sparsity",
    "chunk_tokens",
    "layers_deep",
    "step",
    "load",
    "request",
    "metric",
    "program",
    "what",
)


def label(name: str, parameters: dict[str, Any]) -> str:
    """A case's name and the words that tell it from its neighbors, for a line that a person reads."""
    idle = {"method", "working_set_bytes"} if "model" in parameters or "operations" in parameters else set()
    idle |= {"batch"} if parameters.get("batch") == 1 else set()
    words = [_word(key, parameters[key]) for key in TELLING if parameters.get(key) is not None and key not in idle]
    return " ".join([name, *words])


def _word(key: str, value: Any) -> str:
    """A parameter in a line: texts as they are, bytes in a unit, other numbers with their name."""
    if isinstance(value, str):
        return value
    if key.endswith("_bytes"):
        unit, size = next(
            (pair for pair in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)) if value >= pair[1]), ("B", 1)
        )
        return f"{value / size:.3g} {unit}"
    return f"{key}={value:g}"


@dataclass(frozen=True)
class Part:
    """What one run of a `Replay` took for one of its parts; parts with equal parameters are repetitions of each other."""

    parameters: dict[str, Any]
    work: Work
    seconds: float


@dataclass
class Script:
    """A replay made ready: `play` runs the whole sequence once and returns the time of each part."""

    play: Callable[[], list[Part]]
    check: Check
    parameters: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Replay:
    """A sequence that only makes sense whole, such as a scheduler's run: played several times, each part a row.

    The sequence is deterministic: every play returns parts with the same parameters in the same order.
    """

    name: str
    parameters: dict[str, Any]
    prepare: Callable[[], Script]
    plays: int = 5
    needs_bytes: float = 0
    kind: str = "workload"

    @property
    def label(self) -> str:
        """Name and the words that tell it from its neighbors, for progress lines."""
        return label(self.name, self.parameters)


@dataclass(frozen=True)
class Stage:
    """Cases that are compared with each other and therefore timed in turns, in a process of their own.

    `cases` names a function of a module of `generators.measure.cases` as ``"module:function"``,
    `settings` its plain keyword arguments.  `expected_seconds` is a first guess for the estimate
    of time left; an optional stage is skipped when the profile's time would not hold it.
    """

    name: str
    cases: str
    settings: dict[str, Any] = field(default_factory=dict)
    expected_seconds: float = 10.0
    optional: bool = False
    rounds: int = ROUNDS
