"""The estimates of the record schema, in standard library only: fastest decile for a ceiling, median for a workload."""

from __future__ import annotations

import math

from generators.measure.plan import Outcome


def quantile(values: list[float], share: float) -> float:
    """The quantile of some values, linearly between neighbours."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def seconds(outcome: Outcome) -> float:
    """Seconds per repetition: what the machine can do for a ceiling, what it usually does for a workload."""
    return quantile(outcome.samples, 0.1 if outcome.case.kind == "ceiling" else 0.5) / outcome.inner


def bandwidth(outcome: Outcome) -> float:
    """Bytes per second at the estimate."""
    return outcome.work.bytes / seconds(outcome)


def flops(outcome: Outcome) -> float:
    """FLOP per second at the estimate."""
    return outcome.work.flop / seconds(outcome)


def spread(values: list[float]) -> float:
    """5th to 95th percentile as a share of the median."""
    return (quantile(values, 0.95) - quantile(values, 0.05)) / quantile(values, 0.5)


def drift(samples: list[float]) -> float:
    """How far the median of the later half lies from that of the earlier half, as a share."""
    half = len(samples) // 2
    return quantile(samples[half:], 0.5) / quantile(samples[:half], 0.5) - 1


def measured(outcomes: list[Outcome], name: str, **parameters: object) -> list[Outcome]:
    """The measured outcomes of a case name whose parameters include those given."""
    return [
        one
        for one in outcomes
        if one.case.name == name
        and one.status == "measured"
        and parameters.items() <= (one.case.parameters | one.parameters).items()
    ]


def read_roof(outcomes: list[Outcome]) -> Outcome | None:
    """The fastest way of reading main memory in this run: the roof of decode."""
    reads = measured(outcomes, "read-bandwidth") or measured(outcomes, "reference-read")
    return max(reads, key=bandwidth, default=None)


def dtypes_by_gemv(outcomes: list[Outcome], names: tuple[str, ...]) -> list[str]:
    """Number formats ordered by how near their matrix-vector product comes to the read roof, nearest first."""

    def reached(dtype: str) -> float:
        found = measured(outcomes, "read-bandwidth", method=f"gemv-{dtype}")
        return max(map(bandwidth, found), default=0.0)

    return sorted(names, key=reached, reverse=True)
