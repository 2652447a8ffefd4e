"""What does a step cost whose attention makes a new plan for each cache length?"""

import statistics

from generators.catalog.load import Catalog
from generators.comparison import overhead
from vis import _palette as colour
from vis import _shapes as shapes
from vis import _theme as theme
from vis._figure import FigureData

ROLE = "h100"
COLUMNS = {"round": "place in the run", "time": "ms", "planned": ""}


def data(catalog: Catalog) -> FigureData:
    """The rounds of one narrow eager step in their order, those that met new cache lengths first."""
    record = catalog.speaker(ROLE)
    plans = overhead.plans(record)
    kinds = [("yes", time) for time in plans.planned] + [("no", time) for time in plans.plain]
    rows = [{"round": at, "time": time * 1e3, "planned": kind} for at, (kind, time) in enumerate(kinds, 1)]
    values = {
        "machine": catalog.machine_label(record),
        "long": statistics.median(plans.planned) * 1e3,
        "short": statistics.median(plans.plain) * 1e3,
        "count": len(plans.planned),
    }
    return FigureData(COLUMNS, rows, values)


def _conclusion(data: FigureData) -> str:
    v = data.values
    return f"A step of {v['short']:.1f} ms takes {v['long']:.0f} ms while each cache length is new"


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    v = data.values
    return (
        f"{_conclusion(data)}. {len(data.rows)} decode steps of four narrow layers, one after the other, in eager PyTorch on the {v['machine']}: "
        f"the first {v['count']} meet a new length of the cache and take {v['long']:.0f} ms in the median, the others meet known lengths and take {v['short']:.1f} ms."
    )


def caption(data: FigureData) -> str:
    """How to read it."""
    return "Measured for this book; each bar is one decode step, in the order of the run, BF16, cuDNN attention; why the tallest took so long is not known. These steps are held out of all other figures and sentences, since they tell of the planner."


def draw(data: FigureData, narrow: bool):
    """A bar for each round; the tall ones made a plan."""
    size = theme.page_size(narrow)
    headings = (_conclusion(data), "Time of the step (ms)", "Decode step")
    axes, _ = theme.chart(data, narrow, (3.9, 4.2), headings, (0.5, 0.15, 0.05))
    most = max(row["time"] for row in data.rows)
    axes.set(xlim=(0.4, len(data.rows) + 0.6), ylim=(0, most * 1.05))
    axes.set_xticks([1, 5, 10, 15])
    for row in data.rows:
        shapes.bar(
            axes, row["round"] - 0.38, 0, 0.76, row["time"], colour.OVERHEAD if row["planned"] == "yes" else colour.INK
        )
    words = {"fontsize": size, "gid": theme.HALO, "zorder": 7}
    axes.text(
        0.7 if narrow else 6.7,
        most * 0.72,
        "new length:\na plan each" if narrow else "a new length, a plan each",
        va="center",
        **words,
    )
    axes.text(len(data.rows) + 0.4, most * 0.2, "known\nlengths", ha="right", va="center", **words)
    return axes.figure
