"""Random matrices rounded to int8 or int4 and laid out for torch's kernels.  Needs torch."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from generators.measure.bench import Bench
from generators.measure.exact import exact

INNER_TILES = 8  # of the CUDA layout of int4; the kernels take 2, 4 or 8


@dataclass(frozen=True)
class Stored:
    """One matrix [out, in] as a kernel reads it, what it stands for, and what rounding cost.

    `tensors` are the weights and, where there are some, their scales; `dequantised` is the
    matrix they stand for in float64; `error` the norm of the rounding error over the matrix's norm.
    """

    tensors: tuple[torch.Tensor, ...]
    dequantised: torch.Tensor
    error: float

    @classmethod
    def drawn(
        cls, bench: Bench, weights: str, dtype: torch.dtype, size: tuple[int, int], group: int, packed: bool
    ) -> Stored:
        """A fresh normal matrix in a format; scales have the activations' `dtype`, as the kernels want."""
        matrix = bench.normal(*size)
        if weights == "int8":
            rounded, scales = int8(matrix, dtype)
            same = exact(rounded) * exact(scales)[:, None]
        else:
            rounded, scales = int4(matrix, dtype, group)
            same = from_int4(rounded, scales)
            rounded = pack_int4(bench, rounded) if packed else halves(rounded)
        error = ((same - exact(matrix)).norm() / exact(matrix).norm()).item()
        return cls((rounded, scales), same, error)


def int8(matrix: torch.Tensor, dtype: torch.dtype) -> tuple[torch.Tensor, torch.Tensor]:
    """Symmetric, one scale per output: weights in -127..127 and scales [out]."""
    scales = (matrix.abs().amax(1) / 127).to(dtype)
    return (matrix / scales.float()[:, None]).round().clamp(-127, 127).to(torch.int8), scales


def int4(matrix: torch.Tensor, dtype: torch.dtype, group: int) -> tuple[torch.Tensor, torch.Tensor]:
    """One scale and zero point per `group` inputs of an output: weight = (q - 8) * scale + zero.

    Returns q in 0..15 [out, in] as int32 and [in / group, out, 2] with scale and zero.
    """
    groups = matrix.view(matrix.shape[0], -1, group)
    low, high = groups.amin(-1), groups.amax(-1)
    scale = ((high - low) / 15).to(dtype)
    zero = (low + 8 * scale.float()).to(dtype)
    steps = (groups - zero.float()[..., None]) / scale.float()[..., None] + 8
    both = torch.stack((scale.T, zero.T), -1).contiguous()
    return steps.round().clamp(0, 15).to(torch.int32).view_as(matrix), both


def from_int4(rounded: torch.Tensor, scales: torch.Tensor) -> torch.Tensor:
    """What int4 weights and their scales stand for, in float64."""
    scale, zero = exact(scales).permute(2, 1, 0).unsqueeze(-1)
    groups = exact(rounded).view(*scale.shape[:2], -1)
    return ((groups - 8) * scale + zero).view(rounded.shape)


def pack_int4(bench: Bench, rounded: torch.Tensor) -> torch.Tensor:
    """The layout of torch's int4 kernels: one for the processor, one for CUDA, both two weights a byte."""
    if bench.is_cpu:
        return torch.ops.aten._convert_weight_to_int4pack_for_cpu(rounded, 1)
    if not bench.is_cuda:
        raise NotImplementedError("the layout of int4 weights is known for processors and CUDA only")
    pairs = (rounded[:, ::2] << 4 | rounded[:, 1::2]).to(torch.uint8)
    return torch._convert_weight_to_int4pack(pairs, INNER_TILES)


def halves(rounded: torch.Tensor) -> torch.Tensor:
    """A plain layout, two weights a byte: inputs of the first half in the low nibbles, of the second in the high."""
    half = rounded.shape[1] // 2
    return (rounded[:, :half] | rounded[:, half:] << 4).to(torch.uint8)


def widen(weights: str, operand: tuple[torch.Tensor, ...], wide: torch.Tensor) -> None:
    """Write the dequantised matrix into `wide`, in its number format, from the plain layouts."""
    rounded, scales = operand
    if weights == "int8":
        torch.mul(rounded, scales[:, None], out=wide)
        return
    groups = scales.shape[0] // 2
    scale, zero = scales.permute(2, 1, 0).unsqueeze(-1)
    parts = wide.view(*scale.shape[:2], -1)
    for nibbles, half in ((rounded & 15, slice(None, groups)), (rounded >> 4, slice(groups, None))):
        mine = parts[:, half]
        torch.sub(nibbles.view_as(mine), 8.0, out=mine)  # 8 would be subtracted in uint8 and wrap
        mine.mul_(scale[:, half]).add_(zero[:, half])
