"""Operands that have left every cache by the time their turn comes round again."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle

import torch

from generators.measure.bench import LEAST, USUAL, Bench
from generators.measure.exact import exact
from generators.measure.plan import Unsupported

COLD = 4  # last-level caches that the operands passed over in turn exceed


def cold_bytes(bench: Bench) -> int:
    """Bytes that operands used in turn must sum to: 4 last-level caches, within the size of the read buffer."""
    wanted = max(LEAST, COLD * bench.last_level_cache) if bench.last_level_cache else USUAL
    return min(wanted, bench.working_set())


def copies(bench: Bench, *operand: torch.Tensor) -> list[tuple[torch.Tensor, ...]]:
    """One operand of several tensors, copied so often that the copies together are cold."""
    size = sum(part.numel() * part.element_size() for part in operand)
    number = max(2, -(-cold_bytes(bench) // size))
    arenas = [torch.empty(number, *part.shape, dtype=part.dtype, device=part.device).copy_(part) for part in operand]
    return list(zip(*(arena.unbind() for arena in arenas), strict=True))


def slices(bench: Bench, dtype: torch.dtype, *size: int, most: int | None = None) -> list[torch.Tensor]:
    """The whole tensors of one size that the read buffer holds, uniform in (-1, 1) without zeros."""
    buffer = bench.buffer().view(dtype)
    values = torch.Size(size).numel()
    if values > buffer.numel():
        raise Unsupported(f"an operand of {values * dtype.itemsize / 1e6:.0f} MB does not fit into the read buffer")
    places = range(0, buffer.numel() - values + 1, values)[:most]
    return [buffer[at : at + values].view(size) for at in places]


def in_turns(operands: list) -> Iterator:
    """The operands for ever, one after another; share it between cases so that each finds them cold."""
    return cycle(operands)


def norm_error(found: torch.Tensor, wanted: torch.Tensor) -> float:
    """Norm of the difference over the norm of what is wanted: one number that any wrong element moves."""
    return ((exact(found) - wanted).norm() / wanted.norm()).item()
