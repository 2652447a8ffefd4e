"""How many bits a stored weight costs: the format's own bits plus its share of scales and zero points."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field, model_validator

from generators.catalog import printed
from generators.catalog.datum import Printed, Row
from generators.catalog.record_field import Name
from generators.model.memory import effective_bits

_NAMED = re.compile(r"\d+(?:\.\d+)?")


class NumberFormat(Row):
    """One storage format of weights, from `data/formats.toml`.

    `group` weights share one scale of `scale_bits` and one zero point of `zero_bits`; 0 means
    that there is no scale.  `rate` names the peak that multiplies these weights: with 16-bit
    activations the weights are widened first, so the 16-bit peak applies.
    `other_bits` is what embedding, output head, routers and norms are stored in.  Attention's projections,
    routed experts and an embedding table of its own may have bits of their own, scales counted; 0: none.
    `mean_of` is the model whose bits per weight `as_printed` tells, where scales are counted in `bits`.
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
    as_printed: Printed
    mean_of: str = ""
    source: str
    note: str = ""

    @model_validator(mode="after")
    def _consistent(self) -> NumberFormat:
        """A scale belongs to a printed group, bits are those of the name, a rate and the head have as many at least."""
        if bool(self.group) != bool(self.scale_bits + self.zero_bits):
            raise ValueError(
                f"group: found {self.group} with {self.scale_bits:g} scale bits and {self.zero_bits:g} zero bits, wanted all "
                "of a format with scales, or none of one without: a group's share of its scale counts"
            )
        self._printed_group()
        self._named_bits()
        wide = int(re.sub(r"[^0-9]", "", self.rate))
        if self.bits > wide:
            raise ValueError(
                f"rate: found {self.rate!r} for weights of {self.bits:g} bits, wanted a rate of as many bits at least"
            )
        if self.bits >= 16 and self.name.lower() in ("bf16", "fp16") and self.rate != self.name.lower():
            raise ValueError(
                f"rate: found {self.rate!r} for {self.name} weights, wanted {self.name.lower()!r}, their own"
            )
        if not self.bits <= self.other_bits <= max(16, self.bits):
            raise ValueError(
                f"other_bits: found {self.other_bits:g}, wanted {self.bits:g} to {max(16, self.bits):g}: embedding and head are "
                "stored in no fewer bits than the other weights, and in no more than 16 unless those are"
            )
        return self

    def _printed_group(self) -> None:
        """Refuse a group that the source does not print, neither itself nor the bits that its scale adds to a weight."""
        if not (self.group or self.expert_bits) and re.search(r"group|block|^NF", f"{self.name} {self.as_printed}"):
            raise ValueError(
                f"group: found none in a format called {self.name!r}, of which as_printed {self.as_printed!r} tells, wanted the "
                "weights that share a scale, and scale_bits: a group's share of its scale counts"
            )
        said = [value for value, _, _ in printed.numbers(self.as_printed)]
        if self.group and self.group not in said:
            overhead = (self.scale_bits + self.zero_bits) / self.group
            if not any(printed.near(overhead, one) for one in said):
                raise ValueError(
                    f"group: found {self.group}, of which as_printed {self.as_printed!r} tells neither the size nor the "
                    f"{overhead:.4g} bits that a scale adds to a weight, wanted the group that the source prints"
                )

    def _named_bits(self) -> None:
        """Refuse bits that are not those of the name, whose first number tells how many a value has.

        With a group, `bits` are a value's own and the scale comes on top, but for calm's gf4, whose 4 bits
        hold a share of the scale.  Without one they are the name's exactly, or for llama.cpp's Q and IQ formats the name's
        and less than one bit of scales.  `expert_bits` are the name's where experts alone are stored in that way.
        """
        if not _NAMED.search(self.name):
            raise ValueError(
                f"name: found {self.name!r}, wanted one that tells the bits of a value, such as 'INT4' or 'Q4_0'"
            )
        low = high = self.named_bits
        field, found = ("expert_bits", self.expert_bits) if self.expert_bits else ("bits", self.bits)
        if self.name.startswith("gf"):
            found = self.effective_bits
        elif self.expert_bits or self.mean_of:
            low, high = low + 0.01, low + 0.99  # no block is stored without its scales
        if not low <= found <= high:
            also = f" to {high:g}, scales counted" if high > low else ""
            raise ValueError(
                f"{field}: found {found:g} in a format called {self.name!r}, wanted {low:g}{also}; correct {field}, or the name"
            )
        for part, bits in (("attention_bits", self.attention_bits), ("embedding_bits", self.embedding_bits)):
            if bits and not low <= bits <= max(16, self.bits):
                raise ValueError(
                    f"{part}: found {bits:g} in a format called {self.name!r}, wanted {low:g} to {max(16, self.bits):g}: no part "
                    "of it is stored in fewer bits than its name tells"
                )

    @property
    def named_bits(self) -> float:
        """The bits of a value as the format's name tells them: the first number in it."""
        return float(_NAMED.search(self.name)[0])

    @property
    def effective_bits(self) -> float:
        """Bits per weight with the scales counted."""
        return effective_bits(self.bits, self.group, self.scale_bits + self.zero_bits) if self.group else self.bits
