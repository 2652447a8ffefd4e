"""Our C kernels, and torch's triad beside them, over the same cold buffer: what each repetition does and how it is checked."""

from __future__ import annotations

import math
from itertools import cycle
from pathlib import Path
from typing import Any

import torch

from generators.measure.bench import Bench
from generators.measure.counting import count
from generators.measure.counting import kernels as count_kernels
from generators.measure.exact import exact
from generators.measure.peers import build as peer_build
from generators.measure.peers.build import Stream
from generators.measure.plan import Check, CheckFailed, Kernel, Unsupported

CHECKED = 2**20 + 4099  # elements a kernel is verified on: odd, so that slices end within a vector
FACTOR = 0.7  # of the triad
COUNTED = {"bytes_counted": "read plus written"}


def stream_of(bench: Bench, past: bool = False) -> Stream:
    """Our C library with as many threads as torch has; `Unsupported` where it cannot be had."""
    if not bench.is_cpu:
        raise Unsupported("the C kernels read main memory; measure them with --device cpu")
    stream = peer_build.load(torch.get_num_threads(), Path(torch.__file__).parent)
    if past and not stream.has_past:
        raise Unsupported("no stores past the cache are written for this processor")
    return stream


def _reported(chunk: int, parts: int, arrays: int) -> dict[str, Any]:
    moved = 4 * chunk * arrays
    return {"dtype": "float32", "working_set_bytes": moved * parts, "bytes_per_repetition": moved}


def _starts(elements: int, parts: int) -> tuple[int, range]:
    """Elements of one part, whole cache lines where there are that many, and where each part starts."""
    chunk = elements // parts
    chunk = chunk // 16 * 16 or chunk
    return chunk, range(0, parts * chunk, chunk)


def read_kernel(bench: Bench, parts: int) -> Kernel:
    """Sum the buffer part by part; a repetition is one part, as in torch's reads."""
    stream, buffer = stream_of(bench), bench.buffer().view(torch.float32)
    chunk, starts = _starts(buffer.numel(), parts)
    sources = cycle([buffer[at:].data_ptr() for at in starts])
    reported = stream.reported() | _reported(chunk, parts, 1)
    check = check_read(bench, stream)
    return Kernel(lambda: stream.read(next(sources), chunk), count.read(chunk, 4, 1), check, reported)


def check_read(bench: Bench, stream: Stream) -> Check:
    """Sums of fresh positive numbers, so that an element left out shows: aligned, not aligned, less than a vector."""
    fresh, off = bench.normal(CHECKED).abs(), []
    for part in (fresh, fresh[1:], fresh[3:8]):
        wanted = exact(part).sum().item()
        off.append(abs(stream.read(part.data_ptr(), part.numel()) - wanted) / wanted)
    return Check(f"float64 on {CHECKED} fresh random positive numbers", _worst(off), 1e-5)


def _worst(values: list[float]) -> float:
    """The largest error, where NaN, which plain `max` may pass over, counts as the largest."""
    return max(values, key=lambda value: math.inf if math.isnan(value) else value)


def copy_kernel(bench: Bench, parts: int, past: bool) -> Kernel:
    """Copy the buffer's first half over its second, part by part, as torch's copy does."""
    stream, buffer = stream_of(bench, past), bench.buffer().view(torch.float32)
    half = buffer.numel() // 2
    chunk, starts = _starts(half, parts)
    places = cycle([(buffer[half + at :].data_ptr(), buffer[at:].data_ptr()) for at in starts])

    def run() -> None:
        target, source = next(places)
        stream.copy(target, source, chunk, past)

    reported = stream.reported() | _reported(chunk, parts, 2) | COUNTED
    return Kernel(run, count.copy(chunk, 4), check_copy(bench, stream, past), reported)


def check_copy(bench: Bench, stream: Stream, past: bool) -> Check:
    """Bit for bit over a target of NaN, at several alignments to a vector, and not an element further."""
    fresh, off = bench.normal(CHECKED + 1)[:CHECKED], []
    for shift in (0, 1, 15):
        target = torch.full((CHECKED + 32,), float("nan"))
        stream.copy(target[shift:].data_ptr(), fresh.data_ptr(), CHECKED, past)
        off.append((_written(target, shift) - exact(fresh)).abs().max().item())
    return Check("the source, bit for bit, over a target filled with NaN", _worst(off), 1e-12)


def _written(target: torch.Tensor, shift: int) -> torch.Tensor:
    """The part of a poisoned target that was to be written; nothing around it may have changed."""
    if not torch.cat((target[:shift], target[shift + CHECKED :])).isnan().all():
        raise CheckFailed("the kernel wrote outside its target")
    return exact(target[shift : shift + CHECKED])


def triad_kernel(bench: Bench, parts: int, way: str, past: bool = False) -> Kernel:
    """a = b + factor * c; b and c from the buffer, a an array of its own, so that the buffer keeps its contents.

    `way` is "C" or "torch"; both go over the same addresses in the same order.
    """
    stream = stream_of(bench, past) if way == "C" else None
    buffer, third = bench.buffer().view(torch.float32), bench.buffer().numel() // 6
    chunk, starts = _starts(third, parts)
    target = _target(bench, third)
    arrays = cycle([tuple(t[at : at + chunk] for t in (target, buffer, buffer[third:])) for at in starts])
    reported = _reported(chunk, parts, 3) | COUNTED
    if stream is None:
        run, check = _torch_triad(arrays), check_triad(bench, None, past)
    else:
        reported, run = stream.reported() | reported, _own_triad(stream, arrays, chunk, past)
        check = check_triad(bench, stream, past)
    return Kernel(run, count_kernels.triad(chunk, 4), check, reported)


def _torch_triad(arrays: Any) -> Any:
    def run() -> None:
        to, first, second = next(arrays)
        torch.add(first, second, alpha=FACTOR, out=to)

    return run


def _own_triad(stream: Stream, arrays: Any, chunk: int, past: bool) -> Any:
    def run() -> None:
        to, first, second = next(arrays)
        stream.triad(to.data_ptr(), first.data_ptr(), second.data_ptr(), FACTOR, chunk, past)

    return run


def check_triad(bench: Bench, stream: Stream | None, past: bool) -> Check:
    """Against float64, relative to the size of both terms, over a target of NaN at several alignments."""
    first, second, off = bench.normal(CHECKED), bench.normal(CHECKED), []
    wanted = exact(first) + FACTOR * exact(second)
    size = exact(first).abs() + FACTOR * exact(second).abs()
    for shift in (0, 1, 15):
        target = torch.full((CHECKED + 32,), float("nan"), device=bench.device)
        inside = target[shift : shift + CHECKED]
        if stream is None:
            torch.add(first, second, alpha=FACTOR, out=inside)
        else:
            stream.triad(inside.data_ptr(), first.data_ptr(), second.data_ptr(), FACTOR, CHECKED, past)
        off.append(((_written(target, shift) - wanted).abs() / size).max().item())
    return Check(f"float64 on {CHECKED} fresh random numbers, relative to the terms", _worst(off), 1e-6)


_targets: dict[int, tuple[Bench, torch.Tensor]] = {}


def _target(bench: Bench, elements: int) -> torch.Tensor:
    """The array that all triads of a bench write, made once; the last bench's alone is kept."""
    if id(bench) not in _targets:
        _targets.clear()
        _targets[id(bench)] = bench, torch.full((elements,), float("nan"), device=bench.device)
    return _targets[id(bench)][1]
