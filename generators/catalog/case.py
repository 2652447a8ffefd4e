"""One timed case of a measurement record, the parameters that its name requires."""

from __future__ import annotations

import math
import statistics
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from generators.catalog.bounds import shown
from generators.catalog.case_needs import NEEDS, POSITIVE
from generators.catalog.datum import Row
from generators.catalog.record_field import FLOOR, CaseName, Finite, Key, Plain, Reason, Seconds, Text
from generators.core import units

FASTEST = {"bytes": 1e16, "flop": 1e19}  # a second: beyond a whole room of machines


def _count(value: float) -> float:
    if value != 0 and not value >= 1:
        raise ValueError(f"found {value!r}, wanted 0 or a count of at least 1")
    return value


def _whole(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value  # JSON has one kind of number


Count = Annotated[Finite, AfterValidator(_count)]


class Work(Row):
    """What one repetition does, counted by the suite's one counting function.  Zero where it does not apply."""

    bytes: Count = Field(default=0, le=1e15)
    flop: Count = Field(default=0, le=1e20)
    tokens: Count = Field(default=0, le=1e9)


class Check(Row):
    """The kernel's result held against float64 on fresh random input, before it was timed."""

    against: Text
    worst_relative_error: Finite = Field(ge=0)
    tolerance: Finite = Field(gt=0, le=0.2)  # a coarser one checks nothing; 0.1 is a low-bit product's


class Case(Row):
    """One thing timed.  `samples` are raw seconds, each for `inner` repetitions."""

    name: CaseName
    kind: Literal["ceiling", "workload"]
    parameters: dict[Key, Plain]
    status: Literal["measured", "skipped", "failed"]
    reason: Reason = ""
    inner: Annotated[int, BeforeValidator(_whole)] = Field(default=1, ge=1, le=10**9)
    work: Work = Work()
    warmups: list[Seconds] = Field(default_factory=list)
    samples: list[Seconds] = Field(default_factory=list)
    check: Check | None = None
    noise: dict[Key, Plain] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _reported(self) -> Case:
        if self.status == "measured" and len(self.samples) < 3:
            raise ValueError(f"case {self.name!r} is measured: found {len(self.samples)} samples, wanted at least 3")
        if self.status == "measured" and self.check is None:
            raise ValueError(
                f"case {self.name!r} is measured without a check: found none, wanted its result held against a reference"
            )
        if self.status != "measured" and not self.reason:
            raise ValueError(f"case {self.name!r} is {self.status} without a reason: found none, wanted why")
        if self.check and self.check.worst_relative_error > self.check.tolerance:
            raise ValueError(
                f"case {self.name!r} failed its own correctness check and must not be measured: found an error of "
                f"{self.check.worst_relative_error:.3g}, wanted its tolerance of {self.check.tolerance:.3g} at most"
            )
        if self.samples and (least := min(self.samples) / self.inner) < FLOOR:
            raise ValueError(
                f"case {self.name!r} samples: found one of {least:.3g} s a repetition, wanted at least 1 ns"
            )
        beside = self.noise.get("reference_seconds")
        if beside is not None and not POSITIVE[0](beside):
            raise ValueError(f"case {self.name!r} noise.reference_seconds: found {shown(beside)}, wanted {POSITIVE[1]}")
        for work, most in FASTEST.items() if self.samples else ():
            if (rate := getattr(self.work, work) * self.inner / min(self.samples)) > most:
                raise ValueError(f"case {self.name!r}: work.{work}: found {rate:.3g} a second, wanted at most {most:g}")
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
    def seconds(self) -> units.Reported:
        """The estimate: the fastest decile for a ceiling (what the machine can do), the median for a workload."""
        times = self.times
        name = "fastest decile" if self.kind == "ceiling" else "median"
        value = quantile(times, 0.1) if self.kind == "ceiling" else statistics.median(times)
        return units.Reported(value, ("samples", name, len(times), *self.interval))

    @property
    def interval(self) -> tuple[float, float]:
        """5th and 95th percentile of the seconds per repetition."""
        return quantile(self.times, 0.05), quantile(self.times, 0.95)

    @property
    def bandwidth(self) -> units.Reported:
        """Bytes per second at the estimate."""
        return _rate(self.work.bytes, "byte", self.seconds)

    @property
    def flops(self) -> units.Reported:
        """FLOP per second at the estimate."""
        return _rate(self.work.flop, "FLOP", self.seconds)


def _rate(work: float, unit: str, seconds: units.Reported) -> units.Reported:
    """Work per second, with both."""
    return units.Reported(work / seconds, ("÷", units.of(work, unit), units.of(seconds, "s")))


def quantile(ordered: list[float], share: float) -> float:
    """The quantile of sorted values, linearly between neighbors."""
    place = share * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)
