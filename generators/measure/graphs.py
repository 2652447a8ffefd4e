"""One repetition as CUDA graphs, so that launches cost nothing while the operands still rotate."""

from __future__ import annotations

from collections.abc import Callable
from itertools import cycle

import torch

from generators.measure.bench import Bench

COLD = 4  # times the last-level cache: so much is read before an operand comes round again
MOST = 32  # graphs of one case


def turns_until_cold(bench: Bench, bytes_per_turn: float, most: int = MOST) -> int:
    """Repetitions on different operands after which the first ones have left every cache."""
    cold = COLD * (bench.last_level_cache or 2**25)
    return max(1, min(most, int(-(-cold // bytes_per_turn))))


def launched(bench: Bench, run: Callable[[], object], turns: int) -> Callable[[], object]:
    """`run` itself, or on CUDA graphs of `turns` successive runs, replayed in turn.

    A graph repeats what `run` did when it was captured, so `run` must take its next operands by
    itself; what it returns is lost.
    """
    if not bench.is_cuda:
        return run
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):  # CUDA wants a warm-up on a side stream before a capture
        run()
    torch.cuda.current_stream().wait_stream(stream)
    graphs = [torch.cuda.CUDAGraph() for _ in range(turns)]
    pool = torch.cuda.graph_pool_handle()  # they run one after another: what one leaves, the next may overwrite
    for graph in graphs:
        with torch.cuda.graph(graph, pool=pool):
            run()
    ring = cycle(graphs)
    return lambda: next(ring).replay()


def mode(bench: Bench) -> str:
    """How a repetition reaches the device, as records call it."""
    return "graph" if bench.is_cuda else "eager"
