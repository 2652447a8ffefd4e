"""One model that several cases of a stage share: its weights, one storage for all their caches, and its checks."""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Any

import torch

from generators.measure.batched import Batched, Plan
from generators.measure.bench import Bench
from generators.measure.counting import count
from generators.measure.exact import exact
from generators.measure.llama import Weights, random_cache, reference_logits
from generators.measure.pass_check import check_pass
from generators.measure.plan import Check, Unsupported
from generators.measure.shapes import shape

ROOM = 0.85  # share of the free memory that weights, caches and activations together may take
TOLERANCE = {torch.float32: 1e-4, torch.bfloat16: 1e-1, torch.float64: 1e-9}  # of all layers in a chain


class SharedModel:
    """Built by the first case that needs it; a case that does not fit beside the weights says how much it needs."""

    def __init__(self, bench: Bench, name: str, dtype: str, plans: Iterable[Plan]) -> None:
        """`plans` are those of all cases, of which the largest that fits decides the storage.  Allocates nothing."""
        self.bench, self.name, self.shape, self.dtype = bench, name, shape(name), getattr(torch, dtype)
        self.plans = list(plans)
        self.weights: Weights | None = None

    def parameters(self, plan: Plan) -> dict[str, Any]:
        """What a case tells before it runs: the model, its bytes, and those of the caches."""
        weights = count.parameters(self.shape) * self.dtype.itemsize
        cache = self.bench.last_level_cache
        return {
            "model": self.name,
            "dtype": str(self.dtype).removeprefix("torch."),
            **self.shape.as_parameters(),
            "parameters": count.parameters(self.shape),
            "weights_bytes": weights,
            "weights_vs_llc": round(weights / cache, 3) if cache else None,
            "resident": bool(cache) and weights + self._kv_bytes(plan) <= cache,
            "kv_cache_bytes": self._kv_bytes(plan),
        }

    def needs(self, plan: Plan) -> float:
        """Bytes of memory for the weights and one case's cache and activations."""
        size = self.dtype.itemsize
        activations = count.activation_bytes(self.shape, size, plan.batch * plan.new, plan.batch * plan.logits)
        return count.parameters(self.shape) * size + self._kv_bytes(plan) + activations + 2**28

    def ready(self, plan: Plan) -> Batched:
        """The pass of one case over the shared weights and storage; `Unsupported` where it does not fit."""
        if self.weights is None:
            self._build()
        if self.needs(plan) > ROOM * self.free:
            raise Unsupported(f"needs {self.needs(plan) / 1e9:.1f} GB of memory, {self.free / 1e9:.1f} GB were free")
        return Batched(self.bench, self.weights, plan, self.storage)

    def work(self, plan: Plan) -> count.Work:
        """Bytes and FLOP of a case."""
        return count.forward(
            self.shape, self.dtype.itemsize, plan.batch, plan.new, plan.context, plan.logits, plan.keeps
        )

    def tokens(self, *size: int) -> torch.Tensor:
        """Fresh random tokens."""
        return torch.randint(self.shape.vocab, size, generator=self.bench.random, device=self.bench.device)

    def check(self, plan: Plan, made: Batched) -> Check:
        """The pass that will be timed through one layer drawn at random and the head, at its own size, against float64."""
        return check_pass(self.bench, made, self.tokens(plan.batch, plan.new), plan, random.Random(self.bench.seed))

    def _kv_bytes(self, plan: Plan) -> int:
        kept = plan.capacity if plan.keeps else 0
        return count.kv_cache_bytes(self.shape, self.dtype.itemsize, plan.batch, kept)

    def _build(self) -> None:
        """Draw the weights, verify all layers once, and take the storage of the largest case that fits."""
        self.free = self.bench.free_bytes()
        fitting = [plan for plan in self.plans if self.needs(plan) <= ROOM * self.free]
        if not fitting:
            least = min(map(self.needs, self.plans))
            raise Unsupported(f"needs {least / 1e9:.1f} GB of memory, {self.free / 1e9:.1f} GB are free")
        weights = Weights(self.bench, self.shape, self.dtype)
        check_all_layers(self.bench, weights, self.tokens(2, 6))
        most = max(plan.batch * plan.capacity * plan.keeps for plan in fitting)
        elements = count.kv_cache_bytes(self.shape, 1, 1, 1) * most
        self.storage = random_cache(self.bench, elements, self.dtype)
        self.weights = weights


def check_all_layers(bench: Bench, weights: Weights, tokens: torch.Tensor) -> Check:
    """Two short sequences through all layers in three passes (prefill, two tokens, one token) against float64."""
    made = Batched(bench, weights, Plan(batch=2, new=tokens.shape[1]))
    for cache in made.caches:
        cache.fill_(float("nan"))  # nothing may be read that was not written
    cuts = ((0, 3), (3, 5), (5, 6))
    found = exact(torch.cat([made.forward(tokens[:, a:b], a, logits=b - a) for a, b in cuts], 1)[1])
    wanted = reference_logits(weights, tokens[1].tolist()).to(found.device)
    worst = ((found - wanted).norm(dim=-1) / wanted.norm(dim=-1)).max().item()
    reported = "float64 logits of 6 tokens through all layers, without a cache; norm of the difference, worst token"
    return Check(reported, worst, TOLERANCE[weights.dtype])
