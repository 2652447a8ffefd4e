"""Weight-only products: the same matrix in fewer bytes, by kernels that widen it on the way and by widening it first.

For int8 on CUDA torch's own kernel (ATen/native/cuda/int8mm.cu) has one thread for each output, which
walks along its row byte by byte; what a compiler makes of one row's product stands in for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import torch

from generators.measure import cold_operands
from generators.measure.bench import Bench
from generators.measure.compiling import compiled
from generators.measure.counting import techniques as count
from generators.measure.exact import exact
from generators.measure.graphs import timed
from generators.measure.plan import Case, Check, Kernel, Unsupported
from generators.measure.quantise import Stored, widen
from generators.measure.weight_copies import Operand, WeightCopies

SIZE = 4096
ROWS = (1, 4, 16, 64, 256)
GROUP = 64
TOLERANCE = {torch.float32: 1e-5, torch.bfloat16: 5e-3}
Multiply = Callable[[torch.Tensor, Operand], torch.Tensor]
PLAIN, PACKED, WIDENED = "plain product", "packed kernel", "dequantised, then multiplied"


def quantised_cases(
    bench: Bench, rows: Sequence[int] = ROWS, size: int = SIZE, group: int = GROUP, dtype: str = "bfloat16"
) -> list[Case]:
    """Weights in four formats at growing rows, activations in `dtype`; both ways to int8 and int4.

    The wide way runs at the fewest and the most rows, and float32 activations at one row only,
    because torch's processor kernels for them are scalar.
    """
    kind, single, ends = getattr(torch, dtype), torch.float32, dict.fromkeys((rows[0], rows[-1]))
    copies = partial(WeightCopies, bench, d_in=size, d_out=size)
    wide, narrow = copies(weights="float32", dtype=single), copies(weights="bfloat16", dtype=torch.bfloat16)
    eight, four = copies(weights="int8", dtype=kind), copies(weights="int4", dtype=kind, group=group)
    spread = replace(four, packed=False)
    again = [replace(one, dtype=single, like=one) for one in (eight, four) if kind != single]
    return [
        *(product_case(one, PLAIN, number) for one in (wide, narrow) for number in rows),
        *(
            product_case(one, PACKED, number)
            for one in (eight, four)
            for number in (rows[:1] if is_fused(bench, one.weights) else rows)
        ),
        *(product_case(one, WIDENED, number) for one in (eight, spread) for number in ends),
        *(product_case(one, PACKED, rows[0]) for one in again),
    ]


def product_case(copies: WeightCopies, method: str, rows: int) -> Case:
    """One format, method and number of rows."""
    reported: dict[str, Any] = {
        "weights": copies.weights,
        "method": method,
        "dtype": str(copies.dtype).removeprefix("torch."),
        "rows": rows,
        "d_in": copies.d_in,
        "d_out": copies.d_out,
        "effective_bits": count.effective_bits(copies.bytes, copies.d_in, copies.d_out),
        "group": copies.group or None,
    }
    arena = 0 if copies.plain else cold_operands.cold_bytes(copies.bench) + copies.bytes
    drawing = 32 * copies.d_in * copies.d_out  # the matrix in float32 and float64, rounded, and their differences
    return Case(
        "quantised-product", "workload", reported, partial(product_kernel, copies, method, rows), arena + drawing
    )


def product_kernel(copies: WeightCopies, method: str, rows: int) -> Kernel:
    """Multiply the same activations by one cold matrix after another."""
    multiply, compiler = _multiplier(copies, method, rows)
    check = check_product(copies, rows, multiply)
    activations = copies.bench.normal(rows, copies.d_in, dtype=copies.dtype)
    turns, sizes = copies.turns, (rows, copies.d_in, copies.d_out, copies.bytes)
    work, reported = count.product(*sizes), {"bytes_counted": "weights as stored, with scales and zero points"}
    if method == WIDENED:
        work = count.product_through_wide(*sizes, copies.dtype.itemsize)
        reported = {"bytes_counted": "weights as stored; wide weights written and read", "resident": True}
    if not copies.plain:
        reported |= {"quantisation_error": round(copies.stored.error, 6)}
    run = lambda: multiply(activations, next(turns))  # noqa: E731
    return timed(copies.bench, run, work, check, reported | compiler, compiled=bool(compiler))


def check_product(copies: WeightCopies, rows: int, multiply: Multiply) -> Check:
    """A product of fresh activations with the weights that are timed, against float64 of the dequantised weights."""
    activations = copies.bench.normal(rows, copies.d_in, dtype=copies.dtype)
    operand = next(copies.turns)
    same = exact(operand[0]) if copies.plain else copies.stored.dequantised
    wanted = exact(activations) @ same.T
    worst = cold_operands.norm_error(multiply(activations, operand).view(rows, -1), wanted)
    return Check(
        "float64 with the dequantised weights on fresh random activations; norm of the difference",
        worst,
        TOLERANCE[copies.dtype],
    )


def _multiplier(copies: WeightCopies, method: str, rows: int) -> tuple[Multiply, dict[str, Any]]:
    """The product of activations [rows, d_in] with an operand of the stock, and what the record tells of a compiler."""
    if method == PLAIN:
        return (_vector if rows == 1 else _matrix), {}
    if method == WIDENED:
        return partial(_widened, copies), {}
    if is_fused(copies.bench, copies.weights):
        sample = copies.bench.normal(1, copies.d_in, dtype=copies.dtype)
        made, reported = compiled(_fused_row, lambda made: made(sample, next(copies.turns)), copies.bench.device)
        return made, reported | {"library": "torch.compile"}
    _probe(copies)
    return KERNELS[copies.weights, copies.bench.is_cpu], {}


def _vector(activations: torch.Tensor, operand: Operand) -> torch.Tensor:
    return torch.mv(operand[0], activations.view(-1))


def _matrix(activations: torch.Tensor, operand: Operand) -> torch.Tensor:
    return torch.mm(activations, operand[0].T)


def _widened(copies: WeightCopies, activations: torch.Tensor, operand: Operand) -> torch.Tensor:
    widen(copies.weights, operand, copies.wide)
    return torch.mm(activations, copies.wide.T)


def is_fused(bench: Bench, weights: str) -> bool:
    """Whether a compiler's kernel, which widens the weights of one row's product on the way, stands for torch's own."""
    return weights == "int8" and bench.is_cuda


