"""``python -m generators score [FILE.csv … | --fit]``: how far the predictor was off, on the project's rows or on anybody's.

A run is predicted by constants that were fitted without any run of its device.  ``--fit`` writes the
constants of all devices, which pages and the explorer take.
"""

import json
import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import median

from generators.catalog.load import Catalog, load_catalog
from generators.core import units
from generators.core.errors import BookError, nearest, raise_all
from generators.model import expected
from generators.score.fit import Constants, by_group, fit, group_among
from generators.score.names import Names
from generators.score.rows import CITED, Refusal, Run, head, read
from generators.score.rows import table as table_of

RUNS = "data/published/runs"
#: Further runs of what some of those measured, by others on the same card: they are fitted to nothing, and tell how far measurements agree.
REPEATS = "data/published/repeats"
CONSTANTS = "data/expected.json"
#: The family of engines whose runs are crowd-sourced.
CROWD = "llamafile"
#: Shares of rows that the prediction interval leaves below and above.
TAIL = 0.05
#: Devices fewer than which do not tell how far another may be off: the interval is then taken over all groups.
ENOUGH = 6
#: What differs between two refusals for one reason: quoted words, numbers, the device at the end, a marked row's own note.
_VARIES = re.compile(r"(?<=INVALID: ).*|'[^']*'|\d[\d.]*|(?<=peak of ).*(?=, which)|(?<=allow on ).*(?=: no such)")


@dataclass(frozen=True)
class Scored:
    """A run beside its prediction: seconds, the interval that nine in ten runs should lie in, and other devices with such runs fitted on."""

    run: Run
    seconds: float
    low: float
    high: float
    devices: int
    probes: int = 0
    alike: bool = False  # whether the probe's weights were in the same format
    same_build: bool = False  # whether two other devices or more ran its build

    @property
    def kind(self) -> str:
        """The line of the table that it counts in."""
        if self.probes:
            return f"{self.run.kind}, {('one probe', 'two probes')[self.probes - 1]}"
        return self.run.kind + ("" if self.devices > 1 else ", from one device")

    @property
    def error(self) -> float:
        """Predicted over measured seconds, less one."""
        return self.seconds / self.run.seconds - 1.0

    @property
    def bare(self) -> float:
        """The same of the bare bound."""
        return self.run.bound / self.run.seconds - 1.0

    @property
    def inside(self) -> bool:
        """Whether the measured value lies in the interval."""
        return self.low <= self.run.seconds <= self.high


