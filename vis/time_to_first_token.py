"""How long does a prompt keep a reader waiting, and what binds that time?"""

from __future__ import annotations

import statistics

from generators import catalogue
from generators.book.load import Book
from generators.evidence.phases import prefills
from generators.model import roofline
from generators.model.inputs import Pass
from vis import _palette as colour
from vis import _theme as theme
from vis._figure import FigureData
from vis._panels import boxes

MODEL = "llama-2-7b"
SERVED = (("a100-sxm4-80gb", "fp16"), ("h100-sxm5-80gb", "fp8"))
PROMPTS = [2.0 ** (power / 3) for power in range(12, 40)]
ASIDE = 1.17  # memory-bound quotes of the second chip are set aside by this: they would lie on the first one's line
COLUMNS = {
    "panel": "",
    "served": "",
    "tokens": "tokens",
    "time": "ms",
    "low": "ms",
    "high": "ms",
    "predicted": "ms",
    "binds": "",
    "mark": "",
}


def data(book: Book) -> FigureData:
    """Least times on two chips with quoted first-token latencies, and this book's own prefills where a record holds them."""
    model, rows, sources, values = (
        book.models[MODEL],
        [],
        {book.models[MODEL].source},
        {"model": book.models[MODEL].name},
    )
    for chip_id, form_id in SERVED:
        chip, stored = book.accelerators[chip_id], book.formats[form_id]
        device, sourced = catalogue.device(chip, stored.rate), catalogue.sourced_device(chip, stored.rate)
        served = f"{chip.short.split(' ')[0]}, {stored.name.split(' ')[0]}"
        sources |= sourced.bandwidth.sources | sourced.peak.sources | {stored.source}
        for tokens in PROMPTS:
            step = roofline.step(
                catalogue.shape(model), catalogue.number_format(stored), device, Pass(1.0, tokens, tokens)
            )
            rows.append(
                {
                    "panel": model.name,
                    "served": served,
                    "tokens": tokens,
                    "time": step.time * 1e3,
                    "binds": step.binds,
                    "mark": "predicted",
                }
            )
        rows += [_quoted(row, served, book) for row in book.published.values()
                 if row.source == "tensorrt-llm-performance" and row.accelerator == chip_id]  # fmt: skip
    sources |= {"tensorrt-llm-performance"}
    shares = [row["predicted"] / row["time"] for row in rows if row["mark"] == "quoted"]
    values |= {"lowest": min(shares), "highest": max(shares), "median": statistics.median(shares), "count": len(shares)}
    mine = prefills(book)
    mine = [p for p in mine if _panel_name(p) == _panel_name(mine[0])]
    rows += [{"panel": _panel_name(p), "served": p.label, "tokens": p.tokens, "time": p.seconds * 1e3, "low": p.interval[0] * 1e3, "high": p.interval[1] * 1e3,
              "predicted": p.predicted * 1e3, "binds": p.binds, "mark": "measured"} for p in mine]  # fmt: skip
    values["measured"] = [
        _summary(name, [p for p in mine if _panel_name(p) == name]) for name in dict.fromkeys(map(_panel_name, mine))
    ][:1]
    return FigureData(COLUMNS, rows, values, frozenset(sources), frozenset(p.record for p in mine))


def _panel_name(one) -> str:
    return f"{one.label}, {one.machine}"


def _summary(panel: str, rows: list) -> dict:
    errors = [abs(row.error) for row in rows]
    return {"panel": panel, "median": statistics.median(errors), "worst": max(errors)}


def _quoted(row, served: str, book: Book) -> dict:
    """A quoted latency beside the bound under its conditions."""
    form, device = (
        catalogue.number_format(book.formats[row.format]),
        catalogue.device(book.accelerators[row.accelerator], book.formats[row.format].rate),
    )
    bound = roofline.step(catalogue.shape(book.models[MODEL]), form, device, Pass(1.0, row.context, row.context))
    return {"panel": book.models[MODEL].name, "served": served, "tokens": row.context, "time": row.quantity.value * 1e3,
            "predicted": bound.time * 1e3, "binds": bound.binds, "mark": "quoted"}  # fmt: skip


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    v = data.values
    words = (
        f"Least time to the first token of {v['model']} against the prompt's length on two chips: flat while the weights bind it, then rising with the prompt. "
        f"The {v['count']} quoted latencies reach {v['lowest']:.0%} to {v['highest']:.0%} of the bound, {v['median']:.0%} in the median."
    )
    for told in v["measured"]:
        words += f" Measured ({told['panel']}): the prediction is off by {told['median']:.0%} in the median and by {told['worst']:.0%} at worst."
    return words


def caption(data: FigureData) -> str:
    """How to read it."""
    words = (
        "Lines: predicted, orange where memory binds, blue where compute does, batch 1, no queue. Diamonds: first-token latencies that NVIDIA published "
        "for TensorRT-LLM 0.5, tied to their bound with the share of it that they reach; the H100's short prompt is set aside."
    )
    if not data.values["measured"]:
        return words + " Awaited: this book's own prefills."
    told = data.values["measured"][0]
    return words + (
        " Second panel: hollow, predicted from the same record's ceilings; filled, measured, with the 5th to 95th percentile; "
        f"the prediction is {told['median']:.0%} off in the median, {told['worst']:.0%} at worst."
    )


