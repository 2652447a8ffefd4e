"""Each claim of chapter 2 that can be computed, as an assertion; rows of the claims review are named where they are settled."""

import statistics

import pytest

from generators.catalog import model_inputs
from generators.comparison import cache as kv_comparison
from generators.comparison import paging
from generators.model import cache, memory, roofline, work
from generators.model.inputs import Format, Pass
from vis import (
    fetch_or_recompute,
    kv_bytes_by_model,
    layer_memory,
    paging_waste,
    rate_against_context,
    step_with_and_without_cache,
)

KINDS = ("mha", "gqa", "mqa", "mla", "window")
A100, LLAMA, BF16 = "a100-sxm4-80gb", "llama-2-7b", Format(2.0, 2.0, 2.0)
H200, LLAMA3 = "h200-sxm", "llama-3.1-8b"  # the running example


@pytest.fixture
def a100(catalog):
    return model_inputs.device(catalog.accelerators[A100])


@pytest.fixture
def h200(catalog):
    return model_inputs.device(catalog.accelerators[H200])


def shape(catalog, name):
    return model_inputs.shape(catalog.models[name])


def step(s, chip, new, context, batch=1.0, form=BF16):
    return roofline.step(s, form, chip, Pass(batch, new, context))


# The sum at the top of the page.


def test_the_sum_in_your_head(catalog, numbers):
    s = shape(catalog, LLAMA3)
    assert (s.kv_heads, s.head_dim, s.layers) == (8, 128, 32)
    assert numbers[f"{LLAMA3}.kv-per-token"].value == 2 * 8 * 128 * 2 * 32
    assert 27 * 4096 < numbers[f"{LLAMA3}.bf16.half-rate-context"].value < 28 * 4096


# Row 7: one-token steps exist only with a cache; without it a step is a prefill and compute-bound.


def test_the_cache_makes_decode_memory_bound(catalog, h200, numbers):
    s = shape(catalog, LLAMA3)
    turn = numbers[f"without-cache-turns.{LLAMA3}.bf16.{H200}"].value
    binds = [cache.uncached_step(s, BF16, h200, context).binds for context in (turn, turn + 1)]
    assert binds == ["memory", "compute"]
    for context in (turn + 1, 512.0, 2048.0, 4096.0):
        assert cache.uncached_step(s, BF16, h200, context).binds == "compute"
        assert step(s, h200, 1.0, context).binds == "memory"
    assert step(s, h200, turn, turn).time < 1.1 * step(s, h200, 1.0, turn).time, "a short text gains little"


def test_forgetting_as_measured_on_the_h200(numbers):
    """Each run takes about twice its limit, and their ratio is a fifth off; the longer context adds a thirtieth of bytes."""
    limits = [
        numbers[f"{kind}.{LLAMA3}.bf16.{H200}.{at}.time"].value
        for kind, at in (("prefill", "s4096"), ("decode", "b1.s128"))
    ]
    took = [numbers[id_].value for id_ in ("h200.prefill.8b.s4096.time", "h200.decode.8b.graph.time")]
    assert all(1.8 < time / limit < 2.5 for time, limit in zip(took, limits, strict=True))
    reported = numbers[f"prefill-over-decode.{LLAMA3}.bf16.{H200}.s4096"].value
    assert reported / numbers["h200.without-over-with.8b.s4096"].value == pytest.approx(1.2, abs=0.02)
    added = (4096 - 128) * numbers[f"{LLAMA3}.kv-per-token"].value / numbers[f"{LLAMA3}.bf16.streamed"].value
    assert 1 / 32 < added < 1 / 28


def test_the_quoted_kernel_reads_its_caches_near_the_memorys_speed(numbers):
    reached, sheet = (
        numbers[id_].value for id_ in ("quoted.flash-attention-16-heads-bandwidth", "h100-sxm5-80gb.bandwidth")
    )
    assert 0.8 < reached / sheet < 1
    moved = 128 * 4096 * 576 * 2  # sequences, tokens, and a latent entry of 576 numbers of two bytes
    assert moved / numbers["quoted.flash-attention-16-heads-time"].value == pytest.approx(reached, rel=0.02)


