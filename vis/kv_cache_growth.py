"""How does the KV cache grow with the tokens in flight, and where does it outweigh the model?"""

from generators.catalog import model_inputs
from generators.catalog.load import Catalog
from generators.model import memory
from generators.model.inputs import Pass
from vis import _palette as colour
from vis import _theme as theme
from vis._chapter2 import CONTEXT, FORMAT, MODEL, axes_of
from vis._figure import FigureData

CHATS = (1, 64)
MOST = 300_000.0  # tokens drawn


def data(catalog: Catalog) -> FigureData:
    """Cache of one model against tokens in flight, its weights, where both are equal, and two numbers of chats."""
    model, stored = catalog.models[MODEL], catalog.formats[FORMAT]
    shape, form = model_inputs.shape(model), model_inputs.number_format(stored)
    token = memory.kv_bytes_per_token(shape, form)
    weights = memory.weight_bytes_streamed(shape, form, Pass(1.0, 1.0, 1.0))
    even = memory.balance(weights, token)
    rows = [
        {"tokens": tokens, "cache": tokens * token / 1e9, "weights": weights / 1e9, "chats": tokens / CONTEXT}
        for tokens in (0.0, *(float(chats * CONTEXT) for chats in CHATS), even, MOST)
    ]
    values = {"model": model.name, "token": token / 1e3, "weights": weights / 1e9, "even": even, "context": CONTEXT}
    columns = {"tokens": "tokens", "cache": "GB", "weights": "GB", "chats": f"chats of {CONTEXT:,} tokens"}
    return FigureData(columns, rows, values)


def _conclusion(data: FigureData) -> str:
    return f"{round(data.values['even'], -3):,.0f} tokens in flight weigh as much as {data.values['model']}"


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    v, most = data.values, next(row for row in data.rows if row["chats"] == CHATS[-1])
    return (
        f"{_conclusion(data)}. Its cache rises in a straight line, {v['token']:.0f} kB for each token, past its {v['weights']:.1f} GB of weights, "
        f"and {CHATS[-1]} chats of {v['context']:,} tokens keep {most['cache']:.1f} GB."
    )


def caption(data: FigureData) -> str:
    """How to read it."""
    return f"Computed from the published shape of {data.values['model']} at 16 bits; tokens in flight are users times their context."


def draw(data: FigureData, narrow: bool):
    """One straight line across the level of the weights, with the crossing and two loads marked."""
    v, size = data.values, theme.page_size(narrow)
    figure = theme.canvas(narrow, 4.3, 4.6)
    axes = axes_of(
        figure, data, narrow, _conclusion(data), "Read at every step (GB)", "Tokens in flight: users × context", 0.35
    )
    top = data.rows[-1]["cache"]
    axes.set(xlim=(0, MOST), ylim=(0, top))
    axes.set_xticks([0, 100_000, 200_000, 300_000])
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.set_yticks([0, 10, 20, 30])
    axes.fill_between([v["even"], MOST], [0, 0], [top, top], color=colour.MEMORY_REGION, lw=0)
    axes.plot([0, MOST], [0, top], color=colour.MEMORY, lw=2.4)
    axes.plot([0, MOST], [v["weights"]] * 2, color=colour.INK, lw=1.6, ls=(0, (5, 2)))
    marked = [row for row in data.rows if row["chats"] in CHATS]
    theme.predicted(axes, [row["tokens"] for row in marked], [row["cache"] for row in marked], colour.MEMORY, size=9)
    theme.predicted(axes, [v["even"]], [v["weights"]], colour.INK, size=9)
    said = {"fontsize": size, "gid": theme.HALO}
    axes.text(MOST * 0.985, v["weights"] - 1.2, f"weights: {v['weights']:.1f} GB", ha="right", va="top", **said)
    words = ("shrink\nthe weights", "shrink the cache") if narrow else ("shrink the weights", "shrink the cache")
    axes.text(v["even"] / 2, 0.62 * top, words[0], ha="center", va="center", weight="bold", **said)
    axes.text(
        (v["even"] + MOST) / 2,
        0.16 * top,
        words[1],
        ha="center",
        va="center",
        weight="bold",
        color=colour.MEMORY,
        **said,
    )
    of = "" if narrow else f" of {v['context']:,}"
    for row in marked:
        one = row["chats"] == CHATS[0]
        words = f"{row['chats']:.0f} chat{'' if one else 's'}{of}: {row['cache']:.1f} GB"
        place = (0.085 * MOST, 0.02 * top) if one else (row["tokens"] - 0.025 * MOST, row["cache"])
        axes.text(
            *place, words, ha="left" if one else "right", va="bottom" if one else "center", color=colour.MEMORY, **said
        )
    return figure
