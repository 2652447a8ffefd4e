"""How far the measurement suite itself can be trusted: beside C and the vendor's library, from run to run, and as a basis of prediction."""

from generators.catalog.load import Catalog
from generators.catalog.record import Case, Record
from generators.comparison.comparison import by_products, decode_in_mode, past_overhead, peer_record, repeat_record
from generators.core import units
from generators.core.reading import remembered
from generators.measure.comparing.compare import spreads
from generators.numbers.registry import Numbers, number, numbers


def _share(value: float, *records: Record) -> units.Quantity:
    return units.of(value, "", *(f"record:{record.id}" for record in records))


def _rate(value: float, unit: str, record: Record) -> units.Quantity:
    return units.of(value, unit, f"record:{record.id}")


def _best(record: Record, name: str, *starts: str, **reported: object) -> Case:
    """The fastest measured row whose method starts with one of these words; KeyError naming what is missing."""
    rows = [
        case
        for case in record.measured(name, **reported)
        if str(case.parameters.get("method")).startswith(starts or "")
    ]
    if not rows:
        raise KeyError(f"record {record.id} has no measured {name} by {' or '.join(starts)} {reported or ''}")
    return min(rows, key=lambda case: case.seconds / (case.work.bytes or case.work.flop))


def _against(n: Numbers, name: str, mine: str, theirs: str, **reported: object) -> units.Quantity:
    """Rate of one way over the rate of another, both timed in turns in the peers record."""
    record = peer_record(n.catalog)
    one, other = _best(record, name, mine, **reported), _best(record, name, theirs, **reported)
    rate = "bandwidth" if one.work.bytes and name != "peer-product" else "flops"
    unit = "byte/s" if rate == "bandwidth" else "FLOP/s"
    return _rate(getattr(one, rate), unit, record) / _rate(getattr(other, rate), unit, record)


@numbers("suite.{field}")
def against(n: Numbers, field: str, name: str = "") -> units.Quantity:
    """PyTorch beside C and the vendor's library.

    read-against-c (%, 2): PyTorch's fastest read over a read kernel of our own in C, in turns over the same cold buffer.
    copy-against-c.{name} (%, 2): PyTorch's copy over a copy of our own in C with {name} stores.
    product-against-vendor.{name} (%, 2): torch.mm in {name} over the vendor's library called directly, in turns.
    gemv-against-c.{name} (%, 2): PyTorch's matrix-vector product in {name} over our C read, in turns over the same cold buffer.
    """
    kind = field.split("-")[0]
    if kind == "product":
        return _against(n, "peer-product", "torch", "MKL", dtype=name)
    if kind == "copy":
        return _against(n, "peer-copy", "torch, ", f"C, {name} stores")
    return _against(n, "peer-read", f"torch, gemv-{name}" if kind == "gemv" else "torch, ", "C, ")


@number("{role}.run-to-run.{name}", "%", 2)
def run_to_run(n: Numbers, role: str, name: str) -> units.Quantity:
    """By how much the estimate of a {name} case differs between two whole runs on the {role}, median over its cases."""
    first, second = n.catalog.speaker(role), repeat_record(n.catalog, role)
    return _share(units.statistic("median", _run_to_run(n.catalog, role)[name]), first, second)


@remembered(maxsize=8)
def _run_to_run(catalog: Catalog, role: str) -> dict[str, list[float]]:
    both = catalog.speaker(role), repeat_record(catalog, role)
    return spreads(*({"cases": [case.model_dump() for case in record.cases]} for record in both))


@numbers("{role}.products-{field}")
def products(n: Numbers, role: str, field: str, name: str = "") -> units.Quantity:
    """Decode predicted from the {role}'s own products and its cost of issuing a layer.

    error.{name} (%, 2): Error of decode predicted from the {role}'s own products and its cost of issuing a layer, past the overhead regime: {name}, sign dropped.
    error-of-all.{name} (%, 2): The same error over all eager decode runs of the {role}, those that issuing rules among them: {name}, sign dropped.
    cases (, 0): Decode runs of the {role} past the overhead regime.
    """
    record = n.catalog.speaker(role)
    reported = past_overhead(record)
    if field == "cases":
        among = len(record.measured("decode"))
        return n.measured(role, units.counted(len(reported), among, "decode runs"), "")
    if field.startswith("error-of-all"):
        reported = [(case, by_products(record, case)) for case in decode_in_mode(record, "eager")]
    return n.measured(
        role, units.statistic(name, [abs(one.total / case.seconds - 1) for case, one in reported if one]), ""
    )
