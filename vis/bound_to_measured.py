"""Why is the measured decode rate below bandwidth over model size? The way from the bound to the measurement."""

from __future__ import annotations

from generators import catalogue
from generators.book.load import Book
from generators.model import memory
from generators.model.inputs import Pass
from vis import _palette as colour
from vis import _shapes as shapes
from vis import _theme as theme
from vis._figure import FigureData
from vis._subject import CHIP, MODEL

COUNTED = 2  # the correction after which the bytes are counted in full
QUOTE, PRACTICE = "gpt-fast-7b-bf16", "gpt-fast-practical-bandwidth"


def data(book: Book) -> FigureData:
    """Milliseconds per token, one correction after another, ending at the published measurement."""
    row, practice = book.published[QUOTE], book.published[PRACTICE]
    shape, stored = book.models[MODEL], book.formats[row.format]
    inputs = catalogue.shape(shape), catalogue.number_format(stored)
    bandwidth, step = book.accelerators[CHIP].bandwidth.value, Pass(1.0, 1.0, float(row.context))
    everything = memory.weight_bytes_stored(*inputs) / bandwidth
    streamed = memory.weight_bytes_streamed(*inputs, step) / bandwidth
    total = memory.step_bytes(*inputs, step).total
    marks = [
        ("all weights at datasheet bandwidth", everything), ("input embedding is not streamed", streamed),
        ("KV cache", total / bandwidth), ("bandwidth in practice", total / practice.quantity.value),
        ("kernels, launches and the rest", 1.0 / row.quantity.value),
    ]  # fmt: skip
    rows, last = [], 0.0
    for label, seconds in marks:
        rows.append({"step": label, "change": (seconds - last) * 1e3, "total": seconds * 1e3, "rate": 1.0 / seconds})
        last = seconds
    share = total / bandwidth * row.quantity.value
    values = {"model": shape.name, "chip": book.accelerators[CHIP].name, "format": stored.name, "engine": row.engine, "share": share,
              "practice": practice.quantity.to("GB/s"), "conditions": row.conditions}  # fmt: skip
    bandwidth_source = book.accelerators[CHIP].memory.bandwidth.source
    sources = frozenset({row.source, practice.source, shape.source, stored.source, bandwidth_source})
    return FigureData({"step": "", "change": "ms", "total": "ms", "rate": "tokens/s"}, rows, values, sources)


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    first, last, v = data.rows[0], data.rows[-1], data.values
    return (
        f"Waterfall from the bound to a published measurement of {v['model']} on an A100: {first['total']:.2f} ms per token "
        f"({first['rate']:.0f} tokens/s) if all weights crossed at datasheet bandwidth, {last['total']:.2f} ms ({last['rate']:.1f} tokens/s) measured. "
        f"Counting bytes changes little; the bandwidth reached in practice adds {data.rows[3]['change']:.2f} ms and what remains, kernels and launches among it, "
        f"{last['change']:.2f} ms. The measurement is {v['share']:.0%} of the {data.rows[COUNTED]['rate']:.0f} tokens/s that the counted bytes allow."
    )


def caption(data: FigureData) -> str:
    """How to read it."""
    v = data.values
    return (
        f"Each bar is one correction to the time of one token. Quoted measurement: {v['conditions']}. "
        f"The practical bandwidth of {v['practice']:,.0f} GB/s is the same author's figure; he does not say how he measured it. "
        "The last bar is what remains, not a measurement of its own."
    )


def draw(data: FigureData, narrow: bool):
    """Horizontal waterfall; labels beside the bars, or above them on a phone."""
    figure = theme.canvas(narrow, 3.7, 4.9)
    theme.heading(figure, "Time per token (ms)")
    left = 0.12 if narrow else 2.55
    axes = theme.box(figure, left, theme.floor(data.note, narrow) - 0.2, 0.15, 0.36)
    longest, count = max(row["total"] for row in data.rows), len(data.rows)
    axes.set(xlim=(0, longest * (1.5 if not narrow else 1.72)), ylim=(count + 0.6, -0.55))
    axes.spines["left"].set_visible(False)
    axes.set_yticks([])
    axes.grid(True, axis="x")
    for at, row in enumerate(data.rows):
        _step(axes, data, at, row, longest, narrow)
    last = data.rows[-1]
    shapes.bar(axes, 0, count - 0.26, last["total"], 0.52, colour.MUTED)
    _name(axes, "measured (quoted)", count, narrow, bold=True)
    axes.text(
        last["total"] + longest * 0.015,
        count,
        f"{last['total']:.2f} = {last['rate']:.0f} tokens/s",
        va="center",
        weight="bold",
        fontsize=theme.LABEL,
    )
    theme.note(figure, data.note)
    return figure


def _step(axes, data: FigureData, at: int, row: dict, longest: float, narrow: bool) -> None:
    """One correction: a bar between the last total and the new one, tied to the next."""
    start = min(row["total"], row["total"] - row["change"])
    fill = colour.OVERHEAD if at == len(data.rows) - 1 else colour.MEMORY
    shapes.bar(axes, start, at - 0.26, max(abs(row["change"]), longest * 0.004), 0.52, fill)
    axes.plot(
        [row["total"], row["total"]], [at - 0.26, at + (0.74 if not narrow else 0.38)], color=colour.MUTED, lw=0.8
    )
    end = max(row["total"], row["total"] - row["change"])
    text = f"{row['total']:.2f} = {row['rate']:.0f} tokens/s" if at == 0 else f"{row['change']:+.2f}".replace("-", "−")
    if at == COUNTED:
        text += f" to {row['total']:.2f}" + ("" if narrow else f" = {row['rate']:.0f} tokens/s")
    axes.text(end + longest * 0.015, at, text, va="center", fontsize=theme.LABEL, color=fill)
    _name(axes, row["step"], at, narrow)


def _name(axes, text: str, at: float, narrow: bool, bold: bool = False) -> None:
    """The name of a bar."""
    place = (0, at - 0.3) if narrow else (-0.15, at)
    axes.text(*place, text, ha="left" if narrow else "right", va="bottom" if narrow else "center", fontsize=theme.LABEL,
              weight="bold" if bold else "normal", color=colour.INK, gid=theme.HALO, zorder=6)  # fmt: skip
