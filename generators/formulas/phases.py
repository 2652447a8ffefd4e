"""The formulas of chapter 3, from the model's own functions called with symbols."""

from __future__ import annotations

from generators.formulas import (
    BANDWIDTH,
    BATCH,
    BITS,
    CONTEXT,
    FORMAT,
    KV_TOKEN,
    PEAK,
    SHAPE,
    TOKENS,
    WEIGHTS,
    named_formula,
)
from generators.model import cache, phases, roofline
from generators.symbols import Symbol, symbol

CHUNK, ANSWER, CRITICAL, PARAMETERS = Symbol("c"), Symbol("A"), Symbol(r"T_{\text{crit}}"), Symbol("N")
CACHES, RIDGE, LINK = BATCH * CONTEXT * KV_TOKEN, Symbol(r"I_{\text{ridge}}"), Symbol(r"\beta_{\text{link}}")


@named_formula
def critical_tokens() -> str:
    """Tokens per pass at which a matrix product turns compute-bound."""
    return rf"{CRITICAL.tex} = {roofline.critical_tokens(RIDGE, BITS, symbol(FORMAT.mac)).tex}"


@named_formula
def knee() -> str:
    """Time of a pass against its tokens, with a knee at floor over slope."""
    return f"t(T) = {phases.knee_time(Symbol('u'), Symbol('v'), Symbol('p'), TOKENS).tex}"


@named_formula
def mixture_critical_tokens() -> str:
    """The same for the experts of a mixture."""
    return rf"T_{{\text{{crit, experts}}}} = {phases.mixture_critical_tokens(CRITICAL, Symbol('E'), Symbol('k_E')).tex}"


@named_formula
def first_token() -> str:
    """Time to first token."""
    flop = cache.prefill_flop(symbol(FORMAT.mac), PARAMETERS, SHAPE.layers, SHAPE.heads, SHAPE.head_dim, TOKENS)
    return rf"\text{{TTFT}} = {phases.first_token_time(Symbol('t_q'), flop, WEIGHTS, PEAK, BANDWIDTH).tex}"


@named_formula
def attention_parity() -> str:
    """The prompt at which attention is as much work as the products."""
    return (
        rf"T_{{\text{{attn}}}} = {phases.attention_parity(PARAMETERS, SHAPE.layers, SHAPE.heads, SHAPE.head_dim).tex}"
    )


@named_formula
def mixed_pass() -> str:
    """A pass that decodes a batch and reads a chunk of a prompt."""
    mixed = phases.mixed_time(symbol(FORMAT.mac), PARAMETERS, BATCH, CHUNK, WEIGHTS, CACHES, PEAK, BANDWIDTH)
    return rf"t = {mixed.tex}"


@named_formula
def free_tokens() -> str:
    """Prompt tokens that a decode step takes along at no cost."""
    return rf"c_{{\text{{free}}}} = {phases.free_tokens(CRITICAL, BATCH, CACHES, WEIGHTS).tex}"


@named_formula
def token_cost() -> str:
    """Prompt tokens that cost as much as one answer token."""
    return f"r = {phases.token_cost_ratio(CRITICAL, BATCH, CACHES, WEIGHTS).tex}"


@named_formula
def prefill_share() -> str:
    """Share of a request's machine time in its prefill."""
    return rf"\text{{share}} = {phases.prefill_share(Symbol('r'), ANSWER, TOKENS).tex}"


@named_formula
def move_time() -> str:
    """Time to move a cache over a link."""
    return rf"t_{{\text{{move}}}} = {phases.move_time(CONTEXT, KV_TOKEN, LINK).tex}"
