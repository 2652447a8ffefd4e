"""The functions of `generators/model/phases.py` at values worked out by hand, and against the rest of the model."""

import pytest

from generators.catalog import model_inputs
from generators.comparison import simulation
from generators.comparison.prefill_interference import land
from generators.measure.serving.scheduler import Segment
from generators.model import phases, roofline
from generators.model.inputs import Format, Pass

BF16 = Format(2.0, 2.0, 2.0)


def test_by_hand():
    assert phases.knee_time(3.0, 2.0, 1.0, 4.0) == 11.0
    assert phases.knee_time(3.0, 1.0, 2.0, 4.0) == 5.0
    assert phases.mixture_critical_tokens(300.0, 8.0, 2.0) == 1200.0
    assert phases.attention_parity(64e6, 4.0, 8.0, 64.0) == 31250.0
    assert phases.first_token_time(1.0, 6e12, 2e9, 3e12, 1e9) == 3.0
    assert phases.mixed_time(2.0, 1e9, 8.0, 92.0, 2e9, 1e9, 1e12, 1e12) == 0.2
    assert phases.mixed_time(2.0, 1e9, 8.0, 92.0, 2e9, 1e9, 1e15, 1e12) == 0.003
    assert phases.free_tokens(150.0, 30.0, 1e9, 2e9) == 195.0
    assert phases.token_cost_ratio(300.0, 30.0, 1e9, 2e9) == 15.0
    assert phases.least_token_cost(300.0, 1e9, 3e10) == 10.0
    assert phases.prefill_share(3.0, 101.0, 300.0) == 0.5
    assert phases.move_time(1000.0, 131072.0, 131072e3) == 1.0


def test_free_tokens_are_where_the_simple_mixed_pass_turns_compute_bound():
    critical, batch, kv, weights = 150.0, 32.0, 8e9, 15e9
    bandwidth, parameters = 2e12, weights / 2.0
    peak, free = critical * bandwidth, phases.free_tokens(critical, batch, kv, weights)
    times = [
        phases.mixed_time(2.0, parameters, batch, free * part, weights, kv, peak, bandwidth)
        for part in (0.0, 0.99, 1.0, 1.5)
    ]
    assert times[0] == times[1] == pytest.approx(times[2]) and times[3] > 1.2 * times[0]


def test_a_mixed_pass_without_a_prompt_is_the_decode_step_and_without_decode_a_prefill(catalog):
    s, chip = (
        model_inputs.shape(catalog.models["llama-3.1-8b"]),
        model_inputs.device(catalog.accelerators["a100-sxm4-80gb"]),
    )
    decode, prompt, none = Pass(32.0, 1.0, 2048.0), Pass(1.0, 512.0, 512.0), Pass(0.0, 0.0, 0.0)
    assert phases.mixed(s, BF16, chip, decode, none).time == pytest.approx(roofline.step(s, BF16, chip, decode).time)
    assert phases.mixed(s, BF16, chip, none, prompt).flop == pytest.approx(roofline.step(s, BF16, chip, prompt).flop)


def test_a_mixed_pass_costs_what_the_scheduler_is_priced_at(catalog):
    """Two ways to the same pass; the scheduler leaves the output head to the chunk that answers."""
    price = simulation.chip_price(catalog, "a100-sxm4-80gb", "llama-3.1-8b", "bf16")
    for chunk in (64, 512, 2048):
        segments = [Segment(n, n, 1, 2047, True, True) for n in range(32)] + [Segment(32, 32, chunk, 4096, True, True)]
        mixed = phases.mixed(
            price.shape, price.format, price.chip, Pass(32.0, 1.0, 2048.0), Pass(1.0, float(chunk), 4096.0 + chunk)
        )
        assert price(segments) == pytest.approx(mixed.time, rel=1e-9)


def test_a_landing_reads_the_whole_prompt_and_its_clock_starts_with_it(catalog):
    price = simulation.chip_price(catalog, "a100-sxm4-80gb", "llama-3.1-8b", "bf16")
    for chunk in (None, 700, 128):
        found = land(price, 8, 1024, 2048, chunk)
        assert sum(one.prompt for one in found.passes) == 2048
        first = next(one for one in found.passes if one.prompt)
        assert first.end == pytest.approx(first.seconds)
        assert found.first_token == pytest.approx(sum(one.seconds for one in found.passes if one.prompt))
        assert max(one.prompt for one in found.passes) == (chunk or 2048)


def test_the_share_is_half_where_the_even_ratio_says():
    from generators.comparison import shares
    from generators.model.inputs import Chip, Shape

    s, chip = Shape(32.0, 4096.0, 32.0, 8.0, 128.0, 14336.0, 128256.0), Chip(2e12, 3e14)
    for batch in (1.0, 16.0):
        even = shares.even(s, BF16, chip, batch, 4096.0)
        assert shares.share(s, BF16, chip, batch, 4096.0, even) == pytest.approx(0.5, abs=1e-6)
        assert shares.share(s, BF16, chip, batch, 4096.0, even * 2) > 0.5
