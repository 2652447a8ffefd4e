"""How many bytes of KV cache does a token cost in each model, and where does the naive formula miss?"""

from __future__ import annotations

from generators import catalogue
from generators.book.llm import LanguageModel
from generators.book.load import Book
from generators.model import cache, memory
from vis import _palette as colour
from vis import _theme as theme
from vis._chapter2 import kv_bars
from vis._figure import FigureData

CONTEXT = 8192.0
MOST = 900.0  # kB drawn; the naive formula goes beyond
OFF = 0.01
COLUMNS = {
    "model": "", "attention": "", "context": "tokens", "bytes": "kB/token", "naive": "kB/token", "error": "naive/kept", "cause": "",
}  # fmt: skip


def data(book: Book) -> FigureData:
    """Each model's cache of a sequence per token, the naive formula's answer, and what it leaves out."""
    form, rows = catalogue.number_format(book.formats["bf16"]), []
    for model in book.alike.values():
        shape, context = catalogue.shape(model), min(CONTEXT, float(model.context))
        error = cache.naive_error(shape, form, context)
        rows.append({
            "model": model.name, "attention": model.attention, "context": context,
            "bytes": memory.kv_bytes(shape, form, context) / context / 1e3,
            "naive": cache.naive_bytes_per_token(shape, form) / 1e3, "error": error,
            "cause": _cause(model) if abs(error - 1) > OFF else "",
        })  # fmt: skip
    rows.sort(key=lambda row: (-row["bytes"], row["model"]))
    wrong = [row for row in rows if row["cause"]]
    low, high = min(wrong, key=lambda r: (round(r["error"], 6), r["model"])), max(wrong, key=lambda r: r["error"])
    values = {
        "count": len(rows), "wrong": len(wrong), "low": low["error"], "low model": low["model"],
        "high": high["error"], "high model": high["model"],
        "most": rows[0]["bytes"], "most model": rows[0]["model"], "least": rows[-1]["bytes"], "least model": rows[-1]["model"],
    }  # fmt: skip
    sources = frozenset(model.source for model in book.alike.values()) | {book.formats["bf16"].source}
    return FigureData(COLUMNS, rows, values, sources)


def _cause(model: LanguageModel) -> str:
    """What the naive formula does not know of a model."""
    shape = model.shape
    if shape.mla:
        return "latent"
    size = "head size" if shape.head_dim * shape.heads != shape.d_model else ""
    bound = "window" if shape.window and shape.window.size < min(CONTEXT, model.context) else ""
    return "both" if bound and size else bound or size


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    v = data.values
    return (
        f"KV cache per token of {v['count']} models, a bar each, from {v['least']:.0f} kB ({v['least model']}) to {v['most']:.0f} kB ({v['most model']}): "
        f"the naive formula misses {v['wrong']} of them, from {v['low']:.2f} times the truth ({v['low model']}) to {v['high']:.0f} times ({v['high model']})."
    )


def caption(data: FigureData) -> str:
    """How to read it."""
    return (
        f"Predicted from published shapes at 16 bits, averaged over a sequence of {CONTEXT:,.0f} tokens, or of the longest published for the model. "
        "Tick: the naive formula, where it is off by more than a hundredth; an arrow where it lies beyond the axis. "
        "The number is the naive answer over the cache kept, with what the formula does not know: the size of a head, a window, both of these, or a latent vector."
    )


def draw(data: FigureData, narrow: bool):
    """One row per model, in two columns where there is room."""
    columns = 1 if narrow else 2
    per = -(-len(data.rows) // columns)
    height = 0.172 * per + 0.4 + theme.floor(data.note, narrow)
    figure = theme.canvas(narrow, height)
    theme.heading(
        figure,
        "KV cache per token (kB); tick: the naive formula"
        if narrow
        else "KV cache per token (kB); tick: the naive formula, with its answer over the cache kept",
    )
    width = figure.get_size_inches()[0]
    for column in range(columns):
        left = 1.2 + column * width / columns
        right = width * (1 - (column + 1) / columns) + (1.12 if not narrow else 1.17)
        axes = theme.box(figure, left, theme.floor(data.note, narrow) - 0.2, right, 0.36)
        _column(axes, data.rows[column * per : (column + 1) * per], per)
    theme.note(figure, data.note)
    return figure


def _column(axes, rows: list[dict], per: int) -> None:
    """Bars, ticks of the naive formula, and the words beside them."""
    axes.set(xlim=(0, MOST), ylim=(per - 0.4, -0.6))
    axes.set_xticks([0, 400, 800])
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.grid(True, axis="x")
    kv_bars(axes, [(0.0, float(at), row["bytes"]) for at, row in enumerate(rows)], 0.62)
    ticks = [(min(row["naive"], MOST), at) for at, row in enumerate(rows) if row["cause"]]
    inside = [(x, at) for x, at in ticks if x < MOST]
    beyond = [at for x, at in ticks if x >= MOST]
    axes.plot([x for x, _ in inside], [at for _, at in inside], "|", ms=8, mew=1.8, color=colour.INK, zorder=5)
    axes.plot([MOST] * len(beyond), beyond, ">", ms=5, color=colour.INK, zorder=5, clip_on=False)
    for at, row in enumerate(rows):
        axes.text(-20, at, row["model"], ha="right", va="center", fontsize=theme.NOTE)
        if row["cause"]:
            error = f"{row['error']:.3g}"
            axes.text(MOST + 40, at, f"{error}× {row['cause']}", va="center",
                      fontsize=theme.NOTE, color=colour.MUTED)  # fmt: skip
