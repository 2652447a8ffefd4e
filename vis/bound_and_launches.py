"""How close to its bound does one GPU decode one model, and what takes the rest?"""

from generators.catalog.load import Catalog
from generators.comparison.comparison import ceilings, datasheet_bandwidth, decode_case
from vis import _decode_share as share
from vis import _palette as colour
from vis import _shapes as shapes
from vis import _theme as theme
from vis._figure import FigureData

ROLE, MODEL, MODES = "h200", "8b", ("compiled-graph", "graph", "eager")
COLUMNS = {"run": "", "time": "ms", "low": "ms", "high": "ms", "bytes": "ms", "memory": "ms", "share": "% of bound"}


def data(catalog: Catalog) -> FigureData:
    """The bound of one model on one GPU, and its measured steps by mode: `bytes` at datasheet bandwidth, `memory` at the best read."""
    record = catalog.speaker(ROLE)
    sheet, read = datasheet_bandwidth(catalog, record).value, ceilings(record).read
    cases = {mode: decode_case(record, MODEL, mode) for mode in MODES}
    moved = cases["graph"].work.bytes
    bound = moved / sheet * 1e3
    rows = [
        {"run": "bound", "time": bound, "low": bound, "high": bound, "bytes": bound, "memory": bound, "share": 100.0}
    ]
    for mode, case in cases.items():
        low, high = case.interval
        rows.append(
            {
                "run": mode,
                "time": case.seconds * 1e3,
                "low": low * 1e3,
                "high": high * 1e3,
                "bytes": case.work.bytes / sheet * 1e3,
                "memory": case.work.bytes / read * 1e3,
                "share": case.work.bytes / sheet / case.seconds * 100,
            }
        )
    values = {
        "machine": catalog.machine_label(record),
        "model": MODEL.upper(),
        "gigabytes": moved / 1e9,
        "sheet": sheet / 1e12,
        "read": read / 1e12,
        "read share": read / sheet * 100,
    }
    return FigureData(COLUMNS, rows, values)


def _conclusion(data: FigureData) -> str:
    v, (compiled, eager) = data.values, (data.where(run=mode)[0] for mode in ("compiled-graph", "eager"))
    return f"{v['model']} on one {v['machine']}: {compiled['share']:.0f}% of the limit at best, {eager['share']:.0f}% in eager PyTorch"


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    v = data.values
    times = ", ".join(f"{share.WORDS[row['run']]} {row['time']:.2f} ms" for row in data.rows[1:])
    return (
        f"{_conclusion(data)}. Time per token of a model of eight billion parameters in BF16 at batch 1: the limit is {data.rows[0]['time']:.2f} ms, "
        f"{v['gigabytes']:.1f} GB at the datasheet's {v['sheet']:.2f} TB/s; measured: {times}. "
        f"The memory's best read, {v['read']:.2f} TB/s, explains {data.rows[1]['memory'] - data.rows[1]['bytes']:.2f} ms; the rest is kernels, launches and what is left over."
    )


def caption(data: FigureData) -> str:
    """How to read it."""
    return (
        "Measured for this book: one user, random weights, PyTorch, a context of about 128, medians. For eager mode the GPU's own work is drawn as in the CUDA graph. "
        "The machine is a virtual one, where launching may take two to three times as long as on a bare server."
    )


NAMES = {
    "bound": "limit by the datasheet",
    "compiled-graph": "compiled graph",
    "graph": "CUDA graph",
    "eager": "eager PyTorch",
}


def draw(data: FigureData, narrow: bool):
    """Four bars of one scale, cut at their bytes and at what the memory's best read makes of them; under eager's, the CPU's."""
    size = theme.page_size(narrow)
    figure = theme.canvas(narrow, 3.6, 4.4)
    top = theme.conclusion(figure, _conclusion(data))
    axes = theme.box(figure, 0.12, theme.floor(data.note, narrow) + 0.05, 0.12, top + 0.05)
    longest, step = max(row["time"] for row in data.rows), 1.0
    axes.set(xlim=(0, longest * 1.02), ylim=(len(data.rows) * step + 0.3, -0.62))
    axes.spines["left"].set_visible(False)
    axes.set_yticks([])
    axes.tick_params(labelsize=size)
    axes.set_xlabel("Time per token (ms)", fontsize=size)
    graph = data.where(run="graph")[0]
    for at, row in enumerate(data.rows):
        gpu = (
            graph if row["run"] == "eager" else row
        )  # eager launches the same kernels, beside the CPU's work and within it
        shapes.bar(axes, 0, at, gpu["bytes"], 0.36, colour.MEMORY)
        shapes.bar(axes, gpu["bytes"], at, gpu["memory"] - gpu["bytes"], 0.36, colour.KV)
        shapes.bar(axes, gpu["memory"], at, gpu["time"] - gpu["memory"], 0.36, colour.OVERHEAD)
        if row["run"] == "eager":
            shapes.bar(axes, 0, at + 0.42, row["time"], 0.36, colour.OVERHEAD)
        words = f"{NAMES[row['run']]}: {row['time']:.1f} ms"
        words += "" if row["run"] == "bound" else f", {row['share']:.0f}% of the limit"
        axes.text(0, at - 0.06, words, fontsize=size, va="bottom", weight="bold" if row["run"] == "bound" else "normal")
    _parts(axes, data, size, narrow)
    theme.note(figure, data.note)
    return figure


def _parts(axes, data: FigureData, size: float, narrow: bool) -> None:
    """The parts of a bar, each named once on the bar that shows it best."""
    v, (bound, compiled, graph, eager) = data.values, data.rows
    away = 0.012 * eager["time"]
    for at, x, words, shade in (
        (0, bound["time"] + away, f"{v['gigabytes']:.1f} GB at {v['sheet']:.2f} TB/s", colour.MEMORY),
        (
            1,
            compiled["time"] + away,
            "pale: slower memory"
            if narrow
            else f"pale: the memory delivers {v['read share']:.0f}% of the datasheet's speed",
            colour.MEMORY,
        ),
        (2, graph["time"] + away, "gray: gaps, and the rest", colour.OVERHEAD),
        (3, graph["time"] + away, "the GPU's work", colour.INK),
        (
            3.42,
            away,
            "the CPU launches the kernels" if narrow else "the CPU launches the kernels one by one",
            colour.SURFACE,
        ),
    ):
        axes.text(x, at + 0.19, words, fontsize=size, va="center", color=shade)
