"""The FLOP of one pass: two per weight and token in the matrix products, and attention's over the context."""

from generators.model.arith import largest, smallest, whole
from generators.model.inputs import Format, Part, Pass, Shape
from generators.model.memory import tokens_in
from generators.model.parameters import active_linear_parameters, head_parameters
from generators.model.parts import parts_of


def linear_flop(s: Shape, f: Format, p: Pass):
    """FLOP of all layers' matrix products; a token uses k of E experts."""
    total = active_linear_parameters(s)
    for g in parts_of(s):
        total = total + g.count * g.again
    return f.mac * tokens_in(p) * total


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


def attended_in_chunks(p: Pass, chunk):
    """The same when a token sees only those of its own chunk before it."""
    return _up_to(p.context, chunk) - _up_to(p.context - p.new, chunk)


def _up_to(tokens, chunk):
    """Query-key pairs of the first so many tokens, in chunks."""
    full = whole(tokens / chunk)
    rest = tokens - full * chunk
    return full * chunk * (chunk + 1.0) / 2.0 + rest * (rest + 1.0) / 2.0


def pairs(g: Part, p: Pass):
    """Pairs of a new token and a cached entry that attention of one layer works on, one sequence."""
    if g.chunk > 0:
        return attended_in_chunks(p, g.chunk) / g.stride
    if g.window > 0:
        return attended_in_window(p, g.window) / g.stride
    if g.top > 0:
        return attended_in_window(p, g.top * g.stride) / g.stride
    return attended(p) / g.stride


def attention_flop(s: Shape, f: Format, p: Pass):
    """FLOP of scores and weighted values over the context, of choosing by an index and of recurrences, all layers."""
    total = 0.0
    for g in parts_of(s):
        each = g.pair_many if p.new > 1.0 else g.pair
        total = total + g.count * (pairs(g, p) * each + attended(p) / g.stride * g.index_pair + p.new * g.state_work)
    return f.mac * p.batch * total


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


def speculative_gain(accepted, drafts, cost, check):
    """Speed against plain decode (Leviathan, Kalman and Matias 2023, theorem 3.8, there with `check` = 1).

    `accepted` tokens come from one cycle, which drafts `drafts` tokens at `cost` each and checks them at `check`, both in plain passes.
    """
    return accepted / (drafts * cost + check)
