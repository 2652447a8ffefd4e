"""Decode predicted from what the same machine reached alone: its products by size, and its cost of issuing a layer.

A step of one sequence is a chain of matrix-vector products with cold matrices, so its time is the
sum of their times as `product-by-size` measured them, plus the cache read at the same pace, plus
what issuing the operations costs (`step-overhead`: the same chain with widths that move nothing).

Long rows take a product longer than short ones of as many bytes, because a thread walks along a
row: on an H200 a BF16 matrix of 32 MiB takes 10.7 us with rows of 2048 and 13.1 us with rows of
4096 numbers.  What a record knows of that is added to each product by the length of its rows.

With layers in 8 or 4 bits a product takes what a BF16 one of as many bytes takes, times what the
packed kernel took beyond that where `quantised-product` measured it; the head stays in BF16.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from generators.measure.counting import techniques
from generators.measure.result import Result, measured

WIDTH = {"float32": 4, "bfloat16": 2, "float16": 2}
PRODUCTS = 7  # of a layer, whose own dispatch is already in the products' times
READ_COLUMNS = 4096  # numbers in a row of the matrices that read-bandwidth passes over by GEMV
#: Kernels that a compiler leaves of a layer beside the products (two norms, two rotations with the cache's writes,
#: attention with its merge, SwiGLU) and of a step (embedding, last norm, choice of the token, mask, two tables).
FUSED_LAYER, FUSED_STEP = 7, 6
LITTLE = 0.1  # share of a predicted step up to which issuing counts as little: past the overhead regime


@dataclass(frozen=True)
class Prediction:
    """Seconds of one step, by cause."""

    products: float
    cache: float
    overhead: float

    @property
    def total(self) -> float:
        """Seconds of the step."""
        return self.products + self.cache + self.overhead


def products(shape: dict[str, Any]) -> list[tuple[int, float, float]]:
    """How often a step multiplies by a matrix of how many weights in rows of how many, from a decode case's parameters."""
    d, wide, layers = shape["d_model"], shape["d_ff"], shape["layers"]
    query, keys = shape["heads"] * shape["head_dim"], shape["kv_heads"] * shape["head_dim"]
    return [
        (layers, d * query, d),
        (layers, d * query, query),
        (2 * layers, d * keys, d),
        (2 * layers, d * wide, d),
        (layers, d * wide, wide),
        (1, d * shape["vocab"], d),
    ]


def paces(results: list[Result], dtype: str) -> list[tuple[float, float]]:
    """(bytes of a cold matrix, seconds that a product with it took per byte), by size."""
    shortest: dict[float, Result] = {}  # of each size the product with the shortest rows
    for one in measured(results, "product-by-size", dtype=dtype):
        held = shortest.setdefault(one.parameters["matrix_bytes"], one)
        if _columns(one) < _columns(held):
            shortest[one.parameters["matrix_bytes"]] = one
    return sorted((size, one.seconds / one.bytes) for size, one in shortest.items())


def seconds_per_byte(results: list[Result], dtype: str, size: float) -> float | None:
    """Time of a cold matrix-vector product per byte of its matrix, between the sizes measured, by the size's logarithm."""
    return _pace(paces(results, dtype), size)


def _pace(found: list[tuple[float, float]], size: float) -> float | None:
    if not found:
        return None
    if size <= found[0][0]:
        return found[0][1]
    for (low, slow), (high, fast) in pairwise(found):
        if size <= high:
            return slow + (fast - slow) * math.log(size / low) / math.log(high / low)
    return found[-1][1]


def _columns(one: Result) -> float:
    return one.parameters.get("d_in") or 0.0


def longer_rows(results: list[Result], dtype: str) -> list[tuple[float, float]]:
    """(numbers in a row, seconds that a product with such rows takes beyond one of as many bytes by `seconds_per_byte`).

    From products measured at one size with rows of several lengths, and from the reads by GEMV;
    the mean where a length was measured at several sizes, and zero for the rows that the sizes were measured with.
    """
    sized = measured(results, "product-by-size", dtype=dtype)
    if not sized:
        return []
    reported = [
        (_columns(one), one.parameters["matrix_bytes"], one.seconds * one.parameters["matrix_bytes"] / one.bytes)
        for one in sized
    ]
    reported += [
        (READ_COLUMNS, size, one.seconds * size / one.bytes)
        for one in measured(results, "read-bandwidth", method=f"gemv-{dtype}")
        if (size := one.parameters.get("bytes_per_repetition"))
    ]
    beyond: dict[float, list[float]] = {}
    found = paces(results, dtype)
    for columns, size, seconds in reported:
        beyond.setdefault(columns, []).append(seconds - size * _pace(found, size))
    return sorted((columns, max(0.0, sum(some) / len(some))) for columns, some in beyond.items())


def product_seconds(results: list[Result], dtype: str, size: float, columns: float) -> float | None:
    """Seconds of one product with a cold matrix of `size` bytes and rows of so many numbers; None where none was measured."""
    return _products(results, dtype)(size, columns)


def _products(results: list[Result], dtype: str) -> Callable[[float, float], float | None]:
    """`product_seconds` of one dtype, whose results are gone through once."""
    found, longer = paces(results, dtype), longer_rows(results, dtype)
    return lambda size, columns: _pace(found, size) * size + between(longer, columns) if found else None


