"""How much of its speed does a model keep as the context grows, by its kind of attention?"""

from generators.catalog import model_inputs
from generators.catalog.load import Catalog
from generators.comparison.cache import context_pairs
from generators.model import roofline
from generators.model.inputs import Pass
from vis import _palette as colour
from vis import _theme as theme
from vis._chapter2 import CHIP, FORMAT, axes_of
from vis._figure import FigureData

#: Kind of attention -> a model of about seven billion parameters with it; of the latent one, the smallest there is.
MODELS = {"MHA": "llama-2-7b", "GQA": "llama-3.1-8b", "MLA": "deepseek-v2-lite", "window": "mistral-7b-v0.1"}
#: Published pairs in 16 bits of models whose shape is drawn; Llama 3 8B has that of Llama 3.1 8B.
PAIRS = {"calm-llama-2-7b-short": "MHA", "calm-later-llama-2-7b-short": "MHA", "calm-later-llama-3-8b-short": "GQA"}
CONTEXTS = [float(round(2 ** (half / 4))) for half in range(28, 69)]
COLUMNS = {"attention": "", "model": "", "context": "tokens", "share": "% of empty", "within": "", "mark": ""}


def data(catalog: Catalog) -> FigureData:
    """Rate of four models as a share of their own at no context, and what published pairs kept."""
    chip, stored = catalog.accelerators[CHIP], catalog.formats[FORMAT]
    device, form = model_inputs.device(chip, stored.rate), model_inputs.number_format(stored)
    rows, values, sources = [], {}, frozenset()
    for kind, id_ in MODELS.items():
        model = catalog.models[id_]

        def seconds(context: float, model=model) -> float:
            return roofline.step(model_inputs.shape(model), form, device, Pass(1.0, 1.0, context)).time

        empty = seconds(1.0)
        for context in sorted({*CONTEXTS, float(model.context)}):
            rows.append(
                {
                    "attention": kind,
                    "model": model.name,
                    "context": context,
                    "share": empty / seconds(context) * 100,
                    "within": "yes" if context <= model.context else "beyond",
                    "mark": "limit",
                }
            )
        values[f"{kind} left"] = empty / seconds(CONTEXTS[-1])
        values[f"{kind} model"] = model.name
    for pair in context_pairs(catalog):
        if pair.short in PAIRS:
            rows.append(
                {
                    "attention": PAIRS[pair.short],
                    "model": catalog.models[pair.model].name,
                    "share": 100 / pair.observed,
                    "context": float(catalog.published[pair.long].context),
                    "mark": "published",
                }
            )
            sources |= pair.sources
    return FigureData(COLUMNS, rows, values | {"longest": CONTEXTS[-1]}, sources)


def _conclusion(data: FigureData) -> str:
    v = data.values
    return f"At {v['longest']:,.0f} tokens, {v['GQA model']} keeps {v['GQA left']:.0%} of its speed; one with windows in every layer keeps {v['window left']:.0%}"


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    v = data.values
    return (
        f"{_conclusion(data)}. Four falling lines of decode speed against context, each a share of the model's own speed at no context: multi-head attention falls to "
        f"{v['MHA left']:.0%}, grouped queries to {v['GQA left']:.0%}, a latent cache to {v['MLA left']:.0%}. The lines are dotted past the context that a model is published for. Published runs at about four thousand tokens lie on their lines."
    )


def caption(data: FigureData) -> str:
    """How to read it."""
    return (
        "Lines: limits at batch 1 in 16 bits, from the bytes alone; dotted beyond the context that a model is published for. "
        "Diamonds: published pairs of runs of one engine on an RTX 4090, whose rates are whole tokens per second."
    )


def draw(data: FigureData, narrow: bool):
    """Four lines from one corner, named at the right end, and the published diamonds on them."""
    v, size = data.values, theme.page_size(narrow)
    figure = theme.canvas(narrow, 4.4, 4.9)
    axes = axes_of(
        figure,
        data,
        narrow,
        _conclusion(data),
        "One user's speed, share of that at no context (%)",
        "Context (tokens)",
        1.2 if narrow else 2.25,
    )
    axes.set(xscale="log", xlim=(CONTEXTS[0], CONTEXTS[-1]), ylim=(0, 103))
    theme.log_ticks(axes.xaxis, [128, 2048, 32768] if narrow else [128, 1024, 8192, 65536])
    axes.set_yticks([0, 25, 50, 75, 100])
    last = -10.0
    for kind in sorted(MODELS, key=lambda kind: v[f"{kind} left"]):
        rows = data.where(attention=kind, mark="limit")
        inside = [row for row in rows if row["within"] == "yes"]
        axes.plot([r["context"] for r in inside], [r["share"] for r in inside], color=colour.MEMORY, lw=2.2)
        beyond = [inside[-1], *(row for row in rows if row["within"] == "beyond")]
        axes.plot([r["context"] for r in beyond], [r["share"] for r in beyond], color=colour.MEMORY, lw=1.6, ls=":")
        last = max(rows[-1]["share"], last + (15 if narrow else 18))
        name = rows[0]["model"].removesuffix(" v0.1").replace("DeepSeek-", "DeepSeek-\n" if narrow else "DeepSeek-")
        words = f"{kind}, {rows[-1]['share']:.0f}%\n{name}" if not narrow else f"{kind}, {rows[-1]['share']:.0f}%"
        axes.text(CONTEXTS[-1] * 1.2, last, words, va="center", fontsize=size, linespacing=1.1)
    quotes = data.where(mark="published")
    theme.quoted(axes, [row["context"] for row in quotes], [row["share"] for row in quotes], 9)
    axes.text(160, 16, "◆ published", color=colour.MUTED, fontsize=size, va="center")
    axes.text(160, 6, "⋯ beyond its published context", color=colour.MUTED, fontsize=size, va="center")
    return figure
