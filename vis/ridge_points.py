"""How much arithmetic can each chip do for every byte its memory delivers?"""

import statistics

from generators.catalog.load import Catalog
from vis import _palette as colour
from vis import _theme as theme
from vis._figure import FigureData

#: Chips named in the drawing; all are drawn, and the CSV names all.
NAMED = {
    "t4": (7, -2, "left"),
    "a100-sxm4-80gb": (7, -6, "left"),
    "h100-sxm5-80gb": (-22, 24, "right"),
    "h200-sxm": (22, -22, "left"),
    "b200-sxm": (8, -3, "left"),
    "rubin-sxm": (-8, 2, "right"),
    "h20-96gb": (7, -2, "left"),
    "tpu-v6e": (-7, 3, "right"),
    "rtx-4090": (16, -24, "left"),
    "m2-ultra": (8, -2, "left"),
    "tpu-v5e": (-2, 9, "right"),
    "l4": (-7, 3, "right"),
    "m1": (8, -2, "left"),
    "groq-lpu": (-8, 0, "right"),
    "epyc-9654": (8, -2, "left"),
}
RIDGES = (1.0, 10.0, 100.0, 1000.0)


def data(catalog: Catalog) -> FigureData:
    """Bandwidth, dense 16-bit peak and ridge point of every chip that has both."""
    rows = []
    for id_, chip in catalog.accelerators.items():
        if not chip.half_precision:
            continue
        peak = chip.peaks()[chip.half_precision].quantity
        rows.append(
            {
                "id": id_,
                "chip": chip.name,
                "short": chip.short,
                "year": chip.year,
                "bandwidth": chip.bandwidth.to("GB/s"),
                "peak": peak.to("TFLOP/s"),
                "ridge": (peak / chip.bandwidth).value,
                "kind": chip.kind,
            }
        )
    ridges = [row["ridge"] for row in rows]
    least, most = min(rows, key=lambda r: r["ridge"]), max(rows, key=lambda r: r["ridge"])
    values = {
        "count": len(rows),
        "median": statistics.median(ridges),
        "least": least["ridge"],
        "least chip": least["chip"],
        "most": most["ridge"],
        "most chip": most["chip"],
    }
    columns = {
        "id": "",
        "chip": "",
        "short": "",
        "year": "",
        "kind": "",
        "bandwidth": "GB/s",
        "peak": "TFLOP/s",
        "ridge": "FLOP/byte",
    }
    return FigureData(columns, rows, values)


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    v = data.values
    return (
        f"Dense 16-bit peak against memory bandwidth of {v['count']} chips, both logarithmic: ridge points run from {v['least']:.1f} FLOP/byte "
        f"({v['least chip']}) to {v['most']:.0f} ({v['most chip']}), median {v['median']:.0f}; decode at batch 1 asks for about 1, less than any of them."
    )


def caption(data: FigureData) -> str:
    """How to read it."""
    return (
        "Each circle is one chip of the catalog; along a dashed line the ridge point is the same, the number at its end in FLOP/byte. "
        "A chip further up a column needs more reuse of each byte to be busy. Every chip with a 16-bit peak is drawn; the data file names them all."
    )


def draw(data: FigureData, narrow: bool):
    """A cloud of circles over lines of equal ridge point."""
    figure = theme.canvas(narrow, 4.9, 4.4)
    theme.heading(figure, "Dense 16-bit peak (TFLOP/s)")
    axes = theme.box(figure, 0.62, 0.78, 0.2, 0.36)
    xs, ys = [r["bandwidth"] for r in data.rows], [r["peak"] for r in data.rows]
    x, y = (min(xs) / 1.5, max(xs) * 2.2), (min(ys) / 2, max(ys) * 2.5)
    axes.set(xscale="log", yscale="log", xlim=x, ylim=y)
    theme.log_ticks(axes.xaxis, [v for v in (100, 1_000, 10_000, 100_000) if x[0] <= v <= x[1]])
    theme.log_ticks(axes.yaxis, [v for v in (1, 10, 100, 1_000, 10_000) if y[0] <= v <= y[1]])
    axes.set_xlabel("Memory bandwidth (GB/s)")
    axes.grid(True)
    _ridges(axes, x, y, narrow)
    theme.predicted(axes, xs, ys, colour.COMPUTE, size=5)
    for row in data.rows:
        if row["id"] in NAMED and not (narrow and row["id"] in ("tpu-v5e", "rtx-4090", "a100-sxm4-80gb", "tpu-v6e")):
            dx, dy, ha = NAMED[row["id"]]
            leader = (
                {"arrowstyle": "-", "color": colour.MUTED, "lw": 0.7, "shrinkA": 0, "shrinkB": 3}
                if abs(dy) > 12
                else None
            )
            axes.annotate(
                row["short"],
                (row["bandwidth"], row["peak"]),
                (dx, dy),
                textcoords="offset points",
                ha=ha,
                va="center",
                fontsize=theme.NOTE,
                gid=theme.HALO,
                zorder=4,
                arrowprops=leader,
            )
    theme.note(figure, data.note)
    return figure


def _ridges(axes, x, y, narrow: bool) -> None:
    """Lines of equal ridge point, named where they leave the drawing."""
    for ridge in RIDGES:
        low, high = x[0], x[1]
        axes.plot([low, high], [ridge * low / 1e3, ridge * high / 1e3], color=colour.MEMORY, lw=0.9, ls="--", zorder=2)
        top = y[1] / 1.12
        at = top / ridge * 1e3
        inside = at < x[1] / 1.3
        place = (at / 1.08, top) if inside else (x[1] / 1.12, ridge * x[1] / 1e3 / 1.25)
        if y[0] < place[1] <= y[1] and x[0] < place[0]:
            axes.text(
                *place,
                f"{ridge:,.0f}" + (" FLOP/byte" if ridge == 100 and not narrow else ""),
                color=colour.MEMORY,
                fontsize=theme.NOTE,
                ha="right",
                va="top",
                gid=theme.HALO,
            )
