"""Tables over the catalog: chips, storage formats, models."""

from __future__ import annotations

from generators.numbers.registry import Numbers
from generators.tables.registry import Table, named_table


@named_table
def ridge_points(n: Numbers, *chips: str) -> Table:
    """Bandwidth, dense 16-bit peak and ridge point of the named chips; of every chip that has such a peak if none is named."""
    rows = []
    for id_ in chips or every_chip(n):
        rows.append(
            [
                n.catalog.accelerators[id_].name,
                *(n.link(f"{id_}.{part}") for part in ("bandwidth", "peak", "ridge-point")),
            ]
        )
    return Table(["Chip", "Memory bandwidth >", "Dense 16-bit peak >", "Ridge point >"], rows)


def every_chip(n: Numbers) -> list[str]:
    """Ids of all chips with a 16-bit peak, by bandwidth."""
    chips = [chip for chip in n.catalog.accelerators.values() if chip.half_precision]
    return [chip.id for chip in sorted(chips, key=lambda c: -c.bandwidth.value)]


@named_table
def kv_sizes(n: Numbers, *models: str) -> Table:
    """KV cache per token of the named models beside the naive formula's answer, and one sequence of 8,192 tokens."""
    rows = [
        [
            n.catalog.models[m].name,
            n.catalog.models[m].attention,
            n.link(f"{m}.kv-per-token"),
            n.link(f"{m}.kv-per-token-naive"),
            n.link(f"{m}.kv.s8192"),
        ]
        for m in models
    ]
    return Table(
        ["Model", "Attention", "KV cache per token, no window full >", "Naive formula >", "One sequence of 8,192 >"],
        rows,
    )
