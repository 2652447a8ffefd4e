"""How much KV memory does an allocator waste, against the size of its blocks?"""

from generators.catalog.load import Catalog
from generators.comparison import paging
from generators.model import cache
from vis import _palette as colour
from vis import _theme as theme
from vis._chapter2 import axes_of
from vis._figure import FigureData

SIZES = (4, 16, 64, 128, 256, 512, 1024, paging.LONGEST)
QUOTES = (("vllm-kv-used-paged", 16), ("vllm-kv-used-low", 2048), ("vllm-kv-used-high", 2048))
COLUMNS = {"block": "tokens", "waste": "%", "rule": "%", "batch": "sequences", "mark": ""}


def data(catalog: Catalog) -> FigureData:
    """Waste counted in the simulation beside half a block per sequence, and three published shares."""
    rows = []
    for size in SIZES:
        usage = paging.serve(size)
        rows.append(
            {
                "block": size,
                "waste": usage.waste * 100,
                "batch": usage.batch,
                "mark": "simulated",
                "rule": cache.wasted_share(float(size), usage.held) * 100,
            }
        )
    for id_, size in QUOTES:
        rows.append({"block": size, "waste": 100 - catalog.published[id_].quantity.to("%"), "mark": "published"})
    paged, whole = (next(r for r in rows if r["block"] == size) for size in (16, paging.LONGEST))
    values = {
        "first": rows[0]["waste"],
        "paged": paged["waste"],
        "whole": whole["waste"],
        "gain": paged["batch"] / whole["batch"],
        "held": paging.serve(16).held,
        "worst small": max(
            abs(r["rule"] / r["waste"] - 1) for r in rows if r["block"] <= 256 and r["mark"] == "simulated"
        ),
    }
    return FigureData(COLUMNS, rows, values)


def _conclusion(data: FigureData) -> str:
    v = data.values
    return f"Blocks of 16 tokens waste {v['paged']:.0f}% of the cache's memory; one piece for the longest answer wastes {v['whole']:.0f}%"


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    v = data.values
    return (
        f"{_conclusion(data)}. The empty share rises with the size of a block from {v['first']:.1f}% at 4 tokens to {v['whole']:.0f}% when {paging.LONGEST:,} tokens are reserved for each, "
        f"so here paging keeps {v['gain']:.1f} times as many sequences in the same memory."
    )


def caption(data: FigureData) -> str:
    """How to read it."""
    v = data.values
    return (
        f"Line: half a block per sequence of {v['held']:.0f} tokens on average, at most {v['worst small']:.0%} off up to blocks of 256. "
        f"Hollow: {paging.REQUESTS} made-up requests in this book's own allocator. Diamonds: published shares of other traces; at {paging.LONGEST:,}, the best and the worst."
    )


def draw(data: FigureData, narrow: bool):
    """The rule as a line, the simulation as hollow marks, quotes as diamonds, and the two ends named."""
    v, size = data.values, theme.page_size(narrow)
    figure = theme.canvas(narrow, 4.3, 4.8)
    axes = axes_of(figure, data, narrow, _conclusion(data), "Allocated and empty (%)", "Size of a block (tokens)", 0.35)
    axes.set(xscale="log", xlim=(3, 3400), ylim=(0, 100))
    theme.log_ticks(axes.xaxis, [4, 16, 64, 256, 2048])
    axes.set_yticks([0, 25, 50, 75, 100])
    sizes = [3.0 * 1.1**n for n in range(75)]
    axes.plot(sizes, [cache.wasted_share(one, v["held"]) * 100 for one in sizes], color=colour.MEMORY, lw=2.2)
    rows, quotes = data.where(mark="simulated"), data.where(mark="published")
    theme.quoted(axes, [r["block"] for r in quotes], [r["waste"] for r in quotes], 10)
    theme.predicted(axes, [r["block"] for r in rows], [r["waste"] for r in rows], size=8.5)
    said = {"fontsize": size, "gid": theme.HALO}
    many = f"{v['gain']:.1f} times"
    words = f"16: {many}\nthe sequences" if narrow else f"blocks of 16:\n{many} the sequences"
    axes.text(
        3.5 if narrow else 16,
        13 if narrow else 9,
        words,
        ha="left" if narrow else "center",
        va="bottom",
        weight="bold",
        **said,
    )
    axes.text(
        paging.LONGEST / 1.35,
        v["whole"] + 4,
        "one piece for the longest",
        ha="right",
        va="bottom",
        weight="bold",
        **said,
    )
    for y, words in ((72, "○ simulated"), (63, "◆ published"), (54, "— half a block empty")):
        axes.text(3.7, y, words, color=colour.MUTED, va="center", **said)
    return figure
