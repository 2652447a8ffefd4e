"""How far predictions of quoted runs were off."""

from __future__ import annotations

from statistics import median

from generators import units
from generators.evidence import accuracy, own_errors
from generators.numbers.registry import Numbers, numbers
from generators.score.table import Scored, summary

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


@numbers("accuracy.{name}.{field}")
def errors(n: Numbers, name: str, field: str) -> units.Quantity:
    """How far predictions of the quoted runs of {name} were off, no constant fitted on the run's own device.

    by-row (%, 2): Median error of predicted time over the quoted runs of {name}, no constant fitted on the run's own device.
    by-device (%, 2): The same over devices: the median of each device's median error.
    p90 (%, 2): The error that nine in ten of the quoted runs of {name} stay within.
    bound-by-row (%, 2): Median error of the bare bound over the quoted runs of {name}.
    bound-by-device (%, 2): Median over devices of the bare bound's median error in {name}.
    """
    found = _found(n, name)
    return units.of(getattr(summary(found), field.replace("-", "_")), "", *{one.run.source for one in found})


@numbers("accuracy.quoted-{field}")
def quoted(n: Numbers, field: str) -> units.Quantity:
    """How much was quoted.

    runs (, 0): Quoted runs in data/published/runs.
    devices (, 0): Devices of the quoted runs.
    """
    there = accuracy.runs(n.book)
    count = len(there) if field == "runs" else len({run.device.key for run in there})
    return units.of(float(count), "", *{run.source for run in there})


@numbers("accuracy.{field}")
def read_test(n: Numbers, field: str) -> units.Quantity:
    """Decode on the machines of the book's records, predicted from a read test and one decode run of each.

    read-test (%, 2): Median error of decode on the machines of the book's records, predicted from a read test and one decode run of each.
    read-test-runs (, 0): Decode runs that were predicted so.
    """
    errors = [error for one in own_errors.own_errors(n.book) if one.way == own_errors.PROBE for error in one.errors]
    value = median(map(abs, errors)) if field == "read-test" else float(len(errors))
    return units.of(value, "", *(f"record:{record.id}" for record in n.book.roles.values()))
