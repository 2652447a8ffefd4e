"""How far the measurement suite itself can be trusted: beside C and the vendor's library, from run to run, and as a basis of prediction."""

from __future__ import annotations

from generators import units
from generators.book.record import Case, Record
from generators.evidence.comparison import by_products, decode_in_mode, past_overhead, peer_record, repeat_record
from generators.measure.comparing.compare import spreads
from generators.numbers.registry import Numbers, number


def _share(value: float, *records: Record) -> units.Quantity:
    return units.of(value, "", *(f"record:{record.id}" for record in records))


def _rate(value: float, unit: str, record: Record) -> units.Quantity:
    return units.of(value, unit, f"record:{record.id}")


def _best(record: Record, name: str, *starts: str, **told: object) -> Case:
    """The fastest measured row whose method starts with one of these words; KeyError naming what is missing."""
    rows = [
        case for case in record.measured(name, **told) if str(case.parameters.get("method")).startswith(starts or "")
    ]
    if not rows:
        raise KeyError(f"record {record.id} has no measured {name} by {' or '.join(starts)} {told or ''}")
    return min(rows, key=lambda case: case.seconds / (case.work.bytes or case.work.flop))


def _against(n: Numbers, name: str, mine: str, theirs: str, **told: object) -> units.Quantity:
    """Rate of one way over the rate of another, both timed in turns in the peers record."""
    record = peer_record(n.book)
    one, other = _best(record, name, mine, **told), _best(record, name, theirs, **told)
    rate = "bandwidth" if one.work.bytes and name != "peer-product" else "flops"
    unit = "byte/s" if rate == "bandwidth" else "FLOP/s"
    return _rate(getattr(one, rate), unit, record) / _rate(getattr(other, rate), unit, record)


@number("suite.read-against-c", "%", 2)
def read_against_c(n: Numbers) -> units.Quantity:
    """PyTorch's fastest read over a read kernel of our own in C, in turns over the same cold buffer."""
    return _against(n, "peer-read", "torch, ", "C, ")


@number("suite.copy-against-c.{name}", "%", 2)
def copy_against_c(n: Numbers, name: str) -> units.Quantity:
    """PyTorch's copy over a copy of our own in C with {name} stores."""
    return _against(n, "peer-copy", "torch, ", f"C, {name} stores")


@number("suite.product-against-vendor.{name}", "%", 2)
def product_against_vendor(n: Numbers, name: str) -> units.Quantity:
    """torch.mm in {name} over the vendor's library called directly, in turns."""
    return _against(n, "peer-product", "torch", "MKL", dtype=name)


@number("suite.gemv-against-c.{name}", "%", 2)
def gemv_against_c(n: Numbers, name: str) -> units.Quantity:
    """PyTorch's matrix-vector product in {name} over our C read, in turns over the same cold buffer."""
    return _against(n, "peer-read", f"torch, gemv-{name}", "C, ")


@number("{role}.run-to-run.{name}", "%", 2)
def run_to_run(n: Numbers, role: str, name: str) -> units.Quantity:
    """By how much the estimate of a {name} case differs between two whole runs on the {role}, median over its cases."""
    first, second = n.book.speaker(role), repeat_record(n.book, role)
    found = spreads(*({"cases": [case.model_dump() for case in record.cases]} for record in (first, second)))
    return _share(found[name], first, second)


@number("{role}.products-error.{name}", "%", 2)
def products_error(n: Numbers, role: str, name: str) -> units.Quantity:
    """Error of decode predicted from the {role}'s own products and its cost of issuing a layer, past the overhead regime: {name}, sign dropped."""
    record = n.book.speaker(role)
    errors = [abs(told.total / case.seconds - 1) for case, told in past_overhead(record)]
    return _share(units.statistic(name, errors), record)


@number("{role}.products-error-of-all.{name}", "%", 2)
def products_error_of_all(n: Numbers, role: str, name: str) -> units.Quantity:
    """The same error over all eager decode runs of the {role}, those that issuing rules among them: {name}, sign dropped."""
    record = n.book.speaker(role)
    told = [(case, by_products(record, case)) for case in decode_in_mode(record, "eager")]
    errors = [abs(one.total / case.seconds - 1) for case, one in told if one]
    return _share(units.statistic(name, errors), record)


@number("{role}.products-error-again", "%", 2)
def products_error_again(n: Numbers, role: str) -> units.Quantity:
    """The same median error in the second whole run on the {role}."""
    record = repeat_record(n.book, role)
    errors = [abs(told.total / case.seconds - 1) for case, told in past_overhead(record)]
    return _share(units.statistic("median", errors), record)


@number("{role}.products-cases", "", 0)
def products_cases(n: Numbers, role: str) -> units.Quantity:
    """Decode runs of the {role} past the overhead regime."""
    record = n.book.speaker(role)
    return _share(float(len(past_overhead(record))), record)
