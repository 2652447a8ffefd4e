"""Each claim of chapter 5 that can be computed, as an assertion.  A changed fact that makes a sentence false fails here."""

import statistics

import pytest

from generators.comparison import overhead
from generators.comparison.comparison import by_products, ceilings, datasheet_bandwidth, decode_case, decode_in_mode
from generators.measure.predict import FUSED_LAYER, PRODUCTS
from vis import bandwidth_by_matrix, plan_per_length, time_per_layer


@pytest.fixture
def h200(catalog):
    return catalog.speaker("h200")


def seconds(record, model, mode):
    return float(decode_case(record, model, mode).seconds)


def test_python_needs_five_times_as_long_to_launch_the_model_as_the_memory_to_read_it(n, h200):
    assert n["h200.floor.eager"].value == pytest.approx(0.5e-3, rel=0.05)  # "about half a millisecond"
    assert decode_case(h200, "8b", "eager").parameters["layers"] == 32
    assert 16e-3 / n["h200.decode.8b.graph.bound"].value == pytest.approx(5, abs=0.3)
    assert n["h200.decode.8b.eager.issuing"].value == pytest.approx(32 * n["h200.floor.eager"].value, rel=0.03)


def test_the_fast_rounds_come_within_an_eighth_of_launching_alone(n):
    assert 1 < n["h200.decode.8b.eager.part.fast-round"] / n["h200.decode.8b.eager.issuing"] < 1.125


def test_the_parts_of_the_graph_step_are_the_measured_step(n):
    at = "h200.decode.8b.graph"
    parts = [n[f"{at}.bound"].value, *(n[f"{at}.part.{part}"].value for part in ("slowness", "gaps", "left"))]
    assert sum(parts) == pytest.approx(n[f"{at}.time"].value)
    assert 0 < parts[-1] < 0.05 * sum(parts)


def test_eager_replayed_and_compiled_differ_in_this_order_at_each_size(h200):
    for model in ("1-1b", "8b"):
        assert seconds(h200, model, "compiled-graph") < seconds(h200, model, "graph") < seconds(h200, model, "eager")


def test_no_layer_of_a_model_that_fits_takes_as_long_to_read_as_to_launch_from_python(n, catalog):
    room, sheet = n["h200-sxm.capacity"], n["h200-sxm.bandwidth-in-full"]
    fitting = [m for m in catalog.alike if n[f"{m}.bf16.stored"] <= room]
    assert len(fitting) > 30
    reading = {m: n[f"{m}.bf16.streamed"] / n.shape(m).layers / sheet for m in fitting}
    assert max(reading.values()) < n["h200.floor.eager"]
    largest = n["h200-sxm.bf16.largest-layer"].value
    assert (max(reading.values()) * sheet).value == pytest.approx(largest)


def test_a_layer_of_the_example_is_a_little_larger_than_the_floor_of_a_graph(n, h200):
    layer = decode_case(h200, "8b", "graph").work.bytes / 32
    assert 1 < layer / n["h200.floor-bytes.graph.h200-sxm"].value < 1.3


def test_the_floor_of_a_graph_meets_an_a100_between_a_1b_and_a_3b_model(n, h200):
    one, three = (decode_case(h200, m, "graph") for m in ("1-1b", "3b"))
    layers = [case.work.bytes / float(case.parameters["layers"]) for case in (one, three)]
    assert layers[0] < n["h200.floor-bytes.graph.a100-sxm4-80gb"].value < layers[1]


def test_half_of_the_bound_lies_between_measured_models(n, catalog, h200):
    sheet = datasheet_bandwidth(catalog, h200).value
    for mode, few, many in (("graph", "14b", "32b"), ("compiled-graph", "1-1b", "8b")):
        below, above = (decode_case(h200, m, mode) for m in (few, many))
        assert below.work.bytes / sheet / below.seconds < 0.5 < above.work.bytes / sheet / above.seconds
        assert below.work.bytes < n[f"h200.half-of-bound.{mode}"].value < above.work.bytes
    assert n["h200.half-of-bound.graph"].value / 2 == pytest.approx(16e9, rel=0.05)  # "sixteen billion weights in BF16"
    with pytest.raises(KeyError, match="crosses half"):
        overhead.half_of_bound(catalog, h200, "eager")


def test_the_seven_graph_steps_are_those_whose_error_is_told(n, h200):
    cases = [case for case in overhead.beyond_the_cache(h200) if case in decode_in_mode(h200, "graph")]
    assert len(cases) == 7 == n["h200.products-cases"].value
    errors = [abs(by_products(h200, case).total / case.seconds - 1) for case in cases]
    assert statistics.median(errors) == n["h200.products-error.median"].value
    assert max(errors) == n["h200.products-error.worst"].value


def test_the_eager_steps_are_all_predicted_too_fast(n, h200):
    errors = [by_products(h200, case).total / float(case.seconds) - 1 for case in decode_in_mode(h200, "eager")]
    assert len(errors) == 5 and max(errors) < 0
    assert -min(errors) == pytest.approx(n["h200.products-error-of-all.worst"].value)


