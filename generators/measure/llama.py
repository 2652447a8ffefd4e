"""A Llama-shaped decoder with random weights, written plainly: one sequence, one token a step, a fixed KV cache."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F

from generators.measure.bench import Bench
from generators.measure.counting.count import Shape
from generators.measure.reference import EPSILON, ROPE_BASE, Wide, rms_norm64, rotate64
from generators.measure.sdpa import using


@dataclass
class Layer:
    """The weights of one layer; matrices are stored [out, in]."""

    attention_norm: torch.Tensor
    query: torch.Tensor
    key: torch.Tensor
    value: torch.Tensor
    output: torch.Tensor
    mlp_norm: torch.Tensor
    gate: torch.Tensor
    up: torch.Tensor
    down: torch.Tensor


class Weights:
    """The weights of one model, drawn at random; matrices have rows of about unit length."""

    def __init__(self, bench: Bench, shape: Shape, dtype: torch.dtype) -> None:
        """Fill memory with them."""
        self.shape, self.dtype = shape, dtype
        d, q, kv = shape.d_model, shape.heads * shape.head_dim, shape.kv_heads * shape.head_dim

        def weight(*size: int) -> torch.Tensor:
            return bench.weight(*size, dtype=dtype)

        def gain() -> torch.Tensor:
            return (1 + 0.1 * bench.normal(d)).to(dtype)

        self.embedding = weight(shape.vocab, d)
        self.layers = [
            Layer(
                gain(),
                weight(q, d),
                weight(kv, d),
                weight(kv, d),
                weight(d, q),
                gain(),
                weight(shape.d_ff, d),
                weight(shape.d_ff, d),
                weight(d, shape.d_ff),
            )
            for _ in range(shape.layers)
        ]
        self.norm, self.head = gain(), weight(shape.vocab, d)


def rope_tables(bench: Bench, shape: Shape, dtype: torch.dtype, capacity: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Cosine and sine of every position and channel pair, [capacity, head_dim / 2], computed in float64."""
    channel = torch.arange(0, shape.head_dim, 2, dtype=torch.float64) / shape.head_dim
    angle = torch.outer(torch.arange(capacity, dtype=torch.float64), ROPE_BASE**-channel)
    return angle.cos().to(dtype).to(bench.device), angle.sin().to(dtype).to(bench.device)


def random_cache(bench: Bench, elements: int, dtype: torch.dtype) -> torch.Tensor:
    """Keys and values of an old sequence: normal numbers, never zeros, tiled from a pool."""
    return bench.weight(elements, 1, dtype=dtype).view(-1)


class Llama(Weights):
    """Weights, tables and caches of one model; `step` is one decode step."""

    def __init__(self, bench: Bench, shape: Shape, dtype: torch.dtype, capacity: int) -> None:
        """Draw the weights and allocate a cache for `capacity` tokens per layer."""
        super().__init__(bench, shape, dtype)
        self.capacity = capacity
        self.backend: str | None = None  # of attention, as `sdpa` names them
        self.cosine, self.sine = rope_tables(bench, shape, dtype, capacity)
        size = (shape.layers, 2, shape.kv_heads, capacity, shape.head_dim)
        self.cache = random_cache(bench, torch.Size(size).numel(), dtype).view(size)

    @torch.inference_mode()
    def step(self, token: torch.Tensor, position: int) -> torch.Tensor:
        """Logits after `token` (one index) at `position`, which is also the number of tokens cached before it."""
        with using(self.backend):
            x = self.embedding.index_select(0, token).view(-1)
            for layer, cache in zip(self.layers, self.cache, strict=True):
                x = x + self._attention(layer, cache, rms_norm(x, layer.attention_norm), position)
                h = rms_norm(x, layer.mlp_norm)
                x = x + torch.mv(layer.down, F.silu(torch.mv(layer.gate, h)) * torch.mv(layer.up, h))
            return torch.mv(self.head, rms_norm(x, self.norm))

    def _attention(self, layer: Layer, cache: torch.Tensor, h: torch.Tensor, position: int) -> torch.Tensor:
        """Grouped-query attention over the cache; the new key and value join it first."""
        size = self.shape.head_dim
        query = self._rotate(torch.mv(layer.query, h).view(-1, size), position)
        cache[0, :, position] = self._rotate(torch.mv(layer.key, h).view(-1, size), position)
        cache[1, :, position] = torch.mv(layer.value, h).view(-1, size)
        keys, values = cache[:, None, :, : position + 1]
        mixed = F.scaled_dot_product_attention(query[None, :, None], keys, values, enable_gqa=True)
        return torch.mv(layer.output, mixed.reshape(-1))

    def _rotate(self, x: torch.Tensor, position: int) -> torch.Tensor:
        """RoPE on [heads, head_dim]."""
        return rotate(x, self.cosine[position], self.sine[position])


def rotate(x: torch.Tensor, cosine: torch.Tensor, sine: torch.Tensor) -> torch.Tensor:
    """RoPE on the last dimension, pairing channel i with i + head_dim / 2; one row of the tables for each position."""
    first, second = x.chunk(2, -1)
    return torch.cat((first * cosine - second * sine, second * cosine + first * sine), -1)


def rms_norm(x: torch.Tensor, gain: torch.Tensor) -> torch.Tensor:
    """Scale every row to unit root mean square (in float32 at least), then by the gain."""
    wide = x if x.dtype == torch.float64 else x.float()
    return (wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + EPSILON)).to(x.dtype) * gain


@torch.inference_mode()
def reference_logits(model: Weights, tokens: list[int]) -> torch.Tensor:
    """Logits after every token of a sequence, in float64, without a cache: what `step` is checked against.

    Written apart from `step` on purpose: whole sequence at once, explicit mask, expanded heads,
    RoPE as a complex rotation.  Matrices are widened block by block, to bound memory.
    """
    shape, count = model.shape, len(tokens)
    group = shape.heads // shape.kv_heads
    wide = Wide(model.head.device)
    x = wide(model.embedding[torch.tensor(tokens, device=model.embedding.device)])
    future = torch.ones(count, count, dtype=torch.bool, device=x.device).triu(1)
    positions = torch.arange(count, device=x.device)

    def heads(h: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        return wide.linear(h, weight).view(count, -1, shape.head_dim)

    for layer in model.layers:
        h = rms_norm64(x, wide(layer.attention_norm))
        query, key = (rotate64(heads(h, weight), positions) for weight in (layer.query, layer.key))
        key, value = (each.repeat_interleave(group, 1) for each in (key, heads(h, layer.value)))
        scores = torch.einsum("qhd,khd->hqk", query, key) / shape.head_dim**0.5
        shares = scores.masked_fill(future, float("-inf")).softmax(-1)
        x = x + wide.linear(torch.einsum("hqk,khd->qhd", shares, value).reshape(count, -1), layer.output)
        x = x + wide.mlp(rms_norm64(x, wide(layer.mlp_norm)), layer.gate, layer.up, layer.down)
    return wide.linear(rms_norm64(x, wide(model.norm)), model.head)
