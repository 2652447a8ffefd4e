"""Tables of prefill and decode: critical tokens, times to first token, chunks, workloads, and moving the cache."""

from __future__ import annotations

from generators.comparison.workloads import QUOTES, workloads
from generators.numbers.registry import Numbers
from generators.tables.registry import Table, named_table


@named_table
def critical_tokens(n: Numbers, *chips: str) -> Table:
    """Ridge point of the named chips and the critical tokens with weights of sixteen, eight and four bits that are multiplied at sixteen."""
    rows = []
    for c in chips:
        sixteen = "bf16" if "bf16" in n.catalog.accelerators[c].peaks() else "fp16"
        rows.append(
            [
                n.catalog.accelerators[c].name,
                n.link(f"{c}.ridge-point"),
                n.link(f"{c}.critical-tokens.{sixteen}"),
                n.link(f"{c}.critical-tokens.int4-g128"),
            ]
        )
    return Table(
        [
            "Chip",
            "Ridge point, 16 bits >",
            "Critical tokens, 16-bit weights >",
            "4-bit weights, multiplied at 16 bits >",
        ],
        rows,
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
    rows = []
    for id_, row in n.catalog.published.items():
        if id_.startswith("trt-7b-"):
            chip = n.catalog.accelerators[row.accelerator]
            rows.append(
                [
                    chip.name,
                    n.catalog.formats[row.format].name.split(" ")[0],
                    f"{row.context:,.0f}",
                    n.link(f"quoted-prefill.{id_}.bound"),
                    n.link(f"quoted.{id_}"),
                    n.link(f"quoted-prefill.{id_}.of-bound"),
                ]
            )
    return Table(["Chip", "Format", "Prompt >", "Bound >", "Quoted >", "Share of the bound >"], rows)


@named_table
def two_roofs(n: Numbers) -> Table:
    """One engine's prefill and decode of one model on chips, their ratio, and the critical tokens that predict it."""
    rows = []
    for id_, row in n.catalog.published.items():
        if id_.startswith("llama-cpp-7b-f16-") and id_.endswith("-prefill"):
            decode, chip = id_.removesuffix("-prefill"), row.accelerator
            rows.append(
                [
                    n.catalog.accelerators[chip].name,
                    n.link(f"quoted.{id_}"),
                    n.link(f"quoted.{decode}"),
                    n.link(f"quoted.{id_}.over.{decode}"),
                    n.link(f"{chip}.critical-tokens.fp16"),
                ]
            )
    return Table(["Chip", "Prefill of 512 >", "Decode, batch 1 >", "Prefill ÷ decode >", "Critical tokens >"], rows)


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
    rows = []
    for one in workloads(n.catalog):
        shares = [
            n.link(f"cost-share.{model}.{format_}.{chip}.b{b}.p{one.prompt:.0f}.a{one.answer:.0f}") for b in batches
        ]
        rows.append(
            [
                one.label.capitalize(),
                n.link(f"workload.{one.id}.ratio"),
                *shares,
                n.link(f"quoted.{one.id}-prompt"),
                n.link(f"quoted.{one.id}-answer"),
                words[QUOTES[one.id][1]],
            ]
        )
    heads = [
        "Workload",
        "Prompt ÷ answer >",
        *(f"Prefill's share, batch {b} >" for b in batches),
        "Prompt >",
        "Answer >",
        "Lengths",
    ]
    return Table(heads, rows)


@named_table
def moving_a_cache(n: Numbers, format_: str, chip: str, context: str, *models: str) -> Table:
    """Cache of one sequence of the named models, the time to move it over two links, and to compute it on the chip."""
    rows = [
        [
            n.catalog.models[m].name,
            n.link(f"{m}.kv.s{context}"),
            n.link(f"move.{m}.connectx-7-port.s{context}"),
            n.link(f"prefill.{m}.{format_}.{chip}.s{context}.time"),
            n.link(f"move-share.{m}.{format_}.{chip}.connectx-7-port.s{context}"),
            n.link(f"move.{m}.nvlink-4-one-way.s{context}"),
        ]
        for m in models
    ]
    heads = [
        "Model",
        "Cache >",
        "Over a network port >",
        "Prefill, at least >",
        "Network over prefill >",
        "Over NVLink >",
    ]
    return Table(heads, rows)
