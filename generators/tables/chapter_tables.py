"""Tables that one chapter asks for."""

from __future__ import annotations

from generators.numbers.registry import Numbers
from generators.tables.registry import Table, named_table


@named_table
def batching(n: Numbers, model: str, format_: str, chip: str, context: str, *batches: str) -> Table:
    """What a batch costs and yields: bytes per step, KV share, intensity, step time, tokens/s, memory needed."""
    rows = []
    for batch in batches:
        step, on = (
            f"decode.{model}.{format_}.b{batch}.s{context}",
            f"decode.{model}.{format_}.{chip}.b{batch}.s{context}",
        )
        ids = [
            f"{step}.bytes",
            f"{step}.kv-share",
            f"{step}.intensity",
            f"{on}.time",
            f"{on}.tokens-per-s",
            f"{step}.memory-needed",
        ]
        rows.append([batch, *(n.link(id_) for id_ in ids)])
    heads = [
        "Batch >",
        "Bytes per step >",
        "KV over weights >",
        "Intensity >",
        "Step, at least >",
        "All sequences, at most >",
        "Memory needed >",
    ]
    return Table(heads, rows)
