"""How high does batching lift the intensity of decode, and does a machine follow it along its roofline?"""

from __future__ import annotations

import statistics

from generators import catalogue
from generators.book.load import Book
from generators.evidence import batching as batch_evidence
from generators.model import batching, roofline
from generators.model.inputs import Pass
from vis import _chapter4 as chapter
from vis import _palette as colour
from vis import _theme as theme
from vis._figure import AWAITED, FigureData
from vis._subject import CHIP, CONTEXT, FORMAT, MODEL, SECOND_MODEL

MODELS = (MODEL, SECOND_MODEL, "llama-3.1-70b", "gemma-3-27b", "deepseek-v3")
CHIPS = (CHIP, "h100-sxm5-80gb", "m2-ultra")
CONTEXTS = [float(2**power) for power in range(7, 18)]
CEILING, ROOF = "ceiling", "roof"
COLUMNS = {
    "panel": "", "label": "", "context": "tokens", "batch": "sequences", "intensity": "FLOP/byte", "rate": "GFLOP/s",
    "over ridge": "× ridge point", "over peak": "× peak", "low": "× peak", "high": "× peak", "roof": "× peak", "mark": "",
}  # fmt: skip


def data(book: Book) -> FigureData:
    """Ceilings of five models against context, and the way of batches along the roof: predicted, and measured where a record has them."""
    form, rows, sources, values = catalogue.number_format(book.formats[FORMAT]), [], {book.formats[FORMAT].source}, {}
    for id_ in MODELS:
        model, shape = book.models[id_], catalogue.shape(book.models[id_])
        sources.add(model.source)
        for context in (c for c in CONTEXTS if c <= model.context):
            ceiling = roofline.intensity_ceiling(shape, form, Pass(1.0, 1.0, context))
            rows.append(
                {"panel": CEILING, "label": model.name, "context": context, "intensity": ceiling, "mark": "predicted"}
            )
        values[f"attention {id_}"] = batching.attention_intensity(shape, form, Pass(1.0, 1.0, CONTEXTS[-1]))
    for id_ in CHIPS:
        chip = catalogue.sourced_device(book.accelerators[id_], book.formats[FORMAT].rate)
        sources |= chip.peak.sources | chip.bandwidth.sources
        values[f"ridge {id_}"] = roofline.ridge_point(chip.peak, chip.bandwidth).value
        values[f"chip {id_}"] = book.accelerators[id_].short
    for key, id_ in (("first", MODEL), ("second", SECOND_MODEL)):
        values[f"{key} ceiling"] = roofline.intensity_ceiling(
            catalogue.shape(book.models[id_]), form, Pass(1.0, 1.0, float(CONTEXT))
        )
    rows += _example(book, form, values[f"ridge {CHIP}"])
    steps = batch_evidence.batch_steps(book)
    rows += [_row(step) for step in steps]
    values |= {
        "first": book.models[MODEL].name,
        "second": book.models[SECOND_MODEL].name,
        "steps": len(steps),
        "machines": " and ".join(dict.fromkeys(s.machine for s in steps)),
    }
    if steps:
        values["of roof"] = statistics.median(max(s.bytes / s.read, s.flop / s.peak) / s.seconds for s in steps)
        values |= {"machine ridge": steps[0].peak / steps[0].read, "highest": max(s.flop / s.bytes for s in steps)}
    return FigureData(COLUMNS, rows, values, frozenset(sources), frozenset(step.record for step in steps))


def _example(book: Book, form, ridge: float) -> list[dict]:
    """Where batches 1 to 512 of the chapter's example lie on the roof of its chip, at the two contexts of its text."""
    shape, rows = catalogue.shape(book.models[SECOND_MODEL]), []
    for context in (128.0, float(CONTEXT)):
        for batch in (1.0, 8.0, 64.0, 512.0):
            over = roofline.intensity(shape, form, Pass(batch, 1.0, context)) / ridge
            rows.append({"panel": ROOF, "label": book.accelerators[CHIP].short, "context": context, "batch": batch, "intensity": over * ridge,
                         "over ridge": over, "roof": min(over, 1.0), "over peak": min(over, 1.0), "mark": "predicted"})  # fmt: skip
    return rows


def _row(step: batch_evidence.BatchStep) -> dict:
    """A measured step: counted FLOP and bytes, the rate achieved, both relative to the machine's own ridge point and peak."""
    over, (low, high) = step.flop / step.bytes * step.read / step.peak, step.interval
    return {
        "panel": ROOF, "label": step.machine, "context": step.context - 1, "batch": float(step.batch), "intensity": step.flop / step.bytes,
        "rate": step.flop / step.seconds / 1e9, "over ridge": over, "over peak": step.flop / step.seconds / step.peak, "low": step.flop / high / step.peak,
        "high": step.flop / low / step.peak, "roof": min(over, 1.0), "mark": "measured",
    }  # fmt: skip


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    v = data.values
    words = (
        f"First panel: the highest arithmetic intensity that any batch gives decode, against context: it falls towards that of attention alone, from 1 FLOP/byte for {v['first']} to {v[f'attention {MODELS[-1]}']:.0f} for DeepSeek-V3; "
        f"at {CONTEXT:,} tokens {v['first']} tends to {v['first ceiling']:.1f} and {v['second']} to {v['second ceiling']:.1f}, both under the ridge point of an A100 at {v[f'ridge {CHIP}']:.0f}. "
        "Second panel: batches on a roofline in units of the machine's own ridge point and peak"
    )
    if not v["steps"]:
        return words + ", predicted."
    return (
        words
        + f"; {v['steps']} measured steps on {v['machines']} reach {v['of roof']:.0%} of their roof in the median."
    )


