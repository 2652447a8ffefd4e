"""Tables of prefill and decode: critical tokens, times to first token, chunks, workloads, and moving the cache."""

from collections.abc import Callable

from generators.comparison.workloads import QUOTES, Workload, workloads
from generators.numbers.registry import Numbers
from generators.tables.registry import Table, by_columns, named_table


@named_table
def critical_tokens(n: Numbers, *chips: str) -> Table:
    """Ridge point of the named chips and the critical tokens with weights of sixteen, eight and four bits that are multiplied at sixteen."""
    row = n.catalog.accelerators
    sixteen = {c: "bf16" if "bf16" in row[c].peaks() else "fp16" for c in chips}
    return by_columns(
        chips,
        ("Chip", lambda c: row[c].name),
        ("Ridge point, 16 bits >", lambda c: n.link(f"{c}.ridge-point")),
        ("Critical tokens, 16-bit weights >", lambda c: n.link(f"{c}.critical-tokens.{sixteen[c]}")),
        ("4-bit weights, multiplied at 16 bits >", lambda c: n.link(f"{c}.critical-tokens.int4-g128")),
    )


@named_table
def measured_passes(n: Numbers, role: str, model: str, mode: str) -> Table:
    """A decode step and the prefills of one model measured on a machine, each beside the least time that the datasheet allows."""
    record = n.catalog.speaker(role)
    rows = [["1 (decode)", *(n.link(f"{role}.decode.{model}.{mode}.{part}") for part in ("bound", "time", "of-bound"))]]
    for tokens in sorted(int(c.parameters["tokens"]) for c in record.measured("prefill", dtype="bfloat16")):
        of = f"{role}.prefill.{model}.s{tokens}"
        rows.append([f"{tokens:,}", *(n.link(f"{of}.{part}") for part in ("bound", "time", "of-bound"))])
    return Table(["Tokens in the pass >", "Limit >", "Measured >", "Limit ÷ measured >"], rows)


@named_table
def first_token_quotes(n: Numbers) -> Table:
    """Quoted first-token latencies beside the least time that the datasheet allows."""
    row = n.catalog.published
    return by_columns(
        (id_ for id_ in row if id_.startswith("trt-7b-")),
        ("Chip", lambda id_: n.catalog.accelerators[row[id_].accelerator].name),
        ("Format", lambda id_: n.catalog.formats[row[id_].format].name.split(" ")[0]),
        ("Prompt >", lambda id_: f"{row[id_].context:,.0f}"),
        ("Bound >", lambda id_: n.link(f"quoted-prefill.{id_}.bound")),
        ("Quoted >", lambda id_: n.link(f"quoted.{id_}")),
        ("Share of the bound >", lambda id_: n.link(f"quoted-prefill.{id_}.of-bound")),
    )


@named_table
def two_roofs(n: Numbers) -> Table:
    """One engine's prefill and decode of one model on chips, their ratio, and the critical tokens that predict it."""
    row, ending = n.catalog.published, "-prefill"
    return by_columns(
        (id_.removesuffix(ending) for id_ in row if id_.startswith("llama-cpp-7b-f16-") and id_.endswith(ending)),
        ("Chip", lambda decode: n.catalog.accelerators[row[decode + ending].accelerator].name),
        ("Prefill of 512 >", lambda decode: n.link(f"quoted.{decode}{ending}")),
        ("Decode, batch 1 >", lambda decode: n.link(f"quoted.{decode}")),
        ("Prefill ÷ decode >", lambda decode: n.link(f"quoted.{decode}{ending}.over.{decode}")),
        ("Critical tokens >", lambda decode: n.link(f"{row[decode + ending].accelerator}.critical-tokens.fp16")),
    )


@named_table
def landing_chunks(
    n: Numbers, model: str, format_: str, chip: str, batch: str, context: str, tokens: str, *chunks: str
) -> Table:
    """Longest gap between tokens and time to first token while a prompt lands whole and in chunks of the named sizes."""
    of = f"landing.{model}.{format_}.{chip}.b{batch}.s{context}.p{tokens}"
    rows = [["whole", n.link(f"{of}.whole.worst"), n.link(f"{of}.whole.ttft"), ""]]
    rows += [
        [f"{int(c):,} tokens", n.link(f"{of}.c{c}.worst"), n.link(f"{of}.c{c}.ttft"), n.link(f"{of}.delay.c{c}")]
        for c in chunks
    ]
    return Table(["Read", "Longest gap between tokens >", "Time to first token >", "Later than whole by >"], rows)


@named_table
def workload_shares(n: Numbers, model: str, format_: str, chip: str, *batches: str) -> Table:
    """Quoted workloads: their lengths, the ratio, and the share of machine time in prefill at the named batches."""
    words = {"configured": "set by the benchmark", "medians": "medians of a trace"}

    def share(batch: str) -> Callable[[Workload], str]:
        of = f"cost-share.{model}.{format_}.{chip}.b{batch}"
        return lambda one: n.link(f"{of}.p{one.prompt:.0f}.a{one.answer:.0f}")

    return by_columns(
        workloads(n.catalog),
        ("Workload", lambda one: one.label.capitalize()),
        ("Prompt ÷ answer >", lambda one: n.link(f"workload.{one.id}.ratio")),
        *((f"Prefill's share, batch {batch} >", share(batch)) for batch in batches),
        ("Prompt >", lambda one: n.link(f"quoted.{one.id}-prompt")),
        ("Answer >", lambda one: n.link(f"quoted.{one.id}-answer")),
        ("Lengths", lambda one: words[QUOTES[one.id][1]]),
    )


@named_table
def moving_a_cache(n: Numbers, format_: str, chip: str, context: str, *models: str) -> Table:
    """Cache of one sequence of the named models, the time to move it over two links, and to compute it on the chip."""
    port = f"connectx-7-port.s{context}"
    return by_columns(
        models,
        ("Model", lambda m: n.catalog.models[m].name),
        ("Cache >", lambda m: n.link(f"{m}.kv.s{context}")),
        ("Over a network port >", lambda m: n.link(f"move.{m}.{port}")),
        ("Prefill, at least >", lambda m: n.link(f"prefill.{m}.{format_}.{chip}.s{context}.time")),
        ("Network over prefill >", lambda m: n.link(f"move-share.{m}.{format_}.{chip}.{port}")),
        ("Over NVLink >", lambda m: n.link(f"move.{m}.nvlink-4-one-way.s{context}")),
    )
