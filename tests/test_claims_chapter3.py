"""Each claim of chapter 3 that can be computed, as an assertion.  A changed fact that makes a sentence false fails here."""

import pytest

from generators.catalog import model_inputs
from generators.comparison import shares, simulation
from generators.comparison.phases import measured_sweeps, prefills, quoted_sweep
from generators.comparison.prefill_interference import interference, land
from generators.comparison.workloads import workloads
from generators.model import memory, parameters, phases, roofline, work
from generators.model.inputs import Format, Pass

A100, H100, H200 = "a100-sxm4-80gb", "h100-sxm5-80gb", "h200-sxm"
LLAMA, SECOND, BF16 = "llama-2-7b", "llama-3.1-8b", Format(2.0, 2.0, 2.0)
TABLED = (A100, H100, H200, "l4", "t4", "rtx-4090", "m2-ultra")


def device(catalog, chip, rate="bf16"):
    return model_inputs.device(catalog.accelerators[chip], rate)


def shape(catalog, model):
    return model_inputs.shape(catalog.models[model])


def critical(chip, width=2.0):
    return roofline.critical_tokens(roofline.ridge_point(chip.peak, chip.bandwidth), width, 2.0)


# Two machines in one -------------------------------------------------------------------------


def test_with_16_bit_weights_the_critical_tokens_are_the_ridge_point(catalog):
    for chip in TABLED:
        found = device(catalog, chip)
        assert critical(found) == pytest.approx(roofline.ridge_point(found.peak, found.bandwidth))


def test_products_below_the_critical_tokens_wait_for_memory_and_above_for_arithmetic(catalog):
    chip, weights = device(catalog, A100), 8192.0 * 57344.0
    for tokens, binds in ((0.95 * critical(chip), "memory"), (1.05 * critical(chip), "compute")):
        assert roofline.what_binds(2 * weights * tokens / chip.peak, 2 * weights / chip.bandwidth, 0.0) == binds


def test_the_prompts_of_quoted_workloads_are_longer_than_any_number_of_the_table(catalog):
    most = max(critical(device(catalog, chip)) for chip in TABLED)
    assert min(one.prompt for one in workloads(catalog)) > most
    assert catalog.published["agent-step-append"].quantity.value > most


def test_four_bit_weights_turn_compute_bound_nearly_four_times_sooner(catalog):
    four = model_inputs.number_format(catalog.formats["int4-g128"]).weight
    assert 3.7 < 2.0 / four < 4.0 and catalog.formats["int4-g128"].rate in ("bf16", "fp16")


def test_the_quoted_knee_lies_within_six_percent_of_the_datasheets_and_nearer_than_either_roof(catalog):
    sweep = quoted_sweep(catalog)
    memory_share = sweep.weight_bytes / sweep.knee.floor / sweep.bandwidth
    compute_share = sweep.flop_per_token / sweep.knee.slope / sweep.peak
    assert abs(sweep.error) < 0.06
    assert abs(sweep.error) < min(1 - memory_share, 1 - compute_share) / 3
    assert memory_share == pytest.approx(compute_share, rel=0.1)
    assert sweep.knee.interval[0] < sweep.knee.tokens < sweep.knee.interval[1] < sweep.critical
    assert sweep.knee.miss < 0.05


def test_the_quoted_products_have_a_stair_after_128_tokens(catalog):
    before, after = (catalog.published[f"vidur-70b-up-{tokens}"].quantity.value for tokens in (128, 136))
    assert (136 / after) / (128 / before) < 0.75


# What the reader waits for -------------------------------------------------------------------


def test_short_quoted_prompts_are_memory_bound_and_long_ones_compute_bound(catalog):
    for row in catalog.published.values():
        if row.source == "tensorrt-llm-performance":
            stored = catalog.formats[row.format]
            step = roofline.step(
                shape(catalog, LLAMA),
                model_inputs.number_format(stored),
                device(catalog, row.accelerator, stored.rate),
                Pass(1.0, row.context, row.context),
            )
            assert step.binds == ("memory" if row.context == 128 else "compute"), row.conditions
            assert step.time < row.quantity.value