def test_no_gpu_record_holds_a_longer_context(catalog):
    """Once one does, the test on a GPU goes into the chapter."""
    for record in catalog.records.values():
        if record.machine.device == "cuda":
            assert not record.measured("decode-context") and not record.measured("decode-batch"), record.id
            assert all(case.parameters["context"] < 256 for case in record.measured("decode")), record.id


def test_without_it_the_time_is_linear_and_then_quadratic_with_it_flat_and_then_linear(catalog, a100):
    s = shape(catalog, LLAMA)
    linear = step(s, a100, 1024.0, 1024.0).time / step(s, a100, 512.0, 512.0).time
    quadratic = step(s, a100, 1e6, 1e6).time / step(s, a100, 5e5, 5e5).time
    assert 2.0 < linear < 2.1 and 3.8 < quadratic < 4.0
    assert step(s, a100, 1.0, 128.0).time < 1.01 * step(s, a100, 1.0, 1.0).time
    assert step(s, a100, 1.0, 2e6).time / step(s, a100, 1.0, 1e6).time == pytest.approx(2.0, rel=0.02)


def test_the_first_figure_says_what_the_text_says(catalog, numbers):
    v = step_with_and_without_cache.data(catalog).values
    assert v["ratio"] == pytest.approx(numbers[f"prefill-over-decode.{LLAMA3}.bf16.{H200}.s4096"].value)
    assert v["measured without"] / 1e3 == pytest.approx(numbers["h200.prefill.8b.s4096.time"].value)
    assert v["measured with"] / 1e3 == pytest.approx(numbers["h200.decode.8b.graph.time"].value)


# Row 29: the cache removes arithmetic and adds reading.


def test_the_cache_removes_arithmetic_and_adds_bytes(catalog, numbers):
    s, context = shape(catalog, LLAMA3), 4096.0
    whole, one = Pass(1.0, context, context), Pass(1.0, 1.0, context)
    assert work.linear_flop(s, BF16, whole) / work.linear_flop(s, BF16, one) == context
    divided = f"prefill-over-decode.{LLAMA3}"
    assert numbers[f"{divided}.flop.s4096"].value > 100 * numbers[f"{divided}.bf16.{H200}.s4096"].value
    with_it, without = memory.step_bytes(s, BF16, one), memory.step_bytes(s, BF16, Pass(1.0, 1.0, 1.0))
    added = memory.kv_bytes(s, BF16, context)
    assert with_it.kv_read + with_it.kv_written == added > 0.5e9 and without.kv_read == 0
    assert memory.step_bytes(s, BF16, Pass(8.0, 1.0, context)).kv_read == 8 * with_it.kv_read, "no batch shares it"


# Bytes, and the naive formula.


def test_the_naive_formula_misses_models_for_the_three_reasons_and_no_other(catalog, numbers):
    wrong = {m for m in catalog.alike if abs(numbers[f"{m}.naive-error.s8192"].value - 1) > 0.01}
    assert len(wrong) == numbers["naive-misses.s8192"].value > numbers["models-count"].value / 3
    assert len(catalog.alike) == numbers["models-count"].value
    for model in catalog.alike.values():
        s, error = model.shape, numbers[f"{model.id}.naive-error"].value
        assert model.id not in wrong or s.mla or s.window or s.head_dim * s.heads != s.d_model
        if s.mla:
            assert error > 5
        elif s.head_dim * s.heads != s.d_model:
            assert error == pytest.approx(s.d_model / (s.head_dim * s.heads))
    reported = kv_bytes_by_model.data(catalog)
    assert {row["cause"] for row in reported.rows} == {"latent", "window", "head size", "window, size"}
    assert [row["error"] for row in reported.rows] == sorted((row["error"] for row in reported.rows), reverse=True)


