"""Each claim of chapter 4 that can be computed, as an assertion; rows of the claims review are named where they are settled."""

import statistics
from itertools import pairwise

import pytest

from generators.catalog import model_inputs
from generators.comparison import batching as batch_comparison
from generators.comparison import serving as serving_comparison
from generators.comparison import serving_runs
from generators.measure.serving import report
from generators.measure.serving.scheduler import POLICIES, serve
from generators.measure.serving.trace import at_once
from generators.model import batching, memory, parameters, roofline, work
from generators.model.inputs import Format, Pass
from vis import (
    batch_on_the_roofline,
    experts_and_batch,
    latency_throughput_frontier,
    queueing_under_load,
    static_and_continuous,
)

A100, H100, H200 = "a100-sxm4-80gb", "h100-sxm5-80gb", "h200-sxm"
LLAMA, SECOND, BF16 = "llama-2-7b", "llama-3.1-8b", Format(2.0, 2.0, 2.0)


@pytest.fixture
def a100(catalog):
    return model_inputs.device(catalog.accelerators[A100])


@pytest.fixture
def price(catalog):
    return serving_comparison.chapter_price(catalog)


def shape(catalog, name):
    return model_inputs.shape(catalog.models[name])


def balance(s, context):
    return memory.balance_batch(s, BF16, Pass(1.0, 1.0, context))


# Row 1: memory-bound or not is a matter of batch, context and chip, not of inference.


def test_each_limit_ends_the_gain_somewhere(catalog, numbers):
    s, h200 = shape(catalog, SECOND), model_inputs.device(catalog.accelerators[H200])
    turn = numbers[f"{SECOND}.bf16.{H200}.compute-bound-batch.s128"].value
    flat = [batch / roofline.step(s, BF16, h200, Pass(batch, 1.0, 128.0)).time for batch in (turn, 400.0, 512.0)]
    assert max(flat) < 1.01 * min(flat), "past the ridge a larger batch gives nobody anything"
    most = numbers[f"{SECOND}.bf16.{H200}.largest-batch.s4096"].value
    assert roofline.step(s, BF16, h200, Pass(most, 1.0, 4096.0)).binds == "memory", "memory is full before the ridge"
    assert {row["binds"] for row in latency_throughput_frontier.data(catalog).rows} == {"memory"}


def test_batching_is_free_at_a_short_context_and_dear_at_a_long_one(catalog):
    v = latency_throughput_frontier.data(catalog).values
    assert v["gain 128"] > 0.95 * 32 and v["slower 128"] < 1.06
    assert v["gain 8192"] < 11 and v["slower 8192"] > 3


# Row 18: the largest lever, and not linear until KV bytes equal weight bytes.


@pytest.mark.parametrize(("name", "context", "batch"), [(LLAMA, 4096.0, 6), (SECOND, 8192.0, 14)])
def test_at_the_balance_batch_the_gain_is_little_more_than_half_of_linear(catalog, a100, numbers, name, context, batch):
    s = shape(catalog, name)
    assert round(balance(s, context)) == batch
    share = batching.gain(s, BF16, a100, balance(s, context), context) / balance(s, context)
    assert 0.52 < share < 0.60, "the review's near-linear is wrong"
    said = numbers[f"{name}.bf16.gain-at-balance.s{context:.0f}"].value
    assert said == pytest.approx(share, rel=0.02)


def test_from_the_balance_batch_on_throughput_can_at_most_double(catalog, a100):
    for name in catalog.models:
        s = shape(catalog, name)
        if s.experts or s.window_layers:
            continue
        for context in (512.0, 8192.0):
            at = batching.gain(s, BF16, a100, max(1.0, balance(s, context)), context)
            assert batching.gain(s, BF16, a100, 1e7, context) < 2.03 * at, name


def test_the_bend_comes_long_before_the_balance(catalog, a100):
    s, context = shape(catalog, SECOND), 8192.0
    quarter = balance(s, context) / 4
    assert batching.gain(s, BF16, a100, quarter, context) < 0.9 * quarter


