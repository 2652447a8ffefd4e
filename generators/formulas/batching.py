"""The formulas of batching: what a batch gains, what bounds it, and what a static one leaves unused."""

from __future__ import annotations

from generators.formulas import BANDWIDTH, BATCH, CONTEXT, FORMAT, KV_TOKEN, PEAK, WEIGHTS, named_formula
from generators.model import batching
from generators.symbols import Symbol, symbol

MAC, COUNT, BALANCE, RIDGE = symbol(FORMAT.mac), Symbol("N"), Symbol("B^{*}"), Symbol(r"I_{\text{ridge}}")


@named_formula
def batch_rate() -> str:
    """Tokens per second of a batch."""
    rate = batching.batch_rate(MAC, COUNT, BATCH, WEIGHTS, CONTEXT * KV_TOKEN, PEAK, BANDWIDTH)
    return rf"\text{{tokens/s}} = {rate.tex}"


@named_formula
def memory_gain() -> str:
    """Throughput of a memory-bound batch over that of batch 1."""
    return rf"G(B) = {batching.memory_gain(BATCH, BALANCE).tex}"


@named_formula
def memory_slowdown() -> str:
    """Time of its step over that of batch 1."""
    return rf"\frac{{t(B)}}{{t(1)}} = {batching.memory_slowdown(BATCH, BALANCE).tex}"


@named_formula
def ceiling_by_parts() -> str:
    """What intensity tends to in a large batch."""
    attention = Symbol(r"I_{\text{att}}")
    return rf"I(\infty) \approx {batching.ceiling_by_parts(MAC, COUNT, CONTEXT, KV_TOKEN, attention).tex}"


@named_formula
def turning_context() -> str:
    """The context beyond which no batch makes decode compute-bound."""
    return rf"S_c = {batching.turning_context(MAC, COUNT, RIDGE, KV_TOKEN).tex}"


@named_formula
def occupied_share() -> str:
    """Share of a static batch's places in use."""
    mean, longest = Symbol(r"\bar{A}"), Symbol(r"\bar{A}_{\max}")
    return rf"\text{{places in use}} = {batching.occupied_share(mean, longest).tex}"


@named_formula
def tokens_per_expert() -> str:
    """Tokens that share one reading of an expert."""
    return rf"\text{{tokens per expert read}} = {batching.tokens_per_expert(Symbol('E'), Symbol('k_E'), BATCH).tex}"
