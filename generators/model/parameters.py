"""How many parameters a shape has, part by part, and how many of them one token uses."""

from generators.model.inputs import Shape


def attention_parameters(s: Shape):
    """Weights of one layer's attention projections (Q, K, V, output)."""
    if s.kv_rank > 0:
        query = s.d_model * s.heads * (s.nope_dim + s.rope_dim)
        if s.q_rank > 0:
            query = s.d_model * s.q_rank + s.q_rank * s.heads * (s.nope_dim + s.rope_dim)
        latent = s.d_model * (s.kv_rank + s.rope_dim) + s.kv_rank * s.heads * (s.nope_dim + s.v_dim)
        return query + latent + s.heads * s.v_dim * s.d_model
    return s.d_model * (s.heads + 2.0 * s.kv_heads) * s.head_dim + s.heads * s.head_dim * s.d_model


def mlp_parameters(s: Shape):
    """Weights of one dense MLP: gate, up and down (or up and down)."""
    return s.mlp_matrices * s.d_model * s.d_ff


def expert_parameters(s: Shape):
    """Weights of one expert."""
    return s.mlp_matrices * s.d_model * s.expert_d_ff


def expert_layers(s: Shape):
    """Layers whose MLP is a mixture of experts."""
    return s.layers - s.dense_layers if s.experts > 0 else 0.0


def router_parameters(s: Shape):
    """Weights of one layer's router."""
    return s.d_model * s.experts


def linear_parameters(s: Shape, experts):
    """Weights of all layers' matrix products when `experts` routed experts of each layer take part.

    `experts` = s.experts gives all that are stored, s.active_experts those that one token uses.
    The output head is not among them.
    """
    total = s.layers * attention_parameters(s)
    if s.experts > 0:
        total = total + s.dense_layers * mlp_parameters(s)
        each = router_parameters(s) + (experts + s.shared_experts) * expert_parameters(s)
        return total + expert_layers(s) * each
    return total + s.layers * mlp_parameters(s)


def head_parameters(s: Shape):
    """Weights of the output head, V × d; a tied model uses its embedding table here."""
    return s.vocab * s.d_model


def small_parameters(s: Shape, experts):
    """Norms, biases and attention sinks: under 0.1 % of the model, read in every pass."""
    per_layer = s.norm_vectors * s.d_model + s.sinks * s.heads + s.output_bias * s.d_model
    per_layer = per_layer + s.qkv_bias * (s.heads + 2.0 * s.kv_heads) * s.head_dim + s.qk_norm * 2.0 * s.head_dim
    if s.kv_rank > 0:
        per_layer = per_layer + s.q_rank + s.kv_rank
    total = s.layers * per_layer + s.final_norm_vectors * s.d_model
    total = total + (s.layers - expert_layers(s)) * s.mlp_bias * ((s.mlp_matrices - 1.0) * s.d_ff + s.d_model)
    each_expert = (s.mlp_matrices - 1.0) * s.expert_d_ff + s.d_model
    return total + expert_layers(s) * s.expert_bias * (s.experts + experts * each_expert)


def embedding_parameters(s: Shape):
    """The input embedding table and learned positions; a pass reads one row per new token of each."""
    return s.vocab * s.d_model + s.positions * s.d_model


def parameter_count(s: Shape):
    """All stored parameters; a tied table counts once."""
    total = linear_parameters(s, s.experts) + small_parameters(s, s.experts) + embedding_parameters(s)
    return total if s.tied else total + head_parameters(s)


def active_parameter_count(s: Shape):
    """Parameters one token uses, as model cards count them: k of E experts, tables included."""
    total = linear_parameters(s, s.active_experts) + small_parameters(s, s.active_experts) + embedding_parameters(s)
    return total if s.tied else total + head_parameters(s)


def expected_share(experts, active, tokens):
    """Share of a layer's experts that a batch of tokens visits, if each picks its experts uniformly and independently.

    1 - (1 - k/E)^B.  Trained routers are not uniform: the truth lies below.
    """
    return 1.0 - (1.0 - active / experts) ** tokens


def expected_experts(experts, active, tokens):
    """Distinct experts that a batch of tokens visits, under the same assumption."""
    return experts * expected_share(experts, active, tokens)