def test_the_table_of_balances_is_a_table_of_attention(catalog, numbers):
    weights = [numbers[f"{name}.bf16.streamed"].value for name in (LLAMA, "qwen2.5-7b")]
    assert weights[0] == pytest.approx(weights[1], rel=0.1)
    row = catalog.models["qwen2.5-7b"].shape
    assert row.heads / row.kv_heads == 7
    assert numbers["qwen2.5-7b.bf16.balance-batch.s2048"].value > 9 * numbers[f"{LLAMA}.bf16.balance-batch.s2048"].value
    assert numbers["qwen3-0.6b.bf16.balance-batch.s2048"].value < 6


def test_ten_per_cent_buys_less_the_longer_the_context(catalog, a100, numbers):
    s = shape(catalog, SECOND)
    found = [numbers[f"batch-within.{SECOND}.bf16.{A100}.s{context}.10"].value for context in (128, 2048, 8192)]
    assert found == sorted(found, reverse=True) and found[0] > 50 and found[2] < 4
    for context, most in zip((128.0, 2048.0, 8192.0), found, strict=True):
        assert (
            batching.slowdown(s, BF16, a100, most, context) <= 1.1 < batching.slowdown(s, BF16, a100, most + 1, context)
        )


# Row 19: the intensity of the products grows with the batch, attention's does not; the whole has a ceiling.


def test_attention_does_not_gain_and_the_products_do(catalog):
    s = shape(catalog, LLAMA)
    for batch in (1.0, 7.0, 64.0):
        step = Pass(batch, 1.0, 2048.0)
        alone = work.attention_flop(s, BF16, step) / (batch * memory.kv_bytes(s, BF16, 2048.0))
        assert alone == pytest.approx(1.0)
        linear = work.linear_flop(s, BF16, step) / memory.weight_bytes_streamed(s, BF16, step)
        assert linear == pytest.approx(batch, rel=0.05)
    for name, heads in ((LLAMA, 1.0), (SECOND, 4.0), ("llama-3.1-70b", 8.0)):
        assert batching.attention_intensity(shape(catalog, name), BF16, Pass(9.0, 1.0, 777.0)) == pytest.approx(heads)
    assert batching.attention_intensity(shape(catalog, "deepseek-v3"), BF16, Pass(3.0, 1.0, 99.0)) == pytest.approx(
        241.8, abs=0.05
    )


def test_a_model_stays_under_the_ridge_at_two_thousand_tokens_but_not_at_every_context(catalog, numbers):
    data = batch_on_the_roofline.data(catalog)
    h200 = model_inputs.device(catalog.accelerators[H200])
    assert data.values["ridge"] == h200.peak / h200.bandwidth
    assert data.where(model="Llama 3.1 8B")[0]["ceiling"] == numbers[f"{SECOND}.bf16.intensity-ceiling.s2048"].value
    s = shape(catalog, SECOND)
    assert roofline.step(s, BF16, h200, Pass(1e7, 1.0, 2048.0)).binds == "memory"
    found = numbers[f"{SECOND}.bf16.{H200}.turning-context-with-attention"].value
    assert roofline.step(s, BF16, h200, Pass(1e9, 1.0, found)).binds == "compute"
    assert roofline.step(s, BF16, h200, Pass(1e9, 1.0, found + 1)).binds == "memory"


def test_how_many_models_stay_under_a_ridge(catalog, numbers):
    ceilings = {
        name: roofline.intensity_ceiling(shape(catalog, name), BF16, Pass(1.0, 1.0, 2048.0)) for name in catalog.alike
    }
    assert numbers["models-count"].value == len(ceilings)
    for chip in (A100, H100, H200):
        under = sum(one < numbers[f"{chip}.ridge-point"].value for one in ceilings.values())
        assert numbers[f"models-under-ridge.{chip}.s2048"].value == under > len(ceilings) / 2
    over = [name for name, one in ceilings.items() if one > numbers[f"{A100}.ridge-point"].value]
    assert "llama-3.1-70b" in over and "deepseek-v3" in over


