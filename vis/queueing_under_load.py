"""How long does a request wait for its first token as more of them arrive, under three policies?"""

from __future__ import annotations

import statistics

from generators.book.load import Book
from generators.evidence import serving, serving_runs
from vis import _chapter4 as chapter
from vis import _palette as colour
from vis import _theme as theme
from vis._figure import AWAITED, FigureData

NAMES = {"static": "static", "continuous": "continuous", "continuous-chunked": "chunked"}
SHADES = {"static": colour.OVERHEAD, "continuous": colour.MEMORY, "continuous-chunked": colour.COMPUTE}
STYLES = {"static": "-", "continuous": "-", "continuous-chunked": "--"}
COLUMNS = {
    "machine": "", "policy": "", "load": "× capacity", "rate": "requests/s", "ttft": "ms", "queueing": "ms", "tpot": "ms", "batch": "tokens per pass",
    "measured": "ms", "low": "ms", "high": "ms", "error": "%",
}  # fmt: skip


def data(book: Book) -> FigureData:
    """Simulated loads on the chapter's chip, each policy up to nearly its own capacity, and measured runs beside theirs."""
    price, chip, model = serving.chapter_price(book), book.accelerators[serving.CHIP], book.models[serving.MODEL]
    rows, values = (
        [],
        {
            "chip": chip.name,
            "short": chip.short,
            "model": model.name,
            "batch": serving.BATCH,
            "chunk": serving.CHUNK,
            "requests": serving.REQUESTS,
        },
    )
    for name in NAMES:
        values[name] = serving.capacity(price, name)
        for share in serving.SHARES:
            load = serving.at_share(price, name, share)
            rows.append({"machine": chip.short, "policy": name, "load": share, "rate": load.rate, "ttft": load.ttft * 1e3, "queueing": load.queueing * 1e3,
                         "tpot": load.tpot * 1e3, "batch": load.batch})  # fmt: skip
    static = serving.at_share(price, "static", serving.SHARES[-2])
    values |= {
        "static wait": static.ttft,
        "same load": serving.at_rate(price, "continuous", static.rate).ttft,
        "share": serving.SHARES[-2],
    }
    runs = serving_runs.measured_runs(book)
    rows += [_row(one) for one in runs]
    values |= {"runs": len(runs), "machine": runs[0].machine if runs else ""}
    if runs:
        errors = [abs(one.error("ttft")) for one in runs]
        busy = [abs(one.error("busy")) for one in runs]
        values |= {
            "error": statistics.median(errors),
            "worst": max(errors),
            "busy": statistics.median(busy),
            "busy worst": max(busy),
        }
    sources = frozenset({chip.memory.bandwidth.source, model.source, book.formats[serving.FORMAT].source})
    return FigureData(COLUMNS, rows, values, sources, frozenset(one.record for one in runs))


def _row(one: serving_runs.Served) -> dict:
    """A measured run: the mean over its requests, with the quickest and the slowest play."""
    plays = list(zip(*(case.samples for case in one.ttft), strict=True))
    means = [statistics.mean(play) * 1e3 for play in plays]
    return {
        "machine": one.machine, "policy": one.policy.name, "load": one.load, "rate": one.rate, "ttft": one.simulated_mean("ttft") * 1e3,
        "queueing": one.simulated_mean("queueing") * 1e3, "tpot": one.simulated_mean("tpot") * 1e3, "batch": one.simulated_mean("batch"),
        "measured": one.mean_ttft * 1e3, "low": min(means), "high": max(means), "error": one.error("ttft") * 100,
    }  # fmt: skip


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    v = data.values
    words = (
        f"Mean time to first token against arrivals per second, {v['model']} on one {v['chip']}, {v['batch']} places, simulated: static batching can serve {v['static']:.1f} requests a second, continuous batching {v['continuous']:.1f}, "
        f"with chunks of {v['chunk']} tokens {v['continuous-chunked']:.1f}; at {v['share']:.0%} of what static can serve, the wait is {v['static wait']:.2f} s under static and {v['same load'] * 1e3:.0f} ms under continuous batching"
    )
    if not v["runs"]:
        return words + "."
    return (
        words
        + f". Second panel: {v['runs']} runs measured on {v['machine']}; the simulation of the wait is off by {v['error']:.0%} in the median and {v['worst']:.0%} at worst."
    )


