"""The same decoder over a whole sequence in float64, without a cache: what its steps are checked against.

Written apart from the steps on purpose: explicit masks, keys and values expanded to full heads
(latent attention in its naive form too), RoPE as a complex rotation.
"""

from __future__ import annotations

import torch

from generators.measure.attention_kinds import Decoder, HeadAttention, LatentAttention
from generators.measure.exact import exact
from generators.measure.llama import EPSILON, ROPE_BASE

Expanded = tuple[torch.Tensor, torch.Tensor, torch.Tensor]


def linear(h: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Rows of h times a matrix stored [out, in], widened for the occasion."""
    return h @ exact(weight).T


def norm(h: torch.Tensor, gain: torch.Tensor) -> torch.Tensor:
    """RMSNorm over the last dimension."""
    return h / (h.square().mean(-1, keepdim=True) + EPSILON).sqrt() * exact(gain)


def rotated(x: torch.Tensor) -> torch.Tensor:
    """RoPE on [tokens, heads, channels]."""
    half = x.shape[-1] // 2
    place = torch.arange(len(x), device=x.device, dtype=torch.float64)
    channel = torch.arange(half, device=x.device, dtype=torch.float64) / half
    angle = torch.outer(place, ROPE_BASE**-channel)
    turned = torch.complex(x[..., :half], x[..., half:]) * torch.polar(torch.ones_like(angle), angle)[:, None]
    return torch.cat((turned.real, turned.imag), -1)


def expand_heads(part: HeadAttention, h: torch.Tensor) -> Expanded:
    """Query, key and value of every query head [tokens, heads, channels]."""
    query, key, value = (linear(h, w).view(len(h), -1, part.size) for w in (part.query, part.key, part.value))
    group = query.shape[1] // part.kv_heads
    return rotated(query), rotated(key).repeat_interleave(group, 1), value.repeat_interleave(group, 1)


def expand_latent(part: LatentAttention, h: torch.Tensor) -> Expanded:
    """The same from latents: each head's key is its expansion of the latent beside the shared rotary key."""
    count, split = len(h), (part.size, part.rope_dim)
    plain, turned = linear(h, part.query).view(count, part.heads, -1).split(split, -1)
    latent, shared = linear(h, part.down).split((part.rank, part.rope_dim), -1)
    latent = norm(latent, part.gain)
    shared = rotated(shared[:, None]).expand(count, part.heads, part.rope_dim)
    key, value = (torch.einsum("tr,hcr->thc", latent, exact(w)) for w in (part.up_key, part.up_value))
    return torch.cat((plain, rotated(turned)), -1), torch.cat((key, shared), -1), value


@torch.inference_mode()
def reference_logits(model: Decoder, tokens: list[int], window: int | None = None) -> torch.Tensor:
    """Logits after every token of a sequence; no token sees more than `window` tokens, itself included."""
    x = exact(model.embedding[torch.tensor(tokens, device=model.embedding.device)])
    place = torch.arange(len(tokens), device=x.device)
    back = place[:, None] - place
    hidden = (back < 0) | (back >= (window or len(tokens)))
    for layer in model.layers:
        part, h = layer.attention, norm(x, layer.attention_norm)
        query, key, value = expand_latent(part, h) if isinstance(part, LatentAttention) else expand_heads(part, h)
        scores = torch.einsum("qhd,khd->hqk", query, key) / query.shape[-1] ** 0.5
        shares = scores.masked_fill(hidden, float("-inf")).softmax(-1)
        x = x + linear(torch.einsum("hqk,khd->qhd", shares, value).reshape(len(h), -1), part.output)
        h = norm(x, layer.mlp_norm)
        gate = linear(h, layer.gate)
        x = x + linear(gate * gate.sigmoid() * linear(h, layer.up), layer.down)
    return linear(norm(x, model.norm), model.head)
