"""What the model computes from: a transformer's shape, a storage format, one pass over it, and a chip.

All numbers are floats (or quantities, or symbols).  A part that a model lacks is 0.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Shape:
    """A decoder-only transformer.  Symbols of the book: L, d, H, H_kv, d_h, d_ff, V."""

    layers: float
    d_model: float
    heads: float
    kv_heads: float
    head_dim: float
    d_ff: float
    vocab: float
    tied: bool = False
    mlp_matrices: float = 3.0  # gate, up and down; 2 without a gate
    qkv_bias: float = 0.0  # 1 where the projections have biases
    output_bias: float = 0.0
    mlp_bias: float = 0.0
    norm_vectors: float = 2.0  # vectors of d_model per layer spent on norms, biases of norms included
    final_norm_vectors: float = 1.0
    qk_norm: float = 0.0
    sinks: float = 0.0
    positions: float = 0.0  # learned position embeddings
    experts: float = 0.0
    active_experts: float = 0.0
    shared_experts: float = 0.0
    expert_d_ff: float = 0.0
    expert_bias: float = 0.0
    dense_layers: float = 0.0  # layers of a mixture-of-experts model that keep a dense MLP
    kv_rank: float = 0.0  # > 0: multi-head latent attention
    q_rank: float = 0.0
    rope_dim: float = 0.0
    nope_dim: float = 0.0
    v_dim: float = 0.0
    window: float = 0.0  # tokens a windowed layer sees
    window_layers: float = 0.0


@dataclass(frozen=True)
class Format:
    """Bytes of a stored value.  `weight` counts block scales; `other` is for embedding, head and norms.

    `activation` is 0 in a bound: what a pass makes and uses up itself can stay in a cache.  With the
    bytes of a value, each activation crosses main memory once, and every time is an estimate, no bound.
    `mac` is the work of one multiply-add: 2 FLOP.
    """

    weight: float
    other: float
    kv: float
    activation: float = 0.0
    mac: float = 2.0


@dataclass(frozen=True)
class Pass:
    """One pass over the weights: `batch` sequences, `new` tokens each, attending to `context` tokens each.

    `context` includes the new tokens.  Decode: new = 1.  Prefill of T tokens: new = context = T.
    Verifying a draft of g tokens: new = logits = g + 1.
    """

    batch: float
    new: float
    context: float
    logits: float = 1.0  # tokens per sequence whose next-token scores are computed


@dataclass(frozen=True)
class Chip:
    """One device: byte/s, dense FLOP/s at the format's precision, byte, and seconds per pass spent elsewhere."""

    bandwidth: float
    peak: float
    capacity: float = 0.0
    overhead: float = 0.0
