"""What does one reading of the weights yield when a prompt is read, and what when an answer is written?"""

from generators.catalog import model_inputs
from generators.catalog.load import Catalog
from generators.model import roofline
from generators.model.inputs import Pass
from vis import _palette as colour
from vis import _shapes as shapes
from vis import _theme as theme
from vis._figure import FigureData
from vis._subject import FORMAT, H200, LLAMA

PROMPT = 4096
PASSES = {"decode": Pass(1, 1, 1), "prefill": Pass(1, PROMPT, PROMPT)}


def data(catalog: Catalog) -> FigureData:
    """Reading and math of one decode step and of one prefill, and the steps that take as long as the prefill."""
    chip, model, stored = catalog.accelerators[H200], catalog.models[LLAMA], catalog.formats[FORMAT]
    device = model_inputs.sourced_device(chip, stored.rate)
    shape, form = model_inputs.sourced_shape(model), model_inputs.sourced_format(stored)
    rows = []
    for name, pass_ in PASSES.items():
        step = roofline.step(shape, form, device, pass_)
        rows.append(
            {
                "pass": name,
                "tokens": pass_.new,
                "reading": step.memory.to("ms"),
                "math": step.compute.to("ms"),
                "time": step.time.to("ms"),
            }
        )
    values = {
        "chip": chip.short.split(" ")[0],
        "model": model.name,
        "format": stored.name,
        "steps": round(rows[1]["time"] / rows[0]["time"]),
    }
    columns = {"pass": "", "tokens": "tokens", "reading": "ms", "math": "ms", "time": "ms"}
    return FigureData(columns, rows, values)


def _conclusion(data: FigureData) -> str:
    v = data.values
    return f"In the time of {v['steps']} written tokens, an {v['chip']} can take in a prompt of {PROMPT:,}"


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    v, (decode, prefill) = data.values, data.rows
    return (
        f"{_conclusion(data)}. Each written token of {v['model']} reads the model for {decode['reading']:.2f} ms and computes for {decode['math']:.3f} ms. "
        f"A prompt of {PROMPT:,} tokens shares one reading, {prefill['reading']:.2f} ms, and computes for {prefill['math']:.1f} ms."
    )


def caption(data: FigureData) -> str:
    """How to read it."""
    v = data.values
    return f"{v['model']} in {v['format']} on one {v['chip']}, from the datasheet; reading and math overlap, so the longer lane is the least time."


def draw(data: FigureData, narrow: bool):
    """Two pairs of lanes on one scale: as many decode steps as fit into one prefill, and that prefill."""
    size, v, (decode, prefill) = theme.page_size(narrow), data.values, data.rows
    figure = theme.canvas(narrow, 4.0, 4.4)
    top = theme.conclusion(figure, _conclusion(data))
    axes = theme.box(figure, 0.8 if narrow else 0.88, theme.floor(data.note, narrow) + 0.05, 0.16, top + 0.05)
    axes.set(xlim=(0, prefill["time"] * 1.01), ylim=(5.1, -0.75))
    axes.spines["left"].set_visible(False)
    axes.set_yticks([])
    axes.tick_params(labelsize=size)
    axes.set_xlabel(
        "Time (ms), at least" if narrow else f"Time (ms), at least: {v['model']} on one {v['chip']}", fontsize=size
    )
    for y in (0, 3):
        for at, name, shade in ((y + 0.4, "memory", colour.MEMORY), (y + 1.3, "math", colour.COMPUTE)):
            axes.annotate(
                name, (0, at), (-6, 0), textcoords="offset points", fontsize=size, color=shade, ha="right", va="center"
            )
    axes.text(
        0, -0.12, f"Decode: {v['steps']} tokens, {v['steps']} readings", fontsize=size, weight="bold", va="bottom"
    )
    for at in range(v["steps"]):
        left, gap = at * decode["time"], 0.06 * decode["time"]
        shapes.bar(axes, left, 0, decode["reading"] - gap, 0.8, colour.MEMORY)
        shapes.bar(axes, left, 0.9, decode["reading"] - gap, 0.8, colour.COMPUTE_REGION)
        shapes.bar(axes, left, 0.9, max(decode["math"], 0.0025 * prefill["time"]), 0.8, colour.COMPUTE)
    axes.text(0, 2.88, f"Prefill: {PROMPT:,} tokens, one reading", fontsize=size, weight="bold", va="bottom")
    shapes.bar(axes, 0, 3.0, prefill["reading"], 0.8, colour.MEMORY)
    shapes.bar(axes, prefill["reading"], 3.0, prefill["time"] - prefill["reading"], 0.8, colour.MEMORY_REGION)
    axes.text(
        prefill["reading"] + 0.8,
        3.4,
        f"weights and cache: {prefill['reading']:.2f} ms",
        fontsize=size,
        color=colour.MEMORY,
        ha="left",
        va="center",
    )
    shapes.bar(axes, 0, 3.9, prefill["math"], 0.8, colour.COMPUTE)
    axes.text(
        prefill["time"] / 2,
        4.3,
        f"{prefill['math']:.1f} ms",
        fontsize=size,
        color=colour.SURFACE,
        ha="center",
        va="center",
    )
    theme.note(figure, data.note)
    return figure
