"""Quantiles, spread and drift of samples, in standard library only."""

from __future__ import annotations

import math


def quantile(values: list[float], share: float) -> float:
    """The quantile of some values, linearly between neighbors."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def spread(values: list[float]) -> float:
    """5th to 95th percentile as a share of the median."""
    return (quantile(values, 0.95) - quantile(values, 0.05)) / quantile(values, 0.5)


def drift(samples: list[float]) -> float:
    """How far the median of the later half lies from that of the earlier half, as a share."""
    half = len(samples) // 2
    return quantile(samples[half:], 0.5) / quantile(samples[:half], 0.5) - 1
