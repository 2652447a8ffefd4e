"""What does one layer remember of a sequence, by the kind of layer?"""

from generators.catalog import model_inputs
from generators.catalog.load import Catalog
from generators.model.inputs import Format, Part
from generators.model.memory import entries_kept
from vis import _palette as colour
from vis import _theme as theme
from vis._chapter2 import axes_of
from vis._figure import FigureData

CONTEXTS = [float(2**power) for power in range(5, 18)]
#: A layer of each kind, from a model that has it.
KINDS = {
    "full attention": ("gemma-3-27b", lambda part: part.kept > 0 and part.window == 0),
    "latent attention": ("deepseek-v3", lambda part: part.expanded > 0),
    "sliding window": ("gemma-3-27b", lambda part: part.window > 0),
    "recurrent": ("qwen3-next-80b-a3b", lambda part: part.state > 0),
}


def data(catalog: Catalog) -> FigureData:
    """Bytes that one layer of each kind keeps of a sequence at 16 bits."""
    form, rows, values = model_inputs.number_format(catalog.formats["bf16"]), [], {}
    for kind, (id_, is_it) in KINDS.items():
        model = catalog.models[id_]
        part = next(part for part in model_inputs.shape(model).parts if is_it(part))
        for context in CONTEXTS:
            size = _kept(part, form, context)
            rows.append({"kind": kind, "model": model.name, "context": context, "kept": size / 1e6})
        values[kind] = {"name": model.name, "last": size / 1e6, "each": part.kept * form.kv, "window": part.window}
    values["even"] = values["recurrent"]["last"] * 1e6 / values["full attention"]["each"]
    columns = {"kind": "", "model": "", "context": "tokens", "kept": "MB"}
    return FigureData(columns, rows, values)


def _kept(part: Part, form: Format, context: float) -> float:
    """Bytes of one layer: its cache, and its state."""
    return entries_kept(part, context) * part.kept * form.kv + part.state * form.state


def _conclusion(data: FigureData) -> str:
    v, last = data.values, CONTEXTS[-1]
    ratio = v["full attention"]["last"] / v["sliding window"]["last"]
    return (
        f"After {last:,.0f} tokens a layer of full attention keeps {ratio:.0f} times what a layer with a window keeps"
    )


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    v = data.values
    return (
        f"{_conclusion(data)}. What one layer keeps of a sequence against its length, at 16 bits: a layer of full attention in {v['full attention']['name']} reaches "
        f"{v['full attention']['last']:,.0f} MB and a latent one in {v['latent attention']['name']} {v['latent attention']['last']:.0f} MB, both still growing; "
        f"a window of {v['sliding window']['window']:,.0f} tokens stops at {v['sliding window']['last']:.1f} MB, and the state of a recurrent layer in "
        f"{v['recurrent']['name']} is {v['recurrent']['last']:.1f} MB from the first token on."
    )


def caption(data: FigureData) -> str:
    """How to read it."""
    return (
        "Predicted from published shapes, one layer and one sequence. "
        f"The state of the recurrent layer is also read and written whole in each step; a layer of full attention keeps less than it up to {data.values['even']:.0f} tokens."
    )


def draw(data: FigureData, narrow: bool):
    """Four lines with their names at the right end."""
    size = theme.page_size(narrow)
    figure = theme.canvas(narrow, 4.6, 5.2)
    axes = axes_of(
        figure,
        data,
        narrow,
        _conclusion(data),
        "Kept by one layer (MB)",
        "Context (tokens)",
        1.3 if narrow else 2.35,
        0.72,
    )
    axes.set(xscale="log", yscale="log", xlim=(CONTEXTS[0], CONTEXTS[-1]), ylim=(0.03, 2000))
    theme.log_ticks(axes.xaxis, [128, 4096, 131072] if narrow else [32, 512, 8192, 131072])
    theme.log_ticks(axes.yaxis, [0.1, 1, 10, 100, 1000])
    for kind in KINDS:
        rows = data.where(kind=kind)
        axes.plot([row["context"] for row in rows], [row["kept"] for row in rows], color=colour.MEMORY, lw=2.2)
        words = kind.replace(" ", "\n", 1) if narrow else f"{kind}\n{rows[0]['model'].removesuffix(' Instruct')}"
        axes.text(
            CONTEXTS[-1] * 1.25, rows[-1]["kept"], words, va="center", fontsize=size, color=colour.INK, linespacing=1.15
        )
    return figure
