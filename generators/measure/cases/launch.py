"""What issuing one operation costs: an addition on one element, called from Python and replayed from a CUDA graph."""

from __future__ import annotations

from functools import partial

import torch

from generators.measure.bench import Bench
from generators.measure.counting import count
from generators.measure.exact import exact
from generators.measure.graphs import capture
from generators.measure.plan import Case, Check, Kernel, Unsupported

CAPTURED = 100  # kernels of the graph, each of which waits for the one before


def dispatch(bench: Bench) -> list[Case]:
    """The cost of a call, and on a GPU what is left of it within a captured graph."""
    return [dispatch_case(bench), graph_case(bench)]


def dispatch_case(bench: Bench) -> Case:
    """The time of one operation on one element: what each call costs before it moves a byte."""
    return Case("dispatch", "ceiling", {"method": "add", "elements": 1}, partial(dispatch_kernel, bench))


def dispatch_kernel(bench: Bench) -> Kernel:
    """One eager addition with its freshly allocated result, as in a decode step; its work counts as zero."""
    left, right = bench.normal(1), bench.normal(1)
    check = _check(torch.add(left, right), left, right, 1)
    return Kernel(lambda: torch.add(left, right), count.Work(), check, {"kernels_per_repetition": 1})


def _check(found: torch.Tensor, left: torch.Tensor, right: torch.Tensor, times: int) -> Check:
    """left + times right against float64, relative to the sizes added."""
    wanted = exact(left) + times * exact(right)
    size = exact(left).abs() + times * exact(right).abs()
    worst = ((exact(found) - wanted).abs() / size).item()
    against = "float64 on two fresh normal numbers, relative to the sum of their sizes"
    return Check(against, worst, 1e-6 * max(1, times / 4))


def graph_case(bench: Bench) -> Case:
    """The time of a tiny kernel when a captured graph launches it, without Python and dispatcher."""
    return Case("dispatch", "ceiling", {"method": "graph", "elements": 1}, partial(graph_kernel, bench))


def graph_kernel(bench: Bench) -> Kernel:
    """A repetition replays `CAPTURED` additions in a row; divide its time by `kernels_per_repetition`."""
    if not bench.is_cuda:
        raise Unsupported("a captured graph needs a CUDA or ROCm GPU")
    start, step = bench.normal(1), bench.normal(1)
    total = torch.full_like(start, float("nan"))
    replay = capture(partial(add_in_a_row, start, step, total))
    start.copy_(bench.normal(1))
    replay()
    bench.wait()
    check = _check(total, start, step, CAPTURED)
    return Kernel(replay, count.Work(), check, {"kernels_per_repetition": CAPTURED})


def add_in_a_row(start: torch.Tensor, step: torch.Tensor, total: torch.Tensor) -> None:
    """total = start + `CAPTURED` steps, by as many additions, each on the result of the one before.

    It begins with `start` each time, so that millions of replays do not run out of the format.
    """
    torch.add(start, step, out=total)
    for _ in range(CAPTURED - 1):
        total.add_(step)
