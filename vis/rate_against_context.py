"""How does the decode rate fall with context for five kinds of attention, and does the slope of bytes predict it?"""

from __future__ import annotations

import statistics

from generators import catalogue
from generators.book.load import Book
from generators.evidence import cache as kv_evidence
from generators.model import roofline
from generators.model.inputs import Pass
from vis import _palette as colour
from vis import _theme as theme
from vis._chapter2 import slow_down_rows, slow_downs
from vis._figure import AWAITED, FigureData
from vis._subject import CHIP, FORMAT

#: Kind of attention -> a real model of about seven billion parameters with it; of the latent one, the smallest there is.
MODELS = {
    "MHA": "llama-2-7b", "GQA": "llama-3.1-8b", "MQA": "falcon-7b", "window": "mistral-7b-v0.1", "MLA": "deepseek-v2-lite",
}  # fmt: skip
CONTEXTS = [float(2**power) for power in range(7, 18)]
COLUMNS = {
    "panel": "", "label": "", "attention": "", "context": "tokens", "rate": "tokens/s", "published": "",
    "predicted": "× slower", "by products": "× slower", "observed": "× slower", "low": "× slower", "high": "× slower", "mark": "",
}  # fmt: skip
PREDICTED, SLOPE = "rate", "slope"


def data(book: Book) -> FigureData:
    """Predicted rates of five models on one chip; and observed slow-downs, quoted and measured, beside predicted ones."""
    chip, stored = book.accelerators[CHIP], book.formats[FORMAT]
    device, form = catalogue.device(chip, stored.rate), catalogue.number_format(stored)
    rows, values = [], {"chip": chip.name, "format": stored.name}
    sources = {chip.memory.bandwidth.source, stored.source}
    for kind, id_ in MODELS.items():
        model = book.models[id_]
        sources.add(model.source)
        rates = {}
        for context in sorted({1.0, *CONTEXTS, float(model.context)}):
            rates[context] = 1.0 / roofline.step(catalogue.shape(model), form, device, Pass(1.0, 1.0, context)).time
            rows.append({"panel": PREDICTED, "label": model.name, "attention": kind, "context": context,
                         "rate": rates[context], "published": "yes" if context <= model.context else "beyond", "mark": "predicted"})  # fmt: skip
        values[f"{kind} left"] = rates[CONTEXTS[-1]] / rates[1.0]
    measured = kv_evidence.context_steps(book)
    pairs, steps = kv_evidence.context_pairs(book), [_slow_down(one) for one in kv_evidence.slow_downs(measured)]
    for pair in pairs:
        model, form_ = book.models[pair.model].name, book.formats[pair.format].name.split(",")[0]
        rows.append({"panel": SLOPE, "label": f"{model}, {form_}" + (", later" if "-later-" in pair.short else ""), "attention": book.models[pair.model].attention.split(",")[0],
                     "predicted": pair.predicted, "observed": pair.observed, "mark": "quoted"})  # fmt: skip
        sources |= pair.sources
    rows += steps
    values |= {"pairs": len(pairs), "pair error": statistics.median(abs(p.predicted / p.observed - 1) for p in pairs)}
    values |= {"steps": len(steps), "machines": ""}
    if steps:
        longest = max(row["context"] for row in steps)
        last = [row for row in steps if row["context"] == longest]
        values |= {"longest": longest - 1, "kinds": len(last)}
        for name, told in (("step error", "predicted"), ("product error", "by products")):
            errors = [abs(row[told] / row["observed"] - 1) for row in last if row[told]]
            values[name] = statistics.median(errors) if errors else None
        values["machines"] = " and ".join(dict.fromkeys(row["label"] for row in steps))
    records = frozenset(step.record for step in measured)
    return FigureData(COLUMNS, rows, values, frozenset(sources), records)