def caption(data: FigureData) -> str:
    """How to read it."""
    v = data.values
    words = f"One trace of {v['requests']} requests, drawn once and stretched; each line goes up to 95 percent of its policy's own capacity, the dotted line. Simulated by the measured scheduler, passes priced by the datasheet. "
    if not v["runs"]:
        return words + AWAITED
    return words + (
        f"Second panel: a small model on {v['machine']}; hollow: simulated from two rates fitted to other runs, filled: measured, the bar from the quickest to the slowest of three plays. "
        f"Load is relative to what continuous batching sustains there. Error of the wait: {v['error']:.0%} in the median; of the time busy: {v['busy']:.0%}."
    )


def draw(data: FigureData, narrow: bool):
    """Waits that explode at each policy's capacity; beside them the measured ones."""
    panels = 2 if data.values["runs"] else 1
    figure = chapter.canvas(narrow, panels, 4.2)
    places = chapter.boxes(
        figure,
        data.note,
        narrow,
        panels,
        ["Mean TTFT (ms), simulated", "Mean TTFT (ms), measured"],
        (0.25, 0.3),
        0.62,
        0.56,
    )
    _simulated(places[0], data)
    if panels == 2:
        _measured(places[1], data)
    theme.note(figure, data.note)
    return figure


def _simulated(axes, data: FigureData) -> None:
    """A line per policy and its capacity."""
    v = data.values
    axes.set(yscale="log", xlim=(0, max(v[name] for name in NAMES) * 1.08), ylim=(40, 6000))
    theme.log_ticks(axes.yaxis, [50, 100, 200, 500, 1000, 2000, 5000])
    axes.grid(True, axis="y")
    axes.set_xlabel("Arrivals (requests/s)")
    axes.set_xticks([0, 4, 8, 12, 16])
    for name in NAMES:
        mine = data.where(machine=v["short"], policy=name)
        axes.plot([r["rate"] for r in mine], [r["ttft"] for r in mine], color=SHADES[name], lw=1.8, ls=STYLES[name])
        axes.axvline(v[name], color=SHADES[name], lw=1.0, ls=":")
    for name in NAMES:
        words = NAMES[name]
        axes.text(
            v[name] - 0.15, 5600, words, color=SHADES[name], ha="right", va="top", fontsize=theme.NOTE, gid=theme.HALO
        )


def _measured(axes, data: FigureData) -> None:
    """Hollow and filled marks tied together, per policy and load."""
    v = data.values
    rows = [row for row in data.where(machine=v["machine"]) if row.get("measured")]
    values = [value for row in rows for value in (row["ttft"], row["low"], row["high"])]
    axes.set(
        yscale="log",
        xlim=(min(r["load"] for r in rows) - 0.1, max(r["load"] for r in rows) + 0.3),
        ylim=(min(values) / 1.4, max(values) * 1.5),
    )
    theme.log_ticks(
        axes.yaxis, [t for t in (10, 20, 50, 100, 200, 500, 1000, 2000) if min(values) / 1.4 < t < max(values) * 1.5]
    )
    axes.set_xticks(sorted({row["load"] for row in rows}))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.grid(True, axis="y")
    axes.set_xlabel("Load")
    last = 0.0
    shift = {"static": 0.0, "continuous": -0.012, "continuous-chunked": 0.012}
    for name in sorted(NAMES, key=lambda n: max(r["measured"] for r in rows if r["policy"] == n)):
        mine = [row for row in rows if row["policy"] == name]
        x = [row["load"] + shift[name] for row in mine]
        axes.plot(x, [row["ttft"] for row in mine], color=SHADES[name], lw=1.2, ls=STYLES[name])
        theme.predicted(axes, x, [row["ttft"] for row in mine], SHADES[name], size=5.5)
        chapter.bars(axes, x, [row["low"] for row in mine], [row["high"] for row in mine])
        theme.measured(axes, x, [row["measured"] for row in mine], size=5)
        last = max(mine[-1]["measured"], last * 1.25)
        axes.text(
            max(r["load"] for r in rows) + 0.04, last, NAMES[name], color=SHADES[name], va="center", fontsize=theme.NOTE
        )
