"""What the figures of chapter 2 share: bars as one path, measured panels in words, slow-downs in rows, and what is awaited."""

from __future__ import annotations

import re
import statistics

from generators.evidence.cache import StepCase
from vis import _palette as colour
from vis import _theme as theme


def kv_bars(axes, bars: list[tuple[float, float, float]], height: float) -> None:
    """Horizontal bars (left, middle, length) in the KV cache's fill and hatch, as one path to keep the file small."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    points = [
        (x, y)
        for left, at, length in bars
        for x, y in (
            (left, at - height / 2),
            (left + length, at - height / 2),
            (left + length, at + height / 2),
            (left, at + height / 2),
            (left, at - height / 2),
        )
    ]
    codes = [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY] * len(bars)
    axes.add_patch(PathPatch(Path(points, codes), fc=colour.KV, ec=colour.MEMORY, lw=0.6, hatch="//////", zorder=3))


def panel_name(step: StepCase) -> str:
    """A model and the first words of a machine's name."""
    return f"{step.label}, {' '.join(step.machine.split()[:2]).rstrip(',')}"


def summaries(steps: list[StepCase]) -> list[dict]:
    """Per machine: its largest model's panel, the ratio at the longest context, and the median error of either step."""
    found = []
    for machine in dict.fromkeys(step.machine for step in steps):
        mine = [step for step in steps if step.machine == machine]
        largest = panel_name(max(mine, key=lambda step: step.bytes - step.cached_bytes))
        both = [step for step in mine if panel_name(step) == largest]
        last = max({s.context for s in both if s.kind == "cache"} & {s.context for s in both if s.kind != "cache"})
        times = {step.kind: step.seconds for step in both if step.context == last}
        told = {step.kind: step.predicted for step in both if step.context == last}
        errors = {
            kind: statistics.median(abs(s.error) for s in mine if s.kind == kind) for kind in ("cache", "no cache")
        }
        found.append({
            "machine": machine, "panel": largest, "last": last, "ratio": times["no cache"] / times["cache"],
            "predicted ratio": told["no cache"] / told["cache"], "error with": errors["cache"], "error without": errors["no cache"],
        })  # fmt: skip
    return found


def slow_down_rows(rows: list[dict]) -> list[dict]:
    """Measured kinds of attention at their longest context, the largest slow-down first; then quoted pairs, likewise."""
    own = [row for row in rows if row["mark"] == "measured"]
    last = [
        max((row for row in own if (row["label"], row["attention"]) == of), key=lambda row: row["context"])
        for of in dict.fromkeys((row["label"], row["attention"]) for row in own)
    ]
    quotes = [row for row in rows if row["mark"] == "quoted"]
    return [row for some in (last, quotes) for row in sorted(some, key=lambda row: -row["observed"])]


def slow_downs(axes, rows: list[dict]) -> None:
    """A line of marks for each: by bytes, by products where that is known, and as observed."""
    shown = slow_down_rows(rows)
    top = max(max(row["predicted"], row["observed"], row.get("high") or 0) for row in shown) * 1.08
    axes.set(xscale="log", xlim=(0.95, top), ylim=(len(shown) - 0.4, -0.6))
    theme.log_ticks(axes.xaxis, [tick for tick in (1, 1.5, 2, 3, 5, 10) if tick < top])
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.grid(True, axis="x")
    axes.set_xlabel("logarithmic scale")
    machines = {row["label"] for row in shown if row["mark"] == "measured"}
    for at, row in enumerate(shown):
        axes.text(0.93, at, _row_name(row, len(machines) > 1), ha="right", va="center", fontsize=theme.NOTE)
    theme.predicted(axes, [row["predicted"] for row in shown], range(len(shown)), colour.MEMORY, size=5.5)
    own = [(at, row) for at, row in enumerate(shown) if row["mark"] == "measured"]
    quotes = [(at, row) for at, row in enumerate(shown) if row["mark"] == "quoted"]
    ticks = [(at, row["by products"]) for at, row in own if row["by products"]]
    axes.plot([x for _, x in ticks], [at for at, _ in ticks], "|", ms=11, mew=2.2, color=colour.OVERHEAD, zorder=4)
    axes.hlines(
        [at for at, _ in own], [r["low"] for _, r in own], [r["high"] for _, r in own], color=colour.INK, lw=1.8
    )
    theme.measured(axes, [row["observed"] for _, row in own], [at for at, _ in own], size=5.5)
    theme.quoted(axes, [row["observed"] for _, row in quotes], [at for at, _ in quotes], 5)
    _key(axes, len(shown), top, bool(own), bool(ticks))


def _row_name(row: dict, many: bool) -> str:
    if row["mark"] == "quoted":
        return re.sub(r" v0\.\d| \([^)]*\)", "", row["label"])
    name = row["attention"] if row["attention"] == "window" else row["attention"].upper()
    return f"{name}, {' '.join(row['label'].split()[:2])}" if many else f"{name}, measured"


def _key(axes, count: int, top: float, own: bool, ticks: bool) -> None:
    """The marks by name, right of the quoted pairs, which slow down little."""
    x = top**0.5
    marks = [
        ("by bytes", lambda y: theme.predicted(axes, [x], [y], colour.MEMORY, size=5.5)),
        ("by products", lambda y: axes.plot([x], [y], "|", ms=11, mew=2.2, color=colour.OVERHEAD)),
        ("measured", lambda y: theme.measured(axes, [x], [y], size=5.5)),
        ("published", lambda y: theme.quoted(axes, [x], [y], 5)),
    ]
    held = [mark for mark in marks if (own or mark[0] != "measured") and (ticks or mark[0] != "by products")]
    for at, (word, draw) in enumerate(held):
        y = count - 1.2 - 1.15 * (len(held) - 1 - at)
        draw(y)
        axes.text(x * 1.09, y, word, va="center", fontsize=theme.NOTE, color=colour.MUTED)
