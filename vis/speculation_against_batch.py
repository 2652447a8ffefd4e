"""How many users share a pass before speculation gains nothing?"""

from generators.catalog import model_inputs
from generators.catalog.load import Catalog
from generators.comparison.speculation import free_gain, loses_from
from generators.model import memory
from vis import _palette as colour
from vis import _theme as theme
from vis._figure import FigureData
from vis._subject import FORMAT, H200, LLAMA

MIXTURE, CHANCE, DRAFTS = "qwen3-30b-a3b", 0.7, 4
CASES = ((LLAMA, 512), (LLAMA, 4096), (MIXTURE, 512))
USERS = sorted({round(2 ** (at / 8)) for at in range(81)})
COLUMNS = {"model": "", "context": "tokens", "users": "users", "speed-up": "×", "binds": ""}


def data(catalog: Catalog) -> FigureData:
    """What four free drafts give a batch by the limits, for as many users as fit into memory."""
    chip, stored = catalog.accelerators[H200], catalog.formats[FORMAT]
    form, device = model_inputs.number_format(stored), model_inputs.device(chip, stored.rate)
    rows = []
    for id_, context in CASES:
        shape = model_inputs.shape(catalog.models[id_])
        for users in map(float, USERS):
            if memory.memory_needed(shape, form, users, context) > device.capacity:
                break
            gain, binds = free_gain((shape, form, device), users, context, CHANCE, DRAFTS)
            rows.append(
                {
                    "model": catalog.models[id_].name,
                    "context": context,
                    "users": int(users),
                    "speed-up": gain,
                    "binds": binds,
                }
            )
    dense = model_inputs.shape(catalog.models[LLAMA])
    lost = loses_from((dense, form, device), CASES[0][1], CHANCE, DRAFTS)
    values = {
        "machine": chip.short.split(" ")[0],
        "dense": catalog.models[LLAMA].name,
        "mixture": catalog.models[MIXTURE].name,
        "lost": lost,
    }
    return FigureData(COLUMNS, rows, values)


def _alone(data: FigureData, which: str) -> float:
    return data.where(model=data.values[which], users=1)[0]["speed-up"]


def _conclusion(data: FigureData) -> str:
    return f"By the limits, four free drafts give {_alone(data, 'dense'):.1f}× to one user of a dense model and a loss to one of a mixture of experts"


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    v = data.values
    best = max(data.where(model=v["mixture"]), key=lambda row: row["speed-up"])
    return (
        f"{_conclusion(data)}. Speed against plain decode by the limits, against users in the batch, {DRAFTS} drafts that cost nothing and are right in {CHANCE:.0%} each, one {v['machine']}. "
        f"{v['dense']} at a context of {CASES[0][1]} loses from {v['lost']} users on, at {CASES[1][1]:,} it keeps its gain until memory is full; {v['mixture']} starts at {_alone(data, 'mixture'):.2f} and is best at {best['users']} users."
    )


def caption(data: FigureData) -> str:
    """How to read it."""
    return "Limits of the datasheet, orange where the checking pass waits for memory and blue where it waits for math; below 1 drafts slow the batch down. Experts are chosen evenly and independently. Pale: a context of 4,096, to where memory is full. Measurements are awaited from a GPU."


def draw(data: FigureData, narrow: bool):
    """Three curves, told by their width and dashes, colored by what binds."""
    v, headings = data.values, ("Speed against plain decode (×)", "Users in the batch")
    axes, words = theme.chart(data, narrow, (4.9, 5.6), (_conclusion(data), *headings))
    axes.set(xscale="log", xlim=(0.9, 1100), ylim=(0.25, 3.75), yticks=[1, 2, 3])
    theme.log_ticks(axes.xaxis, [1, 8, 64, 256, 1024])
    axes.axhline(1, color=colour.MUTED, lw=1.2)
    for id_, context in CASES:
        rows = data.where(model=v["mixture" if id_ == MIXTURE else "dense"], context=context)
        turn = next((at for at, row in enumerate(rows) if row["binds"] == "compute"), len(rows))
        long, dash = context == CASES[1][1], (0, (6, 2)) if id_ == MIXTURE else "-"
        for part, shade in ((rows[:turn], colour.KV if long else colour.MEMORY), (rows[turn - 1 :], colour.COMPUTE)):
            if part[0] is not rows[-1]:
                axes.plot(
                    [r["users"] for r in part],
                    [r["speed-up"] for r in part],
                    color=shade,
                    lw=7 if long else 2.2,
                    ls=dash,
                    zorder=1.5 if long else 2,
                )
        if long:
            axes.text(
                rows[-1]["users"],
                3.32,
                f"pale: {v['dense']} at {context:,},\nto where memory is full",
                ha="right",
                **words,
            )
    axes.text(1, 2.5, "waits for memory", color=colour.MEMORY, **words)
    axes.text(300, 2.15, "waits\nfor math", color=colour.COMPUTE, ha="center", **words)
    axes.text(175, 1.55, f"{'Llama' if narrow else v['dense']},\ncontext {CASES[0][1]}", **words)
    axes.text(1, 0.55, f"{v['mixture']},\nexperts, context {CASES[2][1]}", **words)
    return axes.figure
