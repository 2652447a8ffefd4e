"""Ceilings of moving bytes: several ways to read memory, a copy, and a read that stays in the cache."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import cycle

import torch

from generators.measure import count
from generators.measure.bench import Bench
from generators.measure.plan import Case, Check, Kernel

GEMV_WIDTH = 4096  # columns of the matrices that the matrix-vector methods pass over
PRODUCT_WIDTH = 1024  # columns of the layer-sized matrices
PRODUCT_SIZES = (2**19, 2**21, 2**23, 2**25, 2**27)  # bytes of one such matrix
CHUNKS = 8  # the buffer is read in turns of this many parts, so that a part is cold when its turn comes
CHECKED = 2**20 + 4096  # elements of the fresh input a method is verified on
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


def read_cases(bench: Bench) -> list[Case]:
    """One ceiling per method, all over the same buffer in main memory."""
    return [Case("read-bandwidth", "ceiling", {"method": name}, partial(read_kernel, bench, name)) for name in METHODS]


def reference_case(bench: Bench) -> Case:
    """The read that is timed in every round of every stage, to tell a machine's drift from a case's."""
    return Case("reference-read", "ceiling", {"method": "sum-float32"}, partial(read_kernel, bench, "sum-float32"))


def read_kernel(bench: Bench, name: str) -> Kernel:
    """Read the buffer part by part with one method; a repetition is one part."""
    method, dtype, flop = METHODS[name]
    buffer = bench.buffer().view(dtype)
    chunk = buffer.numel() // CHUNKS
    if "gemv" in name:
        chunk = min(chunk, GEMV_WIDTH**2) // GEMV_WIDTH * GEMV_WIDTH
    parts = cycle([buffer[at : at + chunk] for at in range(0, buffer.numel() - chunk + 1, chunk)])
    vector = bench.normal(GEMV_WIDTH, dtype=dtype)
    told = {
        "dtype": str(dtype).removeprefix("torch."),
        "working_set_bytes": buffer.numel() // chunk * chunk * dtype.itemsize,
        "bytes_per_repetition": chunk * dtype.itemsize,
    }
    check = check_method(bench, name)
    return Kernel(lambda: method(next(parts), vector), count.read(chunk, dtype.itemsize, flop), check, told)


def check_method(bench: Bench, name: str) -> Check:
    """A method's result on fresh random input against float64.

    The input is positive, so that no terms cancel and a part left unread shows in the result.
    """
    method, dtype, _ = METHODS[name]
    chunk, vector = bench.normal(CHECKED, dtype=dtype).abs(), bench.normal(GEMV_WIDTH, dtype=dtype).abs()
    wanted = method(chunk.double(), vector.double())
    worst = ((method(chunk, vector).double() - wanted).abs() / wanted).max().item()
    return Check(f"float64 on {CHECKED} fresh random positive numbers", worst, TOLERANCE[dtype])


def product_cases(bench: Bench) -> list[Case]:
    """Matrix-vector products with cold matrices of a layer's size: short reads, which decode is made of."""
    return [
        Case(
            "product-by-size",
            "ceiling",
            {"method": "gemv-float32", "matrix_bytes": size},
            partial(product_kernel, bench, size),
        )
        for size in PRODUCT_SIZES
    ]


def product_kernel(bench: Bench, size: int) -> Kernel:
    """Multiply a vector by one matrix after another of the buffer; by the time one comes round again it is cold."""
    buffer, dtype = bench.buffer().view(torch.float32), torch.float32
    chunk = min(size // dtype.itemsize, buffer.numel()) // PRODUCT_WIDTH * PRODUCT_WIDTH
    parts = cycle([buffer[at : at + chunk] for at in range(0, buffer.numel() - chunk + 1, chunk)])
    vector = bench.normal(PRODUCT_WIDTH, dtype=dtype)
    told = {
        "dtype": "float32",
        "working_set_bytes": buffer.numel() // chunk * chunk * 4,
        "bytes_per_repetition": chunk * 4,
    }
    check = check_method(bench, "gemv-float32")
    return Kernel(lambda: _gemv(next(parts), vector), count.read(chunk, 4, 2), check, told)


def copy_case(bench: Bench) -> Case:
    """Copy one half of the buffer over the other, part by part."""
    told = {"method": "copy", "bytes_counted": "read plus written"}
    return Case("copy-bandwidth", "ceiling", told, partial(copy_kernel, bench))


def copy_kernel(bench: Bench) -> Kernel:
    """A repetition copies one part of the buffer's first half to the other half."""
    buffer = bench.buffer().view(torch.float32)
    half = buffer.numel() // 2
    chunk = half // CHUNKS
    parts = cycle([(buffer[at : at + chunk], buffer[half + at : half + at + chunk]) for at in range(0, half, chunk)])

    def run() -> None:
        source, target = next(parts)
        target.copy_(source)

    fresh = bench.normal(CHECKED)
    poisoned = torch.full_like(fresh, float("nan"))
    worst = ((poisoned.copy_(fresh).double() - fresh.double()).abs().max()).item()
    check = Check("the source, bit for bit, over a target filled with NaN", worst, 1e-12)
    told = {"dtype": "float32", "working_set_bytes": half * 8, "bytes_per_repetition": chunk * 8}
    return Kernel(run, count.copy(chunk, 4), check, told)


def cache_case(bench: Bench) -> Case:
    """The same read within the last-level cache: the roof of a model so small that it stays there."""
    return Case("cache-read-bandwidth", "ceiling", {"method": "sum-float32"}, partial(cache_kernel, bench))


def cache_kernel(bench: Bench) -> Kernel:
    """Read an eighth of the last-level cache, at most 32 MiB, again and again."""
    size = min((bench.last_level_cache or 2**23) // 8, 2**25, bench.working_set())
    part = bench.buffer().view(torch.float32)[: size // 4]
    told = {"dtype": "float32", "working_set_bytes": part.numel() * 4}
    check = check_method(bench, "sum-float32")
    return Kernel(lambda: torch.sum(part), count.read(part.numel(), 4, 1), check, told)
