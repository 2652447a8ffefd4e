"""Decode as a share of what the memory allows, against what a token streams: the same drawing for every machine."""

from generators.catalog.load import Catalog
from generators.catalog.record import Record
from generators.comparison.comparison import ceilings, datasheet_bandwidth, mode_of
from vis import _palette as colour
from vis import _theme as theme
from vis._figure import FigureData

COLUMNS = {
    "machine": "",
    "mode": "",
    "format": "",
    "model": "",
    "bytes": "GB",
    "measured": "ms",
    "low": "ms",
    "high": "ms",
    "bound": "ms",
    "share": "% of bound",
    "read": "% of bound",
    "held out": "",
}
FORMATS = {"float32": "FP32", "bfloat16": "BF16", "float16": "FP16"}
#: Modes are told apart by their dash, machines by their shade: the first in ink, the others muted.
DASHES = {"eager": (0, (1, 1.6)), "graph": (0, (5, 2)), "compiled": (0, (5, 2, 1, 2)), "compiled-graph": "solid"}
WORDS = {"eager": "eager", "graph": "CUDA graph", "compiled": "compiled", "compiled-graph": "compiled graph"}


def rows(catalog: Catalog, records: list[Record]) -> list[dict]:
    """Every decode run beside its bound: bytes over the datasheet's bandwidth, or over the best read where no chip is named.

    `read` is the share of that bandwidth which the best read of the same record reached; `held out` says why a run counts for nothing.
    """
    found = []
    for record in records:
        best, sheet = ceilings(record).read, datasheet_bandwidth(catalog, record)
        bandwidth = sheet.value if sheet else best
        cases = [(case, "") for case in record.measured("decode")] + record.pale("decode")
        for case, why in sorted(
            cases, key=lambda pair: (mode_of(pair[0]), str(pair[0].parameters["dtype"]), pair[0].work.bytes)
        ):
            low, high = case.interval
            found.append(
                {
                    "machine": catalog.machine_label(record),
                    "mode": mode_of(case),
                    "format": FORMATS.get(str(case.parameters["dtype"]), "?"),
                    "model": str(case.parameters["model"]),
                    "bytes": case.work.bytes / 1e9,
                    "measured": case.seconds * 1e3,
                    "low": low * 1e3,
                    "high": high * 1e3,
                    "bound": case.work.bytes / bandwidth * 1e3,
                    "share": case.work.bytes / case.seconds / bandwidth * 100,
                    "read": best / bandwidth * 100,
                    "held out": why,
                }
            )
    return found


def sound(some: list[dict]) -> list[dict]:
    """The rows that count."""
    return [row for row in some if not row["held out"]]


def series(data: FigureData) -> list[list[dict]]:
    """The rows that count by machine, mode and number format, each by bytes."""
    keys = dict.fromkeys((row["machine"], row["mode"], row["format"]) for row in sound(data.rows))
    return [sound(data.where(machine=machine, mode=mode, format=form)) for machine, mode, form in keys]


def draw(data: FigureData, narrow: bool, conclusion: str, bound: str):
    """Shares against bytes on a logarithmic axis, the bound at 100, and dashed what the first machine's memory delivers."""
    size, note = theme.page_size(narrow), _note(data)
    more = theme.floor(note, narrow) - theme.floor(data.note, narrow)
    figure = theme.canvas(narrow, 4.9 + more, 5.6 + more)
    top = theme.headline(figure, conclusion, "Share of the limit (%)")
    axes = theme.box(figure, 0.55, theme.floor(note, narrow) + 0.05, 0.12, top - 0.02)
    least, most = (f(row["bytes"] for row in data.rows) for f in (min, max))
    axes.set(xscale="log", xlim=(least / 1.6, most * (60 if narrow else 9)), ylim=(0, 114))
    theme.log_ticks(axes.xaxis, [v for v in (0.1, 1, 10, 100) if least / 1.6 <= v <= most * 4])
    axes.set_yticks([0, 25, 50, 75, 100])
    axes.tick_params(labelsize=size)
    axes.grid(True, axis="y")
    axes.set_xlabel("Bytes streamed per token (GB)", fontsize=size)
    left = least / 1.5
    axes.axhline(100, color=colour.MEMORY, lw=2.2)
    axes.text(left, 102, bound, color=colour.MEMORY, fontsize=size, va="bottom")
    first = data.rows[0]
    if first["read"] < 99.5:
        axes.axhline(first["read"], color=colour.MEMORY, lw=1.6, ls=(0, (5, 3)))
        axes.text(
            left,
            first["read"] - 2,
            f"what its memory delivers: {first['read']:.0f}%",
            color=colour.MEMORY,
            fontsize=size,
            va="top",
        )
    _curves(axes, data, size)
    theme.note(figure, note)
    return figure