def test_no_context_brings_latent_attention_under_the_a100s_ridge(catalog, a100):
    s = shape(catalog, "deepseek-v3")
    assert all(
        roofline.intensity_ceiling(s, BF16, Pass(1.0, 1.0, c)) > a100.peak / a100.bandwidth
        for c in (2048.0, 131072.0, 1e7)
    )


# Row 20: sixty-four sequences of 2,048.


def test_sixty_four_sequences_fit_by_one_reading_of_eighty_and_not_by_two(catalog, a100, numbers):
    needed = numbers[f"decode.{LLAMA}.bf16.b64.s2048.memory-needed"].value
    driver = catalog.published["a100-driver-memory"].quantity.value
    assert needed == pytest.approx(82.2e9, rel=0.001)
    assert 80e9 < needed < driver and needed > 0.9 * driver
    assert numbers[f"batch-gain.{LLAMA}.bf16.{A100}.b64.s2048"].value < 64 / 5


# Row 21: the cache is traffic, too.


def test_latency_rises_and_throughput_saturates(catalog, a100):
    s = shape(catalog, LLAMA)
    steps = [roofline.step(s, BF16, a100, Pass(batch, 1.0, 2048.0)).time for batch in (1.0, 16.0, 64.0, 256.0)]
    assert steps == sorted(steps) and steps[-1] > 20 * steps[0]
    rates = [b / t for b, t in zip((1.0, 16.0, 64.0, 256.0), steps, strict=True)]
    assert rates[3] < 1.2 * rates[2]


# Others' batches.


def test_the_bytes_predict_what_a_batch_gains(catalog, numbers):
    gains = batch_comparison.sweep_gains(catalog)
    assert len(gains) == 6
    short, long = ([one for one in gains if one.length == length] for length in batch_comparison.SWEEP_LENGTHS)
    assert all(one.error > 0 for one in short), "too high for short texts"
    assert long[-1].batch == 64 and long[-1].error < 0, "too low for the largest batch of long ones"
    assert [row for row in catalog.published if row.startswith("trt-gh200-8b-")] == [
        batch_comparison.sweep_id(length, batch)
        for length in batch_comparison.SWEEP_LENGTHS
        for batch in batch_comparison.SWEEP_BATCHES
    ]
    assert numbers["sweep-error.worst"].value == max(abs(one.error) for one in gains)


def test_which_gh200_it_was_hardly_matters_to_the_gain(catalog):
    s, form = shape(catalog, "llama-3-8b"), model_inputs.number_format(catalog.formats["fp16"])
    cards = [model_inputs.device(catalog.accelerators[f"gh200-{card}"], "fp16") for card in ("96gb", "141gb")]
    for length in batch_comparison.SWEEP_LENGTHS:
        gains = []
        for card in cards:
            one, many = (batching.offline_time(s, form, card, b, float(length), float(length)) for b in (1.0, 64.0))
            gains.append(64 * one / many)
        assert gains[0] == pytest.approx(gains[1], rel=0.04)
    reported = [catalog.models[name].shape for name in ("llama-3-8b", SECOND)]
    assert reported[0] == reported[1]


def test_the_quoted_h100_runs_end_where_the_sentence_says(catalog):
    mine = {one.id: one.reached / one.bound for one in batch_comparison.offline_runs(catalog) if "h100" in one.id}
    assert min(mine, key=mine.get) == "tensorrt-llm-7b-h100-b768"
    assert max(mine, key=mine.get) == "tensorrt-llm-7b-h100-b48"


