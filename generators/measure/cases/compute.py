"""Ceilings of compute: the best rate of a square product in every number format the device and torch have."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import torch

from generators.measure.bench import Bench
from generators.measure.cases import launch
from generators.measure.counting import kernels as count_kernels
from generators.measure.exact import exact, relative_to_largest
from generators.measure.graphs import timed
from generators.measure.plan import Case, Check, Kernel, Unsupported
from generators.measure.single_thread import fastest

SIZES = (256, 512, 1024, 2048, 4096, 8192, 16384)
GPU_SIZES = (1024, 2048, 4096, 6144, 8192, 12288, 16384)
LONGEST = 0.3  # seconds one product may take, so that a case stays within a few seconds
TRIAL = 5e-3  # seconds of calls with which a size is tried
PROBE = 64  # size of the product that tells whether a format works
EMULATED = 1e9  # FLOP/s of the probe below which torch goes number by number instead of using the device's products
CHECKED_ROWS = 8
OPERAND_COPIES = 8  # bytes per element and format to plan with: operands, result, float64 of one operand


@dataclass(frozen=True)
class Format:
    """A number format: how operands are drawn, multiplied into `out`, and how near float64 the result must be."""

    operand: torch.dtype
    result: torch.dtype
    multiply: Callable[[torch.Tensor, torch.Tensor, torch.Tensor], object]
    tolerance: float
    by_columns: bool = False  # whether the right operand is stored column by column
    method: str = "matmul"


def _mm(left: torch.Tensor, right: torch.Tensor, out: torch.Tensor) -> object:
    return torch.mm(left, right, out=out)


def _tf32_mm(left: torch.Tensor, right: torch.Tensor, out: torch.Tensor) -> object:
    with tf32():
        return torch.mm(left, right, out=out)


def _scaled_mm(left: torch.Tensor, right: torch.Tensor, out: torch.Tensor) -> object:
    one = _one(left.device)
    return torch._scaled_mm(left, right, one, one, out_dtype=out.dtype, use_fast_accum=left.is_cuda, out=out)


def _int_mm(left: torch.Tensor, right: torch.Tensor, out: torch.Tensor) -> object:
    return torch._int_mm(left, right, out=out)


_ONES: dict[torch.device, torch.Tensor] = {}


def _one(device: torch.device) -> torch.Tensor:
    if device not in _ONES:
        _ONES[device] = torch.ones((), device=device)
    return _ONES[device]


@contextmanager
def tf32() -> Iterator[None]:
    """float32 products by TF32 inside; the setting found is put back, because the float32 case takes turns with this.

    Set so that torch's older and newer setting agree: where only the newer one says TF32, its way to
    cuBLASLt asks the older one and raises.
    """
    found = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("high")
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(found)


_F8 = getattr(torch, "float8_e4m3fn", torch.uint8)
FORMATS = {
    "float32": Format(torch.float32, torch.float32, _mm, 1e-5),
    "tf32": Format(torch.float32, torch.float32, _tf32_mm, 5e-3),
    "bfloat16": Format(torch.bfloat16, torch.bfloat16, _mm, 1e-2),
    "float16": Format(torch.float16, torch.float16, _mm, 5e-3),
    # fast accumulation keeps some 14 bits of a running sum and cuts off the rest: 1 to 2 % of a sum of 16384 terms
    "float8_e4m3": Format(_F8, torch.bfloat16, _scaled_mm, 5e-2, by_columns=True, method="_scaled_mm"),
    "int8": Format(torch.int8, torch.int32, _int_mm, 1e-12, by_columns=True, method="_int_mm"),
}


def compute(bench: Bench, formats: list[str] | None = None, largest: int = SIZES[-1]) -> list[Case]:
    """The peak of products in each format, and what a call costs."""
    return [*(matmul_case(bench, name, largest) for name in formats or FORMATS), *launch.dispatch(bench)]


def matmul_case(bench: Bench, name: str, largest: int = SIZES[-1]) -> Case:
    """The best rate of a square product in one number format."""
    reported = {"dtype": name, "method": FORMATS[name].method}
    return Case("matmul-peak", "ceiling", reported, partial(matmul_kernel, bench, name, largest))


def matmul_kernel(bench: Bench, name: str, largest: int = SIZES[-1]) -> Kernel:
    """The size with the best rate among those one product of which takes at most `LONGEST` seconds.

    Operands are random and may sit in a cache: this is the roof of compute, not of memory.
    """
    form = FORMATS[name]
    first = probe(bench, name)
    rates: dict[tuple[int, str], float] = {}
    for size in (n for n in (SIZES if bench.is_cpu else GPU_SIZES) if n <= largest):
        needs = size**2 * (2 * form.operand.itemsize + form.result.itemsize + OPERAND_COPIES)
        if 2 * size**3 / max(rates.values(), default=first) > LONGEST or needs > bench.free_bytes():
            break
        held = operands(bench, form, size)
        for library in libraries(bench, form):
            once = by_library(library, partial(form.multiply, *held))
            if not _runs(bench, once):
                continue
            # a GPU is issued several at a time, so that launching does not decide between small sizes
            rate = max(rates.values(), default=first)
            inner = 1 if bench.is_cpu else max(1, min(64, int(TRIAL * rate / (2 * size**3))))
            rates[size, library] = 2 * size**3 * inner / min(bench.time(once, inner) for _ in range(2))
    if not rates:
        raise Unsupported(f"found no memory or no time for a {name} product of {SIZES[0]} x {SIZES[0]}")
    best, library = max(rates, key=rates.__getitem__)
    left, right, out = operands(bench, form, best)
    multiply = partial(form.multiply, left, right, out)
    with using_library(library):
        check = check_product(bench, form, left, right)
    sizes = " ".join(map(str, dict.fromkeys(size for size, _ in rates)))
    reported = {"size": best, "sizes_tried": sizes, "result": str(form.result).removeprefix("torch."), "resident": True}
    reported |= {"library": library} if library else {}
    work = count_kernels.product(best, best, best, form.operand.itemsize, form.result.itemsize)
    return timed(bench, by_library(library, multiply), work, check, reported, cold=False)


def _runs(bench: Bench, once: Callable[[], object]) -> bool:
    """Whether a library does the product at this size; what costs memory or the device is told as such."""
    try:
        bench.time(once, 1)
    except RuntimeError as error:
        if isinstance(error, torch.OutOfMemoryError) or bench.lost():
            raise
        return False
    return True


def libraries(bench: Bench, form: Format) -> tuple[str, ...]:
    """The libraries by which torch can do a product on this device; one empty name where there is no choice to name."""
    if bench.kind != "cuda":
        return ("",)
    return ("cuBLAS", "cuBLASLt") if form.method == "matmul" else ("cuBLASLt",)


@contextmanager
def using_library(name: str) -> Iterator[None]:
    """Products inside by one of NVIDIA's libraries; the setting found is put back."""
    if not name:
        yield
        return
    choose = torch.backends.cuda.preferred_blas_library
    found = choose()
    choose(name.lower())
    try:
        yield
    finally:
        choose(found)


