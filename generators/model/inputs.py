"""What the model computes from: a transformer's shape, a storage format, one pass over it, and a chip.

All numbers are floats (or quantities, or symbols).  A part that a model lacks is 0.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """`count` layers alike in one of their parts: what each remembers of a sequence, and what each multiplies.

    A layer with attention and an MLP stands in two parts; a model is the sum of its parts.  Counts
    are of values, not bytes, except `index`.
    """

    count: float
    kept: float = 0.0  # values cached per entry; 0 where another layer's are used, which a pass reads once
    window: float = 0.0  # tokens that a query sees, itself included; 0: all
    chunk: float = 0.0  # tokens that attend among themselves only; 0: all
    stride: float = 1.0  # tokens per cached entry
    top: float = 0.0  # entries that a query reads at most; 0: all
    index: float = 0.0  # bytes of index per entry, all read to choose those
    state: float = 0.0  # values of recurrent state, as many at any context; read and written in every pass
    mixer: float = 0.0  # weights of attention's projections, or of what stands in its place
    dense: float = 0.0  # weights of an MLP that every token uses, shared experts among them
    router: float = 0.0
    experts: float = 0.0
    active: float = 0.0
    expert: float = 0.0  # weights of one routed expert
    again: float = 0.0  # weights of another part that a token passes here once more
    small: float = 0.0  # norms, biases, sinks
    expert_small: float = 0.0  # biases of one expert
    table: float = 0.0  # parameters of a table of which a token reads `row`
    row: float = 0.0
    pair: float = 0.0  # multiply-adds for one query and one entry
    pair_many: float = 0.0  # the same where a pass has several new tokens
    index_pair: float = 0.0  # multiply-adds for one query and one entry of the index
    state_work: float = 0.0  # multiply-adds of a token with the state
    width: float = 0.0  # values of a token's queries, all heads
    hidden: float = 0.0  # values of a token between the matrices of the MLP
    expanded: float = 0.0  # keys and values written out per token when a pass has several new tokens


@dataclass(frozen=True)
class Shape:
    """A decoder-only model.  Symbols of the book: L, d, H, H_kv, d_h, d_ff, V.

    The fields say a model whose layers are alike, but for windows and dense MLPs among mixtures.
    `parts` says any other; the fields then describe its full attention and its MLP.
    """

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
    parts: list = None  # of `Part`; None: they follow from the fields


@dataclass(frozen=True)
class Format:
    """Bytes of a stored value.  `weight` counts block scales; `other` is for embedding, head, routers and norms.

    `activation` is 0 in a bound: what a pass makes and uses up itself can stay in a cache.  With the
    bytes of a value, each activation crosses main memory once, and every time is an estimate, no bound.
    Attention's projections, routed experts and the embedding may be stored in a way of their own; 0 is not.
    `mac` is the work of one multiply-add: 2 FLOP.
    """

    weight: float
    other: float
    kv: float
    activation: float = 0.0
    mac: float = 2.0
    state: float = 2.0  # recurrent state
    attention: float = 0.0
    expert: float = 0.0
    embedding: float = 0.0


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
