"""The parts that models are made of: what each kind of attention, recurrence and MLP remembers and multiplies.

Each function gives `count` layers of one kind as a `Part`.  d is the model's width; `norms` counts
vectors of that width; switches such as `bias` are 0 or 1.
"""

from generators.model.inputs import Part, Shape


def attention(
    count,
    d,
    heads,
    kv_heads,
    head_dim,
    v_dim=0.0,
    window=0.0,
    chunk=0.0,
    norms=1.0,
    bias=0.0,
    out_bias=0.0,
    qk_norm=0.0,
    sinks=0.0,
    gate=0.0,
    shared_value=0.0,
    borrowed=0.0,
    d_in=0.0,
):
    """Softmax attention.  `qk_norm` counts values of norms on queries and keys, `gate` values of an output gate.

    `shared_value`: one projection gives key and value, which a norm and a rotation then tell apart.
    `borrowed`: keys and values are another layer's.  `d_in`: width of the input, if not d.
    """
    pairs = 2.0 * kv_heads * head_dim
    wide = heads * head_dim
    if v_dim > 0:
        pairs = kv_heads * (head_dim + v_dim)
        wide = heads * v_dim
    source = d if d_in == 0 else d_in
    made = source * (heads + 2.0 * kv_heads) * head_dim
    if v_dim > 0 or shared_value > 0 or borrowed > 0:
        made = source * heads * head_dim + source * (1.0 - borrowed) * (pairs - shared_value * pairs / 2.0)
    mixer = made + wide * d
    if gate > 0:
        mixer = mixer + source * gate
    small = norms * d + sinks * heads + out_bias * d
    small = small + bias * (heads * head_dim + pairs * (1.0 - borrowed)) + qk_norm
    work = heads * head_dim + wide
    return Part(
        count,
        kept=pairs * (1.0 - borrowed),
        window=window,
        chunk=chunk,
        mixer=mixer,
        small=small,
        pair=work,
        pair_many=work,
        width=work / 2.0,
    )


def latent(
    count,
    d,
    heads,
    kv_rank,
    rope_dim,
    nope_dim,
    v_dim,
    q_rank=0.0,
    norms=1.0,
    small=0.0,
    index_heads=0.0,
    index_dim=0.0,
    top=0.0,
):
    """Multi-head latent attention: one compressed vector and one rotary key per token, for all heads.

    One token at a time it works on the latent vector itself; for many tokens its keys and values are
    expanded to full heads, which is less work per pair.  With an index (DeepSeek-V3.2) each query
    reads `top` entries, chosen by small 8-bit keys with a 4-byte scale.
    """
    query = d * heads * (nope_dim + rope_dim)
    if q_rank > 0:
        query = d * q_rank + q_rank * heads * (nope_dim + rope_dim)
    mixer = query + d * (kv_rank + rope_dim) + kv_rank * heads * (nope_dim + v_dim) + heads * v_dim * d
    mixer = mixer + index_dim * (q_rank * index_heads + d) + d * index_heads
    return Part(
        count,
        kept=kv_rank + rope_dim,
        top=top,
        index=index_dim + 4.0 if index_dim > 0 else 0.0,
        mixer=mixer,
        small=norms * d + q_rank + kv_rank + 2.0 * index_dim + small,
        pair=heads * (2.0 * kv_rank + rope_dim),
        pair_many=heads * (nope_dim + rope_dim + v_dim),
        index_pair=index_heads * index_dim,
        width=heads * v_dim,
        expanded=heads * (nope_dim + v_dim),
    )


def compressed(
    count, heads, head_dim, stride=1.0, window=0.0, top=0.0, mixer=0.0, small=0.0, index_heads=0.0, index_dim=0.0
):
    """Attention to one cached vector per `stride` tokens that serves every head as key and value (DeepSeek-V4)."""
    return Part(
        count,
        kept=head_dim,
        window=window,
        stride=stride,
        top=top,
        index=index_dim + 4.0 if index_dim > 0 else 0.0,
        mixer=mixer,
        small=small,
        pair=2.0 * heads * head_dim,
        pair_many=2.0 * heads * head_dim,
        index_pair=index_heads * index_dim,
        width=heads * head_dim if window > 0 else 0.0,
    )


def recurrence(count, d, state, mixer, conv=0.0, kernel=1.0, small=0.0, norms=1.0, width=0.0):
    """A layer that keeps a state of fixed size: linear attention, gated delta, Mamba, a short convolution.

    `conv` channels pass a convolution over `kernel` tokens, of which the last kernel - 1 are kept.
    """
    return Part(
        count,
        state=state + conv * (kernel - 1.0),
        mixer=mixer,
        small=norms * d + conv * kernel + small,
        state_work=2.0 * state + conv * kernel,
        width=width,
    )