def _others(data: FigureData) -> list[list[dict]]:
    """The series of all machines but the first."""
    return [some for some in series(data) if some[0]["machine"] != data.rows[0]["machine"]]


def _note(data: FigureData) -> str:
    """The source note, before it the names of other machines' series where they are too many to stand beside their lines."""
    others = sorted(_others(data), key=lambda some: -some[-1]["share"])
    names = [f"{some[0]['machine']}, {_words(some[0])}" for some in others]
    return f"In gray, by their last dots from the top: {'; '.join(names)}. {data.note}" if len(names) > 1 else data.note


def _words(row: dict) -> str:
    return f"{row['format']} {WORDS.get(row['mode'], row['mode'])}"


def _curves(axes, data: FigureData, size: float) -> None:
    """A dashed line through the measured dots of each series, named at its right end."""
    first = data.rows[0]["machine"]
    pale, ends = [row for row in data.rows if row["held out"]], []
    axes.plot(
        [r["bytes"] for r in pale],
        [r["share"] for r in pale],
        "o",
        ls="none",
        mfc=colour.GRID,
        mec=colour.MUTED,
        mew=0.6,
        ms=5.5,
        zorder=4,
    )
    longest = max(len(some) for some in series(data))
    several = len({row["machine"] for row in data.rows}) > 1
    for some in series(data):
        x, y = [row["bytes"] for row in some], [row["share"] for row in some]
        shade = colour.INK if some[0]["machine"] == first else colour.OVERHEAD
        axes.plot(x, y, color=shade, lw=1.6, ls=DASHES.get(some[0]["mode"], "solid"))
        axes.plot(x, y, "o", ls="none", mfc=shade, mec=colour.SURFACE, mew=0.8, ms=6.5, zorder=6)
        if some[0]["machine"] != first:
            if len(_others(data)) == 1:
                name = f"{theme.fitted(axes.figure, some[0]['machine'], size, 2.0)}, {_words(some[0])}"
                low = max(y[-1] - 3.4, 2)  # clear of the first machine's lines
                theme.keep_inside(axes.text(x[-1] * 1.45, low, name, color=shade, fontsize=size, va="center", zorder=7))
            continue
        words = WORDS.get(some[0]["mode"], some[0]["mode"]) if several else _words(some[0])
        if (
            some[0]["mode"] == "compiled-graph"
        ):  # lies above the other modes, so its name stands before its end, clear of them
            axes.text(x[-1] * 0.8, y[-1] + 1, words, color=shade, fontsize=size, ha="right", gid=theme.HALO, zorder=7)
        else:
            ends.append((y[-1], x[-1], words, shade))
        if some[0]["machine"] == first and len(x) == longest:
            for row in [row for row in some[:-1] if row["bytes"] > 1]:  # smaller ones crowd together
                axes.annotate(
                    row["model"],
                    (row["bytes"], row["share"]),
                    (5, -4),
                    textcoords="offset points",
                    fontsize=size,
                    color=colour.MUTED,
                    va="top",
                    gid=theme.HALO,
                    zorder=5,
                )
    last = -99.0
    for share, at, words, shade in sorted(ends):
        last = max(share, last + 6.5)
        axes.text(at * 1.16, last, words, color=shade, fontsize=size, va="center", gid=theme.HALO, zorder=7)