def test_two_errors_hide_each_other_in_gpt_oss(numbers):
    assert numbers["gpt-oss-120b.naive-error"].value < 0.75
    assert 1 < numbers["gpt-oss-120b.naive-error.s8192"].value < 2


def test_parameters_do_not_decide_the_cache(catalog, numbers):
    small, large = "qwen3-0.6b", "llama-3.1-8b"
    assert numbers[f"{small}.kv-per-token"].value > 0.85 * numbers[f"{large}.kv-per-token"].value
    assert numbers[f"{large}.parameters"].value > 10 * numbers[f"{small}.parameters"].value
    assert numbers[f"{small}.naive-error"].value == pytest.approx(0.5)


# Row 10: KV traffic is in the formula, and the published pair proves it.


def test_the_slope_predicts_the_published_pair(numbers):
    for model, observed, predicted in (("llama-2-7b", 1.155, 1.159), ("mistral-7b", 1.033, 1.037)):
        pair = f"calm-{model}-short.calm-{model}-4k"
        assert numbers[f"quoted-slowdown.{pair}"].value == pytest.approx(observed, abs=0.0006)
        assert numbers[f"slope.{pair}"].value == pytest.approx(predicted, abs=0.0006)


def test_half_the_rate_where_cache_equals_weights(catalog, a100, numbers):
    for name, inside in ((LLAMA, False), ("llama-3.1-8b", True)):
        s, context = shape(catalog, name), numbers[f"{name}.bf16.half-rate-context"].value
        assert (context < catalog.models[name].context) is inside
        assert step(s, a100, 1.0, context).time / step(s, a100, 1.0, 1.0).time == pytest.approx(2.0, rel=0.01)
        assert step(s, a100, 1.0, context / 8, 8.0).time / step(s, a100, 1.0, 1.0).time == pytest.approx(2.0, rel=0.02)


def test_four_kinds_of_attention_fall_differently(catalog, numbers):
    reported = rate_against_context.data(catalog)
    v = reported.values
    assert v["MHA left"] < v["GQA left"] < v["MLA left"] < v["window left"]
    kinds = {kind: catalog.models[id_].attention.split(",")[0] for kind, id_ in rate_against_context.MODELS.items()}
    assert all(kinds[kind] == kind for kind in ("MHA", "GQA", "MLA"))
    window = catalog.models[rate_against_context.MODELS["window"]].shape
    assert window.window.layers == window.layers
    assert v["GQA left"] == pytest.approx(numbers[f"context-share.{LLAMA3}.bf16.{H200}.s131072"].value, rel=1e-3)
    for row in reported.where(mark="published"):  # the diamonds lie on the lines of their shapes
        context = row["context"]
        near = [
            one
            for one in reported.where(attention=row["attention"], mark="limit")
            if 0.8 < one["context"] / context < 1.25
        ]
        assert min(abs(one["share"] / row["share"] - 1) for one in near) < 0.015, row


def test_what_models_do_about_it(catalog, numbers):
    assert numbers[f"{LLAMA}.kv-per-token"].value == 4 * numbers[f"{LLAMA3}.kv-per-token"].value
    assert (shape(catalog, LLAMA).kv_heads, shape(catalog, LLAMA).heads, shape(catalog, "falcon-7b").kv_heads) == (
        32,
        32,
        1,
    )
    assert numbers["deepseek-v3.kv-per-token"].value < numbers[f"{LLAMA3}.kv-per-token"].value
    assert numbers["deepseek-v3.parameters"].value > 10 * numbers[f"{LLAMA3}.parameters"].value
    v = rate_against_context.data(catalog).values
    assert v["GQA left"] < v["MLA left"] < 1.2 * v["GQA left"], "the latent one slows down nearly as much"


