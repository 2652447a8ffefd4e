"""Do the bytes alone predict how much a batch gains?"""

from generators.catalog import model_inputs
from generators.catalog.load import Catalog
from generators.comparison import batching as comparison
from generators.model import batching
from vis import _palette as colour
from vis import _theme as theme
from vis._figure import FigureData

COLUMNS = {"length": "tokens", "batch": "sequences", "predicted": "× batch 1", "quoted": "× batch 1"}
BATCHES = range(1, comparison.SWEEP_BATCHES[-1] + 1)


def data(catalog: Catalog) -> FigureData:
    """Tokens per second over those of batch 1, predicted for every batch and quoted where the source has it."""
    gains = comparison.sweep_gains(catalog)
    row = catalog.published[gains[0].id]
    stored, chip = catalog.formats[row.format], catalog.accelerators[row.accelerator]
    shape, form = model_inputs.shape(catalog.models[row.model]), model_inputs.number_format(stored)
    device, rows = model_inputs.device(chip, stored.rate), []
    for length in comparison.SWEEP_LENGTHS:
        times = {b: batching.offline_time(shape, form, device, float(b), float(length), float(length)) for b in BATCHES}
        quoted = {one.batch: one.quoted for one in gains if one.length == length} | {1: 1.0}
        rows += [
            {"length": length, "batch": b, "predicted": b * times[1] / times[b], "quoted": quoted.get(b, "")}
            for b in BATCHES
        ]
    values = {
        "model": catalog.models[row.model].name,
        "chip": "GH200",
        "worst": max(abs(one.error) for one in gains),
        "engine": row.engine,
        "most": {one.length: one.quoted for one in gains if one.batch == BATCHES[-1]},
        "predicted": {one.length: one.predicted for one in gains if one.batch == BATCHES[-1]},
    }
    return FigureData(COLUMNS, rows, values)


def _conclusion(data: FigureData) -> str:
    v = data.values
    short, long = v["most"].values()
    return f"{BATCHES[-1]} users on a {v['chip']}: {short:.0f} times the tokens of one with short texts, {long:.0f} times with long ones"


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    v = data.values
    each = " and ".join(
        f"{shown:.1f} predicted with prompts and answers of {length:,}" for length, shown in v["predicted"].items()
    )
    return (
        f"{_conclusion(data)}. Tokens per second over those of one user, against the batch, {v['model']} in 16 bits: {each}. "
        f"Two lines follow from the bytes and FLOP; six published points lie within {v['worst']:.0%} of them."
    )


def caption(data: FigureData) -> str:
    """How to read it."""
    return f"Texts: a prompt and an answer, each of that many tokens. Lines: predicted, the ratio of two datasheet limits. Diamonds: published by Argonne National Laboratory for {data.values['engine']}."


def draw(data: FigureData, narrow: bool):
    """Two curves that bend away from the straight line of a batch that shares everything."""
    headings = (_conclusion(data), "Tokens/s, times those of one user", "Users in the batch")
    axes, words = theme.chart(data, narrow, (4.6, 4.9), headings, (0.5, 0.15 if narrow else 1.9, 0.05))
    most = BATCHES[-1]
    axes.set(xlim=(0, most * 1.03), ylim=(0, most * 1.04))
    axes.set_xticks([1, 16, 32, 48, 64])
    axes.set_yticks([0, 16, 32, 48, 64])
    axes.plot([0, most], [0, most], color=colour.MUTED, lw=1.2, ls=(0, (4, 3)))
    axes.text(30, 41 if narrow else 40, "linear", color=colour.MUTED, ha="right", **words)
    for length in comparison.SWEEP_LENGTHS:
        rows = data.where(length=length)
        axes.plot([r["batch"] for r in rows], [r["predicted"] for r in rows], color=colour.MEMORY, lw=2.0)
        known = [r for r in rows if r["quoted"] and r["batch"] > 1]
        theme.quoted(axes, [r["batch"] for r in known], [r["quoted"] for r in known], 8)
        last = rows[-1]
        short = length == comparison.SWEEP_LENGTHS[0]
        if narrow:
            place, shown = (63, last["quoted"] - 8.5 if short else last["predicted"] - 9), {"ha": "right"}
            axes.text(*place, f"texts of {length:,}", **(words | shown))
        else:
            axes.text(
                most * 1.05, (last["predicted"] + last["quoted"]) / 2, f"prompts and\nanswers of {length:,}", **words
            )
    line, dot = (2, 59), (2, 53)
    axes.plot([line[0], line[0] + 3], [line[1]] * 2, color=colour.MEMORY, lw=2.0)
    axes.text(line[0] + 4.5, line[1], "predicted", **words)
    theme.quoted(axes, [dot[0] + 1.5], [dot[1]], 8)
    axes.text(dot[0] + 4.5, dot[1], "published", **words)
    return axes.figure
