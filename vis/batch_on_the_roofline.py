"""How high does batching lift the intensity of decode, beside what a chip needs to wait for math?"""

from generators.catalog import model_inputs
from generators.catalog.load import Catalog
from generators.model import roofline
from generators.model.inputs import Pass
from vis import _palette as colour
from vis import _shapes as shapes
from vis import _theme as theme
from vis._figure import FigureData

CHIP, FORMAT, CONTEXT, SUBJECT = "h200-sxm", "bf16", 2048, "llama-3.1-8b"
MODELS = ("qwen3-0.6b", "llama-2-7b", SUBJECT, "gemma-3-27b", "qwen2.5-7b", "llama-3.1-70b")
COLUMNS = {"model": "", "ceiling": "FLOP/byte"}


def data(catalog: Catalog) -> FigureData:
    """What the intensity of decode tends to as the batch grows, for six models at one context, and a chip's ridge point."""
    form = model_inputs.number_format(catalog.formats[FORMAT])
    whole = Pass(1.0, 1.0, float(CONTEXT))
    rows = [
        {
            "model": catalog.models[id_].name,
            "ceiling": roofline.intensity_ceiling(model_inputs.shape(catalog.models[id_]), form, whole),
        }
        for id_ in MODELS
    ]
    rows.sort(key=lambda row: row["ceiling"])
    chip = model_inputs.sourced_device(catalog.accelerators[CHIP], catalog.formats[FORMAT].rate)
    values = {
        "chip": catalog.accelerators[CHIP].short.split(" ")[0],
        "ridge": roofline.ridge_point(chip.peak, chip.bandwidth).value,
        "subject": catalog.models[SUBJECT].name,
    }
    return FigureData(COLUMNS, rows, values)


def _conclusion(data: FigureData) -> str:
    v = data.values
    ceiling = data.where(model=v["subject"])[0]["ceiling"]
    return f"At a context of {CONTEXT:,} no batch lifts {v['subject']} above {ceiling:.0f} FLOP/byte; to be busy, an {v['chip']} needs {v['ridge']:.0f}"


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    v = data.values
    shown = ", ".join(f"{row['model']} {row['ceiling']:.3g}" for row in data.rows)
    return (
        f"{_conclusion(data)}. The highest arithmetic intensity that any batch gives decode at a context of {CONTEXT:,}, six models in 16 bits: {shown}. "
        f"A line marks the ridge point of an {v['chip']}, {v['ridge']:.0f} FLOP/byte."
    )


def caption(data: FigureData) -> str:
    """How to read it."""
    return f"Predicted, batch without end at a context of {CONTEXT:,}; a bar that ends before the line is memory-bound at any batch."


def draw(data: FigureData, narrow: bool):
    """A bar for each model, orange up to the ridge point's line and blue where it passes it."""
    v, size, rows = data.values, theme.page_size(narrow), data.rows
    floor, step = theme.floor(data.note, narrow) + 0.05, 0.52
    figure = theme.canvas(narrow, floor + step * len(rows) + 1.25, floor + step * len(rows) + 1.45)
    top = theme.headline(figure, _conclusion(data), f"Intensity, batch without end, context {CONTEXT:,}")
    axes = theme.box(figure, 0.15, floor, 0.15, top + 0.1)
    longest = max(v["ridge"], *(row["ceiling"] for row in rows))
    axes.set(xlim=(0, longest * 1.22), ylim=(len(rows), -0.35))
    axes.spines["left"].set_visible(False)
    axes.set_yticks([])
    axes.set_xticks([0, 50, 100, 150, 200])
    axes.tick_params(labelsize=size)
    axes.set_xlabel("FLOP/byte", fontsize=size)
    axes.plot([v["ridge"]] * 2, [len(rows), -0.05], color=colour.INK, lw=1.6)
    axes.text(
        v["ridge"], -0.2, f"ridge point, {v['chip']}", fontsize=size, ha="right" if narrow else "center", va="center"
    )
    for at, row in enumerate(rows):
        mine = row["model"] == v["subject"]
        shown = f"{row['model']}: {row['ceiling']:.0f}"
        axes.text(0, at + 0.25, shown, fontsize=size, va="center", weight="bold" if mine else "normal", gid=theme.HALO)
        shapes.bar(
            axes, 0, at + 0.5, row["ceiling"], 0.36, colour.COMPUTE if row["ceiling"] > v["ridge"] else colour.MEMORY
        )
    theme.note(figure, data.note)
    return figure
