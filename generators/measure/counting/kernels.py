"""Bytes and FLOP of the kernels that are put on the roofline.  No torch here.

Counted are the bytes a kernel cannot avoid: each operand read once and each result written once,
as the program names them.  Left out are what a cache reads before it overwrites a line, temporaries
of a kernel that torch composes of several passes (their traffic shows as a low rate, which is the
point), and scalars.  FLOP: an addition, a multiplication, a division, a comparison, an exponential
and a square root count 1 each; a fused multiply-add counts 2.
"""

from __future__ import annotations

from generators.measure.plan import Work

RMS_NORM_FLOP = 4  # an element: square, add to the mean, times the inverse root, times the gain
SOFTMAX_FLOP = 5  # an element: compare for the maximum, subtract, exponential, add, divide
TRIAD_FLOP = 2  # an element: multiply and add


def product(rows: int, d_in: int, d_out: int, itemsize: int, out_itemsize: int | None = None) -> Work:
    """`rows` vectors of `d_in` times a weight [d_out, d_in]: weight and input read, output written."""
    read = (d_in * d_out + rows * d_in) * itemsize
    return Work(bytes=read + rows * d_out * (out_itemsize or itemsize), flop=2 * rows * d_in * d_out)


def triad(elements: int, itemsize: int) -> Work:
    """a = b + s c: two arrays read, one written, as STREAM counts."""
    return Work(bytes=3 * elements * itemsize, flop=TRIAD_FLOP * elements)


def fma_chain(elements: int, itemsize: int, fma: int, chains: int) -> Work:
    """`fma` multiply-adds on every element, in so many chains that are added up: one read, one write."""
    return Work(bytes=2 * elements * itemsize, flop=elements * (2 * fma + chains - 1))


def rms_norm(rows: int, width: int, itemsize: int) -> Work:
    """Rows read and written once, the gain read once; the root of each row is left out."""
    return Work(bytes=(2 * rows * width + width) * itemsize, flop=RMS_NORM_FLOP * rows * width)


def softmax(rows: int, width: int, itemsize: int) -> Work:
    """Rows read and written once, however often the kernel passes over a row that its cache holds."""
    return Work(bytes=2 * rows * width * itemsize, flop=SOFTMAX_FLOP * rows * width)


def attention_decode(heads: int, kv_heads: int, head_dim: int, context: int, itemsize: int) -> Work:
    """One query per head over `context` keys and values: these, the query and the result move once.

    FLOP are those of the two products, 4 per query channel and key; the softmax between is left out.
    """
    elements = 2 * kv_heads * context * head_dim + 2 * heads * head_dim
    return Work(bytes=elements * itemsize, flop=4 * heads * head_dim * context)


def attention_prefill(heads: int, kv_heads: int, head_dim: int, tokens: int, itemsize: int) -> Work:
    """A causal pass over `tokens`: queries, keys, values and results move once, scores stay in a cache.

    FLOP are those of the two products over the tokens / 2 (tokens + 1) pairs that the mask leaves.
    """
    elements = 2 * (heads + kv_heads) * tokens * head_dim
    return Work(bytes=elements * itemsize, flop=2 * heads * head_dim * tokens * (tokens + 1))