def _slow_down(one: kv_evidence.SlowDown) -> dict:
    """A measured slow-down as a row."""
    return {"panel": SLOPE, "label": one.machine, "attention": one.kind, "context": one.context, "predicted": one.predicted,
            "by products": one.by_products, "observed": one.observed, "low": one.interval[0], "high": one.interval[1], "mark": "measured"}  # fmt: skip


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    v = data.values
    words = (
        f"First panel: decode rate against context for five kinds of attention on one {v['chip']}: at {CONTEXTS[-1]:,.0f} tokens the bytes leave "
        f"{v['MHA left']:.0%} of the rate at none with multi-head attention, {v['GQA left']:.0%} with grouped queries, {v['MLA left']:.0%} with a latent cache, "
        f"{v['MQA left']:.0%} with multi-query attention and {v['window left']:.0%} with a window. "
        f"Second panel: the slow-down that bytes predict against the one observed in {v['pairs']} published pairs of runs: {v['pair error']:.1%} off in the median"
    )
    if not v["steps"]:
        return words + "."
    words += f", but {v['step error']:.0%} in {v['kinds']} measured kinds of attention at {v['longest']:,.0f} tokens"
    if v["product error"] is None:
        return words + "."
    return words + f", where products of as many rows, timed alone, predict to {v['product error']:.0%}."


def caption(data: FigureData) -> str:
    """How to read it."""
    v = data.values
    words = (
        f"Lines: predicted, batch 1, {v['format']}; dotted beyond the context that the model is published for. DeepSeek-V2-Lite, the one with a latent cache, starts higher because a token reads only some of its experts. "
        "Second panel: hollow, the slow-down that bytes predict; diamonds, published pairs of one engine, at four thousand tokens of context over a short one (a later version of it where the label says so)"
    )
    if not v["steps"]:
        return words + f", cited on the page of published results. {AWAITED}"
    words += f"; filled, full decode steps of one of this book's models on {v['machines']}, at {v['longest']:,.0f} tokens over its shortest context, with the 5th to 95th percentile. "
    return (
        words
        + "Tick: the same predicted from products of as many rows, one for each query head that shares a cached entry, timed alone."
    )


def draw(data: FigureData, narrow: bool):
    """Rates falling with context, and every slow-down beside its predictions."""
    tall = 0.19 * len(slow_down_rows(data.where(panel=SLOPE)))
    floor, top = theme.floor(data.note, narrow), 0.42
    figure = theme.canvas(narrow, floor + tall + top, floor + tall + top + 3.55)
    height = figure.get_size_inches()[1]
    theme.heading(figure, "Decode rate, batch 1 (tokens/s)")
    if narrow:
        rates = theme.box(figure, 0.55, height - 3.1, 1.3, top)
        slopes = theme.box(figure, 1.5, floor, 0.1, height - floor - tall)
        place = 0.12 / 3.9, (floor + tall + 0.3) / height
    else:
        rates = theme.box(figure, 0.5, floor, 4.75, top)
        slopes = theme.box(figure, 5.2, floor, 0.1, top)
        place = 3.95 / 7.2, 1 - 0.08 / height
    figure.text(*place, "Slow-down by context (times)", fontsize=theme.LABEL, color=colour.MUTED, va="top")
    _rates(rates, data)
    slow_downs(slopes, data.where(panel=SLOPE))
    theme.note(figure, data.note)
    return figure


def _rates(axes, data: FigureData) -> None:
    """A line per model with its kind of attention at the right end."""
    rows = [row for row in data.where(panel=PREDICTED) if row["context"] >= CONTEXTS[0]]
    axes.set(xscale="log", xlim=(CONTEXTS[0], CONTEXTS[-1]), yscale="log", ylim=(20, 500))
    theme.log_ticks(axes.xaxis, [128, 2048, 32768])
    theme.log_ticks(axes.yaxis, [20, 50, 100, 200, 400])
    axes.grid(True)
    axes.set_xlabel("Context (tokens)")
    ends = []
    for kind in MODELS:
        mine = [row for row in rows if row["attention"] == kind]
        inside = [row for row in mine if row["published"] == "yes"]
        axes.plot([r["context"] for r in inside], [r["rate"] for r in inside], color=colour.MEMORY, lw=1.8)
        beyond = [inside[-1], *(row for row in mine if row["published"] == "beyond")]
        axes.plot([r["context"] for r in beyond], [r["rate"] for r in beyond], color=colour.MEMORY, lw=1.3, ls=":")
        ends.append((mine[-1]["rate"], f"{kind}, {mine[0]['label']}".replace("DeepSeek-", "").replace(" v0.1", "")))
    axes.text(
        CONTEXTS[0] * 1.25,
        24,
        "dotted: beyond the\npublished context",
        color=colour.MUTED,
        fontsize=theme.NOTE,
        va="bottom",
    )
    last = 0.0
    for rate, words in sorted(ends):
        last = max(rate, last * 1.17)
        axes.text(CONTEXTS[-1] * 1.12, last, words, va="center", color=colour.INK, fontsize=theme.NOTE)
