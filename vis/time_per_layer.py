"""From which size of a layer on does its reading take longer than its launching?"""

from generators.catalog.load import Catalog
from generators.comparison import overhead
from generators.comparison.comparison import datasheet_bandwidth, mode_of
from vis import _palette as colour
from vis import _theme as theme
from vis._decode_share import DASHES
from vis._figure import FigureData

ROLE = "h200"
COLUMNS = {"mode": "", "model": "", "bytes": "GB per layer", "measured": "µs per layer", "reading": "µs per layer"}
NAMES = {"eager": "eager", "graph": "CUDA graph", "compiled-graph": "compiled graph"}
MODES = tuple(NAMES)


def data(catalog: Catalog) -> FigureData:
    """Each decode run as bytes and time for each of its layers, and the floor of two modes: a layer that moves next to nothing."""
    record = catalog.speaker(ROLE)
    sheet, rows = datasheet_bandwidth(catalog, record).value, []
    for case in overhead.beyond_the_cache(record):
        layers = float(case.parameters["layers"])
        moved = case.work.bytes / layers
        rows.append(
            {
                "mode": mode_of(case),
                "model": str(case.parameters["model"]),
                "bytes": moved / 1e9,
                "measured": case.seconds / layers * 1e6,
                "reading": moved / sheet * 1e6,
            }
        )
    floors = {mode: overhead.floor(record, mode) * 1e6 for mode in ("eager", "graph")}
    over = [row["measured"] / floors["eager"] for row in rows if row["mode"] == "eager"]
    values = {
        "machine": catalog.machine_label(record),
        "sheet": sheet / 1e12,
        "eager": floors["eager"],
        "graph": floors["graph"],
        "turn": floors["graph"] * sheet / 1e15,
        "eager turn": floors["eager"] * sheet / 1e15,
        "least": min(over),
        "most": max(over),
    }
    return FigureData(COLUMNS, rows, values)


def _short(microseconds: float) -> str:
    """Two digits, as the text prints a floor."""
    return f"{float(f'{microseconds:.2g}'):.0f}"


def _conclusion(data: FigureData) -> str:
    v = data.values
    return f"A layer that reads next to nothing still takes {_short(v['eager'])} µs in eager mode and {_short(v['graph'])} in a graph"


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    v = data.values
    return (
        f"{_conclusion(data)}. Time of a decode step for each layer against the bytes that it reads for each layer, {v['machine']}, BF16, both logarithmic. "
        f"Reading at the datasheet's {v['sheet']:.2f} TB/s overtakes the floor of a graph at {v['turn']:.2f} GB and that of eager mode at {v['eager turn']:.1f} GB. "
        f"Measured eager steps lie {v['least']:.1f} to {v['most']:.1f} times their floor and do not bend; those of the graphs bend towards the reading."
    )


def caption(data: FigureData) -> str:
    """How to read it."""
    return (
        f"Dots: measured, medians, batch 1, the whole step over its layers. Dashed and flat: a layer so narrow that it moves next to nothing, fastest rounds; the medians of eager mode lie {data.values['least']:.1f} to {data.values['most']:.1f} times above theirs. "
        "The machine is a virtual one, where launching from Python may take two to three times as long as on a bare server."
    )


def draw(data: FigureData, narrow: bool):
    """Dots of three modes over two flat floors and one slope."""
    size, v = theme.page_size(narrow), data.values
    headings = (_conclusion(data), "Time per layer (µs), both axes logarithmic", "Read per layer and token (GB)")
    axes, _ = theme.chart(data, narrow, (5.0, 5.4), headings, (0.64, 0.15, 0.05))
    axes.set(xscale="log", yscale="log", xlim=(0.014, 3.6), ylim=(28, 1500))
    theme.log_ticks(axes.xaxis, [0.02, 0.1, 0.4, 1, 2])
    theme.log_ticks(axes.yaxis, [30, 100, 300, 1000])
    words = {"fontsize": size, "gid": theme.HALO, "zorder": 7}
    ends = [0.1, 3.6]
    axes.plot(ends, [at * 1e3 / v["sheet"] for at in ends], color=colour.MEMORY, lw=2.2)
    axes.text(0.21, 33, "reading, at least", color=colour.MEMORY, ha="left", **words)
    for mode, turn in (("eager", v["eager turn"]), ("graph", v["turn"])):
        axes.axhline(v[mode], color=colour.OVERHEAD, lw=1.4, ls=(0, (4, 3)), zorder=2)
        theme.predicted(axes, [turn], [v[mode]], edge=colour.MEMORY, size=8)
        side, at, edge, rise = ("right", 0.9, "bottom", 1.08) if mode == "eager" else ("left", 1.12, "top", 0.94)
        axes.text(turn * at, v[mode] * rise, f"{turn:.2g} GB", color=colour.MEMORY, va=edge, ha=side, **words)
        axes.text(
            0.0155,
            v[mode] * 0.94,
            va="top",
            s=f"floor of {'eager' if mode == 'eager' else 'a graph'}, {_short(v[mode])} µs",
            color=colour.MUTED,
            **words,
        )
    for mode in MODES:
        rows = data.where(mode=mode)
        axes.plot([r["bytes"] for r in rows], [r["measured"] for r in rows], color=colour.INK, lw=1.4, ls=DASHES[mode])
        theme.measured(axes, [r["bytes"] for r in rows], [r["measured"] for r in rows])
    places = {
        "eager": (0.045, 920),
        "graph": (0.0155, 97) if narrow else (0.019, 140),
        "compiled-graph": (0.18, 97),
    }
    for mode, place in places.items():
        axes.text(*place, "compiled" if mode == "compiled-graph" else NAMES[mode], va="center", **words)
    for row in data.where(mode="graph"):
        if row["model"] in ("1.1B", "3B", "8B", "32B"):
            axes.text(row["bytes"], row["measured"] * 1.13, row["model"], ha="center", va="bottom", **words)
    return axes.figure
