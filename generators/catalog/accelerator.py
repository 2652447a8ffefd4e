"""One chip in one form factor, as its vendor specifies it."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import Field, model_validator

from generators.catalog.datum import Datum, Peak, Printed, Row, datum, peak
from generators.catalog.record_field import Name, matching
from generators.core import units

Capacity = datum("GB", 0.1, 2_000)
Bandwidth = datum("GB/s", 10, 30_000_000)

Precision = Literal["fp64", "fp32", "tf32", "bf16", "fp16", "fp8", "int8", "fp4"]
#: Precisions a peak may be given for, widest first.
PRECISIONS: tuple[str, ...] = get_args(Precision)


MemoryType = Annotated[
    Name,
    matching(
        r"(?:HBM(?:[2-4]e?)?|GDDR[5-8]X?|LPDDR[3-6]X?|DDR[3-6]|SRAM)(?:-\d{4,5})?(?:, \d{1,4} (?:bits|channels))?",
        "a memory that is made, such as HBM3e, GDDR7, LPDDR5X, 'DDR5-4800, 8 channels' or SRAM",
    ),
]


class Memory(Row):
    """Main memory: type as the vendor names it, capacity (absent where the buyer chooses it) and peak bandwidth.

    `reported` is the capacity that the chip's driver reports: "80 GB" is often 80 GiB less what the driver keeps.
    """

    type: MemoryType
    capacity: Capacity | None = None
    bandwidth: Bandwidth
    reported: Capacity | None = None

    @model_validator(mode="after")
    def _reported_of_the_same(self) -> Memory:
        if self.capacity and self.reported:
            share = self.reported.quantity.value / self.capacity.quantity.value
            if not 0.9 <= share <= 1.1:
                raise ValueError(
                    f"found reported = {self.reported.value!r}, {share:.2f} times capacity = {self.capacity.value!r}, "
                    "wanted within a tenth of it; correct one of them"
                )
        return self


class Peaks(Row):
    """Dense peak rates by precision; an absent one is unknown or unsupported, never guessed."""

    fp64: peak("TFLOP/s") | None = None
    fp32: peak("TFLOP/s") | None = None
    tf32: peak("TFLOP/s") | None = None
    bf16: peak("TFLOP/s") | None = None
    fp16: peak("TFLOP/s") | None = None
    fp8: peak("TFLOP/s") | None = None
    int8: peak("TOP/s") | None = None
    fp4: peak("TFLOP/s") | None = None


class Clock(Row):
    """What a peak follows from: clock × units × operations per unit and cycle (a multiply-add is two)."""

    frequency: datum("MHz", 300, 7_000)
    unit: Name
    units: int = Field(gt=0)
    per_cycle: dict[Precision, Annotated[int, Field(gt=0)]]
    as_printed: Printed
    source: str


class Accelerator(Row):
    """One file of `data/accelerators/`; its name is the id."""

    id: str
    name: Name
    short: Name = Field(max_length=18)  # a label in figures
    vendor: Name
    kind: Literal["data-center", "workstation", "consumer", "apple", "cpu", "tpu"]
    year: int = Field(ge=2010, le=2030)
    status: Literal["shipping", "announced"] = "shipping"
    memory: Memory
    peak: Peaks = Peaks()
    clock: Clock | None = None
    last_level_cache: datum("MB", 0.5, 5_000) | None = None
    power: datum("W", 2, 30_000) | None = None
    note: str = ""

    @property
    def bandwidth(self) -> units.Quantity:
        """Peak main-memory bandwidth, byte/s."""
        return self.memory.bandwidth.quantity

    @property
    def capacity(self) -> units.Quantity | None:
        """Main-memory capacity as sold, byte; None where the buyer chooses it."""
        return self.memory.capacity.quantity if self.memory.capacity else None

    def peaks(self) -> dict[str, Peak]:
        """The precisions that have a dense peak."""
        return {p: value for p in PRECISIONS if (value := getattr(self.peak, p)) is not None}

    @property
    def half_precision(self) -> str | None:
        """The 16-bit precision LLM weights are served in on this chip: bf16 where it has it, else fp16."""
        return "bf16" if self.peak.bf16 else "fp16" if self.peak.fp16 else None

    def data(self) -> dict[str, Datum]:
        """Every sourced value of the row by dotted field, for checks and pages."""
        found: dict[str, Datum] = {"memory.bandwidth": self.memory.bandwidth}
        found |= {f"peak.{p}": value for p, value in self.peaks().items()}
        extra = {
            "memory.capacity": self.memory.capacity,
            "memory.reported": self.memory.reported,
            "last_level_cache": self.last_level_cache,
            "power": self.power,
        }
        if self.clock:
            extra["clock.frequency"] = self.clock.frequency
        return found | {field: value for field, value in extra.items() if value is not None}
