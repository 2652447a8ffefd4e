"""What does a batch gain on a machine without a GPU, and does its step of one sequence tell?"""

import statistics

from generators.catalog.load import Catalog
from generators.comparison.batching import batch_steps
from vis import _palette as colour
from vis import _theme as theme
from vis._figure import FigureData

COLUMNS = {
    "context": "tokens",
    "batch": "sequences",
    "time": "ms",
    "low": "ms",
    "high": "ms",
    "rate": "tokens/s",
    "predicted": "ms",
    "paced": "ms",
}


def data(catalog: Catalog) -> FigureData:
    """Every measured step of a batch of the cpu's record, beside the roofline and what the steps of batch 1 tell."""
    record = catalog.speaker("cpu").id
    steps = [step for step in batch_steps(catalog) if step.record == record]
    rows = [
        {
            "context": step.context,
            "batch": step.batch,
            "time": step.seconds * 1e3,
            "low": step.interval[0] * 1e3,
            "high": step.interval[1] * 1e3,
            "rate": step.batch / step.seconds,
            "predicted": step.predicted * 1e3,
            "paced": step.fitted * 1e3 if step.fitted else "",
        }
        for step in steps
    ]
    fitted = [abs(step.fitted / step.seconds - 1) for step in steps if step.fitted]
    values = {
        "machine": steps[0].machine,
        "label": steps[0].label,
        "error": statistics.median(abs(step.error) for step in steps),
        "paced": statistics.median(fitted) if fitted else None,
    }
    return FigureData(COLUMNS, rows, values)


def _conclusion(data: FigureData) -> str:
    v = data.values
    words = f"On this processor the roofline misses batches by {v['error']:.0%}"
    return words + (f"; its steps of one sequence tell them to {v['paced']:.0%}" if v["paced"] else "")


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    v = data.values
    return f"{_conclusion(data)}. Tokens per second of all sequences against the time of a step, both logarithmic, {len(data.rows)} measured steps of a model of {v['label']} on {v['machine']}, with lines for the shortest and the longest of four contexts."


def caption(data: FigureData) -> str:
    """How to read it."""
    return "Dots: measured, medians with the 5th to 95th percentile, at four contexts; lines for the shortest and the longest, solid: the roofline from the same record's ceilings; dashed: its steps of batch 1 carried over."


def draw(data: FigureData, narrow: bool):
    """Measured dots, with two predictions as lines at the shortest and the longest context."""
    ends = [pick(row["context"] for row in data.rows) for pick in (min, max)]
    size, rows = theme.page_size(narrow), data.rows
    key = "Tokens/s of all sequences, by context", "solid: roofline; dashed: from batch 1", "dots: measured"
    lines = "\n".join(key) if narrow else f"{key[0]}\n{key[1]}; {key[2]}"
    headings = (_conclusion(data), lines, "Time of a step (ms)")
    axes, _ = theme.chart(data, narrow, (4.9, 5.2), headings, (0.62, 0.3, 0.05 + (0.4 if narrow else 0.2)))
    times = [value for row in rows for value in (row["time"], row["predicted"])]
    axes.set(
        xscale="log",
        yscale="log",
        xlim=(min(times) / 1.4, max(times) * 2.5),
        ylim=(min(r["rate"] for r in rows) / 2, max(1e3 * r["batch"] / r["predicted"] for r in rows) * 1.6),
    )
    theme.log_ticks(axes.xaxis, [v for v in (10, 100, 1000, 10_000) if min(times) / 1.4 <= v <= max(times) * 2.5])
    theme.log_ticks(axes.yaxis, [10, 100, 1000])
    axes.hlines(
        [r["rate"] for r in rows], [r["low"] for r in rows], [r["high"] for r in rows], color=colour.INK, lw=1.2
    )
    theme.measured(axes, [r["time"] for r in rows], [r["rate"] for r in rows], size=5.5)
    for context in ends:
        mine = data.where(context=context)
        for shown, dash in (("predicted", "solid"), ("paced", (0, (4, 2)))):
            some = [(r[shown], 1e3 * r["batch"] / r[shown]) for r in mine if r[shown]]
            axes.plot([x for x, _ in some], [y for _, y in some], color=colour.MEMORY, lw=1.5, ls=dash)
        last = mine[-1]
        axes.text(last["time"] * 1.12, last["rate"], f"at {context - 1:,}", fontsize=size, va="center", gid=theme.HALO)
    return axes.figure
