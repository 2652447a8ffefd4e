"""How long does a request wait for its first token on a machine without a GPU, and does the simulation know?"""

import statistics

from generators.catalog.load import Catalog
from generators.comparison import serving_runs
from vis import _palette as colour
from vis import _theme as theme
from vis._figure import FigureData

NAMES = {"static": "static", "continuous": "continuous", "continuous-chunked": "chunked"}
SHIFT = {"static": 0.0, "continuous": -0.006, "continuous-chunked": 0.006}
COLUMNS = {"policy": "", "load": "× capacity", "simulated": "ms", "measured": "ms", "low": "ms", "high": "ms"}


def data(catalog: Catalog) -> FigureData:
    """Mean waits of the cpu's record by policy and load, with the quickest and the slowest play, beside their simulation."""
    record, rows = catalog.speaker("cpu").id, []
    runs = [one for one in serving_runs.measured_runs(catalog) if one.record == record]
    for one in runs:
        means = [statistics.mean(play) * 1e3 for play in zip(*(case.samples for case in one.ttft), strict=True)]
        rows.append(
            {
                "policy": one.policy.name,
                "load": one.load,
                "simulated": one.simulated_mean("ttft") * 1e3,
                "measured": one.mean_ttft * 1e3,
                "low": min(means),
                "high": max(means),
            }
        )
    values = {
        "machine": runs[0].machine,
        "error": statistics.median(abs(one.error("ttft")) for one in runs),
        "worst": max(abs(one.error("ttft")) for one in runs),
    }
    return FigureData(COLUMNS, rows, values)


def _conclusion(data: FigureData) -> str:
    v = data.values
    return f"On this processor the simulated wait is off by {v['error']:.0%} in the median, {v['worst']:.0%} at worst"


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    return f"{_conclusion(data)}. Mean time to first token against load under three policies, {len(data.rows)} runs measured on {data.values['machine']}."


def caption(data: FigureData) -> str:
    """How to read it."""
    return "Hollow: simulated from two rates fitted to other runs; filled: measured, with the quickest and the slowest of three plays."


def draw(data: FigureData, narrow: bool):
    """Hollow and filled marks tied together, per policy and load."""
    size, rows = theme.page_size(narrow), data.rows
    key = "Mean time to first token (ms)", "hollow: simulated; filled: measured"
    headings = (_conclusion(data), ("\n" if narrow else "; ").join(key), "Load, of continuous capacity")
    axes, _ = theme.chart(data, narrow, (4.6, 5.0), headings, (0.62, 0.15, 0.05 + 0.2 * narrow))
    ends = [value for row in rows for value in (row["simulated"], row["low"], row["high"])]
    loads = sorted({row["load"] for row in rows})
    axes.set(yscale="log", xlim=(loads[0] - 0.1, loads[-1] + 0.4), ylim=(min(ends) / 1.4, max(ends) * 1.5))
    theme.log_ticks(axes.yaxis, [t for t in (20, 50, 100, 200, 500) if min(ends) / 1.4 < t < max(ends) * 1.5])
    axes.set_xticks(loads)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    last = 0.0
    for name in sorted(NAMES, key=lambda one: max(r["measured"] for r in rows if r["policy"] == one)):
        mine = data.where(policy=name)
        x = [row["load"] + SHIFT[name] for row in mine]
        shade = colour.OVERHEAD if name == "static" else colour.INK
        axes.plot(
            x, [r["simulated"] for r in mine], color=shade, lw=1.3, ls=(0, (4, 2)) if "chunked" in name else "solid"
        )
        theme.predicted(axes, x, [r["simulated"] for r in mine], shade, size=6)
        axes.vlines(x, [r["low"] for r in mine], [r["high"] for r in mine], color=colour.INK, lw=1.2)
        theme.measured(axes, x, [r["measured"] for r in mine], size=5.5)
        last = max(mine[-1]["measured"], last * 1.3)
        axes.text(loads[-1] + 0.04, last, NAMES[name], fontsize=size, va="center", color=shade)
    return axes.figure
