"""How many bits a stored weight costs: the format's own bits plus its share of scales and zero points."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from generators.book.datum import Row
from generators.book.record_field import Name
from generators.model.memory import effective_bits


class NumberFormat(Row):
    """One storage format of weights, from `data/formats.toml`.

    `group` weights share one scale of `scale_bits` and one zero point of `zero_bits`; 0 means
    that there is no scale.  `rate` names the peak that multiplies these weights: with 16-bit
    activations the weights are widened first, so the 16-bit peak applies.
    `other_bits` is what embedding, output head, routers and norms are stored in.  Attention's projections,
    routed experts and an embedding table of its own may have bits of their own, scales counted; 0: none.
    """

    name: Name
    bits: float = Field(gt=0, le=64)
    group: int = Field(default=0, ge=0, le=1_000_000)
    scale_bits: float = Field(default=0, ge=0, le=64)
    zero_bits: float = Field(default=0, ge=0, le=64)
    other_bits: float = Field(gt=0, le=64)
    attention_bits: float = Field(default=0, ge=0, le=64)
    expert_bits: float = Field(default=0, ge=0, le=64)
    embedding_bits: float = Field(default=0, ge=0, le=64)
    rate: Literal["fp32", "bf16", "fp16", "fp8", "int8", "fp4"]
    as_printed: str
    source: str
    note: str = ""

    @property
    def effective_bits(self) -> float:
        """Bits per weight with the scales counted."""
        return effective_bits(self.bits, self.group, self.scale_bits + self.zero_bits) if self.group else self.bits
