"""The workload: batch-1 decode of random-weight Llama shapes, one token a step, in eager torch."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from generators.measure import count
from generators.measure.bench import Bench
from generators.measure.count import Shape
from generators.measure.llama import Llama, reference_logits
from generators.measure.plan import Case, Check, Kernel, Work

SHAPES = {
    "0.1B": Shape(layers=12, d_model=768, heads=12, kv_heads=4, head_dim=64, d_ff=2048, vocab=32000),
    "0.4B": Shape(layers=24, d_model=1024, heads=16, kv_heads=4, head_dim=64, d_ff=4096, vocab=32000),
    "1.1B": Shape(layers=22, d_model=2048, heads=32, kv_heads=4, head_dim=64, d_ff=5632, vocab=32000),
}
CONTEXT, WINDOW = 128, 16  # the position walks this many tokens around the context, then starts over
CHECKED_TOKENS = 4
TOLERANCE = {torch.float32: 1e-4, torch.bfloat16: 1e-1, torch.float64: 1e-9}


def decode_cases(
    bench: Bench, dtype: torch.dtype, shapes: dict[str, Shape] | None = None, context: int = CONTEXT
) -> list[Case]:
    """One workload per shape, smallest first, so that a cut run still holds some."""
    return [
        Case(
            "decode",
            "workload",
            {"model": name, "dtype": str(dtype).removeprefix("torch."), "batch": 1, **shape.as_parameters()},
            partial(decode_kernel, bench, shape, dtype, context),
            # the weights, a random pool, and the largest matrix widened to float64 during the check
            needs_bytes=count.parameters(shape) * dtype.itemsize + 16 * shape.vocab * shape.d_model + 2**28,
        )
        for name, shape in (shapes or SHAPES).items()
    ]


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


def decode_kernel(bench: Bench, shape: Shape, dtype: torch.dtype, context: int) -> Kernel:
    """Build the model, verify it, and make one repetition one decode step."""
    model = Llama(bench, shape, dtype, capacity=context + WINDOW)
    check = check_steps(bench, model)
    walk = Walk(model, context)
    weights = count.parameters(shape) * dtype.itemsize
    cache = bench.last_level_cache
    told: dict[str, Any] = {
        "parameters": count.parameters(shape),
        "weights_bytes": weights,
        "weights_vs_llc": round(weights / cache, 3) if cache else None,
        "method": "torch.mv, fused attention, eager",
        "aten_ops_per_step": count_operations(walk),
    }

    def closing(repetitions: int) -> tuple[Work, dict[str, Any]]:
        mean = walk.mean_context(repetitions)
        return count.decode(shape, dtype.itemsize, mean), {"context": round(mean, 3)}

    return Kernel(walk, count.decode(shape, dtype.itemsize, context), check, told, closing)


def check_steps(bench: Bench, model: Llama) -> Check:
    """Steps from an empty cache against the whole sequence in float64: difference over size, worst token.

    This is the model that is timed, all its layers and its cache; only the sequence is short.
    """
    drawn = torch.randint(model.shape.vocab, (CHECKED_TOKENS,), generator=bench.random, device=bench.device)
    found = torch.stack([model.step(drawn[at : at + 1], at) for at in range(CHECKED_TOKENS)]).double()
    wanted = reference_logits(model, drawn.tolist())
    worst = ((found - wanted).norm(dim=-1) / wanted.norm(dim=-1)).max().item()
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


def count_operations(walk: Walk) -> int:
    """Operations of one step that are not mere views: each costs at least one dispatch."""
    with _Counter() as counter:
        walk()
    return counter.operations
