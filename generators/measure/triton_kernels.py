"""Reads and copies in Triton, which comes with torch's CUDA builds: wide loads, a grid that stays, all of the memory system.

torch's reductions reach some 86 % of an H200's datasheet bandwidth.  These kernels do no more than
load, add and store: each program takes one block after another until none is left, so that nothing
is started or ended on the way, and a thread has several 16-byte loads under way.

Without a GPU they run in Triton's interpreter (TRITON_INTERPRET=1), for tests of what they compute.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import torch

from generators.measure.bench import Bench
from generators.measure.outcome import word
from generators.measure.plan import Unsupported

try:
    import triton
    import triton.language as tl
except ImportError:
    triton = None

ALIGNED = 8192  # every stretch is a multiple of this many float32, the largest block


@dataclass(frozen=True)
class Shape:
    """How the work is dealt out: float32 in a block, warps of a program, programs on each multiprocessor."""

    block: int
    warps: int
    programs: int

    @property
    def reported(self) -> str:
        """As a record has it."""
        return f"blocks of {self.block}, {self.warps} warps, {self.programs} programs a multiprocessor"


SHAPES = (Shape(4096, 8, 4), Shape(8192, 8, 4), Shape(2048, 4, 16))

if triton is not None:

    @triton.jit
    def _read(source, sums, blocks, passes, BLOCK: tl.constexpr, CACHED: tl.constexpr):
        """The sum of what each program reads; in each pass it reads other blocks than in the one before."""
        total = tl.zeros([BLOCK], tl.float32)
        place = tl.arange(0, BLOCK)
        for turn in range(passes):
            for block in range(tl.program_id(0), blocks, tl.num_programs(0)):
                at = ((block + turn * 7919) % blocks).to(tl.int64) * BLOCK
                if CACHED:  # past the multiprocessor's own cache
                    total += tl.load(source + at + place, cache_modifier=".cg")
                else:
                    total += tl.load(source + at + place, eviction_policy="evict_first")
        tl.store(sums + tl.program_id(0), tl.sum(total))

    @triton.jit
    def _copy(target, source, blocks, BLOCK: tl.constexpr):
        """Every block of the source to its place in the target."""
        place = tl.arange(0, BLOCK)
        for block in range(tl.program_id(0), blocks, tl.num_programs(0)):
            at = tl.cast(block, tl.int64) * BLOCK
            values = tl.load(source + at + place, eviction_policy="evict_first")
            tl.store(target + at + place, values)


def require(bench: Bench) -> None:
    """Raise `Unsupported` where there is no Triton, or no GPU for it."""
    if triton is None:
        raise Unsupported("Triton is not installed beside this torch; its CUDA builds bring it along")
    if not bench.is_cuda:
        raise Unsupported("our Triton kernels are written for CUDA and ROCm")


class Kernels:
    """Reads and copies on one device, in one of the shapes."""

    def __init__(self, multiprocessors: int, shape: Shape, device: torch.device) -> None:
        """Room for a sum of each program."""
        self.shape, self.programs = shape, multiprocessors * shape.programs
        self.sums = torch.full((self.programs,), float("nan"), device=device)

    @property
    def reported(self) -> dict[str, str]:
        """As a record has it."""
        return {"library": f"Triton {triton.__version__}", "shape": self.shape.reported}

    def read(self, source: torch.Tensor, passes: int = 1) -> torch.Tensor:
        """Sums whose sum is `passes` times that of `source`, float32 whose number is a multiple of the block."""
        blocks = self._blocks(source)
        options: dict[str, Any] = {"BLOCK": self.shape.block, "CACHED": passes > 1, "num_warps": self.shape.warps}
        _read[(self.programs,)](source, self.sums, blocks, passes, **options)
        return self.sums

    def copy(self, target: torch.Tensor, source: torch.Tensor) -> torch.Tensor:
        """`source` into `target`."""
        blocks = self._blocks(source)
        _copy[(self.programs,)](target, source, blocks, BLOCK=self.shape.block, num_warps=self.shape.warps)
        return target

    def _blocks(self, source: torch.Tensor) -> int:
        if source.numel() % self.shape.block:
            raise ValueError(f"found {source.numel()} numbers, wanted a multiple of {self.shape.block}")
        return source.numel() // self.shape.block


def fastest(bench: Bench, run: Callable[[Kernels], object], shapes: Iterable[Shape] = SHAPES) -> Kernels:
    """The shape with which `run` is fastest; each is compiled and tried a few times."""
    require(bench)
    count = torch.cuda.get_device_properties(0).multi_processor_count
    tried: list[tuple[float, int, Kernels]] = []
    for number, shape in enumerate(shapes):
        made = Kernels(count, shape, bench.device)
        try:
            run(made)
            bench.wait()
        except torch.OutOfMemoryError:
            raise
        except Exception as error:  # whatever a missing compiler raises
            reason = (str(error).strip().splitlines() or ["no message"])[0]
            raise Unsupported(f"Triton does not compile here: {word(reason, 160)}") from error
        tried.append((min(bench.time(lambda made=made: run(made), 4) for _ in range(3)), number, made))
    return min(tried)[2]
