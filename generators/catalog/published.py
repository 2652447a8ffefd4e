"""A result that somebody else measured, quoted as a single fact with its conditions."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Literal

from pydantic import Field, model_validator

from generators.catalog.datum import Printed, Row, said
from generators.core import reading, units

_BYTES_PER_S, _FLOP_PER_S, _SECONDS = (
    ("GB/s", "MB/s", "TB/s"),
    ("TFLOP/s", "GFLOP/s", "PFLOP/s"),
    ("s", "ms", "µs", "ns"),
)
#: The units that a metric may be quoted in; the first shows its dimensions.
UNITS_OF_METRIC: dict[str, tuple[str, ...]] = {
    "decode_tokens_per_s": ("tokens/s",),
    "prefill_tokens_per_s": ("tokens/s",),
    "achieved_bandwidth": _BYTES_PER_S,
    "stated_bandwidth": _BYTES_PER_S,
    "achieved_flops": _FLOP_PER_S,
    "stated_peak": _FLOP_PER_S,
    "time": _SECONDS,
    "latency": _SECONDS,
    "ratio": ("×", "%", ""),
    "mfu": ("%",),
    "tokens": ("tokens", "million tokens"),
    "count": ("sequences", "experts", "layers", "operations", ""),
    "size": ("bytes", "kB", "MB", "GB", "TB", "KiB", "MiB", "GiB"),
}
Metric = Literal[tuple(UNITS_OF_METRIC)]


class Published(Row):
    """One quoted value.  `conditions` says under which circumstances it holds, in a reader's words.

    `accelerator`, `model` and `format` are catalog ids where they apply, so that a prediction
    can be put beside the value; empty where the book has no such row.  `above_bound` says why a
    run may be faster than the bound of one token per sequence and pass, where it is.
    `file` is the size of the model's file, where it is printed beside the value.
    """

    value: str
    metric: Metric
    as_printed: Printed
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
        reading.read(self.source)
        return replace(units.parse(self.value, self.source), how=("printed", self.as_printed, ""))

    @model_validator(mode="after")
    def _says_so(self) -> Published:
        """Refuse a value in a unit that its metric has not, one no run can have, or one not printed."""
        quantity, wanted = units.parse(self.value), UNITS_OF_METRIC[self.metric]
        if units.unit_text(self.value) not in wanted:
            named = ", ".join(unit for unit in wanted if unit) + (" or a plain count" if "" in wanted else "")
            raise ValueError(
                f"found {self.value!r} ({units.dims_text(quantity.dims)}) with metric {self.metric!r}, "
                f"wanted a value in {named}; correct the value or the metric"
            )
        if not math.isfinite(quantity.value) or quantity.value <= 0:
            raise ValueError(f"found {self.value!r}, wanted a finite value above zero; correct it")
        said(self.value, self.as_printed, self.note)
        if self.file:
            if units.parse(self.file).dims != units.unit_of("bytes")[1]:
                raise ValueError(f"found file = {self.file!r}, wanted a size such as '4.58 GiB'; correct it")
            said(self.file, self.as_printed, self.note)
        return self
