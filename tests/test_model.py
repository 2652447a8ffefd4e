"""The model against hand-worked values, published references, and its own readings in floats, quantities and symbols."""

import math

import pytest

from generators.catalog import model_inputs
from generators.core.symbols import Symbol
from generators.model import memory, operators, parameters, parts, roofline, work
from generators.model.inputs import Chip, Format, Pass, Shape

BF16 = Format(2.0, 2.0, 2.0)
TINY = Shape(layers=2.0, d_model=8.0, heads=4.0, kv_heads=2.0, head_dim=4.0, d_ff=16.0, vocab=32.0)


def shape(catalog, name):
    return model_inputs.shape(catalog.models[name])


def test_parameters_of_a_tiny_shape_by_hand():
    attention = 8 * (4 + 2 * 2) * 4 + 4 * 4 * 8  # Q, K, V; output
    mlp = 3 * 8 * 16
    norms = 2 * 2 * 8 + 8
    assert parameters.parameter_count(TINY) == 2 * (attention + mlp) + norms + 2 * 32 * 8


def test_bytes_of_a_tiny_decode_step_by_hand():
    step = memory.step_bytes(TINY, BF16, Pass(3.0, 1.0, 10.0))
    weights = 2 * (2 * (384 + 384) + 40 + 32 * 8) + 3 * 8 * 2  # matrices, norms, head; three embedding rows
    assert step.weights == weights
    assert step.kv_read == 3 * 2 * 9 * 2 * 2 * 4 * 2
    assert step.kv_written == 3 * 2 * 1 * 2 * 2 * 4 * 2
    assert step.activations == 0 and step.total == step.weights + 3 * memory.kv_bytes(TINY, BF16, 10.0)


def test_flop_of_a_tiny_prefill_by_hand():
    whole = Pass(1.0, 3.0, 3.0)
    pairs = 1 + 2 + 3
    assert work.attended(whole) == pairs
    assert work.step_flop(TINY, BF16, whole) == 2 * 3 * 2 * (384 + 384) + 2 * 2 * pairs * 2 * 4 * 4 + 2 * 1 * 32 * 8


@pytest.mark.parametrize(
    ("new", "context", "window"), [(1, 10, 4), (1, 3, 4), (6, 6, 4), (5, 9, 4), (3, 3, 4), (4, 12, 20)]
)
def test_windowed_pairs_match_a_count_one_by_one(new, context, window):
    counted = sum(min(context - new + i, window) for i in range(1, new + 1))
    assert work.attended_in_window(Pass(1.0, float(new), float(context)), float(window)) == counted


def test_every_parameter_total_follows_from_its_shape(catalog):
    for model in catalog.models.values():
        counted = parameters.parameter_count(model_inputs.shape(model))
        assert counted == pytest.approx(model.parameters.quantity.value, rel=1e-3), model.id


@pytest.mark.parametrize(
    "phase", [Pass(1.0, 1.0, 2048.0), Pass(32.0, 1.0, 4096.0), Pass(1.0, 2048.0, 2048.0), Pass(4.0, 5.0, 1000.0, 5.0)]
)
def test_operators_sum_to_the_whole_pass(catalog, phase):
    for model in catalog.models.values():
        s = model_inputs.shape(model)
        made = operators.operators(s, BF16, phase)
        assert math.fsum(p.bytes_moved for p in made) == pytest.approx(
            memory.step_bytes(s, BF16, phase).total, rel=1e-12
        )
        assert math.fsum(p.flop for p in made) == pytest.approx(work.step_flop(s, BF16, phase), rel=1e-12)
        unread = sum(
            g.count * (g.experts - memory.visited_experts(g, phase)) * g.expert_small for g in parts.parts_of(s)
        )
        rest = (parameters.small_parameters(s) - unread) * BF16.other
        rest += memory.row_bytes(s, BF16, phase)
        assert made[-1].bytes_moved == pytest.approx(rest, rel=1e-6), model.id
        assert all(p.bytes_moved >= 0 and p.flop >= 0 for p in made), model.id


def test_windowed_layers_move_what_a_window_sees_and_keeps(catalog):
    """A prefill reads no cache and leaves what is kept; a step reads a window less its own token; a chunk sees both sides."""
    s = shape(catalog, "gemma-3-27b")
    layer, full, windowed = memory.kv_bytes_per_token(s, BF16) / s.layers, s.layers - s.window_layers, s.window_layers
    whole, one, chunk = (memory.step_bytes(s, BF16, Pass(1.0, new, 8192.0)) for new in (8192.0, 1.0, 512.0))
    assert whole.kv_read == 0 and whole.kv_written == memory.kv_bytes(s, BF16, 8192.0)
    assert one.kv_read == (full * 8191 + windowed * 1023) * layer and one.kv_written == s.layers * layer
    assert chunk.kv_read == (full * 7680 + windowed * 1023) * layer and chunk.kv_written == s.layers * 512 * layer


