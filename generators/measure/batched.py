"""The same decoder for many tokens at once: [sequences, new tokens] over a preallocated cache of uniform length.

One pass serves a decode step of a batch (one new token each), a prefill (an empty cache) and the
verification of drafts (a few new tokens after many cached ones).  Several passes may share the
weights, and their caches may lie in one storage.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch
import torch.nn.functional as F

from generators.measure.bench import Bench
from generators.measure.llama import Layer, Weights, random_cache, rms_norm, rope_tables, rotate
from generators.measure.sdpa import using

Product = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]  # weight [out, in], rows [n, in] -> rows [n, out]

PRODUCTS: dict[str, Product] = {
    "mv": lambda weight, x: torch.mv(weight, x[0])[None],
    "linear": lambda weight, x: F.linear(x, weight),
    "weight @ x.T": lambda weight, x: torch.mm(weight, x.T).T,
}
TRIED_LAYERS, FEW_ROWS = 8, 64
ALIGNED = 16  # a mask's rows begin at multiples of this many elements, which fused attention asks for on a GPU


@dataclass(frozen=True)
class Plan:
    """What one pass goes over: sequences, new tokens, tokens cached before them, tokens scored, cache kept or not."""

    batch: int = 1
    new: int = 1
    context: int = 0
    logits: int = 1
    keeps: bool = True

    @property
    def capacity(self) -> int:
        """Tokens of each sequence once the pass is done."""
        return self.context + self.new


class Batched:
    """One pass after a fixed plan; `forward` is what is timed."""

    def __init__(self, bench: Bench, weights: Weights, plan: Plan, storage: torch.Tensor | None = None) -> None:
        """Lay the caches of all layers into `storage` (or a storage of their own), random as after an old sequence."""
        self.weights, self.shape, self.batch, capacity = weights, weights.shape, plan.batch, plan.capacity
        self.cosine, self.sine = (t[:, None] for t in rope_tables(bench, self.shape, weights.dtype, capacity))
        self.product = PRODUCTS["linear"]
        self.backend: str | None = None  # of attention, as `sdpa` names them
        self.masks: dict[tuple[int, int], torch.Tensor] = {}
        size = (2, plan.batch, self.shape.kv_heads, capacity if plan.keeps else 0, self.shape.head_dim)
        each = torch.Size(size).numel()
        flat = random_cache(bench, each * self.shape.layers, weights.dtype) if storage is None else storage
        self.caches = [flat[at * each : (at + 1) * each].view(size) for at in range(self.shape.layers)]

    @torch.inference_mode()
    def forward(self, tokens: torch.Tensor, past: int, logits: int = 1, keeps: bool = True) -> torch.Tensor:
        """Scores of the `logits` last tokens of each sequence: [batch, logits, vocabulary].

        `tokens` is [batch, new]; `past` cached tokens come before them.  A pass that does not
        keep leaves the cache alone and must start a sequence.
        """
        hidden = self.hidden(tokens, past, range(self.shape.layers), keeps)
        return self.scores(hidden[:, -logits:])

    @torch.inference_mode()
    def hidden(self, tokens: torch.Tensor, past: int, layers: Iterable[int], keeps: bool = True) -> torch.Tensor:
        """What leaves the last of some layers: [batch, new, d_model].  A check may pass one layer alone."""
        x = self.weights.embedding.index_select(0, tokens.reshape(-1))
        with using(self.backend):
            for place in layers:
                layer = self.weights.layers[place]
                x = x + self._attention(layer, self.caches[place], rms_norm(x, layer.attention_norm), past, keeps)
                x = x + self._mlp(layer, rms_norm(x, layer.mlp_norm))
        return x.reshape(*tokens.shape, -1)

    @torch.inference_mode()
    def scores(self, hidden: torch.Tensor) -> torch.Tensor:
        """The output head on hidden states [batch, n, d_model]."""
        rows = rms_norm(hidden, self.weights.norm).reshape(-1, hidden.shape[-1])
        return self.product_for(len(rows))(self.weights.head, rows).reshape(*hidden.shape[:2], -1)

    def product_for(self, rows: int) -> Product:
        """The product in use, or the matrix-vector one where there is one row."""
        return PRODUCTS["mv"] if rows == 1 else self.product

    def _mlp(self, layer: Layer, h: torch.Tensor) -> torch.Tensor:
        product = self.product_for(len(h))
        return product(layer.down, F.silu(product(layer.gate, h)) * product(layer.up, h))

    def _attention(self, layer: Layer, cache: torch.Tensor, h: torch.Tensor, past: int, keeps: bool) -> torch.Tensor:
        product, size = self.product_for(len(h)), self.shape.head_dim
        query, key, value = (
            product(matrix, h).contiguous().view(self.batch, -1, heads, size)  # fused attention wants rows
            for matrix, heads in (
                (layer.query, self.shape.heads),
                (layer.key, self.shape.kv_heads),
                (layer.value, self.shape.kv_heads),
            )
        )
        end = past + query.shape[1]
        query = self._rotate(query, past, end)
        key, value = self._rotate(key, past, end).transpose(1, 2), value.transpose(1, 2)
        if keeps:
            cache[0, :, :, past:end], cache[1, :, :, past:end] = key, value
        if past == 0:
            query = query.transpose(1, 2)
            mixed = F.scaled_dot_product_attention(query, key, value, is_causal=True, enable_gqa=True).transpose(1, 2)
        else:
            mixed = self._attend(query, cache[0, :, :, :end], cache[1, :, :, :end])
        return product(layer.output, mixed.reshape(len(h), -1))

    def _attend(self, query: torch.Tensor, keys: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
        """New tokens over cached ones; the heads that share a key are taken as rows of one query.

        So keys and values are read once per group, whatever the back end makes of grouped heads.
        """
        batch, new, heads, size = query.shape
        kv = keys.shape[1]
        grouped = query.view(batch, new, kv, heads // kv, size).permute(0, 2, 3, 1, 4).reshape(batch, kv, -1, size)
        mask = None if new == 1 else self.mask(new, keys.shape[2])
        mixed = F.scaled_dot_product_attention(grouped, keys, values, attn_mask=mask)
        return mixed.view(batch, kv, heads // kv, new, size).permute(0, 3, 1, 2, 4)

    def mask(self, new: int, end: int) -> torch.Tensor:
        """Added to the scores of the grouped rows: minus infinity where a new token would see a later one; made once."""
        if (new, end) not in self.masks:
            wide = -(-end // ALIGNED) * ALIGNED
            template = self.weights.embedding
            one = torch.full((new, wide), float("-inf"), dtype=template.dtype, device=template.device)
            group = self.shape.heads // self.shape.kv_heads
            self.masks[new, end] = one.triu(end - new + 1).repeat(group, 1)[:, :end]
        return self.masks[new, end]

    def _rotate(self, x: torch.Tensor, start: int, end: int) -> torch.Tensor:
        """RoPE on [batch, new, heads, head_dim]."""
        return rotate(x, self.cosine[start:end], self.sine[start:end])

    def choose_product(self, bench: Bench, tokens: torch.Tensor, past: int, keeps: bool = True) -> str:
        """Take the product with which this pass does some layers fastest; return its name.

        A processor's library may be far from its best in one of the two forms; on a GPU they are one.
        """
        rows = tokens.numel()
        if rows == 1:
            return "mv"
        names = ["linear", "weight @ x.T"] if bench.is_cpu else ["linear"]
        layers = range(min(TRIED_LAYERS if rows <= FEW_ROWS else 2, self.shape.layers))

        def trial(name: str) -> float:
            self.product = PRODUCTS[name]
            return min(bench.time(lambda: self.hidden(tokens, past, layers, keeps), 1) for _ in range(3))

        if len(names) > 1:
            names.sort(key=trial)
        self.product = PRODUCTS[names[0]]
        return names[0]
