"""A result that somebody else measured, quoted as a single fact with its conditions."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Literal

from pydantic import Field, model_validator

from generators import units
from generators.book.datum import Row, said

Metric = Literal[
    "decode_tokens_per_s",
    "prefill_tokens_per_s",
    "achieved_bandwidth",
    "achieved_flops",
    "time",
    "ratio",
    "tokens",
    "mfu",
    "count",
    "latency",
    "size",
    "stated_peak",
    "stated_bandwidth",
]
#: Metric to a unit that shows its dimensions; metrics that are not here are plain counts.
UNIT_OF_METRIC = {
    "decode_tokens_per_s": "tokens/s",
    "prefill_tokens_per_s": "tokens/s",
    "achieved_bandwidth": "GB/s",
    "stated_bandwidth": "GB/s",
    "achieved_flops": "FLOP/s",
    "stated_peak": "FLOP/s",
    "time": "s",
    "latency": "s",
    "size": "bytes",
}


class Published(Row):
    """One quoted value.  `conditions` says under which circumstances it holds, in a reader's words.

    `accelerator`, `model` and `format` are catalogue ids where they apply, so that a prediction
    can be put beside the value; empty where the book has no such row.  `above_bound` says why a
    run may be faster than the bound of one token per sequence and pass, where it is.
    `file` is the size of the model's file, where it is printed beside the value.
    """

    value: str
    metric: Metric
    as_printed: str
    conditions: str
    source: str
    accelerator: str = ""
    model: str = ""
    format: str = ""
    batch: int = Field(default=1, gt=0, le=1_000_000)
    context: float = Field(default=0, ge=0, le=1e9)
    devices: int = Field(default=1, gt=0, le=1_000_000)
    engine: str = ""
    note: str = ""
    above_bound: str = ""
    file: str = ""

    @property
    def quantity(self) -> units.Quantity:
        """The quoted value in base units, carrying its source."""
        return replace(units.parse(self.value, self.source), how=("printed", self.as_printed, ""))

    @model_validator(mode="after")
    def _says_so(self) -> Published:
        """Refuse a value of other dimensions than its metric, one no run can have, or one not printed."""
        quantity, unit = units.parse(self.value), UNIT_OF_METRIC.get(self.metric, "")
        if quantity.dims != units.unit_of(unit)[1]:
            raise ValueError(
                f"found {self.value!r} ({units.dims_text(quantity.dims)}) with metric {self.metric!r}, "
                f"wanted {f'a value in {unit}' if unit else 'a plain count'}; correct the value or the metric"
            )
        if not math.isfinite(quantity.value) or quantity.value <= 0:
            raise ValueError(f"found {self.value!r}, wanted a finite value above zero; correct it")
        said(self.value, self.as_printed, self.note)
        if self.file:
            if units.parse(self.file).dims != units.unit_of("bytes")[1]:
                raise ValueError(f"found file = {self.file!r}, wanted a size such as '4.58 GiB'; correct it")
            said(self.file, self.as_printed, self.note)
        return self