class Predictor:
    """Constants fitted to a set of runs, for each device without its own."""

    def __init__(self, runs: Iterable[Run]) -> None:
        self.groups = by_group(runs)
        self._fitted, self.ratios, self.interval = cache(self._fitted), cache(self.ratios), cache(self.interval)

    def constants(self, group: str, device: str = "") -> Constants | None:
        """The constants of a group, fitted without a device; None where no run is left."""
        there = any(run.device.key == device for run in self.groups.get(group, []))
        return self._fitted(group, device if there else "")

    def _fitted(self, group: str, device: str) -> Constants | None:
        left = [run for run in self.groups.get(group, []) if run.device.key != device]
        return fit(left) if left else None

    def ratios(self, group: str, heavy: bool) -> list[tuple[str, float]]:
        """(device, measured over predicted) of the group's runs whose arithmetic may decide, or of its others, each device left out of what predicts it."""
        found = []
        for run in self.groups.get(group, []):
            constants = self.constants(group, run.device.key)
            if run.heavy == heavy and constants and not missing(run, constants):
                found.append((run.device.key, run.seconds / run.expected(constants.habits(run))))
        return found

    def interval(self, group: str, device: str, heavy: bool) -> tuple[float, float]:
        """Measured over predicted at the tails, over devices other than one; where those are few, over all groups, whose devices differ more, but single products.

        Of a group's own devices the tails are those of one more than there are, so that a new one lies outside as rarely as the interval says.
        """
        ratios = [pair for pair in self.ratios(group, heavy) if pair[0] != device]
        devices = len({name for name, _ in ratios})
        if devices >= ENOUGH:
            upper = min(1.0, (1.0 - TAIL) * (1.0 + 1.0 / devices))
        else:
            pooled = [name for name in self.groups if not name.endswith("operators")]
            ratios = [pair for name in pooled for pair in self.ratios(name, heavy) if pair[0] != device]
            upper = 1.0 - TAIL
        return quantile(ratios, 1.0 - upper), quantile(ratios, upper)

    def score(self, run: Run) -> Scored | str:
        """A run beside its prediction, or why there is none."""
        if not run.family:
            return f"engine {run.engine[:40]!r}: none that constants were fitted for"
        group = group_among(self.groups, run)
        constants = self.constants(group, run.device.key)
        if constants is None:
            where = f"{run.family} on {run.device.memory} memory"
            return (
                f"{where}: no run of another device to fit constants to"
                if group in self.groups
                else f"{where}: outside what was fitted"
            )
        if why := missing(run, constants):
            return why
        low, high = self.interval(group, run.device.key, run.heavy)
        expected = run.expected(constants.habits(run))
        alike = {other.device.key for other in self.groups[group] if other.heavy == run.heavy}
        same_build = f"{run.product}, {run.build}" in constants.peaks if run.heavy else run.build in constants.layers
        return Scored(
            run, expected, expected * low, expected * high, len(alike - {run.device.key}), same_build=same_build
        )

    def probed(self, runs: list[Run]) -> list[Scored]:
        """Runs of one machine predicted from one or two others of its own: those that read most and least per layer.

        One run gives the share of bandwidth, with an overhead per layer fitted to other devices; two give both.
        A machine is a device with one engine and its options in one file, of which at least four decode runs of
        batch 1 are there.  Crowd-sourced runs of a card are many machines, and in none.
        """
        machines, found = defaultdict(list), []
        for run in runs:
            if run.kind == "decode, batch 1" and run.family not in ("", CROWD):
                machines[run.file, run.device.key, run.device.name, run.engine].append(run)
        for there in (sorted(there, key=_per_layer) for there in machines.values() if len(there) >= 4):
            least, most, rest = there[0], there[-1], there[1:-1]
            constants = self.constants(group_among(self.groups, most), most.device.key)
            if constants and constants.devices > 1:
                layer = constants.habits(most).layer
                found += _by_probe(rest, _share(most, layer), layer, most)
            share_per_byte = (most.seconds / _layers(most) - least.seconds / _layers(least)) / (
                _per_layer(most) - _per_layer(least) or math.inf
            )
            if share_per_byte > 0:
                share = 1.0 / (share_per_byte * most.device.bandwidth)
                found += _by_probe(
                    rest, share, least.seconds / _layers(least) - _per_layer(least) * share_per_byte, most, least
                )
        return found


def _layers(run: Run) -> float:
    return run.phases[0].layers


def _per_layer(run: Run) -> float:
    return run.phases[0].bytes / _layers(run)


def _share(run: Run, layer: float) -> float:
    return expected.probed_share(run.phases[0].bytes, _layers(run), run.device.bandwidth, run.seconds, layer)


def _by_probe(runs: list[Run], share: float, layer: float, *probes: Run) -> list[Scored]:
    """Runs predicted with constants of their machine; none where the probe gives no constant that can be."""
    if not 0.0 < share < 2.0:
        return []
    times = [(run, run.expected(expected.Habits(share, 0.0, layer))) for run in runs]
    return [
        Scored(run, time, time, time, 1, len(probes), all(probe.precision == run.precision for probe in probes))
        for run, time in times
        if time > 0
    ]


def missing(run: Run, constants: Constants) -> str:
    """Which constant a run needs that was not fitted; "" where none is missing."""
    if run.heavy and run.product not in constants.peaks:
        return f"{run.family} on {run.device.memory} memory: no share of peak was fitted for {run.product}"
    return ""


def quantile(pairs: list[tuple[str, float]], share: float) -> float:
    """The value that a share of the weight lies below; devices weigh alike, whatever their rows."""
    if not pairs:
        return 1.0
    count = Counter(name for name, _ in pairs)
    total, reached = float(len(count)), 0.0
    ordered = sorted(pairs, key=lambda pair: pair[1])
    for name, value in ordered:
        reached += 1.0 / count[name]
        if reached >= share * total:
            return value
    return ordered[-1][1]


