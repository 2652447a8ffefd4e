"""The workload: batch-1 decode of random-weight Llama shapes, one token a step; and what issuing a step costs."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from generators.measure.bench import Bench
from generators.measure.cases.decode_modes import METHODS, StaticWalk, require
from generators.measure.counting import count
from generators.measure.counting.count import Shape
from generators.measure.exact import exact
from generators.measure.llama import Llama, reference_logits
from generators.measure.plan import Case, Check, Kernel, MeasureError, Work
from generators.measure.shapes import shape, without_width

CONTEXT, WINDOW = 128, 16  # the position walks this many tokens around the context, then starts over
CHECKED_TOKENS = 4
TOLERANCE = {torch.float32: 1e-4, torch.bfloat16: 1e-1, torch.float64: 1e-9}
SIZES = ("10M", "30M", "0.1B", "0.4B", "1.1B")
DEPTHS = (4, 24)
EAGER = "torch.mv, fused attention, eager"


def decode(
    bench: Bench, dtype: str = "bfloat16", sizes: list[str] | None = None, context: int = CONTEXT, mode: str = "eager"
) -> list[Case]:
    """One workload per model, smallest first, all in memory at once: give the largest a stage of their own.

    `mode` is "eager" (operation by operation, the cache read as far as it is filled), or one of
    `decode_modes.METHODS`, whose steps read every slot of the cache.
    """
    return [
        decode_case(bench, "decode", name, shape(name), dtype, context, mode) for name in sizes or default_sizes(bench)
    ]


def default_sizes(bench: Bench) -> list[str]:
    """What fits into a small machine's memory side by side, and on a GPU two more."""
    return [*SIZES, *(() if bench.is_cpu else ("3B", "8B"))]


def overhead(
    bench: Bench, dtypes: list[str] | None = None, modes: list[str] | None = None, layers: list[int] | None = None,
    context: int = CONTEXT,
) -> list[Case]:  # fmt: skip
    """The same step with widths so small that bytes do not matter, at two depths.

    The difference is the overhead of so many layers, what is left that of a step.
    """
    return [
        decode_case(bench, "step-overhead", f"narrow, {depth} layers", without_width(depth), dtype, context, mode)
        for dtype in dtypes or ["float32", "bfloat16"]
        for mode in modes or ["eager"]
        for depth in layers or DEPTHS
    ]


def decode_case(
    bench: Bench, name: str, model: str, dimensions: Shape, dtype: str, context: int, mode: str
) -> Case:  # fmt: skip
    """One model in one mode; overhead is a ceiling, because it is what a machine can do that a prediction wants."""
    if mode != "eager" and mode not in METHODS:
        raise MeasureError(f"unknown mode {mode!r} of decode; the modes are eager, {', '.join(METHODS)}")
    number = getattr(torch, dtype)
    weights, cache = count.parameters(dimensions) * number.itemsize, bench.last_level_cache
    kv_bytes = count.kv_cache_bytes(dimensions, number.itemsize, 1, context + WINDOW)
    told = {
        "model": model, "dtype": dtype, "mode": mode, "batch": 1, **dimensions.as_parameters(),
        "parameters": count.parameters(dimensions), "weights_bytes": weights,
        "weights_vs_llc": round(weights / cache, 3) if cache else None,
        "resident": bool(cache) and weights + kv_bytes <= cache,
    }  # fmt: skip
    return Case(
        name,
        "workload" if name == "decode" else "ceiling",
        told,
        partial(decode_kernel, bench, dimensions, number, context, mode),
        needs_bytes=weights + kv_bytes + 2**28,  # and a random pool, and scratch of the check
    )


class Walk:
    """Greedy decode that advances one position a step within a window around the context."""

    def __init__(self, model: Llama, context: int) -> None:
        """Begin half a window before the context, with token 1."""
        self.model = model
        window = min(WINDOW, context)
        self.first, self.last = context - window // 2, context - window // 2 + window - 1
        self.steps = 0
        self.token = torch.ones(1, dtype=torch.long, device=model.head.device)

    def position(self, step: int) -> int:
        """Tokens cached before a step."""
        return self.first + step % (self.last - self.first + 1)

    def __call__(self) -> None:
        """One step: embed, all layers, head, choose the next token."""
        logits = self.model.step(self.token, self.position(self.steps))
        self.token = logits.argmax(0, keepdim=True)
        self.steps += 1

    def mean_context(self, repetitions: int) -> float:
        """Mean of the cached tokens over the steps taken last."""
        timed = range(self.steps - repetitions, self.steps)
        return sum(map(self.position, timed)) / max(len(timed), 1)


def decode_kernel(bench: Bench, dimensions: Shape, dtype: torch.dtype, context: int, mode: str = "eager") -> Kernel:
    """Build the model, verify it, and make one repetition one decode step."""
    require(bench, mode)
    model = Llama(bench, dimensions, dtype, capacity=context + WINDOW)
    walk = Walk(model, context)
    if mode != "eager":
        return static_kernel(bench, model, walk, mode)
    check = check_steps(bench, model)
    told: dict[str, Any] = {"method": EAGER, "aten_ops_per_step": count_operations(walk)}

    def closing(repetitions: int) -> tuple[Work, dict[str, Any]]:
        mean = walk.mean_context(repetitions)
        return count.decode(dimensions, dtype.itemsize, mean), {"context": round(mean, 3)}

    return Kernel(walk, count.decode(dimensions, dtype.itemsize, context), check, told, closing)


def static_kernel(bench: Bench, model: Llama, walk: Walk, mode: str) -> Kernel:
    """A step whose tensors stay in place; it reads all slots of the cache, and so many are counted."""
    static = StaticWalk(bench, model, walk.first, walk.last, mode)
    operations = count_operations(static.issue) if mode == "graph" else None
    static.make()
    check = check_steps(bench, model, static.step)
    told = {
        "method": METHODS[mode],
        "aten_ops_per_step": operations,  # those that the graph holds; a compiler fuses them
        "compile_seconds": static.compile_seconds,
        "cache_slots_read": model.capacity,
        "context": (walk.first + walk.last) / 2,
    }
    return Kernel(static, count.decode(model.shape, model.dtype.itemsize, model.capacity - 1), check, told)


def check_steps(bench: Bench, model: Llama, step: Any = None) -> Check:
    """Steps from an empty cache against the whole sequence in float64: difference over size, worst token.

    This is the model that is timed, all its layers and its cache; only the sequence is short.
    `step` stands in for the model's own where another way of running it is timed.
    """
    step = step or model.step
    drawn = torch.randint(model.shape.vocab, (CHECKED_TOKENS,), generator=bench.random, device=bench.device)
    found = torch.stack([step(drawn[at : at + 1], at).clone() for at in range(CHECKED_TOKENS)])
    wanted = reference_logits(model, drawn.tolist())
    worst = ((exact(found) - wanted).norm(dim=-1) / wanted.norm(dim=-1)).max().item()
    return Check(
        f"float64 logits of {CHECKED_TOKENS} tokens without a cache, same weights; norm of the difference, worst token",
        worst,
        TOLERANCE[model.dtype],
    )


class _Counter(TorchDispatchMode):
    """Counts the operations torch dispatches, views apart."""

    def __init__(self) -> None:
        super().__init__()
        self.operations = 0

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.operations += not getattr(function, "is_view", False)
        return function(*args, **(kwargs or {}))


def count_operations(step: Any) -> int:
    """Operations of one step that are not mere views: each costs at least one dispatch."""
    with _Counter() as counter:
        step()
    return counter.operations