def test_the_batch_within_a_promise_follows_from_the_formula(catalog, numbers):
    weights, each = numbers[f"{SECOND}.bf16.streamed"].value, numbers[f"{SECOND}.kv.s4096"].value
    most = (0.010 * numbers[f"{H200}.bandwidth"].value - weights) / each
    assert numbers[f"batch-in.{SECOND}.bf16.{H200}.s4096.ms10"].value == int(most)
    assert int(most) < numbers[f"{SECOND}.bf16.{H200}.largest-batch.s4096"].value


# Others' offline runs.


def test_no_offline_run_beats_its_bound_and_the_misses_have_an_order(catalog):
    runs = batch_comparison.offline_runs(catalog)
    assert len(runs) == len(batch_comparison.OFFLINE) == 7
    assert all(0.47 < run.reached / run.bound < 0.81 for run in runs)
    for chip in ("a100", "h100"):
        mine = sorted((run for run in runs if chip in run.id), key=lambda run: run.reached / run.bound)
        assert (mine[0].prompt, mine[0].answer) == (128, 128) and mine[0].batch == max(run.batch for run in mine)
        nearest = [_ridge_share(catalog, run) for run in mine]
        assert nearest[0] == max(nearest), "its steps come nearest to the ridge"
    edge = next(run for run in runs if run.batch == 60)
    assert (
        catalog.accelerators[A100].capacity.value < edge.needs < catalog.published["a100-driver-memory"].quantity.value
    )


def _ridge_share(catalog, run):
    row, kv = catalog.published[run.id], batch_comparison.OFFLINE[run.id][2]
    stored = catalog.formats[row.format]
    chip = model_inputs.device(catalog.accelerators[row.accelerator], stored.rate)
    step = Pass(float(run.batch), 1.0, run.prompt + run.answer / 2)
    found = roofline.step(shape(catalog, row.model), model_inputs.number_format(stored, kv), chip, step)
    return found.compute / found.memory


# Measured batches.


def test_the_roofline_is_too_fast_for_every_measured_batch_and_paces_of_batch_one_tell_most_of_it(catalog, numbers):
    steps = [s for s in batch_comparison.batch_steps(catalog) if s.record == catalog.speaker("cpu").id]
    assert all(step.error < 0 for step in steps)
    short, long = (statistics.median(abs(s.error) for s in steps if s.context == c) for c in (129, 8193))
    assert long > short, "the misses grow with the cache"
    assert numbers["cpu.batch-error.paced-median"].value < 0.5 * numbers["cpu.batch-error.median"].value
    assert numbers["cpu.batch-error.paced-worst"].value < numbers["cpu.batch-error.median"].value
    cache, weights = numbers["cpu.batch.cache-pace"].value, numbers["cpu.batch.weight-pace"].value
    assert 0.35 < cache / weights < 0.65 and weights < numbers["cpu.read-bandwidth"].value


def test_measured_batches_gain_much_at_a_short_context_and_little_at_a_long_one(catalog, numbers):
    assert numbers["cpu.batch.b16.s128.gain"].value > 10 and numbers["cpu.batch.b16.s128.slowdown"].value < 1.5
    assert numbers["cpu.batch.b64.s8192.gain"].value < 6 and numbers["cpu.batch.b64.s8192.slowdown"].value > 10
    assert numbers["cpu.beyond.b256.s8192.needs"].value > numbers["cpu.beyond.b256.s8192.free"].value


# Rows 22 and 23: first tokens, and requests that come when they come.


def test_prompts_read_together_delay_each_other(numbers):
    one, many = (numbers[f"prompts-together.{SECOND}.bf16.{A100}.b{b}.s1024.time"].value for b in (1, 16))
    assert many == pytest.approx(16 * one, rel=0.01)


def test_static_batching_uses_the_mean_answer_over_the_mean_longest(price):
    """Exactly: a batch takes as many passes as its longest answer has tokens."""
    trace = at_once(serving_comparison.trace())
    run = serve(trace, serving_comparison.policy_of("static"), price)
    places = serving_comparison.BATCH
    batches = [trace[at : at + places] for at in range(0, len(trace), places)]
    longest = sum(max(one.answer for one in batch) for batch in batches)
    assert len(run.passes) == longest
    share = report.mean_batch(run) / places
    assert share == pytest.approx(
        batching.occupied_share(sum(one.answer for one in trace) / len(trace), longest / len(batches))
    )
    assert share < 0.5


