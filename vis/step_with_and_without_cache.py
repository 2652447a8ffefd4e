"""How long does a step take with a KV cache and without one, and what binds it?"""

from __future__ import annotations

from generators import catalogue
from generators.book.load import Book
from generators.evidence.cache import StepCase, cache_steps
from generators.model import cache as kv_cache
from generators.model import roofline
from generators.model.inputs import Pass
from vis import _palette as colour
from vis import _theme as theme
from vis._chapter2 import panel_name, summaries
from vis._figure import AWAITED, FigureData
from vis._panels import boxes
from vis._subject import CHIP, CONTEXT, FORMAT, MODEL

CONTEXTS = [float(2**power) for power in range(13)]
COLUMNS = {
    "panel": "", "cache": "", "context": "tokens", "time": "ms", "low": "ms", "high": "ms", "predicted": "ms", "binds": "", "mark": "",
}  # fmt: skip
WITH, WITHOUT = "with the cache", "without it"
BOUND = {"overhead": colour.OVERHEAD, "memory": colour.MEMORY, "compute": colour.COMPUTE}


def data(book: Book) -> FigureData:
    """Least times of both steps on one chip, and what machines of ours measured of both where they did."""
    chip, stored, model = book.accelerators[CHIP], book.formats[FORMAT], book.models[MODEL]
    device, sourced = catalogue.device(chip, stored.rate), catalogue.sourced_device(chip, stored.rate)
    shape, form, rows = catalogue.shape(model), catalogue.number_format(stored), []
    turn = _turn(shape, form, device)
    for context in sorted({*CONTEXTS, turn, float(CONTEXT)}):
        with_it = roofline.step(shape, form, device, Pass(1.0, 1.0, context))
        for cached, step in ((WITH, with_it), (WITHOUT, kv_cache.uncached_step(shape, form, device, context))):
            rows.append({"panel": model.name, "cache": cached, "context": context, "time": step.time * 1e3,
                         "binds": step.binds, "mark": "predicted"})  # fmt: skip
    at = {row["cache"]: row["time"] for row in rows if row["context"] == CONTEXT}
    values = {
        "model": model.name,
        "chip": chip.name,
        "format": stored.name,
        "turn": turn,
        "ratio": at[WITHOUT] / at[WITH],
    }
    values |= {"with": at[WITH], "without": at[WITHOUT]}
    steps = cache_steps(book)
    rows += [_measured(step) for step in steps]
    values["measured"] = summaries(steps)
    sources = sourced.bandwidth.sources | sourced.peak.sources | {model.source, stored.source}
    return FigureData(COLUMNS, rows, values, sources, frozenset(step.record for step in steps))


def _turn(shape, form, device) -> float:
    """The least context at which a step without a cache is compute-bound."""
    return next(float(t) for t in range(1, 100_000)
                if kv_cache.uncached_step(shape, form, device, float(t)).binds == "compute")  # fmt: skip


def _measured(step: StepCase) -> dict:
    """A measured step as a row, its prediction from the same record's ceilings beside it."""
    return {"panel": panel_name(step), "cache": WITH if step.kind == "cache" else WITHOUT, "context": step.context,
            "time": step.seconds * 1e3, "low": step.interval[0] * 1e3, "high": step.interval[1] * 1e3,
            "predicted": step.predicted * 1e3, "binds": step.binds, "mark": "measured"}  # fmt: skip


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    v = data.values
    words = (
        f"Time of a step against context, both logarithmic, {v['model']} on one {v['chip']}: with the KV cache the step is memory-bound and takes {v['with']:.1f} ms at {CONTEXT:,} "
        f"tokens of context; without it the step is compute-bound from {v['turn']:.0f} tokens on and takes {v['without']:.1f} ms, {v['ratio']:.1f} times as long."
    )
    for found in v["measured"]:
        words += f" Measured on {found['machine']} at {found['last']:,.0f} tokens: {found['ratio']:.0f} times as long, {found['predicted ratio']:.0f} predicted."
    return words


def caption(data: FigureData) -> str:
    """How to read it."""
    v = data.values
    words = f"Lines: predicted for one {v['chip']}, {v['format']}, batch 1; orange where memory binds, blue where compute does. "
    if not v["measured"]:
        return words + AWAITED
    words += "Other panels: hollow marks on lines are predicted from the same record's ceilings, filled ones measured, with the 5th to 95th percentile; circles with the cache, squares without it. "
    each = [
        f"{f['machine']}: prediction off by {f['error with']:.0%} in the median with the cache and {f['error without']:.0%} without, over every model run both ways"
        for f in v["measured"]
    ]
    return words + "; ".join(each) + "."


def draw(data: FigureData, narrow: bool):
    """The predicted lines, and a panel per machine beside (or below) them."""
    panels = [data.values["model"], *(found["panel"] for found in data.values["measured"])]
    many = len(panels)
    figure = theme.canvas(narrow, 3.9, 3.9 if many == 1 else 0.9 + 2.75 * many)
    floor = theme.floor(data.note, narrow)
    theme.heading(figure, "Time of a step (ms)")
    axes_of = boxes(figure, many, floor, narrow, gap=0.25, right=0.05, top=0.5)
    for at, (axes, panel) in enumerate(zip(axes_of, panels, strict=True)):
        _panel(axes, data, panel, narrow and at < many - 1)
    theme.note(figure, data.note)
    return figure