def by_library(name: str, multiply: Callable[[], object]) -> Callable[[], object]:
    """The same product by one of the libraries."""
    if not name:
        return multiply

    def run() -> object:
        with using_library(name):
            return multiply()

    return run


def probe(bench: Bench, name: str) -> float:
    """FLOP/s of a small product; raises `Unsupported` where this format does not run, or is only emulated."""
    if name == "tf32" and not _has_tf32(bench):
        raise Unsupported("TF32 needs an NVIDIA GPU of compute capability 8.0 or newer")
    form = FORMATS[name]
    try:
        once = partial(form.multiply, *operands(bench, form, PROBE))
        rate = 2 * PROBE**3 / max(fastest(bench, once), 1e-9)
    except (RuntimeError, NotImplementedError, AttributeError, TypeError, ValueError) as error:
        first = (str(error).splitlines() or [""])[0]
        raise Unsupported(f"this torch has no {name} product for this device: {first[:160]}") from None
    if rate < EMULATED:
        raise Unsupported(
            f"this torch only emulates {name} products here: {rate / 1e9:.2g} GFLOP/s at {PROBE} x {PROBE}"
        )
    return rate


def _has_tf32(bench: Bench) -> bool:
    return bench.kind == "cuda" and torch.cuda.get_device_capability() >= (8, 0)


def operands(bench: Bench, form: Format, size: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Two random square matrices in a format, and a result filled with what no product gives."""
    right = _draw(bench, form, size)
    return _draw(bench, form, size), right.t() if form.by_columns else right, poisoned(bench, form, size)


def poisoned(bench: Bench, form: Format, size: int) -> torch.Tensor:
    """A result not yet written."""
    value = float("nan") if form.result.is_floating_point else -(2**31)
    return torch.full((size, size), value, dtype=form.result, device=bench.device)


def _draw(bench: Bench, form: Format, size: int) -> torch.Tensor:
    """Normal numbers, or all the integers of the format: never zeros, which cost less power and time."""
    if form.operand == torch.int8:
        return torch.randint(-128, 128, (size, size), generator=bench.random, device=bench.device, dtype=torch.int8)
    return bench.normal(size, size, dtype=form.operand)


def check_product(bench: Bench, form: Format, left: torch.Tensor, right: torch.Tensor) -> Check:
    """Some rows of the product that will be timed against float64, relative to the largest result."""
    rows = torch.randint(left.shape[0], (CHECKED_ROWS,), generator=bench.random, device=bench.device)
    out = poisoned(bench, form, left.shape[0])
    form.multiply(left, right, out)
    chosen = left.view(torch.uint8)[rows].view(left.dtype) if left.dtype == _F8 else left[rows]
    worst = relative_to_largest(out[rows], exact(chosen) @ exact(right))
    against = f"float64 on {CHECKED_ROWS} random rows of the product timed, relative to the largest result"
    return Check(against, worst, form.tolerance)
