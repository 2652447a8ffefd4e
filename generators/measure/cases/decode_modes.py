"""A decode step whose tensors stay in place, so that a compiler can fuse its layers or a CUDA graph replay it.

The position is a tensor on the device, so that another position is neither another program nor
another graph.  The price: attention goes over every slot of the cache with a mask, where the eager
step reads only as far as the cache is filled.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F

from generators.measure.bench import Bench
from generators.measure.compiling import compiled
from generators.measure.graphs import capture
from generators.measure.llama import Llama, rms_norm, rotate
from generators.measure.plan import Unsupported
from generators.measure.sdpa import using

METHODS = {
    "compiled": "layer through torch.compile, mask over the cache",
    "graph": "CUDA graph of one eager step, mask over the cache",
    "compiled graph": "CUDA graph of one compiled step, mask over the cache",
}
WARMUPS = 3  # steps before a capture, as libraries allocate on first use


def layer_step(
    x: torch.Tensor,
    weights: tuple[torch.Tensor, ...],
    cache: torch.Tensor,
    position: torch.Tensor,
    turn: tuple[torch.Tensor, torch.Tensor],
    mask: torch.Tensor,
    product: Callable[[Any, torch.Tensor], torch.Tensor] = torch.mv,
) -> torch.Tensor:
    """One layer of one decode step; `cache` is [2, heads, slots, head_dim], `mask` is added to the scores of a slot."""
    attention_norm, query, key, value, output, mlp_norm, gate, up, down = weights
    heads, size = cache.shape[1], cache.shape[3]
    h = rms_norm(x, attention_norm)
    cache[0].index_copy_(1, position, rotate(product(key, h).view(heads, 1, size), *turn))
    cache[1].index_copy_(1, position, product(value, h).view(heads, 1, size))
    grouped = rotate(product(query, h).view(heads, -1, size), *turn)  # heads that share a key are rows of one query
    mixed = F.scaled_dot_product_attention(grouped[None], cache[0][None], cache[1][None], attn_mask=mask)
    x = x + product(output, mixed.reshape(-1))
    h = rms_norm(x, mlp_norm)
    return x + product(down, F.silu(product(gate, h)) * product(up, h))


def require(bench: Bench, mode: str) -> None:
    """Raise `Unsupported` before a model is built for a mode that this device does not know."""
    if "graph" in mode and not bench.is_cuda:
        raise Unsupported("CUDA graphs need a CUDA device")


class StaticWalk:
    """Greedy decode within a window of positions; token and position advance on the device."""

    def __init__(self, bench: Bench, model: Llama, first: int, last: int, mode: str) -> None:
        """Lay out what a step reads and writes; `make` compiles or captures."""
        device = model.head.device
        self.bench, self.model, self.mode, self.layer = bench, model, mode, layer_step
        self.weights = [tuple(vars(layer).values()) for layer in model.layers]
        self.caches = list(model.cache)
        self.token = torch.ones(1, dtype=torch.long, device=device)
        self.position = torch.full((1,), first, dtype=torch.long, device=device)
        self.slots = torch.arange(model.capacity, device=device)
        self.following = torch.where(self.slots == last, first, self.slots + 1)
        self.logits = torch.full((model.shape.vocab,), float("nan"), dtype=model.dtype, device=device)
        self.backend: str | None = None  # of attention, as `sdpa` names them
        self.play: Callable[[], object] | None = None
        self.owned: list[object] = []  # what a captured step reads and writes
        self.compile_seconds: float | None = None

    def __call__(self) -> None:
        """One step."""
        (self.play or self.issue)()

    @torch.inference_mode()
    def issue(self) -> None:
        """One step, issued operation by operation: logits, the next token, the next position."""
        model = self.model
        turn = model.cosine.index_select(0, self.position), model.sine.index_select(0, self.position)
        mask = torch.where(self.slots <= self.position, 0.0, float("-inf")).to(model.dtype)[None]
        x = model.embedding.index_select(0, self.token).view(-1)
        with using(self.backend):
            for weights, cache in zip(self.weights, self.caches, strict=True):
                x = self.layer(x, weights, cache, self.position, turn, mask)
        self.logits.copy_(torch.mv(model.head, rms_norm(x, model.norm)))
        self.token.copy_(self.logits.argmax(0, keepdim=True))
        self.position.copy_(self.following.index_select(0, self.position))

    def step(self, token: torch.Tensor, position: int) -> torch.Tensor:
        """The step that is timed, for a token and position of the caller's choice; its logits are overwritten by the next."""
        self.logits.fill_(float("nan"))
        self.token.copy_(token)
        self.position.fill_(position)
        self()
        return self.logits

    def make(self) -> None:
        """Compile, capture, or both; `Unsupported` where this device or machine cannot."""
        if "compiled" in self.mode:
            self.layer, reported = compiled(self.layer, self._with_layer, self.bench.device)
            self.compile_seconds = reported["compile_seconds"]
        if "graph" in self.mode:
            replay = capture(self.issue, warmups=WARMUPS, compiled="compiled" in self.mode)
            self.owned = replay.owned[1:]  # less the step itself: a ring of references would keep the model
            self.play = replay.graph.replay

    def _with_layer(self, layer: Callable[..., torch.Tensor]) -> None:
        """One step by another function for its layers."""
        self.layer = layer
        self.issue()
        self.bench.wait()
