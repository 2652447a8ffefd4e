"""Batching's own functions against the step model and hand-worked values; the comparison against what it must keep."""

import statistics

import pytest

from generators.catalog import model_inputs
from generators.catalog.case import Case
from generators.comparison import batching as batch_comparison
from generators.comparison import serving as serving_comparison
from generators.comparison import serving_runs
from generators.measure.serving.scheduler import POLICIES
from generators.model import batching, memory, parameters, roofline
from generators.model.inputs import Chip, Format, Pass, Shape

BF16 = Format(2.0, 2.0, 2.0)
TINY = Shape(layers=2.0, d_model=8.0, heads=4.0, kv_heads=2.0, head_dim=4.0, d_ff=16.0, vocab=32.0)


@pytest.fixture
def llama(catalog):
    return model_inputs.shape(catalog.models["llama-3.1-8b"])


@pytest.fixture
def a100(catalog):
    return model_inputs.device(catalog.accelerators["a100-sxm4-80gb"])


@pytest.mark.parametrize("context", [512.0, 2048.0, 8192.0])
@pytest.mark.parametrize("batch", [2.0, 16.0, 64.0])
def test_gain_and_slow_down_by_the_balance_batch_are_those_of_the_whole_step(llama, a100, batch, context):
    """To a thousandth: embedding rows are left out."""
    balance = memory.balance_batch(llama, BF16, Pass(1.0, 1.0, context))
    assert batching.memory_gain(batch, balance) == pytest.approx(
        batching.gain(llama, BF16, a100, batch, context), rel=0.001
    )
    slow = batching.slowdown(llama, BF16, a100, batch, context)
    assert batching.memory_slowdown(batch, balance) == pytest.approx(slow, rel=0.001)
    assert batching.memory_gain(batch, balance) * batching.memory_slowdown(batch, balance) == pytest.approx(batch)


def test_the_short_rate_is_that_of_the_whole_step(llama, a100):
    """To 4 %; attention's FLOP and the head's one token are left out."""
    count = parameters.linear_parameters(llama) + parameters.head_parameters(llama)
    for context in (128.0, 2048.0):
        kv = memory.kv_bytes(llama, BF16, context)
        for batch in (1.0, 64.0, 512.0):
            weights = memory.weight_bytes_streamed(llama, BF16, Pass(1.0, 1.0, context))
            short = batching.batch_rate(2.0, count, batch, weights, kv, a100.peak, a100.bandwidth)
            assert short == pytest.approx(
                batch / roofline.step(llama, BF16, a100, Pass(batch, 1.0, context)).time, rel=0.04
            )


def test_gain_by_hand():
    assert batching.memory_gain(1.0, 5.0) == batching.memory_slowdown(1.0, 5.0) == 1.0
    assert batching.memory_gain(9.0, 9.0) == 5.0 and batching.memory_slowdown(9.0, 9.0) == 1.8
    assert batching.memory_gain(1e12, 9.0) == pytest.approx(10.0)
    needed = batching.balance_needed(8.0, 1.1)
    batch = 1.1 * (needed + 1.0) - needed  # whose step takes 1.1 times as long
    assert batching.memory_slowdown(batch, needed) == pytest.approx(1.1)
    assert batching.memory_gain(batch, needed) == pytest.approx(8.0)


def test_the_batch_and_the_context_at_which_decode_turns(llama, a100):
    """Against the step model: attention's FLOP make a smaller batch and a longer context compute-bound, by a fiftieth."""
    count = parameters.linear_parameters(llama) + parameters.head_parameters(llama)
    ridge, token = a100.peak / a100.bandwidth, memory.kv_bytes_per_token(llama, BF16)
    weights = memory.weight_bytes_streamed(llama, BF16, Pass(1.0, 1.0, 1.0))
    turn = weights / (2.0 * count / ridge - 128.0 * token)
    found = next(
        b for b in range(1, 1000) if roofline.step(llama, BF16, a100, Pass(float(b), 1.0, 128.0)).binds == "compute"
    )
    assert found <= turn < 1.02 * found
    longest = batching.turning_context(2.0, count, ridge, token)
    assert roofline.intensity_ceiling(llama, BF16, Pass(1.0, 1.0, longest)) > ridge
    assert roofline.intensity_ceiling(llama, BF16, Pass(1.0, 1.0, 1.03 * longest)) < ridge


def test_the_ceiling_by_its_parts(catalog):
    """Short form against the counted ceiling, to a thousandth: embedding rows are left out."""
    for id_ in ("llama-2-7b", "llama-3.1-8b", "llama-3.1-70b", "qwen2.5-7b"):
        s = model_inputs.shape(catalog.models[id_])
        count = parameters.linear_parameters(s) + parameters.head_parameters(s)
        attention = batching.attention_intensity(s, BF16, Pass(1.0, 1.0, 2048.0))
        short = batching.ceiling_by_parts(2.0, count, 2048.0, memory.kv_bytes_per_token(s, BF16), attention)
        counted = roofline.intensity_ceiling(s, BF16, Pass(1.0, 1.0, 2048.0))
        assert counted <= short < 1.001 * counted


