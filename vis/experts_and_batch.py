"""How large must a batch be before a mixture of experts shares its weights as a dense model does?"""

from __future__ import annotations

from generators import catalogue
from generators.book.load import Book
from generators.model import batching, parameters
from vis import _palette as colour
from vis import _theme as theme
from vis._figure import FigureData
from vis._subject import FORMAT, SECOND_MODEL

MODELS = (SECOND_MODEL, "mixtral-8x7b", "qwen3-30b-a3b", "deepseek-v3")
BATCHES = [float(2**power) for power in range(11)]
COLUMNS = {
    "model": "",
    "batch": "sequences",
    "per token": "GB",
    "reuse": "×",
    "experts read": "%",
    "tokens per expert": "tokens",
}
REUSE = 8.0


def data(book: Book) -> FigureData:
    """Weight bytes per token of a dense model and three mixtures, and how many times fewer that is than at batch 1."""
    form, rows, values = catalogue.number_format(book.formats[FORMAT]), [], {}
    sources = {book.formats[FORMAT].source, *(book.models[id_].source for id_ in MODELS)}
    for id_ in MODELS:
        model, shape = book.models[id_], catalogue.shape(book.models[id_])
        one = batching.weight_bytes_per_token(shape, form, 1.0)
        for batch in BATCHES:
            each = batching.weight_bytes_per_token(shape, form, batch)
            row = {"model": model.name, "batch": batch, "per token": each / 1e9, "reuse": one / each}
            if shape.experts:
                row["experts read"] = 100 * parameters.expected_share(shape.experts, shape.active_experts, batch)
                row["tokens per expert"] = batching.tokens_per_expert(shape.experts, shape.active_experts, batch)
            rows.append(row)
        values[f"reuse {id_}"] = next(
            row["reuse"] for row in rows if row["model"] == model.name and row["batch"] == 16.0
        )
        values[f"batch {id_}"] = next(
            b for b in range(1, 1000) if one / batching.weight_bytes_per_token(shape, form, float(b)) >= 0.99 * REUSE
        )
        values[f"name {id_}"] = model.name
    return FigureData(COLUMNS, rows, values, frozenset(sources))


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    v = data.values
    few = ", ".join(f"{v[f'name {id_}']} {v[f'reuse {id_}']:.1f}" for id_ in MODELS[1:])
    return (
        f"How many times fewer weight bytes a token costs than at batch 1, against batch, both logarithmic: {v[f'name {SECOND_MODEL}']}, which is dense, gains as many times as the batch, 16 at batch 16; "
        f"there the mixtures gain {few}, because a larger batch visits more experts; from a few hundred on they run parallel to the dense one."
    )


def caption(data: FigureData) -> str:
    """How to read it."""
    v = data.values
    needed = ", ".join(f"{v[f'batch {id_}']} for {v[f'name {id_}']}" for id_ in MODELS)
    return f"Predicted, 16 bits, routing uniform and independent; trained routers visit fewer experts. The dashed level, eight times fewer bytes, takes a batch of {needed}. A measurement is awaited from a GPU that holds one of these mixtures in 16 bits, such as an H200 SXM."


def draw(data: FigureData, narrow: bool):
    """A dense line of slope one and three mixtures that lie down before they rise."""
    figure = theme.canvas(narrow, 4.0, 4.6)
    theme.heading(figure, "Fewer weight bytes per token than at batch 1 (times)")
    axes = theme.box(figure, 0.55, theme.floor(data.note, narrow), 1.35, 0.36)
    axes.set(xscale="log", yscale="log", xlim=(1, 1024), ylim=(0.9, 1100))
    theme.log_ticks(axes.xaxis, [1, 4, 16, 64, 256, 1024])
    theme.log_ticks(axes.yaxis, [1, 10, 100, 1000])
    axes.grid(True)
    axes.set_xlabel("Batch (sequences)")
    axes.axhline(REUSE, color=colour.MUTED, lw=0.9, ls="--")
    marks = []
    for id_ in MODELS:
        rows = data.where(model=data.values[f"name {id_}"])
        dense = id_ == SECOND_MODEL
        axes.plot(
            [r["batch"] for r in rows],
            [r["reuse"] for r in rows],
            color=colour.OVERHEAD if dense else colour.MEMORY,
            lw=1.4 if dense else 2.0,
        )
        words = rows[-1]["model"] + (" (dense)" if dense and not narrow else "")
        axes.text(1150, rows[-1]["reuse"], words, va="center", fontsize=theme.NOTE)
        marks.append(data.values[f"batch {id_}"])
    theme.predicted(axes, marks, [REUSE] * len(marks), colour.MEMORY, size=5.5)
    for at, batch in enumerate(marks):
        axes.annotate(f"{batch}", (batch, REUSE), (5, -13) if at == len(marks) - 1 else (-1, 6), textcoords="offset points",
                      ha="left" if at == len(marks) - 1 else "right", fontsize=theme.NOTE, gid=theme.HALO)  # fmt: skip
    theme.note(figure, data.note)
    return figure
