"""One pass operator by operator: each with its FLOP and its bytes, summing to the whole pass."""

from dataclasses import dataclass

from generators.model.inputs import Format, Pass, Shape
from generators.model.memory import expanded_values, step_bytes, tokens_in, visited_experts
from generators.model.parameters import (
    attention_parameters,
    expert_layers,
    expert_parameters,
    head_parameters,
    mlp_parameters,
    router_parameters,
)
from generators.model.work import attention_flop, head_flop


@dataclass(frozen=True)
class Operator:
    """One kind of operator, all layers together."""

    name: str
    flop: float
    bytes_moved: float


def projections(s: Shape, f: Format, p: Pass):
    """Q, K, V and output projections."""
    weights = s.layers * attention_parameters(s)
    moved = weights * f.weight + tokens_in(p) * s.layers * (2.0 * s.d_model + 2.0 * s.heads * s.head_dim) * f.activation
    return Operator("attention projections", f.mac * tokens_in(p) * weights, moved + step_bytes(s, f, p).kv_written)


def attention(s: Shape, f: Format, p: Pass):
    """Scores and weighted values over the KV cache."""
    expanded = 2.0 * p.batch * p.context * s.layers * expanded_values(s, p)
    moved = (tokens_in(p) * s.layers * 2.0 * s.heads * s.head_dim + expanded) * f.activation
    return Operator("attention over the KV cache", attention_flop(s, f, p), moved + step_bytes(s, f, p).kv_read)


def mlp(s: Shape, f: Format, p: Pass):
    """The MLP of every layer: dense, or router and the experts visited."""
    used = s.layers * mlp_parameters(s)
    read = used
    width = s.d_ff
    if s.experts > 0:
        dense = s.dense_layers * mlp_parameters(s)
        visited = visited_experts(s, p) + s.shared_experts
        active = s.active_experts + s.shared_experts
        used = dense + expert_layers(s) * (router_parameters(s) + active * expert_parameters(s))
        read = dense + expert_layers(s) * (router_parameters(s) + visited * expert_parameters(s))
        width = active * s.expert_d_ff
    moved = tokens_in(p) * s.layers * (2.0 * s.d_model + 2.0 * (s.mlp_matrices - 1.0) * width) * f.activation
    return Operator("MLP", f.mac * tokens_in(p) * used, read * f.weight + moved)


def head(s: Shape, f: Format, p: Pass):
    """The output head over the vocabulary."""
    moved = head_parameters(s) * f.other + p.batch * p.logits * (s.d_model + s.vocab) * f.activation
    return Operator("output head", head_flop(s, f, p), moved)


def operators(s: Shape, f: Format, p: Pass):
    """All of them, with norms, biases and embedding rows as the rest, so that bytes sum to `step_bytes`."""
    named = [projections(s, f, p), attention(s, f, p), mlp(s, f, p), head(s, f, p)]
    rest = step_bytes(s, f, p).total
    for part in named:
        rest = rest - part.bytes_moved
    named.append(Operator("norms and embedding", 0.0, rest))
    return named
