"""A result that somebody else measured, quoted as a single fact with its conditions."""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from generators import units
from generators.book.datum import Row


class Published(Row):
    """One quoted value.  `conditions` says under which circumstances it holds, in a reader's words.

    `accelerator`, `model` and `format` are catalogue ids where they apply, so that a prediction
    can be put beside the value; empty where the book has no such row.
    """

    value: str
    metric: Literal[
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
    as_printed: str
    conditions: str
    source: str
    accelerator: str = ""
    model: str = ""
    format: str = ""
    batch: int = 1
    context: float = 0
    devices: int = 1
    engine: str = ""
    note: str = ""

    @property
    def quantity(self) -> units.Quantity:
        """The quoted value in base units, carrying its source."""
        return units.parse(self.value, self.source)

    @model_validator(mode="after")
    def _readable(self) -> Published:
        units.parse(self.value)
        return self
