"""How much throughput does a larger batch buy, and what does each user pay for it?"""

from generators.catalog import model_inputs
from generators.catalog.load import Catalog
from generators.model import roofline
from generators.model.inputs import Pass
from vis import _palette as colour
from vis import _shapes as shapes
from vis import _theme as theme
from vis._figure import FigureData

CHIP, MODEL, FORMAT = "h200-sxm", "llama-3.1-8b", "bf16"
CONTEXTS, MARKED, TOLD = (128, 8192), (1, 16, 32, 64), 32
FREE = 1.1  # up to so many times the time of one user, batching counts as free
COLUMNS = {"context": "tokens", "batch": "users", "time": "ms", "rate": "tokens/s", "binds": "", "marked": ""}


def data(catalog: Catalog) -> FigureData:
    """The least step of one model on one chip for every batch up to the largest one marked, at two contexts."""
    chip, stored, model = catalog.accelerators[CHIP], catalog.formats[FORMAT], catalog.models[MODEL]
    device = model_inputs.device(chip, stored.rate)
    shape, form, rows = model_inputs.shape(model), model_inputs.number_format(stored), []
    for context in CONTEXTS:
        for batch in range(1, MARKED[-1] + 1):
            step = roofline.step(shape, form, device, Pass(float(batch), 1.0, float(context)))
            rows.append(
                {
                    "context": context,
                    "batch": batch,
                    "time": step.time * 1e3,
                    "rate": batch / step.time,
                    "binds": step.binds,
                    "marked": "yes" if batch in MARKED else "",
                }
            )
    values = {"chip": chip.short.split(" ")[0], "model": model.name}
    for context in CONTEXTS:
        one, many = (next(r for r in rows if r["context"] == context and r["batch"] == b) for b in (1, TOLD))
        values |= {f"gain {context}": many["rate"] / one["rate"], f"slower {context}": many["time"] / one["time"]}
        last = max((r for r in rows if r["context"] == context), key=lambda r: r["batch"])
        values[f"slowest {context}"] = last["time"] / one["time"]
    return FigureData(COLUMNS, rows, values)


def _conclusion(data: FigureData) -> str:
    v, (short, long) = data.values, CONTEXTS
    return (
        f"{TOLD} users get {v[f'gain {short}']:.0f} times the tokens of one at a context of {short}, "
        f"but {v[f'gain {long}']:.0f} times at {long:,}, and wait {v[f'slower {long}']:.0f} times as long"
    )


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    v, (short, long) = data.values, CONTEXTS
    return (
        f"{_conclusion(data)}. Tokens per second of all users against the time per token, {v['model']} in BF16 on one {v['chip']}, 1 to {MARKED[-1]} users: "
        f"at {short} the curve rises steeply while each token takes at most {v[f'slowest {short}']:.2f} times as long, at {long:,} it bends and lies down."
    )


def caption(data: FigureData) -> str:
    """How to read it."""
    return f"Limits from the datasheet, {data.values['model']} in BF16. Shaded: each token takes at most a tenth longer than for one user."


def draw(data: FigureData, narrow: bool):
    """Two curves from the same foot: one climbs inside the strip that costs nothing, one leaves it and bends."""
    headings = (_conclusion(data), "Tokens/s of all users together", "Time per token, each user (ms)")
    axes, words = theme.chart(data, narrow, (4.9, 5.4), headings, (0.78, 0.15, 0.05))
    one, last = data.rows[0]["time"], data.where(context=CONTEXTS[1], batch=MARKED[-1])[0]
    most = data.where(context=CONTEXTS[0], batch=MARKED[-1])[0]["rate"]
    axes.set(xlim=(0, last["time"] * 1.06), ylim=(0, most * 1.12))
    axes.set_xticks([0, 5, 10, 15])
    axes.set_yticks([0, 5000, 10_000, 15_000, 20_000])
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    shapes.bar(axes, one, 0, one * (FREE - 1), most * 1.12, colour.GRID)
    axes.text(one * FREE * 1.08, most * 0.75, "almost\nfree", ha="left", color=colour.MUTED, **words)
    axes.text(
        last["time"] * (0.66 if narrow else 0.6),
        most * 0.62,
        "more users,\nlonger waits",
        color=colour.MUTED,
        ha="center",
        **words,
    )
    for context in CONTEXTS:
        rows = data.where(context=context)
        axes.plot([r["time"] for r in rows], [r["rate"] for r in rows], color=colour.MEMORY, lw=2.2)
        for row in (r for r in rows if r["marked"]):
            theme.predicted(axes, [row["time"]], [row["rate"]], colour.MEMORY)
            if row["batch"] > 1:
                short = context == CONTEXTS[0]
                place = (row["time"] * 1.12, row["rate"]) if short else (row["time"], row["rate"] + most * 0.06)
                shown = f"{row['batch']} users" + (f" at {context:,}" if row["batch"] == MARKED[-1] and short else "")
                axes.text(*place, shown if short else f"{row['batch']}", ha="left" if short else "center", **words)
    axes.text(last["time"], last["rate"] - most * 0.07, f"users at {CONTEXTS[1]:,}", ha="right", **words)
    return axes.figure
