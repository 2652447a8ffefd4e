"""How quiet the machine was while a stage was timed: load, time taken by a hypervisor and by other processes."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

DRIFT = 0.05  # of the reference kernel between stages, above which the record says so
OTHERS = 0.05  # share of processor time that others or the hypervisor took, above which the record says so


@dataclass(frozen=True)
class Reading:
    """Load average over one minute, and processor ticks so far; None where the system does not tell."""

    load: float | None
    total: float | None = None
    steal: float | None = None
    busy: float | None = None
    own: float | None = None


def read_noise(root: Path = Path("/"), own: float | None = None) -> Reading:
    """The readings now, from /proc (Linux); `root` and `own` ticks let tests bring their own.

    Programs that this process started and waited for, such as another benchmark, are its own.
    """
    try:
        load = float((root / "proc/loadavg").read_text().split()[0])
        ticks = [int(word) for word in (root / "proc/stat").read_text().splitlines()[0].split()[1:9]]
    except (OSError, ValueError, IndexError):
        with contextlib.suppress(OSError, AttributeError):
            return Reading(round(os.getloadavg()[0], 2))
        return Reading(None)
    if len(ticks) < 8:
        return Reading(load)
    user, nice, system, _, _, interrupts, soft, steal = ticks
    mine = sum(os.times()[:4]) * os.sysconf("SC_CLK_TCK") if own is None else own
    return Reading(load, sum(ticks), steal, user + nice + system + interrupts + soft, mine)


def between(before: Reading, after: Reading) -> dict[str, float | None]:
    """The noise fields of a case: load before and after, and shares of all processor time in between."""
    reported: dict[str, float | None] = {"load_1min_before": before.load, "load_1min_after": after.load}
    reported |= {"steal_share": None, "other_processes_share": None}
    if before.total is not None and after.total is not None and after.total > before.total:
        passed = after.total - before.total
        others = (after.busy - before.busy) - (after.own - before.own)
        reported["steal_share"] = round((after.steal - before.steal) / passed, 4)
        reported["other_processes_share"] = round(max(others, 0.0) / passed, 4)
    return reported


def cautions(noises: dict[str, dict[str, float | None]], drift: float | None) -> list[str]:
    """What to know before trusting a run: stages that others disturbed, and a reference that drifted."""
    lines = []
    for stage, reported in noises.items():
        for key, who in (("other_processes_share", "other processes"), ("steal_share", "the hypervisor")):
            if (reported.get(key) or 0) > OTHERS:
                lines.append(f"{who} took {reported[key]:.0%} of the processors' time during: {stage}")
    if drift is not None and drift > DRIFT:
        lines.append(f"the reference read differs by {drift:.0%} between stages")
    return lines
