"""Which costs more machine time, reading the prompt or writing the answer?"""

from math import ceil

from generators.catalog import model_inputs
from generators.catalog.load import Catalog
from generators.comparison.workloads import workloads
from generators.model import phases
from vis import _palette as colour
from vis import _shapes as shapes
from vis import _theme as theme
from vis._figure import FigureData

CHIP, MODEL, FORMAT, BATCH = "h200-sxm", "llama-3.1-8b", "bf16", 32.0
AGENT_BATCH = 7.0  # sequences of that length that fit
COLUMNS = {
    "workload": "",
    "batch": "sequences",
    "cached": "tokens",
    "prompt": "tokens",
    "answer": "tokens",
    "prefill": "%",
}


def data(catalog: Catalog) -> FigureData:
    """Share of prefill in the machine time of quoted workloads, and of a coding agent's call with and without its prefix."""
    chip, stored, model = catalog.accelerators[CHIP], catalog.formats[FORMAT], catalog.models[MODEL]
    device = model_inputs.device(chip, stored.rate)
    shape, form = model_inputs.shape(model), model_inputs.number_format(stored)
    new, kept, answer = (
        catalog.published[f"agent-step-{what}"].quantity.value for what in ("append", "prefix", "answer")
    )
    asked = [(one.label, BATCH, 0.0, one.prompt, one.answer) for one in workloads(catalog)]
    asked.append(("coding agent, prefix cached", AGENT_BATCH, kept, new, answer))
    asked.append(("coding agent, nothing cached", AGENT_BATCH, 0.0, kept + new, answer))
    rows = [
        {
            "workload": label,
            "batch": batch,
            "cached": cached,
            "prompt": prompt,
            "answer": answer,
            "prefill": 100 * phases.request_share(shape, form, device, batch, cached, prompt, answer),
        }
        for label, batch, cached, prompt, answer in asked
    ]
    rows.sort(key=lambda row: row["prefill"])
    values = {"model": model.name, "chip": chip.short.split(" ")[0], "batch": BATCH, "agent batch": AGENT_BATCH}
    return FigureData(COLUMNS, rows, values)


def _conclusion(data: FigureData) -> str:
    least, most = data.rows[0], data.rows[-1]
    return f"Prompts take from under {ceil(least['prefill'])}% to {most['prefill']:.0f}% of the machine's time: the traffic decides"


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    v = data.values
    shown = ", ".join(f"{row['workload']} {row['prefill']:.2g}%" for row in data.rows)
    return (
        f"{_conclusion(data)}. Share of prefill in the machine time of seven workloads, {v['model']} in BF16 on one {v['chip']}: {shown}. "
        f"Answers are decoded in batches of {v['batch']:.0f}, the agent's in batches of {v['agent batch']:.0f}."
    )


def caption(data: FigureData) -> str:
    """How to read it."""
    v = data.values
    return (
        f"Predicted from the datasheet: a prompt has a pass to itself, an answer is one of a batch of {v['batch']:.0f}, the agent's of {v['agent batch']:.0f}, as many as fit. "
        "Lengths are quoted: of benchmarks as configured, of traces their medians."
    )


def draw(data: FigureData, narrow: bool):
    """One bar for each workload, cut where the prompt's time ends, its name and lengths above it."""
    size = theme.page_size(narrow)
    step, rows = (0.58 if narrow else 0.56), data.rows
    floor = theme.floor(data.note, narrow) - 0.45
    figure = theme.canvas(narrow, floor + step * len(rows) + 1.35, floor + step * len(rows) + 1.55)
    top = theme.headline(figure, _conclusion(data), "Machine time of one request")
    axes = theme.box(figure, 0.12, floor, 0.7 if narrow else 0.75, top + 0.3)
    axes.set(xlim=(0, 100), ylim=(len(rows) - 0.02, 0))
    axes.axis("off")
    words = {"fontsize": size, "va": "center"}
    axes.text(0, -0.25, "prompt", color=colour.COMPUTE, weight="bold", **words)
    axes.text(100, -0.25, "answer", color=colour.MEMORY, weight="bold", ha="right", **words)
    for at, row in enumerate(rows):
        lengths = "" if narrow else f"{row['prompt']:,.0f} → {row['answer']:,.0f}" + (" tokens" if at == 0 else "")
        name = row["workload"][0].upper() + row["workload"][1:]
        axes.text(0, at + 0.25, name, **words)
        axes.text(100, at + 0.25, lengths, color=colour.MUTED, ha="right", **words)
        shapes.bar(axes, 0, at + 0.47, row["prefill"], 0.4, colour.COMPUTE)
        shapes.bar(axes, row["prefill"], at + 0.47, 100 - row["prefill"], 0.4, colour.MEMORY)
        share = f"{row['prefill']:.2g}%" if row["prefill"] < 10 else f"{row['prefill']:.0f}%"
        axes.text(101.5, at + 0.67, share, color=colour.COMPUTE, **words)
    theme.note(figure, data.note)
    return figure
