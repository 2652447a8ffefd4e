"""Matrix products by torch, by the library that torch calls, and by the system's: the same operands in the same turns."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import cycle
from pathlib import Path
from typing import Any

import torch

from generators.measure.bench import Bench
from generators.measure.counting import count
from generators.measure.counting import kernels as count_kernels
from generators.measure.exact import exact
from generators.measure.graphs import timed
from generators.measure.peers import blas as peer_blas
from generators.measure.peers import cublas as peer_cublas
from generators.measure.peers.blas import Blas
from generators.measure.plan import Check, Kernel, Unsupported

WIDTH = 4096  # columns of the matrices of the matrix-vector product, as in the suite's reads
TALLEST = 4096  # their rows, at most
CHECKED_ROWS = 8
#: Largest error relative to the largest result.  MKL's bfloat16 product keeps a float32 result, torch's does not.
TOLERANCE = {torch.float32: 1e-5, torch.bfloat16: 1e-2, torch.float16: 2e-3}
DIRECT = {"float32": "sgemm", "bfloat16": "gemm_bf16bf16f32"}


def inside_torch() -> Blas:
    """The library of matrix products that this torch calls on a processor."""
    return peer_blas.inside_torch(Path(torch.__file__).parent)


def vendor_method(bench: Bench, what: str) -> str:
    """The words for a direct call of the library behind torch, such as "MKL sgemm called directly"."""
    if bench.is_cuda:
        return "cuBLAS GemmEx called directly"
    try:
        return f"{inside_torch().name} {what} called directly"
    except Unsupported:
        return f"BLAS inside torch {what} called directly"


def torch_kernel(bench: Bench, dtype: str, size: int) -> Kernel:
    """torch.mm into a given result."""
    left, right, kind = *_operands(bench, dtype, size), getattr(torch, dtype)
    out = torch.full_like(left, float("nan"))
    return _product(bench, left, right, out, lambda: torch.mm(left, right, out=out), TOLERANCE[kind], {})


def direct_kernel(bench: Bench, dtype: str, size: int) -> Kernel:
    """The library behind torch.mm, called without torch."""
    if bench.kind not in ("cpu", "cuda"):
        raise Unsupported(f"no direct call of a vendor's library is written for {bench.kind}")
    left, right = _operands(bench, dtype, size)
    addresses = left.data_ptr(), right.data_ptr()
    if bench.is_cuda:
        out = torch.full_like(left, float("nan"))
        handle = torch.cuda.current_blas_handle()
        product = peer_cublas.gemm(peer_cublas.load(), handle, dtype, size, *addresses, out.data_ptr())

        def call() -> None:
            torch.cuda.current_blas_handle()  # sets the handle to the stream in use, which a capture changes
            product()

    else:
        out = torch.full((size, size), float("nan"))
        call = _of_cpu(inside_torch(), dtype)(size, *addresses, out.data_ptr())
    reported = {"result": str(out.dtype).removeprefix("torch.")}
    return _product(bench, left, right, out, call, TOLERANCE[left.dtype], reported)


def _of_cpu(blas: Blas, dtype: str) -> Callable[..., Callable[[], object]]:
    if dtype == "float32":
        return blas.sgemm
    if dtype == "bfloat16" and blas.has("cblas_gemm_bf16bf16f32"):
        return blas.bf16gemm
    raise Unsupported(f"{blas.name} exports no product in {dtype} that can be called directly")


def system_kernel(bench: Bench, size: int) -> Kernel:
    """The system's own library, where there is one."""
    if not bench.is_cpu:
        raise Unsupported("the system's library computes on the processor; measure it with --device cpu")
    blas = peer_blas.of_system(torch.get_num_threads())
    left, right = _operands(bench, "float32", size)
    out = torch.full((size, size), float("nan"))
    call = blas.sgemm(size, left.data_ptr(), right.data_ptr(), out.data_ptr())
    return _product(bench, left, right, out, call, TOLERANCE[torch.float32], {"library": blas.name})


def _operands(bench: Bench, dtype: str, size: int) -> tuple[torch.Tensor, torch.Tensor]:
    return tuple(bench.normal(size, size, dtype=getattr(torch, dtype)) for _ in range(2))


def _product(
    bench: Bench,
    left: torch.Tensor,
    right: torch.Tensor,
    out: torch.Tensor,
    call: Callable[[], object],
    tolerance: float,
    reported: dict[str, Any],
) -> Kernel:
    """The product verified on the operands that will be timed; `run` keeps them alive."""
    size = left.shape[0]
    rows = torch.randint(size, (CHECKED_ROWS,), generator=bench.random, device=bench.device)
    call()
    bench.wait()
    wanted = exact(left[rows]) @ exact(right)
    worst = ((exact(out[rows]) - wanted).abs().max() / wanted.abs().max()).item()
    if not out.isfinite().all():
        worst = math.nan  # a part of the poisoned result was never written
    check = Check(f"float64 on {CHECKED_ROWS} random rows, relative to the largest; no NaN left", worst, tolerance)
    held = left, right, out
    work = count_kernels.product(size, size, size, left.element_size(), out.element_size())
    return timed(bench, lambda: (call(), held)[0], work, check, reported, cold=False)


def gemv_kernel(bench: Bench, way: str, parts: int) -> Kernel:
    """A matrix-vector product with one cold matrix of the buffer after another, by "torch.mv" or "sgemv"."""
    buffer = bench.buffer().view(torch.float32)
    rows = min(buffer.numel() // parts // WIDTH, TALLEST)
    chunk = rows * WIDTH
    matrices = [buffer[at : at + chunk].view(rows, WIDTH) for at in range(0, buffer.numel() - chunk + 1, chunk)]
    vector, out = bench.normal(WIDTH), torch.full((rows,), float("nan"), device=bench.device)
    calls = [_gemv(bench, way, matrix, vector, out) for matrix in matrices]
    turns = cycle(calls)
    check = _check_gemv(matrices[-1], vector, out, calls[-1], bench)
    reported = {
        "working_set_bytes": len(matrices) * chunk * 4,
        "matrix_bytes": chunk * 4,
        "bytes_per_repetition": chunk * 4,
    }
    held = matrices, vector, out
    return timed(bench, lambda: (next(turns)(), held)[0], count.read(chunk, 4, 2), check, reported)


def _gemv(
    bench: Bench, way: str, matrix: torch.Tensor, vector: torch.Tensor, out: torch.Tensor
) -> Callable[[], object]:
    if way == "torch.mv":
        return lambda: torch.mv(matrix, vector, out=out)
    if not bench.is_cpu:
        raise Unsupported("sgemv is called directly on the processor only")
    blas = inside_torch()
    if not blas.has("sgemv_"):
        raise Unsupported(f"{blas.name} exports no sgemv that can be called directly")
    return blas.sgemv(*matrix.shape, matrix.data_ptr(), vector.data_ptr(), out.data_ptr())


def _check_gemv(
    matrix: torch.Tensor, vector: torch.Tensor, out: torch.Tensor, call: Callable[[], object], bench: Bench
) -> Check:
    """All rows of one of the matrices timed, relative to the largest result."""
    call()
    bench.wait()
    wanted = exact(matrix) @ exact(vector)
    worst = ((exact(out) - wanted).abs().max() / wanted.abs().max()).item()
    return Check("float64 on one of the matrices timed, relative to the largest result", worst, 1e-5)
