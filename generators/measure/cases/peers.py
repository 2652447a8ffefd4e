"""This suite beside others: torch's own kernels in turns with our C kernels, the vendor's library and other benchmarks."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import torch

from generators.measure import machine
from generators.measure.bench import Bench
from generators.measure.cases import bandwidth
from generators.measure.peers import memory as peer_memory
from generators.measure.peers import products as peer_products
from generators.measure.peers import programs as peer_programs
from generators.measure.peers.programs import Program, Reading, Task
from generators.measure.peers.ratios import BESIDE, OURS_ON_GPU, PAST, PLAIN, READ, TORCH, ratios
from generators.measure.plan import Case, Check, Kernel, Part, Replay, Script, Unsupported

__all__ = ["peers", "products", "programs", "ratios"]

READS_BESIDE = 4  # of our own, beside each run of another program


def peers(bench: Bench) -> list[Case]:
    """Memory: our C kernels and torch's ways of doing the same, over the same cold buffer."""
    parts = bandwidth.CHUNKS
    third = bench.working_set() // 3  # what the triads write
    sgemv = peer_products.vendor_method(bench, "sgemv")
    return [
        _case("peer-read", READ, peer_memory.read_kernel, bench, parts),
        *[_of_torch(case, "peer-read") for case in bandwidth.read_cases(bench)],
        *([] if bench.is_cpu else [_of_torch(bandwidth.fast_copy_case(bench), "peer-copy")]),
        _case("peer-copy", PLAIN, peer_memory.copy_kernel, bench, parts, False),
        _case("peer-copy", PAST, peer_memory.copy_kernel, bench, parts, True),
        _of_torch(bandwidth.copy_case(bench), "peer-copy"),
        replace(_case("peer-triad", PLAIN, peer_memory.triad_kernel, bench, parts, "C", False), needs_bytes=third),
        replace(_case("peer-triad", PAST, peer_memory.triad_kernel, bench, parts, "C", True), needs_bytes=third),
        replace(
            _case("peer-triad", TORCH + "add with alpha", peer_memory.triad_kernel, bench, parts, "torch"),
            needs_bytes=third,
        ),
        _case("peer-gemv", "torch.mv", peer_products.gemv_kernel, bench, "torch.mv", parts, dtype="float32"),
        _case("peer-gemv", sgemv, peer_products.gemv_kernel, bench, "sgemv", parts, dtype="float32"),
    ]


def products(bench: Bench, size: int = 2048, formats: tuple[str, ...] = ("float32", "bfloat16")) -> list[Case]:
    """Square products of one size: torch.mm, the library that it calls, and the system's library."""
    made = []
    for dtype in formats:
        reported = {"dtype": dtype, "size": size}
        direct = peer_products.vendor_method(bench, peer_products.DIRECT.get(dtype, "product"))
        made.append(_case("peer-product", "torch.mm", peer_products.torch_kernel, bench, dtype, size, **reported))
        made.append(_case("peer-product", direct, peer_products.direct_kernel, bench, dtype, size, **reported))
    reported = {"dtype": "float32", "size": size}
    made.append(_case("peer-product", "the system's sgemm", peer_products.system_kernel, bench, size, **reported))
    return made


def programs(bench: Bench, plays: int = 5) -> list[Replay]:
    """Other benchmarks where they are installed, each run whole, with our C read beside every run."""
    return [
        Replay("peer-program", {"program": one.name}, partial(program_script, bench, one), plays, kind="ceiling")
        for one in peer_programs.PROGRAMS
    ]


def _case(name: str, method: str, kernel: Callable[..., Kernel], *words: Any, **reported: Any) -> Case:
    return Case(name, "ceiling", {"method": method, **reported}, partial(kernel, *words))


def _of_torch(case: Case, name: str) -> Case:
    """One of torch's own cases under the name of its peers, so that a record tells its two runs apart."""
    method = case.parameters["method"]
    reported = OURS_ON_GPU if method == bandwidth.FAST else TORCH + method
    return replace(case, name=name, parameters=case.parameters | {"method": reported})


def program_script(bench: Bench, program: Program) -> Script:
    """Run a program once to see that it answers and agrees with itself; a play is our C read and the program."""
    path = program.path()
    if not bench.is_cpu:
        raise Unsupported(f"{program.name} is run on the processor only; measure it with --device cpu")
    model = os.environ.get(peer_programs.MODEL, "")
    task = Task(torch.get_num_threads(), bench.working_set(), tuple(machine.told_flags()), model)
    first = program.readings(path, task)
    worst = max(reading.disagreement for reading in first)
    check = Check("the program's own work over its own time, against the rate it prints", worst, peer_programs.AGREE)
    beside = _own_read(bench)

    def play() -> list[Part]:
        return [*beside(), *map(_part, program.readings(path, task))]

    return Script(play, check)


def _part(reading: Reading) -> Part:
    return Part({"what": reading.what, **reading.parameters}, reading.work, reading.seconds)


def _own_read(bench: Bench) -> Callable[[], list[Part]]:
    """Our C read as a part of a play; no part where there is no compiler."""
    try:
        kernel = peer_memory.read_kernel(bench, bandwidth.CHUNKS)
    except Unsupported:
        return list

    def read() -> list[Part]:
        seconds = min(bench.time(kernel.run, 1) for _ in range(READS_BESIDE))
        return [Part({"what": BESIDE, **kernel.parameters}, kernel.work, seconds)]

    return read
