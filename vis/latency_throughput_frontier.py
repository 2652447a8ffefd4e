"""How much throughput does a larger batch buy, what does it cost each user, and where does it end?"""

from __future__ import annotations

import statistics

from generators import catalogue
from generators.book.load import Book
from generators.evidence import batching as batch_evidence
from generators.model import memory, roofline
from generators.model.inputs import Pass
from vis import _chapter4 as chapter
from vis import _palette as colour
from vis import _theme as theme
from vis._figure import AWAITED, FigureData
from vis._subject import CHIP, FORMAT, SECOND_MODEL

BATCHES = [float(2**power) for power in range(10)]
CONTEXTS, MARKED = (128, 512, 2048, 8192), (1.0, 8.0, 64.0, 512.0)
COLUMNS = {
    "machine": "", "model": "", "context": "tokens", "batch": "sequences", "time": "ms", "low": "ms", "high": "ms",
    "rate": "tokens/s", "predicted": "ms", "paced": "ms", "binds": "", "fits": "", "needs": "GB",
}  # fmt: skip


def data(book: Book) -> FigureData:
    """Predicted steps of one model on one chip, fitting or not, and every measured step of a batch beside its prediction."""
    chip, stored, model = book.accelerators[CHIP], book.formats[FORMAT], book.models[SECOND_MODEL]
    device, form, shape = catalogue.device(chip, stored.rate), catalogue.number_format(stored), catalogue.shape(model)
    sources = catalogue.sourced_device(chip, stored.rate).peak.sources
    sources |= {chip.memory.bandwidth.source, stored.source, model.source}
    rows, values = [], {"chip": chip.name, "short": chip.short, "model": model.name, "format": stored.name}
    for context in CONTEXTS:
        fits = float(int(memory.largest_batch(shape, form, device, float(context))))
        values[f"fits {context}"] = fits
        for batch in sorted({*BATCHES, min(fits, BATCHES[-1])}):
            step = roofline.step(shape, form, device, Pass(batch, 1.0, float(context)))
            rows.append({
                "machine": chip.short, "model": model.name, "context": context, "batch": batch, "predicted": step.time * 1e3,
                "rate": batch / step.time, "binds": step.binds, "fits": "yes" if batch <= fits else "no",
                "needs": memory.memory_needed(shape, form, batch, float(context)) / 1e9,
            })  # fmt: skip
    for context in (CONTEXTS[0], CONTEXTS[-1]):
        one, many = (_at(rows, context, batch) for batch in (1.0, 32.0))
        values |= {
            f"gain {context}": many["rate"] / one["rate"],
            f"slower {context}": many["predicted"] / one["predicted"],
        }
    steps = batch_evidence.batch_steps(book)
    rows += [_row(step) for step in steps]
    rows += [
        {"machine": b.machine, "context": b.context, "batch": float(b.batch), "fits": "no", "needs": b.needs}
        for b in batch_evidence.beyond_memory(book)
    ]
    values |= {
        "steps": len(steps),
        "machine": steps[0].machine if steps else "",
        "label": steps[0].label if steps else "",
    }
    if steps:
        errors = [abs(step.error) for step in steps if step.machine == steps[0].machine]
        values |= {"error": statistics.median(errors), "worst": max(errors), "count": len(errors)}
        paced = [
            abs(step.paced / step.seconds - 1) for step in steps if step.machine == steps[0].machine and step.paced
        ]
        values |= {"paced": statistics.median(paced), "paced worst": max(paced)} if paced else {"paced": ""}
    return FigureData(COLUMNS, rows, values, frozenset(sources), frozenset(step.record for step in steps))


def _at(rows: list[dict], context: int, batch: float) -> dict:
    return next(row for row in rows if row["context"] == context and row["batch"] == batch)


