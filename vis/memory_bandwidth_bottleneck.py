"""Why does a chip of hundreds of TFLOP/s emit so few tokens per second?

One decode step as a picture: the bytes that must cross, the arithmetic the chip could do per
byte, the one FLOP that decode asks for, and the two times to one scale.
"""

from __future__ import annotations

from generators import catalogue, units
from generators.book.load import Book
from generators.model import roofline
from generators.model.inputs import Pass
from vis import _palette as colour
from vis import _shapes as shapes
from vis import _theme as theme
from vis._figure import FigureData
from vis._subject import CHIP, FORMAT, MODEL

COLUMNS = 17  # of squares in the grid: 153 of them fill nine rows


def data(book: Book) -> FigureData:
    """One decode step at batch 1 and an empty cache."""
    chip, model, stored = book.accelerators[CHIP], book.models[MODEL], book.formats[FORMAT]
    device = catalogue.sourced_device(chip, stored.rate)
    step = roofline.step(catalogue.sourced_shape(model), catalogue.sourced_format(stored), device, Pass(1, 1, 1))
    moved, flop = step.traffic.total, step.flop
    rows = [
        {"item": "move weights and KV cache", "bytes": moved.to("GB"), "flop": 0.0, "time": step.memory.to("ms")},
        {"item": "do the arithmetic", "bytes": 0.0, "flop": flop.to("GFLOP"), "time": step.compute.to("ms")},
    ]
    values = {
        "chip": chip.name, "short": chip.short, "model": model.name, "format": stored.name, "memory": chip.memory.type,
        "bandwidth": units.text(device.bandwidth, "TB/s"), "peak": units.text(device.peak, "TFLOP/s"),
        "bytes": units.text(moved, "GB"), "capacity": units.text(device.capacity, "GB", 2),
        "share": units.text(step.compute / step.memory, "%", 2), "rate": units.text(1 / step.time, "tokens/s"),
        "ridge": roofline.ridge_point(device.peak, device.bandwidth).value,
        "intensity": roofline.arithmetic_intensity(flop, moved).value, "filled": (moved / device.capacity).value,
    }  # fmt: skip
    return FigureData({"item": "", "bytes": "GB", "flop": "GFLOP", "time": "ms"}, rows, values, step.time.sources)


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    v = data.values
    return (
        f"To emit one token, {v['bytes']} of {v['model']} must cross from memory at {v['bandwidth']}. "
        f"For every byte that arrives the {v['chip']} could do {v['ridge']:.0f} FLOP; decode asks for {v['intensity']:.0f}. "
        f"Moving takes {data.rows[0]['time']:.2f} ms and the arithmetic {data.rows[1]['time']:.3f} ms: "
        f"the compute units are needed {v['share']} of the time."
    )


def caption(data: FigureData) -> str:
    """How to read it."""
    v = data.values
    return (
        f"One decode step of {v['model']} ({v['format']}, batch 1) on one {v['chip']}. "
        "The tank is the memory, filled to scale with what must be read for each token. "
        "The grid has one square for each FLOP that the chip could do per byte; the filled one is what decode asks for. "
        f"The bars are both times on one scale; they overlap, so the longer one is the step, and {v['rate']} is the ceiling."
    )


def draw(data: FigureData, narrow: bool):
    """Memory, pipe and grid above; the two times to scale below."""
    figure = theme.canvas(narrow, 4.6, 7.05)
    axes = theme.sheet(figure)
    v = data.values
    theme.heading(
        figure, f"One token of {v['model']} ({v['format']}, batch 1)" + ("" if narrow else f" on one {v['chip']}")
    )
    if narrow:
        _memory(axes, data, 0.12, 4.72, 1.3, 1.62)
        _pipe(axes, data, 1.52, 5.5, 2.26)
        _grid(axes, data, 0.12, 2.36, 3.66)
        _times(axes, data, 0.12, 0.66, 3.66)
    else:
        _memory(axes, data, 0.12, 2.08, 1.5, 1.83)
        _pipe(axes, data, 1.72, 3.05, 1.78)
        _grid(axes, data, 3.62, 2.08, 3.46)
        _times(axes, data, 0.12, 0.42, 6.96)
    theme.note(figure, data.note)
    return figure


def _memory(axes, data: FigureData, x: float, y: float, w: float, h: float) -> None:
    """The memory, filled from the bottom with what one token reads."""
    v, level = data.values, y + h * data.values["filled"]
    shapes.bar(axes, x, y, w, h, colour.MEMORY_REGION, colour.MEMORY, line=1.4)
    shapes.bar(axes, x, y, w, h * v["filled"], colour.MEMORY)
    axes.text(x, y + h + 0.1, f"Memory: {v['capacity']} {v['memory']}", color=colour.MEMORY, weight="bold")
    axes.text(x + w / 2, level + 0.29, f"{v['bytes']} read", ha="center", color=colour.INK, weight="bold")
    axes.text(x + w / 2, level + 0.1, "for every token", ha="center", color=colour.INK)


def _pipe(axes, data: FigureData, x: float, y: float, length: float) -> None:
    """The way between memory and compute units."""
    shapes.arrow(axes, x, y, length, 0.17, colour.MEMORY)
    middle = x + length / 2 - 0.08
    axes.text(middle, y + 0.26, data.values["bandwidth"], ha="center", color=colour.MEMORY, weight="bold")
    axes.text(middle, y - 0.4, "the bottleneck", ha="center", color=colour.MEMORY)


def _grid(axes, data: FigureData, x: float, y: float, w: float) -> None:
    """One square per FLOP that could be done for each byte; filled: what decode asks for."""
    v, pitch = data.values, w / COLUMNS
    count, asked = round(v["ridge"]), max(1, round(v["intensity"]))
    top = y - (-count // COLUMNS) * pitch
    corners = [(x + i % COLUMNS * pitch, top - (i // COLUMNS + 1) * pitch + pitch * 0.18) for i in range(count)]
    shapes.squares(axes, corners[asked:], pitch * 0.82, colour.COMPUTE_REGION, colour.COMPUTE)
    shapes.squares(axes, corners[:asked], pitch * 0.82, colour.COMPUTE, colour.COMPUTE)
    axes.text(x, top + 0.1, f"Compute: {v['peak']}", color=colour.COMPUTE, weight="bold")
    axes.text(x, y - 0.1, f"Per byte, the chip could do {count} FLOP.", va="top", color=colour.INK)
    axes.text(x, y - 0.31, f"Decode asks for {asked}.", va="top", color=colour.COMPUTE, weight="bold")


def _times(axes, data: FigureData, x: float, y: float, w: float) -> None:
    """Both times from zero on one scale."""
    moving, computing = (row["time"] for row in data.rows)
    axes.text(x, y + 0.86, "Time of one decode step, to scale", color=colour.MUTED, fontsize=theme.LABEL)
    shapes.bar(axes, x, y + 0.5, w, 0.27, colour.MEMORY)
    axes.text(x + 0.1, y + 0.625, f"moving bytes: {moving:.2f} ms", va="center", color=colour.SURFACE)
    shapes.bar(axes, x, y + 0.13, w * computing / moving, 0.27, colour.COMPUTE)
    words = f"arithmetic: {computing:.3f} ms, {data.values['share']} of the step"
    axes.text(x + w * computing / moving + 0.08, y + 0.255, words, va="center", color=colour.COMPUTE)
    ceiling, below = f"at most {data.values['rate']}", 0.255 if w > 4 else -0.08
    axes.text(x + w, y + below, ceiling, va="center", ha="right", color=colour.INK, weight="bold")
