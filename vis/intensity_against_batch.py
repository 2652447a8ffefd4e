"""How far does batching raise the arithmetic intensity of decode, and what stops it?"""

from __future__ import annotations

from generators import catalogue
from generators.book.load import Book
from generators.model import memory, roofline, work
from generators.model.inputs import Pass
from vis import _palette as colour
from vis import _theme as theme
from vis._figure import FigureData
from vis._subject import CHIP, CONTEXT, FORMAT, MODEL, SECOND_MODEL

BATCHES = [float(2**power) for power in range(11)]


def data(book: Book) -> FigureData:
    """Whole-model intensity for two models, their ceilings, the batch that still fits, and the linear layers alone."""
    chip, stored = book.accelerators[CHIP], book.formats[FORMAT]
    device, form = catalogue.sourced_device(chip, stored.rate), catalogue.number_format(stored)
    rows, sources = [], device.peak.sources | device.bandwidth.sources | {stored.source}
    values = {
        "chip": chip.name,
        "short": chip.short,
        "format": stored.name,
        "ridge": (device.peak / device.bandwidth).value,
    }
    for id_, key in ((MODEL, "first"), (SECOND_MODEL, "second")):
        model = book.models[id_]
        shape = catalogue.shape(model)
        sources |= {model.source}
        fits = memory.largest_batch(shape, form, catalogue.device(chip, stored.rate), float(CONTEXT))
        ceiling = roofline.intensity_ceiling(shape, form, Pass(1.0, 1.0, float(CONTEXT)))
        values |= {key: model.name, f"{key} ceiling": ceiling, f"{key} fits": float(int(fits))}
        for batch in sorted({*BATCHES, float(int(fits))}):
            point = roofline.intensity(shape, form, Pass(batch, 1.0, float(CONTEXT)))
            rows.append(
                {"model": model.name, "batch": batch, "intensity": point, "fits": "yes" if batch <= fits else "no"}
            )
    shape = catalogue.shape(book.models[MODEL])
    rows += [
        {
            "model": "matrix products alone",
            "batch": batch,
            "intensity": _products_alone(shape, form, batch),
            "fits": "yes",
        }
        for batch in BATCHES
    ]
    columns = {"model": "", "batch": "sequences", "intensity": "FLOP/byte", "fits": f"in {chip.short}"}
    return FigureData(columns, rows, values, sources)


def _products_alone(shape, form, batch: float) -> float:
    """Intensity of the matrix products and the output head, KV cache left out."""
    step = Pass(batch, 1.0, 1.0)
    moved = memory.weight_bytes_streamed(shape, form, step) + memory.activation_bytes(shape, form, step)
    return (work.linear_flop(shape, form, step) + work.head_flop(shape, form, step)) / moved


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
    theme.log_ticks(axes.xaxis, [1, 4, 16, 64, 256, 1024] if narrow else [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024])
    theme.log_ticks(axes.yaxis, [1, 10, 100])
    axes.set_xlabel("Batch (sequences)")
    axes.grid(True)
    axes.axhline(v["ridge"], color=colour.COMPUTE, lw=2)
    axes.text(
        1.1,
        v["ridge"] * 1.1,
        f"ridge point, {v['ridge']:.0f}" + ("" if narrow else f" ({v['short']})"),
        color=colour.COMPUTE,
        va="bottom",
    )
    _line(axes, data.where(model="matrix products alone"), colour.OVERHEAD, 1.2)
    axes.text(190, 300, "matrix products alone", color=colour.OVERHEAD, ha="right", va="center", fontsize=theme.LABEL)
    for key in ("first", "second"):
        _line(axes, data.where(model=v[key]), colour.MEMORY, 2.0)
        ceiling = v[f"{key} ceiling"]
        axes.plot([1, 1100], [ceiling, ceiling], color=colour.MEMORY, lw=0.9, ls="--")
        axes.text(
            1050,
            ceiling * 1.08,
            f"{v[key]}: at most {ceiling:.1f}",
            gid=theme.HALO,
            color=colour.MEMORY,
            ha="right",
            va="bottom",
            fontsize=theme.LABEL,
        )
        last = data.where(model=v[key], batch=v[f"{key} fits"])[0]
        axes.plot([last["batch"]], [last["intensity"]], "o", ms=5, mfc=colour.SURFACE, mec=colour.MEMORY, mew=1.4)
        axes.annotate("memory full" if not narrow else "full", (last["batch"], last["intensity"]), (3, -6), textcoords="offset points",
                      va="top", color=colour.MUTED, fontsize=theme.NOTE)  # fmt: skip
    theme.note(figure, data.note)
    return figure


def _line(axes, rows: list[dict], line_colour: str, width: float) -> None:
    """Solid while it fits, dotted beyond."""
    solid = [row for row in rows if row["fits"] == "yes"]
    beyond = [row for row in rows if row["fits"] == "no"]
    axes.plot([r["batch"] for r in solid], [r["intensity"] for r in solid], color=line_colour, lw=width)
    if beyond:
        dotted = [solid[-1], *beyond]
        axes.plot([r["batch"] for r in dotted], [r["intensity"] for r in dotted], color=line_colour, lw=width, ls=":")
