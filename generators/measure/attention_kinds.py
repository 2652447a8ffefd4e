"""One decoder with five kinds of attention: multi-head, grouped, multi-query, latent, sliding window.

A step gets its cache handed in, so that one model can decode at any context.  How many entries
that cache holds is how far the step looks back: a sliding window is a ring of `window` entries.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F

from generators.measure.bench import Bench
from generators.measure.counting.attention import Kind
from generators.measure.counting.count import Shape
from generators.measure.llama import ROPE_BASE, rms_norm, rotate

ALIGNED = 64  # values; every tensor taken from a pool begins on a multiple of this
Attend = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]


def _products(query: torch.Tensor, keys: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    return torch.bmm(torch.bmm(query, keys.transpose(1, 2)).softmax(-1), values)


def _fused(query: torch.Tensor, keys: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    return F.scaled_dot_product_attention(query[None], keys[None], values[None], scale=1.0)[0]


def _enable_gqa(query: torch.Tensor, keys: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    rows = query.reshape(1, -1, 1, query.shape[-1])
    return F.scaled_dot_product_attention(rows, keys[None], values[None], scale=1.0, enable_gqa=True).view_as(query)


#: One token's attention, query [kv_heads, group, d] (scaled), keys and values [kv_heads, tokens, d].
#: "fused" hands the query heads of a group over as if they were positions, so that a key is read once for all.
METHODS: dict[str, Attend] = {"products": _products, "fused": _fused, "enable_gqa": _enable_gqa}


class Pool:
    """A stretch of numbers in memory, handed out piece by piece and from the start again at its end."""

    def __init__(self, flat: torch.Tensor, at: int = 0) -> None:
        """Begin at value `at`; pieces are views."""
        self.flat, self.at = flat, at

    def take(self, *size: int) -> torch.Tensor:
        """The next piece, of this size: the one not touched for the longest time."""
        count = math.prod(size)
        if self.at + count > self.flat.numel():
            self.at = 0
        piece = self.flat[self.at : self.at + count].view(size)
        self.at += -(-count // ALIGNED) * ALIGNED
        return piece


class Rope:
    """Rotary position tables for `size` channels."""

    def __init__(self, bench: Bench, size: int, positions: int, dtype: torch.dtype) -> None:
        """Angles are made in float64, because a float32 angle is off by 1e-3 at position 16384."""
        frequency = ROPE_BASE ** (-torch.arange(0, size, 2, dtype=torch.float64) / size)
        angle = torch.outer(torch.arange(positions, dtype=torch.float64), frequency)
        self.cosine, self.sine = (table.to(dtype).to(bench.device) for table in (angle.cos(), angle.sin()))

    def __call__(self, x: torch.Tensor, position: int) -> torch.Tensor:
        """Rotate [heads, size]."""
        return rotate(x, self.cosine[position], self.sine[position])


class HeadAttention:
    """Keys and values per head: multi-head, grouped and multi-query attention, and the sliding window."""

    def __init__(self, shape: Shape, kind: Kind, take: Callable[..., torch.Tensor], method: str) -> None:
        """Take the four projections; matrices are stored [out, in]."""
        d, self.size, self.kv_heads = shape.d_model, shape.head_dim, kind.kv_heads
        self.query, self.output = take(shape.heads * self.size, d), take(d, shape.heads * self.size)
        self.key, self.value = take(self.kv_heads * self.size, d), take(self.kv_heads * self.size, d)
        self.attend = METHODS[method]

    def cache_size(self, capacity: int) -> tuple[int, ...]:
        """Keys and values [2, kv_heads, tokens, head_dim]."""
        return (2, self.kv_heads, capacity, self.size)

    def __call__(self, h: torch.Tensor, cache: torch.Tensor, position: int, rope: Rope) -> torch.Tensor:
        """The new key and value take their place, the oldest one's when the cache is full; then attend to all."""
        capacity = cache.shape[2]
        seen, place = min(position + 1, capacity), position % capacity
        query = rope(torch.mv(self.query, h).view(-1, self.size), position) * self.size**-0.5
        cache[0, :, place] = rope(torch.mv(self.key, h).view(-1, self.size), position)
        cache[1, :, place] = torch.mv(self.value, h).view(-1, self.size)
        keys, values = cache[:, :, :seen]
        return torch.mv(self.output, self.attend(query.view(self.kv_heads, -1, self.size), keys, values).reshape(-1))