def caption(data: FigureData) -> str:
    """How to read it."""
    v = data.values
    words = (
        "Predicted, 16 bits, lines up to the context that the model is published for; where a line lies under a chip's ridge point, decode is memory-bound there at any batch. "
        "Second panel: one roof for all machines, intensity over the ridge point against rate over the peak; hollow: Llama 3.1 8B at batch 1, 8, 64 and 512 and contexts of 128 and 2,048. "
    )
    if not v["steps"]:
        return words + AWAITED
    return words + (
        f"Filled: measured, from counted FLOP and bytes over the time of each step, on {v['machines']}, whose ridge point is {v['machine ridge']:.0f} FLOP/byte; "
        f"{v['of roof']:.0%} of the roof in the median."
    )


def draw(data: FigureData, narrow: bool):
    """Falling ceilings under the ridge points of chips, and points climbing the normalised roof."""
    figure = chapter.canvas(narrow, 2, 4.2)
    headings = ["Intensity, batch without end (FLOP/byte)", "Rate over peak"]
    first, second = chapter.boxes(
        figure, data.note, narrow, 2, headings, (1.2 if not narrow else 1.25, 0.25), 0.55, 0.58
    )
    _ceilings(first, data)
    _roof(second, data)
    theme.note(figure, data.note)
    return figure


def _ceilings(axes, data: FigureData) -> None:
    """A line per model, and the ridge points of three chips."""
    v = data.values
    axes.set(xscale="log", yscale="log", xlim=(CONTEXTS[0], CONTEXTS[-1]), ylim=(0.8, 4000))
    theme.log_ticks(axes.xaxis, [128, 2048, 32768])
    theme.log_ticks(axes.yaxis, [1, 10, 100, 1000])
    axes.grid(True)
    axes.set_xlabel("Context (tokens)")
    for id_, (place, ha) in zip(CHIPS, ((125_000, "right"), (700, "left"), (125_000, "right")), strict=True):
        axes.axhline(v[f"ridge {id_}"], color=colour.COMPUTE, lw=1.2)
        words = f"{v[f'chip {id_}'].split(' (')[0].replace(' 80GB SXM', '')}, {v[f'ridge {id_}']:.0f}"
        axes.text(
            place,
            v[f"ridge {id_}"] * 1.04,
            words,
            color=colour.COMPUTE,
            fontsize=theme.NOTE,
            va="bottom",
            ha=ha,
            gid=theme.HALO,
        )
    last = 0.0
    ends = [
        data.where(panel=CEILING, label=name)[-1]
        for name in dict.fromkeys(r["label"] for r in data.where(panel=CEILING))
    ]
    for row in sorted(ends, key=lambda end: end["intensity"]):
        mine = data.where(panel=CEILING, label=row["label"])
        axes.plot([r["context"] for r in mine], [r["intensity"] for r in mine], color=colour.MEMORY, lw=1.8)
        if row["context"] < 16_000:
            axes.annotate(
                row["label"],
                (row["context"], row["intensity"]),
                (4, 0),
                textcoords="offset points",
                va="center",
                fontsize=theme.NOTE,
                gid=theme.HALO,
            )
            continue
        last = max(row["intensity"], last * 1.75)
        axes.text(CONTEXTS[-1] * 1.15, last, row["label"], va="center", fontsize=theme.NOTE)


def _roof(axes, data: FigureData) -> None:
    """The roof that all machines share in units of their own, with predicted and measured batches."""
    own, told = data.where(panel=ROOF, mark="measured"), data.where(panel=ROOF, mark="predicted")
    low = min([row["over peak"] for row in own] + [0.005]) / 1.6
    left = min([row["over ridge"] for row in own] + [0.005]) / 1.6
    axes.set(xscale="log", yscale="log", xlim=(left, 8), ylim=(low, 2.6))
    for axis in (axes.xaxis, axes.yaxis):
        theme.log_ticks(axis, [tick for tick in (0.001, 0.01, 0.1, 1) if tick > min(left, low)])
    axes.grid(True)
    axes.set_xlabel("Intensity over ridge point")
    axes.plot([left, 1], [left, 1], color=colour.MEMORY, lw=2.2)
    axes.plot([1, 8], [1, 1], color=colour.COMPUTE, lw=2.2)
    theme.predicted(axes, [r["over ridge"] for r in told], [r["roof"] for r in told], colour.MEMORY, size=5)
    for batch, context in ((1.0, 128.0), (512.0, 2048.0), (512.0, 128.0)):
        row = next(r for r in told if (r["batch"], r["context"]) == (batch, context))
        words = f"batch {batch:.0f}" if batch == 1.0 else f"512 at {context:,.0f}"
        right = row["over ridge"] > 1
        place = (0, 6) if right else (-5, 4) if batch > 1 else (7, -2)
        axes.annotate(words, (row["over ridge"], row["roof"]), place, textcoords="offset points", ha="center" if right else "right" if batch > 1 else "left",
                      va="bottom" if right or batch > 1 else "center", color=colour.MUTED, fontsize=theme.NOTE, gid=theme.HALO)  # fmt: skip
    chapter.bars(axes, [r["over ridge"] for r in own], [r["low"] for r in own], [r["high"] for r in own])
    theme.measured(axes, [r["over ridge"] for r in own], [r["over peak"] for r in own], size=4.5)
