"""What is known of prefill and decode from measurement: knees, and times to first token, each beside its prediction."""

import math
from dataclasses import dataclass

from generators.catalog import model_inputs
from generators.catalog.load import Catalog
from generators.catalog.record import Case, Record
from generators.comparison import comparison, knee
from generators.comparison.comparison import FORMATS, by_products, ceilings, decode_records, measured_shape
from generators.core import units
from generators.measure import predict
from generators.model import roofline
from generators.model.inputs import Chip, Pass

QUOTED_SWEEP = "vidur-70b-up-"  # ids of the quoted products end in their number of tokens
SWEEP_WEIGHTS = 8192 * 57344  # of the quoted product
OFF_SWEEP = (136,)  # quoted to show a stair, not part of the sweep


@dataclass(frozen=True)
class Sweep:
    """Products of 1, 2, 4 ... tokens with one cold weight: their times, the two roofs, and the fitted knee.

    `critical` is the predicted knee, from `bandwidth` and `peak`; points are (tokens, seconds, low, high).
    """

    where: str
    short: str
    format: str
    weight_bytes: float
    flop_per_token: float
    bandwidth: float
    peak: float
    points: list[tuple[float, float, float, float]]
    knee: knee.Knee
    record: str = ""

    @property
    def critical(self) -> float:
        """Tokens at which reading the weight takes as long as multiplying by it, as predicted."""
        reading = units.of(self.weight_bytes, "byte") / units.of(self.bandwidth, "byte/s")
        return units.explained(reading * units.of(self.peak, "FLOP/s") / units.of(self.flop_per_token, "FLOP"))

    @property
    def error(self) -> float:
        """Predicted over fitted knee, less one."""
        return self.critical / self.knee.tokens - 1


def quoted_sweep(catalog: Catalog) -> Sweep:
    """The quoted products on an A100 against its datasheet."""
    rows = sorted(
        (row for id_, row in catalog.published.items() if id_.startswith(QUOTED_SWEEP)), key=lambda row: row.batch
    )
    chip, used = catalog.accelerators[rows[0].accelerator], [row for row in rows if row.batch not in OFF_SWEEP]
    device, times = model_inputs.sourced_device(chip, "fp16"), [(float(row.batch), row.quantity.value) for row in used]
    fitted = knee.fit(tuple((tokens, (seconds,)) for tokens, seconds in times))
    points = [(tokens, seconds, seconds, seconds) for tokens, seconds in times]
    return Sweep(
        chip.name,
        chip.short.split(" ")[0],
        "FP16",
        2.0 * SWEEP_WEIGHTS,
        2.0 * SWEEP_WEIGHTS,
        device.bandwidth.value,
        device.peak.value,
        points,
        fitted,
    )


def measured_sweeps(catalog: Catalog, role: str = "") -> list[Sweep]:
    """Sweeps of the records in each number format whose ceilings they hold, by machine; of one role's record only, if given."""
    records = [catalog.speaker(role)] if role else decode_records(catalog, "rows-sweep")
    found = [
        _sweep(catalog, record, dtype) for record in records for dtype in FORMATS if dtype in ceilings(record).products
    ]
    return [sweep for sweep in found if sweep]


def _sweep(catalog: Catalog, record: Record, dtype: str) -> Sweep | None:
    """One record's sweep in one number format; None where it has none, or none with a knee."""
    cases = sorted(record.measured("rows-sweep", dtype=dtype), key=lambda case: case.parameters["rows"])
    if len(cases) < 4:
        return None
    reported, roof = cases[0].parameters, ceilings(record)
    weights = float(reported["d_in"]) * float(reported["d_out"])
    rows = [(float(case.parameters["rows"]), tuple(case.times)) for case in cases]
    points = [(float(case.parameters["rows"]), case.seconds, *case.interval) for case in cases]
    try:
        fitted = knee.fit(tuple(rows))
    except ValueError:
        return None
    chip = catalog.accelerators.get(record.machine.accelerator)
    short = chip.short.split(" ")[0] if chip else record.machine.device.upper()
    return Sweep(
        record.machine.name,
        short,
        FORMATS[dtype],
        weights * predict.WIDTH[dtype],
        2.0 * weights,
        roof.read,
        roof.products[dtype],
        points,
        fitted,
        record.id,
    )


@dataclass(frozen=True)
class Prefill:
    """A measured pass over a prompt beside its prediction from the same record's ceilings."""

    record: str
    machine: str
    label: str
    tokens: float
    seconds: float
    interval: tuple[float, float]
    predicted: float
    summed: float  # the prediction if reading and computing take turns
    binds: str

    @property
    def error(self) -> float:
        """Predicted over measured time, less one."""
        return self.predicted / self.seconds - 1


def prefill_case(record: Record, model: str, tokens: int) -> Case:
    """A record's prefill of one model and length in BF16; KeyError where it has none."""
    for case in record.measured("prefill", dtype="bfloat16", tokens=tokens):
        if str(case.parameters["model"]).lower().replace(".", "-") == model:
            return case
    raise KeyError(f"record {record.id} has no measured prefill of {tokens} tokens by {model!r} in BF16")


def prefills(catalog: Catalog) -> list[Prefill]:
    """Measured prefills by machine and length, in the order of roles."""
    found = []
    for record in decode_records(catalog, "prefill"):
        roof = ceilings(record)
        for case in sorted(record.measured("prefill"), key=lambda case: case.parameters["tokens"]):
            if str(case.parameters["dtype"]) in roof.products:
                found.append(_prefill(record, case, Chip(roof.read, roof.products[str(case.parameters["dtype"])])))
    return found


def _prefill(record: Record, case: Case, chip: Chip) -> Prefill:
    """Issuing the pass, and the longer of its arithmetic at the best product's rate and its bytes.

    Reading the weights takes as long as products of their sizes took with one row, where the record has those.
    """
    reported, tokens, products = case.parameters, float(case.parameters["tokens"]), by_products(record, case)
    step = roofline.step(measured_shape(case), comparison.measured_format(case), chip, Pass(1.0, tokens, tokens))
    terms = {"memory": step.memory, "compute": step.compute, "overhead": 0.0}
    if products:
        terms["memory"] += products.products - step.traffic.weights / chip.bandwidth
        terms["overhead"] = products.overhead
    label = f"{reported.get('model', '')}, {FORMATS[str(reported['dtype'])]}".removeprefix(", ")
    time = terms["overhead"] + max(terms["memory"], terms["compute"])
    return Prefill(
        record.id,
        record.machine.name,
        label,
        tokens,
        case.seconds,
        case.interval,
        time,
        math.fsum(terms.values()),
        max(terms, key=terms.get),
    )
