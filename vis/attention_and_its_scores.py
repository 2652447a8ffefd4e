"""For whom does keeping the scores of attention on the chip matter: a prompt, or the token after it?"""

import math

from generators.catalog import model_inputs
from generators.catalog.load import Catalog
from generators.comparison import kernels
from generators.core import units
from vis import _palette as colour
from vis import _theme as theme
from vis._figure import FigureData
from vis._subject import H200, LLAMA

TOLD, CONTEXTS = 4096, [2**n for n in range(8, 18)]
COLUMNS = {"phase": "", "context": "tokens", "plain": "ms", "fused": "ms"}


def data(catalog: Catalog) -> FigureData:
    """Time of attention of one layer by the datasheet, with the scores written down and without, for both phases."""
    shape, device = (
        model_inputs.shape(catalog.models[LLAMA]),
        model_inputs.sourced_device(catalog.accelerators[H200], "bf16"),
    )

    def time(phase: str, way: str, context: int) -> float:
        work = kernels.attention(shape, phase, way, context)
        return max(work.bytes / device.bandwidth.value, work.flop / device.peak.value) * 1e3

    capacity = catalog.accelerators[H200].memory.capacity.quantity
    full = math.isqrt(int(capacity.value / (shape.heads * kernels.WIDTH)))  # the longest prompt whose scores fit
    rows = [
        {"phase": phase, "context": at, **{way: time(phase, way, at) for way in ways}}
        for phase in ("prefill", "decode")
        for at in sorted({*CONTEXTS, full})
        for ways in [("plain", "fused") if phase == "decode" or at <= full else ("fused",)]
    ]
    values = {
        "chip": catalog.accelerators[H200].short.split(" ")[0],
        "model": catalog.models[LLAMA].name,
        "full": full,
        "capacity": units.number_text(capacity.value / 1e9, 3),
    }
    values |= {row["phase"]: row["plain"] / row["fused"] for row in rows if row["context"] == TOLD}
    return FigureData(COLUMNS, rows, values)


def _conclusion(data: FigureData) -> str:
    v = data.values
    return f"At {TOLD:,} tokens keeping the scores on the chip allows {v['prefill']:.1f}× in prefill and {v['decode']:.2f}× in decode"


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    v = data.values
    shown = "; ".join(
        f"{r['phase']} at {TOLD:,} tokens {r['plain']:.3g} ms written and {r['fused']:.3g} ms fused"
        for r in data.where(context=TOLD)
    )
    return (
        f"{_conclusion(data)}. Time by the datasheet of the attention of one layer of {v['model']} on an {v['chip']} against the context, both logarithmic, in two panels: {shown}. "
        f"In prefill the two lines lie far apart, and the lower one is the math; the upper one ends at {round(v['full'], -2):,} tokens, where the scores alone fill the {v['capacity']} GB of the memory. In decode they lie on each other."
    )


def caption(data: FigureData) -> str:
    """How to read it."""
    return "By the datasheet, BF16, one user, no measurement. Fused: limits. Scores written: an estimate, each score and its share written and read once; a cache may keep some. Both axes logarithmic."


def draw(data: FigureData, narrow: bool):
    """Two panels of one scale: far apart, and on each other."""
    size, memory = theme.page_size(narrow), colour.MEMORY
    figure = theme.canvas(narrow, 4.6, 6.8)
    top = theme.headline(figure, _conclusion(data), "Time of one layer, by the datasheet")
    width, height = figure.get_size_inches()
    low, high = (theme.floor(data.note, narrow) + 0.05) / height, 1 - (top + 0.05) / height
    grid = {"left": 0.75 / width, "right": 1 - 0.15 / width, "bottom": low, "top": high, "wspace": 0.1, "hspace": 0.27}
    panels = figure.subplots(*((2, 1) if narrow else (1, 2)), sharey=True, gridspec_kw=grid)
    words = {"fontsize": size, "gid": theme.HALO, "zorder": 7}
    for axes, phase in zip(panels, ("prefill", "decode"), strict=True):
        first, rows, gain = phase == "prefill", data.where(phase=phase), data.values[phase]
        axes.set(xscale="log", yscale="log", xlim=(CONTEXTS[0] / 1.2, CONTEXTS[-1] * 1.2), ylim=(1e-4, 3e3))
        theme.log_ticks(axes.xaxis, [256, TOLD, 65_536])
        theme.log_ticks(axes.yaxis, [0.001, 0.1, 10, 1000])
        axes.set_yticks([0.001, 0.1, 10, 1000], ["1 µs", "100 µs", "10 ms", "1 s"])
        axes.tick_params(labelsize=size)
        axes.grid(True, axis="y")
        axes.set_xlabel("" if first and narrow else "Context (tokens)", fontsize=size)
        written, fused = [row for row in rows if "plain" in row], colour.COMPUTE if first else memory
        axes.plot(
            [row["context"] for row in written], [row["plain"] for row in written], color=memory, lw=2.0, ls=(0, (4, 2))
        )
        axes.plot(
            [row["context"] for row in rows], [row["fused"] for row in rows], color=fused, lw=2.2 if first else 1.4
        )
        (shown,) = data.where(phase=phase, context=TOLD)
        axes.plot([TOLD, TOLD], [1e-4, shown["plain"]], color=colour.MUTED, lw=0.9, ls=":")
        theme.predicted(axes, [TOLD, TOLD], [shown["plain"], shown["fused"]])
        axes.text(
            TOLD * 0.75,
            shown["plain"] * 1.4,
            f"{gain:.1f}×" if first else f"{gain:.2f}×",
            weight="bold",
            ha="right",
            va="bottom",
            **words,
        )
        axes.text(CONTEXTS[0] * 1.1, 1.1e3, phase, weight="bold", va="center", **words)
        if first:
            x, y = written[-1]["context"], written[-1]["plain"]
            axes.plot([x], [y], "x", color=memory, ms=9, mew=2.4)
            axes.text(
                x * 0.75, y, f"scores fill {data.values['capacity']} GB", color=memory, ha="right", va="bottom", **words
            )
        axes.text(CONTEXTS[0] * 1.2, shown["plain"] * 11, "scores written", color=memory, va="center", **words)
        axes.text(
            TOLD * 1.5, shown["fused"] * 0.6, "fused:\nthe math" if first else "fused", color=fused, va="top", **words
        )
    theme.note(figure, data.note)
    return figure
