"""No row of a record may be faster than the roof that the same record measured: then its bytes or FLOP are miscounted."""

from __future__ import annotations

from generators.measure.result import Result, measured

OVER = 1.02  # share of a roof above which bytes or FLOP must have been miscounted
KEPT = 4.0  # below this many last-level caches, data that is read again and again may come from the cache in part
MEMORY = (
    "read-bandwidth",
    "copy-bandwidth",
    "triad-bandwidth",
    "product-by-size",
    "peer-read",
    "peer-copy",
    "peer-triad",
)
CACHED = ("cache-read-bandwidth", "read-by-size", "copy-by-size", "triad-by-size")
PRODUCTS = ("matmul-peak", "peer-product", "rows-sweep")
_SAME = {"tf32": ("tf32",), "float32": ("float32", "tf32")}  # the peaks that bound a format; else its own


def over_roof(results: list[Result], cache: int | None) -> dict[int, str]:
    """Places of the rows that beat their roof by over 2 %, each with one line that says by how much.

    `cache` is the last-level cache in bytes.  Ceilings are the roofs themselves and are not held
    to each other, except in FLOP/s, where products set the roof.
    """
    found = {}
    for place, one in enumerate(results):
        if not one.measured:
            continue
        for rate, roof, unit, what in ((_flops(one), _peak(results, one), "GFLOP/s", "FLOP"),
                                       (_bytes(one), _bandwidth(results, one, cache), "GB/s", "bytes")):  # fmt: skip
            if rate and roof and rate > OVER * roof * _quicker(results, one):
                text = f"reaches {rate / 1e9:.4g} {unit}, over its roof of {roof / 1e9:.4g} {unit} in the same record: its {what} are miscounted"
                found[place] = text
    return found


def _flops(one: Result) -> float:
    return one.flops if one.name not in PRODUCTS else 0.0


def _bytes(one: Result) -> float:
    return one.bandwidth if one.row["kind"] == "workload" else 0.0


def _peak(results: list[Result], one: Result) -> float:
    """The best product rate in this row's number format, or in any where its own was not measured."""
    products = [one for name in PRODUCTS for one in measured(results, name)]
    wanted = _SAME.get(one.parameters.get("dtype"), (one.parameters.get("dtype"),))
    mine = [product for product in products if product.parameters.get("dtype") in wanted]
    return max((product.flops for product in mine or products), default=0.0)


def _bandwidth(results: list[Result], one: Result, cache: int | None) -> float:
    """The fastest memory ceiling, or cache ceiling where the row's bytes may stay in a cache."""
    resident = one.parameters.get("resident") or one.bytes < KEPT * (cache or 0)
    names = MEMORY + CACHED if resident else MEMORY
    ceilings = [c for name in names for c in measured(results, name)] or measured(results, "reference-read")
    return max((ceiling.bandwidth for ceiling in ceilings), default=0.0)


def _quicker(results: list[Result], one: Result) -> float:
    """How much faster the reference ran beside this row than beside the ceilings: a shared machine may speed up."""
    beside = one.row["noise"].get("reference_seconds")
    ceilings = [c.row["noise"].get("reference_seconds") for name in MEMORY for c in measured(results, name)]
    slowest = max((value for value in ceilings if value), default=None)
    return max(1.0, slowest / beside) if beside and slowest else 1.0