def test_the_h100_comes_least_close_to_its_bound(catalog):
    reached = {}
    for id_, row in catalog.published.items():
        if row.source == "tensorrt-llm-performance":
            stored = catalog.formats[row.format]
            step = roofline.step(
                shape(catalog, LLAMA),
                model_inputs.number_format(stored),
                device(catalog, row.accelerator, stored.rate),
                Pass(1.0, row.context, row.context),
            )
            reached[id_] = step.time / row.quantity.value
    for tokens in (128, 2048):
        assert min(("a100", "h100", "l40s"), key=lambda chip: reached[f"trt-7b-{chip}-p{tokens}"]) == "h100"
        assert catalog.published[f"trt-7b-h100-p{tokens}"].quantity.value == min(
            catalog.published[f"trt-7b-{c}-p{tokens}"].quantity.value for c in ("a100", "h100", "l40s")
        )
    lost = {
        tokens: catalog.published[f"trt-7b-h100-p{tokens}"].quantity.value * (1 - reached[f"trt-7b-h100-p{tokens}"])
        for tokens in (128, 2048)
    }
    assert 4 < lost[2048] / lost[128] < 5  # no constant overhead


def test_on_the_h200_32_tokens_take_little_longer_than_one_and_4096_sixteen_times_as_long(numbers):
    one = numbers["h200.decode.8b.graph.time"].value
    some, many = (numbers[f"h200.prefill.8b.s{tokens}.time"].value for tokens in (32, 4096))
    assert one < some < 1.1 * one and many / one == pytest.approx(16, abs=0.5)


def test_no_pass_of_the_h200_beats_its_limit_and_the_long_one_comes_nearest(catalog, numbers):
    prefills_ = {tokens: numbers[f"h200.prefill.8b.s{tokens}.of-bound"].value for tokens in (16, 32, 4096)}
    assert len(catalog.speaker("h200").measured("prefill")) == len(prefills_)
    decode = numbers["h200.decode.8b.graph.of-bound"].value
    assert max(decode, *prefills_.values()) == prefills_[4096] < 1


def test_writing_over_reading_is_the_critical_tokens_times_what_decode_lacks(catalog, numbers):
    """The measured ratio exceeds the datasheet's as decode reaches the smaller share of its limit."""
    ratio = numbers["h200.writing-over-reading.8b.graph.s4096"].value
    shares_ = numbers["h200.prefill.8b.s4096.of-bound"].value / numbers["h200.decode.8b.graph.of-bound"].value
    assert ratio == pytest.approx(critical(device(catalog, H200)) * shares_, rel=0.02)
    assert ratio > critical(device(catalog, H200))


def test_the_h200s_prefills_are_predicted_too_fast(catalog):
    mine = [one for one in prefills(catalog) if one.record == catalog.speaker("h200").id]
    assert len(mine) == 3 and all(one.error < 0 for one in mine)


def test_faster_memory_shortens_decode_and_leaves_a_long_prefill(catalog):
    slow, fast = device(catalog, H100), device(catalog, H200)
    for step, gain in ((Pass(1.0, 4096.0, 4096.0), 1.0), (Pass(1.0, 1.0, 4096.0), fast.bandwidth / slow.bandwidth)):
        times = [roofline.step(shape(catalog, SECOND), BF16, chip, step).time for chip in (slow, fast)]
        assert times[0] / times[1] == pytest.approx(gain)


@pytest.mark.parametrize("model", [SECOND, "llama-3.1-70b", LLAMA])
def test_at_parity_attention_is_half_of_the_layers_work(catalog, model):
    s = shape(catalog, model)
    tokens = phases.attention_parity(parameters.linear_parameters(s), s.layers, s.heads, s.head_dim)
    whole = Pass(1.0, tokens, tokens)
    assert work.attention_flop(s, BF16, whole) == pytest.approx(work.linear_flop(s, BF16, whole), rel=1e-4)


def test_at_128k_attention_is_five_parts_of_seven_and_twice_the_prompt_more_than_three_times_the_wait(catalog):
    s, chip = shape(catalog, SECOND), device(catalog, H200)
    once, twice = (roofline.step(s, BF16, chip, Pass(1.0, t, t)) for t in (131072.0, 262144.0))
    assert work.attention_flop(s, BF16, Pass(1.0, 131072.0, 131072.0)) / once.flop == pytest.approx(5 / 7, abs=0.01)
    assert 3 < twice.time / once.time < 4
    parity = phases.attention_parity(parameters.linear_parameters(s), s.layers, s.heads, s.head_dim)
    assert 131072 / parity == pytest.approx(2.5, abs=0.05)


