"""How does the KV cache of one sequence grow with its length, in six models?"""

from __future__ import annotations

from generators import catalogue
from generators.book.load import Book
from generators.model import memory
from vis import _palette as colour
from vis import _theme as theme
from vis._figure import FigureData

#: Six kinds of attention: MHA, GQA at two sizes, one KV head fewer layers, sliding window, latent.
MODELS = ("llama-2-7b", "llama-3.1-8b", "llama-3.1-70b", "qwen3-0.6b", "gemma-3-27b", "deepseek-v3")
CONTEXTS = [float(2**power) for power in range(9, 18)]


def data(book: Book) -> FigureData:
    """KV bytes of one sequence at 16 bits for each model, up to the context it is published for."""
    form, rows, sources, values = catalogue.number_format(book.formats["bf16"]), [], set(), {}
    for id_ in MODELS:
        model = book.models[id_]
        shape = catalogue.shape(model)
        sources.add(model.source)
        longest = float(min(model.context, CONTEXTS[-1]))
        for context in sorted({c for c in CONTEXTS if c <= longest} | {longest}):
            size = memory.kv_bytes(shape, form, context)
            rows.append({"model": model.name, "attention": model.attention, "context": context, "cache": size / 1e9})
        values[model.name] = memory.kv_bytes_per_token(shape, form) / 1e3
    small, large = min(values, key=values.get), max(values, key=values.get)
    values |= {"smallest": small, "largest": large, "ratio": values[large] / values[small]}
    columns = {"model": "", "attention": "", "context": "tokens", "cache": "GB"}
    return FigureData(columns, rows, values, frozenset(sources) | {book.formats["bf16"].source})


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    v = data.values
    return (
        f"KV cache of one sequence against its length, 16 bits per value: every line rises in proportion to the context until a window is full, "
        f"but {v['largest']} keeps {v[v['largest']]:.0f} kB per token and {v['smallest']} {v[v['smallest']]:.0f} kB, "
        f"a factor of {v['ratio']:.1f}; layers, KV heads and the size of a head decide it, not the number of parameters."
    )


def caption(data: FigureData) -> str:
    """How to read it."""
    return (
        "Predicted from each model's published shape; each line ends at the context that the model is published for. "
        "A sliding window bends the line: most layers stop growing at the window."
    )


def draw(data: FigureData, narrow: bool):
    """Six lines with their names at the right end."""
    figure = theme.canvas(narrow, 4.4, 4.9)
    theme.heading(figure, "KV cache of one sequence (GB)")
    axes = theme.box(figure, 0.55, 0.78 if not narrow else 0.95, 1.95 if not narrow else 1.25, 0.36)
    axes.set(xscale="log", yscale="log", xlim=(512, 131072), ylim=(0.02, 60))
    theme.log_ticks(axes.xaxis, [512, 4096, 32768] if narrow else [512, 2048, 8192, 32768, 131072])
    theme.log_ticks(axes.yaxis, [0.1, 1, 10])
    axes.set_xlabel("Context (tokens)")
    axes.grid(True)
    ends = []
    for name in dict.fromkeys(row["model"] for row in data.rows):
        rows = data.where(model=name)
        axes.plot([r["context"] for r in rows], [r["cache"] for r in rows], color=colour.MEMORY, lw=1.8)
        axes.plot([rows[-1]["context"]], [rows[-1]["cache"]], "|", ms=9, mew=1.8, color=colour.MEMORY, clip_on=False)
        ends.append((rows[-1], name))
    _labels(axes, ends, narrow)
    theme.note(figure, data.note)
    return figure


def _labels(axes, ends: list, narrow: bool) -> None:
    """Names beside the right edge, pushed apart where lines end close together, or at the end of a short line."""
    last = None
    for row, name in sorted(ends, key=lambda end: end[0]["cache"]):
        kind = row["attention"].split(",")[0] + (" + window" if "window" in row["attention"] else "")
        label = name if narrow else f"{name}, {kind}"
        if row["context"] < 100_000:
            _pointed(axes, row, label, narrow)
            continue
        y = row["cache"] if last is None else max(row["cache"], last * 1.5)
        axes.text(145_000, y, label, va="center", ha="left", color=colour.INK, fontsize=theme.NOTE)
        last = y


def _pointed(axes, row: dict, label: str, narrow: bool) -> None:
    """The name of a line that ends early: above its end where that is free, else below the bundle with a leader."""
    above = row["context"] < 10_000
    place, ha, va = ((-4, 6), "right", "bottom") if above else ((4 if narrow else 26, -62), "center", "top")
    leader = None if above else {"arrowstyle": "-", "color": colour.MUTED, "lw": 0.7, "shrinkA": 0, "shrinkB": 3}
    axes.annotate(label, (row["context"], row["cache"]), place, textcoords="offset points", ha=ha, va=va,
                  color=colour.INK, fontsize=theme.NOTE, gid=theme.HALO, arrowprops=leader)  # fmt: skip
