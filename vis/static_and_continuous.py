"""What do requests wait for when a batch must end before the next begins?"""

import statistics

from generators.catalog.load import Catalog
from generators.comparison import serving
from vis import _palette as colour
from vis import _theme as theme
from vis._figure import FigureData

SHOWN, SLOTS, FIRST = ("static", "continuous"), serving.SLOTS, serving.FIRST
COLUMNS = {
    "policy": "",
    "request": "number",
    "arrival": "ms",
    "begun": "ms",
    "first": "ms",
    "finish": "ms",
    "answer": "tokens",
}


def data(catalog: Catalog) -> FigureData:
    """The first requests of one trace, typical by how much it gains, under two policies with few slots, simulated on the chapter's chip."""
    price = serving.chapter_price(catalog)
    chip, model = catalog.accelerators[serving.CHIP], catalog.models[serving.MODEL]
    rows, values = [], {"chip": chip.short.split(" ")[0], "model": model.name}
    for name in SHOWN:
        mine = [
            {
                "policy": name,
                "request": at + 1,
                "arrival": one.arrival * 1e3,
                "begun": one.begun * 1e3,
                "first": one.first * 1e3,
                "finish": one.finish * 1e3,
                "answer": one.answer,
            }
            for at, one in enumerate(serving.moments(serving.small_run(price, name)))
        ]
        rows += mine
        values[f"{name} ttft"] = serving.small_wait(price, name) * 1e3
    cuts = serving.over_seeds(price, "cut.drawn-wait")
    values |= {"low": cuts[0], "median": statistics.median(cuts), "high": cuts[-1], "traces": len(cuts)}
    return FigureData(COLUMNS, rows, values)


def _conclusion(data: FigureData) -> str:
    v = data.values
    return (
        f"The same {FIRST} requests get their first token after {v['static ttft']:.0f} ms with static batching, "
        f"{v['continuous ttft']:.0f} ms with continuous"
    )


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    v = data.values
    return (
        f"{_conclusion(data)}, in the mean. {FIRST} requests in {SLOTS} slots, {v['model']} on one {v['chip']}, simulated, as bars in time: "
        "with static batching they wait in gray until the longest answer of the batch before has ended, with continuous batching until a place is free. "
        f"Over {v['traces']} traces, this one among them, continuous batching cuts this wait {v['low']:.1f}- to {v['high']:.0f}-fold, in the median {v['median']:.1f}-fold."
    )


def caption(data: FigureData) -> str:
    """How to read it."""
    return f"Simulated: each row is a request, in order of arrival, with {SLOTS} slots; every pass takes its limit on an {data.values['chip']}."


def draw(data: FigureData, narrow: bool):
    """Waiting, prompt and answer of each request, one policy above the other on one clock."""
    size = theme.page_size(narrow)
    floor, each, gap = theme.floor(data.note, narrow) + 0.05, 1.7, 0.35
    head = (4 if narrow else 2) * theme.TITLE_LINE + 0.75
    figure = theme.canvas(narrow, floor + 2 * each + gap + head)
    top = theme.conclusion(figure, _conclusion(data)) + 0.05
    height = figure.get_size_inches()[1]
    last = max(row["finish"] for row in data.rows)
    for at, name in enumerate(SHOWN):
        bottom = floor + (gap + each if at == 0 else 0)
        axes = theme.box(figure, 0.15, bottom, 0.2, height - bottom - each)
        rows = data.where(policy=name)
        axes.set(xlim=(0, last * 1.01), ylim=(FIRST + 0.6, 0.4))
        axes.set_yticks([])
        axes.tick_params(labelsize=size)
        axes.set_xticks([0, 500, 1000])
        axes.grid(True, axis="x")
        if at == 0:
            axes.tick_params(labelbottom=False)
        else:
            axes.set_xlabel("Time (ms); a row is a request", fontsize=size)
        axes.text(0, 0.15, name.capitalize(), fontsize=size, va="bottom", weight="bold")
        for start, end, shade, width in (
            ("arrival", "begun", colour.GRID, 9.0),
            ("begun", "first", colour.COMPUTE, 9.0),
            ("first", "finish", colour.MEMORY, 9.0),
        ):
            lines = [[(row[start], row["request"]), (row[end], row["request"])] for row in rows]
            _chains(axes, lines, color=shade, lw=width)
    _key(figure, size, top, narrow)
    theme.note(figure, data.note)
    return figure


def _key(figure, size: float, top: float, narrow: bool) -> None:
    """The three colors, named in one line under the conclusion."""
    width, height = figure.get_size_inches()
    x = 0.12
    for words, shade, wide in (
        ("waits", colour.OVERHEAD, 0.8),
        ("reads prompt", colour.COMPUTE, 1.42),
        ("writes answer", colour.MEMORY, 1.4),
    ):
        patch = colour.GRID if words == "waits" else shade
        figure.text(x / width, 1 - top / height, "■", fontsize=size, color=patch, va="top")
        figure.text((x + 0.19) / width, 1 - top / height, words, fontsize=size, color=shade, va="top")
        x += wide * (0.97 if narrow else 1.15)


def _chains(axes, series: list[list[tuple[float, float]]], **style) -> None:
    """Several lines of one style as one broken path, to keep the file small."""
    gap = (float("nan"), float("nan"))
    points = [point for line in series for point in (*line, gap)]
    axes.plot([x for x, _ in points], [y for _, y in points], **style)
