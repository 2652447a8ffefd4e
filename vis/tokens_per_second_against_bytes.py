"""How many tokens per second does a chip allow for the bytes that one token streams, and what was reached?"""

from __future__ import annotations

import statistics

from generators.book.load import Book
from generators.evidence.comparison import Quoted, ceilings, decode_records, quoted_decodes
from vis import _palette as colour
from vis import _theme as theme
from vis._figure import FigureData

CHIPS = ("b200-sxm", "h200-sxm", "a100-sxm4-80gb", "rtx-4090", "m2-ultra", "m4")
SPAN, RATES = (0.15, 100.0), (2.0, 1500.0)  # GB per token and tokens/s drawn
MARKS = (("quoted", theme.quoted, 4.6), ("measured", theme.measured, 6))


COLUMNS = {
    "kind": "", "label": "", "chip": "", "bytes": "GB/token", "rate": "tokens/s", "bound": "tokens/s", "share": "% of bound",
}  # fmt: skip


def data(book: Book) -> FigureData:
    """A line per chip, a diamond per quoted run, and this book's own measurements with their machine's line."""
    chips = [book.accelerators[id_] for id_ in CHIPS]
    rows = [
        {"kind": "datasheet bound", "label": c.short, "chip": c.short, "bytes": x, "rate": c.bandwidth.to("GB/s") / x}
        for c in chips
        for x in SPAN
    ]
    quotes, records = quoted_decodes(book), decode_records(book)
    rows += [_quote(q, book.accelerators[q.row.accelerator].short) for q in quotes]
    for record in records:
        rows += _own(record, book.machine_label(record)[:15])
    shares = [q.reached / q.bound for q in quotes]
    values = {
        "count": len(quotes), "median": statistics.median(shares), "low": min(shares), "high": max(shares),
        "chips": len({q.row.accelerator for q in quotes}), "left out": len(quoted_decodes(book, everything=True)) - len(quotes),
    }  # fmt: skip
    sources = frozenset(c.memory.bandwidth.source for c in chips).union(*(q.sources for q in quotes))
    return FigureData(COLUMNS, rows, values, sources, frozenset(record.id for record in records))


def _quote(quote: Quoted, chip: str) -> dict:
    """A quoted run as a row."""
    return {"kind": "quoted", "label": f"{chip}, {quote.row.engine}", "chip": chip, "bytes": quote.bytes / 1e9,
            "rate": quote.reached, "bound": quote.bound, "share": quote.reached / quote.bound * 100}  # fmt: skip


def _own(record, chip: str) -> list[dict]:
    """This book's decode runs, and the line of the machine's measured read bandwidth."""
    roof = ceilings(record).read / 1e9
    rows = [{"kind": "measured bound", "label": chip, "chip": chip, "bytes": x, "rate": roof / x} for x in SPAN]
    for case in record.measured("decode"):
        moved, rate = case.work.bytes / 1e9, 1.0 / case.seconds
        rows.append({"kind": "measured", "label": chip, "chip": chip, "bytes": moved, "rate": rate,
                     "bound": roof / moved, "share": rate / (roof / moved) * 100})  # fmt: skip
    return rows


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    v = data.values
    return (
        f"First panel: tokens per second against bytes streamed per token, both logarithmic; each chip allows a straight line, bandwidth over bytes. "
        f"Second panel: {v['count']} published batch-1 runs on {v['chips']} chips as a share of their own chip's line: {v['low']:.0%} to {v['high']:.0%}, "
        f"median {v['median']:.0%}; none exceeds it."
    )


def caption(data: FigureData) -> str:
    """How to read it."""
    v = data.values
    return (
        "Lines: datasheet bandwidth divided by bytes per token, for six chips (grey: measured read bandwidth); the second panel compares every run with its own chip. "
        f"Diamonds: {v['count']} published runs at batch 1 on one device, each cited on the page of published results; filled circles: measured for this book. "
        f"Left out, because a pass of theirs makes several tokens: {v['left out']}."
    )


