"""The knee of a machine, fitted: the tokens per pass at which its time stops being flat and starts to grow in proportion.

The model is t(T) = (a^p + (b T)^p)^(1/p) (`generators/model/phases.py`): a is the time of a pass
over few tokens, b the time that each of many adds, a / b the knee, and p how sharp it is.  The fit
is least squares on the logarithm of time, so that every point counts by its relative error.  Its
interval is a bootstrap: points are drawn again with replacement, and each point's raw samples too,
so it holds both the noise of the samples and what the model's shape misses.
"""

import math
import random
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from generators.model.phases import knee_time

SHARPNESS = (1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 16.0)  # tried in turn; 16 is a maximum to 5 % at the corner
DRAWS, SEED = 120, 20261123
INTERVAL = (0.05, 0.95)
_ITERATIONS, _ENOUGH = 30, 1e-7

Point = tuple[float, tuple[float, ...]]  # tokens, and the samples of the time of a pass, in seconds


@dataclass(frozen=True)
class Knee:
    """A fitted knee: seconds of a pass over few tokens, seconds per token of many, sharpness, and what is left over.

    `tokens` is where the two meet; `interval` its 5th and 95th percentile over the bootstrap;
    `miss` the median relative error of the fit, sign dropped.
    """

    floor: float
    slope: float
    sharpness: float
    interval: tuple[float, float]
    miss: float

    @property
    def tokens(self) -> float:
        """The knee, in tokens per pass."""
        return self.floor / self.slope

    def seconds(self, tokens: float) -> float:
        """Time of a pass by the fit."""
        return knee_time(self.floor, self.slope, self.sharpness, tokens)


@lru_cache(maxsize=64)
def fit(points: tuple[Point, ...]) -> Knee:
    """The knee of measured (tokens, samples in seconds); ValueError where they have no flat or no rising part."""
    tokens, times = [t for t, _ in points], [statistics.median(samples) for _, samples in points]
    if len(set(tokens)) < 4:
        raise ValueError(f"found {len(set(tokens))} numbers of tokens, wanted at least 4 to fit a knee to")
    sharpness = min(SHARPNESS, key=lambda p: _squares(*_line(tokens, times, p), p, tokens, times))
    floor, slope = _line(tokens, times, sharpness)
    if not min(tokens) < floor / slope < max(tokens):
        raise ValueError(f"found a knee at {floor / slope:.3g} tokens, wanted it between the points; measure further")
    miss = statistics.median(
        abs(knee_time(floor, slope, sharpness, t) / s - 1) for t, s in zip(tokens, times, strict=True)
    )
    return Knee(floor, slope, sharpness, _bootstrap(points, sharpness), miss)


def _line(tokens: Sequence[float], times: Sequence[float], p: float) -> tuple[float, float]:
    """Floor and slope at a sharpness: Gauss-Newton on their logarithms."""
    a, b = math.log(min(times)), math.log(max(s / t for t, s in zip(tokens, times, strict=True) if t == max(tokens)))
    logs = [(math.log(t), math.log(s)) for t, s in zip(tokens, times, strict=True)]
    for _ in range(_ITERATIONS):
        aa = ab = bb = ra = rb = 0.0
        for at, seen in logs:
            high, low = max(a, b + at), min(a, b + at)
            rest = seen - high - math.log1p(math.exp(p * (low - high))) / p
            flat = 1.0 / (1.0 + math.exp(min(p * (b + at - a), 700.0)))  # share of the floor in the time
            aa, ab, bb = aa + flat * flat, ab + flat * (1 - flat), bb + (1 - flat) ** 2
            ra, rb = ra + flat * rest, rb + (1 - flat) * rest
        scale = aa * bb - ab * ab
        if scale <= 1e-12:  # no point on one of the two sides
            break
        da, db = (ra * bb - rb * ab) / scale, (rb * aa - ra * ab) / scale
        a, b = a + max(-1.0, min(1.0, da)), b + max(-1.0, min(1.0, db))
        if abs(da) + abs(db) < _ENOUGH:
            break
    return math.exp(a), math.exp(b)


def _squares(floor: float, slope: float, p: float, tokens: Sequence[float], times: Sequence[float]) -> float:
    return math.fsum(math.log(knee_time(floor, slope, p, t) / s) ** 2 for t, s in zip(tokens, times, strict=True))


def _bootstrap(points: tuple[Point, ...], p: float) -> tuple[float, float]:
    """5th and 95th percentile of the knee over points, and samples of each, drawn again."""
    draw, knees = random.Random(SEED).random, []
    while len(knees) < DRAWS:
        chosen = sorted(points[int(draw() * len(points))] for _ in points)
        if len({t for t, _ in chosen}) < 4:
            continue
        times = [statistics.median(s[int(draw() * len(s))] for _ in s) for _, s in chosen]
        floor, slope = _line([t for t, _ in chosen], times, p)
        knees.append(floor / slope)
    knees.sort()
    low, high = (knees[round(share * (DRAWS - 1))] for share in INTERVAL)
    return low, high
