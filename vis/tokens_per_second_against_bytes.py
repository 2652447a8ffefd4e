"""What share of its chip's limit does each run reach: those published, and those measured for this book?"""

import statistics

from generators.catalog.load import Catalog
from generators.comparison.comparison import decode_records, quoted_decodes
from vis import _decode_share as share
from vis import _palette as colour
from vis import _theme as theme
from vis._figure import FigureData

MARKS = (("quoted", theme.quoted, 6), ("measured", theme.measured, 7))
COLUMNS = {
    "kind": "",
    "label": "",
    "chip": "",
    "bytes": "GB/token",
    "rate": "tokens/s",
    "bound": "tokens/s",
    "share": "% of bound",
}


def data(catalog: Catalog) -> FigureData:
    """Every quoted run, and every decode run of this book's own records, beside the bound of its chip."""
    quotes, records, rows = quoted_decodes(catalog), decode_records(catalog), []
    for quote in quotes:
        chip = catalog.accelerators[quote.row.accelerator].short
        rows.append(
            {
                "kind": "quoted",
                "label": f"{chip}, {quote.row.engine}",
                "chip": chip,
                "bytes": quote.bytes / 1e9,
                "rate": quote.reached,
                "bound": quote.bound,
                "share": quote.reached / quote.bound * 100,
            }
        )
    for row in share.sound(share.rows(catalog, records)):
        rows.append(
            {
                "kind": "measured",
                "label": f"{row['machine']}, {row['mode']}",
                "chip": row["machine"],
                "bytes": row["bytes"],
                "rate": 1e3 / row["measured"],
                "bound": 1e3 / row["bound"],
                "share": row["share"],
            }
        )
    shares = [q.reached / q.bound for q in quotes]
    values = {
        "count": len(quotes),
        "median": statistics.median(shares),
        "low": min(shares),
        "high": max(shares),
        "chips": len({q.row.accelerator for q in quotes}),
        "left out": len(quoted_decodes(catalog, everything=True)) - len(quotes),
        "machines": len(records),
        "own": max(row["share"] for row in rows if row["kind"] == "measured"),
    }
    sources = frozenset().union(*(quote.sources for quote in quotes))
    return FigureData(COLUMNS, rows, values, sources, records=frozenset(record.id for record in records))


def _conclusion(data: FigureData) -> str:
    v = data.values
    return f"None of the {v['count']} runs that our chapters quote beats its chip's limit: {v['low']:.0%} to {v['high']:.0%}"


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    v = data.values
    return (
        f"{_conclusion(data)}. Batch-1 runs on {v['chips']} chips as a share of bandwidth over bytes. "
        f"This book's own runs on {v['machines']} machines, small models and eager PyTorch among them, go from near zero to {v['own']:.0f}%."
    )


def caption(data: FigureData) -> str:
    """How to read it."""
    v = data.values
    return (
        f"Diamonds: {v['count']} published runs at batch 1 on one device, each cited on the page of published results; dots: measured for this book, against the datasheet where the chip has one, else against its own best read. "
        f"Left out, because a pass of theirs makes several tokens: {v['left out']}."
    )


def draw(data: FigureData, narrow: bool):
    """One row per chip, the best first; every run at its share of the bound, the bound itself at the right."""
    best: dict[str, float] = {}
    for row in data.rows:
        best[row["chip"]] = max(best.get(row["chip"], 0.0), row["share"])
    order, size = sorted(best, key=best.get, reverse=True), theme.page_size(narrow)
    figure = theme.canvas(narrow, 1.7 + 0.27 * len(order), 2.2 + 0.3 * len(order))
    key = (
        "diamond: published; dot: measured here"
        if narrow
        else "Share of the limit. Diamond: published; dot: measured for this book"
    )
    top = theme.headline(figure, _conclusion(data), key)
    axes = theme.box(figure, 1.68 if narrow else 1.9, theme.floor(data.note, narrow) - 0.15, 0.15, top - 0.04)
    axes.set(xlim=(0, 104), ylim=(len(order) - 0.4, -0.7))
    axes.axvline(100, color=colour.MEMORY, lw=2.2)
    axes.grid(True, axis="x")
    axes.set_xticks([0, 25, 50, 75, 100], ["0", "25", "50", "75", "100%"])
    room = (1.68 if narrow else 1.9) - 0.1
    axes.set_yticks(range(len(order)), [theme.fitted(figure, chip, size, room) for chip in order])
    axes.tick_params(axis="y", length=0)
    axes.tick_params(labelsize=size)
    axes.text(98, len(order) - 0.5, "the limit", color=colour.MEMORY, fontsize=size, ha="right", va="bottom")
    for kind, mark, mark_size in MARKS:
        rows = data.where(kind=kind)
        mark(axes, [row["share"] for row in rows], [order.index(row["chip"]) for row in rows], size=mark_size)
    theme.note(figure, data.note)
    return figure
