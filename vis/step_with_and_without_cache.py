"""How long does a step take with a KV cache and without one, and what binds it?"""

from generators.catalog import model_inputs
from generators.catalog.load import Catalog
from generators.comparison.comparison import decode_case
from generators.comparison.phases import prefill_case
from generators.model import cache as kv_cache
from generators.model import roofline
from generators.model.inputs import Pass
from vis import _palette as colour
from vis import _theme as theme
from vis._chapter2 import CHIP, CONTEXT, FORMAT, MEASURED, MODEL, ROLE, axes_of
from vis._figure import FigureData

CONTEXTS = [1.0, *(256.0 * step for step in range(1, 17))]
COLUMNS = {"cache": "", "context": "tokens", "time": "ms", "low": "ms", "high": "ms", "binds": "", "mark": ""}
WITH, WITHOUT = "with", "without"


def data(catalog: Catalog) -> FigureData:
    """Least times of both steps on one chip, and the prefill and the decode step that its record holds in one mode."""
    chip, stored, model = catalog.accelerators[CHIP], catalog.formats[FORMAT], catalog.models[MODEL]
    device = model_inputs.device(chip, stored.rate)
    shape, form, rows = model_inputs.shape(model), model_inputs.number_format(stored), []
    for context in CONTEXTS:
        with_it = roofline.step(shape, form, device, Pass(1.0, 1.0, context))
        for cached, step in ((WITH, with_it), (WITHOUT, kv_cache.uncached_step(shape, form, device, context))):
            rows.append(
                {"cache": cached, "context": context, "time": step.time * 1e3, "binds": step.binds, "mark": "limit"}
            )
    record = catalog.speaker(ROLE)
    step = decode_case(record, MEASURED, "graph")
    for cached, context, case in (
        (WITH, float(step.parameters["context"]), step),
        (WITHOUT, float(CONTEXT), prefill_case(record, MEASURED, CONTEXT)),
    ):
        low, high = case.interval
        rows.append(
            {
                "cache": cached,
                "context": context,
                "time": case.seconds * 1e3,
                "low": low * 1e3,
                "high": high * 1e3,
                "mark": "measured",
            }
        )
    at = {
        (row["cache"], row["mark"]): row["time"]
        for row in rows
        if row["context"] == CONTEXT or row["mark"] == "measured"
    }
    values = {
        "chip": catalog.machine_label(record),
        "model": model.name,
        "context": CONTEXT,
        "short": step.parameters["context"],
        "with": at[WITH, "limit"],
        "without": at[WITHOUT, "limit"],
        "ratio": at[WITHOUT, "limit"] / at[WITH, "limit"],
        "measured with": at[WITH, "measured"],
        "measured without": at[WITHOUT, "measured"],
    }
    return FigureData(COLUMNS, rows, values)


def _conclusion(data: FigureData) -> str:
    v = data.values
    return f"By the limits, token {v['context'] + 1:,} takes {v['ratio']:.0f} times as long without a cache"


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    v = data.values
    return (
        f"{_conclusion(data)}. The least time of a step of {v['model']} on one {v['chip']} stays near {v['with']:.1f} ms with a KV cache, "
        f"and climbs to {v['without']:.0f} ms at {v['context']:,} tokens without one. Measured: {v['measured without']:.0f} ms without, "
        f"and {v['measured with']:.1f} ms with one at {v['short']:.0f} tokens."
    )


def caption(data: FigureData) -> str:
    """How to read it."""
    return (
        f"Lines: limits of {data.values['model']} on one {data.values['chip']}, batch 1, 16 bits. Dots: measured for this book, medians, random weights in a plain CUDA graph; "
        "a step without a cache is the prefill of as many tokens."
    )


def draw(data: FigureData, narrow: bool):
    """Two lines from the same corner, one flat and one rising, with a measured dot on either."""
    v, size = data.values, theme.page_size(narrow)
    figure = theme.canvas(narrow, 4.3, 4.6)
    axes = axes_of(figure, data, narrow, _conclusion(data), "Time for one token (ms)", "Tokens before it", 0.3)
    axes.set(xlim=(0, CONTEXT * 1.04), ylim=(0, v["measured without"] * 1.08))
    axes.set_xticks([0, 2048, 4096] if narrow else [0, 1024, 2048, 3072, 4096])
    axes.set_yticks([0, 50, 100])
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    for cached, shade in ((WITHOUT, colour.COMPUTE), (WITH, colour.MEMORY)):
        rows = data.where(cache=cached, mark="limit")
        axes.plot([row["context"] for row in rows], [row["time"] for row in rows], color=shade, lw=2.4)
        dots = data.where(cache=cached, mark="measured")
        theme.measured(axes, [row["context"] for row in dots], [row["time"] for row in dots], size=9)
    said = {"fontsize": size, "gid": theme.HALO}
    line = {row["context"]: row["time"] for row in data.where(cache=WITHOUT, mark="limit")}
    at = 0.5625 * CONTEXT
    axes.text(
        at - 60,
        line[at] + (20 if narrow else 6),
        f"without a cache,\nlimit: math, {v['without']:.0f} ms",
        color=colour.COMPUTE,
        ha="right",
        va="bottom",
        **said,
    )
    words = f"with: reading, {v['with']:.1f} ms" if narrow else f"with a cache, limit: reading, {v['with']:.1f} ms"
    axes.text(CONTEXT - 60, v["with"] + 3, words, color=colour.MEMORY, ha="right", va="bottom", **said)
    axes.plot([CONTEXT] * 2, [v["with"], v["without"]], color=colour.MUTED, lw=1.2, ls=":")
    axes.text(CONTEXT - 60, 0.55 * v["without"], f"{v['ratio']:.0f} times", ha="right", va="center", **said)
    axes.text(
        CONTEXT - (150 if narrow else 90),
        v["measured without"],
        f"measured without: {v['measured without']:.0f} ms",
        ha="right",
        va="center",
        **said,
    )
    words = f"measured with:{chr(10) if narrow else ' '}{v['measured with']:.1f} ms"
    leader = {"arrowstyle": "-", "color": colour.MUTED, "lw": 0.8}
    place = {"xytext": (2, 24), "textcoords": "offset points", "ha": "left", "va": "bottom"}
    axes.annotate(words, (v["short"], v["measured with"]), arrowprops=leader, **place, **said)
    return figure