def test_continuous_batching_keeps_its_places_busy(numbers):
    static, continuous = (numbers[f"serving.{name}.occupied"].value for name in ("static", "continuous"))
    more = numbers["serving.continuous.capacity-over.static"].value
    assert 1 < more < continuous / static, "prompts take their time under both"
    assert numbers["serving.places"].value < numbers[f"{SECOND}.bf16.{H200}.largest-batch.s8192"].value
    assert numbers["over-seeds.occupied.continuous-lowest"].value > 0.8
    assert numbers["over-seeds.occupied.static-highest"].value < 0.45
    assert numbers["static-occupied.16"].value == pytest.approx(1 / sum(1 / i for i in range(1, 17)))
    assert 1 / numbers["static-occupied.16"].value > 3


def test_the_wait_differs_far_more_than_the_capacity(catalog, numbers):
    assert 1.7 < numbers["over-seeds.gain.continuous-median"].value < 2.1, "nearly doubles"
    assert numbers["over-seeds.gain.continuous-lowest"].value > 1.5
    static, continuous = (numbers[f"serving.{name}.at-static.p90.ttft"].value for name in ("static", "continuous"))
    assert static > 10 * continuous
    v = queueing_under_load.data(catalog).values
    assert v["static wait"] == static and v["same load"] == continuous
    queue, whole = (numbers[f"serving.static.p90.{part}"].value for part in ("queueing", "ttft"))
    assert queue > 0.5 * whole, "under load the queue is most of the wait"
    assert numbers["serving.continuous.p50.queueing"].value < 0.02 * queue, "hardly a queue"
    assert numbers["serving.continuous.capacity"].value / 2 > 0.9 * numbers["serving.static.capacity"].value
    assert 1.9 < numbers["serving.continuous.capacity-over.static"].value < 2, "nearly doubles"


def test_continuous_batching_answers_more_slowly_and_a_few_gaps_lift_its_mean(numbers):
    tpot = {name: numbers[f"serving.{name}.p90.tpot"].value for name in ("static", "continuous")}
    assert tpot["continuous"] > 1.5 * tpot["static"]
    assert numbers["serving.continuous.p50.tpot"].value > numbers["serving.continuous.p50.gap"].value


def test_measured_first_tokens_come_sooner_under_continuous_batching(catalog):
    runs = {(one.policy.name, one.load): one for one in serving_runs.measured_runs(catalog)}
    for load in (0.5, 0.8, 0.95):
        assert runs["static", load].mean_ttft > 2 * runs["continuous", load].mean_ttft
        assert runs["static", load].mean_batch < runs["continuous", load].mean_batch
    v = static_and_continuous.data(catalog).values
    assert v["static ttft"] > 2 * v["continuous ttft"]


def test_the_simulation_knows_the_time_busy_better_than_the_wait(catalog, numbers):
    runs = serving_runs.measured_runs(catalog)
    busy, wait = (statistics.median(abs(one.error(metric)) for one in runs) for metric in ("busy", "ttft"))
    assert busy < wait and busy < 0.15
    assert numbers["cpu.serving-error.busy-median"].value == busy


# Chunks.


def test_chunks_trade_first_tokens_for_the_longest_gap_at_low_load_only(numbers):
    def at(name, size, part):
        return numbers[f"serving.{name}.at-continuous.p{size}.{part}"].value

    assert at("continuous-chunked", 25, "ttft") > at("continuous", 25, "ttft")
    for size in (25, 90):
        assert 10 * at("continuous-chunked", size, "longest-gap") < at("continuous", size, "longest-gap")
    assert at("continuous-chunked", 25, "gap") > at("continuous", 25, "gap"), "more gaps are stretched a little"


