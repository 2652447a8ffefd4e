"""How far predictions of quoted runs were off."""

from __future__ import annotations

from statistics import median

from generators import units
from generators.evidence import accuracy, own_errors
from generators.numbers.registry import Numbers, number
from generators.score.table import Scored, Summary, summary

KINDS = {
    "decode": accuracy.DECODE,
    "prefill": accuracy.PREFILL,
    "batched": accuracy.BATCHED,
    "batched-decode": accuracy.BATCHED_DECODE,
    "products": accuracy.OPERATOR,
}


def _found(n: Numbers, name: str) -> list[Scored]:
    """The scored runs of a kind, or those predicted from one probe or two."""
    if name in ("one-probe", "two-probes"):
        return accuracy.probed(n.book, 1 if name == "one-probe" else 2)
    if name not in KINDS:
        raise KeyError(f"unknown kind {name!r}; there are {', '.join([*KINDS, 'one-probe', 'two-probes'])}")
    return accuracy.of_kind(n.book, KINDS[name])


def _value(n: Numbers, name: str, field: str) -> units.Quantity:
    found = _found(n, name)
    value: Summary = summary(found)
    return units.of(float(getattr(value, field)), "", *{one.run.source for one in found})


@number("accuracy.{name}.by-row", "%", 2)
def by_row(n: Numbers, name: str) -> units.Quantity:
    """Median error of predicted time over the quoted runs of {name}, no constant fitted on the run's own device."""
    return _value(n, name, "by_row")


@number("accuracy.{name}.by-device", "%", 2)
def by_device(n: Numbers, name: str) -> units.Quantity:
    """The same over devices: the median of each device's median error."""
    return _value(n, name, "by_device")


@number("accuracy.{name}.p90", "%", 2)
def p90(n: Numbers, name: str) -> units.Quantity:
    """The error that nine in ten of the quoted runs of {name} stay within."""
    return _value(n, name, "p90")


@number("accuracy.{name}.bound-by-row", "%", 2)
def bound_by_row(n: Numbers, name: str) -> units.Quantity:
    """Median error of the bare bound over the quoted runs of {name}."""
    return _value(n, name, "bound_by_row")


@number("accuracy.{name}.bound-by-device", "%", 2)
def bound_by_device(n: Numbers, name: str) -> units.Quantity:
    """Median over devices of the bare bound's median error in {name}."""
    return _value(n, name, "bound_by_device")


@number("accuracy.{name}.inside", "%", 2)
def inside(n: Numbers, name: str) -> units.Quantity:
    """Share of the quoted runs of {name} within the prediction interval, which is meant for four in five."""
    return _value(n, name, "inside")


@number("accuracy.{name}.runs", "", 0)
def runs(n: Numbers, name: str) -> units.Quantity:
    """Quoted runs of {name} that were predicted without their device."""
    return _value(n, name, "rows")


@number("accuracy.{name}.devices", "", 0)
def devices(n: Numbers, name: str) -> units.Quantity:
    """Devices of those runs."""
    return _value(n, name, "devices")


@number("accuracy.quoted-runs", "", 0)
def quoted_runs(n: Numbers) -> units.Quantity:
    """Quoted runs in data/published/runs."""
    there = accuracy.runs(n.book)
    return units.of(float(len(there)), "", *{run.source for run in there})


@number("accuracy.quoted-devices", "", 0)
def quoted_devices(n: Numbers) -> units.Quantity:
    """Devices of the quoted runs."""
    there = accuracy.runs(n.book)
    return units.of(float(len({run.device.key for run in there})), "", *{run.source for run in there})


def _read_tested(n: Numbers) -> list[float]:
    return [error for one in own_errors.own_errors(n.book) if one.way == own_errors.PROBE for error in one.errors]


@number("accuracy.read-test", "%", 2)
def read_test(n: Numbers) -> units.Quantity:
    """Median error of decode on the machines of the book's records, predicted from a read test and one decode run of each."""
    return units.of(median(map(abs, _read_tested(n))), "", *_records(n))


@number("accuracy.read-test-runs", "", 0)
def read_test_runs(n: Numbers) -> units.Quantity:
    """Decode runs that were predicted so."""
    return units.of(float(len(_read_tested(n))), "", *_records(n))


def _records(n: Numbers) -> set[str]:
    return {f"record:{record.id}" for record in n.book.roles.values()}
