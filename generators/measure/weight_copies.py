"""The matrix of a weight-only product in one format, in as many copies as it takes to find each cold.  Needs torch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import torch

from generators.measure import cold_operands
from generators.measure.bench import Bench
from generators.measure.counting import techniques as count
from generators.measure.quantise import Stored

Operand = tuple[torch.Tensor, ...]


@dataclass(eq=False)
class WeightCopies:
    """One matrix, all of it made on first use.

    `packed` asks for the layout of torch's kernels where it is one of its own.  `like` is a stock
    whose weights are used again, with its scales in this stock's number format.
    """

    bench: Bench
    weights: str
    dtype: torch.dtype
    d_in: int
    d_out: int
    group: int = 0
    packed: bool = True
    like: WeightCopies | None = None

    @property
    def plain(self) -> bool:
        """Whether the weights are as wide as the activations."""
        return self.weights in ("float32", "bfloat16")

    @cached_property
    def stored(self) -> Stored:
        """The random matrix, quantised and laid out."""
        if self.like:
            return self.like.stored
        size = (self.d_out, self.d_in)
        return Stored.drawn(self.bench, self.weights, self.dtype, size, self.group, self.packed)

    @cached_property
    def operands(self) -> list[Operand]:
        """Weights and, where there are some, scales; of a plain format as many as the read buffer holds."""
        if self.plain:
            return [(one,) for one in cold_operands.slices(self.bench, self.dtype, self.d_out, self.d_in)]
        if self.like:
            return [(weights, scales.to(self.dtype)) for weights, scales in self.like.operands]
        return cold_operands.copies(self.bench, *self.stored.tensors)

    @cached_property
    def turns(self) -> Iterator[Operand]:
        """Operands in turn.  Cases share it, so that none finds what another has just read."""
        return cold_operands.in_turns(self.operands)

    @cached_property
    def wide(self) -> torch.Tensor:
        """Where the widened matrix is written; poisoned."""
        return torch.full((self.d_out, self.d_in), float("nan"), dtype=self.dtype, device=self.bench.device)

    @property
    def bytes(self) -> float:
        """Bytes of the matrix as stored."""
        return count.stored_bytes(self.weights, self.d_in, self.d_out, self.group, self.dtype.itemsize)