def test_a_prefill_is_a_third_of_a_training_step(catalog):
    s, whole = shape(catalog, LLAMA), Pass(1.0, 2048.0, 2048.0)
    assert work.step_flop(s, BF16, whole) / work.training_flop(s, BF16, whole) == pytest.approx(1 / 3, abs=0.01)


def test_a_few_hundred_tokens_make_a_prefill_compute_bound_on_every_chip_of_the_catalog(catalog):
    for row in catalog.accelerators.values():
        chip = model_inputs.device(row, "bf16")
        assert chip is None or critical(chip) < 600


# A prompt among others -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def landed():
    from generators.catalog.load import load_catalog
    from tests.conftest import ROOT

    price = simulation.chip_price(load_catalog(ROOT), H200, SECOND, "bf16")
    return {chunk: land(price, 32, 2048, 8192, chunk) for chunk in (None, 1024, 512, 256, 128)}


def test_chunks_of_512_cut_the_wait_tenfold_and_delay_the_first_token_by_little(landed):
    assert landed[None].worst / landed[512].worst > 10
    assert landed[512].first_token / landed[None].first_token < 1.06


def test_chunks_far_below_the_free_tokens_gain_little_and_cost_much(catalog, landed):
    s = shape(catalog, SECOND)
    kv, weights = 32 * memory.kv_bytes(s, BF16, 2048.0), memory.weight_bytes_streamed(s, BF16, Pass(1.0, 1.0, 1.0))
    free = phases.free_tokens(critical(device(catalog, H200)), 32.0, kv, weights)
    assert 2 * 128 < free < 512 and critical(device(catalog, H200)) < free
    assert landed[128].worst > 0.99 * landed[256].worst
    assert landed[128].first_token > 2 * landed[None].first_token
    assert {one.binds for one in landed[128].passes if one.prompt} == {"memory"}
    assert {one.binds for one in landed[512].passes if one.prompt} == {"compute"}


def test_later_chunks_take_longer(landed):
    reading = [one.seconds for one in landed[512].passes if one.prompt]
    assert reading == sorted(reading) and reading[-1] > 1.2 * reading[0]


def test_a_free_chunk_costs_next_to_nothing(catalog):
    s, chip, decode = shape(catalog, SECOND), device(catalog, H200), Pass(32.0, 1.0, 2048.0)
    alone = roofline.step(s, BF16, chip, decode).time
    assert alone < phases.mixed(s, BF16, chip, decode, Pass(1.0, 200.0, 200.0)).time < 1.002 * alone
    assert phases.mixed(s, BF16, chip, decode, Pass(1.0, 512.0, 512.0)).time > 1.5 * alone


# What each costs -----------------------------------------------------------------------------


def share(catalog, one, batch):
    return phases.request_share(shape(catalog, SECOND), BF16, device(catalog, H200), batch, 0.0, one.prompt, one.answer)


def test_decode_costs_more_in_four_of_five_workloads_and_less_in_code_completion(catalog):
    shares_ = {one.id: share(catalog, one, 32.0) for one in workloads(catalog)}
    assert len(shares_) == 5 and [id_ for id_, found in shares_.items() if found > 0.5] == ["splitwise-coding"]
    assert shares_["splitwise-coding"] > 0.85
    assert shares_["splitwise-conversation"] > 0.45, "barely"
    assert all(share(catalog, one, 1.0) < 0.5 for one in workloads(catalog))


def test_the_same_ratio_at_a_longer_context_has_another_share_in_a_batch(catalog):
    rows = {one.id: one for one in workloads(catalog)}
    short, long = rows["splitwise-conversation"], rows["inferencex-8k1k"]
    assert short.ratio == pytest.approx(long.ratio, rel=0.015)
    assert share(catalog, short, 32.0) > 1.5 * share(catalog, long, 32.0)


def test_a_larger_batch_shifts_the_even_ratio_to_the_left_but_not_below_its_least(catalog):
    s, chip = shape(catalog, SECOND), device(catalog, H200)
    even = [shares.even(s, BF16, chip, batch, 4096.0) for batch in (1.0, 32.0, 128.0, 100_000.0)]
    assert even == sorted(even, reverse=True)
    kv, weights = memory.kv_bytes(s, BF16, 4096.0), memory.weight_bytes_streamed(s, BF16, Pass(1.0, 1.0, 1.0))
    assert even[-1] == pytest.approx(phases.least_token_cost(critical(chip), kv, weights), rel=0.15)


