"""The measured roofline: one weight after another from main memory, multiplied by 1 to 4096 rows.

Rows are tokens in flight: the weight is read once however many there are, so the FLOP per byte grow
with them until compute is what bounds.  Weights rotate over the read buffer and are cold; the rows
and the results are reused and may stay in a cache, which matters only where there are many rows.
"""

from __future__ import annotations

from functools import cached_property, partial
from itertools import cycle

import torch

from generators.measure.bench import Bench
from generators.measure.counting import kernels as count_kernels
from generators.measure.exact import exact, relative_to_largest, told_dtype
from generators.measure.graphs import timed
from generators.measure.plan import Case, Check, Kernel, Unsupported

ROWS = tuple(2**power for power in range(13))  # 1 to 4096
FORMATS = ("float32", "bfloat16")
WIDTH = {True: 4096, False: 8192}  # of the square weight, by whether it is the processor
CHECKED_COLUMNS = 16
TOLERANCE = {torch.float32: 1e-5, torch.bfloat16: 1e-2, torch.float16: 5e-3}


def intensity(
    bench: Bench,
    rows: tuple[int, ...] = ROWS,
    formats: tuple[str, ...] = FORMATS,
    d_in: int | None = None,
    d_out: int | None = None,
) -> list[Case]:
    """One point of the sweep for each number of rows and each format."""
    d_in, d_out = d_in or WIDTH[bench.is_cpu], d_out or WIDTH[bench.is_cpu]
    sweeps = [Sweep(bench, getattr(torch, name), max(rows), d_in, d_out) for name in formats]
    return [
        Case(
            "rows-sweep",
            "workload",
            {"dtype": told_dtype(sweep.dtype), "rows": count, "d_in": d_in, "d_out": d_out, "method": "mm"},
            partial(sweep.kernel, count),
            # input and result, and what the check widens to float64
            needs_bytes=max(rows) * ((d_in + d_out) * sweep.dtype.itemsize + 8 * d_in) + 8 * CHECKED_COLUMNS * d_in,
        )
        for sweep in sweeps
        for count in sorted(rows)
    ]


class Sweep:
    """What the points of one number format share: the weights, the largest input, the largest result."""

    def __init__(self, bench: Bench, dtype: torch.dtype, most: int, d_in: int, d_out: int) -> None:
        """Nothing is allocated before the first point is prepared."""
        self.bench, self.dtype, self.most, self.d_in, self.d_out = bench, dtype, most, d_in, d_out

    @cached_property
    def weights(self) -> list[torch.Tensor]:
        """As many weights [d_out, d_in] as the read buffer holds."""
        buffer, size = self.bench.buffer().view(self.dtype), self.d_in * self.d_out
        if buffer.numel() < size:
            raise Unsupported(f"the read buffer of {buffer.nbytes} bytes holds no weight of {self.d_in} x {self.d_out}")
        return list(buffer[: buffer.numel() // size * size].view(-1, self.d_out, self.d_in))

    @cached_property
    def input(self) -> torch.Tensor:
        """Normal numbers for the largest number of rows."""
        return self.bench.normal(self.most, self.d_in, dtype=self.dtype)

    @cached_property
    def output(self) -> torch.Tensor:
        """Room for the largest result."""
        return torch.full((self.most, self.d_out), float("nan"), dtype=self.dtype, device=self.bench.device)

    def kernel(self, rows: int) -> Kernel:
        """A repetition multiplies the first `rows` rows by the next weight."""
        weights, source, target = cycle(self.weights), self.input[:rows], self.output[:rows]
        check = self.check(rows)
        work = count_kernels.product(rows, self.d_in, self.d_out, self.dtype.itemsize)
        reported = {
            "working_set_bytes": len(self.weights) * self.d_in * self.d_out * self.dtype.itemsize,
            "flop_per_byte": round(work.flop / work.bytes, 4),
        }
        return timed(self.bench, lambda: multiply(source, next(weights), target), work, check, reported)

    def check(self, rows: int) -> Check:
        """Random columns of the product of fresh rows against float64, over a result filled with NaN."""
        weight, fresh = self.weights[-1], self.bench.normal(rows, self.d_in, dtype=self.dtype)
        columns = torch.randint(self.d_out, (CHECKED_COLUMNS,), generator=self.bench.random, device=self.bench.device)
        found = multiply(fresh, weight, self.output[:rows].fill_(float("nan")))[:, columns]
        worst = relative_to_largest(found, exact(fresh) @ exact(weight[columns]).T)
        against = f"float64 on {CHECKED_COLUMNS} random columns for {rows} fresh rows, relative to the largest result"
        return Check(against, worst, TOLERANCE[self.dtype])


def multiply(rows: torch.Tensor, weight: torch.Tensor, out: torch.Tensor) -> torch.Tensor:
    """rows times the transposed weight, as a linear layer does."""
    return torch.mm(rows, weight.t(), out=out)