def constants_text(catalog: Catalog, runs: list[Run]) -> str:
    """The text of data/expected.json: each group's constants, their ranges as single devices are left out, the interval."""
    predictor, groups = Predictor(runs), {}
    for group, found in sorted(predictor.groups.items()):
        constants = predictor.constants(group)
        without = [
            other
            for device in sorted({run.device.key for run in found})
            if (other := predictor.constants(group, device))
        ]
        groups[group] = {
            "devices": constants.devices,
            "rows": constants.rows,
            "share": _ranged(constants.share, [other.share for other in without]),
            "layer": {
                name: _ranged(value, [other.layers[name] for other in without if name in other.layers])
                for name, value in sorted(constants.layers.items())
            },
            "peak": {
                name: _ranged(value, [other.peaks[name] for other in without if name in other.peaks])
                for name, value in sorted(constants.peaks.items())
            },
            "interval": [_round(value) for value in predictor.interval(group, "", False)],
            "interval_heavy": [_round(value) for value in predictor.interval(group, "", True)],
            "sequences": max(
                (run.phases[-1].tokens for run in found if run.kind not in ("prefill", "operator")), default=0.0
            ),
            "moved": [
                _round(bound(run.phases[-1].bytes for run in found if run.kind != "prefill")) for bound in (min, max)
            ],
        }
    lines = ",\n ".join(f"{json.dumps(group)}: {json.dumps(row)}" for group, row in groups.items())
    return f"{{\n {lines}\n}}\n"


def _ranged(value: float, others: list[float]) -> list[float]:
    """A constant, and the least and largest of it with all devices or with one left out."""
    return [_round(one) for one in (value, min([value, *others]), max([value, *others]))]


def _round(value: float) -> float:
    return float(f"{value:.4g}")


def own_runs(catalog: Catalog, names: Names | None = None, where: str = RUNS) -> list[Run]:
    """The project's own rows.  Any that is refused is an error, for a row stands there because it can be scored."""
    names = names or Names(catalog)
    runs, errors = [], []
    for path in sorted((catalog.root / where).glob("*.csv")):
        shown = f"{where}/{path.name}"
        try:
            found, refused = read(path, names, shown)
            errors += [BookError(shown, line, fault) for line, fault in _faults(path, shown, catalog)]
        except BookError as error:
            errors.append(error)
            continue
        runs += found
        errors += [BookError(one.file, one.line, one.why) for one in refused]
    raise_all(errors)
    return runs


def _faults(path: Path, shown: str, catalog: Catalog) -> Iterable[tuple[int, str]]:
    """(line, fault) of what rows of the project's own say by ids: sources, models, and devices or their bandwidths."""
    cited = head(path.read_text(encoding="utf-8").splitlines(), shown)
    for key in CITED:
        if (id_ := cited.get(key)) not in catalog.sources and (key == "source" or id_):
            yield (
                1,
                f"{key}: found {id_!r}, wanted the id of a source in data/sources.toml; {nearest(str(id_), catalog.sources)}",
            )
    for line, row in table_of(path, shown):
        if row["metric"] != "op_time_ms" and row["model"] not in catalog.models:
            yield (
                line,
                f"model: found {row['model']!r}, wanted an id of data/models/; {nearest(row['model'], catalog.models)}",
            )
        if row["device_id"] not in catalog.accelerators and not (
            row["bandwidth_gb_s"] and cited.get("bandwidth_source")
        ):
            yield (
                line,
                f"device_id: found {row['device_id']!r}, which data/accelerators/ does not have, wanted its bandwidth_gb_s and the header's bandwidth_source",
            )