def test_in_requests_of_4096_tokens_the_even_ratio_is_the_price_of_an_answer_token_there(numbers):
    on = f"{SECOND}.bf16.{H200}.b32"
    even, cost = numbers[f"even-ratio.{on}.of4096"].value, numbers[f"token-cost.{on}.s4096"].value
    assert even == pytest.approx(cost, rel=0.05) and cost > 1.3 * numbers[f"token-cost.{on}.s2048"].value


def test_half_of_a_chunk_that_the_limit_allows_is_enough_and_above_the_free_tokens(numbers):
    """512 of the table of rules: at most half of what twenty milliseconds allow, as a prefill may take twice its limit."""
    on = f"{SECOND}.bf16.{H200}.b32.s2048"
    assert numbers[f"free-tokens.{on}"].value < 512 < numbers[f"chunk-within.{on}.p8192.ms20"].value / 2
    assert numbers["h200.prefill.8b.s4096.of-bound"].value > 0.5


def test_the_formula_for_the_share_agrees_with_the_passes_it_stands_for(catalog):
    s, chip = shape(catalog, SECOND), device(catalog, H200)
    for batch, prompt, answer in ((1.0, 2048.0, 256.0), (32.0, 2048.0, 64.0), (64.0, 1024.0, 128.0)):
        context = prompt + answer / 2
        kv = batch * memory.kv_bytes(s, BF16, context)
        weights = memory.weight_bytes_streamed(s, BF16, Pass(1.0, 1.0, 1.0))
        reported = phases.prefill_share(phases.token_cost_ratio(critical(chip), batch, kv, weights), answer, prompt)
        assert reported == pytest.approx(phases.request_share(s, BF16, chip, batch, 0.0, prompt, answer), rel=0.08)


def test_reusing_the_prefix_turns_an_agents_call_from_prefill_to_decode(catalog):
    new, kept, answer = (
        catalog.published[f"agent-step-{what}"].quantity.value for what in ("append", "prefix", "answer")
    )
    s, chip = shape(catalog, SECOND), device(catalog, H200)
    assert int(memory.largest_batch(s, BF16, chip, new + kept + answer)) == 7
    assert phases.request_share(s, BF16, chip, 7.0, 0.0, kept + new, answer) > 0.75
    assert phases.request_share(s, BF16, chip, 7.0, kept, new, answer) < 0.07


@pytest.mark.parametrize("model", [SECOND, LLAMA])
def test_an_answer_token_gets_cheaper_with_the_batch_down_to_what_its_own_cache_costs(catalog, model):
    s, chip = shape(catalog, model), device(catalog, H200)
    kv, weights = memory.kv_bytes(s, BF16, 2048.0), memory.weight_bytes_streamed(s, BF16, Pass(1.0, 1.0, 1.0))
    costs = [phases.token_cost_ratio(critical(chip), batch, batch * kv, weights) for batch in (1.0, 32.0, 128.0, 1e6)]
    assert costs == sorted(costs, reverse=True)
    assert costs[-1] == pytest.approx(phases.least_token_cost(critical(chip), kv, weights), rel=0.01)


# Two machines apart --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "low", "high"),
    [
        (LLAMA, 0.45, 0.5),
        (SECOND, 0.0, 0.13),
        ("llama-3.1-70b", 0.0, 0.05),
        ("gemma-3-27b", 0.0, 0.05),
        ("deepseek-v2-lite", 0.0, 0.1),
    ],
)
def test_moving_a_small_cache_takes_a_small_part_of_its_prefill(catalog, model, low, high):
    s, port = shape(catalog, model), catalog.published["connectx-7-port"].quantity.value
    moving = memory.kv_bytes(s, BF16, 32768.0) / port
    assert low <= moving / roofline.step(s, BF16, device(catalog, H100), Pass(1.0, 32768.0, 32768.0)).time < high


def test_exercise_4_computing_wins_only_on_a_small_part_of_the_port(catalog):
    s = shape(catalog, "llama-3.1-70b")
    even = (
        memory.kv_bytes(s, BF16, 32768.0)
        / roofline.step(s, BF16, device(catalog, H100), Pass(1.0, 32768.0, 32768.0)).time
    )
    assert even < 0.05 * catalog.published["connectx-7-port"].quantity.value


