"""Which costs more machine time, reading the prompt or writing the answer?"""

from __future__ import annotations

import statistics

from generators import catalogue
from generators.book.load import Book
from generators.evidence import shares
from generators.evidence.workloads import workloads
from vis import _palette as colour
from vis import _theme as theme
from vis._figure import FigureData

CHIP, FORMAT, TOKENS = "h100-sxm5-80gb", "bf16", 4096.0
BATCHES = (1.0, 32.0)
RATIOS = [2.0**power for power in range(-4, 12)]
COLUMNS = {"batch": "sequences", "ratio": "prompt/answer", "lowest": "%", "median": "%", "highest": "%", "workload": ""}
UPRIGHT = 58.0  # height of labels of workloads beyond the curve


def data(book: Book) -> FigureData:
    """Share of prefill in the machine time of requests of one total length, over all models of one kind of layer."""
    chip, stored, rows = book.accelerators[CHIP], book.formats[FORMAT], []
    device, form = catalogue.device(chip, stored.rate), catalogue.number_format(stored)
    sourced = catalogue.sourced_device(chip, stored.rate)
    sources = (
        sourced.bandwidth.sources
        | sourced.peak.sources
        | {stored.source}
        | {model.source for model in book.alike.values()}
    )
    values = {"chip": chip.name, "format": stored.name, "models": len(book.alike), "even": []}
    shapes = {model.name: catalogue.shape(model) for model in book.alike.values()}
    for batch in BATCHES:
        for ratio in RATIOS:
            found = sorted(shares.share(shape, form, device, batch, TOKENS, ratio) * 100 for shape in shapes.values())
            rows.append(
                {
                    "batch": batch,
                    "ratio": ratio,
                    "lowest": found[0],
                    "median": statistics.median(found),
                    "highest": found[-1],
                }
            )
        even = {name: shares.even(shape, form, device, batch, TOKENS) for name, shape in shapes.items()}
        values["even"].append({"batch": batch, "median": statistics.median(even.values()), "least": min(even, key=even.get),
                               "low": min(even.values()), "most": max(even, key=even.get), "high": max(even.values())})  # fmt: skip
    for one in workloads(book):
        sources |= one.sources
        rows.append({"ratio": one.ratio, "workload": one.label})
    return FigureData(COLUMNS, rows, values, frozenset(sources))


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    one, many = data.values["even"]
    quoted = [row for row in data.rows if row.get("workload")]
    return (
        f"Share of prefill in a request's machine time against prompt tokens per answer token, {data.values['models']} models on one {data.values['chip']}: an S that a larger batch shifts to the left. "
        f"Decoded alone, the median model spends half of the time on prefill at {one['median']:.0f} prompt tokens per answer token; in batches of {many['batch']:.0f}, at {many['median']:.0f}. "
        f"Quoted workloads run from {quoted[0]['ratio']:.2g} ({quoted[0]['workload']}) to {quoted[-1]['ratio']:.0f} ({quoted[-1]['workload']})."
    )


def caption(data: FigureData) -> str:
    """How to read it."""
    one, many = data.values["even"]
    return (
        f"Predicted, {data.values['format']}; prompt and answer are {TOKENS:,.0f} tokens together, the prompt has a pass to itself, the answer is one of a batch. "
        "Line: the median model; band: all models, as if each fitted. "
        f"The even ratio runs from {one['low']:.0f} ({one['least']}) to {one['high']:.0f} ({one['most']}) decoded alone and from {many['low']:.1f} ({many['least']}) to {many['high']:.0f} ({many['most']}) in batches of {many['batch']:.0f}. "
        "Diamonds: quoted ratios, of traces those of their medians, of benchmarks (1k/8k and so on) as configured; two lie at 8. A measurement is awaited from an H100 SXM, the chip drawn."
    )


def draw(data: FigureData, narrow: bool):
    """A panel for each batch, the workloads at the foot of both and named in the first."""
    many, floor = len(BATCHES), theme.floor(data.note, narrow)
    figure = theme.canvas(narrow, 4.3, 0.5 + 3.1 * many + floor - 0.4)
    width, height = figure.get_size_inches()
    theme.heading(figure, "Share of prefill in machine time (%)")
    for at, even in enumerate(data.values["even"]):
        if narrow:
            each = (height - floor - 0.3) / many
            axes = theme.box(
                figure, 0.5, floor + (many - 1 - at) * each + (0.3 if at < many - 1 else 0), 0.2, 0.3 + at * each + 0.22
            )
        else:
            each = (width - 0.1) / many
            axes = theme.box(figure, at * each + 0.5, floor, width - (at + 1) * each + 0.12, 0.52)
        _panel(axes, data, even, narrow and at < many - 1)
        if at == 0:
            _names(axes, data)
    theme.note(figure, data.note)
    return figure


def _panel(axes, data: FigureData, even: dict, bare: bool) -> None:
    """The band of all models, the median over it, the even point, and the workloads."""
    axes.set(xscale="log", xlim=(RATIOS[0], RATIOS[-1]), ylim=(-3, 103))
    theme.log_ticks(axes.xaxis, [0.1, 1, 10, 100, 1000])
    axes.set_yticks([0, 25, 50, 75, 100])
    axes.grid(True)
    axes.set_xlabel("" if bare else "Prompt tokens per answer token")
    batch = even["batch"]
    axes.set_title(
        "answer decoded alone" if batch == 1 else f"answer decoded in a batch of {batch:.0f}",
        loc="left",
        fontsize=theme.NOTE,
        color=colour.MUTED,
    )
    rows = data.where(batch=batch)
    ratios = [r["ratio"] for r in rows]
    axes.fill_between(
        ratios, [r["lowest"] for r in rows], [r["highest"] for r in rows], color=colour.COMPUTE_REGION, lw=0
    )
    for edge in ("lowest", "highest"):
        axes.plot(ratios, [r[edge] for r in rows], color=colour.COMPUTE, lw=0.6)
    axes.plot(ratios, [r["median"] for r in rows], color=colour.COMPUTE, lw=2.2)
    axes.plot([even["low"] / 1.25, even["median"], even["median"]], [50, 50, -3], color=colour.INK, lw=0.9, ls=":")
    theme.predicted(axes, [even["median"]], [50])
    theme.say(axes, even["low"] / 1.35, 50, f"even at {even['median']:.0f}", colour.INK, "right", halo=True)
    theme.quoted(
        axes,
        [r["ratio"] for r in data.rows if r.get("workload")],
        [0.0] * sum(bool(r.get("workload")) for r in data.rows),
        5.5,
    )


def _names(axes, data: FigureData) -> None:
    """Upright labels over the diamonds, clear of the band; close ones to both sides of theirs, those beyond the curve above it."""
    named = [row for row in data.rows if row.get("workload")]
    for at, row in enumerate(named):
        x, ratio = row["ratio"], row["ratio"]
        if at + 1 < len(named) and named[at + 1]["ratio"] < 1.8 * ratio:
            x = ratio / 1.35
        elif at and ratio < 1.8 * named[at - 1]["ratio"]:
            x = ratio * 1.35
        top = min((r for r in data.where(batch=BATCHES[0]) if r["ratio"] >= x), key=lambda r: r["ratio"])["highest"]
        axes.text(x, UPRIGHT if ratio > 50 else top + 4, row["workload"].removeprefix("benchmark "), rotation=90, rotation_mode="anchor", ha="left", va="center",
                  fontsize=theme.NOTE, color=colour.MUTED, gid=theme.HALO)  # fmt: skip
