"""Decode predicted from what the same machine reached alone: its products by size, and its cost of issuing a layer.

A step of one sequence is a chain of matrix-vector products with cold matrices, so its time is the
sum of their times as `product-by-size` measured them, plus the cache read at the same pace, plus
what issuing the operations costs (`step-overhead`: the same chain with widths that move nothing).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from generators.measure.result import Result, measured

WIDTH = {"float32": 4, "bfloat16": 2, "float16": 2}
PRODUCTS = 7  # of a layer, whose own dispatch is already in the products' times
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


def matrices(shape: dict[str, Any]) -> list[tuple[int, float]]:
    """How often a step multiplies by a matrix of how many weights, from the parameters of a decode case."""
    d, head, layers = shape["d_model"], shape["head_dim"], shape["layers"]
    query, keys = d * shape["heads"] * head, d * shape["kv_heads"] * head
    return [(2 * layers, query), (2 * layers, keys), (3 * layers, d * shape["d_ff"]), (1, d * shape["vocab"])]


def seconds_per_byte(results: list[Result], dtype: str, size: float) -> float | None:
    """Time of a cold matrix-vector product per byte of its matrix, between the sizes measured, by the size's logarithm."""
    found = sorted((one.parameters["matrix_bytes"], one.seconds / one.bytes)
                   for one in measured(results, "product-by-size", dtype=dtype))  # fmt: skip
    if not found:
        return None
    if size <= found[0][0]:
        return found[0][1]
    for (low, slow), (high, fast) in pairwise(found):
        if size <= high:
            return slow + (fast - slow) * math.log(size / low) / math.log(high / low)
    return found[-1][1]


def overhead(results: list[Result], dtype: str, mode: str, layers: float) -> float | None:
    """Seconds of issuing a step's operations: a line through the narrow steps of two depths."""
    found = sorted((one.parameters["layers"], one.seconds)
                   for one in measured(results, "step-overhead", dtype=dtype, mode=mode))  # fmt: skip
    if len(found) < 2:
        return None
    (few, short), (many, long) = found[0], found[-1]
    if few == many:
        return None
    slope = (long - short) / (many - few)
    dispatch = min((one.seconds for one in measured(results, "dispatch", method="add")), default=0.0)
    return max(0.0, short + slope * (layers - few) - PRODUCTS * layers * dispatch)


def decode(results: list[Result], one: Result) -> Prediction | None:
    """The step of a decode case of batch 1, or None where the record lacks what it takes."""
    told = one.parameters
    dtype, mode = told["dtype"], told.get("mode", "eager")
    width, issuing = WIDTH.get(dtype), overhead(results, dtype, mode, told["layers"])
    if width is None or issuing is None or seconds_per_byte(results, dtype, 1) is None:
        return None
    products = math.fsum(times * weights * width * seconds_per_byte(results, dtype, weights * width)
                   for times, weights in matrices(told))  # fmt: skip
    per_layer = 2 * told["kv_heads"] * told["head_dim"] * told.get("context", 0) * width
    cache = told["layers"] * per_layer * seconds_per_byte(results, dtype, max(per_layer, 1))
    return Prediction(products, cache, issuing)


def is_past_overhead(one: Result, told: Prediction) -> bool:
    """Whether issuing is a small share of the predicted step and the weights exceed the last-level cache.

    Compiled steps are out: they run the compiler's own products, not those that were timed alone.
    """
    if one.parameters.get("mode") == "compiled":
        return False
    share = one.parameters.get("weights_vs_llc")
    return told.overhead <= LITTLE * told.total and (not isinstance(share, (int, float)) or not 0 < share < 1.0)


def prediction_errors(results: list[Result]) -> list[float]:
    """(predicted - measured) / measured of every decode case past the overhead regime and beyond the cache."""
    pairs = [(one, decode(results, one)) for one in measured(results, "decode")]
    return [told.total / one.seconds - 1 for one, told in pairs if told and is_past_overhead(one, told)]
