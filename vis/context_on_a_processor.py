"""How much does a long context slow a step down on a machine without a GPU, by the kind of attention?"""

import statistics

from generators.catalog.load import Catalog
from generators.comparison.cache import context_steps, slow_downs
from vis import _palette as colour
from vis import _theme as theme
from vis._chapter2 import axes_of
from vis._figure import FigureData

COLUMNS = {
    "attention": "",
    "context": "tokens",
    "predicted": "× slower",
    "by products": "× slower",
    "observed": "× slower",
    "low": "× slower",
    "high": "× slower",
    "mark": "",
}


def data(catalog: Catalog) -> FigureData:
    """The first processor's slow-downs from its shortest to its longest context, measured and as two predictions."""
    steps = [step for step in context_steps(catalog) if step.device == "cpu"]
    steps = [step for step in steps if step.record == steps[0].record]
    found = slow_downs(steps)
    longest = max(one.context for one in found)
    rows = [
        {
            "attention": one.kind,
            "context": one.context,
            "predicted": one.predicted,
            "by products": one.by_products,
            "observed": one.observed,
            "low": one.interval[0],
            "high": one.interval[1],
            "mark": "measured",
        }
        for one in sorted(found, key=lambda one: -one.observed)
        if one.context == longest
    ]
    off = {
        shown: [abs(row[shown] / row["observed"] - 1) for row in rows if row[shown]]
        for shown in ("predicted", "by products")
    }
    values = {
        "machine": steps[0].machine,
        "longest": longest - 1,
        "kinds": len(rows),
        **{shown: statistics.median(errors) if errors else None for shown, errors in off.items()},
    }
    return FigureData(COLUMNS, rows, values, records=frozenset({steps[0].record}))


def _conclusion(data: FigureData) -> str:
    v = data.values
    words = f"On this processor the bytes alone miss by {v['predicted']:.0%}"
    return words + (f"; products of as many rows tell it to {v['by products']:.0%}" if v["by products"] else "")


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    v = data.values
    each = ", ".join(f"{_name(row['attention'])} {row['observed']:.2f}" for row in data.rows)
    return (
        f"{_conclusion(data)}. Slow-down of a decode step from its shortest context to {v['longest']:,.0f} tokens on {v['machine']}, "
        f"with {v['kinds']} kinds of attention; measured, in times: {each}."
    )


def caption(data: FigureData) -> str:
    """How to read it."""
    return (
        f"Full decode steps of one random-weight model, batch 1, at {data.values['longest']:,.0f} tokens over its shortest context, medians of the errors in the first line. "
        "Tick: attention's arithmetic at the rate of a product of as many rows, timed alone."
    )


def _name(kind: str) -> str:
    return kind if kind == "window" else kind.upper()


def draw(data: FigureData, narrow: bool):
    """A row for each kind of attention: by bytes, by products, and as measured."""
    size = theme.page_size(narrow)
    figure = theme.canvas(narrow, 4.3, 5.0)
    axes = axes_of(
        figure,
        data,
        narrow,
        _conclusion(data),
        "",
        "Times slower than at the shortest context",
        0.3,
        1.6 if narrow else 1.85,
    )
    rows = data.rows
    most = max(max(row["predicted"], row["high"]) for row in rows)
    axes.set(xlim=(0.9, most * 1.08), ylim=(len(rows) + 1.1, -0.6))
    axes.set_xlabel("Times slower" if narrow else "Times slower than at the shortest context", fontsize=size)
    axes.set_xticks(range(1, int(most) + 1))
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    for at, row in enumerate(rows):
        words = _name(row["attention"])
        axes.text(-0.02, at, words, ha="right", va="center", fontsize=size, transform=axes.get_yaxis_transform())
    levels = list(range(len(rows)))
    theme.predicted(axes, [row["predicted"] for row in rows], levels, colour.MEMORY, size=9)
    ticks = [(row["by products"], at) for at, row in enumerate(rows) if row["by products"]]
    axes.plot([x for x, _ in ticks], [at for _, at in ticks], "|", ms=17, mew=3, color=colour.OVERHEAD, zorder=4)
    axes.hlines(levels, [row["low"] for row in rows], [row["high"] for row in rows], color=colour.INK, lw=2)
    theme.measured(axes, [row["observed"] for row in rows], levels, size=9)
    key = (
        ("● measured  ○ bytes", "| products")
        if narrow
        else ("● measured   ○ by bytes", "| by products of as many rows")
    )
    for at, words in enumerate(key):
        place = (0.02, len(rows) + 0.05 + 0.65 * at)
        axes.text(*place, words, va="center", fontsize=size, color=colour.MUTED, transform=axes.get_yaxis_transform())
    return figure
