"""Predictions put beside measurements: a quoted result against the bound of its chip, a record against its own ceilings."""

import contextlib
from dataclasses import dataclass

from generators.catalog import model_inputs
from generators.catalog.load import Catalog
from generators.catalog.published import Published
from generators.catalog.record import Case, Record
from generators.core import units
from generators.core.errors import BookError
from generators.core.reading import reading, remembered
from generators.measure import predict
from generators.measure import taken as taken_rule
from generators.measure.predict import Prediction
from generators.measure.result import Result
from generators.measure.taken import taken
from generators.model import memory, roofline
from generators.model.inputs import Chip, Format, Pass, Shape
from generators.model.roofline import Step

FORMATS = {"float32": "FP32", "bfloat16": "BF16", "float16": "FP16"}  # as figures name them


def peer_record(catalog: Catalog) -> Record:
    """The newest run beside other programs on the CPU; BookError where there is none."""
    name = catalog.speaker("cpu").machine.name
    found = [r for r in catalog.current_records.values() if r.profile == "peers" and r.machine.name == name]
    if not found:
        raise BookError(
            "data/measurements", None, f"found no peers record of {name!r}; make one: nox -s measure -- peers"
        )
    return max(found, key=lambda r: r.started)


def repeat_record(catalog: Catalog, role: str = "cpu") -> Record:
    """The newest undisturbed other run of a role's profile on its machine: what a second run finds; BookError where there is none."""
    chapter = catalog.speaker(role)
    found = [
        r
        for r in catalog.current_records.values()
        if r.is_whole
        and r.profile == chapter.profile
        and r.machine.name == chapter.machine.name
        and r.id != chapter.id
        and not r.verdict.disturbed
    ]
    if not found:
        raise BookError(
            "data/measurements",
            None,
            f"found only one sound {chapter.profile} run of {chapter.machine.name!r}, wanted a second",
        )
    return max(found, key=lambda r: r.started)


def decode_records(catalog: Catalog, shown: str = "decode") -> list[Record]:
    """Records that a figure of a case takes: those with a role in their order, then one of every other machine (`taken`), newest first."""
    mine = [record for record in catalog.roles.values() if record.measured(shown)]
    named = {record.machine.name for record in catalog.roles.values()}
    others: dict[tuple[str, str], list[Record]] = {}
    for record in catalog.current_records.values():
        if record.machine.name not in named:
            others.setdefault((record.machine.name, record.machine.device), []).append(record)
    found = [record for records in others.values() if (record := taken(records, shown))]
    return [*mine, *sorted(found, key=lambda r: r.started, reverse=True)]


def passed_over(catalog: Catalog) -> dict[str, str]:
    """Records that no figure takes, by id, each with the reason; the rule is told in `generators/measure/taken.py`."""
    speakers, found = {record.machine.name: record for record in catalog.roles.values()}, {}
    used = {record.id for record in speakers.values()}
    for choose in (peer_record, repeat_record):
        with contextlib.suppress(BookError):
            used.add(choose(catalog).id)
    current = catalog.current_records.values()
    for record in current:
        if record.id in used:
            continue
        if record.profile == "peers":
            found[record.id] = "the book tells of peers on one machine only"
            continue
        if speaker := speakers.get(record.machine.name):
            found[record.id] = f"the book tells of {speaker.id}, as data/records.toml says"
            continue
        same = [
            r for r in current if (r.machine.name, r.machine.device) == (record.machine.name, record.machine.device)
        ]
        if why := taken_rule.passed_over(record, same):
            found[record.id] = why
    return found


def passed_over_lines(catalog: Catalog, newest: bool = False) -> list[str]:
    """A line for each such record; with `newest`, only for the newest of each machine, but one whose profile no figure shows."""
    last = {
        record.machine.name: id_ for id_, record in sorted(catalog.records.items(), key=lambda pair: pair[1].started)
    }
    return [
        f"note: no figure takes data/measurements/{id_}.json: {why}"
        for id_, why in passed_over(catalog).items()
        if not newest or (id_ in last.values() and catalog.records[id_].profile != "peers")  # its run said so
    ]


@dataclass(frozen=True)
class Quoted:
    """A quoted decode rate beside its bound: bytes per token, tokens/s allowed and reached."""

    id: str
    row: Published
    bytes: float
    bound: float
    reached: float
    sources: frozenset[str]


@remembered(maxsize=8)
def quoted_decodes(catalog: Catalog, everything: bool = False) -> tuple[Quoted, ...]:
    """Every quoted decode rate at batch 1 on one cataloged chip, with the bound that its datasheet gives.

    Runs whose row says why they can be above it come only with `everything`.
    """
    found = []
    for id_, row in catalog.published.items():
        complete = (
            row.accelerator in catalog.accelerators and row.model in catalog.models and row.format in catalog.formats
        )
        plain = (
            row.metric == "decode_tokens_per_s"
            and row.batch == 1
            and row.devices == 1
            and (everything or not row.above_bound)
        )
        if not (complete and plain and row.context):
            continue
        with reading() as read:
            shape = model_inputs.shape(catalog.models[row.model])
            form = model_inputs.number_format(catalog.formats[row.format])
            moved = memory.step_bytes(shape, form, Pass(1.0, 1.0, float(row.context))).total
            bandwidth, reached = catalog.accelerators[row.accelerator].bandwidth.value, row.quantity.value
        found.append(Quoted(id_, row, moved, bandwidth / moved, reached, frozenset(read)))
    return tuple(found)


