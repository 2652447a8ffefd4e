"""The formulas of the KV cache: what it costs, what it wastes, and when another memory is quick enough."""

from __future__ import annotations

from generators.formulas import BANDWIDTH, BATCH, CONTEXT, FORMAT, KV_TOKEN, PEAK, SHAPE, WEIGHTS, named_formula
from generators.model import cache
from generators.symbols import Symbol, symbol


@named_formula
def kv_naive() -> str:
    """The naive KV cache of one token."""
    return rf"k_{{\text{{naive}}}} = {cache.naive_bytes_per_token(SHAPE, FORMAT).tex}"


@named_formula
def step_with_cache() -> str:
    """Time of a memory-bound decode step of one sequence."""
    return rf"t_{{\text{{with}}}} = {cache.cached_step_time(WEIGHTS, CONTEXT, KV_TOKEN, BANDWIDTH).tex}"


@named_formula
def step_without_cache() -> str:
    """Time of the same step when the whole text runs through the model again."""
    layers, heads, size = SHAPE.layers, SHAPE.heads, SHAPE.head_dim
    flop = cache.prefill_flop(symbol(FORMAT.mac), Symbol("N"), layers, heads, size, CONTEXT)
    return rf"t_{{\text{{without}}}} = {cache.uncached_step_time(WEIGHTS, flop, PEAK, BANDWIDTH).tex}"


@named_formula
def slow_down() -> str:
    """Slow-down of a step by its cache."""
    return rf"\frac{{t(S)}}{{t(0)}} = {cache.slow_down(WEIGHTS, BATCH, CONTEXT, KV_TOKEN).tex}"


@named_formula
def wasted_share() -> str:
    """Share of allocated blocks that holds nothing."""
    block, held = Symbol("s_b"), Symbol(r"\bar{S}")
    return rf"\text{{waste}} = {cache.wasted_share(block, held).tex}"


@named_formula
def shared_prefix() -> str:
    """Tokens kept for a batch that shares a prefix."""
    return rf"\text{{tokens kept}} = {cache.shared_tokens(BATCH, Symbol('S_p'), Symbol('S_o')).tex}"


@named_formula
def break_even_link() -> str:
    """The link on which fetching a cache takes as long as computing it again."""
    layers, heads, size = SHAPE.layers, SHAPE.heads, SHAPE.head_dim
    each = cache.prefill_flop_per_token(symbol(FORMAT.mac), Symbol("N"), layers, heads, size, CONTEXT)
    return rf"\beta_{{\text{{link}}}} = {cache.break_even_bandwidth(KV_TOKEN, PEAK, each).tex}"


@named_formula
def full_step() -> str:
    """Time of a step that reads a full memory."""
    return rf"t_{{\text{{full}}}} = {cache.full_step_time(Symbol('C'), BANDWIDTH).tex}"
