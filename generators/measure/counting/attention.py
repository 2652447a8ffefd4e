"""Bytes and FLOP of the attention kinds and of attention alone.  No torch here.

Counted are what a step cannot avoid moving: weights once, one embedding row, cached entries that
the step attends to once, the new token's entry once.  Left out are activations, RoPE tables,
scores and logits.  A latent entry is read for the scores and again for the weighted sum, but
counted once: a layer's entries fit in a cache or a tile between the two.
"""

from __future__ import annotations

from dataclasses import dataclass

from generators.measure.counting import count
from generators.measure.counting.count import Shape
from generators.measure.plan import Work


@dataclass(frozen=True)
class Kind:
    """How the layers of a model attend; `kv_heads`, `window` and the latent's sizes where they apply."""

    name: str
    kv_heads: int
    window: int | None = None
    latent_rank: int | None = None
    rope_dim: int | None = None

    @property
    def rope(self) -> int:
        """Channels of the rotary key that latent attention keeps beside the latent; 0 elsewhere."""
        return self.rope_dim or 0

    def as_parameters(self) -> dict[str, int | None]:
        """What tells this kind from the others, under the names of the record."""
        return {
            "kv_heads": self.kv_heads,
            "window": self.window,
            "latent_rank": self.latent_rank,
            "rope_dim": self.rope_dim,
        }


def kinds(shape: Shape, window: int) -> dict[str, Kind]:
    """Five ways for the same query heads to attend; `shape.kv_heads` is the grouped one's.

    The latent has DeepSeek-V2's proportions: a rank of four heads, and half a head of rotary key.
    """
    latent = {"latent_rank": 4 * shape.head_dim, "rope_dim": shape.head_dim // 2}
    every = [
        Kind("mha", shape.heads),
        Kind("gqa", shape.kv_heads),
        Kind("mqa", 1),
        Kind("mla", shape.heads, **latent),
        Kind("window", shape.heads, window=window),
    ]
    return {kind.name: kind for kind in every}


def projection_parameters(shape: Shape, kind: Kind) -> int:
    """Matrices of one layer's attention, in parameters; latent attention compresses keys and values, not queries."""
    d, heads, size = shape.d_model, shape.heads, shape.head_dim
    if kind.latent_rank:
        query = d * heads * (size + kind.rope)
        latent = d * (kind.latent_rank + kind.rope) + 2 * kind.latent_rank * heads * size
        return query + latent + heads * size * d
    return 2 * d * size * (heads + kind.kv_heads)


def matrix_parameters(shape: Shape, kind: Kind) -> int:
    """Weights of the matrices that one token passes, output head included."""
    layer = projection_parameters(shape, kind) + 3 * shape.d_model * shape.d_ff
    return shape.layers * layer + shape.vocab * shape.d_model


def weights_read(shape: Shape, kind: Kind) -> int:
    """Parameters that a decode step reads: matrices, gains (the latent's too) and one row of the embedding."""
    gains = count.norm_parameters(shape) + shape.layers * (kind.latent_rank or 0)
    return matrix_parameters(shape, kind) + gains + shape.d_model


def parameters(shape: Shape, kind: Kind) -> int:
    """All parameters, with the input embedding that an untied model keeps apart from the head."""
    return weights_read(shape, kind) + (shape.vocab - 1) * shape.d_model


def cache_values_per_token(shape: Shape, kind: Kind) -> int:
    """Numbers that one token leaves in the cache, over all layers."""
    entry = kind.latent_rank + kind.rope if kind.latent_rank else 2 * kind.kv_heads * shape.head_dim
    return shape.layers * entry


def attended(kind: Kind, context: int) -> int:
    """Tokens that a step looks at, itself included, when `context` tokens came before it."""
    return min(context + 1, kind.window) if kind.window else context + 1


def decode(shape: Shape, kind: Kind, itemsize: int, context: int) -> Work:
    """One decode step of one sequence after `context` tokens.

    FLOP: 2 per matrix weight (the absorbed latent form multiplies by the same matrices), and per
    attended token and head 4 per channel, or for a latent 2 per channel of rank and rotary key
    (scores) and 2 per channel of rank (weighted sum).
    """
    seen = attended(kind, context)
    channels = 2 * kind.latent_rank + kind.rope if kind.latent_rank else 2 * shape.head_dim
    attention = 2 * shape.layers * shape.heads * channels * seen
    values = weights_read(shape, kind) + cache_values_per_token(shape, kind) * seen  # the new token's: written
    return Work(bytes=values * itemsize, flop=2 * matrix_parameters(shape, kind) + attention, tokens=1)


@dataclass(frozen=True)
class Heads:
    """Attention alone: `queries` positions of `batch` sequences against `context` keys each."""

    batch: int
    heads: int
    kv_heads: int
    head_dim: int
    queries: int
    context: int

    @property
    def causal(self) -> bool:
        """Whether a query may not see the keys behind it: a whole prompt does, one new token sees all."""
        return self.queries > 1


def pairs(at: Heads) -> int:
    """Query-key pairs of one head of one sequence: half the square and half the diagonal where it is causal."""
    return at.queries * at.context - (at.queries * (at.queries - 1) // 2 if at.causal else 0)


def score_bytes(at: Heads, itemsize: int) -> int:
    """The whole score matrix, which a fused kernel never writes down."""
    return at.batch * at.heads * at.queries * at.context * itemsize


def attention(at: Heads, itemsize: int) -> Work:
    """Queries, keys, values and output once, the least that must move; 4 FLOP per pair and channel.

    A kernel that fills in the masked half of the square executes up to twice these FLOP.
    """
    rows = 2 * at.heads * at.queries + 2 * at.kv_heads * at.context
    flop = 4 * at.batch * at.heads * at.head_dim * pairs(at)
    return Work(bytes=at.batch * rows * at.head_dim * itemsize, flop=flop)
