"""What do the others wait for while a new prompt is read, whole or in chunks?"""

from __future__ import annotations

from generators import catalogue
from generators.book.load import Book
from generators.evidence.landing import Interference, Landed, chip_price, interference, land
from vis import _palette as colour
from vis import _theme as theme
from vis._figure import FigureData
from vis._panels import boxes
from vis._subject import CHIP, CONTEXT, FORMAT
from vis._subject import SECOND_MODEL as MODEL

BATCH, PROMPT, CHUNKS = 32, 8192, (None, 512, 128)
AROUND = 2  # passes shown before the prompt is read and after
COLUMNS = {
    "panel": "", "read": "", "end": "ms since arrival", "latency": "ms", "low": "ms", "high": "ms", "predicted": "ms", "prompt": "tokens", "binds": "", "mark": "",
}  # fmt: skip


def data(book: Book) -> FigureData:
    """Every pass while one prompt lands, predicted on a chip, and measured where a record holds it."""
    chip, model, stored = book.accelerators[CHIP], book.models[MODEL], book.formats[FORMAT]
    price, sourced = chip_price(book, CHIP, MODEL, FORMAT), catalogue.sourced_device(chip, stored.rate)
    panel = f"{model.name} on one {chip.short}, predicted"
    landed = [land(price, BATCH, CONTEXT, PROMPT, chunk) for chunk in CHUNKS]
    rows = [row for one in landed for row in _rows(panel, one, None)]
    measured = interference(book)[:1]
    rows += [
        row
        for run in measured
        for told, seen in zip(run.predicted, run.measured, strict=True)
        for row in _rows(_panel_name(run), seen, told)
    ]
    values = {"panel": panel, "model": model.name, "chip": chip.name, "before": landed[0].before * 1e3,
              "told": [_told(one) for one in landed], "measured": [_summary(run) for run in measured]}  # fmt: skip
    sources = sourced.bandwidth.sources | sourced.peak.sources | {model.source, stored.source}
    return FigureData(COLUMNS, rows, values, sources, frozenset(run.record for run in measured))


def _panel_name(run: Interference) -> str:
    return f"{run.label}, measured"


def _told(one: Landed) -> dict:
    return {"read": _read(one), "worst": one.worst * 1e3, "first": one.first_token * 1e3}


def _read(one: Landed) -> str:
    return f"chunks of {one.chunk}" if one.chunk else "whole"


def _rows(panel: str, one: Landed, told: Landed | None) -> list[dict]:
    """A landing's passes; with a prediction beside each where they were measured."""
    rows, reading = [], [at for at, step in enumerate(one.passes) if step.prompt]
    for at, step in enumerate(one.passes):
        if not reading[0] - AROUND <= at <= reading[-1] + AROUND:
            continue
        row = {"panel": panel, "read": _read(one), "end": step.end * 1e3, "latency": step.seconds * 1e3, "prompt": step.prompt,
               "binds": step.binds, "mark": "measured" if told else "predicted"}  # fmt: skip
        if told:
            row |= {
                "low": step.interval[0] * 1e3,
                "high": step.interval[1] * 1e3,
                "predicted": told.passes[at].seconds * 1e3,
            }
        rows.append(row)
    return rows


def _summary(run: Interference) -> dict:
    whole, small = run.measured[0], run.measured[-1]
    return {"panel": _panel_name(run), "machine": run.machine, "label": run.label.split(",")[0], "error": run.error, "before": whole.before * 1e3, "prompt": whole.prompt,
            "batch": run.batch, "whole": whole.worst * 1e3, "chunk": small.chunk, "small": small.worst * 1e3,
            "delay": small.first_token / whole.first_token - 1}  # fmt: skip


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    v = data.values
    whole, middle, small = v["told"]
    words = (
        f"Inter-token latency of {BATCH} decoding sequences while a prompt of {PROMPT:,} tokens is read, {v['model']} on one {v['chip']}: "
        f"{v['before']:.1f} ms before, {whole['worst']:.0f} ms when it is read whole, {middle['worst']:.0f} ms in {middle['read']} with its first token at "
        f"{middle['first']:.0f} instead of {whole['first']:.0f} ms, and {small['worst']:.0f} ms in {small['read']} with its first token at {small['first']:.0f} ms."
    )
    for m in v["measured"]:
        words += f" Measured on {m['machine']}: {m['before']:.0f} ms before, {m['whole']:.0f} ms whole, {m['small']:.0f} ms in chunks of {m['chunk']}."
    return words


def caption(data: FigureData) -> str:
    """How to read it."""
    words = (
        f"Each level is one pass: its height is the inter-token latency, its length the same time. Predicted with {BATCH} sequences of {CONTEXT:,} tokens that decode; "
        "blue where the passes that read the prompt are compute-bound, orange where they are memory-bound; the square marks the prompt's first token. "
    )
    if not data.values["measured"]:
        return words + "Awaited: the same measured on a small model."
    m = data.values["measured"][0]
    return words + (
        f"Second panel: measured on {m['machine']}, a random-weight model of {m['label']} parameters, median and 5th to 95th percentile, {m['batch']} sequences and a prompt of {m['prompt']} tokens; levels are predicted by two rates fitted to the passes around the whole "
        f"prompt, and miss the chunked ones by {m['error']:.0%} in the median."
    )


