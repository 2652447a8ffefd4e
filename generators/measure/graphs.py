"""One repetition as CUDA graphs, so that launches cost nothing while the operands still rotate.

Issuing an operation from Python takes microseconds: an eager pass of a thousand operations, or a
kernel of a tenth of a millisecond, would time its launches.  On CUDA such a run is captured, as
often in one graph as it takes that starting the graph is a small share of it and that one replay
walks over several last-level caches.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from generators.measure.bench import Bench
from generators.measure.outcome import word
from generators.measure.plan import Check, Kernel, Work

COLD = 4  # times the last-level cache: so much is read before an operand comes round again
MOST = 4096  # runs in one graph
LAUNCHING = 0.02  # share of a replay that starting it may take
TRIES = 4  # captures of ever more runs until it does
LONG = 5e-3  # seconds of a replay that no start takes much of: beyond, each node costs the start its share
WARMUPS = 2  # runs before a capture, as libraries plan and allocate on first use
TIMED = 3  # replays of which the fastest decides
Run = Callable[[], object]


class Keeper(TorchDispatchMode):
    """Holds the memory of every tensor that operations read or write and that was there before.

    A graph knows addresses only: what it replays must not be given back while it lives.  What is
    made during a capture lies in the graph's own memory, and is not held, so that it can be used again.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        super().__init__()
        self.kept: dict[int, Any] = {}
        self._made: set[int] = set()  # no storage that was there before can have the address of one made since

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Run the operation, and remember whose memory it touched."""
        for key, held in _memory((args, kwargs)):
            if key not in self._made:
                self.kept[key] = held
        found = function(*args, **(kwargs or {}))
        self._made.update(key for key, _ in _memory(found) if key not in self.kept)
        return found


def _memory(tree: Any) -> list[tuple[int, Any]]:
    """What holds the memory of each tensor, by a number of its own: its storage, or a sparse tensor itself."""
    leaves = [leaf for leaf in torch.utils._pytree.tree_leaves(tree) if isinstance(leaf, torch.Tensor)]
    plain = [type(leaf) in (torch.Tensor, torch.nn.Parameter) and leaf.layout == torch.strided for leaf in leaves]
    held = [leaf.untyped_storage() if is_plain else leaf for leaf, is_plain in zip(leaves, plain, strict=True)]
    return [(one._cdata if isinstance(one, torch.UntypedStorage) else id(one), one) for one in held]


@dataclass(eq=False)
class Captured:
    """A graph of `runs` successive runs, with all that it reads and writes; a call replays it."""

    graph: Any
    runs: int
    owned: list[Any] = field(default_factory=list)

    def __call__(self) -> None:
        """Start the graph."""
        self.graph.replay()


@cache
def side_stream() -> Any:
    """The stream of every warm-up and capture of this process: libraries keep a workspace for each stream they meet."""
    return torch.cuda.Stream()


def capture(run: Run, runs: int = 1, warmups: int = WARMUPS, compiled: bool = False) -> Captured:
    """So many successive runs as one graph, which `run` must reach without waiting for the device.

    The replay owns `run` and every operand.  `compiled`: `run` calls what torch compiled, which
    would not run compiled while operations are watched; `run` itself must then hold its operands.
    """
    side = side_stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):  # CUDA wants a warm-up on a side stream before a capture
        for _ in range(warmups):
            run()
    torch.cuda.current_stream().wait_stream(side)
    graph, keeper = torch.cuda.CUDAGraph(), Keeper()
    with torch.cuda.graph(graph, stream=side):
        if compiled:
            for _ in range(runs):
                run()
        else:
            with keeper:
                for _ in range(runs):
                    run()
    return Captured(graph, runs, [run, *keeper.kept.values()])


def turns_until_cold(bench: Bench, bytes_per_turn: float, most: int = MOST) -> int:
    """Repetitions on different operands after which the first ones have left every cache."""
    cold = COLD * (bench.last_level_cache or 2**25)
    return max(1, min(most, math.ceil(cold / max(bytes_per_turn, 1))))


def timed(
    bench: Bench,
    run: Run,
    work: Work,
    check: Check,
    reported: dict[str, Any] | None = None,
    cold: bool = True,
    compiled: bool = False,
    runs: int | None = None,
) -> Kernel:
    """The kernel of a case: `run` itself, or on CUDA graphs of `run`, whose operands must come in turn by themselves.

    `work` is that of one run.  `cold` asks that one replay moves several last-level caches; not
    where the operands are meant to stay in one.  `runs` fixes how many a graph holds.  A run that
    cannot be captured is timed eagerly, and the record says why.
    """
    reported = dict(reported or {})
    if not bench.is_cuda:
        return Kernel(run, work, check, reported)
    try:
        first = runs or (turns_until_cold(bench, work.bytes) if cold else 1)
        replay, share = _long_enough(bench, run, first, compiled, runs or MOST)
    except torch.OutOfMemoryError:
        raise
    except RuntimeError as error:
        return Kernel(run, work, check, reported | _refused(bench, error))
    reported |= {"mode": "graph", "runs_in_a_graph": replay.runs, "launch_share": float(f"{share:.2g}")}
    return Kernel(replay, work, check, reported, runs=replay.runs)


def once(bench: Bench, run: Run) -> tuple[Run, dict[str, str]]:
    """`run` as a graph of one run on CUDA, itself elsewhere or where it cannot be captured; and what a record tells."""
    if not bench.is_cuda:
        return run, {}
    try:
        return capture(run), {"mode": "graph"}
    except torch.OutOfMemoryError:
        raise
    except RuntimeError as error:
        return run, _refused(bench, error)


def _refused(bench: Bench, error: RuntimeError) -> dict[str, str]:
    """What a record tells of a run that cannot be captured; raises the error where it took the device along."""
    if bench.lost():
        raise error
    reason = (str(error).strip().splitlines() or ["no message"])[0]
    return {"mode": "eager", "not_captured": word(reason, 160)}


def _long_enough(bench: Bench, run: Run, runs: int, compiled: bool, most: int) -> tuple[Captured, float]:
    """A replay of at least `runs` runs that starting it takes little of, and the share that it takes."""
    replay = capture(run, runs, compiled=compiled)
    for _ in range(TRIES):
        share, seconds = launch_share(bench, replay)
        if share <= LAUNCHING or replay.runs >= most or seconds >= LONG:
            break
        runs = min(most, math.ceil(1.25 * replay.runs * min(share / LAUNCHING, LONG / seconds)))
        del replay  # its memory goes to the next one
        replay = capture(run, runs, warmups=0, compiled=compiled)
    else:
        share, _ = launch_share(bench, replay)
    return replay, share


def launch_share(bench: Bench, replay: Captured) -> tuple[float, float]:
    """Time that the processor takes to start a graph, over the seconds until it has ended; and these seconds."""
    replay()
    shares = []
    for _ in range(TIMED):
        bench.wait()
        start = time.perf_counter()
        replay()
        issued = time.perf_counter() - start
        bench.wait()
        shares.append((issued, bench.time(replay, 1)))
    seconds = min(whole for _, whole in shares)
    return min(issued for issued, _ in shares) / seconds, seconds


def mode(bench: Bench) -> str:
    """How a repetition reaches the device, as records call it."""
    return "graph" if bench.is_cuda else "eager"
