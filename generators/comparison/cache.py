"""What is known of the KV cache from outside: quoted pairs of runs, and this book's own steps, each beside its prediction."""

import math
from dataclasses import dataclass

from generators.catalog.load import Catalog
from generators.catalog.record import Case, Record
from generators.comparison.comparison import FORMATS, ceilings, decode_records, quoted_decodes
from generators.core import units
from generators.core.reading import remembered
from generators.measure import predict


@dataclass(frozen=True)
class Pair:
    """One engine, chip and model at a short and a long context: the slow-down observed, and the one that bytes predict."""

    short: str
    long: str
    model: str
    format: str
    observed: float
    predicted: float
    sources: frozenset[str]
    open: tuple[float, float]  # the slow-downs that two rates printed as whole tokens per second leave open

    @property
    def verdict(self) -> str:
        """Whether the engine slowed down within the rounding of what the bytes say, or less or more than that."""
        low, high = self.open
        return "within" if low <= self.predicted <= high else "less" if self.predicted > high else "more"


def context_pairs(catalog: Catalog) -> list[Pair]:
    """Every pair of quoted runs `<name>-short` and `<name>-4k`; what the engine wastes in proportion to bytes cancels out."""
    rows = {quote.id: quote for quote in quoted_decodes(catalog)}
    pairs = []
    for id_, short in rows.items():
        long = rows.get(id_.removesuffix("-short") + "-4k") if id_.endswith("-short") else None
        if long:
            pairs.append(
                Pair(
                    id_,
                    long.id,
                    short.row.model,
                    short.row.format,
                    short.reached / long.reached,
                    long.bytes / short.bytes,
                    short.sources | long.sources,
                    ((short.reached - 0.5) / (long.reached + 0.5), (short.reached + 0.5) / (long.reached - 0.5)),
                )
            )
    return pairs


@dataclass(frozen=True)
class StepCase:
    """A measured step beside what the same record's ceilings predict of it; `context` counts the newest token too."""

    record: str
    machine: str
    device: str
    label: str  # the model and its number format
    kind: str  # "cache" and "no cache", or a kind of attention
    context: float
    seconds: float
    interval: tuple[float, float]
    predicted: float
    binds: str
    bytes: float
    cached_bytes: float  # of them, the cache's
    flop: float
    rows: float = 1.0  # query heads that share a cached entry: rows of attention's products
    product_rate: float | None = None  # FLOP/s of a product of so many rows alone, where the record has one

    @property
    def error(self) -> float:
        """Predicted over measured time, less one."""
        return self.predicted / self.seconds - 1


@remembered(maxsize=2)
def cache_steps(catalog: Catalog) -> list[StepCase]:
    """Steps with and without a cache, in the order of roles."""
    found = []
    for record in decode_records(catalog, "step-with-cache"):
        known = _Known(record)
        for name, kind in (("step-with-cache", "cache"), ("step-without-cache", "no cache")):
            found += [
                _step(record, known, case, kind, float(case.parameters["context"])) for case in record.measured(name)
            ]
    return found


@remembered(maxsize=2)
def context_steps(catalog: Catalog) -> list[StepCase]:
    """Decode steps at growing contexts with several kinds of attention, in the order of roles."""
    found = []
    for record in decode_records(catalog, "decode-context"):
        known = _Known(record)
        for case in record.measured("decode-context"):
            reported = case.parameters
            found.append(_step(record, known, case, str(reported["attention"]), float(reported["context"]) + 1.0))
    return found


@dataclass(frozen=True)
class SlowDown:
    """A step at a context over the same machine's step at its shortest: by the clock, and by bytes."""

    machine: str
    kind: str
    context: float
    observed: float
    interval: tuple[float, float]
    predicted: float
    rows: float  # of attention's products
    intensity: float  # FLOP of attention per byte of the cache that the longer context adds
    pace: float  # byte/s at which the longer context's cache was read
    by_products: float | None  # with attention's FLOP at the rate of products of so many rows


