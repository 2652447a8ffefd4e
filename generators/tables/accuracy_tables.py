"""Tables of how far predictions were off: by kind, by what a run is, the worst, the constants, and other tools' formulas."""

import json
from collections.abc import Callable, Sequence
from statistics import median

from generators.comparison import accuracy, own_errors
from generators.numbers.registry import Numbers
from generators.score.table import CONSTANTS, Scored, summary
from generators.score.tried import TRIED
from generators.tables.registry import Table, by_columns, named_table

ERRORS = [
    "Runs >",
    "Devices >",
    "By run >",
    "By device >",
    "Nine in ten within >",
    "Bare bound by run >",
    "By device >",
]


def _errors(found: list[Scored]) -> list[str]:
    s = summary(found)
    return [
        str(s.rows),
        str(s.devices),
        *(f"{value:.1%}" for value in (s.by_row, s.by_device, s.p90, s.bound_by_row, s.bound_by_device)),
    ]


@named_table
def accuracy_kinds(n: Numbers) -> Table:
    """Errors of each kind of run, each device left out of the constants that predict it."""
    parts = accuracy.parted(list(accuracy.scored(n.catalog)), lambda one: one.kind)
    rows = [
        [kind, *_errors(found), "" if found[0].probes else f"{summary(found).inside:.0%}"]
        for kind, found in sorted(parts.items())
    ]
    return Table(["Kind", *ERRORS, "In the interval >"], rows)


_SIZES = ((1e9, "below 1 GB"), (4e9, "1 to 4 GB"), (16e9, "4 to 16 GB"), (float("inf"), "16 GB and more"))
_PARTS: dict[str, Callable[[Scored], str]] = {
    "device": lambda one: one.run.device.name,
    "engine": lambda one: f"{one.run.build}, {one.run.device.memory}",
    "precision": lambda one: one.run.precision,
    "size": lambda one: next(name for most, name in _SIZES if one.run.phases[0].bytes < most),
}


@named_table
def accuracy_parts(n: Numbers, by: str, kind: str = accuracy.DECODE) -> Table:
    """Runs of a kind by device, engine, precision or bytes per pass: errors, and whether predictions are slow or fast."""
    rows = []
    for part, found in accuracy.parted(accuracy.of_kind(n.catalog, kind), _PARTS[by]).items():
        errors = [one.error for one in found]
        rows.append(
            [
                part,
                str(len(found)),
                f"{median(map(abs, errors)):.1%}",
                f"{median(errors):+.1%}",
                f"{median(abs(one.bare) for one in found):.1%}",
            ]
        )
    return Table(
        [by.capitalize(), "Runs >", "Median error >", "Predicted slower (+) or faster (-) >", "Bare bound >"], rows
    )


@named_table
def accuracy_worst(n: Numbers, kind: str = accuracy.DECODE) -> Table:
    """The ten runs of a kind that were furthest off, by the ratio."""
    worst = sorted(accuracy.of_kind(n.catalog, kind), key=lambda one: -max(1.0 + one.error, 1.0 / (1.0 + one.error)))
    rows = []
    for one in worst[:10]:
        run, others = one.run, accuracy.elsewhere(n.catalog, one.run)
        times = (run.bound, one.seconds, run.seconds, *([median(other.seconds for other in others)] if others else []))
        reported = [f"{1e3 * time:.1f} ms" for time in times]
        rows.append(
            [
                run.device.name,
                n.catalog.models[run.model].short,
                run.precision,
                run.build,
                *reported,
                *([""] if not others else []),
            ]
        )
    return Table(
        ["Device", "Model", "Format", "Build", "Bound >", "Predicted >", "Measured >", "By others there >"], rows
    )


