"""The chapters' formulas: the model's own functions called with symbols, so that page and code cannot differ."""

from generators.core.errors import nearest
from generators.core.symbols import Symbol, symbol
from generators.model import batching, cache, memory, parameters, phases, roofline, work
from generators.model.inputs import Format, Shape

#: The book's symbols; `docs/reference/notation.md` explains each.
F, Q, P, BETA, INTENSITY, OVERHEAD = (Symbol(s) for s in ("F", "Q", "P", r"\beta", "I", "t_o"))
B, S, T, W, K = (Symbol(s) for s in ("B", "S", "T", "W", "k"))
BITS, GROUP, COUNT, EXPERTS, ACTIVE = (Symbol(s) for s in ("b", "g", "N", "E", "k_E"))
RIDGE, CRITICAL, BALANCE = (Symbol(s) for s in (r"I_{\text{ridge}}", r"T_{\text{crit}}", "B^{*}"))
CHUNK, DRAFTS, ACCEPTED = (Symbol(s) for s in ("c", r"\gamma", r"\bar{a}"))
SHAPE = Shape(Symbol("L"), Symbol("d"), Symbol("H"), Symbol("H_{kv}"), Symbol("d_h"), Symbol(r"d_{f\!f}"), Symbol("V"))
FORMAT = Format(BITS, BITS, BITS, BITS)
MAC = symbol(FORMAT.mac)
#: What a dense model's attention and products are counted from: FLOP of a multiply-add, parameters, layers, heads, head size.
PRODUCTS = MAC, COUNT, SHAPE.layers, SHAPE.heads, SHAPE.head_dim

#: By name, what stands on the left and the value on the right.
_SIDES: dict[str, tuple[str, Symbol]] = {
    # Chapter 1
    "intensity": ("I =", roofline.arithmetic_intensity(F, Q)),
    "attainable": (r"P_{\text{attainable}}(I) =", roofline.attainable(P, BETA, INTENSITY)),
    "decode-time": (r"t \ge", roofline.step_time(F, W + B * S * K, P, BETA, OVERHEAD)),
    "expected-experts": (r"\text{share} =", parameters.expected_share(EXPERTS, ACTIVE, B)),
    "matrix-intensity": (r"I_{\text{linear}} \approx", roofline.matrix_intensity(T, BITS, MAC)),
    # Chapter 2
    "kv-per-token": ("k =", memory.kv_bytes_per_token(SHAPE, FORMAT)),
    "kv-of-context": (r"\text{cache} =", B * S * K),
    "kv-naive": (r"k_{\text{naive}} =", cache.naive_bytes_per_token(SHAPE, FORMAT)),
    "step-with-cache": (r"t_{\text{with}} =", cache.cached_step_time(W, S, K, BETA)),
    "step-without-cache": (
        r"t_{\text{without}} =",
        cache.uncached_step_time(W, cache.prefill_flop(*PRODUCTS, S), P, BETA),
    ),
    "slow-down": (r"\frac{t(S)}{t(0)} =", cache.slow_down(W, B, S, K)),
    "wasted-share": (r"\text{waste} =", cache.wasted_share(Symbol("s_b"), Symbol(r"\bar{S}"))),
    "shared-prefix": (r"\text{tokens kept} =", cache.shared_tokens(B, Symbol("S_p"), Symbol("S_o"))),
    "break-even-link": (
        r"\beta_{\text{link}} =",
        cache.break_even_bandwidth(K, P, cache.prefill_flop_per_token(*PRODUCTS, S)),
    ),
    "full-step": (r"t_{\text{full}} =", cache.full_step_time(Symbol("C"), BETA)),
    # Chapter 3
    "critical-tokens": (f"{CRITICAL.tex} =", roofline.critical_tokens(RIDGE, BITS, MAC)),
    "knee": ("t(T) =", phases.knee_time(Symbol("u"), Symbol("v"), Symbol("p"), T)),
    "mixture-critical-tokens": (
        r"T_{\text{crit, experts}} =",
        phases.mixture_critical_tokens(CRITICAL, EXPERTS, ACTIVE),
    ),
    "first-token": (
        r"\text{TTFT} =",
        phases.first_token_time(Symbol("t_q"), cache.prefill_flop(*PRODUCTS, T), W, P, BETA),
    ),
    "attention-parity": (r"T_{\text{attn}} =", phases.attention_parity(*PRODUCTS[1:])),
    "mixed-pass": ("t =", phases.mixed_time(MAC, COUNT, B, CHUNK, W, B * S * K, P, BETA)),
    "free-tokens": (r"c_{\text{free}} =", phases.free_tokens(CRITICAL, B, B * S * K, W)),
    "token-cost": ("r =", phases.token_cost_ratio(CRITICAL, B, B * S * K, W)),
    "prefill-share": (r"\text{share} =", phases.prefill_share(Symbol("r"), Symbol("A"), T)),
    "move-time": (r"t_{\text{move}} =", phases.move_time(S, K, Symbol(r"\beta_{\text{link}}"))),
    # Chapter 4
    "balance-batch": ("B^{*} =", memory.balance(W, S * K)),
    "batch-rate": (r"\text{tokens/s} =", batching.batch_rate(MAC, COUNT, B, W, S * K, P, BETA)),
    "memory-gain": ("G(B) =", batching.memory_gain(B, BALANCE)),
    "memory-slowdown": (r"\frac{t(B)}{t(1)} =", batching.memory_slowdown(B, BALANCE)),
    "ceiling-by-parts": (
        r"I(\infty) \approx",
        batching.ceiling_by_parts(MAC, COUNT, S, K, Symbol(r"I_{\text{att}}")),
    ),
    "turning-context": ("S_c =", batching.turning_context(MAC, COUNT, RIDGE, K)),
    "occupied-share": (
        r"\text{slots in use} =",
        batching.occupied_share(Symbol(r"\bar{A}"), Symbol(r"\bar{A}_{\max}")),
    ),
    "tokens-per-expert": (r"\text{tokens per expert read} =", batching.tokens_per_expert(EXPERTS, ACTIVE, B)),
    # Chapters 7 and 8
    "effective-bits": (r"n_{\text{eff}} =", memory.effective_bits(Symbol("n_w"), GROUP, Symbol("n_s"))),
    "accepted-tokens": (r"\bar{a} =", work.accepted_tokens(Symbol(r"\alpha"), DRAFTS)),
    "speculative-gain": (
        r"\text{speed-up} =",
        work.speculative_gain(ACCEPTED, DRAFTS, Symbol("c_d"), Symbol("c_v")),
    ),
}
FORMULAS = {name: f"{left} {right.tex}" for name, (left, right) in _SIDES.items()}


def formula(name: str) -> str:
    """The display formula of a name, as Markdown."""
    if name not in FORMULAS:
        raise KeyError(f"unknown formula; {nearest(name, FORMULAS)}")
    return f"$$\n{FORMULAS[name]}\n$$"