def _row(step: batch_evidence.BatchStep) -> dict:
    """A measured step."""
    low, high = step.interval
    return {
        "machine": step.machine, "model": step.label, "context": step.context, "batch": float(step.batch), "time": step.seconds * 1e3,
        "low": low * 1e3, "high": high * 1e3, "rate": step.batch / step.seconds, "predicted": step.predicted * 1e3, "paced": step.paced * 1e3 if step.paced else "", "binds": step.binds, "fits": "yes",
    }  # fmt: skip


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    v = data.values
    words = (
        f"Tokens per second of all sequences against the time of a step, {v['model']} on one {v['chip']}, batch 1 to 512: batch 32 makes {v['gain 128']:.1f} times the tokens at {v['slower 128']:.2f} times the time per token "
        f"at 128 tokens of context, but {v['gain 8192']:.1f} times at {v['slower 8192']:.1f} times the time at 8,192, where memory is full at batch {v['fits 8192']:.0f}"
    )
    if not v["steps"]:
        return words + "."
    words += f". Second panel: the same measured on {v['machine']}, {v['count']} steps: the roofline's time is {v['error']:.0%} off in the median and {v['worst']:.0%} at worst"
    return words + (
        f", and {v['paced']:.0%} and {v['paced worst']:.0%} once it knows the steps of batch 1." if v["paced"] else "."
    )


def caption(data: FigureData) -> str:
    """How to read it."""
    v = data.values
    words = (
        f"Each line is one context, from batch 1 at its foot to batch 512; hollow marks at 1, 8, 64 and 512. Orange: memory-bound, blue: compute-bound; dotted: weights and caches no longer fit in {v['short']}. "
        f"Predicted, {v['format']}. "
    )
    if not v["steps"]:
        return words + AWAITED
    words += (
        f"Second panel: filled marks measured with the 5th to 95th percentile ({v['label']}); a bar ends a line at the last batch that fitted. "
        f"Solid: the roofline from ceilings of the same record, off by {v['error']:.0%} of the time in the median. "
    )
    return words + (
        f"Dashed: the paces of the measured steps of batch 1 carried over to batches, off by {v['paced']:.0%}."
        if v["paced"]
        else ""
    )


def draw(data: FigureData, narrow: bool):
    """Lines that rise steeply while batching is nearly free and lie down where the caches take over."""
    v = data.values
    panels = 2 if v["steps"] else 1
    figure = chapter.canvas(narrow, panels, 4.3)
    first = f"Tokens/s, all sequences; {v['model']}, {v['short']}"
    headings = [first if not narrow or panels == 1 else "Tokens/s, all sequences, predicted", "Tokens/s, measured"]
    places = chapter.boxes(figure, data.note, narrow, panels, headings, (0.75, 0.3), 0.62, 0.54)
    _predicted(places[0], data, narrow)
    if panels == 2:
        _measured(places[1], data, narrow)
    theme.note(figure, data.note)
    return figure


def _axes(axes, x: tuple[float, float], y: tuple[float, float]) -> None:
    axes.set(xscale="log", yscale="log", xlim=x, ylim=y)
    ticks = [base * 10**power for power in range(-1, 6) for base in (1, 2, 5)]
    inside = [tick for tick in ticks if x[0] <= tick <= x[1]]
    theme.log_ticks(axes.xaxis, inside if inside[-1] < 1000 else [tick for tick in inside if f"{tick:g}"[0] != "2"])
    theme.log_ticks(axes.yaxis, [10.0**power for power in range(-1, 6) if y[0] <= 10.0**power <= y[1]])
    axes.set_xlabel("Time of a step = time per token (ms)")
    axes.grid(True, axis="y")


