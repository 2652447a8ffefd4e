"""The work of a pass over a mixed batch: some sequences decode while prompts, or parts of them, are read.  No torch here.

Counted as in `count.decode`: every matrix and gain once however many sequences share the pass (the
output head only if a token comes out), one embedding row per new token, keys and values of cached
tokens read once and those of new tokens written once.  Left out: activations, the logits, and
reading new keys back, all of which stay in the caches for the sizes measured here.  FLOP of
attention are those of the pairs that a causal mask leaves.
"""

from __future__ import annotations

from collections.abc import Iterable

from generators.measure.counting.count import Shape, kv_bytes_per_token, matrix_parameters, norm_parameters
from generators.measure.plan import Work
from generators.measure.serving.scheduler import Request, Segment


def pairs(new: int, cached: int) -> int:
    """Query-key pairs of one segment: each new token sees all before it and itself."""
    return new * cached + new * (new + 1) // 2


def mixed_pass(shape: Shape, itemsize: int, segments: Iterable[Segment]) -> Work:
    """One pass over a mixed batch; `tokens` counts the answer tokens that come out."""
    listed = list(segments)
    new, answers = sum(one.new for one in listed), sum(one.answers for one in listed)
    head = shape.vocab * shape.d_model
    layers = matrix_parameters(shape) - head
    read = layers + norm_parameters(shape) + (head if answers else 0) + new * shape.d_model
    cache = kv_bytes_per_token(shape, itemsize) * sum(one.cached + one.new for one in listed)
    attention = 4 * shape.layers * shape.heads * shape.head_dim * sum(pairs(one.new, one.cached) for one in listed)
    return Work(read * itemsize + cache, 2 * layers * new + 2 * head * answers + attention, answers)


def trace_flop(shape: Shape, requests: Iterable[Request]) -> float:
    """FLOP of serving requests to their end, the same however they are scheduled."""
    total = 0.0
    head = shape.vocab * shape.d_model
    for one in requests:
        new = one.prompt + one.answer - 1 - one.cached
        attention = 4 * shape.layers * shape.heads * shape.head_dim * pairs(new, one.cached)
        total += 2 * (matrix_parameters(shape) - head) * new + 2 * head * one.answer + attention
    return total
