"""The models: one table of all, and one page each with its shape and its parameters published against counted."""

from collections.abc import Iterator

from generators.catalog import model_inputs
from generators.catalog.llm import LanguageModel
from generators.catalog.load import Catalog
from generators.core import units
from generators.core.escape import plain
from generators.model.inputs import Format
from generators.model.memory import kv_bytes_per_token
from generators.model.parameters import active_parameter_count, parameter_count
from generators.site import in_the_book
from generators.site.in_the_book import Chapters
from generators.site.markdown import grouped, link, page, source_brief, source_link, table, trail
from generators.site.page import Page

FOLDER = "reference/models"
SIXTEEN_BITS = Format(weight=2.0, other=2.0, kv=2.0)
SHAPE_WORDS = {
    "layers": "Layers, L",
    "d_model": "Model width, d",
    "heads": "Query heads, H",
    "kv_heads": "KV heads, H_kv",
    "head_dim": "Head width, d_h",
    "d_ff": "MLP width, d_ff",
    "vocab": "Vocabulary, V",
    "tied_embeddings": "Embedding and head share one table",
    "gated_mlp": "Gated MLP",
    "qkv_bias": "Bias on Q, K, V",
    "output_bias": "Bias on the output projection",
    "mlp_bias": "Bias in the MLP",
    "norm_bias": "Bias in norms",
    "norms_per_layer": "Norms per layer",
    "qk_norm": "Norm on queries and keys",
    "attention_sinks": "Attention sinks",
    "position_embeddings": "Learned positions",
    "moe.experts": "Routed experts per layer",
    "moe.active": "Routed experts per token",
    "moe.shared": "Shared experts",
    "moe.d_ff": "Expert width",
    "moe.dense_layers": "Layers with a dense MLP",
    "moe.biases": "Bias in experts",
    "mla.kv_rank": "MLA: width of the cached latent",
    "mla.q_rank": "MLA: width of the query latent",
    "mla.rope_dim": "MLA: rotary width",
    "mla.nope_dim": "MLA: other key width",
    "mla.v_dim": "MLA: value width",
    "window.size": "Sliding window, tokens",
    "window.layers": "Layers with a sliding window",
}


def pages(catalog: Catalog, chapters: Chapters) -> Iterator[Page]:
    """The index and one page per model."""
    yield Page(f"{FOLDER}/index.md", _index(catalog), "data/models")
    for model in catalog.models.values():
        yield Page(f"{FOLDER}/{model.id}.md", _one(model, catalog, chapters), f"data/models/{model.id}.toml")


def _index(catalog: Catalog) -> str:
    models = sorted(catalog.models.values(), key=lambda model: (model.family.lower(), model.parameters.quantity.value))
    rows = [
        [
            link(model.name, f"{model.id}.md"),
            str(model.year),
            billions(model.parameters.quantity.value),
            billions(_active(model)) if _mixture(model) else "",
            model.attention,
            f"{model_inputs.shape(model).layers:.0f}",
            f"{model.context:,}",
            kv_text(model),
        ]
        for model in models
    ]
    headings = ("Model", "Year", "Parameters", "Active", "Attention", "Layers", "Context", "KV cache per token")
    description = (
        f"Shapes of {len(models)} open language models: parameters, attention, layers and bytes of KV cache per token."
    )
    blocks = [
        "Shapes come from the published configurations.\n"
        "KV cache per token is counted at 16 bits, over all layers, while no sliding window is full.",
        table(headings, rows, (1, 2, 3, 5, 6, 7)),
    ]
    return page("Models", description, blocks, wide=True)


def billions(count: float) -> str:
    """A number of parameters as people say it: 6.74 billion."""
    return (
        f"{units.number_text(count / 1e9, 3)} billion"
        if count >= 0.9995e9
        else f"{units.number_text(count / 1e6, 3)} million"
    )


def kv_text(model: LanguageModel) -> str:
    """KV-cache bytes of one token at 16 bits, in KiB."""
    size = kv_bytes_per_token(model_inputs.shape(model), SIXTEEN_BITS) / 1024
    return f"{units.number_text(size, max(3, len(str(int(size)))))} KiB"