def draw(data: FigureData, narrow: bool):
    """The chips' lines, and this book's machine beside (or below) them."""
    panels = [data.values["model"], *(told["panel"] for told in data.values["measured"])]
    many, floor = len(panels), theme.floor(data.note, narrow)
    figure = theme.canvas(narrow, 3.9, 0.5 + 3.0 * many + floor - 0.4)
    theme.heading(figure, "Time to first token (ms)")
    axes_of = boxes(figure, many, floor, narrow)
    for at, (axes, panel) in enumerate(zip(axes_of, panels, strict=True)):
        _panel(axes, data, panel, narrow and at < many - 1)
    theme.note(figure, data.note)
    return figure


def _panel(axes, data: FigureData, panel: str, bare: bool) -> None:
    """One model: lines and quotes, or predicted and measured marks."""
    rows = data.where(panel=panel)
    times = [row[key] for row in rows for key in ("time", "predicted") if row.get(key)]
    tokens = [row["tokens"] for row in rows]
    axes.set(
        xscale="log",
        yscale="log",
        xlim=(min(tokens) / 1.15, max(tokens) * 1.15),
        ylim=(min(times) / 2.3, max(times) * 1.8),
    )
    theme.log_ticks(axes.xaxis, [t for t in (1, 16, 128, 1024, 8192) if min(tokens) / 1.15 <= t <= max(tokens) * 1.15])
    theme.log_ticks(
        axes.yaxis, [t for t in (0.1, 1, 10, 100, 1000, 10_000, 100_000) if min(times) / 1.9 <= t <= max(times) * 1.8]
    )
    axes.grid(True)
    axes.set_xlabel("" if bare else "Prompt (tokens)")
    axes.set_title(panel, loc="left", fontsize=theme.NOTE, color=colour.MUTED)
    for served in dict.fromkeys(row["served"] for row in rows):
        mine = [row for row in rows if row["served"] == served]
        if mine[0]["mark"] == "measured":
            _measured(axes, mine)
        else:
            _line(axes, [row for row in mine if row["mark"] == "predicted"], served)
            _quotes(axes, [row for row in mine if row["mark"] == "quoted"], served != rows[0]["served"])


def _line(axes, rows: list[dict], served: str) -> None:
    """Orange to the turn, blue beyond, the name below the left end."""
    memory, compute = [r for r in rows if r["binds"] == "memory"], [r for r in rows if r["binds"] == "compute"]
    for shade, some in ((colour.MEMORY, memory + compute[:1]), (colour.COMPUTE, compute)):
        axes.plot([r["tokens"] for r in some], [r["time"] for r in some], color=shade, lw=1.8)
    theme.say(axes, rows[0]["tokens"], rows[0]["time"] / 1.18, served, colour.INK, "left", "top", halo=True)


def _quotes(axes, rows: list[dict], second: bool) -> None:
    """Diamonds tied to their bound, the share written once beside the tie."""
    aside = [second and row["binds"] == "memory" for row in rows]
    places = [row["tokens"] * (ASIDE if moved else 1.0) for row, moved in zip(rows, aside, strict=True)]
    for row, x, moved in zip(rows, places, aside, strict=True):
        axes.plot([x] * 2, [row["predicted"], row["time"]], color=colour.MUTED, lw=0.9)
        middle, ha = (row["predicted"] * row["time"]) ** 0.5, "left" if moved else "right"
        theme.say(
            axes,
            x * 1.12 if moved else x / 1.12,
            middle,
            f"{row['predicted'] / row['time']:.0%}",
            colour.MUTED,
            ha,
            halo=True,
        )
    theme.quoted(axes, places, [r["time"] for r in rows], 5.5)


def _measured(axes, rows: list[dict]) -> None:
    """Hollow predictions in the colour of what binds, filled measurements with their bars."""
    for binds, shade in (("memory", colour.MEMORY), ("compute", colour.COMPUTE), ("overhead", colour.OVERHEAD)):
        some = [row for row in rows if row["binds"] == binds]
        theme.predicted(axes, [r["tokens"] for r in some], [r["predicted"] for r in some], shade, True)
    gap = float("nan")  # all bars as one path keep the file small
    axes.plot(
        [x for r in rows for x in (r["tokens"], r["tokens"], gap)],
        [y for r in rows for y in (r["low"], r["high"], gap)],
        color=colour.INK,
        lw=1.6,
    )
    theme.measured(axes, [r["tokens"] for r in rows], [r["time"] for r in rows], True, 6)
    near = rows[-3]
    theme.say(axes, near["tokens"] / 1.4, near["time"], "measured", colour.INK, "right", halo=True)
    theme.say(
        axes, rows[-4]["tokens"] * 1.2, rows[-4]["predicted"] / 1.2, "predicted", colour.INK, "left", "top", halo=True
    )
