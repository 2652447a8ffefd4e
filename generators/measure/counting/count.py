"""The one place where bytes and FLOP are counted, so that a rate can be argued with.  No torch here.

Counted are the bytes a step cannot avoid reading or writing in main memory.  Activations, RoPE
tables and the logits are left out: a few hundred kilobytes that stay in the cache.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from generators.measure.plan import Work


@dataclass(frozen=True)
class Shape:
    """A Llama-shaped decoder: RMSNorm, RoPE, grouped-query attention, SwiGLU, untied output head."""

    layers: int
    d_model: int
    heads: int
    kv_heads: int
    head_dim: int
    d_ff: int
    vocab: int

    def as_parameters(self) -> dict[str, int | bool]:
        """The dimensions under the names that records and models of the book use."""
        return asdict(self) | {"tied": False}


def matrix_parameters(shape: Shape) -> int:
    """Weights of the matrices that one token passes: attention, MLP and output head, in parameters."""
    attention = shape.d_model * shape.head_dim * (2 * shape.heads + 2 * shape.kv_heads)
    mlp = 3 * shape.d_model * shape.d_ff
    return shape.layers * (attention + mlp) + shape.vocab * shape.d_model


def norm_parameters(shape: Shape) -> int:
    """Two gains per layer and the last one, in parameters."""
    return (2 * shape.layers + 1) * shape.d_model


def parameters(shape: Shape) -> int:
    """All parameters, with the input embedding that an untied model keeps apart from the head."""
    return matrix_parameters(shape) + norm_parameters(shape) + shape.vocab * shape.d_model


def kv_bytes_per_token(shape: Shape, itemsize: int) -> int:
    """Keys and values one token leaves in the cache, over all layers, in bytes."""
    return 2 * shape.layers * shape.kv_heads * shape.head_dim * itemsize


def decode(shape: Shape, itemsize: int, context: float) -> Work:
    """One decode step of one sequence with `context` tokens already cached: `forward` of one new token.

    Bytes: every matrix and gain once, one row of the input embedding, the cached keys and values
    read once, the new token's written once.  FLOP: 2 per matrix weight, and 4 per query channel
    and attended token (scores and weighted sum), the token itself included.
    """
    return forward(shape, itemsize, batch=1, new=1, context=context)


def forward(
    shape: Shape, itemsize: int, batch: int, new: int, context: float, logits: int = 1, keeps: bool = True
) -> Work:
    """One pass over `batch` sequences, `new` tokens each, after `context` cached tokens each.

    Bytes: every matrix and gain once however many tokens there are, one embedding row per new
    token, the cached keys and values read once, those of the new tokens written once (unless the
    pass keeps no cache) and not counted as read, for they were just made.
    FLOP: 2 per weight and token in the layers, 2 per weight of the head for the `logits` last
    tokens of each sequence, and 4 per query channel and attended token, where a new token attends
    to the cached ones, the new ones before it and itself.  What a kernel computes above that
    triangle and then masks is not counted.
    """
    weights = (matrix_parameters(shape) + norm_parameters(shape) + batch * new * shape.d_model) * itemsize
    cache = batch * kv_bytes_per_token(shape, itemsize) * (context + (new if keeps else 0))
    head = shape.vocab * shape.d_model
    products = 2 * batch * (new * (matrix_parameters(shape) - head) + logits * head)
    attended = new * context + new * (new + 1) / 2
    attention = 4 * shape.layers * shape.heads * shape.head_dim * batch * attended
    return Work(bytes=weights + cache, flop=products + attention, tokens=batch * new)


def kv_cache_bytes(shape: Shape, itemsize: int, batch: int, tokens: int) -> int:
    """Memory that the cache of `batch` sequences of `tokens` tokens takes."""
    return batch * tokens * kv_bytes_per_token(shape, itemsize)


def activation_bytes(shape: Shape, itemsize: int, tokens: int, logits: int) -> int:
    """Memory to set aside for a pass over `tokens` tokens beside weights and cache: a generous estimate, not traffic.

    Twice the widest moment of a layer (the stream, its norm in float32, and the MLP's three
    tensors), and the scores of the tokens they are wanted for.
    """
    layer = tokens * (4 * shape.d_model + 3 * shape.d_ff + 2 * shape.heads * shape.head_dim) * max(itemsize, 4)
    return 2 * layer + logits * shape.vocab * max(itemsize, 4)


def read(elements: int, itemsize: int, flop_per_element: int) -> Work:
    """One pass over `elements`; results and small operands are left out."""
    return Work(bytes=elements * itemsize, flop=elements * flop_per_element)


def copy(elements: int, itemsize: int) -> Work:
    """Bytes read plus bytes written, as the program names them; a cache's read-for-ownership is not counted."""
    return Work(bytes=2 * elements * itemsize)
