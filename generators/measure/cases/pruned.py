"""Matrix-vector products with weights set to zero: kept, stored apart, in the 2:4 format, or whole rows gone."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import torch

from generators.measure import cold_operands
from generators.measure.bench import Bench
from generators.measure.counting import techniques as count
from generators.measure.exact import exact
from generators.measure.graphs import timed
from generators.measure.plan import Case, Check, Kernel, Unsupported, Work

SIZE = 4096
SPARSITIES = (0.5, 0.75, 0.9, 0.95, 0.99)
MASKED = (0.9,)  # masked matrices take as long whatever the mask; beside the dense one, one shows it
INDEX = torch.int32  # the processor's library converts wider ones on every call
ALIGNED = 64  # numbers that the values and columns of a matrix start at a multiple of
COLUMNS = 8  # vectors at once in the 2:4 format, whose kernels take no fewer
TOLERANCE = {torch.float32: 1e-5, torch.bfloat16: 5e-3}
Tensor = torch.Tensor
Made = tuple[list[Any], Tensor, Work, dict[str, Any]]  # operands, the first one in float64, work, what to tell


@dataclass(eq=False)
class Matrix:
    """A random matrix of one size and number format, from which each storage makes its own."""

    bench: Bench
    d_in: int
    d_out: int
    dtype: torch.dtype
    storage: str
    sparsity: float

    @cached_property
    def first(self) -> Tensor:
        """The first stretch of the read buffer as the whole matrix."""
        return cold_operands.slices(self.bench, self.dtype, self.d_out, self.d_in)[0]

    def mask(self) -> Tensor:
        """Where weights are kept: each by chance."""
        drawn = torch.rand(self.d_out, self.d_in, generator=self.bench.random, device=self.bench.device)
        return drawn >= self.sparsity


def pruned_cases(
    bench: Bench,
    sparsities: Sequence[float] = SPARSITIES,
    masked: Sequence[float] = MASKED,
    size: int = SIZE,
    dtype: str = "float32",
) -> list[Case]:
    """One matrix of `size` x `size` in each storage at each sparsity; 2:4 beside a dense one in bfloat16."""
    kind, half = getattr(torch, dtype), torch.bfloat16
    wanted = [("dense", 0.0, kind), *(("masked", one, kind) for one in masked)]
    wanted += [(storage, one, kind) for storage in ("csr", "rows") for one in sparsities]
    wanted += [("dense", 0.0, half)] if bench.is_cuda and kind != half else []
    wanted += [("2:4", 0.5, half)]
    return [pruned_case(Matrix(bench, size, size, kind, storage, one)) for storage, one, kind in wanted]


def pruned_case(matrix: Matrix) -> Case:
    """One storage at one sparsity."""
    reported = {
        "storage": matrix.storage,
        "sparsity": matrix.sparsity,
        "d_in": matrix.d_in,
        "d_out": matrix.d_out,
        "dtype": str(matrix.dtype).removeprefix("torch."),
    }
    arena = {"masked": 1.1, "csr": 0.6, "2:4": 1.1}.get(matrix.storage, 0) * cold_operands.cold_bytes(matrix.bench)
    needs = arena + 16 * matrix.d_in * matrix.d_out
    return Case("pruned-product", "workload", reported, partial(pruned_kernel, matrix), needs)


def pruned_kernel(matrix: Matrix) -> Kernel:
    """Multiply one vector by one cold matrix after another."""
    operands, same, work, reported = STORAGES[matrix.storage](matrix)
    multiply = _columns if matrix.storage == "2:4" else torch.mv
    size = (matrix.d_in, COLUMNS) if matrix.storage == "2:4" else (matrix.d_in,)
    check = check_product(matrix, multiply, operands[0], same, size)
    vector, turns = matrix.bench.normal(*size, dtype=matrix.dtype), cold_operands.in_turns(operands)
    return timed(matrix.bench, lambda: multiply(next(turns), vector), work, check, reported | {"copies": len(operands)})


def check_product(
    matrix: Matrix, multiply: Callable[[Any, Tensor], Tensor], operand: Any, same: Tensor, size: tuple[int, ...]
) -> Check:
    """The product of an operand that is timed with a fresh vector, against float64 of the matrix it stands for."""
    vector = matrix.bench.normal(*size, dtype=matrix.dtype)
    worst = cold_operands.norm_error(multiply(operand, vector), same @ exact(vector))
    return Check(
        "float64 with a fresh random vector, zeros in place; norm of the difference", worst, TOLERANCE[matrix.dtype]
    )


def _columns(operand: Any, vectors: Tensor) -> Tensor:
    return torch.mm(operand, vectors)


def dense(matrix: Matrix) -> Made:
    """Every weight, none of them zero."""
    operands = cold_operands.slices(matrix.bench, matrix.dtype, matrix.d_out, matrix.d_in)
    return operands, exact(matrix.first), count.dense(matrix.d_in, matrix.d_out, matrix.dtype.itemsize), {}


def masked(matrix: Matrix) -> Made:
    """Zeros written over weights: the same bytes to read."""
    kept = matrix.first * matrix.mask()
    operands = [one for (one,) in cold_operands.copies(matrix.bench, kept)]
    return operands, exact(kept), count.dense(matrix.d_in, matrix.d_out, matrix.dtype.itemsize), {}


def rows(matrix: Matrix) -> Made:
    """Whole outputs left out: a smaller dense matrix."""
    left = max(1, round(matrix.d_out * (1 - matrix.sparsity)))
    operands = cold_operands.slices(matrix.bench, matrix.dtype, left, matrix.d_in)
    work = count.dense(matrix.d_in, left, matrix.dtype.itemsize)
    return operands, exact(operands[0]), work, {"rows_left": left}


def csr(matrix: Matrix) -> Made:
    """Kept weights with their columns: values from the read buffer, the columns of one mask in many copies."""
    mask, size = matrix.mask(), (matrix.d_out, matrix.d_in)
    columns, ends = mask.nonzero()[:, 1].to(INDEX), mask.sum(1).cumsum(0).to(INDEX)
    pointers = torch.cat((torch.zeros_like(ends[:1]), ends))
    nonzero = columns.numel()
    stride = -(-nonzero // ALIGNED) * ALIGNED
    values = cold_operands.slices(matrix.bench, matrix.dtype, stride)
    needed = -(-cold_operands.cold_bytes(matrix.bench) // (nonzero * (matrix.dtype.itemsize + INDEX.itemsize)))
    number = min(max(2, needed), len(values))
    arena = torch.empty(number, stride, dtype=INDEX, device=columns.device)
    arena[:, :nonzero] = columns
    with warnings.catch_warnings(action="ignore"):  # torch calls CSR a beta
        make = partial(torch.sparse_csr_tensor, size=size, check_invariants=False)
        operands = [
            _try(make, pointers, place[:nonzero], value[:nonzero]) for place, value in zip(arena, values, strict=False)
        ]
    _try(torch.mv, operands[0], matrix.bench.normal(matrix.d_in, dtype=matrix.dtype))
    same = torch.zeros(size, dtype=matrix.dtype, device=mask.device)
    same[mask] = values[0][:nonzero]
    work = count.csr(matrix.d_out, nonzero, matrix.dtype.itemsize, INDEX.itemsize)
    return operands, exact(same), work, {"nonzero": nonzero, "index_bytes": INDEX.itemsize}


def _try(function: Callable[..., Any], *arguments: Any) -> Any:
    """What the function returns; raises `Unsupported` with torch's own first line where it cannot."""
    try:
        return function(*arguments)
    except (RuntimeError, ValueError) as error:  # NotImplementedError is a RuntimeError
        reason = (str(error).strip().splitlines() or ["no message"])[0][:160]
        raise Unsupported(f"torch cannot do this here: {reason}") from error


