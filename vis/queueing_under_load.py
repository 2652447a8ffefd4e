"""How long does a request wait for its first token as more of them arrive, under three policies?"""

import statistics

from generators.catalog.load import Catalog
from generators.comparison import serving
from vis import _palette as colour
from vis import _theme as theme
from vis._figure import FigureData

NAMES = {"static": "static", "continuous": "continuous", "continuous-chunked": "with chunks"}
STYLES = {
    "static": (colour.OVERHEAD, "solid"),
    "continuous": (colour.INK, "solid"),
    "continuous-chunked": (colour.INK, (0, (4, 2))),
}
COLUMNS = {
    "policy": "",
    "load": "× capacity",
    "rate": "requests/s",
    "ttft": "ms",
    "queueing": "ms",
    "tpot": "ms",
    "batch": "tokens per pass",
}


def data(catalog: Catalog) -> FigureData:
    """Simulated loads on the chapter's chip, each policy up to nearly its own capacity."""
    price, chip, model = (
        serving.chapter_price(catalog),
        catalog.accelerators[serving.CHIP],
        catalog.models[serving.MODEL],
    )
    rows, values = [], {"chip": chip.short.split(" ")[0], "model": model.name, "share": serving.SHARES[-2]}
    for name in NAMES:
        values[name] = serving.capacity(price, name)
        for share in serving.SHARES:
            load = serving.at_share(price, name, share)
            rows.append(
                {
                    "policy": name,
                    "load": share,
                    "rate": load.rate,
                    "ttft": load.ttft * 1e3,
                    "queueing": load.queueing * 1e3,
                    "tpot": load.tpot * 1e3,
                    "batch": load.batch,
                }
            )
    static = serving.at_share(price, "static", serving.SHARES[-2])
    same = serving.at_rate(price, "continuous", static.rate)
    cuts = serving.over_seeds(price, "cut.wait")
    values |= {"rate": static.rate, "static wait": static.ttft, "same load": same.ttft}
    values |= {"low": cuts[0], "median": statistics.median(cuts), "high": cuts[-1], "traces": len(cuts)}
    return FigureData(COLUMNS, rows, values)


def _factor(data: FigureData) -> float:
    return data.values["static wait"] / data.values["same load"]


def _conclusion(data: FigureData) -> str:
    v = data.values
    return f"At {v['rate']:.0f} requests a second, continuous batching cuts the wait for the first token {_factor(data):.0f}-fold"


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    v = data.values
    return (
        f"{_conclusion(data)}. Mean time to first token against arrivals per second, {v['model']} on one {v['chip']}, {serving.BATCH} slots, simulated; each line ends near what its policy can sustain, "
        f"static {v['static']:.0f} requests a second, continuous {v['continuous']:.0f}, with chunks of {serving.CHUNK} tokens {v['continuous-chunked']:.0f}. "
        f"At {v['share']:.0%} of what static can serve the wait is {v['static wait'] * 1e3:.0f} ms and {v['same load'] * 1e3:.0f} ms; "
        f"over {v['traces']} other traces it is cut {v['low']:.0f}- to {v['high']:.0f}-fold, in the median {v['median']:.0f}-fold."
    )


def caption(data: FigureData) -> str:
    """How to read it."""
    return (
        f"Simulated, every pass at its limit: one trace of {serving.REQUESTS} requests, stretched; each line goes up to 95 percent of its policy's capacity. "
        "The text has the spread over other traces."
    )


def draw(data: FigureData, narrow: bool):
    """Waits that climb at each policy's capacity, and one arrow between two of them."""
    v, size = data.values, theme.page_size(narrow)
    headings = (_conclusion(data), "Mean time to first token (ms)", "Requests per second")
    axes, _ = theme.chart(data, narrow, (4.7, 5.0), headings, (0.58, 0.15, 0.05))
    most = v["continuous-chunked"]
    axes.set(xlim=(0, most * 1.05), ylim=(0, 1.1 * max(r["ttft"] for r in data.rows)))
    axes.set_yticks([0, 200, 400, 600])
    axes.set_xticks([0, 10, 20, 30, 40, 50])
    words = {"fontsize": size, "gid": theme.HALO, "zorder": 7}
    for name, shown in NAMES.items():
        rows, (shade, dash) = data.where(policy=name), STYLES[name]
        axes.plot([r["rate"] for r in rows], [r["ttft"] for r in rows], color=shade, lw=2.2, ls=dash)
        place = rows[1] if name == "static" else rows[-1]
        if name == "continuous":
            place = {"rate": 0.95 * place["rate"], "ttft": place["ttft"]}
        x, y = place["rate"], place["ttft"] + 18
        axes.text(x - (most * 0.02 if name == "static" else 0), y, shown, color=shade, ha="right", va="bottom", **words)
    x, high, low = v["rate"], v["static wait"] * 1e3, v["same load"] * 1e3
    axes.annotate("", (x, low + 6), (x, high - 6), arrowprops={"arrowstyle": "->", "color": colour.INK, "lw": 1.4})
    axes.text(x + most * 0.02, (high + low) / 2, f"{_factor(data):.0f} times\nless", va="center", **words)
    return axes.figure