def mamba(count, d, inner, state, kernel, rank, bias=0.0, conv_bias=1.0, norms=1.0, small=0.0):
    """Mamba (Gu and Dao 2023): each of `inner` channels has a state of its own."""
    mixer = d * 2.0 * inner + inner * (rank + 2.0 * state) + rank * inner + inner * d
    extra = inner * state + inner * (2.0 + conv_bias) + bias * (2.0 * inner + d) + small
    return recurrence(count, d, inner * state, mixer, inner, kernel, extra, norms, inner)


def mamba2(count, d, inner, heads, state, groups, kernel, bias=0.0, conv_bias=1.0, norms=1.0, gated_norm=1.0):
    """Mamba-2 (Dao and Gu 2024): heads share a decay; B and C are shared by groups of heads."""
    conv = inner + 2.0 * groups * state
    mixer = d * (inner + conv + heads) + inner * d
    extra = conv_bias * conv + 3.0 * heads + gated_norm * inner + bias * (inner + conv + heads + d)
    return recurrence(count, d, inner * state, mixer, conv, kernel, extra, norms, inner)


def delta(count, d, key_heads, value_heads, key_dim, value_dim, kernel, norms=1.0, extra=0.0, small=0.0):
    """Gated delta rule: a matrix of key_dim × value_dim per value head (Qwen3-Next; `extra` weights for its kin)."""
    keys = key_heads * key_dim
    values = value_heads * value_dim
    mixer = d * (2.0 * keys + 2.0 * values) + values * d + extra
    conv = 2.0 * keys + values
    return recurrence(count, d, value_heads * key_dim * value_dim, mixer, conv, kernel, small, norms, values)


def mlp(count, d, d_ff, matrices=3.0, norms=1.0, bias=0.0, d_in=0.0):
    """A dense MLP: gate, up and down, or up and down."""
    source = d if d_in == 0 else d_in
    return Part(
        count,
        dense=(matrices - 1.0) * source * d_ff + d_ff * d if d_in > 0 else matrices * d * d_ff,
        small=norms * d + bias * ((matrices - 1.0) * d_ff + d),
        hidden=(matrices - 1.0) * d_ff,
    )


def mixture(
    count, d, experts, active, d_ff, shared=0.0, matrices=3.0, norms=1.0, bias=0.0, d_in=0.0, small=0.0, through=0.0
):
    """Routed experts; `shared` is the width of the shared ones together.

    `d_in`: width that experts work at, if not d; `through`: weights between the two widths.
    """
    source = d if d_in == 0 else d_in
    return Part(
        count,
        dense=matrices * d * shared + through,
        router=d * experts,
        experts=experts,
        active=active,
        expert=matrices * source * d_ff,
        small=norms * d + bias * experts + small,
        expert_small=bias * ((matrices - 1.0) * d_ff + source),
        hidden=(matrices - 1.0) * (active * d_ff + shared),
    )


def weights(count, dense=0.0, small=0.0):
    """Further matrices that every token passes, such as those between two widths."""
    return Part(count, dense=dense, small=small)


def reuse(count, heads, kv_heads, head_dim, again):
    """Layers that pass weights of another part once more (Zamba), with keys and values of their own.

    The weights, `again` of them, are read once for all.
    """
    work = 2.0 * heads * head_dim
    return Part(count, kept=2.0 * kv_heads * head_dim, pair=work, pair_many=work, again=again, width=heads * head_dim)


def table(count, rows, width, read=1.0):
    """A table of which a token reads one row, such as embeddings of a layer; `read` 0: weights that nothing reads."""
    return Part(count, table=rows * width, row=read * width)


def parts_of(s: Shape):
    """The parts of a shape: its own, or those that its fields describe."""
    if s.parts is not None:
        return s.parts
    made = []
    if s.kv_rank > 0:
        made.append(
            latent(s.layers, s.d_model, s.heads, s.kv_rank, s.rope_dim, s.nope_dim, s.v_dim, s.q_rank, s.norm_vectors)
        )
    elif s.window_layers > 0:
        made.append(_attention(s, s.layers - s.window_layers, 0.0))
        made.append(_attention(s, s.window_layers, s.window))
    else:
        made.append(_attention(s, s.layers, 0.0))
    dense = s.layers
    if s.experts > 0:
        dense = s.dense_layers
        wide = s.shared_experts * s.expert_d_ff
        mixed = mixture(
            s.layers - dense,
            s.d_model,
            s.experts,
            s.active_experts,
            s.expert_d_ff,
            wide,
            s.mlp_matrices,
            0.0,
            s.expert_bias,
        )
        made.append(mixed)
    made.append(mlp(dense, s.d_model, s.d_ff, s.mlp_matrices, 0.0, s.mlp_bias))
    return made


def _attention(s: Shape, count, window):
    """Layers of a shape's attention; the norms of the whole layer stand here."""
    return attention(
        count,
        s.d_model,
        s.heads,
        s.kv_heads,
        s.head_dim,
        window=window,
        norms=s.norm_vectors,
        bias=s.qkv_bias,
        out_bias=s.output_bias,
        qk_norm=s.qk_norm * 2.0 * s.head_dim,
        sinks=s.sinks,
    )
