"""The bytes that one pass must move: weights and the cache of earlier tokens in, the new tokens' cache out.

No cache on the chip can spare these to a pass that finds nothing of them there.  `step_bytes` is the one answer.
"""

from dataclasses import dataclass

from generators.model.arith import smallest, whole
from generators.model.inputs import Chip, Format, Part, Pass, Shape
from generators.model.parameters import embedding_parameters, expected_experts, head_parameters
from generators.model.parts import parts_of


@dataclass(frozen=True)
class Traffic:
    """Bytes that one pass moves between main memory and the chip."""

    weights: float
    kv_read: float
    kv_written: float
    activations: float
    total: float


def tokens_in(p: Pass):
    """Tokens that a pass processes: batch × new."""
    return p.batch * p.new


def visited_experts(g: Part, p: Pass):
    """Routed experts of a layer that a pass is expected to read; 0 where there are none."""
    return expected_experts(g.experts, g.active, tokens_in(p)) if g.experts > 0 else 0.0


def stored_as(own, general):
    """Bytes per value of one kind of tensor: its own, or what the format says in general."""
    return own if own > 0 else general


def part_bytes(g: Part, f: Format, experts):
    """Weights of one layer's part, with `experts` of its routed experts."""
    total = g.mixer * stored_as(f.attention, f.weight) + g.dense * f.weight + g.small * f.other
    if g.experts > 0:
        each = g.expert * stored_as(f.expert, f.weight) + g.expert_small * f.other
        return total + g.router * f.other + experts * each
    return total


def weight_bytes_stored(s: Shape, f: Format):
    """Bytes the weights occupy in memory, all experts and tables included."""
    total = s.final_norm_vectors * s.d_model * f.other
    for g in parts_of(s):
        total = total + g.count * part_bytes(g, f, g.experts)
    if s.tied:
        return total + embedding_parameters(s) * f.other
    return total + embedding_parameters(s) * stored_as(f.embedding, f.other) + head_parameters(s) * f.other


def weight_bytes_streamed(s: Shape, f: Format, p: Pass):
    """Bytes of weights that one pass reads.

    Every matrix once, of a mixture only the experts visited, the output head, and of each table one
    row per token.  A tied table is read as the head, so its rows are not counted again.
    """
    total = s.final_norm_vectors * s.d_model * f.other + head_parameters(s) * f.other
    for g in parts_of(s):
        total = total + g.count * part_bytes(g, f, visited_experts(g, p))
    return total + row_bytes(s, f, p)


def row_bytes(s: Shape, f: Format, p: Pass):
    """Bytes of the rows that a pass looks up in tables which it does not read whole."""
    values = 0.0 if s.tied else s.d_model
    for g in parts_of(s):
        values = values + g.count * g.row
    return tokens_in(p) * values * stored_as(f.embedding, f.other)


def kv_bytes_per_token(s: Shape, f: Format):
    """KV cache that one more token adds while no window is full, all layers."""
    total = 0.0
    for g in parts_of(s):
        total = total + g.kept / g.stride * f.kv * g.count
    return total


def entries_kept(g: Part, tokens):
    """Cached entries of a layer after so many tokens: a window or chunk keeps no more than its size."""
    if g.window > 0:
        return smallest(tokens, g.window) / g.stride
    if g.chunk > 0:
        return smallest(tokens, g.chunk) / g.stride
    return tokens / g.stride


def entries_read(g: Part, p: Pass):
    """Cached entries of a layer from before a pass that any of its new tokens sees."""
    past = p.context - p.new
    if g.window > 0:
        return smallest(past, g.window - 1.0) / g.stride
    if g.chunk > 0:
        return (past - g.chunk * whole(past / g.chunk)) / g.stride
    if g.top > 0:
        return smallest(past / g.stride, g.top)
    return past / g.stride


def kv_bytes(s: Shape, f: Format, context):
    """KV cache that one sequence of `context` tokens keeps."""
    total = 0.0
    for g in parts_of(s):
        total = total + g.count * entries_kept(g, context) * g.kept * f.kv
    return total