def slow_downs(steps: list[StepCase]) -> list[SlowDown]:
    """Every step over the shortest context of its machine and kind of attention."""
    found = []
    for machine, kind in dict.fromkeys((step.machine, step.kind) for step in steps):
        mine = sorted((s for s in steps if (s.machine, s.kind) == (machine, kind)), key=lambda s: s.context)
        first = mine[0]
        for step in mine[1:]:
            low, high = (edge / first.seconds for edge in step.interval)
            short, long = ((units.of(s.seconds, "s"), units.of(s.bytes, "byte")) for s in (first, step))
            by_clock, by_bytes = (units.explained(many / few) for many, few in zip(long, short, strict=True))
            flop, moved = units.of(step.flop, "FLOP") - units.of(first.flop, "FLOP"), long[1] - short[1]
            rate = step.product_rate
            by_products = units.explained(1.0 + flop / units.of(rate, "FLOP/s") / short[0]) if rate else None
            added = long[0] - short[0]
            pace = units.explained(moved / (added if added.value > 1e-12 else units.of(1e-12, "s")))
            found.append(
                SlowDown(
                    machine,
                    kind,
                    step.context,
                    by_clock,
                    (low, high),
                    by_bytes,
                    step.rows,
                    units.explained(flop / moved),
                    pace,
                    by_products,
                )
            )
    return found


class _Known:
    """A record's ceilings, read once."""

    def __init__(self, record: Record) -> None:
        self.roof, self.record = ceilings(record), record
        wanted = ("product-by-size", "read-bandwidth", "step-overhead", "dispatch")
        self.results = [one for one in record.used if one.name in wanted]

    def issuing(self, reported: dict) -> float:
        """Seconds of issuing a step's operations; 0 where the record does not tell."""
        mode = str(reported.get("mode", "eager"))
        return predict.overhead(self.results, str(reported["dtype"]), mode, float(reported["layers"])) or 0.0

    def reading(self, reported: dict, weights: float) -> float:
        """Seconds of streaming the weights, in products of their own sizes where the record has those."""
        dtype, width = str(reported["dtype"]), predict.WIDTH.get(str(reported["dtype"]))
        if width is None or predict.seconds_per_byte(self.results, dtype, 1) is None:
            return weights / self.roof.read
        counted = [(times, each * width, columns) for times, each, columns in predict.products(reported)]
        pace = math.fsum(times * predict.product_seconds(self.results, dtype, *one) for times, *one in counted)
        return pace * weights / math.fsum(times * size for times, size, _ in counted)

    def product_rate(self, reported: dict, rows: float) -> float | None:
        """FLOP/s of a product of so many rows with a cold matrix, timed alone; None where the record has none."""
        found = self.record.measured("rows-sweep", dtype=reported["dtype"], rows=int(rows))
        return max((case.flops for case in found), default=None)


def _step(record: Record, known: _Known, case: Case, kind: str, context: float) -> StepCase:
    """The sum of issuing a step and of the longer of its arithmetic and its reading, from the record's own ceilings."""
    reported = case.parameters
    peak = known.roof.products.get(str(reported["dtype"])) or max(known.roof.products.values())
    cached = _cached_bytes(case, kind, context)
    weights, issuing = known.reading(reported, case.work.bytes - cached), known.issuing(reported)
    reading = units.of(weights, "s") + units.of(cached, "byte") / units.of(known.roof.read, "byte/s")
    computing = units.of(case.work.flop, "FLOP") / units.of(peak, "FLOP/s")
    terms = {"memory": reading.value, "compute": computing.value, "overhead": issuing}
    rows = _sharing(reported)
    label = f"{reported.get('model', '')}, {FORMATS.get(str(reported['dtype']), reported['dtype'])}".removeprefix(", ")
    return StepCase(
        record.id,
        record.machine.name,
        record.machine.device,
        label,
        kind,
        context,
        case.seconds,
        case.interval,
        units.explained(units.of(issuing, "s") + reading.largest(computing)),
        max(terms, key=terms.get),
        case.work.bytes,
        cached,
        case.work.flop,
        rows,
        known.product_rate(reported, rows),
    )


def _sharing(reported: dict) -> float:
    """Query heads that share a cached entry: all of them where the cache is one latent vector for all."""
    heads = float(reported.get("heads", 1))
    kept = 1.0 if reported.get("latent_rank") else float(reported.get("kv_heads", heads))
    return units.explained(heads / kept, f"{heads:.0f} query heads ÷ {kept:.0f} cached ones")


def _cached_bytes(case: Case, kind: str, context: float) -> float:
    """Bytes of keys and values among the bytes of a step."""
    reported = case.parameters
    if reported.get("cache_read_bytes") is not None:
        return float(reported["cache_read_bytes"])
    if kind == "no cache":
        return 0.0
    width = predict.WIDTH.get(str(reported["dtype"]), 2)
    return 2.0 * width * float(reported["layers"]) * float(reported["kv_heads"]) * float(reported["head_dim"]) * context
