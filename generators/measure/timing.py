"""Choosing how often a sample repeats a kernel, and taking it.  No torch here."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from itertools import repeat

TARGET = 0.020  # seconds a sample lasts at least
MARGIN = 1.15  # a warm kernel is a little faster than the one calibrated on
MOST = 10**7

Timer = Callable[[Callable[[], object], int], float]


def wall_time(run: Callable[[], object], inner: int, clock: Callable[[], float] = time.perf_counter) -> float:
    """Seconds that `inner` repetitions of a synchronous kernel take."""
    start = clock()
    for _ in repeat(None, inner):
        run()
    return clock() - start


def calibrate(timer: Timer, run: Callable[[], object], target: float = TARGET) -> tuple[int, list[float]]:
    """Repetitions per sample so that one lasts at least `target` seconds, and the first times at that count.

    The first call also pays for what a kernel does once (threads, plans, page faults), so the
    count is settled on calls after it, and those are returned to be kept as warm-ups.
    """
    timer(run, 1)
    inner = 1
    while True:
        both = [timer(run, inner), timer(run, inner)]
        taken = min(both)  # a disturbance must not pass for a slow kernel
        if taken >= target or inner >= MOST:
            return inner, both
        wanted = math.ceil(inner * target * MARGIN / max(taken, 1e-9))
        inner = min(max(wanted, inner + 1), inner * 100, MOST)