def test_the_compiled_step_is_predicted_too_fast(n):
    assert n["h200.decode.8b.compiled-graph.part.left"].value > 0.1 * n["h200.decode.8b.compiled-graph.time"].value
    assert FUSED_LAYER == 7 == PRODUCTS


def test_above_a_hundred_megabytes_a_product_reads_nearly_as_fast_as_anything(catalog, h200):
    rows = bandwidth_by_matrix.data(catalog).where(kind="measured")
    assert [r["share"] for r in rows] == sorted(r["share"] for r in rows)
    best = ceilings(h200).read / datasheet_bandwidth(catalog, h200).value * 100
    assert rows[-1]["share"] > 0.98 * best and rows[-1]["size"] > 100
    assert all(r["share"] < 0.8 * best for r in rows if r["size"] < 34)


def test_sixteen_tokens_take_hardly_longer_than_one(n):
    assert 1 < n["h200.prefill.8b.s16.time"] / n["h200.decode.8b.graph.time"] < 1.1


def test_a_busy_counter_went_with_less_than_a_fifth_of_the_bandwidth(n):
    assert n["quoted.spark-4b-gpu-busy"].value > 0.9
    assert n["quoted.spark-4b-bandwidth"] / n["rtx-3090.bandwidth"] < 0.2


def test_the_rounds_that_planned_come_first_and_lie_far_above_the_others(catalog):
    record = catalog.speaker("h100")
    plans = overhead.plans(record)
    assert min(plans.planned) > 7 * max(plans.plain)
    (case,) = [case for case, _ in record.pale("step-overhead") if case.parameters["model"] == overhead.PLANNED]
    assert [s / case.inner for s in case.samples] == [*plans.planned, *plans.plain]
    assert [row["time"] / 1e3 for row in plan_per_length.data(catalog).rows] == pytest.approx(
        [*plans.planned, *plans.plain]
    )


def test_compiling_saves_about_as_much_for_each_layer_at_both_sizes(n):
    small, large = n["h200.compiling-saves.1-1b"], n["h200.compiling-saves.8b"]
    assert large < small < 1.25 * large
    assert n["h200.decode.1-1b.compiled-graph.faster-than.graph"] > n["h200.decode.8b.compiled-graph.faster-than.graph"]


def test_the_math_of_a_long_pass_takes_longer_than_launching_it(n):
    tokens = n["h200.busy-tokens.8b"].value
    flop = n["decode.llama-3.1-8b.bf16.b1.s1.flop"].value
    assert tokens * flop / n["h200-sxm.peak-in-full"].value == pytest.approx(
        n["h200.decode.8b.eager.issuing"].value, rel=0.02
    )


def test_a_quarter_of_the_bytes_makes_a_graph_about_twice_as_fast_and_never_four_times(n):
    gain = n["h200.decode.8b.graph.fewer-bytes.4"].value
    assert gain == pytest.approx(2, rel=0.05)
    kernels, gaps = (n[f"h200.decode.8b.graph.part.{part}"].value for part in ("kernels", "gaps"))
    assert gain < (kernels + gaps) / gaps < 4


def test_the_h100s_host_starts_an_operation_more_slowly(n):
    assert n["h100.dispatch.eager"] > 1.2 * n["h200.dispatch.eager"]


def test_the_most_threads_are_not_the_fastest(n):
    assert n["quoted.pi5-read-1"] < n["quoted.pi5-read-4"] < n["quoted.pi5-read-2"]
    assert n["quoted.llama-7b-5700g-t6"] < n["quoted.llama-7b-5700g-t12"] < n["quoted.llama-7b-5700g-t4"]
    assert n["probe.all.native.rate"] / n["probe.one.native.rate"] > 1.9  # two cores are too few to fill the memory


def test_each_measured_step_lies_above_its_reading_and_an_eager_one_above_its_floor(catalog):
    data = time_per_layer.data(catalog)
    assert all(row["measured"] > row["reading"] for row in data.rows)
    assert all(row["measured"] > data.values["eager"] for row in data.where(mode="eager"))
    assert all(row["measured"] > data.values["graph"] for row in data.where(mode="graph"))


def test_a_bare_server_would_come_near_the_graph(n):
    at = "h200.decode.8b.graph.part"
    assert n["h200.decode.8b.eager.issuing"].value / 2.5 < n[f"{at}.kernels"].value + n[f"{at}.gaps"].value


def test_the_later_rounds_of_the_eager_step_are_the_slower_ones(h200):
    case = decode_case(h200, "8b", "eager")
    assert len(case.samples) == 15
    assert max(case.samples[:7]) < statistics.median(case.samples) == min(case.samples[7:])


def test_the_h200_has_no_round_that_lies_a_plan_above_its_fastest(n, h200):
    narrow = h200.measured("step-overhead", dtype="bfloat16", mode="eager")
    cases = [*decode_in_mode(h200, "eager"), *narrow]
    assert len(cases) == 7
    assert all(max(case.samples) - min(case.samples) < n["h100.plan"].value for case in cases)


def test_merging_saves_several_percent_of_a_layer(n):
    saved = sum(n[f"h200.merging-saves.8b.{part}"].value for part in ("qkv", "gate-up"))
    assert saved * 32 / n["h200.decode.8b.graph.time"].value == pytest.approx(0.07, abs=0.01)
