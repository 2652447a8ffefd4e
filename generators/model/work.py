"""The FLOP of one pass: two per weight and token in the matrix products, and attention's over the context."""

from generators.model.arith import largest, smallest
from generators.model.inputs import Format, Pass, Shape
from generators.model.memory import tokens_in
from generators.model.parameters import head_parameters, linear_parameters


def linear_flop(s: Shape, f: Format, p: Pass):
    """FLOP of all layers' matrix products; a token uses k of E experts."""
    return f.mac * tokens_in(p) * linear_parameters(s, s.active_experts)


def head_flop(s: Shape, f: Format, p: Pass):
    """FLOP of the output head, for the tokens whose scores are wanted."""
    return f.mac * p.batch * p.logits * head_parameters(s)


def attended(p: Pass):
    """Query-key pairs of one sequence: each new token sees those before it and itself."""
    return p.new * p.context - p.new * (p.new - 1.0) / 2.0


def attended_in_window(p: Pass, window):
    """The same when no token looks back further than `window`."""
    past = p.context - p.new
    full = smallest(largest(window - past, 0.0), p.new)
    return full * past + full * (full + 1.0) / 2.0 + (p.new - full) * window


def multiplies_per_pair(s: Shape, p: Pass):
    """Multiply-adds for one query token and one key token in one layer, scores and values together.

    Latent attention has two forms: one token at a time it works on the latent vector itself; for
    many tokens its keys and values are expanded to full heads, which is less work per pair.
    """
    if s.kv_rank > 0:
        if p.new > 1.0:
            return s.heads * (s.nope_dim + s.rope_dim + s.v_dim)
        return s.heads * (2.0 * s.kv_rank + s.rope_dim)
    return 2.0 * s.heads * s.head_dim


def attention_flop(s: Shape, f: Format, p: Pass):
    """FLOP of scores and weighted values over the context, all layers."""
    pairs = s.layers * attended(p)
    if s.window_layers > 0:
        pairs = (s.layers - s.window_layers) * attended(p) + s.window_layers * attended_in_window(p, s.window)
    return f.mac * p.batch * pairs * multiplies_per_pair(s, p)


def step_flop(s: Shape, f: Format, p: Pass):
    """All FLOP of one pass."""
    return linear_flop(s, f, p) + attention_flop(s, f, p) + head_flop(s, f, p)


def training_flop(s: Shape, f: Format, p: Pass):
    """FLOP of one training step over the same tokens: forward, and twice as much backward (6 P per token)."""
    every = Pass(p.batch, p.new, p.context, p.new)
    return 3.0 * step_flop(s, f, every)


def accepted_tokens(acceptance, drafts):
    """Tokens that one verification pass yields on average (Leviathan, Kalman and Matias 2023, equation 1).

    `acceptance` is the chance, independent for each of `drafts` draft tokens, that it is accepted.
    """
    return (1.0 - acceptance ** (drafts + 1.0)) / (1.0 - acceptance)