def test_what_chunks_do_to_capacity_goes_both_ways(numbers, price):
    overlap = {size: numbers[f"serving.chunks.{size}.capacity-over.whole"].value for size in (64, 128, 256, 512)}
    assert overlap[64] < overlap[128] < 1 < overlap[512] < overlap[256]
    turns = [serving_comparison.over_seeds(price, f"gain.turns-{size}") for size in (128, 256, 512)]
    assert all(smaller[-1] < larger[0] for smaller, larger in pairwise([*turns, (1.0,)])), "in every trace"
    for seed in serving_comparison.SEEDS:
        small, large = (serving_comparison.TOLD[f"carrying.chunks-{size}"](price, seed) for size in (256, 512))
        assert small > large + 0.1
    critical = numbers[f"{H200}.critical-tokens.bf16"].value
    assert critical / 2 > 64 and critical < 256


def test_measured_chunks_gain_no_capacity_and_cost_first_tokens(catalog, numbers):
    assert 0.95 < numbers["cpu.chunks-busy.lowest"].value < numbers["cpu.chunks-busy.highest"].value < 1.3
    runs = {(one.policy.name, one.load): one for one in serving_runs.measured_runs(catalog)}
    for load in (0.5, 0.8, 0.95):
        assert runs["continuous-chunked", load].mean_ttft > runs["continuous", load].mean_ttft


# Experts.


def test_a_mixture_wants_more_batch(catalog, numbers):
    v = experts_and_batch.data(catalog).values
    assert v[f"reuse {SECOND}"] == pytest.approx(16, rel=0.01)
    assert v["reuse mixtral-8x7b"] < 5 and v["reuse deepseek-v3"] < v["reuse qwen3-30b-a3b"] < v["reuse mixtral-8x7b"]
    needed = [numbers[f"{name}.bf16.batch-for-reuse.8"].value for name in experts_and_batch.MODELS]
    assert needed == sorted(needed) == [v[f"batch {name}"] for name in experts_and_batch.MODELS] and needed[0] == 8


def test_a_mixture_never_catches_up(catalog):
    s = shape(catalog, "mixtral-8x7b")
    one = batching.weight_bytes_per_token(s, BF16, 1.0)
    worth = [one / batching.weight_bytes_per_token(s, BF16, b) / b for b in (64.0, 256.0, 1024.0)]
    assert all(0.25 < share < 0.3 for share in worth)
    assert parameters.expected_share(s.experts, s.active_experts, 16.0) > 0.98


# Exercises.


def test_eight_times_the_throughput_for_a_tenth_more_latency(catalog, a100, numbers):
    assert numbers["balance-needed.8.10"].value == pytest.approx(77)
    s = shape(catalog, SECOND)
    longest = numbers[f"{SECOND}.bf16.context-for.8.10"].value
    assert batching.gain(s, BF16, a100, 8.8, longest) == pytest.approx(8.0, rel=0.01)
    assert batching.slowdown(s, BF16, a100, 8.8, longest) == pytest.approx(1.1, rel=0.01)
    assert numbers[f"batch-gain.{SECOND}.bf16.{A100}.b9.s1024"].value > 8
    assert numbers[f"batch-slowdown.{SECOND}.bf16.{A100}.b9.s1024"].value < 1.1


def test_the_smallest_model_gains_least(numbers):
    limits = [numbers[f"{name}.bf16.gain-limit.s4096"].value for name in ("qwen3-0.6b", LLAMA, SECOND)]
    assert limits == sorted(limits)


def test_answers_of_one_length_cost_a_static_batch_no_places(price):
    from dataclasses import replace

    same = [replace(one, answer=32) for one in at_once(serving_comparison.trace(), 1)]
    run = serve(same, serving_comparison.policy_of("static"), price)
    assert report.mean_batch(run) == serving_comparison.BATCH
    assert len(POLICIES) == 3
