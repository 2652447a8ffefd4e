"""How fast must a link be for fetching a KV cache to beat computing it again?"""

from generators.catalog import model_inputs
from generators.catalog.load import Catalog
from generators.comparison.phases import prefill_case
from generators.model import cache
from vis import _palette as colour
from vis import _theme as theme
from vis._chapter2 import CHIP, CONTEXT, FORMAT, MEASURED, MODEL, ROLE, axes_of
from vis._figure import FigureData

MODELS = (MODEL, "qwen3-0.6b")  # the second is the exception: a small model with a large cache
CONTEXTS = [float(round(2 ** (quarter / 4))) for quarter in range(16, 69)]
LINK = "pcie-gen5-both-ways"
COLUMNS = {"model": "", "context": "tokens", "link": "GB/s", "fetch": "ms", "recompute": "ms", "mark": ""}


def data(catalog: Catalog) -> FigureData:
    """For each model, the link at which both take equally long; the chip's host link; and the same with a measured prefill."""
    chip, stored, record = catalog.accelerators[CHIP], catalog.formats[FORMAT], catalog.speaker(ROLE)
    device, form = model_inputs.device(chip, stored.rate), model_inputs.number_format(stored)
    host = catalog.published[LINK].quantity.to("GB/s") / 2
    rows = []
    for id_ in MODELS:
        model, shape = catalog.models[id_], model_inputs.shape(catalog.models[id_])
        for context in sorted({c for c in CONTEXTS if c <= model.context} | {float(min(model.context, CONTEXTS[-1]))}):
            rows.append(
                {
                    "model": model.name,
                    "context": context,
                    "mark": "limit",
                    "link": cache.break_even_link(shape, form, device, context) / 1e9,
                    "fetch": cache.fetch_time(shape, form, context, host * 1e9) * 1e3,
                    "recompute": cache.recompute_time(shape, form, device, context) * 1e3,
                }
            )
    shape, seconds = model_inputs.shape(catalog.models[MODEL]), prefill_case(record, MEASURED, CONTEXT).seconds
    fetch = cache.fetch_time(shape, form, float(CONTEXT), host * 1e9)
    rows.append(
        {
            "model": catalog.models[MODEL].name,
            "context": float(CONTEXT),
            "mark": "measured",
            "link": host * fetch / seconds,
            "fetch": fetch * 1e3,
            "recompute": seconds * 1e3,
        }
    )
    highest = {
        catalog.models[id_].name: max(row["link"] for row in rows if row["model"] == catalog.models[id_].name)
        for id_ in MODELS
    }
    values = {
        "chip": catalog.machine_label(record),
        "host": host,
        "highest": highest,
        "model": catalog.models[MODEL].name,
        "above": [name for name, link in highest.items() if link > host],
        "measured": rows[-1]["link"],
    }
    return FigureData(COLUMNS, rows, values)


def _conclusion(data: FigureData) -> str:
    v = data.values
    return f"{v['model']} on an {v['chip']}: over {_up(v['highest'][v['model']])} GB/s, fetching the cache beats computing it again"


def _up(value: float) -> str:
    """One digit after the point, rounded up: a limit to stay above."""
    return f"{-(-value * 10 // 1) / 10:.1f}"


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    v = data.values
    return (
        f"{_conclusion(data)}. A line of break-even against context divides fetching, above it, from computing again, below. The host's {v['host']:.0f} GB/s lies far above; "
        f"{v['above'][0]}, the other line, asks for up to {_up(v['highest'][v['above'][0]])} GB/s. A dot: {v['measured']:.1f} GB/s with the measured prefill."
    )


def caption(data: FigureData) -> str:
    """How to read it."""
    return (
        "Lines: from datasheets, 16 bits; they rise while the prefill waits for the weights and fall where attention adds to each token. "
        "Dot: the same with the prefill that this book measured; a slower prefill lowers a line. A fetch over the link is not measured."
    )


def draw(data: FigureData, narrow: bool):
    """The running model's line between two named regions, the exception's line, the host's link, and the measured dot."""
    v, size = data.values, theme.page_size(narrow)
    figure = theme.canvas(narrow, 4.6, 5.2)
    axes = axes_of(figure, data, narrow, _conclusion(data), "Link to the host (GB/s)", "Context (tokens)", 0.35)
    axes.set(xscale="log", yscale="log", xlim=(16, 131072), ylim=(0.3, 200))
    theme.log_ticks(axes.xaxis, [16, 256, 4096, 65536])
    theme.log_ticks(axes.yaxis, [1, 10, 100])
    main, other = (data.where(model=name, mark="limit") for name in v["highest"])
    across, up = [r["context"] for r in main], [r["link"] for r in main]
    axes.fill_between(across, up, [200] * len(up), color=colour.MEMORY_REGION, lw=0)
    axes.fill_between(across, [0.3] * len(up), up, color=colour.COMPUTE_REGION, lw=0)
    axes.plot(across, up, color=colour.INK, lw=2.4)
    axes.plot([r["context"] for r in other], [r["link"] for r in other], color=colour.MUTED, lw=1.6, ls=(0, (5, 2)))
    axes.axhline(v["host"], color=colour.INK, lw=1.2, ls=":")
    dots = data.where(mark="measured")
    theme.measured(axes, [r["context"] for r in dots], [r["link"] for r in dots], size=9)
    said = {"fontsize": size, "gid": theme.HALO}
    axes.text(
        110_000,
        v["host"] * 1.1,
        f"PCIe 5.0, one way: {v['host']:.0f}" if not narrow else f"PCIe 5.0: {v['host']:.0f}",
        ha="right",
        va="bottom",
        **said,
    )
    axes.text(300, 22, "fetch it", color=colour.MEMORY, weight="bold", ha="left", va="center", **said)
    axes.text(300, 0.6, "compute it again", color=colour.COMPUTE, weight="bold", ha="left", va="center", **said)
    x, y = dots[0]["context"], dots[0]["link"]
    axes.text(x, 0.75 * y, f"measured\nbreak-even: {y:.1f}", ha="center", va="top", **said)
    axes.text(125_000, 13, v["above"][0], color=colour.MUTED, ha="right", va="center", **said)
    return figure
