"""One pass operator by operator: each with its FLOP and its bytes, summing to the whole pass."""

from dataclasses import dataclass

from generators.model.inputs import Format, Pass, Shape
from generators.model.memory import (
    expanded_values,
    moved_by_mixer,
    moved_by_mlp,
    step_bytes,
    stored_as,
    tokens_in,
    visited_experts,
)
from generators.model.parameters import head_parameters
from generators.model.parts import parts_of
from generators.model.work import attention_flop, head_flop


@dataclass(frozen=True)
class Operator:
    """One kind of operator, all layers together."""

    name: str
    flop: float
    bytes_moved: float


def projections(s: Shape, f: Format, p: Pass):
    """Q, K, V and output projections, and those of recurrences."""
    used = 0.0
    read = 0.0
    moved = 0.0
    for g in parts_of(s):
        used = used + g.count * (g.mixer + g.again)
        read = read + g.count * g.mixer
        moved = moved + tokens_in(p) * g.count * moved_by_mixer(s, g)
    read = read * stored_as(f.attention, f.weight) + step_bytes(s, f, p).kv_written
    return Operator("attention projections", f.mac * tokens_in(p) * used, read + moved * f.activation)


def attention(s: Shape, f: Format, p: Pass):
    """Scores and weighted values over the KV cache, and the work on recurrent states."""
    moved = 0.0
    for g in parts_of(s):
        moved = moved + g.count * (tokens_in(p) * 2.0 * g.width + expanded_values(g, p))
    read = step_bytes(s, f, p).kv_read
    return Operator("attention over the KV cache", attention_flop(s, f, p), moved * f.activation + read)


def mlp(s: Shape, f: Format, p: Pass):
    """The MLP of every layer: dense, or router and the experts visited."""
    used = 0.0
    read = 0.0
    moved = 0.0
    for g in parts_of(s):
        used = used + g.count * (g.dense + g.router + g.active * g.expert)
        experts = visited_experts(g, p) * g.expert * stored_as(f.expert, f.weight)
        read = read + g.count * (g.dense * f.weight + g.router * f.other + experts)
        moved = moved + tokens_in(p) * g.count * moved_by_mlp(s, g)
    return Operator("MLP", f.mac * tokens_in(p) * used, read + moved * f.activation)


def head(s: Shape, f: Format, p: Pass):
    """The output head over the vocabulary."""
    moved = head_parameters(s) * f.other + p.batch * p.logits * (s.d_model + s.vocab) * f.activation
    return Operator("output head", head_flop(s, f, p), moved)


def operators(s: Shape, f: Format, p: Pass):
    """All of them, with norms, biases and rows of tables as the rest, so that bytes sum to `step_bytes`."""
    named = [projections(s, f, p), attention(s, f, p), mlp(s, f, p), head(s, f, p)]
    rest = step_bytes(s, f, p).total
    for part in named:
        rest = rest - part.bytes_moved
    named.append(Operator("norms and embedding", 0.0, rest))
    return named