def packed_pace(results: list[Result], weights: str) -> float | None:
    """Time of a packed kernel over that of a BF16 product of as many bytes, one row; None where either was not measured."""
    found = measured(results, "quantised-product", weights=weights, method="packed kernel", dtype="bfloat16", rows=1)
    plain = [(one, product_seconds(results, "bfloat16", one.bytes, one.parameters["d_in"])) for one in found]
    return max((one.seconds / seconds for one, seconds in plain if seconds), default=None)


def _read(results: list[Result], one: Result, width: int) -> float | None:
    """Seconds of all products of a step; None where the record does not tell how fast its packed kernels are."""
    reported, packed = one.parameters, one.name == "decode-quantised"
    pace = packed_pace(results, reported["weights"]) if packed else 1.0
    if pace is None:
        return None

    def stored(count: float, columns: int) -> float:
        if not packed:
            return count * width
        return techniques.stored_bytes(reported["weights"], columns, count // columns, reported["group"] or 0, width)

    *layers, (_, head, columns) = products(reported)
    seconds = _products(results, reported["dtype"])
    each = [times * seconds(stored(count, long), long) for times, count, long in layers]
    return pace * sum(each) + seconds(head * width, columns)


def between(points: list[tuple[float, float]], at: float) -> float:
    """The value of a line through points at a place; that of the nearest point before the first and behind the last."""
    for (low, before), (high, after) in pairwise(points):
        if low <= at <= high:
            return before + (after - before) * (at - low) / (high - low)
    return points[0][1] if at <= points[0][0] else points[-1][1]


def dispatch(results: list[Result], mode: str) -> float:
    """Seconds of one operation that moves nothing: a node of a graph where the mode is one, else a call; 0 where not told."""
    method = "graph" if "graph" in mode else "add"
    return min(
        (
            one.seconds / one.parameters.get("kernels_per_repetition", 1)
            for one in measured(results, "dispatch", method=method)
        ),
        default=0.0,
    )


def issuing(results: list[Result], dtype: str, mode: str, layers: float) -> float | None:
    """Seconds of a step whose widths move nothing: a line through the narrow steps of two depths."""
    found = sorted(
        (one.parameters["layers"], one.seconds) for one in measured(results, "step-overhead", dtype=dtype, mode=mode)
    )
    if len(found) < 2 or found[0][0] == found[-1][0]:
        return None
    (few, short), (many, long) = found[0], found[-1]
    return short + (long - short) / (many - few) * (layers - few)


def overhead(results: list[Result], dtype: str, mode: str, layers: float) -> float | None:
    """Seconds of issuing a step's operations beside its products, whose own dispatch is in the products' times.

    A compiled graph whose narrow step was not measured costs a node for each kernel that a compiler leaves.
    """
    each, line = dispatch(results, mode), issuing(results, dtype, mode, layers)
    if line is None:
        fused = FUSED_LAYER * layers + FUSED_STEP
        return fused * each if mode == "compiled graph" and each else None
    return max(0.0, line - PRODUCTS * layers * each)


def is_asynchronous(results: list[Result], mode: str) -> bool:
    """Whether the device works while the next operation is issued: an eager or compiled step on a GPU."""
    return "graph" not in mode and bool(measured(results, "dispatch", method="graph"))


def decode(results: list[Result], one: Result) -> Prediction | None:
    """The step of a decode or decode-quantised case, batch 1, or None where the record lacks what it takes."""
    reported = one.parameters
    dtype, mode = reported["dtype"], reported.get("mode", "eager")
    width, beside = WIDTH.get(dtype), overhead(results, dtype, mode, reported["layers"])
    if width is None or beside is None or seconds_per_byte(results, dtype, 1) is None:
        return None
    read = _read(results, one, width)
    if read is None:
        return None
    per_layer = 2 * reported["kv_heads"] * reported["head_dim"] * reported.get("context", 0) * width
    cache = reported["layers"] * per_layer * seconds_per_byte(results, dtype, max(per_layer, 1))
    if is_asynchronous(results, mode):  # what is read meanwhile costs nothing more
        whole = issuing(results, dtype, mode, reported["layers"]) or beside
        beside = max(whole - read - cache, 0.0)
    return Prediction(read, cache, beside)


def is_past_overhead(one: Result, reported: Prediction) -> bool:
    """Whether issuing is a small share of the predicted step and the weights exceed the last-level cache.

    A graph's issuing may be any share, for its nodes cost the same every time.  Compiled steps are
    out: they run the compiler's own products, not those that were timed alone.
    """
    mode = one.parameters.get("mode", "eager")
    if "compiled" in mode:
        return False
    share = one.parameters.get("weights_vs_llc")
    return (mode == "graph" or reported.overhead <= LITTLE * reported.total) and (
        not isinstance(share, (int, float)) or not 0 < share < 1.0
    )


def prediction_errors(results: list[Result], name: str = "decode") -> list[float]:
    """(predicted - measured) / measured of every case of a name past the overhead regime and beyond the cache."""
    pairs = [(one, decode(results, one)) for one in measured(results, name)]
    return [reported.total / one.seconds - 1 for one, reported in pairs if reported and is_past_overhead(one, reported)]
