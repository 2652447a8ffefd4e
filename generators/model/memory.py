"""The bytes that one pass must move: weights and the cache of earlier tokens in, the new tokens' cache out.

No cache on the chip can spare these to a pass that finds nothing of them there.  `step_bytes` is the one answer.
"""

from dataclasses import dataclass

from generators.model.arith import smallest
from generators.model.inputs import Chip, Format, Pass, Shape
from generators.model.parameters import (
    embedding_parameters,
    expected_experts,
    head_parameters,
    linear_parameters,
    small_parameters,
)


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


def visited_experts(s: Shape, p: Pass):
    """Routed experts of a layer that a pass is expected to read; 0 for a dense model."""
    return expected_experts(s.experts, s.active_experts, tokens_in(p)) if s.experts > 0 else 0.0


def weight_bytes_stored(s: Shape, f: Format):
    """Bytes the weights occupy in memory, all experts and tables included."""
    tables = embedding_parameters(s) if s.tied else embedding_parameters(s) + head_parameters(s)
    return linear_parameters(s, s.experts) * f.weight + (small_parameters(s, s.experts) + tables) * f.other


def weight_bytes_streamed(s: Shape, f: Format, p: Pass):
    """Bytes of weights that one pass reads.

    Every matrix once, of a mixture only the experts visited, the output head, and one embedding
    row per token.  A tied table is read as the head, so its rows are not counted again.
    """
    experts = visited_experts(s, p)
    streamed = linear_parameters(s, experts) * f.weight + (small_parameters(s, experts) + head_parameters(s)) * f.other
    if s.tied:
        return streamed
    return streamed + tokens_in(p) * s.d_model * f.other


def kv_bytes_per_token_layer(s: Shape, f: Format):
    """KV cache of one token in one layer: 2 H_kv d_h values, or one latent vector and one rotary key (MLA)."""
    if s.kv_rank > 0:
        return (s.kv_rank + s.rope_dim) * f.kv
    return 2.0 * s.kv_heads * s.head_dim * f.kv


def kv_bytes_per_token(s: Shape, f: Format):
    """KV cache that one more token adds while no window is full, all layers."""
    return kv_bytes_per_token_layer(s, f) * s.layers


def kv_tokens(s: Shape, context, window):
    """Cached tokens summed over layers when windowed layers hold at most `window` of them."""
    if s.window_layers > 0:
        return (s.layers - s.window_layers) * context + s.window_layers * smallest(context, window)
    return s.layers * context


def kv_bytes(s: Shape, f: Format, context):
    """KV cache that one sequence of `context` tokens keeps."""
    return kv_tokens(s, context, s.window) * kv_bytes_per_token_layer(s, f)


def kv_bytes_read(s: Shape, f: Format, p: Pass):
    """KV cache that one pass reads: of the tokens before the new ones, those that any new token sees."""
    return p.batch * kv_tokens(s, p.context - p.new, s.window - 1.0) * kv_bytes_per_token_layer(s, f)


def kv_bytes_written(s: Shape, f: Format, p: Pass):
    """KV cache that one pass leaves behind: that of its new tokens, of which a windowed layer keeps a window."""
    return p.batch * kv_tokens(s, p.new, s.window) * kv_bytes_per_token_layer(s, f)


def expanded_values(s: Shape, p: Pass):
    """Keys and values per token and layer that multi-head latent attention writes out in full for a prefill."""
    return s.heads * (s.nope_dim + s.v_dim) if s.kv_rank > 0 and p.new > 1.0 else 0.0


def activation_bytes(s: Shape, f: Format, p: Pass):
    """Inputs and outputs of the matrix products and of attention, each moved once: 0 in a bound (see `Format`).

    Norms, rotations and the gate are taken as fused into their neighbours; unfused code moves more.
    A prefill through latent attention also writes the keys and values it expands, and reads them.
    """
    attention = 2.0 * s.d_model + 4.0 * s.heads * s.head_dim
    width = s.d_ff
    if s.experts > 0:
        width = (s.active_experts + s.shared_experts) * s.expert_d_ff
    mlp = 2.0 * s.d_model + 2.0 * (s.mlp_matrices - 1.0) * width
    head = p.batch * p.logits * (s.d_model + s.vocab)
    expanded = 2.0 * p.batch * p.context * s.layers * expanded_values(s, p)  # written, and read back
    return (tokens_in(p) * s.layers * (attention + mlp) + expanded + head) * f.activation


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
    """Bytes that must fit on the device: stored weights and the KV cache of `batch` sequences."""
    return weight_bytes_stored(s, f) + batch * kv_bytes(s, f, context)


def largest_batch(s: Shape, f: Format, c: Chip, context):
    """Sequences of `context` tokens whose KV cache fits beside the weights (a fraction: take the floor)."""
    return (c.capacity - weight_bytes_stored(s, f)) / kv_bytes(s, f, context)


def balance_batch(s: Shape, f: Format, p: Pass):
    """The batch of a dense model at which KV bytes equal weight bytes: from here on a larger batch reuses little."""
    return balance(weight_bytes_streamed(s, f, p), kv_bytes(s, f, p.context))


def balance(weights, kv_of_sequence):
    """Sequences whose KV cache is as many bytes as the weights."""
    return weights / kv_of_sequence


def effective_bits(bits, group, scale_and_zero_bits):
    """Bits per weight of a format whose groups of weights share a scale and perhaps a zero point."""
    return bits + scale_and_zero_bits / group
