"""Elementwise operations one by one and compiled into one kernel: passes over memory, and calls, that fusing saves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import cycle, product
from types import FunctionType
from typing import Any

import torch

from generators.measure import cold_operands
from generators.measure.bench import Bench
from generators.measure.compiling import compiled
from generators.measure.counting import techniques as count
from generators.measure.exact import exact
from generators.measure.graphs import timed
from generators.measure.plan import Case, Check, Kernel, Work

OPERATIONS = (1, 2, 4, 8, 16)
LARGE = 2**26  # elements: 256 MiB in float32
TINY = 2**8  # so few that neither eager nor compiled kernels share them out to threads
NORM_WIDTH = 4096  # channels of the rows that a norm works on
EPSILON = 1e-5
CHECKED = 2**20  # elements of a result that are held against float64
TOLERANCE = {torch.float32: 1e-5, torch.bfloat16: 5e-2, torch.float16: 1e-2}
INTO, FRESH = "into tensors at hand", "a fresh tensor for each result"
Tensor = torch.Tensor
Run = Callable[[Tensor, Tensor], Tensor]  # source and target to result; some leave the target alone


@dataclass(eq=False)
class Room:
    """Sources in turn and two tensors for results, shared by the cases of one number of elements."""

    bench: Bench
    elements: int
    dtype: torch.dtype
    resident: bool  # whether it is meant to stay in a cache

    @cached_property
    def sources(self) -> list[Tensor]:
        """Stretches of the read buffer: all of them, or one that stays in a cache."""
        return cold_operands.slices(self.bench, self.dtype, self.elements, most=1 if self.resident else None)

    @cached_property
    def targets(self) -> tuple[Tensor, Tensor]:
        """Where results go."""
        return torch.empty_like(self.sources[0]), torch.empty_like(self.sources[0])

    @cached_property
    def gain(self) -> Tensor:
        """The gain of a norm, around one."""
        return (1 + 0.1 * self.bench.normal(NORM_WIDTH)).to(self.dtype)

    def other(self, target: Tensor) -> Tensor:
        """The target that is not this one."""
        return self.targets[0] if target is self.targets[1] else self.targets[1]

    @property
    def reported(self) -> dict[str, Any]:
        """What tells whether a pass finds its tensor cold; a source and two targets may stay in a large cache."""
        size, cache = self.elements * self.dtype.itemsize, self.bench.last_level_cache or 0
        return {
            "resident": self.resident or 3 * size <= cache,
            "working_set_bytes": size * (len(self.sources) + 2),
            "tensor_vs_llc": float(f"{size / cache:.3g}") if cache else None,
        }


def fusion_cases(
    bench: Bench,
    operations: Sequence[int] = OPERATIONS,
    elements: int = LARGE,
    dtype: str = "float32",
    modes: Sequence[str] = ("eager", "compiled"),
) -> list[Case]:
    """Chains of elementwise operations on a tensor beyond the caches and on a tiny one, and RMSNorm."""
    kind = getattr(torch, dtype)
    rooms = [Room(bench, elements, kind, resident=False), Room(bench, TINY, kind, resident=True)]
    chains = [_case(room, mode, "chain", number, INTO) for room in rooms for number in operations for mode in modes]
    fresh = [_case(room, "eager", "chain", min(operations), FRESH) for room in rooms if "eager" in modes]
    return [*chains, *fresh, *(_case(rooms[0], mode, "RMSNorm", 4, INTO) for mode in modes)]


def _case(room: Room, mode: str, kernel: str, operations: int, method: str) -> Case:
    reported = {
        "mode": mode,
        "kernel": kernel,
        "operations": operations,
        "elements": room.elements,
        "dtype": str(room.dtype).removeprefix("torch."),
        "method": method,
    }
    make = norm_kernel if kernel == "RMSNorm" else partial(chain_kernel, operations=operations, method=method)
    return Case("fusion", "workload", reported, partial(make, room, mode), 4 * room.elements * room.dtype.itemsize)


def chain_kernel(room: Room, mode: str, operations: int, method: str) -> Kernel:
    """A repetition passes one source through the chain, its result into one of the two targets or into a fresh one."""
    eager = fresh(operations) if method == FRESH else into(room, operations)
    work = count.chain(operations, room.elements, room.dtype.itemsize, fused=mode == "compiled")
    whole = whole_chain(operations) if mode == "compiled" else None
    return _kernel(room, eager, whole, work, lambda x: chain(x, operations))


def norm_kernel(room: Room, mode: str) -> Kernel:
    """A repetition normalizes one source, row by row, into one of the two targets."""
    work = count.rms_norm(room.elements, room.dtype.itemsize, fused=mode == "compiled")
    whole = whole_norm(room.gain) if mode == "compiled" else None
    return _kernel(room, norm_into(room), whole, work, lambda x: norm(x, exact(room.gain)), NORM_WIDTH)


def _kernel(
    room: Room, eager: Run, whole: FunctionType | None, work: Work, wanted: Callable[[Tensor], Tensor], width: int = 1
) -> Kernel:
    """The eager way or, where there is a whole to compile, the compiled one."""
    run, reported = eager, room.reported
    if whole is not None:
        source, target = room.sources[0], room.targets[0]
        run, seconds = compiled(whole, lambda made: made(source, target), room.bench.device)
        reported |= seconds
    check = check_run(room, run, wanted, width)
    pairs = cycle(product(room.sources, room.targets))

    def step() -> None:
        run(*next(pairs))

    if room.resident:  # what launching costs is the subject here
        return Kernel(step, work, check, reported)
    return timed(room.bench, step, work, check, reported, compiled=whole is not None)


def chain(x: Tensor, operations: int) -> Tensor:
    """The chain as plain code has it: products and sums in turn, sized so that numbers stay near one."""
    for number in range(operations):
        x = x * 1.01 if number % 2 == 0 else x + 0.005
    return x


def fresh(operations: int) -> Run:
    """The chain as plain code runs it, each result in newly allocated memory."""
    return lambda source, _: chain(source, operations)


def into(room: Room, operations: int) -> Run:
    """The chain one operation at a time, each result in a tensor at hand, the last one in the target."""

    def run(source: Tensor, target: Tensor) -> Tensor:
        x, other = source, room.other(target)
        for number in range(operations):
            out = target if (operations - number) % 2 else other
            x = torch.mul(x, 1.01, out=out) if number % 2 == 0 else torch.add(x, 0.005, out=out)
        return x

    return run


def whole_chain(operations: int) -> FunctionType:
    """The chain with its result in a tensor at hand, for the compiler."""

    def whole(source: Tensor, target: Tensor) -> Tensor:
        return target.copy_(chain(source, operations))

    return whole


def norm(x: Tensor, gain: Tensor) -> Tensor:
    """RMSNorm of rows that lie one after another."""
    rows = x.view(-1, NORM_WIDTH)
    return (rows * torch.rsqrt((rows * rows).mean(-1, keepdim=True) + EPSILON) * gain).view(-1)


def norm_into(room: Room) -> Run:
    """RMSNorm in four passes: square, mean, scale, gain."""

    def run(source: Tensor, target: Tensor) -> Tensor:
        x, wide, out = (one.view(-1, NORM_WIDTH) for one in (source, room.other(target), target))
        torch.mul(x, x, out=wide)
        scale = torch.rsqrt(wide.mean(-1, keepdim=True) + EPSILON)
        torch.mul(x, scale, out=wide)
        torch.mul(wide, room.gain, out=out)
        return target

    return run


def whole_norm(gain: Tensor) -> FunctionType:
    """RMSNorm with its result in a tensor at hand, for the compiler."""

    def whole(source: Tensor, target: Tensor) -> Tensor:
        return target.copy_(norm(source, gain))

    return whole


def check_run(room: Room, run: Run, wanted: Callable[[Tensor], Tensor], width: int = 1) -> Check:
    """What is timed, run once into poisoned tensors: no NaN anywhere, and a random stretch against float64."""
    for one in room.targets:
        one.fill_(float("nan"))
    source = room.sources[-1]
    found = run(source, room.targets[0])
    take = min(CHECKED, room.elements)
    places = (room.elements - take) // width + 1
    at = width * int(torch.randint(places, (1,), generator=room.bench.random, device=room.bench.device))
    right = wanted(exact(source[at : at + take]))
    worst = ((exact(found[at : at + take]) - right).abs().max() / right.abs().max()).item()
    worst = worst if bool(found.isfinite().all()) else float("nan")
    return Check(f"float64 on {take} elements of the result, relative to the largest", worst, TOLERANCE[room.dtype])
