"""From how many tokens in a pass on does fusing save bytes rather than launches?"""

from generators.catalog.load import Catalog
from generators.comparison import kernels
from generators.comparison.comparison import ceilings, decode_case, measured_shape
from generators.comparison.phases import prefill_case
from generators.core import units
from vis import _palette as colour
from vis import _theme as theme
from vis._figure import FigureData

ROLE, MODEL, PROMPT = "h200", "8b", 4096
COLUMNS = {"tokens": "tokens", "bytes": "ms", "launches": "ms"}


def data(catalog: Catalog) -> FigureData:
    """What compiling the layers saved at one token, and what the bytes that fusing saves would take, by tokens in the pass."""
    record = catalog.speaker(ROLE)
    plain, compiled = (decode_case(record, MODEL, mode) for mode in ("graph", "compiled-graph"))
    shape, chip = measured_shape(plain), catalog.accelerators[record.machine.accelerator]
    written, fused = (kernels.small_bytes(shape, 1, way) for way in ("plain", "fused"))
    each = (written - fused) / ceilings(record).copy * 1e3
    saved = (plain.seconds - compiled.seconds) * 1e3
    cache = chip.last_level_cache.quantity
    values = {
        "machine": catalog.machine_label(record),
        "model": MODEL.upper(),
        "launches": saved,
        "turn": units.number_text(saved / each, 2),
        "bytes": each * PROMPT,
        "measured": prefill_case(record, MODEL, PROMPT).seconds * 1e3,
        "fits": cache.value / (kernels.WIDTH * shape.d_ff),
    }
    rows = [{"tokens": 2**n, "bytes": each * 2**n, "launches": saved} for n in range(14)]
    return FigureData(COLUMNS, rows, values)


def _conclusion(data: FigureData) -> str:
    v = data.values
    return f"Below {v['turn']} tokens, fusing saves more by launches than by bytes"


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    v = data.values
    return (
        f"{_conclusion(data)}. Time that fusing saves in a pass of an {v['model']} model on the {v['machine']}, by tokens in the pass, both logarithmic. "
        f"Launches and gaps: {v['launches']:.2f} ms, measured at one token, the same at any number. Bytes: in proportion to the tokens, {v['bytes']:.1f} ms at {PROMPT:,}; up to about {v['fits']:,.0f} tokens the widest tensor fits into the cache, and the bytes save less."
    )


def caption(data: FigureData) -> str:
    """How to read it."""
    return "Dot: measured, plain against compiled CUDA graph. Lines: estimates, the bytes at the measured copy bandwidth; dashed where the tensors fit into the L2 cache. A compiled prefill has not been measured."


def draw(data: FigureData, narrow: bool):
    """A flat line for launches and a slope for bytes, crossing once."""
    size, v = theme.page_size(narrow), data.values
    headings = (_conclusion(data), "Saved per pass (ms)", "Tokens in the pass")
    axes, _ = theme.chart(data, narrow, (4.6, 5.0), headings, (0.66, 0.15, 0.05))
    axes.set(xscale="log", yscale="log", xlim=(0.8, 9000), ylim=(0.002, 45))
    theme.log_ticks(axes.xaxis, [1, 16, 256, PROMPT] if narrow else [1, 4, 16, 64, 256, 1024, PROMPT])
    theme.log_ticks(axes.yaxis, [0.01, 0.1, 1, 10])
    each = v["bytes"] / PROMPT
    axes.plot([1, v["fits"]], [each, each * v["fits"]], color=colour.MEMORY, lw=2.0, ls=(0, (4, 2)))
    axes.plot([v["fits"], 8192], [each * v["fits"], each * 8192], color=colour.MEMORY, lw=2.4)
    axes.axhline(v["launches"], color=colour.OVERHEAD, lw=2.0)
    theme.measured(axes, [1], [v["launches"]])
    theme.predicted(axes, [PROMPT], [v["bytes"]], edge=colour.MEMORY, size=8)
    turn = v["launches"] / each
    theme.predicted(axes, [turn], [v["launches"]], size=8)
    words = {"fontsize": size, "gid": theme.HALO, "zorder": 7}
    axes.text(
        1.15,
        v["launches"] * 1.25,
        f"launches and gaps:\n{v['launches']:.2f} ms",
        color=colour.MUTED,
        va="bottom",
        **words,
    )
    axes.text(turn * 1.25, v["launches"] / 1.25, f"{v['turn']} tokens", va="top", **words)
    axes.text(
        24, each * 24 / 1.6, "bytes, at most:\nthe tensors fit\ninto the cache", color=colour.MEMORY, va="top", **words
    )
    axes.text(
        PROMPT / 1.3,
        v["bytes"] * 1.25,
        f"bytes: {v['bytes']:.0f} ms",
        color=colour.MEMORY,
        ha="right",
        va="bottom",
        **words,
    )
    axes.text(8000, 0.0032, "● measured   ○ estimated", color=colour.MUTED, ha="right", va="center", **words)
    return axes.figure
