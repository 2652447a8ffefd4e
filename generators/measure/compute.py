"""Ceilings of compute and of launching: square products, and an operation too small to cost anything but its call."""

from __future__ import annotations

from functools import partial

import torch

from generators.measure import count
from generators.measure.bench import Bench
from generators.measure.plan import Case, Check, Kernel

SIZES = (256, 512, 1024, 2048, 4096, 8192, 16384)
LONGEST = 0.3  # seconds one product may take, so that a case stays within a few seconds
TOLERANCE = {torch.float32: 1e-5, torch.bfloat16: 1e-2}
CHECKED_ROWS = 8


def matmul_case(bench: Bench, dtype: torch.dtype, largest: int = SIZES[-1]) -> Case:
    """The best rate of a square product in one number format."""
    told = {"dtype": str(dtype).removeprefix("torch."), "method": "matmul"}
    return Case("matmul-peak", "ceiling", told, partial(matmul_kernel, bench, dtype, largest))


def matmul_kernel(bench: Bench, dtype: torch.dtype, largest: int) -> Kernel:
    """The size with the best rate among those one product of which takes at most `LONGEST` seconds.

    Operands are normal numbers and may sit in a cache: this is the roof of compute, not of memory.
    """
    rates: dict[int, float] = {}
    size = SIZES[0]
    for size in (n for n in SIZES if n <= largest):
        if rates and 2 * size**3 / rates[max(rates)] > LONGEST:
            break
        if 5 * size**2 * dtype.itemsize > bench.free_bytes():
            break
        left, right = _operands(bench, size, dtype)
        bench.time(partial(torch.mm, left, right), 1)
        rates[size] = 2 * size**3 / min(bench.time(partial(torch.mm, left, right), 1) for _ in range(2))
    best = max(rates, key=rates.__getitem__)
    left, right = _operands(bench, best, dtype)
    check = check_product(bench, left, right)
    out = torch.empty_like(left)
    told = {"size": best, "sizes_tried": " ".join(map(str, rates))}
    return Kernel(lambda: torch.mm(left, right, out=out), count.matmul(best, dtype.itemsize), check, told)


def _operands(bench: Bench, size: int, dtype: torch.dtype) -> tuple[torch.Tensor, torch.Tensor]:
    return bench.normal(size, size, dtype=dtype), bench.normal(size, size, dtype=dtype)


def check_product(bench: Bench, left: torch.Tensor, right: torch.Tensor) -> Check:
    """Some rows of the product that will be timed against float64, relative to the largest result."""
    rows = torch.randint(left.shape[0], (CHECKED_ROWS,), generator=bench.random, device=bench.device)
    out = torch.full_like(left, float("nan"))
    torch.mm(left, right, out=out)
    wanted = left[rows].double() @ right.double()
    worst = ((out[rows].double() - wanted).abs().max() / wanted.abs().max()).item()
    return Check(
        f"float64 on {CHECKED_ROWS} random rows of the product timed, relative to the largest result",
        worst,
        TOLERANCE[left.dtype],
    )


def dispatch_case(bench: Bench) -> Case:
    """The time of one operation on one element: what each call costs before it moves a byte."""
    return Case("dispatch", "ceiling", {"method": "add", "elements": 1}, partial(dispatch_kernel, bench))


def dispatch_kernel(bench: Bench) -> Kernel:
    """One eager addition with its freshly allocated result, as in a decode step; its work counts as zero."""
    left, right = bench.normal(1), bench.normal(1)
    wanted = left.double() + right.double()
    size = left.double().abs() + right.double().abs()
    worst = ((torch.add(left, right).double() - wanted).abs() / size).item()
    check = Check("float64 on two fresh normal numbers, relative to the sum of their sizes", worst, 1e-6)
    return Kernel(lambda: torch.add(left, right), count.Work(), check)