class LatentAttention:
    """One compressed latent and one rotary key per token, shared by all heads, in the absorbed form.

    The matrix that would expand a latent to a head's key is applied to the query instead, and the
    one that would expand it to a value to the weighted sum, so that only latents are read.
    """

    def __init__(self, shape: Shape, kind: Kind, take: Callable[..., torch.Tensor], gain: torch.Tensor) -> None:
        """Take the projections; `gain` is the latent's norm, as DeepSeek-V2 has it."""
        self.heads, self.size, self.rank, self.rope_dim = shape.heads, shape.head_dim, kind.latent_rank, kind.rope
        self.query = take(self.heads * (self.size + self.rope_dim), shape.d_model)
        self.down = take(self.rank + self.rope_dim, shape.d_model)
        self.up_key, self.up_value = (take(self.heads, self.size, self.rank) for _ in range(2))
        self.output, self.gain = take(shape.d_model, self.heads * self.size), gain

    def cache_size(self, capacity: int) -> tuple[int, ...]:
        """Latent and rotary key side by side [tokens, rank + rope_dim]."""
        return (capacity, self.rank + self.rope_dim)

    def __call__(self, h: torch.Tensor, cache: torch.Tensor, position: int, rope: Rope) -> torch.Tensor:
        """The new latent joins the cache; scores and weighted sum are taken on latents."""
        seen, place = min(position + 1, len(cache)), position % len(cache)
        latent, key = torch.mv(self.down, h).split((self.rank, self.rope_dim))
        cache[place, : self.rank] = rms_norm(latent, self.gain)
        cache[place, self.rank :] = rope(key, position)
        plain, turned = torch.mv(self.query, h).view(self.heads, -1).split((self.size, self.rope_dim), -1)
        absorbed = torch.bmm(plain[:, None], self.up_key).view(self.heads, self.rank)
        query = torch.cat((absorbed, rope(turned, position)), -1) * (self.size + self.rope_dim) ** -0.5
        mixed = self.attend(query, cache[:seen])
        return torch.mv(self.output, torch.bmm(self.up_value, mixed[:, :, None]).view(-1))

    def attend(self, query: torch.Tensor, entries: torch.Tensor) -> torch.Tensor:
        """The entries' latents, weighted by all heads' scores [heads, rank]."""
        return torch.mm(torch.mm(query, entries.T).softmax(-1), entries[:, : self.rank])


@dataclass
class Layer:
    """One layer: its attention, and the MLP's gains and matrices."""

    attention_norm: torch.Tensor
    attention: HeadAttention | LatentAttention
    mlp_norm: torch.Tensor
    gate: torch.Tensor
    up: torch.Tensor
    down: torch.Tensor


class Decoder:
    """The weights of one model, views of a pool; `step` is one decode step over a cache handed in."""

    def __init__(self, bench: Bench, shape: Shape, kind: Kind, pool: Pool, rope: Rope, method: str) -> None:
        """Take all matrices from the pool; gains are drawn."""
        self.shape, self.kind, self.rope, self.dtype = shape, kind, rope, pool.flat.dtype
        d, wide, take = shape.d_model, shape.d_ff, pool.take

        def gain(size: int = d) -> torch.Tensor:
            return (1 + 0.1 * bench.normal(size)).to(self.dtype)

        def attention() -> HeadAttention | LatentAttention:
            if kind.latent_rank:
                return LatentAttention(shape, kind, take, gain(kind.latent_rank))
            return HeadAttention(shape, kind, take, method)

        self.layers = [
            Layer(gain(), attention(), gain(), take(wide, d), take(wide, d), take(d, wide)) for _ in range(shape.layers)
        ]
        self.norm, self.head, self.embedding = gain(), take(shape.vocab, d), take(shape.vocab, d)

    def cache_size(self, capacity: int) -> tuple[int, ...]:
        """The cache that a step over `capacity` tokens wants."""
        return (self.shape.layers, *self.layers[0].attention.cache_size(capacity))

    @torch.inference_mode()
    def step(self, token: torch.Tensor, position: int, cache: torch.Tensor) -> torch.Tensor:
        """Logits after `token` (one index) at `position`; the new entry is written into `cache`."""
        x = self.embedding.index_select(0, token).view(-1)
        for layer, entries in zip(self.layers, cache, strict=True):
            x = x + layer.attention(rms_norm(x, layer.attention_norm), entries, position, self.rope)
            h = rms_norm(x, layer.mlp_norm)
            x = x + torch.mv(layer.down, F.silu(torch.mv(layer.gate, h)) * torch.mv(layer.up, h))
        return torch.mv(self.head, rms_norm(x, self.norm))
