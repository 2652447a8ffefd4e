"""Tables of batching: where the cache takes over, what published batches reached, and what a policy does under load."""

from collections.abc import Callable
from itertools import product

from generators.comparison.batching import offline_runs
from generators.numbers.registry import Numbers
from generators.tables.cache_tables import beyond
from generators.tables.registry import Table, by_columns, named_table

POLICIES = {"static": "static", "continuous": "continuous", "continuous-chunked": "continuous, chunked"}


@named_table
def balance_batches(n: Numbers, chip: str, *models: str) -> Table:
    """Weights, the batch whose cache equals them at three contexts, what fits beside them, and the ceiling of the intensity."""
    row = n.catalog.models
    return by_columns(
        models,
        ("Model, 16 bits", lambda m: row[m].name + beyond(row[m].context, 32768)),
        ("Weights per step >", lambda m: n.link(f"{m}.bf16.streamed")),
        ("Balance at 2,048 >", lambda m: n.link(f"{m}.bf16.balance-batch.s2048")),
        ("At 8,192 >", lambda m: n.link(f"{m}.bf16.balance-batch.s8192")),
        ("At 32,768 >", lambda m: n.link(f"{m}.bf16.balance-batch.s32768")),
        ("Fit at 2,048 >", lambda m: _fits(n, m, chip)),
        ("Intensity ceiling at 2,048 >", lambda m: n.link(f"{m}.bf16.intensity-ceiling.s2048")),
    )


def _fits(n: Numbers, model: str, chip: str) -> str:
    try:
        return n.link(f"{model}.bf16.{chip}.largest-batch.s2048")
    except KeyError:
        return "not its weights"


@named_table
def offline_batches(n: Numbers) -> Table:
    """The quoted offline runs beside their bounds."""

    def stored(id_: str) -> str:
        row = n.catalog.published[id_]
        return f"{n.catalog.accelerators[row.accelerator].short}, {n.catalog.formats[row.format].name.split(',')[0]}"

    return by_columns(
        offline_runs(n.catalog),
        ("Chip, format", lambda one: stored(one.id)),
        ("Prompt >", lambda one: f"{one.prompt:,}"),
        ("Answer >", lambda one: f"{one.answer:,}"),
        ("Batch >", lambda one: f"{one.batch:,}"),
        ("Published >", lambda one: n.link(f"quoted.{one.id}")),
        ("Bound >", lambda one: n.link(f"offline.{one.id}.bound")),
        ("Reached >", lambda one: n.link(f"offline.{one.id}.of-bound")),
        ("Time in prefill, by the bound >", lambda one: n.link(f"offline.{one.id}.prefill")),
        ("Memory at the end >", lambda one: n.link(f"offline.{one.id}.needs")),
    )


@named_table
def policies_under_load(n: Numbers, *sizes: str) -> Table:
    """Capacity of each policy, and what its users see at shares of it, simulated."""

    def seen(part: str) -> Callable[[tuple[str, str]], str]:
        return lambda at: n.link(f"serving.{at[1]}.p{at[0]}.{part}")

    return by_columns(
        product(sizes, POLICIES),
        ("Policy", lambda at: POLICIES[at[1]]),
        ("Capacity >", lambda at: n.link(f"serving.{at[1]}.capacity")),
        ("Load, of its own capacity >", lambda at: f"{at[0]} of a hundred"),
        ("Mean queue >", seen("queueing")),
        ("Mean TTFT >", seen("ttft")),
        ("Mean TPOT >", seen("tpot")),
        ("Gap between tokens, 95th percentile >", seen("gap")),
        ("Longest >", seen("longest-gap")),
        ("Tokens per pass >", seen("batch")),
    )
