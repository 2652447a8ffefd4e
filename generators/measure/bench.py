"""The device under test: its clock, its free memory, and random data larger than its caches.

The CUDA side was first run on an H100 and an H200 on 27 November 2026, and changed for what they
showed; what has changed since has run on a stand-in (`tests/fake_cuda.py`) only, ROCm and MPS on nothing.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import torch

from generators.measure import machine, timing
from generators.measure.plan import MeasureError

POOL = 2**24 - 3  # odd, so that rows of power-of-two matrices drawn from the pool do not repeat
LEAST, USUAL = 2**28, 2**31  # bytes of the read buffer: at least 256 MiB, usually 2 GiB


class Bench:
    """One device with what every case needs; `buffer_bytes` sets the size of the read buffer, for tests."""

    def __init__(self, kind: str = "cpu", seed: int | None = None, buffer_bytes: int | None = None) -> None:
        """`kind` is "cpu", "cuda" (ROCm too) or "mps"; without a seed a fresh one is drawn, and recorded."""
        found = {"cuda": torch.cuda.is_available, "mps": torch.backends.mps.is_available}.get(kind, lambda: True)()
        if not found:
            raise MeasureError(f"found no {kind} device that this torch can use; measure the processor: --device cpu")
        self.kind = "rocm" if kind == "cuda" and getattr(torch.version, "hip", None) else kind
        self.device = torch.device(kind)
        self.seed = torch.seed() % 2**32 if seed is None else seed
        self.random = torch.Generator(device=self.device).manual_seed(self.seed)
        self._buffer: torch.Tensor | None = None
        self._pool: torch.Tensor | None = None
        self._buffer_bytes = buffer_bytes

    @property
    def is_cuda(self) -> bool:
        """Whether kernels run asynchronously on a GPU."""
        return self.device.type == "cuda"

    @property
    def is_cpu(self) -> bool:
        """Whether kernels run on the processor, within the call that starts them."""
        return self.device.type == "cpu"

    @property
    def name(self) -> str:
        """The device as a reader would name it."""
        if self.is_cuda:
            return torch.cuda.get_device_name()
        return machine.cpu_name() + " GPU" if self.kind == "mps" else machine.cores(machine.cpu_name())

    @property
    def last_level_cache(self) -> int | None:
        """Bytes of the largest cache in front of the memory, or None where it is not told."""
        return torch.cuda.get_device_properties(0).L2_cache_size if self.is_cuda else machine.last_level_cache()

    def free_bytes(self) -> int:
        """Bytes that may still be allocated; on a GPU with those that torch holds without using them."""
        if not self.is_cuda:
            return machine.memory_free()
        return torch.cuda.mem_get_info()[0] + torch.cuda.memory_reserved() - torch.cuda.memory_allocated()

    def time(self, run: Callable[[], object], inner: int) -> float:
        """Seconds for `inner` repetitions: the wall clock, or events around asynchronous launches."""
        if self.is_cpu:
            return timing.wall_time(run, inner)
        if not self.is_cuda:  # no events to rely on: the wall clock around everything that was issued
            self.wait()
            start = time.perf_counter()
            for _ in range(inner):
                run()
            self.wait()
            return time.perf_counter() - start
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        torch.cuda.synchronize()
        start.record()
        for _ in range(inner):
            run()
        end.record()
        torch.cuda.synchronize()
        return start.elapsed_time(end) / 1e3

    def lost(self) -> bool:
        """Whether the device answers no more: its errors are sticky, so that an addition and a wait bring one back."""
        if self.is_cpu:
            return False
        try:
            torch.ones(1, device=self.device).add_(1)
            self.wait()
        except torch.OutOfMemoryError:
            return False
        except RuntimeError:
            return True
        return False

    def tidy(self) -> None:
        """Give back what torch holds without using it, so that the next stage finds the memory free."""
        if self.is_cuda:
            torch.cuda.empty_cache()

    def wait(self) -> None:
        """Return when everything issued to the device has ended; on the processor, at once."""
        if not self.is_cpu:
            (torch.cuda if self.is_cuda else torch.mps).synchronize()

    def normal(self, *size: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
        """Fresh normal numbers on the device."""
        return torch.randn(*size, generator=self.random, device=self.device).to(dtype)

    def weight(self, *size: int, dtype: torch.dtype) -> torch.Tensor:
        """A large random matrix with rows of about unit length, tiled from a pool because drawing is slow."""
        if self._pool is None or self._pool.dtype != dtype:
            self._pool = self.normal(POOL, dtype=dtype)
        made = torch.empty(*size, dtype=dtype, device=self.device)
        scale = 1 / math.sqrt(size[-1])
        start = int(torch.randint(POOL, (1,), generator=self.random, device=self.device))
        flat, done = made.view(-1), 0
        while done < flat.numel():
            part = self._pool[start : start + flat.numel() - done]
            torch.mul(part, scale, out=flat[done : done + part.numel()])
            done, start = done + part.numel(), 0
        return made

    def working_set(self) -> int:
        """Bytes of the read buffer: 4 times the last-level cache and 2 GiB, within a third of what is free."""
        if self._buffer_bytes:
            return self._buffer_bytes
        wanted = max(USUAL, 4 * (self.last_level_cache or 0))
        room = self.free_bytes() // 3
        if room < LEAST:
            found, least = 3 * room / 1e6, 3 * LEAST / 1e6
            raise MeasureError(f"found {found:.0f} MB of free memory, wanted {least:.0f} MB; close other programs")
        return min(wanted, room) // LEAST * LEAST

    def buffer(self) -> torch.Tensor:
        """The read buffer as bfloat16, uniform in (-1, 1) without zeros.

        Two neighbors seen as one float32 are such a number again (the upper half decides sign and
        exponent, the lower one only adds mantissa), so that both formats read the same memory.
        """
        if self._buffer is None:
            made = torch.empty(self.working_set() // 2, dtype=torch.bfloat16, device=self.device)
            tile = torch.empty(min(made.numel(), 2**23), device=self.device).uniform_(2**-10, 1, generator=self.random)
            tile *= torch.randint(0, 2, tile.shape, generator=self.random, device=self.device) * 2 - 1
            made.view(-1, tile.numel()).copy_(tile.view(1, -1))
            self._buffer = made
        return self._buffer