def draw(data: FigureData, narrow: bool):
    """The predicted chip, and the measured machine beside (or below) it."""
    panels = [data.values["panel"], *(m["panel"] for m in data.values["measured"])]
    many, floor = len(panels), theme.floor(data.note, narrow)
    figure = theme.canvas(narrow, 3.9, 0.5 + 3.0 * many + floor - 0.4)
    theme.heading(figure, "Inter-token latency (ms)")
    axes_of = boxes(figure, many, floor, narrow)
    for at, (axes, panel) in enumerate(zip(axes_of, panels, strict=True)):
        _panel(axes, data, panel, narrow and at < many - 1, narrow or many > 1)
    theme.note(figure, data.note)
    return figure


def _panel(axes, data: FigureData, panel: str, bare: bool, small: bool) -> None:
    """Levels of every pass; measured marks over them."""
    rows = data.where(panel=panel)
    longest, tall, short = max(r["end"] for r in rows), max(r["latency"] for r in rows), min(r["latency"] for r in rows)
    axes.set(
        yscale="log", xlim=(min(r["end"] - r["latency"] for r in rows), longest * 1.02), ylim=(short / 1.8, tall * 1.7)
    )
    ticks = (1, 3, 10, 30, 100, 300, 1000) if tall / short > 10 else (1, 2, 5, 10, 20, 40, 80, 160, 320, 640)
    theme.log_ticks(axes.yaxis, [v for v in ticks if short / 1.8 < v < tall * 1.7])
    _time_ticks(axes, longest, 5 if small else 8)
    axes.grid(True)
    axes.set_xlabel("" if bare else "Time since the prompt arrived (ms)")
    title = (
        panel.split(",")[0].replace(" on one ", ", ") + ", predicted"
        if small and rows[0]["mark"] == "predicted"
        else panel
    )
    axes.set_title(title, loc="left", fontsize=theme.NOTE, color=colour.MUTED)
    for read in dict.fromkeys(r["read"] for r in rows):
        mine = [r for r in rows if r["read"] == read]
        if mine[0]["mark"] == "predicted":
            _levels(axes, mine, read, small)
        else:
            _measured(axes, mine, read)


def _time_ticks(axes, longest: float, most: int) -> None:
    """Round times from the arrival on, at most so many."""
    step = next(
        s for s in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000) if longest / s <= most
    )
    axes.set_xticks([float(step * at) for at in range(int(longest / step) + 1)])


def _levels(axes, rows: list[dict], read: str, small: bool) -> None:
    """One landing as a line of levels, its name, and its first token."""
    reading = [r for r in rows if r["prompt"]]
    binds = max(("memory", "compute"), key=[r["binds"] for r in reading].count)
    shade = colour.COMPUTE if binds == "compute" else colour.MEMORY
    last = reading[-1]
    xs = [x for r in rows for x in (r["end"] - r["latency"], r["end"])]
    axes.plot(xs, [r["latency"] for r in rows for _ in range(2)], color=shade, lw=1.6)
    theme.predicted(axes, [last["end"]], [last["latency"]], shade, True)
    worst = max(r["latency"] for r in reading)
    words = f"{read}: {worst:.0f} ms" if small else f"{read}: at most {worst:.0f} ms"
    if read == f"chunks of {CHUNKS[-1]}":
        theme.say(axes, last["end"], worst / 1.2, words, shade, "right", "top")
    else:
        theme.say(
            axes,
            reading[0]["end"] - reading[0]["latency"],
            worst * 1.13,
            " " + words,
            shade,
            "left",
            "bottom",
            halo=True,
        )


def _measured(axes, rows: list[dict], read: str) -> None:
    """Predicted levels as a thin line, measured passes as filled marks with their bars."""
    ends = [r["end"] for r in rows]
    xs = [x for r in rows for x in (r["end"] - r["latency"], r["end"])]
    axes.plot(xs, [r["predicted"] for r in rows for _ in range(2)], color=colour.MUTED, lw=1.0)
    reading = [r for r in rows if r["prompt"]]
    gap = float("nan")  # all bars as one path keep the file small
    axes.plot(
        [x for r in reading for x in (r["end"], r["end"], gap)],
        [y for r in reading for y in (r["low"], r["high"], gap)],
        color=colour.INK,
        lw=1.2,
    )
    theme.measured(axes, ends, [r["latency"] for r in rows], size=4.5)
    first = reading[0]
    theme.say(
        axes,
        first["end"] - first["latency"],
        max(first["high"], first["predicted"]) * 1.04,
        " " + read,
        colour.INK,
        "left",
        "bottom",
        halo=True,
    )