def _mixture(model: LanguageModel) -> bool:
    return any(part.experts > 0 for part in model_inputs.shape(model).parts)


def _active(model: LanguageModel) -> float:
    if model.active_parameters:
        return model.active_parameters.quantity.value
    return active_parameter_count(model_inputs.shape(model))


def _one(model: LanguageModel, catalog: Catalog, chapters: Chapters) -> str:
    size = kv_bytes_per_token(model_inputs.shape(model), SIXTEEN_BITS)
    blocks = [
        trail(("Reference", "../index.md"), ("Models", "index.md")),
        f"{plain(model.publisher)}, {model.year}, {plain(model.family)} family.\n"
        f"Attention: {plain(model.attention)}; trained for contexts of {model.context:,} tokens.",
        in_the_book.block(model.id, chapters, model=model.id),
        plain(model.note),
        "## Parameters, published and counted",
        _parameters(model, catalog),
        "## KV cache",
        f"One more token adds **{size:,.0f} bytes** ({kv_text(model)}) at 16 bits per value, over all layers, "
        "while no sliding window is full.",
        *_published_kv(model, catalog),
        "## Shape",
        table(("Dimension", "Value"), _shape_rows(model), (1,)),
        f"From {source_link(model.source, catalog.sources, '../')}; the row itself is `data/models/{model.id}.toml`.",
    ]
    description = (
        f"{model.name}: layers, heads, widths, parameters published and counted, and bytes of KV cache per token."
    )
    return page(model.name, description, blocks, wide=True)


def _parameters(model: LanguageModel, catalog: Catalog) -> str:
    shape = model_inputs.shape(model)
    pairs = [("All", model.parameters, parameter_count(shape))]
    if _mixture(model):
        pairs.append(("Used by one token", model.active_parameters, active_parameter_count(shape)))
    rows = []
    for name, published, counted in pairs:
        if published is None:
            rows.append([name, "", "", f"{counted:,.0f}", "", ""])
            continue
        off = counted / published.quantity.value - 1
        rows.append(
            [
                name,
                published.as_printed,
                grouped(published.value.removesuffix(" parameters")),
                f"{counted:,.0f}",
                "exact" if off == 0 else f"{off:+.2%}".replace("-", "−"),
                source_brief(published.source, catalog.sources, "../"),
            ]
        )
    heads = "Parameters", "As printed", "Exactly", "Counted from the shape", "Difference", "Source"
    notes = [f"{name}: {plain(one.note)}" for name, one, _ in pairs if one is not None and one.note]
    return "\n\n".join([table(heads, rows, (2, 3, 4)), *notes])


def _published_kv(model: LanguageModel, catalog: Catalog) -> list[str]:
    datum = model.kv_bytes_per_token
    if datum is None:
        return []
    source = source_link(datum.source, catalog.sources, "../")
    return [f"Published: {plain(grouped(datum.value))}, printed as “{plain(datum.as_printed)}” ({source})."]


def _shape_rows(model: LanguageModel) -> Iterator[list[str]]:
    if model.shape is None:
        yield from ([key, _reported(value)] for key, value in model.config.items())
        return
    shape = model.shape.model_dump(exclude_none=True)
    flat = {}
    for field, value in shape.items():
        flat |= {f"{field}.{inner}": v for inner, v in value.items()} if isinstance(value, dict) else {field: value}
    for field, value in flat.items():
        if value is False or (value == 0 and "." in field) or (field == "position_embeddings" and not value):
            continue
        words = SHAPE_WORDS.get(field, field)
        yield [words, "yes" if value is True else f"{value:,}"]


def _reported(value: object) -> str:
    """A value of a configuration; of a long list, how often each of its words stands in it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list) and len(value) > 6 and all(isinstance(one, (str, int)) for one in value):
        return ", ".join(f"{value.count(one)} × {one}" for one in dict.fromkeys(value))
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return f"{value:,}" if isinstance(value, int) else str(value)
