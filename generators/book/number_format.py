"""How many bits a stored weight costs: the format's own bits plus its share of scales and zero points."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field, model_validator

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
    bits: float = Field(ge=1, le=64)
    group: int = Field(default=0, ge=0, le=1_000_000)
    scale_bits: float = Field(default=0, ge=0, le=32)
    zero_bits: float = Field(default=0, ge=0, le=32)
    other_bits: float = Field(ge=1, le=64)
    attention_bits: float = Field(default=0, ge=0, le=64)
    expert_bits: float = Field(default=0, ge=0, le=64)
    embedding_bits: float = Field(default=0, ge=0, le=64)
    rate: Literal["fp32", "bf16", "fp16", "fp8", "int8", "fp4"]
    as_printed: str
    source: str
    note: str = ""

    @model_validator(mode="after")
    def _consistent(self) -> NumberFormat:
        """A scale belongs to a group, weights are multiplied in no fewer bits than they have, the head is no narrower."""
        if bool(self.group) != bool(self.scale_bits + self.zero_bits):
            raise ValueError(
                f"group: found {self.group} with {self.scale_bits:g} scale bits and {self.zero_bits:g} zero bits, wanted all "
                "of a format with scales, or none of one without: a group's share of its scale counts"
            )
        wide = int(re.sub(r"[^0-9]", "", self.rate))
        if self.bits > wide:
            raise ValueError(
                f"rate: found {self.rate!r} for weights of {self.bits:g} bits, wanted a rate of as many bits at least"
            )
        if not self.bits <= self.other_bits <= max(16, self.bits):
            raise ValueError(
                f"other_bits: found {self.other_bits:g}, wanted {self.bits:g} to {max(16, self.bits):g}: embedding and head are "
                "stored in no fewer bits than the other weights, and in no more than 16 unless those are"
            )
        return self

    @property
    def effective_bits(self) -> float:
        """Bits per weight with the scales counted."""
        return effective_bits(self.bits, self.group, self.scale_bits + self.zero_bits) if self.group else self.bits
