"""Tables of the KV cache: its size in every model, what fits beside the weights, and fewer bits."""

from generators.numbers import chapter2_context, chapter2_measured
from generators.numbers.registry import Numbers
from generators.tables.registry import Table, by_columns, named_table

KINDS = {"mha": "MHA", "gqa": "GQA", "mqa": "MQA", "mla": "MLA", "window": "MHA with a window"}
FITS = "a100-driver-memory.times.vllm-memory-share"


@named_table
def kv_of_every_model(n: Numbers) -> Table:
    """KV cache of every model of one kind of layer beside the naive formula's answer, largest first."""
    row = n.catalog.models
    return by_columns(
        sorted(n.catalog.alike, key=lambda m: (-n[f"{m}.kv.s8192"].value, row[m].name)),
        ("Model", lambda m: row[m].name),
        ("Attention", lambda m: row[m].attention + beyond(row[m].context, 8192)),
        ("Per token, while no window is full >", lambda m: n.link(f"{m}.kv-per-token")),
        ("Naive / true >", lambda m: n.link(f"{m}.naive-error")),
        ("Sequence of 8,192 >", lambda m: n.link(f"{m}.kv.s8192")),
        ("Naive / true >", lambda m: n.link(f"{m}.naive-error.s8192")),
    )


def beyond(published: int, context: int) -> str:
    """Words for a model that is not published for so long a text."""
    return f"; published for {published:,}" if published < context else ""


@named_table
def cache_fits(n: Numbers, *models: str) -> Table:
    """Sequences of 2,048 tokens that fit beside 16-bit weights of the named models, by what 80 is taken to mean."""
    return by_columns(
        models,
        ("Model", lambda m: n.catalog.models[m].name),
        ("Weights >", lambda m: n.link(f"{m}.bf16.stored")),
        ("One sequence of 2,048 >", lambda m: n.link(f"{m}.kv.s2048")),
        ("Fit in eighty GB >", lambda m: n.link(f"{m}.bf16.fits.gb80.s2048")),
        ("Fit in eighty GiB >", lambda m: n.link(f"{m}.bf16.fits.gib80.s2048")),
        ("Fit in vLLM's default share of the driver's figure >", lambda m: n.link(f"{m}.bf16.fits-in.{FITS}.s2048")),
    )


@named_table
def full_steps(n: Numbers, *chips: str) -> Table:
    """Capacity, bandwidth, and the time of a step that reads all of the memory, for the named chips."""
    return by_columns(
        chips,
        ("Chip", lambda c: n.catalog.accelerators[c].name),
        ("Capacity >", lambda c: n.link(f"{c}.capacity")),
        ("Bandwidth >", lambda c: n.link(f"{c}.bandwidth")),
        ("Step that reads it all >", lambda c: n.link(f"full-step.{c}")),
    )


@named_table
def kv_precision(n: Numbers, model: str, format_: str, chip: str, *caches: str) -> Table:
    """Bits per cached value, sequences of 2,048 tokens that fit, and the speed-up of a step, for the named caches."""
    on = f"{model}.{format_}.{chip}"
    words = {"8-bit": "8 bits", "4-bit-g32": "4 bits, groups of 32", "2-bit-g32": "2 bits, groups of 32"}
    return by_columns(
        caches,
        ("Cache", lambda c: words[c]),
        ("Bits per value, scales counted >", lambda c: n.link(f"kv-bits.{c}")),
        ("Sequences of 2,048 that fit >", lambda c: n.link(f"kv-bits.{c}.{on}.largest-batch.s2048")),
        ("Faster step, batch 1, context of 4,096 >", lambda c: n.link(f"kv-bits.{c}.{on}.b1.s4096.speedup")),
        ("Faster step, batch 32, context of 2,048 >", lambda c: n.link(f"kv-bits.{c}.{on}.b32.s2048.speedup")),
    )


@named_table
def cache_steps(n: Numbers) -> Table:
    """Steps with and without the cache, measured on this book's CPU, beside what the same record's ceilings predict."""
    heads = ["Context >", "With the cache >", "Predicted >", "Without >", "Predicted >", "Without over with >"]
    rows = []
    for context in chapter2_measured.contexts(n, "cpu"):
        of = [
            f"cpu.cache-step.{name}.s{context}.{what}" for name in ("with", "without") for what in ("time", "predicted")
        ]
        rows.append([f"{context:,}", *(n.link(id_) for id_ in of), n.link(f"cpu.cache-step.s{context}.ratio")])
    return Table(heads, rows or [["a measurement is awaited", *[""] * 5]])


@named_table
def context_steps(n: Numbers) -> Table:
    """Slow-down of full decode steps from the shortest to the longest context measured, by kind of attention."""
    heads = [
        "Attention",
        "Query heads per cached entry >",
        "FLOP per cached byte >",
        "Slow-down by bytes >",
        "By products of as many rows >",
        "Measured >",
    ]
    columns = ("rows", "intensity", "predicted", "by-products", "observed")
    rows = [
        [
            KINDS.get(kind, kind),
            *(_link_if_timed(n, f"cpu.context.{kind}.{what}") for what in columns),
        ]
        for kind in chapter2_context.kinds(n, "cpu")
    ]
    return Table(heads, rows or [["a measurement is awaited", *[""] * 5]])


def _link_if_timed(n: Numbers, id_: str) -> str:
    """A link, or words where a record lacks the product of as many rows that a number rests on."""
    try:
        return n.link(id_)
    except KeyError as missing:
        if "rows-sweep" not in str(missing):
            raise
        return "not timed"
