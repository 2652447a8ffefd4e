"""Which roof limits training, prefill and decode of the same model on the same chip?"""

from __future__ import annotations

from generators import catalogue
from generators.book.load import Book
from generators.model import roofline, work
from generators.model.inputs import Pass
from vis import _palette as colour
from vis import _theme as theme
from vis._figure import FigureData
from vis._roofline import roofline as roofline_axes
from vis._subject import CHIP, CONTEXT, FORMAT, MODEL

#: (label, pass, kind): decode at two batches, a prefill, and the forward pass of a training step.
PASSES = [
    ("decode, batch 1", Pass(1, 1, CONTEXT), "decode"),
    ("decode, batch 32", Pass(32, 1, CONTEXT), "decode"),
    ("prefill, 2,048 tokens", Pass(1, CONTEXT, CONTEXT), "prefill"),
    ("training, 8 × 4,096 tokens", Pass(8, 4096, 4096, 4096), "prefill"),
]


def data(book: Book) -> FigureData:
    """Each pass at its intensity and at the rate the roofline allows, and two quoted measurements."""
    chip, model, stored = book.accelerators[CHIP], book.models[MODEL], book.formats[FORMAT]
    device = catalogue.sourced_device(chip, stored.rate)
    shape, form = catalogue.sourced_shape(model), catalogue.sourced_format(stored)
    rows, sources = [], device.bandwidth.sources | device.peak.sources
    for label, work_, kind in PASSES:
        intensity = roofline.intensity(shape, form, work_)
        rate = roofline.attainable(device.peak, device.bandwidth, intensity)
        rows.append(
            {"pass": label, "kind": kind, "intensity": intensity.value, "rate": rate.to("TFLOP/s"), "mark": "predicted"}
        )
        sources |= rate.sources
    rows += [_decode_quote(book, shape, form), _product_quote(book)]
    values = {"chip": chip.name, "model": model.name, "format": stored.name, "bandwidth": device.bandwidth.to("TB/s"),
              "peak": device.peak.to("TFLOP/s"), "ridge": (device.peak / device.bandwidth).value}  # fmt: skip
    sources |= frozenset(book.published[id_].source for id_ in ("gpt-fast-7b-bf16", "mamf-a100-sxm"))
    columns = {"pass": "", "kind": "", "intensity": "FLOP/byte", "rate": "TFLOP/s", "mark": ""}
    return FigureData(columns, rows, values, sources)


def _decode_quote(book: Book, shape, form) -> dict:
    """gpt-fast's decode rate as FLOP/s: tokens/s × FLOP of a step."""
    row = book.published["gpt-fast-7b-bf16"]
    step = Pass(1, 1, max(1, row.context))
    rate = row.quantity * work.step_flop(shape, form, step)
    return {"pass": "measured decode", "kind": "decode", "intensity": roofline.intensity(shape, form, step).value,
            "rate": rate.to("TFLOP/s"), "mark": "quoted"}  # fmt: skip


def _product_quote(book: Book) -> dict:
    """The best matrix product reported for this chip; its shape, hence its intensity, is not stated."""
    rate = book.published["mamf-a100-sxm"].quantity
    return {
        "pass": "best matrix product",
        "kind": "product",
        "intensity": "",
        "rate": rate.to("TFLOP/s"),
        "mark": "quoted",
    }


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    v, rows = data.values, {row["pass"]: row for row in data.rows}
    one, full = rows["decode, batch 1"], rows["prefill, 2,048 tokens"]
    return (
        f"Roofline of one {v['chip']}: decode of {v['model']} at batch 1 has an intensity of {one['intensity']:.1f} FLOP/byte and can "
        f"reach {one['rate']:.1f} of {v['peak']:.0f} TFLOP/s; prefill of 2,048 tokens has {full['intensity']:,.0f} FLOP/byte, right of the ridge "
        f"point at {v['ridge']:.0f}, and can reach all of it, as training can."
    )


def caption(data: FigureData) -> str:
    """How to read it."""
    v = data.values
    return (
        f"{v['model']} ({v['format']}) on one {v['chip']}; decode at {CONTEXT:,} tokens of context, "
        f"prefill of {CONTEXT:,} tokens, the forward pass of a training step over 8 sequences of 4,096. "
        "Hollow marks are predictions (circles decode, squares many tokens at once); the diamond and the dashed line are published measurements. "
        "Left of the ridge point only faster memory or fewer bytes help, right of it only more FLOP/s. "
        "The roofline shows neither latency nor overhead."
    )


def draw(data: FigureData, narrow: bool):
    """The roofs, and each pass under them."""
    figure = theme.canvas(narrow, 5.3, 4.1)
    v = data.values
    theme.heading(figure, "Attainable rate (TFLOP/s)")
    axes = roofline_axes(figure, v["bandwidth"], v["peak"], narrow, 0.78 if not narrow else 0.95)
    for row in data.rows:
        if row["kind"] == "product":
            axes.plot([v["ridge"], 10_000], [row["rate"]] * 2, color=colour.MUTED, lw=1.1, ls="--", zorder=4)
            axes.text(9_000, row["rate"] * 0.5, f"dashed: a survey's best, {row['rate']:.0f}" if not narrow else f"dashed: {row['rate']:.0f}",
                      color=colour.MUTED, fontsize=theme.NOTE, va="top", ha="right")  # fmt: skip
            continue
        square = row["kind"] == "prefill"
        if row["mark"] == "predicted":
            theme.predicted(axes, row["intensity"], row["rate"], colour.COMPUTE if square else colour.MEMORY, square)
        else:
            theme.quoted(axes, row["intensity"], row["rate"])
        _label(axes, row)
    theme.note(figure, data.note)
    return figure


#: Where each label stands from its mark: offset in points and alignment, so that it crosses nothing.
PLACES = {
    "decode, batch 1": (9, -2, "left", "top"), "decode, batch 32": (9, -2, "left", "top"),
    "prefill, 2,048 tokens": (4, -7, "right", "top"), "training, 8 × 4,096 tokens": (-5, -7, "left", "top"),
    "measured decode": (9, -7, "left", "top"),
}  # fmt: skip


def _label(axes, row: dict) -> None:
    """A direct label beside each mark; the caption gives the token counts."""
    dx, dy, ha, va = PLACES[row["pass"]]
    text = (
        row["pass"].split(",")[0] if row["kind"] == "prefill" else row["pass"].replace("decode, batch 32", "batch 32")
    )
    axes.annotate(text, (row["intensity"], row["rate"]), (dx, dy), textcoords="offset points", ha=ha, va=va,
                  color=colour.INK if row["mark"] == "predicted" else colour.MUTED, fontsize=theme.LABEL, zorder=7)  # fmt: skip