def test_above_the_balance_the_cache_is_the_longer_lever_and_below_it_the_weights(numbers):
    limits = {
        batch: [
            numbers[id_].value
            for id_ in (
                f"decode.{LLAMA3}.bf16.{H200}.b{batch}.s4096.time",
                f"decode.{LLAMA3}.int8.{H200}.b{batch}.s4096.time",
                f"kv-bits.8-bit.{LLAMA3}.bf16.{H200}.b{batch}.s4096.time",
            )
        ]
        for batch in (1, 64)
    }
    assert 4096 < numbers[f"{LLAMA3}.bf16.half-rate-context"].value < 64 * 4096
    assert limits[1][1] < limits[1][2] < limits[1][0] and limits[64][2] < limits[64][1] < limits[64][0]


# Rows 20 and 21: what fits, and that what is kept is also read.


def test_eighty_is_two_numbers_and_a_server_takes_less_than_either(numbers):
    of = f"{LLAMA}.bf16"
    decimal, binary = numbers[f"{of}.fits.gb80.s2048"].value, numbers[f"{of}.fits.gib80.s2048"].value
    server = numbers[f"{of}.fits-in.a100-driver-memory.times.vllm-memory-share.s2048"].value
    assert (decimal, binary, server) == (61, 67, 60) and server < 64 < binary
    assert 80e9 < numbers["quoted.a100-driver-memory"].value < numbers["memory.gib80-in-gb"].value


def test_a_full_memory_takes_the_same_time_whatever_fills_it(catalog, a100):
    full = cache.full_step_time(a100.capacity, a100.bandwidth)
    for name, context in ((LLAMA, 2048.0), (LLAMA, 512.0), ("llama-3.1-8b", 8192.0), ("qwen3-32b", 2048.0)):
        s = shape(catalog, name)
        batch = float(int(cache.batch_that_fits(s, BF16, a100.capacity, context)))
        found = step(s, a100, 1.0, context, batch)
        assert found.binds == "memory" and found.time == pytest.approx(full, rel=0.05), name


def test_throughput_saturates_and_latency_rises_with_the_batch(catalog, a100):
    s = shape(catalog, LLAMA)
    times = [step(s, a100, 1.0, 2048.0, batch).time for batch in (1.0, 8.0, 16.0, 32.0, 61.0)]
    assert times == sorted(times) and times[-1] > 5 * times[0]


def test_the_h200_reads_its_full_memory_more_slowly_than_the_h100(numbers):
    assert numbers["full-step.h200-sxm"].value > numbers["full-step.h100-sxm5-80gb"].value
    assert numbers["h200-sxm.bandwidth"].value > numbers["h100-sxm5-80gb.bandwidth"].value


# Paging.


def seeded(reported):
    return [reported(seed) for seed in paging.SEEDS]


def test_half_a_block_is_right_for_small_blocks_and_too_little_for_large_ones(catalog, numbers):
    for row in paging_waste.data(catalog).where(mark="simulated"):
        if row["block"] <= 256:
            assert row["rule"] == pytest.approx(row["waste"], rel=0.08), row
        else:
            assert row["rule"] < row["waste"], row
    assert paging_waste.data(catalog).values["gain"] == pytest.approx(
        statistics.median(
            seeded(lambda s: paging.serve(16, seed=s).batch / paging.serve(paging.LONGEST, seed=s).batch)
        ),
        rel=0.03,
    )
    for size in (16, 64, paging.LONGEST):
        assert paging.serve(size).waste == pytest.approx(
            statistics.median(seeded(lambda s, b=size: paging.serve(b, seed=s).waste)), rel=0.03
        )
    assert numbers["paging.measured.16"].value < 1 - numbers["quoted.vllm-kv-used-paged"].value + 0.02


def test_exercise_5_names_the_block(numbers):
    held = numbers["paging.held.16"].value
    assert cache.wasted_share(84.0, held) < 0.1 < cache.wasted_share(86.0, held)


# Row 37, in part: reuse of prefixes.


