"""A pass kernel by kernel: what its small operations move, plain and fused, what attention moves, and each under its own roof."""

import math
from dataclasses import replace
from typing import NamedTuple

from generators.catalog.record import Record
from generators.comparison.comparison import by_products, ceilings, decode_case, measured_shape
from generators.comparison.overhead import gaps
from generators.comparison.phases import prefill_case
from generators.core import units
from generators.measure.counting import attention as counted
from generators.measure.counting.attention import Heads
from generators.measure.plan import Work
from generators.model.inputs import Shape

WIDTH = 2  # bytes of a value in BF16
SCORE_PASSES = 4  # scores written, read by the softmax; their shares written, read by the second product
SUITE = Shape(layers=1.0, d_model=512.0, heads=8.0, kv_heads=8.0, head_dim=64.0, d_ff=0.0, vocab=0.0)  # its `attention`
NORM_FLOP = 4  # for each value: square, add, scale, gain


class Small(NamedTuple):
    """Bytes that one kind of small operation moves in one layer: as plain PyTorch runs it, and fused with its neighbors."""

    name: str
    plain: float
    fused: float


def norm(s: Shape, tokens: float) -> Small:
    """One RMSNorm: in plain PyTorch six kernels that write something as long, in FP32 between the first and the last but one.

    Widen 3, square 4, mean 2, scale 4, narrow 3, gain 2 times the bytes of its input; as one kernel, in and out.
    """
    x = tokens * s.d_model * WIDTH
    return Small("RMSNorm", 18 * x, 2 * x)


def small_operations(s: Shape, tokens: float) -> list[Small]:
    """What a layer of a Llama does beside its products and attention, as `generators/measure/batched.py` writes it.

    Fused: the sum with what stands beside it goes into the norm, rotation and writing into the cache are one,
    and so are the two operations between the products of the MLP.  Rows of tables and gains are left out.
    """
    x, wide = (tokens * width * WIDTH for width in (s.d_model, s.d_ff))
    query, key = (tokens * heads * s.head_dim * WIDTH for heads in (s.heads, s.kv_heads))
    return [
        Small("norms and sums", 2 * norm(s, tokens).plain + 6 * x, 8 * x),
        Small("rotation and cache", 9 * (query + key) + 4 * key, 2 * query + 4 * key),
        Small("SiLU and gate", 5 * wide, 3 * wide),
    ]


def small_bytes(s: Shape, tokens: float, way: str) -> float:
    """Bytes that these move in all layers, ``plain`` or ``fused``."""
    return s.layers * math.fsum(getattr(one, way) for one in small_operations(s, tokens))


def products(s: Shape, tokens: float) -> Work:
    """The seven matrix products of a layer, each reading its matrix and its input and writing its output."""
    query, key = s.heads * s.head_dim, s.kv_heads * s.head_dim
    sizes = [(s.d_model, e) for e in (query, key, key, s.d_ff, s.d_ff)] + [(e, s.d_model) for e in (query, s.d_ff)]
    moved = math.fsum(d * e + tokens * (d + e) for d, e in sizes) * WIDTH
    return Work(bytes=moved, flop=math.fsum(2 * tokens * d * e for d, e in sizes))


def attention(s: Shape, phase: str, way: str, context: int) -> Work:
    """Attention of one layer: a prompt of that length (``prefill``) or one token after it (``decode``).

    ``fused`` moves queries, keys, values and output once; ``plain`` the whole matrix of scores four times beside them.
    FLOP are those of the pairs that a causal model uses.
    """
    if phase not in ("prefill", "decode") or way not in ("plain", "fused"):
        raise KeyError(f"found attention {phase!r}, {way!r}; wanted prefill or decode, plain or fused")
    at = Heads(1, int(s.heads), int(s.kv_heads), int(s.head_dim), context if phase == "prefill" else 1, context)
    least = counted.attention(at, WIDTH)
    return Work(bytes=least.bytes + (way == "plain") * SCORE_PASSES * counted.score_bytes(at, WIDTH), flop=least.flop)


def prefill_parts(record: Record, model: str, tokens: int) -> dict[str, float]:
    """A measured prefill in seconds by its kernels, each under the roof that the same record measured.

    ``products`` and ``attention`` at the best matrix product, ``small`` at the copy bandwidth, ``gaps`` those of
    a decode step as a graph; ``left`` is what the pass took longer than their ``sum``, and ``math`` the first two.
    """
    case = prefill_case(record, model, tokens)
    shape, roof = measured_shape(case), ceilings(record)
    peak = roof.products["bfloat16"]
    attending = shape.layers * attention(shape, "prefill", "fused", tokens).flop
    step = decode_case(record, model, "graph")
    reported = by_products(record, step)
    if reported is None:
        raise KeyError(f"record {record.id} has no products by size to take the gaps of a step from")
    rate, flop, part = units.of(peak, "FLOP/s"), units.of(case.work.flop, "FLOP"), units.of(attending, "FLOP")
    moved = units.of(small_bytes(shape, tokens, "plain"), "byte")
    parts = {
        "products": (flop - part) / rate,
        "attention": part / rate,
        "small": moved / units.of(roof.copy, "byte/s"),
        "gaps": units.of(gaps(record, step, reported), "s"),
    }
    seconds = [one.value for one in parts.values()]
    total = replace(sum(units.of(one, "s") for one in seconds), value=math.fsum(seconds))
    parts |= {"sum": total, "left": units.of(case.seconds, "s") - units.of(total.value, "s"), "math": flop / rate}
    return {name: units.explained(one) for name, one in parts.items()}