def score(files: list[str], root: Path, say: Callable[[str], None]) -> int:
    """Print the table for the project's rows, or for files of others; 1 where a file could not be read at all."""
    catalog = load_catalog(root)
    names = Names(catalog)
    own = own_runs(catalog, names)
    if files == ["--fit"]:
        from generators.score.tried import TRIED, tried_text  # late: it needs this module

        (root / CONSTANTS).write_text(constants_text(catalog, own), encoding="utf-8")
        (root / TRIED).write_text(tried_text(own, names), encoding="utf-8")
        say(f"wrote {CONSTANTS} and {TRIED}")
        return 0
    predictor, status = Predictor(own), 0
    runs, refusals = (own, []) if not files else ([], [])
    for name in files:
        try:
            found, refused = read(Path(name), names, name)
        except BookError as error:
            say(str(error))
            status = 1
            continue
        runs += found
        refusals += refused
    scored = []
    for run in runs:
        answer = predictor.score(run)
        if isinstance(answer, str):
            refusals.append(Refusal(run.file, run.line, answer))
        else:
            scored.append(answer)
    for line in refused_lines(refusals):
        say(line)
    if not runs and not refusals:
        return status
    for line in table(scored + predictor.probed(runs)) if scored else ():
        say(line)
    say(
        f"{len(scored)} rows scored, {len(refusals)} not; constants fitted to {len(own)} rows of {RUNS}, without the row's own device"
    )
    return status


def refused_lines(refusals: list[Refusal]) -> list[str]:
    """One line for each kind of reason in a file, with its first row's words: reasons that differ in names and numbers are alike."""
    together = defaultdict(list)
    for one in refusals:
        together[one.file, _VARIES.sub("…", one.why)].append(one)
    lines = []
    for alike in together.values():
        more = len(alike) - 1
        rest = f" (and {more} line{'s' * (more > 1)} more for such a reason, to {alike[-1].line})" if more else ""
        lines.append(f"{alike[0]}{rest}")
    return lines


def table(scored: list[Scored]) -> list[str]:
    """The table: rows, devices, median error of time by row and by device, 90th percentile, the bare bound beside it."""
    head = ("", "rows", "devices", "by row", "by device", "p90", "bound by row", "by device", "in interval")
    rows = [head, *(tuple(line) for line in _lines(scored))]
    widths = [max(len(row[n]) for row in rows) for n in range(len(head))]
    return [
        "  ".join(
            cell.ljust(width) if n == 0 else cell.rjust(width)
            for n, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]


def _lines(scored: list[Scored]) -> Iterable[tuple[str, ...]]:
    kinds = defaultdict(list)
    for one in scored:
        kinds[one.kind].append(one)
    for kind, found in sorted(kinds.items()):
        s = summary(found)
        yield (
            kind,
            str(len(found)),
            str(s.devices),
            *(f"{100 * value:.1f}%" for value in (s.by_row, s.by_device, s.p90, s.bound_by_row, s.bound_by_device)),
            "" if found[0].probes else f"{100 * s.inside:.0f}%",
        )


@dataclass(frozen=True)
class Summary:
    """Errors of time, as shares, of a set of scored runs."""

    rows: int
    devices: int
    by_row: float
    by_device: float
    p90: float
    bound_by_row: float
    bound_by_device: float
    inside: float


def summary(scored: list[Scored]) -> Summary:
    """Medians by row and by device (of its own median), and the 90th percentile."""
    off = sorted(abs(one.error) for one in scored)
    inside = sum(one.inside for one in scored)
    return Summary(
        len(scored),
        len({one.run.device.key for one in scored}),
        units.statistic("median", off),
        _by_device(scored, lambda one: one.error),
        ninetieth(off),
        units.statistic("median", (abs(one.bare) for one in scored)),
        _by_device(scored, lambda one: one.bare),
        units.explained(inside / len(scored), f"{inside:,} of {len(scored):,} runs"),
    )


def ninetieth(ordered: list[float]) -> units.Reported:
    """The 90th percentile of sorted errors."""
    place = min(int(0.9 * len(ordered)), len(ordered) - 1)
    return units.explained(ordered[place], f"error {place + 1:,} of {len(ordered):,} by size")


def _by_device(scored: list[Scored], value: Callable[[Scored], float]) -> float:
    devices = defaultdict(list)
    for one in scored:
        devices[one.run.device.key].append(abs(value(one)))
    return units.statistic("median", (median(found) for found in devices.values()))
