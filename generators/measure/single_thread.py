"""Timing a call so that what else is running does not decide a yes or no, such as whether torch only emulates it."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch

from generators.measure.bench import Bench


def fastest(bench: Bench, run: Callable[[], object], tries: int = 9) -> float:
    """Seconds of the fastest of some calls: on the processor those that a single thread computes.

    Threads that wait for each other lose whole time slices where something else is running, so
    that a call of 50 us may take 4 ms; a single thread's own time does not contain them.
    """
    if not bench.is_cpu:
        bench.time(run, 1)
        return min(bench.time(run, 1) for _ in range(tries))
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        run()
        return min(_own_time(run) for _ in range(tries))
    finally:
        torch.set_num_threads(threads)


def _own_time(run: Callable[[], object]) -> float:
    start = time.thread_time()
    run()
    return time.thread_time() - start
