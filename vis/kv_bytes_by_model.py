"""How many bytes of KV cache does a token cost, and where does the naive formula miss?"""

import math

from generators.catalog import model_inputs
from generators.catalog.llm import LanguageModel
from generators.catalog.load import Catalog
from generators.model import cache, memory
from vis import _palette as colour
from vis import _shapes as shapes
from vis import _theme as theme
from vis._chapter2 import axes_of
from vis._figure import FigureData

CONTEXT = 8192.0
SHOWN = 12
OFF = 0.01
COLUMNS = {
    "model": "",
    "context": "tokens",
    "bytes": "kB/token",
    "naive": "kB/token",
    "error": "naive/kept",
    "cause": "",
}


def data(catalog: Catalog) -> FigureData:
    """The models that the naive formula misses by most: the cache of a sequence per token, and the formula's answer."""
    form, rows, wrong = model_inputs.number_format(catalog.formats["bf16"]), [], 0
    for model in catalog.alike.values():
        shape, context = model_inputs.shape(model), min(CONTEXT, float(model.context))
        error = cache.naive_error(shape, form, context)
        wrong += abs(error - 1) > OFF
        rows.append(
            {
                "model": model.name,
                "context": context,
                "bytes": memory.kv_bytes(shape, form, context) / context / 1e3,
                "naive": cache.naive_bytes_per_token(shape, form) / 1e3,
                "error": error,
                "cause": _cause(model),
            }
        )
    rows.sort(key=lambda row: (-abs(round(math.log(row["error"]), 6)), row["model"]))
    rows = sorted(rows[:SHOWN], key=lambda row: (-row["error"], row["model"]))
    values = {
        "count": len(catalog.alike),
        "wrong": wrong,
        "high": rows[0]["error"],
        "high model": rows[0]["model"],
        "low": rows[-1]["error"],
        "low model": rows[-1]["model"],
    }
    return FigureData(COLUMNS, rows, values)


def _cause(model: LanguageModel) -> str:
    """What the naive formula does not know of a model."""
    shape = model.shape
    if shape.mla:
        return "latent"
    size = "head size" if shape.head_dim * shape.heads != shape.d_model else ""
    bound = "window" if shape.window and shape.window.size < min(CONTEXT, model.context) else ""
    return "window, size" if bound and size else bound or size


def _conclusion(data: FigureData) -> str:
    v = data.values
    return f"A common formula misses {v['wrong']} of {v['count']} models, one by {v['high']:.0f} times"


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    v = data.values
    return (
        f"{_conclusion(data)}. The {len(data.rows)} models that it misses by most, a bar of kB per token each with the formula's answer as an outline, "
        f"from {v['high']:.1f} times the truth down to {v['low']:.2f} times ({v['low model']})."
    )


def caption(data: FigureData) -> str:
    """How to read it."""
    return (
        f"From published shapes at 16 bits, averaged over {CONTEXT:,.0f} tokens, or the longest text that the model is published for. "
        "The number is the formula's answer over the cache kept, and the word what the formula does not know: latent attention, a window, the size of a head."
    )


MOST = 640.0  # kB drawn; an outline that goes beyond is open at its end


def draw(data: FigureData, narrow: bool):
    """A row for each model: its bar, the formula's outline over it, and how far off it is."""
    size = theme.page_size(narrow)
    row = 0.62 if narrow else 0.36
    height = row * len(data.rows) + 1.75
    figure = theme.canvas(narrow, height, height + 0.35)
    axes = axes_of(
        figure,
        data,
        narrow,
        _conclusion(data),
        "Filled: kept; outline: the formula",
        "KV cache per token (kB)",
        1.42 if narrow else 1.75,
        0.15 if narrow else 1.9,
    )
    axes.set(xlim=(0, MOST), ylim=(len(data.rows) - 0.4, -0.6))
    axes.set_xticks([0, 200, 400, 600])
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    low, gap = (0.26, "\n") if narrow else (0.0, " ")
    for at, one in enumerate(data.rows):
        shapes.bar(
            axes, 0, at + low - 0.3 * (0.6 if narrow else 1), one["bytes"], 0.6 * (0.6 if narrow else 1), colour.KV
        )
        naive = min(one["naive"], MOST)
        edges = [at + low - 0.36 * (0.6 if narrow else 1), at + low + 0.36 * (0.6 if narrow else 1)]
        axes.plot([0, naive], [edges[0]] * 2, color=colour.INK, lw=1.4)
        axes.plot([0, naive], [edges[1]] * 2, color=colour.INK, lw=1.4)
        if one["naive"] < MOST:
            axes.plot([naive, naive], edges, color=colour.INK, lw=1.4)
        axes.text(MOST * 1.02, at + low, f"{one['error']:.3g}×,{gap}{one['cause']}", va="center", fontsize=size)
        if narrow:
            axes.text(0, at - 0.25, one["model"], ha="left", va="center", fontsize=size)
        else:
            axes.text(-MOST * 0.02, at, one["model"], ha="right", va="center", fontsize=size)
    return figure
