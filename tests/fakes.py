"""Stand-ins for the measurement's tests: a device whose time passes only when a kernel says so, and rows of a record."""

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


def record(**changes: Any) -> dict[str, Any]:
    """A small record of a reader's machine that every side accepts, with fields replaced."""
    shape = {"layers": 2, "d_model": 64, "heads": 4, "kv_heads": 2, "head_dim": 16, "d_ff": 128, "vocab": 100}
    step = {"model": "x", **shape, "tied": False, "batch": 1, "dtype": "float32", "context": 127, "parameters": 2e8}
    return {
        "schema": 1,
        "started": "2026-11-23T05:00:00Z",
        "finished": "2026-11-23T05:01:00Z",
        "profile": "quick",
        "command": "python -m generators.measure quick",
        "commit": "abcdef1",
        "dirty": False,
        "supersedes": "",
        "note": "",
        "machine": {"name": "A readers machine", "device": "cpu", "accelerator": ""},
        "environment": {"torch": "2.13.0", "caches": ["L1d 49152 bytes", "L3 1000000 bytes"]},
        "cases": [
            row("read-bandwidth", samples=[0.2, 0.22, 0.21], inner=2, bytes=1e9, method="sum"),
            row("decode", "workload", [0.1, 0.12, 0.11], bytes=9e8, flop=1e9, tokens=1, **step),
            row("matmul-peak", samples=[0.1, 0.1, 0.1], bytes=3e6, flop=1e10, dtype="float32"),
        ],
    } | changes
