"""How much KV memory does an allocator waste, against the size of its blocks?"""

from __future__ import annotations

from generators.book.load import Book
from generators.evidence import paging
from generators.model import cache
from vis import _palette as colour
from vis import _theme as theme
from vis._figure import FigureData

SIZES = (4, 16, 64, 128, 256, 512, 1024, paging.LONGEST)
QUOTES = (("vllm-kv-used-paged", 16, "vLLM, published"), ("vllm-kv-used-low", 2048, "before paging, published"))
COLUMNS = {"block": "tokens", "waste": "%", "rule": "%", "batch": "sequences", "mark": "", "label": ""}


def data(book: Book) -> FigureData:
    """Waste counted in the simulation beside half a block per sequence, and two quoted shares."""
    rows = []
    for size in SIZES:
        usage = paging.serve(size)
        rows.append({"block": size, "waste": usage.waste * 100, "batch": usage.batch, "mark": "simulated",
                     "rule": cache.wasted_share(float(size), usage.held) * 100})  # fmt: skip
    for id_, size, label in QUOTES:
        rows.append(
            {"block": size, "waste": 100 - book.published[id_].quantity.to("%"), "mark": "quoted", "label": label}
        )
    paged, whole = (next(r for r in rows if r["block"] == size) for size in (16, paging.LONGEST))
    values = {
        "paged": paged["waste"], "whole": whole["waste"], "rule": whole["rule"], "gain": paged["batch"] / whole["batch"],
        "held": paging.serve(16).held, "worst small": max(abs(r["rule"] / r["waste"] - 1) for r in rows if r["block"] <= 256 and r["mark"] == "simulated"),
    }  # fmt: skip
    return FigureData(COLUMNS, rows, values, frozenset(book.published[id_].source for id_, _, _ in QUOTES))


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    v = data.values
    return (
        f"Share of allocated KV memory that holds nothing against the size of a block: {v['paged']:.1f}% with blocks of 16 tokens and {v['whole']:.0f}% when the longest "
        f"request's {paging.LONGEST:,} tokens are reserved for each, so that paging keeps {v['gain']:.1f} times as many sequences in the same memory."
    )


def caption(data: FigureData) -> str:
    """How to read it."""
    v = data.values
    return (
        f"Line: predicted, half a block per sequence of {v['held']:.0f} tokens on average, at most {v['worst small']:.0%} off up to blocks of 256 tokens and too low beyond, where blocks "
        f"are longer than most sequences. Filled: counted in this book's own allocator serving {paging.REQUESTS} made-up requests; a simulation, not a machine. "
        "Diamonds: published shares of other traces, at the block size of the engine and at the reservation of its predecessors."
    )


def draw(data: FigureData, narrow: bool):
    """The rule as a line, the simulation as filled marks with their batch, quotes as diamonds."""
    figure = theme.canvas(narrow, 3.6, 3.9)
    theme.heading(figure, "KV memory allocated and empty (%)")
    axes = theme.box(figure, 0.5, theme.floor(data.note, narrow), 0.3, 0.36)
    axes.set(xscale="log", xlim=(3, 3400), ylim=(0, 100))
    theme.log_ticks(axes.xaxis, [4, 16, 64, 256, 2048] if narrow else [4, 16, 64, 256, 1024, 2048])
    axes.set_yticks([0, 25, 50, 75, 100])
    axes.grid(True)
    axes.set_xlabel("Block (tokens)")
    rows, held = data.where(mark="simulated"), data.values["held"]
    sizes = [3.0 * 1.1**n for n in range(75)]
    axes.plot(sizes, [cache.wasted_share(size, held) * 100 for size in sizes], color=colour.MEMORY, lw=1.8)
    theme.measured(axes, [r["block"] for r in rows], [r["waste"] for r in rows], size=6)
    quotes = data.where(mark="quoted")
    theme.quoted(axes, [r["block"] for r in quotes], [r["waste"] for r in quotes], 11)
    for row in quotes:
        place, ha = ((0, 9), "center") if row["block"] == 16 else ((-10, -8), "right")
        axes.annotate(row["label"], (row["block"], row["waste"]), place, textcoords="offset points", ha=ha,
                      va="bottom" if place[1] > 0 else "top", color=colour.MUTED, fontsize=theme.NOTE, gid=theme.HALO)  # fmt: skip
    for row in rows:
        if row["block"] in (16, 256, paging.LONGEST):
            at = (0, 24) if row["block"] == 16 else (-9, 4)
            axes.annotate(f"{row['batch']:.0f} sequences fit", (row["block"], row["waste"]), at, textcoords="offset points",
                          ha="center" if row["block"] == 16 else "right", va="bottom", fontsize=theme.NOTE, gid=theme.HALO)  # fmt: skip
    theme.say(axes, 60, 3.0, "half a block per sequence", colour.MEMORY, "left", "center", halo=True)
    theme.note(figure, data.note)
    return figure
