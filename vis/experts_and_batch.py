"""How large must a batch be before a mixture of experts shares its weights as a dense model does?"""

from generators.catalog import model_inputs
from generators.catalog.load import Catalog
from generators.model import batching, parameters
from vis import _palette as colour
from vis import _theme as theme
from vis._figure import FigureData
from vis._subject import FORMAT, SECOND_MODEL

MODELS = (SECOND_MODEL, "mixtral-8x7b", "qwen3-30b-a3b", "deepseek-v3")
BATCHES = [float(2**power) for power in range(11)]
COLUMNS = {
    "model": "",
    "batch": "sequences",
    "per token": "GB",
    "reuse": "×",
    "experts read": "%",
    "tokens per expert": "tokens",
}
REUSE = 8.0


def data(catalog: Catalog) -> FigureData:
    """Weight bytes per token of a dense model and three mixtures, and how many times fewer that is than at batch 1."""
    form, rows, values = model_inputs.number_format(catalog.formats[FORMAT]), [], {}
    for id_ in MODELS:
        model, shape = catalog.models[id_], model_inputs.shape(catalog.models[id_])
        one = batching.weight_bytes_per_token(shape, form, 1.0)
        for batch in BATCHES:
            each = batching.weight_bytes_per_token(shape, form, batch)
            row = {"model": model.name, "batch": batch, "per token": each / 1e9, "reuse": one / each}
            if shape.experts:
                row["experts read"] = 100 * parameters.expected_share(shape.experts, shape.active_experts, batch)
                row["tokens per expert"] = batching.tokens_per_expert(shape.experts, shape.active_experts, batch)
            rows.append(row)
        values[f"reuse {id_}"] = next(
            row["reuse"] for row in rows if row["model"] == model.name and row["batch"] == 16.0
        )
        values[f"batch {id_}"] = next(
            b for b in range(1, 1000) if one / batching.weight_bytes_per_token(shape, form, float(b)) >= 0.99 * REUSE
        )
        values[f"name {id_}"] = model.name
    return FigureData(COLUMNS, rows, values)


def _conclusion(data: FigureData) -> str:
    v = data.values
    dense, *_, most = (v[f"batch {id_}"] for id_ in MODELS)
    return f"{REUSE:.0f} times fewer weight bytes per token takes {dense} users on a dense model, {most} on {v[f'name {MODELS[-1]}']}"


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    v = data.values
    needed = ", ".join(f"{v[f'name {id_}']} {v[f'batch {id_}']}" for id_ in MODELS)
    few = ", ".join(f"{v[f'name {id_}']} {v[f'reuse {id_}']:.1f}" for id_ in MODELS[1:])
    return (
        f"{_conclusion(data)}. How many times fewer weight bytes a token costs than at batch 1, against batch, both logarithmic; the batch that each needs for {REUSE:.0f} times: {needed}. "
        f"At batch 16 the dense model gains 16 times, {few}, because a larger batch visits more experts."
    )


def caption(data: FigureData) -> str:
    """How to read it."""
    return "Predicted, 16 bits, routing uniform and independent; trained routers visit fewer experts. A measurement is awaited from a GPU that holds one of these mixtures."


def draw(data: FigureData, narrow: bool):
    """A dense line of slope one and three mixtures that lie down before they rise, all crossing one level."""
    headings = (_conclusion(data), "Times fewer weight bytes per token", "Users in the batch")
    axes, words = theme.chart(data, narrow, (4.8, 5.2), headings, (0.62, 0.35 if narrow else 1.75, 0.05), grid="both")
    axes.set(xscale="log", yscale="log", xlim=(1, 1024), ylim=(0.9, 700))
    theme.log_ticks(axes.xaxis, [1, 4, 16, 64, 256, 1024])
    theme.log_ticks(axes.yaxis, [1, 8, 64, 512])
    axes.axhline(REUSE, color=colour.INK, lw=1.2, ls=(0, (5, 3)))
    axes.text(1000, REUSE * 1.32, f"{REUSE:.0f} times fewer", ha="right", **words)
    styles = ("solid", (0, (6, 2)), (0, (3, 1.5)), (0, (1, 1.2)))
    for at, (id_, dash) in enumerate(zip(MODELS, styles, strict=True)):
        name, batch = data.values[f"name {id_}"], data.values[f"batch {id_}"]
        rows, shade = data.where(model=name), colour.INK if at else colour.OVERHEAD
        axes.plot([r["batch"] for r in rows], [r["reuse"] for r in rows], color=shade, lw=2.0, ls=dash)
        theme.predicted(axes, [batch], [REUSE], shade)
        axes.text(
            batch * 1.04, REUSE * (1.45 if at == 0 else 0.68), f"{batch}", ha="right" if at == 0 else "left", **words
        )
        if narrow:
            axes.plot([1.3, 2.3], [460 / 1.75**at] * 2, color=shade, lw=2.0, ls=dash)
            axes.text(2.7, 460 / 1.75**at, name + ("" if at else " (dense)"), color=shade, **words)
        else:
            axes.text(1150, min(rows[-1]["reuse"], 560), name, color=shade, **words)
    return axes.figure
