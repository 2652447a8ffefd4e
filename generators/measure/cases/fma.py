"""A chain of fused multiply-adds on every element of a cold array: FLOP per byte from far left of the ridge to its right.

In eager torch each multiplication is a pass over memory, however long the chain; `torch.compile`
makes one loop of it.  Needs the compiler torch uses (a C++ compiler, or Triton on a GPU).
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import cycle

import torch

from generators.measure.bench import Bench
from generators.measure.compiling import compiled
from generators.measure.counting import kernels as count_kernels
from generators.measure.exact import exact, relative_to_largest
from generators.measure.graphs import timed
from generators.measure.plan import Case, Check, CheckFailed, Kernel, Unsupported

FMA = (1, 4, 16, 64, 256)
FORMATS = ("float32",)
CHAINS = 8  # independent chains an element is given, where it has that many: one alone waits for its own result
PART = 2**24  # elements of a repetition
CHECKED = 2**18
LONGEST = 120.0  # seconds all compiling of a stage may take
TOLERANCE = {torch.float32: 1e-5, torch.bfloat16: 8e-3, torch.float16: 2e-3}
#: A multiplication and an addition become one instruction only where the C++ compiler is allowed to.
OPTIONS = {"cpp.enable_floating_point_contract_flag": "fast"}


def fma(
    bench: Bench, counts: tuple[int, ...] = FMA, formats: tuple[str, ...] = FORMATS, part: int = PART
) -> list[Case]:
    """One point for each length of the chain and each format."""
    compiler = Compiler(bench)
    return [
        Case(
            "fma-chain",
            "workload",
            {"dtype": name, "fma_per_element": count, "elements": part, "method": "torch.compile"},
            partial(fma_kernel, bench, compiler, getattr(torch, name), count, part),
            needs_bytes=part * getattr(torch, name).itemsize + 2**28,
        )
        for name in formats
        for count in counts
    ]


def chains_of(count: int) -> int:
    """How many chains `count` multiply-adds on one element are dealt to."""
    return CHAINS if count >= CHAINS else 1


def chain(x: torch.Tensor, count: int) -> torch.Tensor:
    """`count` multiply-adds on every element, dealt to `chains_of(count)` chains that are added up at the end.

    The chains differ in their factors, so that no compiler can merge them; all stay near one.
    """
    values = [x] * chains_of(count)
    for step in range(count):
        at = step % len(values)
        values[at] = values[at] * (0.98 - 0.001 * at) + (0.03 + 0.001 * at)
    total = values[0]
    for value in values[1:]:
        total = total + value
    return total


class Compiler:
    """`torch.compile` within a limit of time, over all chains of a stage."""

    def __init__(self, bench: Bench) -> None:
        """Nothing is compiled or made before the first chain."""
        self.bench, self.left, self.fault = bench, LONGEST, ""

    def compile(self, count: int, source: torch.Tensor, target: torch.Tensor) -> tuple[Callable, dict[str, float]]:
        """target = chain(source) in one pass, and the seconds until its first result."""
        if self.fault:
            raise Unsupported(self.fault)

        def body(x: torch.Tensor, out: torch.Tensor) -> None:
            out.copy_(chain(x.float(), count))  # narrow formats are widened in registers, as kernels do

        def first(made: Callable) -> None:
            made(source, target)
            self.bench.wait()

        start = time.perf_counter()
        try:
            with time_limit(self.left):
                return compiled(body, first, self.bench.device, OPTIONS if self.bench.is_cpu else None)
        except TooLong:
            self.fault = f"torch.compile took over {LONGEST:g} s"
        except Unsupported as error:  # whatever the compilers of this machine are missing
            self.fault = str(error)
        finally:
            self.left -= time.perf_counter() - start
        raise Unsupported(self.fault)


class TooLong(BaseException):
    """The time for compiling is over; not an `Exception`, so that no compiler pass swallows it."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise `TooLong` inside when the time is over; without alarms (Windows, other threads) there is no limit."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def late(*_: object) -> None:
        raise TooLong

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, max(seconds, 0.001))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def fma_kernel(bench: Bench, compiler: Compiler, dtype: torch.dtype, count: int, part: int) -> Kernel:
    """A repetition reads a part of the buffer's first half and writes the chain's results to the second half."""
    buffer = bench.buffer().view(dtype)
    half = buffer.numel() // 2 // part * part
    if not half:
        raise Unsupported(f"the read buffer of {buffer.nbytes} bytes does not hold {part} elements twice")
    places = cycle(range(0, half, part))
    run, taken = compiler.compile(count, buffer[:part], buffer[half : half + part])
    check = check_chain(bench, run, dtype, count, buffer[half : half + part])

    def step() -> None:
        at = next(places)
        run(buffer[at : at + part], buffer[half + at : half + at + part])

    work = count_kernels.fma_chain(part, dtype.itemsize, count, chains_of(count))
    reported = {
        "chains": chains_of(count),
        **taken,
        "working_set_bytes": 2 * half * dtype.itemsize,
        "flop_per_byte": round(work.flop / work.bytes, 4),
    }
    return timed(bench, step, work, check, reported, compiled=True)


def check_chain(bench: Bench, run: Callable, dtype: torch.dtype, count: int, target: torch.Tensor) -> Check:
    """Random places of the chain on fresh numbers against eager float64; the whole result must have been written."""
    fresh = bench.normal(target.numel(), dtype=dtype)
    run(fresh, target.fill_(float("nan")))
    if not bool(target.isfinite().all()):
        raise CheckFailed("the chain left a part of its result unwritten")
    places = torch.randint(target.numel(), (CHECKED,), generator=bench.random, device=bench.device)
    worst = relative_to_largest(target[places], chain(exact(fresh[places]), count))
    against = f"float64 on {CHECKED} random places of fresh normal numbers, relative to the largest result"
    return Check(against, worst, TOLERANCE[dtype])
