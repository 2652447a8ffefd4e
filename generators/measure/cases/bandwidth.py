"""Ceilings of moving bytes: several ways to read memory, copy and triad, layer-sized products, a read in the cache."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import cycle
from typing import Any

import torch

from generators.measure import triton_kernels
from generators.measure.bench import Bench
from generators.measure.counting import count
from generators.measure.counting import kernels as count_kernels
from generators.measure.exact import exact, told_dtype
from generators.measure.graphs import timed
from generators.measure.plan import Case, Check, Kernel, Unsupported

GEMV_WIDTH = 4096  # columns of the matrices that the matrix-vector methods pass over
#: Bytes of a layer-sized matrix and its columns, as wide as the models whose matrices have that size.
PRODUCT_COLUMNS = {2**19: 1024, 2**21: 1024, 2**23: 2048, 2**25: 2048, 2**27: 2048}
#: On a GPU also matrices as large as an output head, and some with rows as long as those of 8B and larger models.
LARGER = {2**29: 4096, 2**30: 4096}
LONGER_ROWS = ((2**25, 4096), (2**27, 4096), (2**27, 16384))
PRODUCT_METHODS = ("gemv-float32", "gemv-bfloat16")
CHUNKS = 8  # a processor passes over the buffer in turns of this many parts, so that a part is cold when its turn comes
FAST_CHECKED = 2**20 + 8192  # for our own kernels, which take whole blocks
CHECKED = 2**20 + 4096  # elements of the fresh input a method is verified on
FAST = "triton-float32"  # our own kernels on a GPU, as records call them
PASSED = 2**30  # bytes that one kernel reads within the last-level cache
SCALE = 0.5  # the triad's factor
Method = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


def _gemv(chunk: torch.Tensor, vector: torch.Tensor) -> torch.Tensor:
    return torch.mv(chunk.view(-1, vector.numel()), vector)


def _dot(chunk: torch.Tensor, _: torch.Tensor) -> torch.Tensor:
    half = chunk.numel() // 2
    return torch.dot(chunk[:half], chunk[half : 2 * half])


METHODS: dict[str, tuple[Method, torch.dtype, int]] = {  # what runs, on which format, FLOP per element
    "sum-float32": (lambda chunk, _: torch.sum(chunk), torch.float32, 1),
    "amax-float32": (lambda chunk, _: torch.amax(chunk), torch.float32, 1),
    "dot-float32": (_dot, torch.float32, 1),
    "gemv-float32": (_gemv, torch.float32, 2),
    "gemv-bfloat16": (_gemv, torch.bfloat16, 2),
}
TOLERANCE = {torch.float32: 1e-5, torch.bfloat16: 1e-2}


def memory(bench: Bench) -> list[Case]:
    """What main memory and the last-level cache give: reads, copy, triad; on a GPU each by Triton too."""
    fast = [] if bench.is_cpu else [fast_copy_case(bench), fast_cache_case(bench)]
    return [*read_cases(bench), copy_case(bench), triad_case(bench), cache_case(bench), *fast]


def products(bench: Bench) -> list[Case]:
    """What decode is made of: matrix-vector products by the size of the matrix, in both number formats."""
    return product_cases(bench)


def read_cases(bench: Bench) -> list[Case]:
    """One ceiling per method, all over the same buffer in main memory."""
    made = [Case("read-bandwidth", "ceiling", {"method": name}, partial(read_kernel, bench, name)) for name in METHODS]
    fast = (
        [] if bench.is_cpu else [Case("read-bandwidth", "ceiling", {"method": FAST}, partial(fast_read_kernel, bench))]
    )
    return [*fast, *made]


def reference_case(bench: Bench) -> Case:
    """The read that is timed in every round of every stage, to tell a machine's drift from a case's.

    Its samples of all stages are held against each other, so a graph of it has as many parts in each.
    """
    return Case(
        "reference-read", "ceiling", {"method": "sum-float32"}, partial(read_kernel, bench, "sum-float32", CHUNKS)
    )


def read_kernel(bench: Bench, name: str, runs: int | None = None) -> Kernel:
    """Read the buffer part by part with one method; a repetition is one part.  `runs` as for `timed`."""
    method, dtype, flop = METHODS[name]
    buffer = bench.buffer().view(dtype)
    chunk = buffer.numel() // (CHUNKS if "gemv" in name else in_parts(bench))
    if "gemv" in name:
        chunk = (min(chunk, GEMV_WIDTH**2) if bench.is_cpu else chunk) // GEMV_WIDTH * GEMV_WIDTH
    parts = cycle([buffer[at : at + chunk] for at in range(0, buffer.numel() - chunk + 1, chunk)])
    vector = bench.normal(GEMV_WIDTH, dtype=dtype)
    reported = _reported(dtype, buffer.numel() // chunk * chunk, chunk)
    check = check_method(bench, name)
    work = count.read(chunk, dtype.itemsize, flop)
    return timed(bench, lambda: method(next(parts), vector), work, check, reported, runs=runs)


def in_parts(bench: Bench) -> int:
    """Parts of the buffer, each a repetition: one on a GPU, where beginning and ending a kernel costs a part of 256 MiB some 5 %."""
    return CHUNKS if bench.is_cpu else 1


def _reported(dtype: torch.dtype, elements: int, moved: int) -> dict[str, str | int]:
    size = dtype.itemsize
    return {
        "dtype": told_dtype(dtype),
        "working_set_bytes": elements * size,
        "bytes_per_repetition": moved * size,
    }


def check_method(bench: Bench, name: str, width: int = GEMV_WIDTH) -> Check:
    """A method's result on fresh random input against float64; `width` is that of the matrix products.

    The input is positive, so that no terms cancel and a part left unread shows in the result.
    """
    method, dtype, _ = METHODS[name]
    whole = CHECKED // width * width
    chunk, vector = bench.normal(whole, dtype=dtype).abs(), bench.normal(width, dtype=dtype).abs()
    wanted = method(exact(chunk), exact(vector))
    worst = ((exact(method(chunk, vector)) - wanted).abs() / wanted).max().item()
    return Check(f"float64 on {whole} fresh random positive numbers", worst, TOLERANCE[dtype])


def product_cases(bench: Bench) -> list[Case]:
    """Matrix-vector products with cold matrices of a layer's size: short reads, which decode is made of."""
    sizes = [*PRODUCT_COLUMNS.items(), *(() if bench.is_cpu else LARGER.items())]
    reported = [(size, columns, {}) for size, columns in sizes]
    reported += [] if bench.is_cpu else [(size, columns, {"d_in": columns}) for size, columns in LONGER_ROWS]
    return [
        Case(
            "product-by-size",
            "ceiling",
            {"method": method, "dtype": told_dtype(METHODS[method][1]), "matrix_bytes": size} | more,
            partial(product_kernel, bench, method, size, columns),
        )
        for method in (PRODUCT_METHODS if bench.is_cpu else PRODUCT_METHODS[::-1])
        for size, columns, more in reported
    ]