@named_table
def accuracy_formulas(n: Numbers) -> Table:
    """The same runs by the formulas of other tools: errors, and how many times the measured rate is promised."""
    there = accuracy.comparable(n.catalog)
    ways: dict[str, list[tuple[str, float]]] = {
        "this book, device left out": [(one.run.device.key, one.seconds / one.run.seconds) for one in there],
        "this book, bare bound": [(one.run.device.key, one.run.bound / one.run.seconds) for one in there],
    }
    for name, formula in accuracy.FORMULAS.items():
        ways[name] = [(one.run.device.key, formula(one.run) / one.run.seconds) for one in there]
    rows = []
    for name, ratios in ways.items():
        off = [abs(ratio - 1.0) for _, ratio in ratios]
        devices = [
            median(abs(ratio - 1.0) for key, ratio in ratios if key == device) for device in {key for key, _ in ratios}
        ]
        rows.append(
            [
                name,
                str(len(off)),
                f"{median(off):.1%}",
                f"{median(devices):.1%}",
                f"{median(1.0 / ratio for _, ratio in ratios):.2f} times",
            ]
        )
    return Table(["Formula", "Runs >", "By run >", "By device >", "Promised over measured rate >"], rows)


@named_table
def accuracy_constants(n: Numbers) -> Table:
    """The constants fitted to all devices, and their range as single devices are left out."""
    groups = json.loads((n.catalog.root / CONSTANTS).read_text(encoding="utf-8"))
    rows = []
    for group, row in groups.items():
        memory, family = group.split(", ")
        percent, microseconds = "{:.0%}".format, lambda seconds: f"{1e6 * seconds:.0f}"
        layers = "; ".join(
            f"{name or 'any'} {_ranged(microseconds, constant)}" for name, constant in row["layer"].items()
        )
        peaks = "; ".join(f"{name} {_ranged(percent, constant)}" for name, constant in row["peak"].items())
        rows.append(
            [
                f"{family}, {memory}",
                str(row["devices"]),
                str(row["rows"]),
                _ranged(percent, row["share"]),
                layers,
                peaks,
            ]
        )
    return Table(
        ["Engine and memory", "Devices >", "Runs >", "Share of bandwidth >", "Microseconds per layer", "Share of peak"],
        rows,
    )


def _ranged(shown: Callable[[float], str], constant: Sequence[float]) -> str:
    """A fitted constant, with its range where that reads differently."""
    value, low, high = map(shown, constant)
    return value if low == high else f"{value} ({low} to {high})"


@named_table
def accuracy_own(n: Numbers) -> Table:
    """Errors of the book's predictions of its own records, by figure, machine and way, the best first."""
    return by_columns(
        own_errors.own_errors(n.catalog),
        ("Figure", lambda one: one.figure),
        ("Machine", lambda one: one.machine),
        ("Predicted from", lambda one: one.way),
        ("Cases >", lambda one: str(len(one.errors))),
        ("Median error >", lambda one: f"{one.median:.1%}"),
        ("Furthest off >", lambda one: f"{max(one.errors, key=abs):+.1%}"),
    )


@named_table
def accuracy_tried(n: Numbers) -> Table:
    """Changes to the predictor's form: median errors by run and by device on each half of the devices."""
    reported = json.loads((n.catalog.root / TRIED).read_text(encoding="utf-8"))
    rows = [
        [
            change,
            *(
                f"{100 * kind[n]:.1f}, {100 * kind[n + 1]:.1f}"
                for kind in kinds.values()
                for n in range(1, len(kind), 3)
            ),
        ]
        for change, kinds in reported.items()
    ]
    return Table(
        [
            "Change",
            "Decode, half A (%) >",
            "Half B (%) >",
            "Prefill, half A (%) >",
            "Half B (%) >",
            "Batches in servers (%) >",
        ],
        rows,
    )


def _medians(found: list[tuple[str, float]]) -> list[str]:
    """Runs, devices, median error by run and by device, and what nine in ten lie within, of (device, error)."""
    off = sorted(abs(error) for _, error in found)
    devices = [median(abs(error) for key, error in found if key == device) for device in {key for key, _ in found}]
    return [
        str(len(off)),
        str(len(devices)),
        *(f"{value:.1%}" for value in (median(off), median(devices), off[min(int(0.9 * len(off)), len(off) - 1)])),
    ]


def _of_scored(found: list[Scored]) -> list[tuple[str, float]]:
    return [(one.run.device.key, one.error) for one in found]