def test_a_shared_prefix_saves_memory_and_more_prefill_than_a_short_answer_costs(catalog, a100, numbers):
    of = "prefix.llama-3.1-8b"
    assert numbers[f"{of}.b32.p2048.s512.unshared"].value / numbers[f"{of}.b32.p2048.s512.kept"].value > 4
    answer = numbers[f"{of}.bf16.{A100}.b32.p2048.s512.answer"].value
    s = shape(catalog, "llama-3.1-8b")
    saved = 31 * step(s, a100, 2048.0, 2048.0).time
    assert answer * step(s, a100, 1.0, 2560.0, 32.0).time == pytest.approx(saved, rel=1e-6) and answer > 200


# Fewer bits.


def test_fewer_kv_bits_pay_in_a_batch_and_hardly_alone(numbers):
    for name in ("8-bit", "4-bit-g32", "2-bit-g32"):
        of = f"kv-bits.{name}.{LLAMA}.bf16.{A100}"
        assert numbers[f"{of}.b1.s4096.speedup"].value < 1.15 < 1.5 < numbers[f"{of}.b32.s2048.speedup"].value
    assert numbers[f"kv-bits.8-bit.{LLAMA}.bf16.{A100}.largest-batch.s2048"].value > 2 * 61
    assert 8 * numbers["kv-bits.4-bit-g32"].value == 5


# Fetching or computing again.


def test_only_a_small_model_with_a_large_cache_is_computed_again(catalog, numbers):
    v = fetch_or_recompute.data(catalog).values
    assert v["above"] == ["Qwen3 0.6B"] and v["host"] == numbers["link.pcie-gen5-both-ways"].value / 1e9
    assert v["measured"] * 1e9 == pytest.approx(numbers[f"h200.break-even-link.{LLAMA3}.8b.s4096"].value)


def test_on_an_h200_the_running_example_is_fetched_and_at_half_the_peak_everything_drawn_is(catalog, h200, numbers):
    link = numbers["link.pcie-gen5-both-ways"].value
    measured, reported = (
        numbers[f"h200.break-even-link.{LLAMA3}.8b.s4096"],
        numbers[f"break-even-link.{LLAMA3}.bf16.{H200}.s4096"],
    )
    assert measured.value < reported.value < link < numbers[f"break-even-link.qwen3-0.6b.bf16.{H200}.s1024"].value
    assert 0.5 < measured.value / reported.value < 0.55, "about half the peak"
    half = type(h200)(h200.bandwidth, h200.peak / 2, h200.capacity)
    for name in fetch_or_recompute.MODELS:
        contexts = [16.0 * 1.1**power for power in range(80)]
        assert max(cache.break_even_link(shape(catalog, name), BF16, half, c) for c in contexts) < link, name
    assert 0.8 * link < cache.break_even_link(shape(catalog, "qwen3-0.6b"), BF16, half, 1024.0), "close to a tie"


def test_the_break_even_rises_falls_and_halves_with_the_peak_on_its_right(catalog, a100):
    s = shape(catalog, "qwen3-0.6b")
    links = [cache.break_even_link(s, BF16, a100, c) for c in (32.0, 64.0, 512.0, 8192.0, 32768.0)]
    assert links[0] < links[1] < links[2] > links[3] > links[4]
    slow = type(a100)(a100.bandwidth, a100.peak / 2, a100.capacity)
    assert cache.break_even_link(s, BF16, slow, 8192.0) == pytest.approx(links[3] / 2)
    assert cache.break_even_link(s, BF16, slow, 32.0) == pytest.approx(links[0])


def test_exercise_4_fetches_two_of_three_and_all_at_the_longer_context(catalog, numbers):
    host = numbers["link.pcie-gen4-both-ways"].value
    even = {m: numbers[f"break-even-link.{m}.bf16.{A100}.s1024"].value for m in (LLAMA, "llama-3.1-8b", "qwen3-0.6b")}
    assert [m for m, link in even.items() if link > host] == ["qwen3-0.6b"]
    assert numbers[f"break-even-link.qwen3-0.6b.bf16.{A100}.s16384"].value < host
    assert host > numbers["link.pcie-gen4-measured"].value > even[LLAMA]


# Exercises.


