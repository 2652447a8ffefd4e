"""A row of a record with its estimates: fastest decile for a ceiling, median for a workload.  No torch here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from generators.measure.estimate import quantile, spread
from generators.measure.plan import label

FAST = 0.1  # the quantile that tells what a machine can do


@dataclass(frozen=True)
class Result:
    """One case of a record as the run and its summary see it; `row` is the record's own object."""

    row: dict[str, Any]

    @property
    def name(self) -> str:
        """The case's name."""
        return self.row["name"]

    @property
    def parameters(self) -> dict[str, Any]:
        """The case's parameters."""
        return self.row["parameters"]

    @property
    def measured(self) -> bool:
        """Whether there are samples enough and nothing failed."""
        return self.row["status"] == "measured"

    @property
    def label(self) -> str:
        """Name and telling parameters."""
        return label(self.name, self.parameters)

    @property
    def seconds(self) -> float:
        """Seconds per repetition: what the machine can do for a ceiling, what it usually does for a workload."""
        return quantile(self.row["samples"], FAST if self.row["kind"] == "ceiling" else 0.5) / self.row["inner"]

    @property
    def spread(self) -> float:
        """5th to 95th percentile of the samples as a share of their median."""
        return spread(self.row["samples"])

    @property
    def bytes(self) -> float:
        """Bytes that one repetition moves."""
        return self.row["work"]["bytes"]

    @property
    def flop(self) -> float:
        """FLOP of one repetition."""
        return self.row["work"]["flop"]

    @property
    def tokens(self) -> float:
        """Tokens that one repetition produces."""
        return self.row["work"]["tokens"]

    @property
    def bandwidth(self) -> float:
        """Bytes per second at the estimate."""
        return self.bytes / self.seconds

    @property
    def flops(self) -> float:
        """FLOP per second at the estimate."""
        return self.flop / self.seconds


def measured(results: Iterable[Result], name: str, **parameters: object) -> list[Result]:
    """The measured results of a case name whose parameters include those given."""
    return [
        one
        for one in results
        if one.row["name"] == name and one.measured and parameters.items() <= one.parameters.items()
    ]


def read_roof(results: list[Result]) -> Result | None:
    """The fastest way of reading main memory in this run: the roof of decode."""
    reads = measured(results, "read-bandwidth") or measured(results, "reference-read")
    return max(reads, key=lambda one: one.bandwidth, default=None)
