"""How far predictions of quoted runs were off."""

from generators.comparison import accuracy, own_errors
from generators.core import units
from generators.numbers.registry import Numbers, numbers
from generators.score.table import ninetieth, summary


@numbers("accuracy.{name}.{field}")
def errors(n: Numbers, name: str, field: str) -> units.Quantity:
    """How far predictions of the quoted runs of {name} were off, no constant fitted on the run's own device.

    by-row (%, 2): Median error of predicted time over the quoted runs of {name}, no constant fitted on the run's own device.
    by-device (%, 2): The same over devices: the median of each device's median error.
    p90 (%, 2): The error that nine in ten of the quoted runs of {name} stay within.
    bound-by-row (%, 2): Median error of the bare bound over the quoted runs of {name}.
    bound-by-device (%, 2): Median over devices of the bare bound's median error in {name}.
    inside (%, 2): Share of the quoted runs of {name} that lie in the interval meant for nine in ten.
    """
    if name not in accuracy.FIGURES:
        raise KeyError(f"unknown kind {name!r}; there are {', '.join(accuracy.FIGURES)}")
    found = accuracy.FIGURES[name](n.catalog)
    return units.of(getattr(summary(found), field.replace("-", "_")), "", *{one.run.source for one in found})


@numbers("accuracy.alike-{field}")
def alike(n: Numbers, field: str) -> units.Quantity:
    """How far runs of one card, model and format lie from each other, in time.

    repeats (%, 2): Median error of a crowd-sourced decode run, told by others in the same program and system on the same card, model and format.
    repeats-p90 (%, 2): What nine in ten of these errors stay within.
    decode (%, 2): Median error of decode in llama.cpp, told by another source's run of the same card, model and format, each over its bound.
    prefill (%, 2): The same of prefill.
    """
    crowd = field.startswith("repeats")
    found = (
        accuracy.agreement(n.catalog)
        if crowd
        else accuracy.between(n.catalog, field if field == "prefill" else accuracy.DECODE)
    )
    off = sorted(abs(error) for _, error in found)
    value = ninetieth(off) if field == "repeats-p90" else units.statistic("median", off)
    return units.of(value, "", *{run.source for run, _ in found})


@numbers("accuracy.quoted-{field}")
def quoted(n: Numbers, field: str) -> units.Quantity:
    """How much was quoted.

    runs (, 0): Quoted runs in data/published/runs.
    devices (, 0): Devices of the quoted runs.
    scored (, 0): Quoted runs predicted by constants fitted on other devices; for the rest there is no other device to fit them on.
    """
    runs = there = accuracy.runs(n.catalog)
    if field == "scored":
        there = tuple(one.run for one in accuracy.probed(n.catalog, 0))
    devices, files = {run.device.key for run in runs}, {run.file for run in runs}
    count = {
        "scored": lambda: units.counted(len(there), len(runs), "runs"),
        "devices": lambda: units.explained(len(devices), f"counted over {len(runs):,} runs"),
        "runs": lambda: units.explained(len(runs), f"counted in {len(files)} files"),
    }[field]()
    return units.of(count, "", *{run.source for run in there})


@numbers("accuracy.{field}")
def read_test(n: Numbers, field: str) -> units.Quantity:
    """Decode on the machines of the book's records, predicted from a read test and one decode run of each.

    read-test (%, 2): Median error of decode on the machines of the book's records, predicted from a read test and one decode run of each.
    read-test-runs (, 0): Decode runs that were predicted so.
    """
    found = [one for one in own_errors.own_errors(n.catalog) if one.way == own_errors.PROBE]
    errors = [abs(error) for one in found for error in one.errors]
    words = f"counted on {len({one.machine for one in found})} machines"
    value = units.statistic("median", errors) if field == "read-test" else units.explained(len(errors), words)
    return units.of(value, "", *(f"record:{record.id}" for record in n.catalog.roles.values()))
