"""How fast must a link be for fetching a KV cache to beat computing it again?"""

from __future__ import annotations

from generators import catalogue
from generators.book.load import Book
from generators.model import cache
from vis import _palette as colour
from vis import _theme as theme
from vis._figure import FigureData
from vis._subject import CHIP, FORMAT

MODELS = ("qwen3-0.6b", "llama-2-7b", "llama-3.1-8b", "qwen2.5-32b")  # each fits on the chip
CONTEXTS = [float(round(2 ** (half / 2))) for half in range(8, 35)]
LINKS = (("pcie-gen4-both-ways", 2.0, "PCIe 4.0, one way"), ("pcie-gen4-measured", 1.0, "as measured"))
COLUMNS = {"model": "", "context": "tokens", "link": "GB/s", "fetch": "ms", "recompute": "ms", "mark": ""}


def data(book: Book) -> FigureData:
    """For each model, the link at which both take equally long, and two links of one chip's host."""
    chip, stored = book.accelerators[CHIP], book.formats[FORMAT]
    device, form = catalogue.device(chip, stored.rate), catalogue.number_format(stored)
    host = book.published[LINKS[0][0]].quantity.to("GB/s") / LINKS[0][1]
    rows, values = [], {"chip": chip.name, "short": chip.short, "host": host}
    for id_ in MODELS:
        model, shape = book.models[id_], catalogue.shape(book.models[id_])
        most = float(min(model.context, CONTEXTS[-1]))
        for context in sorted({c for c in CONTEXTS if c <= most} | {most}):
            link = cache.break_even_link(shape, form, device, context) / 1e9
            rows.append({"model": model.name, "context": context, "link": link, "mark": "predicted",
                         "fetch": cache.fetch_time(shape, form, context, host * 1e9) * 1e3,
                         "recompute": cache.recompute_time(shape, form, device, context) * 1e3})  # fmt: skip
    for id_, ways, label in LINKS:
        rows.append({"model": label, "link": book.published[id_].quantity.to("GB/s") / ways, "mark": "quoted"})
    highest = {row["model"]: 0.0 for row in rows if row["mark"] == "predicted"}
    for row in rows:
        if row["mark"] == "predicted":
            highest[row["model"]] = max(highest[row["model"]], row["link"])
    values |= {"highest": highest, "above": [name for name, link in highest.items() if link > host]}
    sources = {book.published[id_].source for id_, _, _ in LINKS} | {book.models[id_].source for id_ in MODELS}
    sourced = catalogue.sourced_device(chip, stored.rate)
    return FigureData(COLUMNS, rows, values, frozenset(sources) | sourced.bandwidth.sources | sourced.peak.sources)


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    v = data.values
    below = min(v["highest"], key=v["highest"].get)
    return (
        f"The link at which fetching a KV cache takes as long as computing it again on one {v['chip']}, against context, both logarithmic: at most {v['highest'][below]:.2g} GB/s for {below} "
        f"but {v['highest'][v['above'][0]]:.0f} GB/s for {v['above'][0]}, the only one of those drawn for which the host's {v['host']:.0f} GB/s can be too slow."
    )


def caption(data: FigureData) -> str:
    """How to read it."""
    return (
        "Predicted from datasheets, 16-bit weights and cache. Above its line, a model's cache is fetched sooner than computed; below, it is the other way round. "
        "Each line rises while the prefill waits for the weights however few tokens it has, and falls where attention makes long prefills dearer per token. "
        "A real prefill is slower than the bound, which lowers every line. A measurement is awaited from a GPU behind a PCIe link, such as an H100 PCIe."
    )


def draw(data: FigureData, narrow: bool):
    """A line per model under (or over) the host's links."""
    figure = theme.canvas(narrow, 4.0, 4.4)
    theme.heading(figure, "Link at break-even (GB/s)")
    axes = theme.box(figure, 0.55, theme.floor(data.note, narrow), 1.25 if not narrow else 1.15, 0.36)
    axes.set(xscale="log", yscale="log", xlim=(16, 131072), ylim=(0.1, 100))
    theme.log_ticks(axes.xaxis, [16, 128, 1024, 8192, 65536] if not narrow else [16, 512, 16384])
    theme.log_ticks(axes.yaxis, [0.1, 1, 10, 100])
    axes.grid(True)
    axes.set_xlabel("Context (tokens)")
    for row in data.where(mark="quoted"):
        axes.axhline(row["link"], color=colour.MUTED, lw=1.4, ls="-" if "one way" in row["model"] else "--")
    one = data.where(mark="quoted")[0]
    words = f"PCIe 4.0, {one['link']:.0f} one way" + ("" if narrow else "; dashed: measured by others")
    theme.say(axes, 130_000, 1.45 * one["link"], words, colour.MUTED, "right", "bottom", halo=True)
    words = "fetching is sooner above a model's line,\ncomputing again below it"
    if narrow:
        words = "above a line: fetch\nbelow it: compute"
    axes.text(100_000, 0.13, words, ha="right", va="bottom", color=colour.INK, fontsize=theme.NOTE)
    ends = []
    for name in dict.fromkeys(row["model"] for row in data.where(mark="predicted")):
        rows = data.where(model=name)
        axes.plot([r["context"] for r in rows], [r["link"] for r in rows], color=colour.MEMORY, lw=1.8)
        ends.append((rows[-1]["link"], rows[-1]["context"], name))
    last = 0.0
    for link, context, name in sorted(ends):
        if context < 50_000:
            place = ((-4, 5), "right", "bottom") if context < 10_000 else ((4, 0), "left", "center")
            axes.annotate(
                name,
                (context, link),
                place[0],
                textcoords="offset points",
                ha=place[1],
                va=place[2],
                fontsize=theme.NOTE,
                gid=theme.HALO,
            )
            continue
        last = max(link, last * 1.45)
        axes.text(150_000, last, name, va="center", fontsize=theme.NOTE)
    theme.note(figure, data.note)
    return figure
