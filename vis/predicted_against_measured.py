"""How near do predictions come to what others measured, on devices that no constant was fitted to?"""

from generators.catalog.load import Catalog
from generators.comparison import accuracy
from generators.score.table import summary
from vis import _palette as colour
from vis import _theme as theme
from vis._figure import FigureData

COLUMNS = {"device": "", "model": "", "format": "", "engine": "", "bound": "ms", "predicted": "ms", "measured": "ms"}


def data(catalog: Catalog) -> FigureData:
    """Time per token of each quoted decode of one sequence: bound, predicted without its device, and measured."""
    found = accuracy.of_kind(catalog, accuracy.DECODE)
    rows = [
        {
            "device": one.run.device.name,
            "model": one.run.model,
            "format": one.run.precision,
            "engine": one.run.build,
            "bound": 1e3 * one.run.bound,
            "predicted": 1e3 * one.seconds,
            "measured": 1e3 * one.run.seconds,
        }
        for one in found
    ]
    s = summary(found)
    values = {
        "devices": s.devices,
        "by row": 100 * s.by_row,
        "by device": 100 * s.by_device,
        "p90": 100 * s.p90,
        "bound": 100 * s.bound_by_row,
        "bound by device": 100 * s.bound_by_device,
    }
    return FigureData(COLUMNS, rows, values, sources=frozenset(one.run.source for one in found))


def _conclusion(data: FigureData) -> str:
    v = data.values
    return f"Half of the predictions for {v['devices']} devices never fitted to are within {v['by row']:.0f}%; the bare bound is {v['bound']:.0f}% off"


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    v = data.values
    return (
        f"{_conclusion(data)}. {len(data.rows)} quoted runs of batch 1, predicted against measured time per token, both logarithmic, from "
        f"{min(row['measured'] for row in data.rows):.1f} to {max(row['measured'] for row in data.rows):.0f} ms. By device the median error is {v['by device']:.1f}%, "
        f"the bound's {v['bound by device']:.0f}%; nine in ten runs lie within {v['p90']:.0f}%."
    )


def caption(data: FigureData) -> str:
    """How to read it."""
    return (
        "A diamond is one quoted run, predicted by constants fitted to all other devices; on the line it took as long as predicted. "
        "Hollow circles: the same runs by the bare bound, always on the fast side."
    )


def draw(data: FigureData, narrow: bool):
    """One point per run and way of predicting, and the line on which both times are equal."""
    size = theme.page_size(narrow)
    figure = theme.canvas(narrow, 5.2, 5.0)
    top = theme.headline(figure, _conclusion(data), "Measured time per token (ms)")
    axes = theme.box(figure, 0.62, theme.floor(data.note, narrow) + 0.08, 0.15, top + 0.08)
    measured = [row["measured"] for row in data.rows]
    axes.set(xscale="log", yscale="log", xlim=(0.3, 400), ylim=(1.5, 400))
    theme.log_ticks(axes.xaxis, [0.3, 1, 3, 10, 30, 100, 300])
    theme.log_ticks(axes.yaxis, [3, 10, 30, 100, 300])
    axes.tick_params(labelsize=size)
    axes.set_xlabel("Predicted time per token (ms)", fontsize=size)
    axes.plot([1.5, 400], [1.5, 400], color=colour.INK, lw=1.0, zorder=2)
    bound = [row["bound"] for row in data.rows]
    axes.plot(bound, measured, "o", ls="none", mfc="none", mec=colour.MEMORY, mew=0.8, ms=4.5, zorder=3)
    axes.plot(
        [row["predicted"] for row in data.rows],
        measured,
        "D",
        ls="none",
        mfc=colour.INK,
        mec=colour.SURFACE,
        mew=0.5,
        ms=4.8,
        zorder=5,
    )
    theme.say(axes, 0.34, 30, "bare bound", colour.MEMORY, halo=True).set_fontsize(size)
    theme.say(axes, 30, 9, "predicted" if narrow else "predicted, device left out", colour.INK, halo=True).set_fontsize(
        size
    )
    theme.say(
        axes, 2.2, 1.75, "as predicted" if narrow else "on this line: as long as predicted", colour.INK, halo=True
    ).set_fontsize(size)
    theme.note(figure, data.note)
    return figure