def draw(data: FigureData, narrow: bool):
    """The plane of rates and bytes, and every run as a share of its own bound."""
    figure = theme.canvas(narrow, 4.6, 8.2)
    height = figure.get_size_inches()[1]
    theme.heading(figure, "Decode rate at batch 1 (tokens/s)")
    if narrow:
        plane = theme.box(figure, 0.55, 4.62, 1.05, 0.36)
        shares = theme.box(figure, 1.2, theme.floor(data.note, narrow) - 0.2, 0.25, height - 3.75)
        figure.text(
            0.12 / 3.9, 3.95 / height, "Share of the chip's bound (%)", fontsize=theme.LABEL, color=colour.MUTED
        )
    else:
        plane = theme.box(figure, 0.6, theme.floor(data.note, narrow), 3.75, 0.36)
        shares = theme.box(figure, 5.45, theme.floor(data.note, narrow), 0.2, 0.36)
        figure.text(
            4.42 / 7.2,
            1 - 0.08 / height,
            "Share of the chip's bound (%)",
            fontsize=theme.LABEL,
            color=colour.MUTED,
            va="top",
        )
    _plane(plane, data)
    _shares(shares, data)
    theme.note(figure, data.note)
    return figure


def _plane(axes, data: FigureData) -> None:
    """Parallel lines falling to the right, marks under them."""
    axes.set(xscale="log", yscale="log", xlim=SPAN, ylim=RATES)
    theme.log_ticks(axes.xaxis, [1, 10, 100])
    theme.log_ticks(axes.yaxis, [10, 100, 1000])
    axes.set_xlabel("Bytes streamed per token (GB)")
    axes.grid(True)
    _lines(axes, data)
    for kind, mark, size in MARKS:
        rows = data.where(kind=kind)
        mark(axes, [row["bytes"] for row in rows], [row["rate"] for row in rows], size=size)


def _shares(axes, data: FigureData) -> None:
    """One row per chip; every run at its share of the bound, the bound itself at the right."""
    runs = data.where(kind="quoted") + data.where(kind="measured")
    best: dict[str, float] = {}
    for row in runs:
        best[row["chip"]] = max(best.get(row["chip"], 0.0), row["share"])
    order = sorted(best, key=best.get, reverse=True)
    axes.set(xlim=(0, 106), ylim=(len(order) - 0.4, -0.7))
    axes.axvline(100, color=colour.MEMORY, lw=2)
    axes.grid(True, axis="x")
    axes.set_xticks([0, 25, 50, 75, 100])
    axes.set_yticks(range(len(order)), order, fontsize=theme.NOTE)
    axes.tick_params(axis="y", length=0)
    for kind, mark, size in MARKS:
        rows = data.where(kind=kind)
        mark(axes, [row["share"] for row in rows], [order.index(row["chip"]) for row in rows], size=size)


def _lines(axes, data: FigureData) -> None:
    """One line per chip, named at its right end, names pushed apart; a line that leaves below is named there."""
    ends, own = [], 0
    for kind, shade, width in (("datasheet bound", colour.MEMORY, 1.3), ("measured bound", colour.OVERHEAD, 1.6)):
        for label in dict.fromkeys(row["label"] for row in data.where(kind=kind)):
            rows = data.where(kind=kind, label=label)
            axes.plot([r["bytes"] for r in rows], [r["rate"] for r in rows], color=shade, lw=width)
            if rows[-1]["rate"] >= RATES[0]:
                ends.append((rows[-1]["rate"], label))
                continue
            bandwidth, y = rows[-1]["rate"] * rows[-1]["bytes"], RATES[0] * 1.15
            if kind == "measured bound":  # left of its line, each machine a step higher
                y, own = y * 1.45**own, own + 1
                axes.text(
                    bandwidth / y * 0.85, y, rows[0]["chip"], color=shade, ha="right", fontsize=theme.NOTE, gid=theme.HALO
                )  # fmt: skip
            else:
                axes.text(bandwidth / y * 1.1, y, label, color=shade, fontsize=theme.NOTE)
    last = 0.0
    for rate, label in sorted(ends):
        last = max(rate, last * 1.38)
        axes.text(SPAN[1] * 1.1, last, label, va="center", color=colour.MEMORY, fontsize=theme.NOTE)
