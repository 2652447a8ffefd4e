"""Calls that pass over a small working set many times, so that what a call costs does not drown the pass.

A read repeats along an expanded dimension (stride 0).  Torch does not let results repeat so; copy and
triad repeat along dimensions of one cache line, whose rows are the same bytes shifted by a few
lines, and the set is the span of all of them.  On the processor each thread keeps to its own share.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch

from generators.measure.bench import Bench
from generators.measure.plan import Unsupported

MOVED = {True: 2**25, False: 2**29}  # bytes one call moves at least, by whether it is the processor: some 100 us
LINE = 16  # float32 in the 64 bytes by which rows are shifted
SHIFTS = 8  # rows along one repeating dimension
ARRAYS = {"read": 1, "copy": 2, "triad": 3}
SCALE = 0.5  # the triad's factor


@dataclass(frozen=True)
class Plan:
    """How one call passes over a set: `lanes` shares of `share` elements in each array, `passes` times."""

    method: str
    lanes: int
    share: int
    depth: int = 0  # repeating dimensions of copy and triad
    repeats: int = 1  # of read

    @property
    def row(self) -> int:
        """Elements of a lane that one pass covers: the share less what the shifts take."""
        return self.share - self.depth * (SHIFTS - 1) * LINE

    @property
    def passes(self) -> int:
        """How often one call passes over the set."""
        return self.repeats * SHIFTS**self.depth

    @property
    def elements(self) -> int:
        """Elements of each array that one call touches, with repetitions."""
        return self.lanes * self.row * self.passes

    @property
    def set_bytes(self) -> int:
        """Bytes of the working set, all arrays together."""
        return ARRAYS[self.method] * self.lanes * self.share * 4


def plan(bench: Bench, method: str, size: int) -> Plan:
    """Shares, passes and shifts for a set of about `size` bytes."""
    lanes = torch.get_num_threads() if bench.is_cpu else 1
    share = size // (4 * ARRAYS[method] * lanes) // LINE * LINE
    if share < LINE:
        raise Unsupported(f"{size} bytes are too few for {lanes} threads")
    wanted = MOVED[bench.is_cpu] // size
    if method == "read":
        return Plan(method, lanes, share, repeats=max(1, wanted))
    depth = 0
    while SHIFTS**depth < wanted and 4 * (depth + 1) * (SHIFTS - 1) * LINE <= share:
        depth += 1
    return Plan(method, lanes, share, depth)


def spans(base: torch.Tensor, how: Plan) -> list[torch.Tensor]:
    """The arrays of a set, laid one after another in `base`, as views that repeat."""
    size = (how.lanes, *[SHIFTS] * how.depth, how.row)
    steps = (how.share, *[LINE] * how.depth, 1)
    offset = base.storage_offset()
    return [base.as_strided(size, steps, offset + at * how.lanes * how.share) for at in range(ARRAYS[how.method])]


def read_pass(base: torch.Tensor, how: Plan) -> Callable[[], torch.Tensor]:
    """The sum of each lane, `repeats` times over."""
    shares = base[: how.lanes * how.share].view(how.lanes, 1, how.share).expand(-1, how.repeats, -1)
    return lambda: shares.sum((1, 2))


def copy_pass(base: torch.Tensor, how: Plan) -> Callable[[], torch.Tensor]:
    """The second array onto the first."""
    target, source = spans(base, how)
    return lambda: target.copy_(source)


def triad_pass(base: torch.Tensor, how: Plan) -> Callable[[], torch.Tensor]:
    """The first array from the second and the scaled third."""
    target, left, right = spans(base, how)
    return lambda: torch.add(left, right, alpha=SCALE, out=target)