def index_bytes(s: Shape, f: Format, context):
    """Keys of the index by which sparse attention chooses what to read, one sequence; their size is their own."""
    total = 0.0
    for g in parts_of(s):
        total = total + g.count * context / g.stride * g.index
    return total


def state_bytes(s: Shape, f: Format):
    """Recurrent state of one sequence, the same at any context."""
    total = 0.0
    for g in parts_of(s):
        total = total + g.count * g.state * f.state
    return total


def sequence_bytes(s: Shape, f: Format, context):
    """All that one sequence of `context` tokens keeps: KV cache, index and recurrent state."""
    return kv_bytes(s, f, context) + index_bytes(s, f, context) + state_bytes(s, f)


def kv_bytes_read(s: Shape, f: Format, p: Pass):
    """What one pass reads of earlier tokens: entries that any new token sees, the whole index, the state."""
    total = 0.0
    for g in parts_of(s):
        total = total + g.count * entries_read(g, p) * g.kept * f.kv
    past = p.context - p.new
    if past > 0:
        total = total + index_bytes(s, f, past) + state_bytes(s, f)
    return p.batch * total


def kv_bytes_written(s: Shape, f: Format, p: Pass):
    """What one pass leaves behind of its new tokens, of which a windowed layer keeps a window, and the state."""
    return p.batch * sequence_bytes(s, f, p.new)


def activation_bytes(s: Shape, f: Format, p: Pass):
    """Inputs and outputs of the matrix products and of attention, each moved once: 0 in a bound (see `Format`).

    Norms, rotations and the gate are taken as fused into their neighbors; unfused code moves more.
    A prefill through latent attention also writes the keys and values it expands, and reads them.
    """
    total = p.batch * p.logits * (s.d_model + s.vocab)
    for g in parts_of(s):
        total = total + g.count * (tokens_in(p) * (moved_by_mixer(s, g) + moved_by_mlp(s, g)) + expanded_values(g, p))
        total = total + g.count * tokens_in(p) * 2.0 * g.width
    return total * f.activation


def moved_by_mixer(s: Shape, g: Part):
    """Values per token in and out of the projections around attention or a recurrence."""
    return 2.0 * s.d_model + 2.0 * g.width if g.width > 0 else 0.0


def moved_by_mlp(s: Shape, g: Part):
    """Values per token in and out of the matrices of an MLP."""
    return 2.0 * s.d_model + 2.0 * g.hidden if g.hidden > 0 else 0.0


def expanded_values(g: Part, p: Pass):
    """Keys and values per layer that latent attention writes out in full for a prefill and reads back."""
    return 2.0 * p.batch * p.context * g.expanded if p.new > 1.0 else 0.0


def step_bytes(s: Shape, f: Format, p: Pass):
    """What one pass moves, part by part: the least, or an estimate where the format charges activations.

    Every page, table and figure asks here.
    """
    weights = weight_bytes_streamed(s, f, p)
    kv_read = kv_bytes_read(s, f, p)
    kv_written = kv_bytes_written(s, f, p)
    activations = activation_bytes(s, f, p)
    return Traffic(weights, kv_read, kv_written, activations, weights + kv_read + kv_written + activations)


def memory_needed(s: Shape, f: Format, batch, context):
    """Bytes that must fit on the device: stored weights and what `batch` sequences keep."""
    return weight_bytes_stored(s, f) + batch * sequence_bytes(s, f, context)


def largest_batch(s: Shape, f: Format, c: Chip, context):
    """Sequences of `context` tokens whose KV cache fits beside the weights (a fraction: take the floor)."""
    return (c.capacity - weight_bytes_stored(s, f)) / sequence_bytes(s, f, context)


def balance_batch(s: Shape, f: Format, p: Pass):
    """The batch of a dense model at which KV bytes equal weight bytes: from here on a larger batch reuses little."""
    return balance(weight_bytes_streamed(s, f, p), sequence_bytes(s, f, p.context))


def balance(weights, kv_of_sequence):
    """Sequences whose KV cache is as many bytes as the weights."""
    return weights / kv_of_sequence


def effective_bits(bits, group, scale_and_zero_bits):
    """Bits per weight of a format whose groups of weights share a scale and perhaps a zero point."""
    return bits + scale_and_zero_bits / group