@dataclass(frozen=True)
class Ceilings:
    """What one machine reached in its own record: byte/s read, byte/s copied, FLOP/s by dtype."""

    read: float
    copy: float
    products: dict[str, float]


def ceilings(record: Record) -> Ceilings:
    """The ceilings of a record; BookError naming the record and read-bandwidth where that is missing."""
    reads = record.measured("read-bandwidth")
    if not reads:
        raise _lacks(record, "read-bandwidth")
    copies = record.measured("copy-bandwidth")
    products: dict[str, float] = {}
    for case in record.measured("matmul-peak"):
        dtype = str(case.parameters["dtype"])
        products[dtype] = max(case.flops, products.get(dtype, 0.0))
    return Ceilings(
        read=max(case.bandwidth for case in reads),
        copy=max((case.bandwidth for case in copies), default=0.0),
        products=products,
    )


def _lacks(record: Record, name: str) -> BookError:
    message = (
        f"found no measured {name}, wanted one to predict from; measure again with python -m generators.measure quick"
    )
    return BookError(f"data/measurements/{record.id}.json", "cases", message)


def measured_shape(case: Case) -> Shape:
    """The shape of a measured decode case, from its parameters."""
    p = {
        key: float(case.parameters[key])
        for key in ("layers", "d_model", "heads", "kv_heads", "head_dim", "d_ff", "vocab")
    }
    return model_inputs.with_parts(Shape(**p, tied=bool(case.parameters["tied"])))


def measured_format(case: Case) -> Format:
    """The number format of a measured model: weights and cache of one width."""
    width = float(predict.WIDTH[str(case.parameters["dtype"])])
    return Format(weight=width, other=width, kv=width)


def predicted(record: Record, case: Case) -> Step:
    """The step that the model predicts for a measured decode case from the same machine's own ceilings.

    Memory time uses the best read bandwidth of the record; overhead is the number of operations
    times the time of dispatching one in the mode of the case.  BookError naming the record and the ceiling that it lacks.
    """
    roof = ceilings(record)
    if not roof.products:
        raise _lacks(record, "matmul-peak")
    peak = roof.products.get(str(case.parameters["dtype"])) or max(roof.products.values())
    overhead = float(case.parameters.get("aten_ops_per_step") or 0) * predict.dispatch(
        record.used, str(case.parameters.get("mode", "eager"))
    )
    # the record's context counts the tokens cached before the step; the model's includes the new one
    step = Pass(float(case.parameters["batch"]), 1.0, float(case.parameters["context"]) + 1.0)
    return roofline.step(measured_shape(case), measured_format(case), Chip(roof.read, peak, 0.0, overhead), step)


def mode_of(case: Case) -> str:
    """The mode in which PyTorch ran a decode case, as ids spell it; a case that names none was eager."""
    return str(case.parameters.get("mode", "eager")).replace(" ", "-")


def decode_in_mode(record: Record, mode: str) -> list[Case]:
    """Measured decode of one mode."""
    return [case for case in record.measured("decode") if mode_of(case) == mode]


def decode_case(record: Record, name: str, mode: str) -> Case:
    """The decode case that a name such as ``1-1b-float32`` or ``8b`` (BF16) means; KeyError where the record has none."""
    for case in decode_in_mode(record, mode):
        reported = f"{case.parameters['model']}-{case.parameters['dtype']}".lower().replace(".", "-")
        if name in (reported, reported.removesuffix("-bfloat16")):
            return case
    raise KeyError(f"record {record.id} has no measured decode of {name!r} in mode {mode!r}")


def datasheet_bandwidth(catalog: Catalog, record: Record) -> units.Quantity | None:
    """Memory bandwidth of the record's chip by its datasheet; None where the record names no chip."""
    chip = catalog.accelerators.get(record.machine.accelerator)
    return chip.bandwidth if chip else None


def by_products(record: Record, case: Case) -> Prediction | None:
    """The same step as the sum of what the machine's own matrix-vector products of those sizes took, plus issuing it.

    None where the record lacks product-by-size or step-overhead in the case's number format.
    """
    return predict.decode(record.used, Result(case.model_dump()))


def past_overhead(record: Record) -> list[tuple[Case, Prediction]]:
    """Decode cases whose predicted issuing is a small share of the step and whose weights exceed the cache."""
    found = [(case, by_products(record, case)) for case in record.measured("decode")]
    return [
        (case, reported)
        for case, reported in found
        if reported and predict.is_past_overhead(Result(case.model_dump()), reported)
    ]