def test_experts_by_hand():
    mixture = Shape(1.0, 4.0, 2.0, 1.0, 2.0, 0.0, 8.0, experts=4.0, active_experts=1.0, expert_d_ff=4.0)
    assert batching.tokens_per_expert(4.0, 1.0, 1.0) == 1.0
    assert batching.tokens_per_expert(4.0, 1.0, 2.0) == pytest.approx(2 / (4 * (1 - 0.75**2)))
    assert batching.tokens_per_expert(8.0, 8.0, 5.0) == 5.0, "a dense layer: every token"
    one, two = (batching.weight_bytes_per_token(mixture, BF16, b) for b in (1.0, 2.0))
    assert one / 2 < two < one


def test_an_offline_run_by_hand():
    chip = Chip(bandwidth=1e6, peak=1e12)
    step = roofline.step(TINY, BF16, chip, Pass(4.0, 1.0, 10.0 + 3.0)).time
    prefill = roofline.step(TINY, BF16, chip, Pass(4.0, 10.0, 10.0)).time
    assert batching.offline_time(TINY, BF16, chip, 4.0, 10.0, 6.0) == pytest.approx(prefill + 5 * step)
    needed = memory.weight_bytes_stored(TINY, BF16) + 4 * 16 * memory.kv_bytes_per_token(TINY, BF16)
    assert batching.memory_at_end(TINY, BF16, 4.0, 10.0, 6.0) == needed


def test_pricing_decode_at_its_mean_context_is_the_sum_over_its_steps(llama, a100):
    batch, prompt, answer = 32.0, 128.0, 512.0
    steps = sum(roofline.step(llama, BF16, a100, Pass(batch, 1.0, prompt + at)).time for at in range(1, int(answer)))
    exact = roofline.step(llama, BF16, a100, Pass(batch, prompt, prompt)).time + steps
    assert batching.offline_time(llama, BF16, a100, batch, prompt, answer) == pytest.approx(exact, rel=1e-6)


# Evidence --------------------------------------------------------------------------------


def batch_case(batch: int, context: int, base: float, pace: float) -> Case:
    """A step that takes a base and its cache at a pace."""
    reported = {"batch": batch, "context": context, "layers": 2, "kv_heads": 2, "head_dim": 4, "dtype": "bfloat16"}
    seconds = base + 2 * 2 * 2 * 4 * 2 * batch * context / pace
    return Case.model_construct(
        name="decode-batch", kind="workload", parameters=reported, samples=[seconds] * 3, inner=1, status="measured"
    )


def test_paces_come_from_batch_one_alone():
    rows = [batch_case(1, context, 0.01, 5e6) for context in (128, 512, 2048)]
    found = batch_comparison.effective_bandwidth([*rows, batch_case(64, 512, 7.0, 1e3)])
    assert (found.base, found.cache) == (pytest.approx(0.01), pytest.approx(5e6))
    assert batch_comparison.effective_bandwidth(rows[:1]) is None
    assert batch_comparison.effective_bandwidth([batch_case(1, 128, 0.5, 5e6), batch_case(1, 512, 0.1, 5e6)]) is None, (
        "falling"
    )


def test_a_batch_that_did_not_fit_says_what_it_needs(catalog):
    record = catalog.speaker("cpu")
    skipped = [c for c in record.cases if c.name == "decode-batch" and c.status == "skipped" and "needs" in c.reason]
    mine = [one for one in batch_comparison.beyond_memory(catalog) if one.machine == record.machine.name]
    assert len(mine) >= len(skipped) > 0
    assert all(one.needs > one.free > 0 for one in mine)


def test_the_simulated_trace_is_what_its_distributions_say():
    trace = serving_comparison.trace()
    assert len(trace) == serving_comparison.REQUESTS
    assert trace[-1].arrival / (len(trace) - 1) == pytest.approx(1.0, rel=0.02)
    assert statistics.mean(one.prompt for one in trace) == pytest.approx(1008, rel=0.02)
    assert statistics.mean(one.answer for one in trace) == pytest.approx(63.6, rel=0.03)


def test_a_load_is_a_share_of_what_the_policy_serves(catalog):
    price = serving_comparison.chapter_price(catalog)
    for name in POLICIES:
        load = serving_comparison.at_share(price, name, 0.5)
        assert load.rate == pytest.approx(0.5 * serving_comparison.capacity(price, name))
        again = serving_comparison.at_rate(price, name, load.rate)
        assert (again.ttft, again.share) == (load.ttft, pytest.approx(0.5))
        assert load.queueing < load.ttft and load.gap_p95 <= load.gap_most


def test_a_measured_run_is_simulated_with_rates_that_serving_did_not_give(catalog):
    runs = serving_runs.measured_runs(catalog)
    assert {one.policy.name for one in runs} == set(POLICIES) and len(runs) == 9
    for one in runs:
        assert len(one.ttft) == len(one.finish) == len(one.simulated.requests)
        assert one.error("ttft") == pytest.approx(
            statistics.mean(t[0] - r.arrival for t, r in zip(one.simulated.times, one.simulated.requests, strict=True))
            / one.mean_ttft
            - 1
        )
