"""The staircase of caches and main memory: read, copy and triad over working sets from a few pages to gigabytes.

Every set is passed over again and again, so a small one stays in the cache that holds it; one call
of torch, which costs a microsecond or more, makes many passes (`repeated`).  Limits: a read is a sum,
whose additions bound it in the nearest caches, and a GPU does not vectorize a strided pass.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import torch

from generators.measure import machine
from generators.measure.bench import Bench
from generators.measure.counting import count
from generators.measure.counting import kernels as count_kernels
from generators.measure.exact import exact
from generators.measure.graphs import timed
from generators.measure.plan import Case, Check, CheckFailed, Kernel, Unsupported
from generators.measure.repeated import ARRAYS, LINE, SCALE, Plan, copy_pass, plan, read_pass, triad_pass
from generators.measure.single_thread import fastest

SMALLEST, LARGEST, STEP = 2**15, 2**31, 4
CHECKED = 2**22  # bytes of the fresh set a kernel is verified on, where the one timed is larger
COLD = 4  # last-level caches a set must exceed so that nothing of it is still there in the next pass


def staircase(
    bench: Bench, smallest: int = SMALLEST, largest: int = LARGEST, methods: tuple[str, ...] = tuple(ARRAYS)
) -> list[Case]:
    """Read, copy and triad at every size of the staircase, caches' own sizes included."""
    return [
        Case(
            f"{method}-by-size",
            "ceiling",
            {"method": method, "dtype": "float32", "working_set_bytes": size},
            partial(KERNELS[method], bench, size),
        )
        for method in methods
        for size in sizes(bench, smallest, largest)
    ]


def sizes(bench: Bench, smallest: int, largest: int) -> list[int]:
    """Steps of four between the two, and the sizes of the caches in between."""
    found = {smallest * STEP**step for step in range(16) if smallest * STEP**step <= largest}
    caches = machine.caches().values() if bench.is_cpu else [bench.last_level_cache or 0]
    return sorted(found | {size for size in caches if smallest < size < largest})


def read_kernel(bench: Bench, size: int) -> Kernel:
    """Sum a set again and again; that a call with twice the passes takes longer shows that it is read again."""
    how = plan(bench, "read", size)
    run, reported = _made(bench, read_pass, how, size)
    fresh, small = _fresh(bench, how)
    fresh.abs_()
    wanted = how.repeats * exact(fresh).view(small.lanes, -1).sum(1)
    worst = ((exact(read_pass(fresh, small)()) - wanted).abs() / wanted).max().item()
    check = Check(_against("positive numbers, as often as read", small), worst, 1e-4)  # one pass of 1024 is 1e-3
    if how.repeats > 1:
        twice = read_pass(bench.buffer().view(torch.float32), replace(how, repeats=2 * how.repeats))
        reported["time_of_twice_the_passes"] = reread(bench, run, twice)
    return timed(bench, run, count.read(how.elements, 4, 1), check, reported, cold=False)


def reread(bench: Bench, once: Callable[[], object], twice: Callable[[], object]) -> float:
    """Time of twice the passes over time of the passes; raises `CheckFailed` where it is not nearly two.

    The two take turns and the fastest of each counts, so that a slow spell of the machine does not
    decide: at least nine calls of each, and up to 60 where twice the passes do not look longer yet.
    """
    least = [math.inf, math.inf]
    for turn in range(20):
        least = [min(one, fastest(bench, run, 3)) for one, run in zip(least, (once, twice), strict=True)]
        ratio = least[1] / least[0]
        if turn >= 2 and ratio >= 1.5:
            return round(ratio, 2)
    raise CheckFailed(f"twice the passes took {ratio:.2f} times as long: the set is not read again")


def copy_kernel(bench: Bench, size: int) -> Kernel:
    """Copy one half of a set onto the other again and again."""
    how = plan(bench, "copy", size)
    run, reported = _made(bench, copy_pass, how, size)
    (target, source), fresh, small = _poisoned(bench, how)
    copy_pass(fresh, small)()
    worst = (exact(target) - exact(source)).abs().max().item()
    check = Check(_against("numbers, bit for bit", small), worst, 1e-12)
    return timed(bench, run, count.copy(how.elements, 4), check, reported, cold=False)


def triad_kernel(bench: Bench, size: int) -> Kernel:
    """One third of a set from the two others again and again."""
    how = plan(bench, "triad", size)
    run, reported = _made(bench, triad_pass, how, size)
    (target, left, right), fresh, small = _poisoned(bench, how)
    triad_pass(fresh, small)()
    sizes = exact(left).abs() + SCALE * exact(right).abs()
    worst = ((exact(target) - exact(left) - SCALE * exact(right)).abs() / sizes).max().item()
    check = Check(_against("numbers", small), worst, 1e-6)
    return timed(bench, run, count_kernels.triad(how.elements, 4), check, reported, cold=False)


KERNELS = {"read": read_kernel, "copy": copy_kernel, "triad": triad_kernel}


def _made(bench: Bench, made: Callable, how: Plan, size: int) -> tuple[Callable[[], torch.Tensor], dict]:
    """A pass over the first bytes of the read buffer, and what the record tells of it."""
    buffer, cache = bench.buffer().view(torch.float32), bench.last_level_cache or 0
    if how.set_bytes > buffer.numel() * 4:
        raise Unsupported(f"a set of {size} bytes does not fit the read buffer of {buffer.numel() * 4} bytes")
    reported = {"passes": how.passes, "resident": how.set_bytes < COLD * cache, "bytes_of_the_set": how.set_bytes}
    return made(buffer, how), reported


def _fresh(bench: Bench, how: Plan) -> tuple[torch.Tensor, Plan]:
    """Fresh normal numbers for a set that is passed over in the same way, at most `CHECKED` bytes large."""
    most = CHECKED // (4 * ARRAYS[how.method] * how.lanes) // LINE * LINE
    small = replace(how, share=min(how.share, most))
    return bench.normal(small.set_bytes // 4), small


def _poisoned(bench: Bench, how: Plan) -> tuple[torch.Tensor, torch.Tensor, Plan]:
    """Such numbers seen as the set's arrays, the first of which is overwritten with NaN."""
    fresh, small = _fresh(bench, how)
    arrays = fresh.view(ARRAYS[how.method], -1)
    arrays[0].fill_(float("nan"))
    return arrays, fresh, small


def _against(what: str, small: Plan) -> str:
    return f"float64 on {small.set_bytes // 4} fresh random {what}, over NaN where something is written"
