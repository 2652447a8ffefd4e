"""One timed case of a measurement record, the parameters that its name requires, and the roofs that cases set each other."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable
from typing import Literal

from pydantic import Field, model_validator

from generators.book.datum import Row
from generators.book.record_field import FLOOR, CaseName, Finite, Key, Plain, Reason, Seconds, Text, shown

DTYPES = ("float32", "bfloat16", "float16")
OVER = 1.02  # share of a roof above which bytes or FLOP must have been miscounted
KEPT = 4.0  # a model below this many last-level caches may be read from the cache in part

Rule = tuple[Callable[[object], bool], str]  # whether a value will do, and in words what would


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


_POSITIVE: Rule = (lambda value: _is_number(value) and 0 < value <= 1e15, "a number above zero")
_COUNT: Rule = (lambda value: _is_number(value) and 0 <= value <= 1e15, "a number of zero or more")
_COUNT_OR_NONE: Rule = (lambda value: value is None or _COUNT[0](value), _COUNT[1])
_TRUTH: Rule = (lambda value: isinstance(value, bool), "true or false")
_WORD: Rule = (lambda value: isinstance(value, str) and 0 < len(value) <= 60, "a word")
_DTYPE: Rule = (lambda value: value in DTYPES, f"one of {', '.join(DTYPES)}")
_DECODE = ["layers", "d_model", "heads", "kv_heads", "head_dim", "d_ff", "vocab", "batch", "parameters"]

#: What the book computes with, by case name: its kind, its parameters, and the work that cannot be zero.
NEEDS: dict[str, tuple[str, dict[str, Rule], tuple[str, ...]]] = {
    "decode": (
        "workload",
        dict.fromkeys(_DECODE, _POSITIVE)
        | {"context": _COUNT, "tied": _TRUTH, "dtype": _DTYPE, "aten_ops_per_step": _COUNT_OR_NONE},
        ("bytes", "flop", "tokens"),
    ),
    "read-bandwidth": ("ceiling", {"method": _WORD}, ("bytes",)),
    "matmul-peak": ("ceiling", {"dtype": _WORD}, ("flop",)),
    "product-by-size": ("ceiling", {"matrix_bytes": _POSITIVE}, ("bytes",)),
}


class Work(Row):
    """What one repetition does, counted by the suite's one counting function.  Zero where it does not apply."""

    bytes: Finite = Field(default=0, ge=0, le=1e15)
    flop: Finite = Field(default=0, ge=0, le=1e20)
    tokens: Finite = Field(default=0, ge=0, le=1e9)


class Check(Row):
    """The kernel's result held against float64 on fresh random input, before it was timed."""

    against: Text
    worst_relative_error: Finite = Field(ge=0)
    tolerance: Finite = Field(gt=0, le=1)


class Case(Row):
    """One thing timed.  `samples` are raw seconds, each for `inner` repetitions."""

    name: CaseName
    kind: Literal["ceiling", "workload"]
    parameters: dict[Key, Plain]
    status: Literal["measured", "skipped", "failed"]
    reason: Reason = ""
    inner: int = Field(default=1, ge=1, le=10**9)
    work: Work = Work()
    warmups: list[Seconds] = Field(default_factory=list)
    samples: list[Seconds] = Field(default_factory=list)
    check: Check | None = None
    noise: dict[Key, Plain] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _told(self) -> Case:
        if self.status == "measured" and len(self.samples) < 3:
            raise ValueError(f"case {self.name!r} is measured with {len(self.samples)} samples, wanted at least 3")
        if self.status != "measured" and not self.reason:
            raise ValueError(f"case {self.name!r} is {self.status} without a reason")
        if self.check and self.check.worst_relative_error > self.check.tolerance:
            raise ValueError(f"case {self.name!r} failed its own correctness check and must not be measured")
        if self.samples and (least := min(self.samples) / self.inner) < FLOOR:
            raise ValueError(f"case {self.name!r} has a sample of {least:.3g} s a repetition, wanted at least 1 ns")
        return self

    @model_validator(mode="after")
    def _has_what_it_needs(self) -> Case:
        """A measured case that the book computes with holds what that takes."""
        if self.status != "measured" or self.name not in NEEDS:
            return self
        kind, rules, works = NEEDS[self.name]
        if self.kind != kind:
            raise ValueError(f"case {self.name!r}: kind: found {self.kind!r}, wanted {kind!r}")
        for field, (will_do, wanted) in rules.items():
            if not will_do(self.parameters.get(field)):
                found = shown(self.parameters[field]) if field in self.parameters else "nothing"
                raise ValueError(f"case {self.name!r}: parameters.{field}: found {found}, wanted {wanted}")
        for field in works:
            if not getattr(self.work, field):
                raise ValueError(f"case {self.name!r}: work.{field}: found 0, wanted a number above zero")
        return self

    @property
    def times(self) -> list[float]:
        """Seconds per repetition, sorted."""
        return sorted(sample / self.inner for sample in self.samples)

    @property
    def seconds(self) -> float:
        """The estimate: the fastest decile for a ceiling (what the machine can do), the median for a workload."""
        return quantile(self.times, 0.1) if self.kind == "ceiling" else statistics.median(self.times)

    @property
    def interval(self) -> tuple[float, float]:
        """5th and 95th percentile of the seconds per repetition."""
        return quantile(self.times, 0.05), quantile(self.times, 0.95)

    @property
    def bandwidth(self) -> float:
        """Bytes per second at the estimate."""
        return self.work.bytes / self.seconds

    @property
    def flops(self) -> float:
        """FLOP per second at the estimate."""
        return self.work.flop / self.seconds


def quantile(ordered: list[float], share: float) -> float:
    """The quantile of sorted values, linearly between neighbours."""
    place = share * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def miscounted(cases: list[Case], cache: float) -> str:
    """What is faster than its roof in the same record by over 2 %, in one line; empty where nothing is.

    `cases` are the measured ones, `cache` the bytes of the last-level cache (0: untold).
    """
    peak = max((case.flops for case in cases if case.name == "matmul-peak"), default=None)
    for case in cases:
        if peak and case.flops > OVER * peak:
            return _over(case, f"{case.flops / 1e9:.4g} GFLOP/s", f"{peak / 1e9:.4g} GFLOP/s", "FLOP")
        roof = _read_roof(cases, cached=case.work.bytes < KEPT * cache)
        if case.kind == "workload" and roof and case.bandwidth > OVER * roof:
            return _over(case, f"{case.bandwidth / 1e9:.4g} GB/s", f"{roof / 1e9:.4g} GB/s", "bytes")
    return ""


def _over(case: Case, found: str, roof: str, what: str) -> str:
    return f"case {case.name!r} reaches {found}, over its roof of {roof} in the same record: its {what} are miscounted"


def _read_roof(cases: list[Case], cached: bool) -> float | None:
    """The fastest ceiling in byte/s of memory, or of the caches too.  Operands of a product stay in the cache."""
    ceilings = [case for case in cases if case.kind == "ceiling" and case.work.bytes]
    from_memory = [case for case in ceilings if not case.name.startswith("cache-") and case.name != "matmul-peak"]
    return max((case.bandwidth for case in (ceilings if cached else from_memory)), default=None)
