"""No row of a record may be faster than the roof that the same record measured: then its bytes or FLOP are miscounted."""

from __future__ import annotations

from generators.measure.result import Result, measured

OVER = 1.02  # share of a roof above which bytes or FLOP must have been miscounted
QUICKEST = 1.5  # the most that a shared machine may speed up between two stages; two quiet runs here differed by 1.4
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
    roofs, found = Roofs(results, cache or 0), {}
    for index, one in enumerate(results):
        if not one.measured:
            continue
        for rate, roof, unit, what in (
            (_flops(one), roofs.peak(one), "GFLOP/s", "FLOP"),
            (_bytes(one), roofs.bandwidth(one), "GB/s", "bytes"),
        ):
            if rate and roof and rate > OVER * roof * roofs.quicker(one):
                reported = (
                    f"reaches {rate / 1e9:.4g} {unit}, over its roof of {roof / 1e9:.4g} {unit} in the same record"
                )
                found[index] = f"{reported}: its {what} are miscounted"
    return found


def _flops(one: Result) -> float:
    return one.flops if one.name not in PRODUCTS else 0.0


def _bytes(one: Result) -> float:
    return one.bandwidth if one.row["kind"] == "workload" else 0.0


class Roofs:
    """The ceilings of one record, gathered once."""

    def __init__(self, results: list[Result], cache: int) -> None:
        """`cache` is the last-level cache in bytes."""
        self.cache = cache
        self.peaks: dict[object, float] = {}
        for one in (one for name in PRODUCTS for one in measured(results, name)):
            dtype = one.parameters.get("dtype")
            self.peaks[dtype] = max(one.flops, self.peaks.get(dtype, 0.0))
        memory = [one for name in MEMORY for one in measured(results, name)]
        cached = memory + [one for name in CACHED for one in measured(results, name)]
        reference = measured(results, "reference-read")
        self.memory, self.cached = (
            max((c.bandwidth for c in some or reference), default=0.0) for some in (memory, cached)
        )
        beside = [one.row["noise"].get("reference_seconds") for one in memory]
        self.slowest = max((value for value in beside if value), default=None)

    def peak(self, one: Result) -> float:
        """The best product rate in this row's number format, or in any where its own was not measured."""
        dtype = one.parameters.get("dtype")
        mine = [self.peaks[name] for name in _SAME.get(dtype, (dtype,)) if name in self.peaks]
        return max(mine or self.peaks.values(), default=0.0)

    def bandwidth(self, one: Result) -> float:
        """The fastest memory ceiling, or cache ceiling where the row's bytes may stay in a cache."""
        resident = one.parameters.get("resident") or one.bytes < KEPT * self.cache
        return self.cached if resident else self.memory

    def quicker(self, one: Result) -> float:
        """How much faster the reference ran beside this row than beside the ceilings: a shared machine may speed up."""
        beside = one.row["noise"].get("reference_seconds")
        return min(QUICKEST, max(1.0, self.slowest / beside)) if beside and self.slowest else 1.0
