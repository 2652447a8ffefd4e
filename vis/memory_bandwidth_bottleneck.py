"""Why does a chip of hundreds of TFLOP/s write so few tokens per second?"""

from generators.catalog import model_inputs
from generators.catalog.load import Catalog
from generators.model import roofline
from generators.model.inputs import Pass
from vis import _palette as colour
from vis import _shapes as shapes
from vis import _theme as theme
from vis._figure import FigureData
from vis._subject import FORMAT, H200, LLAMA

TOKENS = 3  # on the time line, so that the model is seen to be read again for each


def data(catalog: Catalog) -> FigureData:
    """One decode step at batch 1 and next to no context: bytes and FLOP, and the time of each."""
    chip, model, stored = catalog.accelerators[H200], catalog.models[LLAMA], catalog.formats[FORMAT]
    device = model_inputs.sourced_device(chip, stored.rate)
    step = roofline.step(model_inputs.sourced_shape(model), model_inputs.sourced_format(stored), device, Pass(1, 1, 1))
    rows = [
        {"item": "read the model", "bytes": step.traffic.total.to("GB"), "flop": 0.0, "time": step.memory.to("ms")},
        {"item": "do the math", "bytes": 0.0, "flop": step.flop.to("GFLOP"), "time": step.compute.to("ms")},
    ]
    values = {
        "chip": chip.short.split(" ")[0],
        "model": model.name,
        "format": stored.name,
        "bandwidth": device.bandwidth.to("TB/s"),
        "ridge": round((device.peak / device.bandwidth).value),
        "asked": round((step.flop / step.traffic.total).value),
        "idle": 100 * (1 - (step.compute / step.memory).value),
    }
    return FigureData({"item": "", "bytes": "GB", "flop": "GFLOP", "time": "ms"}, rows, values)


def _conclusion(data: FigureData) -> str:
    v = data.values
    return f"Writing a token leaves at least {v['idle']:.1f}% of an {v['chip']}'s math unused"


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    v, (reading, math) = data.values, data.rows
    return (
        f"{_conclusion(data)}. For each token, {reading['bytes']:.1f} GB of {v['model']} pass through {v['bandwidth']:.2f} TB/s of memory bandwidth, "
        f"which takes {reading['time']:.2f} ms; the math takes {math['time']:.3f} ms. "
        f"In the time of one byte the chip could do {v['ridge']} FLOP, and writing a token asks for {v['asked']}."
    )


def caption(data: FigureData) -> str:
    """How to read it."""
    v = data.values
    return f"{v['model']} in {v['format']}, one user, from the datasheet. Reading and math overlap; both lanes are drawn to one scale."


def draw(data: FigureData, narrow: bool):
    """The model, the pipe and the cells above; the time of three tokens below."""
    figure = theme.canvas(narrow, 4.25, 5.0)
    top = figure.get_size_inches()[1] - theme.conclusion(figure, _conclusion(data)) - 0.08
    axes, size = theme.sheet(figure), theme.page_size(narrow)
    w, left, wide, columns = (1.0, 2.06, 1.72, 17) if narrow else (1.62, 3.2, 3.88, 24)
    _model(axes, data, 0.12, top - 1.4, w, 1.4, size)
    _pipe(axes, data, 0.12 + w, top - 0.7, left - 0.12 - w, size)
    _cells(axes, data, left, top - 1.4, wide, 1.4, columns)
    axes.text(0.12, top - 1.48, "read for every token", fontsize=size, va="top")
    _asked(axes, data, 0.12 if narrow else left, top - (1.78 if narrow else 1.48), size)
    _times(axes, data, 0.12, 0.5 if narrow else 0.4, 3.66 if narrow else 6.96, size)
    theme.note(figure, data.note)
    return figure


def _model(axes, data: FigureData, x: float, y: float, w: float, h: float, size: float) -> None:
    """All bytes of the model as one block."""
    shapes.bar(axes, x, y, w, h, colour.MEMORY)
    words = f"{data.values['model'].replace(' ', chr(10), 1)}\n{data.rows[0]['bytes']:.1f} GB"
    axes.text(
        x + w / 2, y + h / 2, words, fontsize=size, color=colour.SURFACE, ha="center", va="center", linespacing=1.5
    )


def _pipe(axes, data: FigureData, x: float, y: float, w: float, size: float) -> None:
    """The thin way from memory to the math."""
    shapes.bar(axes, x, y - 0.045, w, 0.09, colour.MEMORY)
    words = f"{data.values['bandwidth']:.2f} TB/s"
    axes.text(x + w / 2, y + 0.13, words, fontsize=size, color=colour.MEMORY, ha="center", va="bottom", weight="bold")


def _cells(axes, data: FigureData, x: float, y: float, w: float, h: float, columns: int) -> None:
    """A cell for each FLOP that the chip could do in the time of one byte; lit: what one token asks for."""
    many, asked = data.values["ridge"], data.values["asked"]
    full, more = divmod(many, columns)
    side = min(w / columns, h / (full + 1))
    up, down, right = y + h, y + h - full * side, x + columns * side
    shapes.bar(axes, x, down, right - x, up - down, colour.COMPUTE_REGION)
    shapes.bar(axes, x, down - side, more * side, side, colour.COMPUTE_REGION)
    shapes.bar(axes, x, up - side, asked * side, side, colour.COMPUTE)
    across = [((x, up - at * side), (right, up - at * side)) for at in range(full + 1)]
    across.append(((x, down - side), (x + more * side, down - side)))
    along = [((x + at * side, up), (x + at * side, down - side * (at <= more))) for at in range(columns + 1)]
    for (x0, y0), (x1, y1) in across + along:
        axes.plot([x0, x1], [y0, y1], color=colour.COMPUTE, lw=0.6, solid_capstyle="projecting")


def _asked(axes, data: FigureData, x: float, y: float, size: float) -> None:
    """What the cells say."""
    v = data.values
    axes.text(
        x, y, f"Per byte, the math units could do {v['ridge']} FLOP.", fontsize=size, color=colour.COMPUTE, va="top"
    )
    axes.text(
        x, y - 0.23, f"Writing a token uses {v['asked']}:", fontsize=size, color=colour.COMPUTE, va="top", weight="bold"
    )
    axes.text(
        x, y - 0.46, "a weight is 2 bytes to read and 2 FLOP to do.", fontsize=size, color=colour.COMPUTE, va="top"
    )


def _times(axes, data: FigureData, x: float, y: float, w: float, size: float) -> None:
    """Reading and math of a few tokens in a row, on one scale."""
    reading, math = (row["time"] for row in data.rows)
    each, tall, gap = w / TOKENS, 0.36, 0.04
    for at in range(TOKENS):
        left, lane = x + at * each, each - gap
        axes.text(left, y + 2 * tall + 0.1, f"token {at + 1}", fontsize=size, va="bottom", color=colour.MUTED)
        shapes.bar(axes, left, y + tall + gap, lane, tall, colour.MEMORY)
        shapes.bar(axes, left, y, lane, tall, colour.COMPUTE_REGION)
        shapes.bar(axes, left, y, max(lane * math / reading, 0.012), tall, colour.COMPUTE)
        words = f"reads {reading:.2f} ms" if lane < 2 else f"reads the model: {reading:.2f} ms"
        axes.text(
            left + lane / 2, y + 1.5 * tall + gap, words, fontsize=size, va="center", ha="center", color=colour.SURFACE
        )
        words = "math idle" if lane < 2 else f"math {math:.3f} ms, then idle"
        axes.text(left + 0.06, y + tall / 2, words, fontsize=size, va="center", color=colour.COMPUTE)