def _panel(axes, data: FigureData, panel: str, bare: bool) -> None:
    """One machine: two lines (or hollow marks), the measured marks over them."""
    rows = data.where(panel=panel)
    times = [row[key] for row in rows for key in ("time", "predicted") if row.get(key)]
    contexts = [row["context"] for row in rows]
    left = min(contexts) / (1.0 if rows[0]["mark"] == "predicted" else 1.4)
    axes.set(xscale="log", yscale="log", xlim=(left, max(contexts) * 1.25), ylim=(min(times) / 1.9, max(times) * 1.8))
    theme.log_ticks(axes.xaxis, [t for t in (1, 10, 100, 1000) if min(contexts) <= t])
    theme.log_ticks(
        axes.yaxis, [t for t in (0.1, 1, 10, 100, 1000, 10_000) if min(times) / 1.9 <= t <= max(times) * 1.8]
    )
    axes.grid(True)
    axes.set_xlabel("" if bare else "Context (tokens)")
    axes.set_title(
        panel if rows[0]["mark"] == "measured" else f"{panel}, predicted",
        loc="left",
        fontsize=theme.NOTE,
        color=colour.MUTED,
    )
    for cached in (WITH, WITHOUT):
        _lines(axes, [row for row in rows if row["cache"] == cached])
    small = axes.get_window_extent().width < 330
    if rows[0]["mark"] == "predicted":
        _words(axes, data.values, small)
    else:
        _told(axes, rows)


def _lines(axes, rows: list[dict]) -> None:
    """A line in the colour of what binds it, and measured marks beside their predictions."""
    own, square = rows[0]["mark"] == "measured", rows[0]["cache"] == WITHOUT
    of = "predicted" if own else "time"
    parts = {shade: [row for row in rows if row["binds"] == bound] for bound, shade in BOUND.items()}
    before = [*parts[colour.OVERHEAD], *parts[colour.MEMORY]]
    parts[colour.MEMORY if parts[colour.MEMORY] else colour.OVERHEAD] += parts[colour.COMPUTE][: 1 if before else 0]
    for shade, some in parts.items():
        axes.plot([r["context"] for r in some], [r[of] for r in some], color=shade, lw=1.2 if own else 2.0)
        some = [row for row in some if row["binds"] == next(b for b, s in BOUND.items() if s == shade)]
        if own:
            theme.predicted(axes, [r["context"] for r in some], [r[of] for r in some], shade, square, 5)
    if own:
        x = [r["context"] for r in rows]
        axes.vlines(x, [r["low"] for r in rows], [r["high"] for r in rows], color=colour.INK, lw=1.6)
        theme.measured(axes, x, [r["time"] for r in rows], square, 5)


def _told(axes, rows: list[dict]) -> None:
    """The names of the four rows of marks of a measured panel."""
    contexts = sorted({row["context"] for row in rows})
    last, middle = contexts[-1], contexts[round(0.7 * (len(contexts) - 1))]
    at = {(row["cache"], row["context"]): row for row in rows}
    places = [
        (WITHOUT, middle, "time", (-9, 3), "right", "without, measured", colour.INK),
        (WITHOUT, middle, "predicted", (8, -4), "left", "predicted", colour.COMPUTE),
        (WITH, last, "time", (4, 7), "right", "with, measured", colour.INK),
        (WITH, last, "predicted", (4, -10), "right", "predicted", colour.MEMORY),
    ]
    for cache, context, key, place, ha, words, shade in places:
        axes.annotate(words, (context, at[cache, context][key]), place, textcoords="offset points", ha=ha, va="center",
                      color=shade, fontsize=theme.NOTE, gid=theme.HALO)  # fmt: skip


def _words(axes, v: dict, small: bool) -> None:
    """The lines' names, and the two times at the chapter's context."""
    theme.say(
        axes,
        1.3,
        v["with"] / 1.2,
        "with the cache" if small else "with: memory-bound",
        colour.MEMORY,
        "left",
        "top",
        halo=True,
    )
    theme.say(axes, v["turn"] * (1.2 if small else 2.2), v["without"] / (4.0 if small else 1.5), "without" if small else "without: compute-bound",
              colour.COMPUTE, "right", "bottom", halo=True)  # fmt: skip
    axes.plot([CONTEXT] * 2, [v["with"], v["without"]], color=colour.MUTED, lw=0.9, ls=":")
    theme.predicted(axes, [CONTEXT], [v["with"]], colour.MEMORY)
    theme.predicted(axes, [CONTEXT], [v["without"]], colour.COMPUTE, True)
    if small:
        theme.say(
            axes, CONTEXT / 1.6, v["without"] * 1.1, f"{v['ratio']:.1f} times", colour.INK, "right", "bottom", halo=True
        )
    else:
        middle = (v["with"] * v["without"]) ** 0.5
        theme.say(axes, CONTEXT / 1.15, middle, f"{v['ratio']:.1f} times", colour.INK, "right", halo=True)
