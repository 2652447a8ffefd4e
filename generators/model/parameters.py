"""How many parameters a shape has, part by part, and how many of them one token uses."""

from generators.model.inputs import Part, Shape
from generators.model.parts import parts_of


def part_weights(g: Part, experts):
    """Weights of one layer's matrix products when `experts` of its routed experts take part."""
    total = g.mixer + g.dense
    if g.experts > 0:
        return total + g.router + experts * g.expert
    return total


def linear_parameters(s: Shape):
    """Weights of all layers' matrix products, all experts; the output head is not among them."""
    total = 0.0
    for g in parts_of(s):
        total = total + g.count * part_weights(g, g.experts)
    return total


def active_linear_parameters(s: Shape):
    """Those that one token uses: k of E experts."""
    total = 0.0
    for g in parts_of(s):
        total = total + g.count * part_weights(g, g.active)
    return total


def head_parameters(s: Shape):
    """Weights of the output head, V × d; a tied model uses its embedding table here."""
    return s.vocab * s.d_model


def small_parameters(s: Shape):
    """Norms, biases and attention sinks, those of all experts: under 0.1 % of most models, read in every pass."""
    total = s.final_norm_vectors * s.d_model
    for g in parts_of(s):
        total = total + g.count * (g.small + g.experts * g.expert_small)
    return total


def embedding_parameters(s: Shape):
    """The input embedding table, learned positions and tables of layers; a pass reads one row per new token of each."""
    total = s.vocab * s.d_model + s.positions * s.d_model
    for g in parts_of(s):
        total = total + g.count * g.table
    return total


def parameter_count(s: Shape):
    """All stored parameters; a tied table counts once."""
    total = linear_parameters(s) + small_parameters(s) + embedding_parameters(s)
    return total if s.tied else total + head_parameters(s)


def active_parameter_count(s: Shape):
    """Parameters one token uses, as model cards count them: k of E experts, tables included."""
    total = parameter_count(s)
    for g in parts_of(s):
        total = total - g.count * (g.experts - g.active) * (g.expert + g.expert_small)
    return total


def expected_share(experts, active, tokens):
    """Share of a layer's experts that a batch of tokens visits, if each picks its experts uniformly and independently.

    1 - (1 - k/E)^B.  Trained routers are not uniform: the truth lies below.
    """
    return 1.0 - (1.0 - active / experts) ** tokens


def expected_experts(experts, active, tokens):
    """Distinct experts that a batch of tokens visits, under the same assumption."""
    return experts * expected_share(experts, active, tokens)
