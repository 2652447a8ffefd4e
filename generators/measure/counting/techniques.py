"""Bytes and FLOP of the techniques that save bytes, and of each operator of a decode step.  No torch here.

Weights count as they are stored, scales, zero points, indices and row pointers included, because
that is what a kernel reads.  Left out, as in `count`: activations of a product (they stay in a
cache), a cache's read-for-ownership of a line that is written, and what a format pads.
"""

from __future__ import annotations

from dataclasses import dataclass

from generators.measure.counting import count
from generators.measure.counting.count import Shape
from generators.measure.plan import Work

#: Bits of one stored weight, before scales and zero points.
BITS = {"float32": 32, "bfloat16": 16, "int8": 8, "int4": 4}


def stored_bytes(weights: str, d_in: int, d_out: int, group: int = 0, scale_bytes: int = 0) -> float:
    """Bytes of one matrix in a weight format.

    int8 has one scale per output; int4 has a scale and a zero point per `group` inputs of an
    output, each of `scale_bytes`.  Raises KeyError for an unknown format.
    """
    scales = {"int8": d_out, "int4": 2 * d_out * (d_in // group) if group else 0}.get(weights, 0)
    return d_in * d_out * BITS[weights] / 8 + scales * scale_bytes


def effective_bits(stored: float, d_in: int, d_out: int) -> float:
    """Bits per weight that a matrix of so many stored bytes comes to."""
    return 8 * stored / (d_in * d_out)


def product(rows: int, d_in: int, d_out: int, stored: float) -> Work:
    """`rows` activations times a matrix that is read once as stored: 2 FLOP per weight and row."""
    return Work(bytes=stored, flop=2 * rows * d_in * d_out)


def product_through_wide(rows: int, d_in: int, d_out: int, stored: float, itemsize: int) -> Work:
    """Dequantise, then multiply: the stored weights read, the wide ones written and read again.

    The 2 FLOP per weight of dequantising are left out, so that all ways to one product count alike.
    """
    return Work(bytes=stored + 2 * d_in * d_out * itemsize, flop=2 * rows * d_in * d_out)


def chain(operations: int, elements: int, itemsize: int, fused: bool) -> Work:
    """Elementwise operations in a row: each reads and writes the tensor, or all of them do so once."""
    passes = 1 if fused else operations
    return Work(bytes=2 * passes * elements * itemsize, flop=operations * elements)


#: Reads and writes of the tensor by the four passes of an unfused norm: square, mean, scale, gain.
NORM_PASSES = 2 + 1 + 2 + 2


def rms_norm(elements: int, itemsize: int, fused: bool) -> Work:
    """RMSNorm of long rows: pass by pass, or one read and one write.

    FLOP: square, sum, scale and gain of each element.  The gain and one number a row are left out,
    and so is a fused kernel's second read of a row, which is in the cache by then.
    """
    return Work(bytes=(2 if fused else NORM_PASSES) * elements * itemsize, flop=4 * elements)


def dense(d_in: int, d_out: int, itemsize: int) -> Work:
    """A matrix-vector product with every weight stored, zero or not."""
    return product(1, d_in, d_out, d_in * d_out * itemsize)


def csr(d_out: int, nonzero: int, itemsize: int, index_bytes: int) -> Work:
    """A matrix-vector product in CSR: value and column of each weight kept, and the row pointers."""
    return Work(bytes=nonzero * (itemsize + index_bytes) + (d_out + 1) * index_bytes, flop=2 * nonzero)


def two_to_four(d_in: int, d_out: int, itemsize: int, columns: int = 1) -> Work:
    """A product in the 2:4 format: half the values, and 2 bits for the place of each kept one."""
    kept = d_in * d_out / 2
    return Work(bytes=kept * itemsize + kept * 2 / 8, flop=2 * kept * columns)


@dataclass(frozen=True)
class Operator:
    """One kind of operator of a step over all layers: how often it is called and what it moves.

    `activation_bytes` are the activations it reads and writes; they stay in a cache and are
    therefore no part of `work`.
    """

    calls: int
    work: Work
    activation_bytes: int


def step_operators(shape: Shape, itemsize: int, context: int) -> dict[str, Operator]:
    """The operators of one decode step in the order of their first call; their work sums to `count.decode`.

    As there, only products and attention count FLOP, and the token belongs to the step, not to an operator.
    """
    deep, d, wide = shape.layers, shape.d_model, shape.d_ff
    query, kv = shape.heads * shape.head_dim, shape.kv_heads * shape.head_dim

    def plain(calls: int, values: int, weights: int = 0) -> Operator:
        return Operator(calls, Work(bytes=weights * itemsize), values * itemsize)

    def products(calls: int, ins: int, outs: int, weights: int) -> Operator:
        return Operator(calls, Work(bytes=weights * itemsize, flop=2 * weights), (ins + outs) * itemsize)

    token = count.kv_bytes_per_token(shape, itemsize)
    attended = Work(bytes=token * context, flop=4 * deep * query * (context + 1))
    return {
        "embedding": plain(1, d, d),
        "attention norm": plain(deep, 2 * deep * d, deep * d),
        "query, key and value products": products(
            3 * deep, 3 * deep * d, deep * (query + 2 * kv), deep * d * (query + 2 * kv)
        ),
        "rope": plain(2 * deep, 2 * deep * (query + kv)),
        "cache write": Operator(2 * deep, Work(bytes=token), 2 * deep * kv * itemsize),
        "attention": Operator(deep, attended, 2 * deep * query * itemsize + token),
        "output product": products(deep, deep * query, deep * d, deep * query * d),
        "residual add": plain(2 * deep, 6 * deep * d),
        "mlp norm": plain(deep, 2 * deep * d, deep * d),
        "gate and up products": products(2 * deep, 2 * deep * d, 2 * deep * wide, 2 * deep * d * wide),
        "activation": plain(2 * deep, 5 * deep * wide),
        "down product": products(deep, deep * wide, deep * d, deep * d * wide),
        "last norm": plain(1, 2 * d, d),
        "head": products(1, d, shape.vocab, shape.vocab * d),
        "argmax": plain(1, shape.vocab),
    }
