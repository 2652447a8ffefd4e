"""Arrival traces that are the same on every machine and under every Python: drawn from a seed by own arithmetic.

Arrivals form a Poisson process; lengths follow a stated distribution.  A trace is drawn at one
request a second and then stretched to the rate that is wanted, so that runs at several loads serve
the same requests in the same order.  No torch here.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from generators.measure.serving.scheduler import Request

KINDS = ("fixed", "uniform", "exponential")
_MASK = 2**64 - 1


class Draws:
    """SplitMix64 (Steele, Lea and Flood, OOPSLA 2014): 64 random bits a draw from a seed, in integer arithmetic."""

    def __init__(self, seed: int) -> None:
        """Begin at a seed."""
        self._state = seed & _MASK

    def bits(self) -> int:
        """64 random bits."""
        self._state = (self._state + 0x9E3779B97F4A7C15) & _MASK
        z = self._state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
        return z ^ (z >> 31)

    def uniform(self) -> float:
        """A number in [0, 1), a multiple of 2^-53."""
        return (self.bits() >> 11) * 2.0**-53

    def exponential(self) -> float:
        """A waiting time of mean 1, rounded to 9 decimals because the last bit of a logarithm differs by machine."""
        return round(-math.log(1 - self.uniform()), 9)


@dataclass(frozen=True)
class Lengths:
    """A distribution of lengths in tokens.

    fixed: always `mean`; uniform: whole numbers from `low` to `high`, `mean` unused; exponential:
    `low` plus an exponential of mean `mean` - `low`, cut off at `high`, so the mean comes out a
    little lower.
    """

    kind: str
    mean: float = 0
    low: int = 1
    high: int = 2**31

    def __post_init__(self) -> None:
        """Refuse a distribution that is not one."""
        if (
            self.kind not in KINDS
            or not 1 <= self.low <= self.high
            or (self.kind != "uniform" and self.mean < self.low)
        ):
            raise ValueError(f"found {self}, wanted one of {KINDS} with 1 <= low <= high and a mean not below low")

    def draw(self, draws: Draws) -> int:
        """One length."""
        if self.kind == "fixed":
            return round(self.mean)
        if self.kind == "uniform":
            return self.low + int(draws.uniform() * (self.high - self.low + 1))
        return min(self.low + round(draws.exponential() * (self.mean - self.low)), self.high)


def poisson_trace(seed: int, count: int, prompts: Lengths, answers: Lengths) -> list[Request]:
    """`count` requests arriving at 1 a second on average, the first at once."""
    draws, clock, made = Draws(seed), 0.0, []
    for _ in range(count):
        made.append(Request(clock, prompts.draw(draws), answers.draw(draws)))
        clock = round(clock + draws.exponential(), 9)
    return made


def at_rate(trace: Iterable[Request], rate: float) -> list[Request]:
    """The same requests arriving `rate` times as fast."""
    return [replace(one, arrival=one.arrival / rate) for one in trace]


def at_once(trace: Iterable[Request], copies: int = 3) -> list[Request]:
    """The same requests several times over, all there from the beginning: what a capacity is measured with."""
    return [replace(one, arrival=0.0) for one in trace] * copies