def two_to_four(matrix: Matrix) -> Made:
    """The two larger of each four weights, in the layout of sparse tensor cores; products of a few vectors at once."""
    if not matrix.bench.is_cuda:
        raise Unsupported("the 2:4 format needs the sparse tensor cores of a CUDA GPU; found none")
    same = keep_two_of_four(matrix.first)
    number = max(2, -(-cold_operands.cold_bytes(matrix.bench) // (matrix.d_in * matrix.d_out)))
    operands = [_try(torch.sparse.to_sparse_semi_structured, same) for _ in range(number)]
    work = count.two_to_four(matrix.d_in, matrix.d_out, matrix.dtype.itemsize, COLUMNS)
    return operands, exact(same), work, {"rows": COLUMNS, "method": "torch.sparse.to_sparse_semi_structured"}


def keep_two_of_four(weights: Tensor) -> Tensor:
    """The weights with the two smaller of each four in a row set to zero."""
    fours = weights.reshape(-1, 4)
    larger = fours.abs().topk(2, dim=1).indices
    return torch.zeros_like(fours).scatter_(1, larger, fours.gather(1, larger)).view_as(weights)


STORAGES: dict[str, Callable[[Matrix], Made]] = {
    "dense": dense,
    "masked": masked,
    "csr": csr,
    "2:4": two_to_four,
    "rows": rows,
}