def test_exercise_1_the_cache_exceeds_the_weights(numbers):
    assert numbers["qwen3-0.6b.kv.s32768"].value > numbers["qwen3-0.6b.bf16.stored"].value
    assert numbers["qwen3-0.6b.kv.s32768"].value == 2 * numbers["qwen3-0.6b.kv-naive.s32768"].value


def test_exercise_3_fits_and_the_naive_formula_says_it_does_not(catalog, a100, numbers):
    s = shape(catalog, "gemma-3-27b")
    assert (s.layers, s.window_layers, s.window, s.kv_heads) == (62, 52, 1024, 16)
    assert memory.memory_needed(s, BF16, 1.0, 131072.0) < a100.capacity < numbers["gemma-3-27b.kv-naive.s131072"].value


def test_exercise_6_the_cache_is_the_larger_part_and_either_change_makes_it_fit(catalog, numbers):
    s, chip = shape(catalog, "llama-3.1-8b"), model_inputs.device(catalog.accelerators["h100-sxm5-80gb"])
    assert step(s, chip, 1.0, 32768.0, 16.0).binds == "memory"
    assert memory.memory_needed(s, BF16, 16.0, 32768.0) > chip.capacity
    smaller, lighter = Format(2.0, 2.0, 1.0), Format(1.0, 2.0, 2.0)
    for changed in (smaller, lighter):
        assert memory.memory_needed(s, changed, 16.0, 32768.0) < chip.capacity
    assert step(s, chip, 1.0, 32768.0, 16.0, smaller).time < step(s, chip, 1.0, 32768.0, 16.0, lighter).time
    assert numbers["weight-share.llama-3.1-8b.bf16.b16.s32768"].value < 0.2


# This book's own measurements, once the chapter's record holds them.


def own(catalog, steps):
    found = [step for step in steps if step.record == catalog.speaker("cpu").id]
    if not found:
        pytest.skip("the chapter's record holds no such steps yet; the tables say that they are awaited")
    return found


def test_measured_forgetting_grows_with_the_context_and_remembering_hardly(catalog):
    steps = own(catalog, kv_comparison.cache_steps(catalog))
    label = max(steps, key=lambda step: step.bytes - step.cached_bytes).label
    times = {
        kind: {s.context: s.seconds for s in steps if s.label == label and s.kind == kind}
        for kind in ("cache", "no cache")
    }
    first, last = min(times["cache"]), max(times["cache"])
    assert times["no cache"][last] > 5 * times["cache"][last] and times["no cache"][last] > 5 * times["no cache"][first]
    assert times["cache"][last] < 2 * times["cache"][first]


def test_without_the_cache_the_prediction_is_always_too_fast_and_the_ratio_is_not_stable(catalog, numbers):
    steps = own(catalog, kv_comparison.cache_steps(catalog))
    without = [step for step in steps if step.kind == "no cache"]
    assert len({step.label for step in without}) == 2 and all(step.error < 0 for step in without)
    assert abs(numbers["cpu.cache-steps.error.with"].value) < numbers["cpu.cache-steps.error.without"].value / 4
    first, again = ("cpu.cache-step.s{}.ratio", "cpu.cache-step.repeat.s{}.ratio")
    assert numbers[again.format(1024)].value == pytest.approx(numbers[first.format(1024)].value, rel=0.02)
    assert numbers[again.format(2048)].value < 0.8 * numbers[first.format(2048)].value
    assert numbers[again.format(2048)].value > 1.5 * numbers["cpu.cache-steps.predicted-ratio.s2048"].value


def test_the_three_things_that_the_prediction_without_a_cache_lacks(catalog, numbers):
    steps = own(catalog, kv_comparison.cache_steps(catalog))
    hidden = [s for s in steps if s.kind == "no cache" and s.label.startswith("0.1B") and s.context <= 128]
    assert len(hidden) == 4 and all(s.binds == "memory" for s in hidden), "arithmetic is predicted to hide"
    assert numbers["cpu.rows.bf16.t128"].value > 2 * numbers["cpu.rows.bf16.t1"].value, "and does not"
    assert numbers["cpu.causal-attention.s2048"].value < 0.6 * numbers["cpu.product.float32"].value


