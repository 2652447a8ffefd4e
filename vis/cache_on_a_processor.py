"""How long does a step take with a KV cache and without one on a machine without a GPU?"""

from generators.catalog.load import Catalog
from generators.comparison.cache import cache_steps
from vis import _palette as colour
from vis import _theme as theme
from vis._chapter2 import axes_of
from vis._figure import FigureData

COLUMNS = {"cache": "", "context": "tokens", "time": "ms", "low": "ms", "high": "ms", "predicted": "ms", "mark": ""}
WITH, WITHOUT = "with", "without"


def data(catalog: Catalog) -> FigureData:
    """Both steps of the first processor's largest model, measured, beside what the same record's ceilings predict."""
    steps = [step for step in cache_steps(catalog) if step.device == "cpu"]
    steps = [step for step in steps if step.record == steps[0].record]
    model = max(steps, key=lambda step: step.bytes - step.cached_bytes).label
    rows = [
        {
            "cache": WITH if step.kind == "cache" else WITHOUT,
            "context": step.context,
            "time": step.seconds * 1e3,
            "low": step.interval[0] * 1e3,
            "high": step.interval[1] * 1e3,
            "predicted": step.predicted * 1e3,
            "mark": "measured",
        }
        for step in steps
        if step.label == model
    ]
    last = min(max(row["context"] for row in rows if row["cache"] == cached) for cached in (WITH, WITHOUT))
    ends = {row["cache"]: row for row in rows if row["context"] == last}
    values = {
        "machine": steps[0].machine,
        "model": model,
        "last": last,
        **{shown: ends[WITHOUT][shown] / ends[WITH][shown] for shown in ("time", "predicted")},
    }
    return FigureData(COLUMNS, rows, values, records=frozenset({steps[0].record}))


def _conclusion(data: FigureData) -> str:
    v = data.values
    return f"Without a cache, a step after {v['last']:,.0f} tokens took {v['time']:.0f} times as long, where {v['predicted']:.0f} was predicted"


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    v = data.values
    return f"{_conclusion(data)}. Time of a step against context on {v['machine']}, {v['model']}: measured and predicted stay near each other with a cache, and part without one."


def caption(data: FigureData) -> str:
    """How to read it."""
    return (
        f"{data.values['model']}, random weights, batch 1, eager PyTorch. Lines and hollow marks: predicted from the same record's ceilings. "
        "Filled: measured, with the 5th to 95th percentile."
    )


def draw(data: FigureData, narrow: bool):
    """Two predicted lines and the measured marks beside them, both axes logarithmic."""
    size = theme.page_size(narrow)
    figure = theme.canvas(narrow, 4.6, 5.2)
    axes = axes_of(figure, data, narrow, _conclusion(data), "Time of a step (ms)", "Context (tokens)", 0.35)
    axes.set(xscale="log", yscale="log", xlim=(12, 2600), ylim=(8, 900))
    theme.log_ticks(axes.xaxis, [16, 128, 1024])
    theme.log_ticks(axes.yaxis, [10, 100])
    said = {"fontsize": size, "gid": theme.HALO}
    for cached, shade, square in ((WITHOUT, colour.COMPUTE, True), (WITH, colour.MEMORY, False)):
        rows = sorted(data.where(cache=cached), key=lambda row: row["context"])
        across = [row["context"] for row in rows]
        axes.plot(across, [row["predicted"] for row in rows], color=shade, lw=1.6)
        theme.predicted(axes, across, [row["predicted"] for row in rows], shade, square)
        axes.vlines(across, [row["low"] for row in rows], [row["high"] for row in rows], color=colour.INK, lw=1.6)
        theme.measured(axes, across, [row["time"] for row in rows], square)
    axes.text(17, 160, "■ without, measured\n● with, measured", va="center", linespacing=1.4, **said)
    words = ("predicted", "predicted") if narrow else ("without, predicted", "with, predicted")
    axes.text(600, 27, words[0], color=colour.COMPUTE, ha="left", va="center", **said)
    axes.text(300, 10.4, words[1], color=colour.MEMORY, ha="center", va="center", **said)
    return figure
