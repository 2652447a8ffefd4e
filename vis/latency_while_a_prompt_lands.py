"""How long do others wait for their next token while a prompt is read?"""

from math import ceil

from generators.catalog.load import Catalog
from generators.comparison import prefill_interference, simulation
from vis import _palette as colour
from vis import _shapes as shapes
from vis import _theme as theme
from vis._figure import FigureData

CHIP, MODEL, FORMAT = "h200-sxm", "llama-3.1-8b", "bf16"
BATCH, CONTEXT, PROMPT, READ = 32, 2048, 8192, (None, 512, 128)
BEFORE, AFTER = 6, 30.0  # passes drawn before the prompt, and ms after the last of the three has its first token
COLUMNS = {"read": "", "end": "ms", "latency": "ms", "prompt": "tokens", "binds": ""}


def data(catalog: Catalog) -> FigureData:
    """Every token of the sequences that decode while a prompt is read whole and in chunks: when it comes, and how long it took."""
    price = simulation.chip_price(catalog, CHIP, MODEL, FORMAT)
    runs = [prefill_interference.land(price, BATCH, CONTEXT, PROMPT, chunk, (BEFORE, 1)) for chunk in READ]
    end = max(run.first_token for run in runs) * 1e3 + AFTER
    after = ceil(end / (runs[0].before * 1e3))
    rows, values = [], {"end": end, "before": runs[0].before * 1e3, "worst": {}, "first": {}}
    for chunk in READ:
        run = prefill_interference.land(price, BATCH, CONTEXT, PROMPT, chunk, (BEFORE, after))
        read = f"in chunks of {chunk}" if chunk else "read whole"
        rows += [
            {"read": read, "end": one.end * 1e3, "latency": one.seconds * 1e3, "prompt": one.prompt, "binds": one.binds}
            for one in run.passes
            if one.end * 1e3 <= end
        ]
        values["worst"][read], values["first"][read] = run.worst * 1e3, run.first_token * 1e3
    chip, model = catalog.accelerators[CHIP], catalog.models[MODEL]
    values |= {"chip": chip.short.split(" ")[0], "model": model.name}
    return FigureData(COLUMNS, rows, values)


def _conclusion(data: FigureData) -> str:
    whole, chunked, _ = data.values["worst"].values()
    return f"Read whole, a prompt stalls everyone for {whole:.0f} ms; in chunks of {READ[1]}, for {chunked:.0f} ms"


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    v = data.values
    shown = ", ".join(f"{read} at {first:.0f} ms" for read, first in v["first"].items())
    return (
        f"{_conclusion(data)}. Three time lines with a tick for each token that {BATCH} others get while a prompt of {PROMPT:,} is read, {v['model']} on one {v['chip']}: every {v['before']:.1f} ms before, then a gap. "
        f"The prompt's own first token comes {shown}."
    )


def caption(data: FigureData) -> str:
    """How to read it."""
    return f"Predicted from the datasheet, {BATCH} sequences at contexts of {CONTEXT:,}; a measurement on an {data.values['chip']} is awaited."


def draw(data: FigureData, narrow: bool):
    """Three time lines: a tick for each token of the others, a bar where the prompt is being read, a square at its first token."""
    v, size = data.values, theme.page_size(narrow)
    floor = theme.floor(data.note, narrow) + 0.05
    figure = theme.canvas(narrow, floor + 3.55, floor + 4.15)
    key = f"Limits. Ticks: tokens of the {BATCH} others", "square: the prompt's first token"
    top = theme.headline(figure, _conclusion(data), ("\n" if narrow else "; ").join(key)) + 0.2 * narrow
    axes = theme.box(figure, 0.15, floor, 0.15, top + 0.02)
    start = data.rows[0]["end"] - data.rows[0]["latency"]
    axes.set(xlim=(start, v["end"]), ylim=(3.0, 0.0))
    axes.spines["left"].set_visible(False)
    axes.set_yticks([])
    axes.set_xticks([0, 100, 200, 300])
    axes.tick_params(labelsize=size)
    axes.set_xlabel("Time since the prompt arrived (ms)", fontsize=size)
    for at, (read, worst) in enumerate(v["worst"].items()):
        rows, first = data.where(read=read), v["first"][read]
        gap = float("nan")  # all ticks as one path keep the file small
        shapes.bar(axes, 0, at + 0.5, first, 0.34, colour.COMPUTE_REGION)
        ends = [row["end"] for row in rows]
        axes.plot(
            [x for end in ends for x in (end, end, gap)],
            [y for _ in ends for y in (at + 0.5, at + 0.84, gap)],
            color=colour.INK,
            lw=1.1,
        )
        axes.plot([first], [at + 0.67], "s", mfc=colour.COMPUTE, mec=colour.SURFACE, mew=1.0, ms=9, zorder=6)
        words = f"{read[0].upper()}{read[1:]}: " + (
            f"a gap of {worst:.0f} ms" if at == 0 else f"at most {worst:.0f} ms"
        )
        axes.text(start, at + 0.28, words, fontsize=size, va="center", weight="bold" if at == 0 else "normal")
    words = "reading" if narrow else "prompt being read"
    middle = v["first"]["read whole"] / 2
    axes.text(middle, 0.67, words, fontsize=size, va="center", ha="center", color=colour.COMPUTE)
    theme.note(figure, data.note)
    return figure
