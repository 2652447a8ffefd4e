"""What a decode step costs beside its bytes: the floor of a layer, where memory takes over, and the price of plans."""

import math
from dataclasses import dataclass
from itertools import pairwise

from generators.catalog.load import Catalog
from generators.catalog.record import Case, Record
from generators.comparison.comparison import datasheet_bandwidth, decode_in_mode, mode_of
from generators.core import units
from generators.measure import predict

PLANNED = "narrow, 4 layers"  # the step of the H100 record that shows the plans, as it moves next to nothing


def by_depth(record: Record, dtype: str, mode: str) -> tuple[Case, units.Quantity]:
    """The narrow model of few layers, and what each layer adds to its step up to the one of many."""
    narrow = record.measured("step-overhead", dtype=dtype, mode=mode)
    few, *_, many = sorted(narrow, key=lambda case: case.parameters["layers"])
    layers = float(many.parameters["layers"]) - float(few.parameters["layers"])
    return few, (units.of(many.seconds, "s") - units.of(few.seconds, "s")) / layers


def floor(record: Record, mode: str, dtype: str = "bfloat16") -> float:
    """Seconds that one more layer adds to a step so narrow that it moves next to nothing; KeyError where it was not measured."""
    first, second = (predict.issuing(record.used, dtype, mode, layers) for layers in (0.0, 1.0))
    if first is None or second is None:
        raise KeyError(f"record {record.id} has no step-overhead of two depths in {dtype}, mode {mode!r}")
    return second - first


def gaps(record: Record, case: Case, reported: predict.Prediction) -> units.Reported:
    """Seconds of a predicted step beside its products and its cache, and what `predict.decode` takes them from."""
    mode, layers = str(case.parameters.get("mode", "eager")), float(case.parameters["layers"])
    line = predict.issuing(record.used, str(case.parameters["dtype"]), mode, layers)
    if line is None:
        return units.explained(reported.overhead, f"a node of a graph for each kernel of {layers:.0f} layers")
    products, cache, each = (
        units.of(one, "s") for one in (reported.products, reported.cache, predict.dispatch(record.used, mode))
    )
    less = products + cache if predict.is_asynchronous(record.used, mode) else predict.PRODUCTS * layers * each
    return units.Reported(reported.overhead, (units.of(line, "s") - less).how)


def beyond_the_cache(record: Record) -> list[Case]:
    """Measured decode of models whose weights exceed the last-level cache, in every mode, by bytes."""
    cases = [case for case in record.measured("decode") if float(case.parameters.get("weights_vs_llc") or 0) >= 1.0]
    return sorted(cases, key=lambda case: (mode_of(case), case.work.bytes))


def half_of_bound(catalog: Catalog, record: Record, mode: str) -> float:
    """Bytes per token at which decode in that mode reaches half of the datasheet's bound, between the two runs around it.

    Interpolated in the logarithm of the bytes; KeyError where all runs of the mode lie on one side.
    """
    sheet = datasheet_bandwidth(catalog, record).value
    points = sorted((case.work.bytes, case.work.bytes / sheet / case.seconds) for case in decode_in_mode(record, mode))
    for (few, low), (many, high) in pairwise(points):
        if low < 0.5 <= high:
            size = few * math.exp(math.log(many / few) * (0.5 - low) / (high - low))
            ends = (
                f"{share:.0%} at {units.text(units.of(of, 'byte'), 'GB')}" for of, share in ((few, low), (many, high))
            )
            return units.explained(size, f"between {' and '.join(ends)}")
    raise KeyError(f"record {record.id}: no decode in mode {mode!r} crosses half of the bound")


@dataclass(frozen=True)
class Plans:
    """One eager step on a GPU, round after round: seconds of each round that met new cache lengths, and of each that met none."""

    record: str
    planned: tuple[float, ...]
    plain: tuple[float, ...]

    @property
    def cost(self) -> float:
        """Seconds of one plan: the difference of the two medians."""
        slow, fast = (units.of(units.statistic("median", rounds), "s") for rounds in (self.planned, self.plain))
        return units.explained(slow - fast)


def plans(record: Record) -> Plans:
    """The rounds of the narrow step that data/records.toml holds out for its plans; KeyError where the record has none.

    The rounds that paid lie above three times the fastest; nothing but how far they lie apart tells them.
    """
    for case, why in record.pale("step-overhead"):
        if case.parameters["model"] == PLANNED and "plans" in why:
            rounds = [sample / case.inner for sample in case.samples]
            limit = 3 * min(rounds)
            return Plans(record.id, tuple(r for r in rounds if r > limit), tuple(r for r in rounds if r <= limit))
    raise KeyError(f"record {record.id} has no step held out for plans of its attention")