def _predicted(axes, data: FigureData, narrow: bool) -> None:
    """A line per context in the colour of what binds, dotted where it does not fit, and the context at its end."""
    v = data.values
    _axes(axes, (2 if narrow or v["steps"] else 4.5, 330), (90, 42_000))
    powers = [r for r in data.where(machine=v["short"]) if r["batch"] in MARKED]
    theme.predicted(axes, [r["predicted"] for r in powers], [r["rate"] for r in powers], colour.MEMORY, size=4.5)
    for context in CONTEXTS:
        rows = sorted(data.where(machine=v["short"], context=context), key=lambda r: r["batch"])
        for bound, shade in (("memory", colour.MEMORY), ("compute", colour.COMPUTE)):
            for fits, style in (("yes", "-"), ("no", ":")):
                mine = [
                    r
                    for at, r in enumerate(rows)
                    if (r["binds"], r["fits"]) == (bound, fits) or _next(rows, at) == (bound, fits)
                ]
                axes.plot([r["predicted"] for r in mine], [r["rate"] for r in mine], color=shade, lw=1.8, ls=style)
        _end(axes, rows[-1], context)
        if v[f"fits {context}"] < BATCHES[-1]:
            edge = next(r for r in rows if r["batch"] == v[f"fits {context}"])
            axes.plot([edge["predicted"]], [edge["rate"]], "|", ms=13, mew=2, color=colour.INK)
            axes.annotate(f"memory full, batch {edge['batch']:.0f}", (edge["predicted"], edge["rate"]), (2, -9), textcoords="offset points",
                          va="top", fontsize=theme.NOTE, gid=theme.HALO)  # fmt: skip
    for batch in MARKED[:-1]:
        row = _at(data.rows, CONTEXTS[0], batch)
        axes.annotate(f"batch {batch:.0f}", (row["predicted"], row["rate"]), (-6, 0), textcoords="offset points", ha="right", va="center",
                      color=colour.MUTED, fontsize=theme.NOTE)  # fmt: skip


def _next(rows: list[dict], at: int) -> tuple:
    """What binds the next point and whether it fits, so that a line reaches from one kind to the next."""
    return (rows[at + 1]["binds"], rows[at + 1]["fits"]) if at + 1 < len(rows) else ("", "")


def _end(axes, row: dict, context: int) -> None:
    """The context at a line's end; the two shortest end close together."""
    place = {CONTEXTS[0]: 7, CONTEXTS[1]: -4}.get(context, 0)
    words = f"context {context:,}" if context == CONTEXTS[0] else f"{context:,}"
    near = {"textcoords": "offset points", "va": "center", "fontsize": theme.NOTE, "gid": theme.HALO}
    axes.annotate(words, (row["predicted"], row["rate"]), (7, place), **near)


def _measured(axes, data: FigureData, narrow: bool) -> None:
    """Predicted lines and measured marks per context, each line ended where memory is full."""
    v = data.values
    steps = [row for row in data.where(machine=v["machine"], fits="yes") if row.get("time")]
    times = [value for row in steps for value in (row["time"], row["predicted"])]
    rates = [row["rate"] for row in steps] + [1e3 * row["batch"] / row["predicted"] for row in steps]
    _axes(axes, (min(times) / 1.5, max(times) * 2.2), (min(rates) / 1.6, max(rates) * 1.8))
    chapter.bars(axes, [r["rate"] for r in steps], [r["low"] for r in steps], [r["high"] for r in steps], upright=False)
    theme.measured(axes, [r["time"] for r in steps], [r["rate"] for r in steps], size=4.5)
    key = ("dashed: from batch 1", "solid: roofline") if any(row["paced"] for row in steps) else ()
    quiet = {"transform": axes.transAxes, "ha": "right", "color": colour.MUTED, "fontsize": theme.NOTE}
    for line, words in enumerate(key):
        axes.text(0.98, 0.03 + 0.07 * line, words, **quiet)
    full = {row["context"] for row in data.where(machine=v["machine"], fits="no")}
    lines = [
        sorted((row for row in steps if row["context"] == context), key=lambda row: row["batch"])
        for context in sorted({row["context"] for row in steps})
    ]
    bound = [[(r["predicted"], 1e3 * r["batch"] / r["predicted"]) for r in mine] for mine in lines]
    chapter.chains(axes, bound, color=colour.MEMORY, lw=1.4)
    paced = [[(r["paced"], 1e3 * r["batch"] / r["paced"]) for r in mine if r["paced"]] for mine in lines]
    chapter.chains(axes, [line for line in paced if line], color=colour.MEMORY, lw=1.2, ls="--")
    for mine in lines:
        last, context = mine[-1], mine[-1]["context"]
        if context in full:
            axes.plot([last["time"]], [last["rate"]], "|", ms=13, mew=2, color=colour.INK)
        words = f"{context - 1:,}" + (f", full past {last['batch']:.0f}" if context in full else "")
        axes.annotate(words, (last["time"], last["rate"]), (2, 8), textcoords="offset points", ha="center", va="bottom",
                      fontsize=theme.NOTE, gid=theme.HALO)  # fmt: skip
