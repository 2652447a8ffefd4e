"""Which kernels of a layer does a long prompt carry over the ridge point?"""

from generators.catalog import model_inputs
from generators.catalog.load import Catalog
from generators.comparison import kernels
from generators.core import units
from generators.model import roofline
from vis import _palette as colour
from vis import _theme as theme
from vis._figure import FigureData
from vis._subject import H200, LLAMA

PROMPT = 4096
COLUMNS = {"kernel": "", "decode": "FLOP/byte", "prefill": "FLOP/byte"}
KERNELS = (
    "matrix products",
    "attention, fused",
    "attention, scores written",
    "RMSNorm, one kernel",
    "RMSNorm, plain PyTorch",
)


def data(catalog: Catalog) -> FigureData:
    """Intensity of each kind of kernel for one token after a context, and for a prompt as long."""
    shape, device = (
        model_inputs.shape(catalog.models[LLAMA]),
        model_inputs.sourced_device(catalog.accelerators[H200], "bf16"),
    )

    def intensities(phase: str, tokens: int) -> list[float]:
        norm, flop = kernels.norm(shape, tokens), kernels.NORM_FLOP * tokens * shape.d_model
        work = [
            kernels.products(shape, tokens),
            *(kernels.attention(shape, phase, way, PROMPT) for way in ("fused", "plain")),
        ]
        return [*(one.flop / one.bytes for one in work), flop / norm.fused, flop / norm.plain]

    found = zip(KERNELS, intensities("decode", 1), intensities("prefill", PROMPT), strict=True)
    rows = [{"kernel": name, "decode": few, "prefill": many} for name, few, many in found]
    values = {
        "chip": catalog.accelerators[H200].short.split(" ")[0],
        "model": catalog.models[LLAMA].name,
        "ridge": roofline.ridge_point(device.peak, device.bandwidth).value,
    }
    return FigureData(COLUMNS, rows, values)


def _shown(value: float) -> str:
    return units.number_text(value, 2 if value < 100 else 3).removesuffix(".0")


def _conclusion(data: FigureData) -> str:
    products, _, _, norm, _ = data.rows
    return (
        f"A prompt of {PROMPT:,} lifts the matrix products from {_shown(products['decode'])} to {_shown(products['prefill'])} FLOP per byte; "
        f"RMSNorm stays at {_shown(norm['prefill'])}"
    )


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    v = data.values
    shown = "; ".join(f"{r['kernel']} {_shown(r['decode'])} and {_shown(r['prefill'])}" for r in data.rows)
    return (
        f"{_conclusion(data)}. Arithmetic intensity of the kernels of a layer of {v['model']}, for one token after {PROMPT:,} and for a prompt of {PROMPT:,}, "
        f"against the {v['chip']}'s ridge point at {v['ridge']:.0f}: {shown}."
    )


def caption(data: FigureData) -> str:
    """How to read it."""
    return "Counted, BF16; circles: one token, squares: the prompt. Written scores cross memory four times, fused ones never."


def draw(data: FigureData, narrow: bool):
    """One line for each kernel from its circle to its square, over the two sides of the ridge point."""
    size, v = theme.page_size(narrow), data.values
    figure = theme.canvas(narrow, 4.6, 5.3)
    top = theme.headline(figure, _conclusion(data), f"○ one token   □ a prompt of {PROMPT:,}")
    axes = theme.box(figure, 0.15 if narrow else 2.35, theme.floor(data.note, narrow) + 0.05, 0.15, top + 0.3)
    least, most, last = 0.02, 15_000, len(data.rows)
    axes.set(xscale="log", xlim=(least, most), ylim=(last - 0.4, -0.75))
    axes.spines["left"].set_visible(False)
    axes.set_yticks([])
    theme.log_ticks(axes.xaxis, [0.1, 1, 10, 100, 1000])
    axes.tick_params(labelsize=size)
    axes.set_xlabel("Arithmetic intensity (FLOP/byte)", fontsize=size)
    axes.axvspan(least, v["ridge"], color=colour.MEMORY_REGION, lw=0)
    axes.axvspan(v["ridge"], most, color=colour.COMPUTE_REGION, lw=0)
    axes.axvline(v["ridge"], color=colour.MUTED, lw=0.9, ls=":")
    above = {"fontsize": size, "va": "bottom", "weight": "bold", "y": -0.78}
    axes.text(v["ridge"] * 0.85, s="memory-bound", color=colour.MEMORY, ha="right", **above)
    axes.text(v["ridge"] * 1.15, s="math" if narrow else "compute-bound", color=colour.COMPUTE, ha="left", **above)
    words = {"fontsize": size, "va": "center", "gid": theme.HALO, "zorder": 7}
    for at, row in enumerate(data.rows):
        axes.text(
            *((least * 1.1, at - 0.36) if narrow else (least * 0.8, at)),
            row["kernel"],
            ha="left" if narrow else "right",
            **words,
        )
        same = row["prefill"] < 1.05 * row["decode"]
        axes.plot([row["decode"], row["prefill"]], [at, at], color=colour.MUTED, lw=1.6)
        shade = colour.COMPUTE if row["prefill"] > v["ridge"] else colour.MEMORY
        theme.predicted(axes, [row["prefill"]], [at], shade, square=True, size=12 if same else 8)
        if not same:
            axes.text(row["prefill"] * 1.35, at, _shown(row["prefill"]), ha="left", **words)
        theme.predicted(axes, [row["decode"]], [at], colour.MEMORY, size=7)
        axes.text(row["decode"] / 1.45, at, _shown(row["decode"]), ha="right", **words)
    axes.text(v["ridge"] * 0.8, last - 1, f"ridge point: {v['ridge']:.0f}", color=colour.MUTED, ha="right", **words)
    theme.note(figure, data.note)
    return figure
