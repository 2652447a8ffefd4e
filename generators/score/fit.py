"""Constants of the predictor, fitted to rows: a share of bandwidth and of peak for each group, an overhead per layer for each build.

The loss is the absolute logarithm of predicted over measured seconds, each row weighted by one over the
root of its device's rows, so that neither a much measured device nor a lone row decides.  A grid is
searched for one constant after the other: no random start, so that the same rows give the same constants.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from generators.model.expected import Habits
from generators.score.rows import Run

if TYPE_CHECKING:  # most commands only read what was fitted
    import numpy as np

#: Grids: least, largest, and how many values, evenly apart for the share and in equal ratios for the others.
SHARES, LAYERS, PEAKS = (0.3, 1.0, 71), (2e-6, 3e-3, 80), (0.02, 1.0, 80)
SWEEPS = 6
KNEE = Habits.sharpness
#: A build or a kind of product of its own needs rows of so many devices; one of fewer shares its group's constant.
DEVICES = 2
#: What names of new builds end with, and how many devices set them and older ones apart.
NEW, APART = "2025 on", 4


def group_of(run: Run) -> str:
    """What the share of bandwidth is keyed to: the class of memory and the engine's family."""
    return f"{run.device.memory}, {run.family}"


@dataclass(frozen=True)
class Constants:
    """What was fitted for one group, and on how many devices; of `layers`, "" is for builds that were not fitted, as a product without a build is of `peaks`."""

    share: float
    layers: dict[str, float]
    peaks: dict[str, float]
    devices: int
    rows: int

    def habits(self, run: Run) -> Habits:
        """The constants that apply to a run."""
        return Habits(
            self.share,
            self.peaks.get(f"{run.product}, {run.build}", self.peaks.get(run.product, 0.0)),
            self.layers.get(run.build, self.layers[""]),
        )


def fit(runs: list[Run]) -> Constants:
    """The constants of one group's runs: share and layers from its decode, where several devices have any, else from all."""
    import numpy as np

    count = Counter(run.device.key for run in runs)
    shares, launches, peaks = np.linspace(*SHARES), np.geomspace(*LAYERS), np.geomspace(*PEAKS)
    weight = np.array([count[run.device.key] ** -0.5 for run in runs])
    seconds = np.array([run.seconds for run in runs])
    shape = (len(runs), max(len(run.phases) for run in runs))
    times, memory, compute, layers = (np.zeros(shape) for _ in range(4))
    for n, run in enumerate(runs):
        for k, phase in enumerate(run.phases):
            times[n, k], layers[n, k] = phase.times, phase.layers
            memory[n, k] = phase.bytes / run.device.bandwidth
            compute[n, k] = phase.flop / run.device.peak if run.device.peak else 0.0
    heavy = np.array([run.heavy for run in runs])
    several = len({run.device.key for run in runs if not run.heavy}) >= min(DEVICES, len(count))
    light = np.flatnonzero(~heavy) if several else np.arange(len(runs))
    now = {"share": np.full(len(runs), 0.85), "layer": np.full(len(runs), 1e-4), "peak": np.full(len(runs), 0.5)}

    def best(name: str, grid: np.ndarray, rows: np.ndarray) -> float:
        """The value of a grid at which the rows' loss is least, all other constants as they are."""
        s, o, p = (grid[:, None, None] if name == other else now[other][rows][None, :, None] for other in now)
        busy = ((memory[rows] / s) ** KNEE + (compute[rows] / p) ** KNEE) ** (1.0 / KNEE)
        predicted = (times[rows] * (busy + layers[rows] * o)).sum(-1)
        return float(grid[(np.abs(np.log(predicted / seconds[rows])) * weight[rows]).sum(-1).argmin()])

    builds = _rows_by([(run.build, run.device.key) for run in runs], light, DEVICES)
    products = _rows_by([(run.product, run.device.key) for run in runs], np.flatnonzero(heavy), 1)
    of_builds = _rows_by(
        [(f"{run.product}, {run.build}", run.device.key) for run in runs], np.flatnonzero(heavy), DEVICES
    )
    layer, peak = {}, {}
    for _ in range(SWEEPS):
        now["share"][:] = best("share", shares, light)
        layer[""] = best("layer", launches, light)
        now["layer"][:] = layer[""]
        for name, rows in builds.items():
            layer[name] = best("layer", launches, rows)
            now["layer"][[n for n, run in enumerate(runs) if run.build == name]] = layer[name]
        for name, rows in (*products.items(), *of_builds.items()):
            now["peak"][rows] = peak[name] = best("peak", peaks, rows)
    return Constants(float(now["share"][0]), layer, peak, len(count), len(runs))


def _rows_by(pairs: list[tuple[str, str]], among: np.ndarray, least: int) -> dict[str, np.ndarray]:
    """Rows by name, of names that at least so many devices have."""
    import numpy as np

    devices, rows = defaultdict(set), defaultdict(list)
    for n in among:
        name, device = pairs[n]
        devices[name].add(device)
        rows[name].append(n)
    return {name: np.array(found) for name, found in sorted(rows.items()) if len(devices[name]) >= least}


def by_group(runs: Iterable[Run]) -> dict[str, list[Run]]:
    """Runs by group; those of engines that are not known are in none.  New builds are a group of their own where they and the others have devices enough."""
    groups = defaultdict(list)
    for run in runs:
        if run.family:
            groups[group_of(run)].append(run)
    for name, found in list(groups.items()):
        new, old = ([run for run in found if run.build.endswith(NEW) == is_new] for is_new in (True, False))
        if min(len({run.device.key for run in part}) for part in (new, old)) >= APART:
            groups[name], groups[f"{name} {NEW}"] = old, new
    return groups


def group_among(groups: Iterable[str], run: Run) -> str:
    """The group of these that a run belongs to."""
    new = f"{group_of(run)} {NEW}"
    return new if run.build.endswith(NEW) and new in groups else group_of(run)
