"""How far does batching raise the arithmetic intensity of decode, and what stops it?"""

from __future__ import annotations

from dataclasses import replace

from generators import catalogue
from generators.book.load import Book
from generators.model import memory, roofline, work
from generators.model.inputs import Pass
from vis import _palette as colour
from vis import _theme as theme
from vis._figure import FigureData
from vis._subject import CHIP, CONTEXT, FORMAT, MODEL, SECOND_MODEL

BATCHES = [float(2**power) for power in range(11)]


PRODUCTS = "matrix products alone"
STEP = Pass(1.0, 1.0, float(CONTEXT))


def data(book: Book) -> FigureData:
    """Whole-model intensity for two models, their ceilings, the batch that still fits, and the products alone."""
    chip, stored = book.accelerators[CHIP], book.formats[FORMAT]
    device, form = catalogue.sourced_device(chip, stored.rate), catalogue.number_format(stored)
    ridge = (device.peak / device.bandwidth).value
    values = {"chip": chip.name, "short": chip.short, "format": stored.name, "ridge": ridge}
    rows, sources = [], device.peak.sources | device.bandwidth.sources | {stored.source}
    for id_, key in ((MODEL, "first"), (SECOND_MODEL, "second")):
        model, shape = book.models[id_], catalogue.shape(book.models[id_])
        fits = float(int(memory.largest_batch(shape, form, catalogue.device(chip, stored.rate), STEP.context)))
        values |= {
            key: model.name,
            f"{key} ceiling": roofline.intensity_ceiling(shape, form, STEP),
            f"{key} fits": fits,
        }
        sources |= {model.source}
        for batch in sorted({*BATCHES, fits}):
            point = roofline.intensity(shape, form, replace(STEP, batch=batch))
            rows.append(_point(model.name, batch, point, batch <= fits))
    shape = catalogue.shape(book.models[MODEL])
    rows += [_point(PRODUCTS, batch, _products_alone(shape, form, batch), True) for batch in BATCHES]
    columns = {"model": "", "batch": "sequences", "intensity": "FLOP/byte", "fits": f"in {chip.short}"}
    return FigureData(columns, rows, values, sources)


def _point(model: str, batch: float, intensity: float, fits: bool) -> dict:
    return {"model": model, "batch": batch, "intensity": intensity, "fits": "yes" if fits else "no"}


def _products_alone(shape, form, batch: float) -> float:
    """Intensity of the matrix products and the output head, KV cache left out."""
    step = Pass(batch, 1.0, 1.0)
    flop = work.linear_flop(shape, form, step) + work.head_flop(shape, form, step)
    return flop / memory.weight_bytes_streamed(shape, form, step)


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    v = data.values
    return (
        f"Arithmetic intensity of decode against batch at {CONTEXT:,} tokens of context: {v['first']} tends to {v['first ceiling']:.1f} and "
        f"{v['second']} to {v['second ceiling']:.1f} FLOP/byte, because each sequence brings its own KV cache; both stay under the ridge point "
        f"of {v['ridge']:.0f} at any batch, while the matrix products alone would cross it."
    )


def caption(data: FigureData) -> str:
    """How to read it."""
    v = data.values
    return (
        f"Predicted intensity of a whole decode step ({v['format']}, {CONTEXT:,} tokens of context). "
        f"Lines are solid while weights and KV cache fit in one {v['chip']} and dotted beyond: "
        f"batch {v['first fits']:.0f} for {v['first']}, {v['second fits']:.0f} for {v['second']}. "
        "Dashed: what each tends to as the batch grows."
    )


def draw(data: FigureData, narrow: bool):
    """Two lines bending to their ceilings under the ridge point."""
    figure = theme.canvas(narrow, 4.3, 4.75)
    v = data.values
    theme.heading(figure, "Arithmetic intensity (FLOP/byte)")
    axes = theme.box(figure, 0.5, 0.78 if not narrow else 0.95, 0.2, 0.36)
    axes.set(xscale="log", yscale="log", xlim=(1, 1100), ylim=(0.8, 420))
    theme.log_ticks(axes.xaxis, [1, 4, 16, 64, 256, 1024] if narrow else BATCHES)
    theme.log_ticks(axes.yaxis, [1, 10, 100])
    axes.set_xlabel("Batch (sequences)")
    axes.grid(True)
    axes.axhline(v["ridge"], color=colour.COMPUTE, lw=2)
    where = "" if narrow else f" ({v['short']})"
    theme.say(axes, 1.1, v["ridge"] * 1.1, f"ridge point, {v['ridge']:.0f}{where}", colour.COMPUTE, va="bottom")
    _line(axes, data.where(model=PRODUCTS), colour.OVERHEAD, 1.2)
    theme.say(axes, 190, 300, PRODUCTS, colour.OVERHEAD, "right")
    for key in ("first", "second"):
        _model(axes, data, key, narrow)
    theme.note(figure, data.note)
    return figure


def _model(axes, data: FigureData, key: str, narrow: bool) -> None:
    """One model's line, its ceiling, and the batch at which memory is full."""
    v = data.values
    _line(axes, data.where(model=v[key]), colour.MEMORY, 2.0)
    ceiling = v[f"{key} ceiling"]
    axes.plot([1, 1100], [ceiling, ceiling], color=colour.MEMORY, lw=0.9, ls="--")
    words = f"{v[key]}: at most {ceiling:.1f}"
    theme.say(axes, 1050, ceiling * 1.08, words, colour.MEMORY, "right", "bottom", halo=True)
    last = data.where(model=v[key], batch=v[f"{key} fits"])[0]
    axes.plot([last["batch"]], [last["intensity"]], "o", ms=5, mfc=colour.SURFACE, mec=colour.MEMORY, mew=1.4)
    full = "full" if narrow else "memory full"
    theme.say(axes, last["batch"] * 1.05, last["intensity"] * 0.88, full, colour.MUTED, va="top")


def _line(axes, rows: list[dict], line_colour: str, width: float) -> None:
    """Solid while it fits, dotted beyond."""
    solid = [row for row in rows if row["fits"] == "yes"]
    beyond = [row for row in rows if row["fits"] == "no"]
    axes.plot([r["batch"] for r in solid], [r["intensity"] for r in solid], color=line_colour, lw=width)
    if beyond:
        dotted = [solid[-1], *beyond]
        axes.plot([r["batch"] for r in dotted], [r["intensity"] for r in dotted], color=line_colour, lw=width, ls=":")