def test_with_the_cache_the_miss_grows_with_the_context(catalog, numbers):
    steps = own(catalog, kv_comparison.cache_steps(catalog))
    found = sorted((s.context, -s.error) for s in steps if s.kind == "cache" and s.label.startswith("0.1B"))
    assert found[-1][1] > 2 * found[0][1] > 0
    assert numbers["cpu.cache-step.added.measured"].value > 3 * numbers["cpu.cache-step.added.predicted"].value


def test_products_of_as_many_rows_explain_the_measured_slow_downs(catalog, numbers):
    found = kv_comparison.slow_downs(own(catalog, kv_comparison.context_steps(catalog)))
    last = {kind: max((one for one in found if one.kind == kind), key=lambda one: one.context) for kind in KINDS}
    assert last["mha"].observed < last["mha"].predicted
    for kind in ("gqa", "mqa", "mla"):
        assert last[kind].observed > 1.2 * last[kind].predicted
    assert max(abs(one.by_products / one.observed - 1) for one in found) == pytest.approx(
        numbers["cpu.context-products-error.worst"].value
    )
    assert numbers["cpu.context-products-error.worst"].value < 0.15 < numbers["cpu.context-error.median"].value
    for kind in KINDS:
        assert last[kind].rows == {"mha": 1, "gqa": 4, "mqa": 16, "mla": 16, "window": 1}[kind]


def test_the_roofline_excuses_only_the_latent(catalog, numbers):
    own(catalog, kv_comparison.context_steps(catalog))
    ridge = numbers["cpu.ridge-point.float32"].value
    intensity = {kind: numbers[f"cpu.context.{kind}.intensity"].value for kind in KINDS}
    assert max(intensity["gqa"], intensity["mqa"]) < ridge < intensity["mla"]
    assert numbers["cpu.rows.fp32.t4"].value > 1.8 * numbers["cpu.rows.fp32.t2"].value
    best, pace = numbers["cpu.read-bandwidth"].value, {k: numbers[f"cpu.context.{k}.pace"].value for k in KINDS}
    assert pace["mha"] > 0.8 * best > 1.2 * numbers["cpu.context.mha.short-pace"].value
    assert 0.5 * best > pace["gqa"] > pace["mqa"] > pace["mla"]
    few = [
        case
        for case in catalog.speaker("cpu").measured("rows-sweep", dtype="float32")
        if 4 <= case.parameters["rows"] <= 16
    ]
    assert len(few) == 3 and all(case.bandwidth < 0.5 * best for case in few)
    assert all(case.flops < 0.25 * numbers["cpu.product.float32"].value for case in few)
    assert 1.5 < numbers["cpu.context.gqa.added-ratio"].value < 3, "the cache is divided by four"


def test_measured_slow_downs_follow_the_kind_of_attention(catalog):
    found = kv_comparison.slow_downs(own(catalog, kv_comparison.context_steps(catalog)))
    last = {kind: max((one for one in found if one.kind == kind), key=lambda one: one.context) for kind in KINDS}
    assert last["mha"].observed > last["gqa"].observed > last["mqa"].observed
    assert last["window"].observed < 0.6 * last["mha"].observed
    assert last["mha"].intensity < last["gqa"].intensity < last["mqa"].intensity < last["mla"].intensity


def test_two_of_four_kinds_of_layers_remember_more_with_every_token(catalog):
    found = layer_memory.data(catalog)
    grows = {}
    for kind in layer_memory.KINDS:
        kept = [row["kept"] for row in found.where(kind=kind)]
        grows[kind] = kept[-1] > kept[-2]
        assert kept == sorted(kept)
    assert grows == {"full attention": True, "latent attention": True, "sliding window": False, "recurrent": False}
    assert 0 < found.values["even"] < 1024
