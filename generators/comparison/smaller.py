"""Weights in fewer bits beside 16-bit ones: what a step should take by the machine's own products, and what products took."""

from dataclasses import dataclass

from generators.catalog.record import Case, Record
from generators.comparison.comparison import by_products, decode_case
from generators.core import units
from generators.measure import predict
from generators.measure.counting import techniques

GROUP, WIDTH = 128, 2  # of decode-quantised: 4-bit weights that share a scale, bytes of a scale and of a 16-bit weight


@dataclass(frozen=True)
class Step:
    """One decode step as a CUDA graph: bytes moved, and estimated seconds of its products and cache, and of its gaps."""

    bytes: float
    kernels: float
    gaps: float


def step(record: Record, name: str, weights: str) -> Step:
    """The step of a measured model with its layers' matrices in ``bfloat16``, ``int8`` or ``int4``, the head in 16 bits.

    Each product takes as long as a cold BF16 matrix of as many bytes took on that machine, as if widening were free,
    and all else what it takes in BF16: an estimate, and a kind one.  KeyError where the record does not explain the step.
    """
    case = decode_case(record, name, "graph")
    reported = by_products(record, case)
    if reported is None:
        raise KeyError(f"record {record.id} has no products and narrow steps for decode of {name!r}")
    moved, seconds = case.work.bytes, reported.cache
    *layers, (_, head, columns) = predict.products(case.parameters)
    plain = packed = 0.0
    for times, count, long in layers:
        stored = techniques.stored_bytes(weights, long, count // long, GROUP if weights == "int4" else 0, WIDTH)
        moved += times * (stored - WIDTH * count)
        plain, packed = plain + times * WIDTH * count, packed + times * stored
        seconds += times * predict.product_seconds(record.used, "bfloat16", stored, long)
    told = units.of(case.work.bytes, "byte") - units.of(plain, "byte") + units.of(packed, "byte")
    return Step(
        units.Reported(moved, told.how),
        seconds + predict.product_seconds(record.used, "bfloat16", WIDTH * head, columns),
        reported.overhead,
    )


def product(record: Record, weights: str, rows: int) -> Case:
    """The measured product of BF16 activations with a matrix in ``bfloat16``, ``int8`` or ``int4``, by a packed kernel; KeyError where there is none."""
    method = "plain product" if weights == "bfloat16" else "packed kernel"
    found = record.measured("quantised-product", weights=weights, method=method, dtype="bfloat16", rows=rows)
    if not found:
        raise KeyError(f"record {record.id} has no product of {rows} rows with {weights} weights")
    return found[0]