def fused(operand: Operand, vector: torch.Tensor) -> torch.Tensor:
    """An int8 matrix times a vector, for the compiler: one kernel reads the matrix as it is stored."""
    rounded, scales = operand
    return torch.mv(rounded.to(vector.dtype), vector) * scales


def _fused_row(activations: torch.Tensor, operand: Operand) -> torch.Tensor:
    return fused(operand, activations[0])[None]


def _int8(activations: torch.Tensor, operand: Operand) -> torch.Tensor:
    return torch._weight_int8pack_mm(activations, *operand)


def _int4_processor(activations: torch.Tensor, operand: Operand) -> torch.Tensor:
    packed, scales = operand
    group = activations.shape[1] // scales.shape[0]
    return torch.ops.aten._weight_int4pack_mm_for_cpu(activations, packed, group, scales)


def _int4(activations: torch.Tensor, operand: Operand) -> torch.Tensor:
    packed, scales = operand
    return torch._weight_int4pack_mm(activations, packed, activations.shape[1] // scales.shape[0], scales)


#: By weight format and whether the device is the processor.
KERNELS = {("int8", True): _int8, ("int8", False): _int8, ("int4", True): _int4_processor, ("int4", False): _int4}
PROBED = 256  # inputs and outputs of the matrix that a private kernel is tried on; a multiple of every group


def _probe(copies: WeightCopies) -> None:
    """Try the private kernel on a small matrix; raises `Unsupported` with torch's own first line."""
    try:
        tiny = Stored.drawn(copies.bench, copies.weights, copies.dtype, (PROBED, PROBED), copies.group, True)
        activations = copies.bench.normal(1, PROBED, dtype=copies.dtype)
        KERNELS[copies.weights, copies.bench.is_cpu](activations, tiny.tensors)
        copies.bench.wait()
    except (RuntimeError, AttributeError, TypeError) as error:  # NotImplementedError is a RuntimeError
        reason = (str(error).strip().splitlines() or ["no message"])[0][:160]
        raise Unsupported(f"this torch has no {copies.weights} kernel for {copies.dtype} here: {reason}") from error
