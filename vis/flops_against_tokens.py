"""How many tokens must a pass hold until it waits for arithmetic instead of memory?"""

from generators.catalog import model_inputs
from generators.catalog.load import Catalog
from generators.comparison.phases import OFF_SWEEP, QUOTED_SWEEP, quoted_sweep
from vis import _palette as colour
from vis import _theme as theme
from vis._figure import FigureData

COLUMNS = {"tokens": "tokens", "time": "ms", "rate": "TFLOP/s", "roof": "TFLOP/s", "fit": "TFLOP/s", "mark": ""}
STEPS = [2.0 ** (power / 4) for power in range(49)]


def data(catalog: Catalog) -> FigureData:
    """Rates of one quoted product by tokens in flight, under the two roofs of the chip's datasheet, with a fitted knee."""
    sweep = quoted_sweep(catalog)
    used = {tokens: seconds for tokens, seconds, *_ in sweep.points}
    off = {float(tokens): catalog.published[f"{QUOTED_SWEEP}{tokens}"].quantity.value for tokens in OFF_SWEEP}
    rows = []
    for tokens in sorted({*STEPS, *used, *off}):
        flop = sweep.flop_per_token * tokens / 1e12
        row = {"tokens": tokens, "mark": "line", "fit": flop / sweep.knee.seconds(tokens)}
        row["roof"] = min(sweep.peak / 1e12, flop / (sweep.weight_bytes / sweep.bandwidth))
        if seconds := used.get(tokens) or off.get(tokens):
            mark = "stair" if tokens in off else "quoted"
            row |= {"time": seconds * 1e3, "rate": flop / seconds, "mark": mark}
        rows.append(row)
    pcie = model_inputs.device(catalog.accelerators["a100-pcie-80gb"], "fp16")
    low, high = sweep.knee.interval
    values = {
        "chip": sweep.short,
        "peak": sweep.peak / 1e12,
        "bandwidth": sweep.bandwidth / 1e12,
        "critical": sweep.critical,
        "knee": sweep.knee.tokens,
        "low": low,
        "high": high,
        "error": sweep.error,
        "pcie": pcie.peak / pcie.bandwidth,
    }
    return FigureData(COLUMNS, rows, values)


def _conclusion(data: FigureData) -> str:
    v = data.values
    return f"A matrix product on an {v['chip']} turns at {v['knee']:.0f} tokens; the datasheet says {v['critical']:.0f}"


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    v = data.values
    return (
        f"{_conclusion(data)}. Rate of one product against the tokens in it, both logarithmic: published times rise along the memory limit of {v['bandwidth']:.2f} TB/s and then stay under the peak of {v['peak']:.0f} TFLOP/s. "
        f"The knee of a curve fitted to them lies between {v['low']:.0f} and {v['high']:.0f}, so the prediction is {abs(v['error']):.0%} too {'high' if v['error'] > 0 else 'low'}."
    )


def caption(data: FigureData) -> str:
    """How to read it."""
    v = data.values
    return (
        "Diamonds: the gate and up projections of one layer of Llama 2 70B in FP16, published with the simulator Vidur; one of 136 tokens, beyond a tile's edge, falls below. "
        f"Whether the card was an SXM or a PCIe one is not known: the SXM's limits are drawn, and the PCIe's meet at {v['pcie']:.0f}."
    )


def draw(data: FigureData, narrow: bool):
    """Two limits that meet at the critical tokens, published rates under them, and the fitted knee."""
    v, size = data.values, theme.page_size(narrow)
    headings = (_conclusion(data), "Rate of one matrix product (TFLOP/s)", "Tokens in the product")
    axes, _ = theme.chart(data, narrow, (4.7, 5.0), headings, (0.62, 0.15, 0.05))
    axes.set(xscale="log", yscale="log", xlim=(0.8, 6000), ylim=(1, 700))
    theme.log_ticks(axes.xaxis, [1, 16, 256, 4096])
    theme.log_ticks(axes.yaxis, [1, 10, 100])
    turn, peak = v["critical"], v["peak"]
    words = {"fontsize": size, "gid": theme.HALO, "zorder": 7}
    axes.plot([0.8, turn], [peak * 0.8 / turn, peak], color=colour.MEMORY, lw=2.2)
    axes.plot([turn, 6000], [peak, peak], color=colour.COMPUTE, lw=2.2)
    shown = "limit: memory" if narrow else f"limit: {v['bandwidth']:.2f} TB/s of memory"
    axes.text(1.0, 75, shown, color=colour.MEMORY, **words)
    axes.text(
        5800,
        peak * 1.2,
        f"limit: {peak:.0f} TFLOP/s of math" if not narrow else "limit: math",
        color=colour.COMPUTE,
        ha="right",
        **words,
    )
    axes.plot([r["tokens"] for r in data.rows], [r["fit"] for r in data.rows], color=colour.INK, lw=1.1, zorder=4)
    known = [r for r in data.rows if r["mark"] != "line"]
    theme.quoted(axes, [r["tokens"] for r in known], [r["rate"] for r in known], 7)
    for x, low, high, shown, ha in (
        (v["knee"], 1, v["knee"] / turn * peak * 0.5, f"fitted: {v['knee']:.0f}", "right"),
        (turn, 1, peak, f"datasheet: {turn:.0f}", "left"),
    ):
        axes.plot([x, x], [low, high], color=colour.INK, lw=1.0, ls=":" if ha == "left" else "-")
        axes.text(x * (1.12 if ha == "left" else 1 / 1.12), 1.6, shown, ha=ha, va="center", **words)
    theme.quoted(axes, [380], [12], 7)
    axes.text(480, 12, "published", va="center", **words)
    axes.plot([310, 450], [5.5, 5.5], color=colour.INK, lw=1.1)
    axes.text(480, 5.5, "fitted curve", va="center", **words)
    return axes.figure
