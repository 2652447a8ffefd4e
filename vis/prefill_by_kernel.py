"""What does a roofline of a whole prefill leave out?"""

from generators.catalog.load import Catalog
from generators.comparison import kernels
from generators.comparison.comparison import ceilings
from generators.comparison.phases import prefill_case
from vis import _palette as colour
from vis import _shapes as shapes
from vis import _theme as theme
from vis._figure import FigureData

ROLE, MODEL, PROMPT = "h200", "8b", 4096
COLUMNS = {"part": "", "start": "ms", "time": "ms"}
WORDS = {
    "limit": "by the datasheet",
    "products": "under the math roof",
    "attention": "under the math roof",
    "small": "under the memory roof",
}
SHADES = {
    "products": colour.COMPUTE,
    "attention": colour.COMPUTE,
    "small": colour.MEMORY,
    "gaps": colour.OVERHEAD,
    "left": colour.GRID,
}


def data(catalog: Catalog) -> FigureData:
    """A measured prefill cut at its kernels, each under its own measured roof, below the limit of the pass as one point."""
    record = catalog.speaker(ROLE)
    case, chip = prefill_case(record, MODEL, PROMPT), catalog.accelerators[record.machine.accelerator]
    peak, roof = chip.peaks()["bf16"].quantity, ceilings(record)
    parts = kernels.prefill_parts(record, MODEL, PROMPT)
    whole = {"limit": case.work.flop / peak.value, "measured": case.seconds}
    rows, start = [{"part": name, "start": 0.0, "time": seconds * 1e3} for name, seconds in whole.items()], 0.0
    for part in SHADES:
        rows.append({"part": part, "start": start, "time": parts[part] * 1e3})
        start += parts[part] * 1e3
    values = {
        "machine": catalog.machine_label(record),
        "model": MODEL.upper(),
        "peak": roof.products["bfloat16"] / 1e12,
        "copy": roof.copy / 1e12,
    }
    return FigureData(COLUMNS, rows, values)


def _of(data: FigureData, part: str) -> float:
    return data.where(part=part)[0]["time"]


def _conclusion(data: FigureData) -> str:
    return (
        f"By our count up to {_of(data, 'small'):.0f} of a prefill's {_of(data, 'measured'):.0f} ms are memory traffic"
    )


def _names(data: FigureData) -> dict[str, str]:
    v = data.values
    return {
        "limit": "limit of the whole pass",
        "measured": "the whole pass, measured",
        "products": f"matrix products at {v['peak']:.0f} TFLOP/s",
        "attention": "attention at the same rate",
        "small": f"small operations at {v['copy']:.2f} TB/s",
        "gaps": "gaps between kernels",
        "left": "left over",
    }


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    v, names = data.values, _names(data)
    shown = ", ".join(f"{names[r['part']]} {r['time']:.1f} ms" for r in data.rows[2:6])
    return (
        f"{_conclusion(data)}. A prompt of {PROMPT:,} tokens through a model of {v['model']} on the {v['machine']} took {_of(data, 'measured'):.0f} ms; the limit of the whole pass is {_of(data, 'limit'):.1f} ms. "
        f"By its kernels: {shown}; {_of(data, 'left'):.1f} ms are left over."
    )


def caption(data: FigureData) -> str:
    """How to read it."""
    return "Measured for this book as a CUDA graph, median; the parts were worked out afterwards from the roofs of the same record, with each small operation's bytes counted once."


def draw(data: FigureData, narrow: bool):
    """The limit and the measured pass as bars, and under them the parts of the latter as steps to its end."""
    size, end = theme.page_size(narrow), _of(data, "measured")
    figure = theme.canvas(narrow, 5.3, 5.9)
    top = theme.conclusion(figure, _conclusion(data))
    axes = theme.box(figure, 0.12, theme.floor(data.note, narrow) + 0.05, 0.12, top + 0.05)
    axes.set(xlim=(0, end * 1.03), ylim=(len(data.rows) - 0.25, -0.55))
    axes.spines["left"].set_visible(False)
    axes.set_yticks([])
    axes.tick_params(labelsize=size)
    axes.set_xlabel(f"Time of a prompt of {PROMPT:,} tokens (ms)", fontsize=size)
    names = _names(data)
    for at, row in enumerate(data.rows):
        part, late = row["part"], row["start"] > 40
        shade = SHADES.get(part, colour.INK)
        hollow = {"edge": colour.COMPUTE, "line": 1.4} if part == "limit" else {}
        shapes.bar(axes, row["start"], at, row["time"], 0.42, colour.SURFACE if hollow else shade, **hollow)
        weight = "normal" if part in SHADES else "bold"
        time = f"{row['time']:.0f}" if part == "measured" else f"{row['time']:.1f}"
        axes.text(
            end if late else row["start"],
            at - 0.06,
            f"{names[part]}: {time} ms",
            fontsize=size,
            va="bottom",
            ha="right" if late else "left",
            weight=weight,
            gid=theme.HALO,
        )
        if part in WORDS:
            ink = colour.SURFACE if part == "products" else hollow.get("edge", shade)
            axes.text(1.5, at + 0.21, WORDS[part], fontsize=size, va="center", color=ink)
    axes.plot([end, end], [1.42, len(data.rows) - 0.25], color=colour.INK, lw=0.9, ls=":")
    theme.note(figure, data.note)
    return figure