def test_exercise_1_the_h100_has_the_most_arithmetic_for_its_bandwidth(catalog):
    found = {chip: critical(device(catalog, chip, "fp16")) for chip in ("t4", H100, "m2")}
    assert max(found, key=found.get) == H100 and found["m2"] < 40


def test_exercise_1_decode_at_batch_1_leaves_most_of_the_h100_and_least_of_the_m2_idle(catalog):
    idle = {}
    for chip in ("t4", H100, "m2"):
        step = roofline.step(shape(catalog, LLAMA), BF16, device(catalog, chip, "fp16"), Pass(1.0, 1.0, 1.0))
        idle[chip] = 1 - step.compute / step.time
    assert max(idle, key=idle.get) == H100 and min(idle, key=idle.get) == "m2"


def test_a_kernel_that_reached_the_peak_of_an_h20_needed_few_flop_per_byte(catalog):
    ridge = catalog.published["h20-peak"].quantity.value / catalog.published["h20-bandwidth"].quantity.value
    assert ridge < critical(device(catalog, H100)) / 5


def test_exercise_5_a_chunk_of_512_visits_nearly_all_experts(catalog):
    s = shape(catalog, "qwen3-30b-a3b")
    assert s.experts / s.active_experts == 16 and parameters.expected_share(s.experts, s.active_experts, 512.0) > 0.99


# Measured for this book ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def swept(book_of_the_session):
    return {sweep.format: sweep for sweep in measured_sweeps(book_of_the_session, "cpu")}


@pytest.fixture(scope="module")
def book_of_the_session():
    from generators.catalog.load import load_catalog
    from tests.conftest import ROOT

    return load_catalog(ROOT)


def test_the_cpus_knee_lies_above_the_predicted_one_as_it_misses_the_memory_roof_by_more(swept):
    for sweep in swept.values():
        assert -0.5 < sweep.error < -0.15, sweep.format
    bf16 = swept["BF16"]
    assert bf16.knee.interval[0] > bf16.critical
    memory_share = bf16.weight_bytes / bf16.knee.floor / bf16.bandwidth
    compute_share = bf16.flop_per_token / bf16.knee.slope / bf16.peak
    assert memory_share < 0.8 < 0.9 < compute_share
    assert compute_share / memory_share == pytest.approx(bf16.knee.tokens / bf16.critical, rel=1e-6)


def test_the_cpu_takes_turns_reading_and_computing(swept):
    assert swept["BF16"].knee.sharpness == swept["FP32"].knee.sharpness == 1.0


def test_an_fp32_product_of_four_tokens_takes_far_longer_than_one_of_two(swept):
    times = {point[0]: point[1] for point in swept["FP32"].points}
    assert times[4.0] > 1.6 * times[2.0] and times[2.0] < 1.3 * times[1.0]
    low, high = swept["FP32"].knee.interval
    assert high / low > 1.5 > swept["BF16"].knee.interval[1] / swept["BF16"].knee.interval[0]


def test_measured_knees_lie_between_the_points(catalog):
    for sweep in measured_sweeps(catalog):
        assert sweep.points[0][0] < sweep.knee.interval[0] <= sweep.knee.interval[1] < sweep.points[-1][0], sweep.where


def test_the_cpus_prefills_are_predicted_too_fast_and_less_so_if_it_takes_turns(catalog):
    mine = [one for one in prefills(catalog) if one.machine == prefills(catalog)[0].machine]
    assert mine and all(one.error < 0 for one in mine)
    errors, turns = (
        sorted(abs(t / one.seconds - 1) for one, t in found)
        for found in ([(one, one.predicted) for one in mine], [(one, one.summed) for one in mine])
    )
    assert turns[len(turns) // 2] < 0.8 * errors[len(errors) // 2]


def test_two_rates_of_the_whole_landing_tell_the_chunked_ones(catalog):
    run = interference(catalog)[0]
    assert (run.batch, run.measured[0].prompt) == (4, 512)
    assert run.error < 0.1
    whole, small = run.measured[0], run.measured[-1]
    assert whole.chunk is None and small.chunk == 64
    assert small.worst < whole.worst / 2 and small.first_token > 1.5 * whole.first_token


def test_no_chunk_was_free_on_the_cpu(catalog):
    small = interference(catalog)[0].measured[-1]
    alone = [one.seconds for one in small.passes if not one.prompt]
    assert min(one.seconds for one in small.passes if one.prompt) > 1.2 * sorted(alone)[len(alone) // 2]