def test_a_bound_is_below_an_estimate_that_charges_activations(catalog):
    """In each pass of each model; and by what the audit found at a context of 128: 6.03 MB for a token of Llama 3.1 8B."""
    estimate = model_inputs.charging_activations(BF16)
    for model in catalog.models.values():
        s = model_inputs.shape(model)
        for phase in (Pass(1.0, 1.0, 1.0), Pass(64.0, 1.0, 512.0), Pass(1.0, 512.0, 512.0), Pass(2.0, 64.0, 900.0)):
            least, charged = memory.step_bytes(s, BF16, phase), memory.step_bytes(s, estimate, phase)
            assert least.total < charged.total == least.total + charged.activations, model.id
    one = memory.step_bytes(shape(catalog, "llama-3.1-8b"), estimate, Pass(1.0, 1.0, 128.0))
    assert one.activations == pytest.approx(6.03e6, rel=0.01)


def test_latent_attention_changes_form_between_decode_and_prefill_only(catalog):
    s = shape(catalog, "deepseek-v3")
    whole, chunk = (work.attention_flop(s, BF16, Pass(1.0, new, 8192.0)) for new in (8192.0, 8191.0))
    assert whole == pytest.approx(chunk, rel=1e-3)
    one = Pass(1.0, 1.0, 8192.0)
    assert work.attention_flop(s, BF16, one) == 2 * 61 * 8192 * 128 * (2 * 512 + 64)
    attention = parts.parts_of(s)[0]
    assert memory.expanded_values(attention, one) == 0
    assert memory.expanded_values(attention, Pass(1.0, 2.0, 2.0)) == 2 * 2 * 128 * (128 + 128)


def test_floats_and_quantities_give_the_same_numbers(catalog):
    phase = Pass(8.0, 1.0, 2048.0)
    for model in catalog.models.values():
        for form in catalog.formats.values():
            plain = memory.step_bytes(model_inputs.shape(model), model_inputs.number_format(form), phase)
            sourced = memory.step_bytes(model_inputs.sourced_shape(model), model_inputs.sourced_format(form), phase)
            assert sourced.total.to("bytes") == plain.total
            assert model.source in sourced.total.sources and form.source in sourced.total.sources


def test_a_formula_is_the_code_called_with_symbols():
    s = Shape(*(Symbol(name) for name in ("L", "d", "H", "K", "h", "f", "V")))
    assert memory.kv_bytes_per_token(s, Format(*[Symbol("b")] * 4)).tex == r"2\, K\, h\, b\, L"
    assert roofline.attainable(Symbol("P"), Symbol("w"), Symbol("I")).tex == r"\min\left(P,\ w\, I\right)"


def test_what_binds_names_the_largest_term():
    chip = Chip(bandwidth=1e9, peak=1e12, overhead=0.0)
    assert roofline.step(TINY, BF16, chip, Pass(1.0, 1.0, 1.0)).binds == "memory"
    assert roofline.step(TINY, BF16, Chip(1e15, 1e6), Pass(1.0, 1.0, 1.0)).binds == "compute"
    slow_host = roofline.step(TINY, BF16, Chip(1e9, 1e12, overhead=1.0), Pass(1.0, 1.0, 1.0))
    assert (slow_host.binds, slow_host.time) == ("overhead", 1.0)


def test_tied_models_read_the_table_once_and_untied_ones_a_row_per_token(catalog):
    tied, untied = shape(catalog, "llama-3.2-1b"), shape(catalog, "llama-3.1-8b")
    for batch in (1.0, 7.0):
        step = Pass(batch, 1.0, 1.0)
        head = untied.vocab * untied.d_model * 2
        assert (
            memory.weight_bytes_streamed(untied, BF16, step)
            == memory.weight_bytes_stored(untied, BF16) - head + batch * untied.d_model * 2
        )
        assert memory.weight_bytes_streamed(tied, BF16, step) == memory.weight_bytes_stored(tied, BF16)


def test_expected_experts_runs_from_k_to_all():
    assert parameters.expected_experts(8.0, 2.0, 1.0) == pytest.approx(2.0)
    assert parameters.expected_experts(8.0, 2.0, 4.0) == pytest.approx(8 * (1 - 0.75**4))
    assert parameters.expected_experts(128.0, 8.0, 1e6) == pytest.approx(128.0)


def test_intensity_tends_to_its_ceiling(catalog):
    s = shape(catalog, "llama-2-7b")
    ceiling = roofline.intensity_ceiling(s, BF16, Pass(1.0, 1.0, 2048.0))
    assert roofline.intensity(s, BF16, Pass(1e6, 1.0, 2048.0)) == pytest.approx(ceiling, rel=1e-3)
    assert roofline.intensity(s, BF16, Pass(64.0, 1.0, 2048.0)) < ceiling


def test_training_does_three_times_the_forward_work(catalog):
    s = shape(catalog, "llama-2-7b")
    flop = work.training_flop(s, BF16, Pass(1.0, 1.0, 1.0))
    assert flop == pytest.approx(6 * (parameters.linear_parameters(s) + parameters.head_parameters(s)), rel=1e-3)
