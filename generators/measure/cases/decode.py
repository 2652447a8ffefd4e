"""The workload: batch-1 decode of random-weight Llama shapes, one token a step; and what issuing a step costs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial
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
from generators.measure.sdpa import choose
from generators.measure.shapes import shape, without_width

CONTEXT, WINDOW = 128, 16  # the position walks this many tokens around the context, then starts over
CHECKED_TOKENS = 4
TOLERANCE = {torch.float32: 1e-4, torch.bfloat16: 1e-1, torch.float64: 1e-9}
SIZES = ("10M", "30M", "0.1B", "0.4B", "1.1B")
DEPTHS = (4, 24)
EAGER = "torch.mv, fused attention, eager"


def decode(
    bench: Bench,
    dtype: str = "bfloat16",
    sizes: list[str] | None = None,
    context: int = CONTEXT,
    mode: str = "eager",
    modes: list[str] | None = None,
) -> list[Case]:
    """One workload per model and mode, smallest first, all in memory at once: give the largest a stage of their own.

    `mode`, or each of `modes`, is "eager" (operation by operation, the cache read as far as it is
    filled), or one of `decode_modes.METHODS`, whose steps read every slot of the cache.  The modes
    of a size share one model.
    """
    found = []
    for name in sizes or default_sizes(bench):
        built = Built(bench, shape(name), getattr(torch, dtype), context)
        found += [
            decode_case(bench, "decode", name, shape(name), dtype, context, one, built) for one in modes or [mode]
        ]
    return found


@dataclass(eq=False)
class Built:
    """A model that several cases share, and the logits that its steps are checked against; made when first needed."""

    bench: Bench
    dimensions: Shape
    dtype: torch.dtype
    context: int

    @cached_property
    def model(self) -> Llama:
        """The model with room for the positions that a walk visits."""
        return Llama(self.bench, self.dimensions, self.dtype, capacity=self.context + WINDOW)

    @cached_property
    def wanted(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Drawn tokens, and their logits in float64: one pass over the weights for all modes."""
        drawn = draw_tokens(self.bench, self.dimensions)
        return drawn, reference_logits(self.model, drawn.tolist())


def draw_tokens(bench: Bench, dimensions: Shape) -> torch.Tensor:
    """Random tokens for a check."""
    return torch.randint(dimensions.vocab, (CHECKED_TOKENS,), generator=bench.random, device=bench.device)


def default_sizes(bench: Bench) -> list[str]:
    """What fits into a small machine's memory side by side, and on a GPU two more."""
    return [*SIZES, *(() if bench.is_cpu else ("3B", "8B"))]


def overhead(
    bench: Bench,
    dtypes: list[str] | None = None,
    modes: list[str] | None = None,
    layers: list[int] | None = None,
    context: int = CONTEXT,
) -> list[Case]:
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
    bench: Bench,
    name: str,
    model: str,
    dimensions: Shape,
    dtype: str,
    context: int,
    mode: str,
    built: Built | None = None,
) -> Case:
    """One model in one mode; overhead is a ceiling, because it is what a machine can do that a prediction wants."""
    if mode != "eager" and mode not in METHODS:
        raise MeasureError(f"unknown mode {mode!r} of decode; the modes are eager, {', '.join(METHODS)}")
    number = getattr(torch, dtype)
    weights, cache = count.parameters(dimensions) * number.itemsize, bench.last_level_cache
    kv_bytes = count.kv_cache_bytes(dimensions, number.itemsize, 1, context + WINDOW)
    reported = {
        "model": model,
        "dtype": dtype,
        "mode": mode,
        "batch": 1,
        **dimensions.as_parameters(),
        "parameters": count.parameters(dimensions),
        "weights_bytes": weights,
        "weights_vs_llc": round(weights / cache, 3) if cache else None,
        "resident": bool(cache) and weights + kv_bytes <= cache,
    }
    return Case(
        name,
        "workload" if name == "decode" else "ceiling",
        reported,
        partial(decode_kernel, bench, dimensions, number, context, mode, built),
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

    def warm(self) -> None:
        """Take each position once, as a library may plan for every new length of the cache."""
        for _ in range(self.last - self.first + 1):
            self()

    def mean_context(self, repetitions: int) -> float:
        """Mean of the cached tokens over the steps taken last."""
        timed = range(self.steps - repetitions, self.steps)
        return sum(map(self.position, timed)) / max(len(timed), 1)


def decode_kernel(
    bench: Bench, dimensions: Shape, dtype: torch.dtype, context: int, mode: str = "eager", built: Built | None = None
) -> Kernel:
    """Build the model or take the one that is there, verify it, and make one repetition one decode step."""
    require(bench, mode)
    built = built or Built(bench, dimensions, dtype, context)
    model = built.model
    walk = Walk(model, context)
    if mode != "eager":
        return static_kernel(bench, model, walk, mode, built)
    backend = choose(bench, model, walk)
    check = check_steps(bench, model, wanted=built.wanted)
    reported: dict[str, Any] = {"method": EAGER, "aten_ops_per_step": count_operations(walk)} | backend
    if bench.is_cuda:
        walk.warm()

    def closing(repetitions: int) -> tuple[Work, dict[str, Any]]:
        mean = walk.mean_context(repetitions)
        return count.decode(dimensions, dtype.itemsize, mean), {"context": round(mean, 3)}

    return Kernel(walk, count.decode(dimensions, dtype.itemsize, context), check, reported, closing)


def static_kernel(bench: Bench, model: Llama, walk: Walk, mode: str, built: Built | None = None) -> Kernel:
    """A step whose tensors stay in place; it reads all slots of the cache, and so many are counted."""
    static = StaticWalk(bench, model, walk.first, walk.last, mode)
    backend = choose(bench, static, static.issue)
    operations = count_operations(static.issue) if mode == "graph" else None
    static.make()
    check = check_steps(bench, model, static.step, built.wanted if built else None)
    reported = {
        "method": METHODS[mode],
        "aten_ops_per_step": operations,  # those that the graph holds; a compiler fuses them
        "compile_seconds": static.compile_seconds,
        "cache_slots_read": model.capacity,
        "context": (walk.first + walk.last) / 2,
    } | backend
    return Kernel(static, count.decode(model.shape, model.dtype.itemsize, model.capacity - 1), check, reported)


def check_steps(
    bench: Bench, model: Llama, step: Any = None, wanted: tuple[torch.Tensor, torch.Tensor] | None = None
) -> Check:
    """Steps from an empty cache against the whole sequence in float64: difference over size, worst token.

    This is the model that is timed, all its layers and its cache; only the sequence is short.
    `step` stands in for the model's own where another way of running it is timed, `wanted` are
    tokens with their logits where they are known.
    """
    step = step or model.step
    drawn, wanted = wanted or (draw_tokens(bench, model.shape), None)
    found = torch.stack([step(drawn[at : at + 1], at).clone() for at in range(CHECKED_TOKENS)])
    wanted = reference_logits(model, drawn.tolist()) if wanted is None else wanted
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
