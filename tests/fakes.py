"""Stand-ins for the measurement's tests: a device whose time passes only when a kernel says so, and rows of a record."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from generators.measure import timing
from generators.measure.plan import Case, Check, Kernel, Work

LOST = "CUDA error: device-side assert triggered\nCompile with `TORCH_USE_CUDA_DSA`"
CHECK = Check("itself", 0.0, 1e-6)
CHECKED = {"against": "itself", "worst_relative_error": 0.0, "tolerance": 1e-6}  # as a record holds it


class FakeDevice:
    """Time passes only when a kernel says so."""

    def __init__(self, free: float = 1e12) -> None:
        self.now, self.free, self.gone = 0.0, free, False

    def clock(self) -> float:
        return self.now

    def time(self, run: Callable[[], object], inner: int) -> float:
        if self.gone:
            raise RuntimeError(LOST)
        return timing.wall_time(run, inner, self.clock)

    def tidy(self) -> None:
        """Nothing is held."""

    def free_bytes(self) -> float:
        return self.free

    def lost(self) -> bool:
        return self.gone

    def case(self, name: str, seconds: float, kind: str = "ceiling", **more: Any) -> Case:
        """A case whose repetition takes so long and moves a gigabyte."""

        def run() -> None:
            self.now += seconds

        return Case(name, kind, {"method": name}, lambda: Kernel(run, Work(bytes=1e9), CHECK), **more)


def row(
    name: str,
    kind: str = "ceiling",
    samples: list[float] | None = None,
    inner: int = 1,
    bytes: float = 0,
    flop: float = 0,
    tokens: float = 0,
    status: str = "",
    reason: str = "",
    **parameters: Any,
) -> dict[str, Any]:
    """A row of a record."""
    return {
        "name": name,
        "kind": kind,
        "parameters": parameters,
        "status": status or ("measured" if samples else "skipped"),
        "reason": reason,
        "inner": inner,
        "work": {"bytes": bytes, "flop": flop, "tokens": tokens},
        "warmups": [],
        "samples": samples or [],
        "check": CHECKED if samples else None,
        "noise": {},
    }