CARDS = "the formula, from other cards"
SPREAD = ["Runs >", "Devices >", "By run >", "By device >", "Nine in ten within >"]


@named_table
def accuracy_floor(n: Numbers) -> Table:
    """How far measurements of one thing differ, beside how far they are from their predictions."""
    b = n.catalog
    decode, prefill, repeats = (
        accuracy.between(b, accuracy.DECODE),
        accuracy.between(b, accuracy.PREFILL),
        accuracy.agreement(b),
    )
    ways = {
        "decode, crowd-sourced, in one program and system": {
            "other users' runs of the card": repeats,
            CARDS: accuracy.predicted(b, repeats),
        },
        "decode in llama.cpp, in two publications": {
            "the other publication's run of the card": decode,
            CARDS: accuracy.predicted(b, decode),
        },
        "prefill in llama.cpp, in two publications": {
            "the other publication's run of the card": prefill,
            CARDS: accuracy.predicted(b, prefill),
        },
    }
    rows = []
    for name, reported in ways.items():
        for way, found in reported.items():
            errors = (
                _of_scored(found) if isinstance(found[0], Scored) else [(run.device.key, error) for run, error in found]
            )
            rows.append([name, way, *_medians(errors)])
    return Table(["Runs measured more than once", "Estimated from", *SPREAD], rows)


#: The errors that were wanted before anything was fitted, by row of the table of them: its figure and the target.
TARGETS = {
    "decode, batch 1": ("decode", 0.05),
    "prefill": ("prefill", 0.07),
    "whole requests in batches, compiled engines": ("batched-compiled", 0.10),
    "whole requests in batches, servers": ("batched-served", 0.10),
    "decode, one run of the machine known": ("one-probe", 0.02),
    "decode, two runs of the machine known": ("two-probes", 0.02),
}


@named_table
def accuracy_targets(n: Numbers) -> Table:
    """What was wanted and what was reached."""
    rows = []
    for what, (name, target) in TARGETS.items():
        found = accuracy.FIGURES[name](n.catalog)
        s = summary(found)
        reached = "yes" if max(s.by_row, s.by_device) <= target else "no"
        rows.append([what, f"{target:.0%}", *_medians(_of_scored(found))[1:4], reached])
    return Table(["Figure", "Target >", *SPREAD[1:4], "Reached"], rows)


@named_table
def accuracy_causes(n: Numbers) -> Table:
    """Errors of each figure by what tells well from badly predicted runs apart."""
    b, rows = n.catalog, []
    for name, found in (
        ("decode", accuracy.FIGURES["decode"](b)),
        ("prefill", accuracy.FIGURES["prefill"](b)),
        ("one run known", accuracy.FIGURES["one-probe"](b)),
        ("two runs known", accuracy.FIGURES["two-probes"](b)),
    ):
        for why, part in sorted(accuracy.parted(found, accuracy.cause).items()):
            rows.append([f"{name}: {why}", *_medians(_of_scored(part)), f"{median(one.error for one in part):+.1%}"])
        if name.endswith("known"):  # what it helps to know them
            there = accuracy.predicted(b, [(one.run, one.error) for one in found])
            rows.append(
                [
                    f"{name}: the same, none known",
                    *_medians(_of_scored(there)),
                    f"{median(one.error for one in there):+.1%}",
                ]
            )
    return Table(["Figure, and which of its runs", *SPREAD, "Too slow (+) or fast (-) >"], rows)


@named_table
def accuracy_batches(n: Numbers) -> Table:
    """Whole requests in batches by engine, device and number of sequences."""
    key = lambda one: (one.run.engine, one.run.device.name, one.run.phases[-1].tokens)  # noqa: E731
    parts = accuracy.parted(accuracy.all_of_kind(n.catalog, accuracy.BATCHED), key)
    rows = [
        [f"{engine} on {device}", f"{sequences:.0f}", str(len(part)), f"{median(one.error for one in part):+.1%}"]
        for (engine, device, sequences), part in sorted(parts.items())
    ]
    return Table(["Engine and device", "Sequences >", "Runs >", "Too slow (+) or fast (-) >"], rows)
