"""Tables of batching: where the cache takes over, what published batches reached, and what a policy does under load."""

from __future__ import annotations

from generators.comparison.batching import offline_runs
from generators.numbers.registry import Numbers
from generators.tables.cache_tables import beyond
from generators.tables.registry import Table, named_table

POLICIES = {"static": "static", "continuous": "continuous", "continuous-chunked": "continuous, chunked"}


@named_table
def balance_batches(n: Numbers, chip: str, *models: str) -> Table:
    """Weights, the batch whose cache equals them at three contexts, what fits beside them, and the ceiling of the intensity."""
    rows = []
    for model in models:
        of = f"{model}.bf16"
        fits = _fits(n, model, chip)
        row = n.catalog.models[model]
        rows.append(
            [
                row.name + beyond(row.context, 32768),
                n.link(f"{of}.streamed"),
                *(n.link(f"{of}.balance-batch.s{s}") for s in (2048, 8192, 32768)),
                fits,
                n.link(f"{of}.intensity-ceiling.s2048"),
            ]
        )
    heads = [
        "Model, 16 bits",
        "Weights per step >",
        "Balance at 2,048 >",
        "At 8,192 >",
        "At 32,768 >",
        "Fit at 2,048 >",
        "Intensity ceiling at 2,048 >",
    ]
    return Table(heads, rows)


def _fits(n: Numbers, model: str, chip: str) -> str:
    try:
        return n.link(f"{model}.bf16.{chip}.largest-batch.s2048")
    except KeyError:
        return "not its weights"


@named_table
def offline_batches(n: Numbers) -> Table:
    """The quoted offline runs beside their bounds."""
    rows = []
    for one in offline_runs(n.catalog):
        row = n.catalog.published[one.id]
        chip, stored = n.catalog.accelerators[row.accelerator].short, n.catalog.formats[row.format].name.split(",")[0]
        rows.append(
            [
                f"{chip}, {stored}",
                f"{one.prompt:,}",
                f"{one.answer:,}",
                f"{one.batch:,}",
                n.link(f"quoted.{one.id}"),
                n.link(f"offline.{one.id}.bound"),
                n.link(f"offline.{one.id}.of-bound"),
                n.link(f"offline.{one.id}.prefill"),
                n.link(f"offline.{one.id}.needs"),
            ]
        )
    heads = [
        "Chip, format",
        "Prompt >",
        "Answer >",
        "Batch >",
        "Published >",
        "Bound >",
        "Reached >",
        "Time in prefill, by the bound >",
        "Memory at the end >",
    ]
    return Table(heads, rows)


@named_table
def policies_under_load(n: Numbers, *sizes: str) -> Table:
    """Capacity of each policy, and what its users see at shares of it, simulated."""
    rows = [
        [
            POLICIES[p],
            n.link(f"serving.{p}.capacity"),
            f"{size} of a hundred",
            *(
                n.link(f"serving.{p}.p{size}.{part}")
                for part in ("queueing", "ttft", "tpot", "gap", "longest-gap", "batch")
            ),
        ]
        for size in sizes
        for p in POLICIES
    ]
    heads = [
        "Policy",
        "Capacity >",
        "Load, of its own capacity >",
        "Mean queue >",
        "Mean TTFT >",
        "Mean TPOT >",
        "Gap between tokens, 95th percentile >",
        "Longest >",
        "Tokens per pass >",
    ]
    return Table(heads, rows)