def product_kernel(bench: Bench, name: str, size: int, width: int) -> Kernel:
    """Multiply a vector by one matrix after another of the buffer; by the time one comes round again it is cold."""
    method, dtype, flop = METHODS[name]
    buffer = bench.buffer().view(dtype)
    if size in LARGER and size > bench.working_set() // 2:
        raise Unsupported(f"the read buffer does not hold two matrices of {size / 1e6:.0f} MB")
    chunk = min(size // dtype.itemsize, buffer.numel()) // width * width
    parts = cycle([buffer[at : at + chunk] for at in range(0, buffer.numel() - chunk + 1, chunk)])
    vector = bench.normal(width, dtype=dtype)
    reported = _reported(dtype, buffer.numel() // chunk * chunk, chunk) | {"d_in": width, "d_out": chunk // width}
    check = check_method(bench, name, width)
    work = count.read(chunk, dtype.itemsize, flop)
    return timed(bench, lambda: method(next(parts), vector), work, check, reported)


def copy_case(bench: Bench) -> Case:
    """Copy one half of the buffer over the other, part by part."""
    reported = {"method": "copy", "bytes_counted": "read plus written"}
    return Case("copy-bandwidth", "ceiling", reported, partial(copy_kernel, bench))


def copy_kernel(bench: Bench) -> Kernel:
    """A repetition copies one part of the buffer's first half to the other half."""
    buffer = bench.buffer().view(torch.float32)
    half = buffer.numel() // 2
    chunk = half // in_parts(bench)
    parts = cycle([(buffer[at : at + chunk], buffer[half + at : half + at + chunk]) for at in range(0, half, chunk)])

    def run() -> None:
        source, target = next(parts)
        target.copy_(source)

    fresh = bench.normal(CHECKED)
    poisoned = torch.full_like(fresh, float("nan"))
    worst = (exact(poisoned.copy_(fresh)) - exact(fresh)).abs().max().item()
    check = Check("the source, bit for bit, over a target filled with NaN", worst, 1e-12)
    return timed(bench, run, count.copy(chunk, 4), check, _reported(torch.float32, 2 * half, 2 * chunk))


def triad_case(bench: Bench) -> Case:
    """a = b + s c, with b and c from two thirds of the buffer and a as large as a third."""
    reported = {"method": "add with alpha", "bytes_counted": "two read plus one written"}
    return Case(
        "triad-bandwidth", "ceiling", reported, partial(triad_kernel, bench), needs_bytes=bench.working_set() / 3
    )


def triad_kernel(bench: Bench) -> Kernel:
    """A repetition is one part of the three arrays.

    The result has memory of its own, because float32 sums read as bfloat16 pairs would hand
    denormal numbers and NaN to the cases that see the buffer as bfloat16.
    """
    buffer = bench.buffer().view(torch.float32)
    number = in_parts(bench)
    third = buffer.numel() // 3 // number // 16 * number * 16
    target, chunk = torch.full((third,), float("nan"), device=bench.device), third // number
    parts = cycle([slice(at, at + chunk) for at in range(0, third, chunk)])
    left, right = buffer[:third], buffer[third : 2 * third]

    def run() -> None:
        part = next(parts)
        torch.add(left[part], right[part], alpha=SCALE, out=target[part])

    check = check_triad(bench)
    return timed(bench, run, count_kernels.triad(chunk, 4), check, _reported(torch.float32, 3 * third, 3 * chunk))


def check_triad(bench: Bench) -> Check:
    """The triad on fresh normal numbers against float64, relative to the sizes of what is added."""
    left, right = bench.normal(CHECKED), bench.normal(CHECKED)
    found = torch.add(left, right, alpha=SCALE, out=torch.full_like(left, float("nan")))
    size = exact(left).abs() + SCALE * exact(right).abs()
    worst = ((exact(found) - exact(left) - SCALE * exact(right)).abs() / size).max().item()
    return Check("float64 on fresh normal numbers, relative to the sizes added, over NaN", worst, 1e-6)


def cache_case(bench: Bench) -> Case:
    """The same read within the last-level cache: the roof of a model so small that it stays there."""
    return Case("cache-read-bandwidth", "ceiling", {"method": "sum-float32"}, partial(cache_kernel, bench))


def cache_kernel(bench: Bench) -> Kernel:
    """Read an eighth of the last-level cache, at most 32 MiB, again and again."""
    size = min((bench.last_level_cache or 2**23) // 8, 2**25, bench.working_set())
    part = bench.buffer().view(torch.float32)[: size // 4]
    reported = {"dtype": "float32", "working_set_bytes": part.numel() * 4, "resident": True}
    check = check_method(bench, "sum-float32")
    return timed(bench, lambda: torch.sum(part), count.read(part.numel(), 4, 1), check, reported, cold=False)


def fast_read_kernel(bench: Bench) -> Kernel:
    """Read the buffer with our own kernel."""
    (whole,), reported = _fast_arrays(bench, 1)
    made = triton_kernels.fastest(bench, lambda one: one.read(whole))
    check, work = check_fast_read(bench, made), count.read(whole.numel(), 4, 1)
    return timed(bench, lambda: made.read(whole), work, check, reported | made.reported)


def _fast_arrays(bench: Bench, number: int) -> tuple[list[torch.Tensor], dict[str, Any]]:
    """The read buffer as so many arrays that the kernels take, and what the record tells of them."""
    triton_kernels.require(bench)
    buffer, step = bench.buffer().view(torch.float32), triton_kernels.ALIGNED
    length = buffer.numel() // number // step * step
    arrays = [buffer[at : at + length] for at in range(0, number * length, length)]
    return arrays, _reported(torch.float32, number * length, number * length)


def check_fast_read(bench: Bench, made: triton_kernels.Kernels, passes: int = 1) -> Check:
    """The sum of fresh positive numbers against float64, so that a part left unread shows."""
    fresh = bench.normal(FAST_CHECKED).abs()
    wanted = passes * exact(fresh).sum()
    worst = abs(exact(made.read(fresh, passes)).sum() / wanted - 1).item()
    return Check(f"float64 on {FAST_CHECKED} fresh random positive numbers", worst, 1e-5)


def fast_copy_case(bench: Bench) -> Case:
    """The copy by our own kernel."""
    reported = {"method": FAST, "bytes_counted": "read plus written"}
    return Case("copy-bandwidth", "ceiling", reported, partial(fast_copy_kernel, bench))


def fast_copy_kernel(bench: Bench) -> Kernel:
    """A repetition copies the buffer's first half to the other half."""
    (source, target), reported = _fast_arrays(bench, 2)
    made = triton_kernels.fastest(bench, lambda one: one.copy(target, source), triton_kernels.SHAPES[:2])
    fresh = bench.normal(FAST_CHECKED)
    worst = (exact(made.copy(torch.full_like(fresh, float("nan")), fresh)) - exact(fresh)).abs().max().item()
    check = Check("the source, bit for bit, over a target filled with NaN", worst, 1e-12)
    return timed(
        bench, lambda: made.copy(target, source), count.copy(source.numel(), 4), check, reported | made.reported
    )


def fast_cache_case(bench: Bench) -> Case:
    """A read of half the last-level cache, many times over in one kernel."""
    return Case("cache-read-bandwidth", "ceiling", {"method": FAST}, partial(fast_cache_kernel, bench))


def fast_cache_kernel(bench: Bench) -> Kernel:
    """Each program reads other parts in each pass, past its multiprocessor's own cache."""
    triton_kernels.require(bench)
    buffer, step = bench.buffer().view(torch.float32), triton_kernels.ALIGNED
    part = buffer[: max(step, (bench.last_level_cache or 2**25) // 8 // step * step)]
    passes = max(2, -(-PASSED // (4 * part.numel())))
    made = triton_kernels.fastest(bench, lambda one: one.read(part, passes), triton_kernels.SHAPES[:2])
    check = check_fast_read(bench, made, passes)
    reported = {
        "dtype": "float32",
        "working_set_bytes": part.numel() * 4,
        "resident": True,
        "passes": passes,
    } | made.reported
    work = count.read(part.numel() * passes, 4, 1)
    return timed(bench, lambda: made.read(part, passes), work, check, reported, cold=False)
