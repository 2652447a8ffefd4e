"""The chapters' formulas: the model's own functions called with symbols, so that page and code cannot differ."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable

from generators.errors import declared, nearest
from generators.model import memory, parameters, roofline, work
from generators.model.inputs import Format, Shape
from generators.symbols import Symbol, symbol

#: The book's symbols; `docs/reference/notation.md` explains each.
WORK, MOVED, PEAK, BANDWIDTH, INTENSITY = (Symbol(s) for s in ("F", "Q", "P", r"\beta", "I"))
OVERHEAD, BATCH, CONTEXT, TOKENS = (Symbol(s) for s in ("t_o", "B", "S", "T"))
WEIGHTS, KV_TOKEN, BITS, GROUP = (Symbol(s) for s in ("W", "k", "b", "g"))
SHAPE = Shape(Symbol("L"), Symbol("d"), Symbol("H"), Symbol("H_{kv}"), Symbol("d_h"), Symbol(r"d_{f\!f}"), Symbol("V"))
FORMAT = Format(BITS, BITS, BITS, BITS)

FORMULAS: dict[str, Callable[[], str]] = {}


def named_formula(function: Callable[[], str]) -> Callable[[], str]:
    """Declare a formula under its function's name, written with hyphens."""
    FORMULAS[declared(function, FORMULAS)] = function
    return function


def formula(name: str) -> str:
    """The display formula of a name, as Markdown."""
    if name not in FORMULAS:
        raise KeyError(f"unknown formula; {nearest(name, FORMULAS)}")
    return f"$$\n{FORMULAS[name]()}\n$$"


@named_formula
def intensity() -> str:
    """Arithmetic intensity."""
    return f"I = {roofline.arithmetic_intensity(WORK, MOVED).tex}"


@named_formula
def attainable() -> str:
    """The roofline."""
    return rf"P_{{\text{{attainable}}}}(I) = {roofline.attainable(PEAK, BANDWIDTH, INTENSITY).tex}"


@named_formula
def decode_time() -> str:
    """Least time of a decode step, its bytes spelled out."""
    moved = WEIGHTS + BATCH * CONTEXT * KV_TOKEN
    return rf"t \ge {roofline.step_time(WORK, moved, PEAK, BANDWIDTH, OVERHEAD).tex}"


@named_formula
def throughput() -> str:
    """Tokens per second of a batch."""
    accepted = Symbol(r"\bar{a}")
    time = roofline.step_time(WORK, MOVED, PEAK, BANDWIDTH, OVERHEAD)
    return rf"\text{{tokens/s}} = {roofline.throughput(BATCH, accepted, time).tex}"


@named_formula
def kv_per_token() -> str:
    """KV cache of one token."""
    return f"k = {memory.kv_bytes_per_token(SHAPE, FORMAT).tex}"


@named_formula
def kv_of_context() -> str:
    """KV cache of a batch."""
    return rf"\text{{cache}} = {(BATCH * CONTEXT * KV_TOKEN).tex}"


@named_formula
def balance_batch() -> str:
    """The batch at which KV bytes equal weight bytes."""
    return f"B^{{*}} = {memory.balance(WEIGHTS, CONTEXT * KV_TOKEN).tex}"


@named_formula
def expected_experts() -> str:
    """Share of a layer's experts that a batch visits."""
    return rf"\text{{share}} = {parameters.expected_share(Symbol('E'), Symbol('k_E'), BATCH).tex}"


@named_formula
def linear_parameters() -> str:
    """Weights in the matrix products of a dense model."""
    return f"N = {parameters.linear_parameters(SHAPE).tex}"


@named_formula
def effective_bits() -> str:
    """Bits per weight with a scale per group."""
    return rf"n_{{\text{{eff}}}} = {memory.effective_bits(Symbol('n_w'), GROUP, Symbol('n_s')).tex}"


@named_formula
def matrix_intensity() -> str:
    """Intensity of a matrix product of T tokens against weights of b bytes each."""
    return rf"I_{{\text{{linear}}}} \approx {roofline.matrix_intensity(TOKENS, BITS, symbol(FORMAT.mac)).tex}"


@named_formula
def accepted_tokens() -> str:
    """Expected tokens per verification pass."""
    acceptance, drafts = Symbol(r"\alpha"), Symbol(r"\gamma")
    return rf"\bar{{a}} = {work.accepted_tokens(acceptance, drafts).tex}"


@named_formula
def speculative_gain() -> str:
    """Speed of speculative decoding against plain decode."""
    tokens, drafts, cost, check = (Symbol(s) for s in (r"\bar{a}", r"\gamma", "c_d", "c_v"))
    return rf"\text{{speed-up}} = {work.speculative_gain(tokens, drafts, cost, check).tex}"


for _module in pkgutil.iter_modules(
    __path__
):  # each declares its formulas, so that a new one need not be named anywhere
    importlib.import_module(f"{__name__}.{_module.name}")
