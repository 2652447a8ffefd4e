"""Decode at growing contexts with five kinds of attention: what a step pays for what it remembers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import torch

from generators.measure.attention_kinds import ALIGNED, Decoder, LatentAttention, Pool, Rope
from generators.measure.attention_reference import reference_logits
from generators.measure.bench import Bench
from generators.measure.counting import attention as counted
from generators.measure.counting.attention import Kind
from generators.measure.counting.count import Shape
from generators.measure.exact import exact
from generators.measure.graphs import mode, timed, turns_until_cold
from generators.measure.plan import Case, Check, Kernel
from generators.measure.sdpa import Named, choose, in_order, using

SHAPES = {
    "50M": Shape(layers=4, d_model=1024, heads=16, kv_heads=4, head_dim=64, d_ff=2048, vocab=8192),
    "1B": Shape(layers=16, d_model=2048, heads=16, kv_heads=4, head_dim=128, d_ff=8192, vocab=32000),
}
CONTEXTS = (128, 512, 2048, 8192, 16384)
KINDS = ("mha", "gqa", "mqa", "mla", "window")
MOST_COPIES = 16  # of a model's weights
BUFFERED = (torch.float32, torch.bfloat16)  # formats in which the read buffer holds finite numbers
CHECKED_TOKENS, CHECKED_WINDOW = 12, 5
TOLERANCE = {torch.float32: 1e-4, torch.bfloat16: 1e-1, torch.float64: 1e-9}


def decode_context(
    bench: Bench,
    model: str = "50M",
    dtype: str = "float32",
    contexts: Sequence[int] = CONTEXTS,
    attention: Sequence[str] = KINDS,
    window: int = 1024,
    method: str | None = None,
    shape: dict[str, int] | None = None,
) -> list[Case]:
    """One workload per context and kind, shortest context first; `shape` overrides the one `model` names.

    `method` is how one token attends, a key of `attention_kinds.METHODS`: unless given, plain
    products for float32 on a processor, where they are nearest the read roof, else the fused kernel.
    """
    size = Shape(**shape) if shape else SHAPES[model]
    kinds = counted.kinds(size, window)
    sweep = Sweep(bench, size, [kinds[name] for name in attention], getattr(torch, dtype), max(contexts), method)
    reported = {"model": model, "dtype": dtype, "batch": 1, **size.as_parameters()}
    return [
        Case(
            "decode-context",
            "workload",
            {"attention": name, **reported, "context": context, **kinds[name].as_parameters()},
            partial(sweep.kernel, kinds[name], context),
            needs_bytes=sweep.needs_bytes,
        )
        for context in contexts
        for name in attention
    ]


class Sweep:
    """What the cases of a sweep share: weights in as many copies as it takes to find them cold, and a cache's memory.

    Every step takes the next copy of the weights and the next stretch of the cache's memory, which
    is the read buffer where that is large enough.  All kinds draw on the same memory in turn.
    """

    def __init__(
        self, bench: Bench, shape: Shape, kinds: list[Kind], dtype: torch.dtype, context: int, method: str | None
    ) -> None:
        """Plan only; memory is taken by the first kernel."""
        self.bench, self.shape, self.kinds, self.dtype, self.context = bench, shape, kinds, dtype, context
        self.method = method or ("products" if bench.is_cpu and dtype == torch.float32 else "fused")
        ragged = ALIGNED * (12 * shape.layers + 3)  # room for the alignment of each tensor
        self.values = (max(counted.parameters(shape, kind) for kind in kinds) + ragged) // ALIGNED * ALIGNED
        self.copies = turns_until_cold(bench, self.values * dtype.itemsize, MOST_COPIES)
        self.needs_bytes = self.copies * self.values * dtype.itemsize + 2**28
        self.weights: torch.Tensor | None = None
        self.cache: Pool | None = None
        self.models: dict[str, tuple[list[Decoder], Check]] = {}
        self.steps = 0

    def kernel(self, kind: Kind, context: int) -> Kernel:
        """One decode step after `context` tokens, verified; on CUDA it is captured in a graph."""
        models, check = self._models(kind)
        size = models[0].cache_size(counted.attended(kind, context))
        cache = self._cache()
        token = torch.ones(1, dtype=torch.long, device=self.bench.device)

        named = Named()
        fused = self.method != "products" and not kind.latent_rank

        def run() -> None:
            self.steps += 1
            with using(named.backend):
                logits = models[self.steps % self.copies].step(token, context, cache.take(*size))
            token.copy_(logits.argmax(0, keepdim=True))

        backend = choose(self.bench, named, run) if fused else {}

        check = self._at_length(models[0], context, cache.take(*size), check)
        work = counted.decode(self.shape, kind, self.dtype.itemsize, context)
        stretches = cache.flat.numel() // math.prod(size)
        if self.bench.is_cuda:
            stretches = min(stretches, self.copies)
        reported = self._reported(kind, context, stretches * math.prod(size))
        return timed(self.bench, run, work, check, reported | backend)

    def _models(self, kind: Kind) -> tuple[list[Decoder], Check]:
        """Copies of one kind's model, each from its own part of the weights, and the check of the first."""
        if kind.name not in self.models:
            if self.weights is None:
                rows = -(-self.copies * self.values // self.shape.d_model)
                self.weights = self.bench.weight(rows, self.shape.d_model, dtype=self.dtype).view(-1)
            rope = Rope(self.bench, kind.rope_dim or self.shape.head_dim, self.context + 1, self.dtype)
            made = [
                Decoder(self.bench, self.shape, kind, Pool(self.weights, at * self.values), rope, self.method)
                for at in range(self.copies)
            ]
            self.models[kind.name] = made, check_steps(self.bench, made[0])
        return self.models[kind.name]

    def _cache(self) -> Pool:
        """Memory for caches: the read buffer, or as much as the largest needs where the buffer is too small."""
        if self.cache is None:
            flat = self.bench.buffer().view(self.dtype) if self.dtype in BUFFERED else torch.empty(0)
            needed = max(
                counted.cache_values_per_token(self.shape, kind) * counted.attended(kind, self.context)
                for kind in self.kinds
            )
            self.cache = Pool(flat if flat.numel() >= needed else self.bench.weight(needed, 1, dtype=self.dtype)[:, 0])
        return self.cache

    def _reported(self, kind: Kind, context: int, cached: int) -> dict[str, Any]:
        size, per_token = self.dtype.itemsize, counted.cache_values_per_token(self.shape, kind)
        weights = counted.weights_read(self.shape, kind)
        return {
            "parameters": counted.parameters(self.shape, kind),
            "weights_bytes": counted.parameters(self.shape, kind) * size,
            "weights_read_bytes": weights * size,
            "cache_bytes_per_token": per_token * size,
            "cache_read_bytes": per_token * size * (counted.attended(kind, context) - 1),
            "working_set_bytes": (self.copies * weights + cached) * size,
            "method": "latent products" if kind.latent_rank else self.method,
            "mode": mode(self.bench),
        }

    def _at_length(self, model: Decoder, context: int, cache: torch.Tensor, short: Check) -> Check:
        """The first layer's attention over the whole cache that will be timed, in float64; the worse of both checks."""
        part, wide = model.layers[0].attention, exact(cache[0])
        with torch.inference_mode():
            if isinstance(part, LatentAttention):
                query = self.bench.normal(part.heads, cache.shape[-1], dtype=self.dtype) * cache.shape[-1] ** -0.5
                found, keys, values = part.attend(query, cache[0]), wide[None], wide[None, :, : part.rank]
            else:
                query = self.bench.normal(part.kv_heads, self.shape.heads // part.kv_heads, part.size, dtype=self.dtype)
                query *= part.size**-0.5
                found, keys, values = part.attend(query, *cache[0]), *wide
            scores = torch.einsum("...gd,...kd->...gk", exact(query), keys)
            wanted = torch.einsum("...gk,...kd->...gd", scores.softmax(-1), values)
        off = ((exact(found) - wanted).norm() / wanted.norm()).item()
        worst = max(off, short.worst_relative_error)
        return Check(f"{short.against}; attention to {cache.shape[-2]} entries", worst, short.tolerance)


def check_steps(bench: Bench, model: Decoder) -> Check:
    """Steps from an empty cache against the whole sequence in float64: difference over size, worst token.

    A sliding window is checked beyond its end, with a ring of a few tokens.
    """
    window = CHECKED_WINDOW if model.kind.window else None
    drawn = torch.randint(model.shape.vocab, (CHECKED_TOKENS,), generator=bench.random, device=bench.device)
    cache = torch.full(model.cache_size(window or CHECKED_TOKENS), float("nan"), dtype=model.dtype, device=bench.device)
    with in_order(bench):  # torch's own choice may plan anew for each of these lengths
        found = exact(torch.stack([model.step(drawn[at : at + 1], at, cache) for at in range(CHECKED_TOKENS)]))
    wanted = reference_logits(model, drawn.tolist(), window)
    worst = ((found - wanted).norm(dim=-1) / wanted.norm(dim=-1)).max().item()
    seen = f" seeing {window}" if window else ""
    return Check(f"float64 logits of {CHECKED_TOKENS} tokens{seen} without a cache", worst, TOLERANCE[model.dtype])
