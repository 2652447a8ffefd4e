"""What do requests wait for when a batch must end before the next begins, and does the simulator know?"""

from __future__ import annotations

import statistics

from generators.book.load import Book
from generators.evidence import serving, serving_runs
from vis import _chapter4 as chapter
from vis import _palette as colour
from vis import _theme as theme
from vis._figure import AWAITED, FigureData

SHOWN, LOAD, PLACES, FIRST = ("static", "continuous"), 0.8, 4, 24
COLUMNS = {
    "policy": "", "request": "number", "arrival": "s", "begun": "s", "first": "s", "finish": "s",
    "measured first": "s", "measured finish": "s", "answer": "tokens",
}  # fmt: skip


def data(book: Book) -> FigureData:
    """One trace under two policies: measured beside its simulation where the record has it, else simulated on the chapter's chip."""
    served = [one for one in serving_runs.measured_runs(book) if one.policy.name in SHOWN and one.load == LOAD]
    if len(served) == len(SHOWN):
        rows = [row for one in served for row in _rows(one.policy.name, serving.moments(one.simulated), one)]
        values = _compared(served) | {
            "machine": served[0].machine,
            "places": served[0].policy.batch,
            "rate": served[0].rate,
        }
        sources, records = frozenset(), frozenset(one.record for one in served)
    else:
        price = serving.chapter_price(book)
        rate = LOAD * serving.small_capacity(price, PLACES)
        runs = {name: serving.moments(serving.small_run(price, name, PLACES, rate, FIRST)) for name in SHOWN}
        rows = [row for name, told in runs.items() for row in _rows(name, told, None)]
        chip, model = book.accelerators[serving.CHIP], book.models[serving.MODEL]
        values = {"machine": chip.short, "places": PLACES, "rate": rate, "measured": ""}
        sources, records = frozenset({chip.memory.bandwidth.source, model.source}), frozenset()
    for name in SHOWN:
        mine = [row for row in rows if row["policy"] == name]
        values[f"{name} ttft"] = statistics.mean(row["first"] - row["arrival"] for row in mine)
        values[f"{name} end"] = max(row["finish"] for row in mine)
    return FigureData(COLUMNS, rows, values | {"count": len(rows) // len(SHOWN)}, sources, records)


def _rows(policy: str, told: list[serving.Moments], served: serving_runs.Served | None) -> list[dict]:
    """When each request came, was taken up, gave its first token and its last."""
    rows = []
    for number, one in enumerate(told):
        row = {
            "policy": policy,
            "request": number + 1,
            "arrival": one.arrival,
            "begun": one.begun,
            "first": one.first,
            "finish": one.finish,
            "answer": one.answer,
        }
        if served:
            row["measured first"] = one.arrival + served.ttft[number].seconds
            row["measured finish"] = one.arrival + served.finish[number].seconds
        rows.append(row)
    return rows


def _compared(served: list[serving_runs.Served]) -> dict:
    """Measured means and the errors of the simulation."""
    values = {"measured": "yes"}
    for one in served:
        values |= {
            f"{one.policy.name} measured": one.mean_ttft,
            f"{one.policy.name} error": one.error("ttft"),
            f"{one.policy.name} busy": one.error("busy"),
        }
    return values


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    v = data.values
    words = (
        f"One trace of {v['count']} requests, {v['places']} places, {v['machine']}: with static batching a request waits for the last answer of the batch before, with continuous batching for a free place; "
        f"the mean time to first token falls from {v['static ttft']:.2f} s to {v['continuous ttft']:.2f} s, simulated"
    )
    if not v["measured"]:
        return words + "."
    return words + f", and from {v['static measured']:.2f} s to {v['continuous measured']:.2f} s, measured."


def caption(data: FigureData) -> str:
    """How to read it."""
    v = data.values
    words = f"A line per request in order of arrival, {v['rate']:.1f} requests a second: thin while it waits, blue while its prompt is read, orange while its answer is decoded. "
    if not v["measured"]:
        return words + f"Simulated for the chapter's model on one {v['machine']}. {AWAITED}"
    return words + (
        "Bars: simulated by the scheduler that served the model, passes priced with two rates fitted to other runs. Filled marks: measured first and last token, medians of three plays. "
        f"Error of the simulated mean time to first token: {v['static error']:+.0%} static, {v['continuous error']:+.0%} continuous; of the time busy: {v['static busy']:+.0%} and {v['continuous busy']:+.0%}."
    )


def draw(data: FigureData, narrow: bool):
    """Two panels on one time axis, a line per request."""
    figure = chapter.canvas(narrow, 2, 4.4, 3.5)
    headings = ["Static batching, request by request", "Continuous batching"]
    places = chapter.boxes(figure, data.note, narrow, 2, headings, (0.2, 0.2), 0.4)
    last = max(max(row["finish"], row.get("measured finish", 0.0)) for row in data.rows)
    for axes, name in zip(places, SHOWN, strict=True):
        _panel(axes, data, name, last)
    theme.note(figure, data.note)
    return figure


def _panel(axes, data: FigureData, name: str, last: float) -> None:
    """Waiting, prompt and answer of each request."""
    v, rows = data.values, data.where(policy=name)
    axes.set(xlim=(0, last * 1.02), ylim=(len(rows) + 0.8, 0.2))
    axes.set_yticks([1, len(rows) // 2, len(rows)])
    axes.set_xlabel("Time (s)")
    step = next(step for step in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100) if last / step < 5)
    axes.set_xticks([step * at for at in range(int(last / step) + 1)])
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    for start, end, shade, width in (
        ("arrival", "begun", colour.MUTED, 0.8),
        ("begun", "first", colour.COMPUTE, 4.5),
        ("first", "finish", colour.MEMORY, 4.5),
    ):
        chapter.chains(
            axes, [[(row[start], row["request"]), (row[end], row["request"])] for row in rows], color=shade, lw=width
        )
    if v["measured"]:
        for column in ("measured first", "measured finish"):
            axes.plot(
                [row[column] for row in rows],
                [row["request"] for row in rows],
                "o",
                ls="none",
                mfc=colour.INK,
                mec=colour.SURFACE,
                mew=0.5,
                ms=3.6,
                zorder=6,
            )
    words = [f"mean TTFT {v[f'{name} ttft']:.2f} s, simulated"]
    if v["measured"]:
        words.append(f"{v[f'{name} measured']:.2f} s, measured")
    for line, word in enumerate(words):
        axes.text(
            0.98,
            0.98 - 0.07 * line,
            word,
            transform=axes.transAxes,
            ha="right",
            va="top",
            fontsize=theme.NOTE,
            gid=theme.HALO,
        )
