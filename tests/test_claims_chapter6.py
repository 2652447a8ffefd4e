"""Each claim of chapter 6 that can be computed, as an assertion.  A changed fact that makes a sentence false fails here."""

import pytest

from generators.catalog import model_inputs
from generators.comparison import kernels
from generators.comparison.comparison import ceilings, measured_shape
from generators.comparison.phases import prefill_case
from generators.tables.roofline_tables import attention_by_backend
from vis import attention_and_its_scores, fusing_bytes_and_launches, kernels_on_a_processor, which_side_of_the_ridge

AT, LLAMA = "h200.prefill.8b.s4096", "llama-3.1-8b"


@pytest.fixture
def h200(catalog):
    return catalog.speaker("h200")


@pytest.fixture
def llama(catalog):
    return model_inputs.shape(catalog.models[LLAMA])


def test_a_norm_does_one_flop_per_byte_and_takes_fourteen_microseconds_of_memory_and_one_of_math(n, catalog, llama):
    values, chip = 4096 * llama.d_model, catalog.accelerators["h200-sxm"]
    one, moved = kernels.norm(llama, 4096), n[f"{LLAMA}.norm.fused.s4096"].value
    assert values == pytest.approx(16e6, rel=0.05) and moved == one.fused == kernels.NORM_FLOP * values
    assert one.plain == 9 * one.fused == 18 * values * 2
    assert moved / chip.bandwidth.value == pytest.approx(14e-6, rel=0.01)
    assert kernels.NORM_FLOP * values / chip.peaks()["fp32"].quantity.value == pytest.approx(1e-6, rel=0.01)


def test_the_prompt_lies_nineteenfold_over_the_ridge_and_fp8_turns_compute_bound_at_as_many_tokens_and_fp8_weights_alone_at_half(
    n, h200
):
    over = n[f"prefill.{LLAMA}.bf16.s4096.intensity"] / n["h200-sxm.ridge-point"]
    assert over.value == pytest.approx(19, abs=0.5)
    fp8, bf16 = (n[f"h200-sxm.ridge-point.{name}"].value for name in ("fp8", "bf16"))  # a weight of one byte, of two
    assert fp8 * 1 / 2 == bf16 * 2 / 2 == pytest.approx(n["h200-sxm.critical-tokens.bf16"].value)
    products = ceilings(h200).products
    assert products["float8_e4m3"] / products["bfloat16"] == pytest.approx(1.8, abs=0.05), "measured, less than twice"


def test_only_products_and_fused_attention_cross_the_ridge(catalog, llama):
    data = which_side_of_the_ridge.data(catalog)
    ridge = data.values["ridge"]
    crossing = [row["kernel"] for row in data.rows if row["decode"] < ridge < row["prefill"]]
    assert crossing == ["matrix products", "attention, fused"]
    assert all(row["decode"] < ridge for row in data.rows)
    few, many = (row["decode"] for row in data.rows[:2])
    assert few == pytest.approx(1, rel=0.01) and many == pytest.approx(llama.heads / llama.kv_heads, rel=0.01)


def test_the_parts_of_the_prefill_are_those_of_the_count_and_attention_may_miss_seven_milliseconds(n, h200, llama):
    case, parts = prefill_case(h200, "8b", 4096), kernels.prefill_parts(h200, "8b", 4096)
    for field in ("layers", "d_model", "heads", "kv_heads", "head_dim", "d_ff"):
        assert getattr(measured_shape(case), field) == getattr(llama, field), "measured is the shape of the example"
    one, attending = kernels.products(llama, 4096), kernels.attention(llama, "prefill", "fused", 4096)
    assert llama.layers * (one.flop + attending.flop) == pytest.approx(case.work.flop, rel=1e-3), (
        "the head scores one token"
    )
    assert n[f"{AT}.share.sum"] > n[f"{AT}.share.math"] > n[f"{AT}.of-bound"]
    slower = n["h200.roof-share.bf16"].value / n["quoted.flash-attention-2-h100"].value
    assert slower > 2 and parts["attention"] * (slower - 1) == pytest.approx(7e-3, rel=0.03)


def test_on_the_processor_gemv_comes_close_to_its_roof_and_products_of_a_few_rows_do_not(n, catalog):
    small, middle, large = (n[f"cpu.read-of.{size}"].value for size in (2097152, 33554432, 2147483648))
    assert small > middle > large and small / large == pytest.approx(9, abs=0.5), "the ridge points lie ninefold apart"
    rows = kernels_on_a_processor.data(catalog).rows
    share = {row["kernel"]: row["share"] for row in rows if row["kernel"] != "product"}
    assert share["GEMV"] > 90 and share["RMSNorm"] < share["softmax"] < 67
    few = [row for row in rows if row["kernel"] == "product"][3:5]  # eight rows and sixteen
    assert all(row["intensity"] < 8 and row["share"] < 33 for row in few)


def test_the_small_operations_move_an_eighth_of_a_percent_of_a_step_and_five_times_the_weights_in_the_prompt(
    n, root, llama
):
    token, prompt = n[f"{LLAMA}.small.plain.s1"], n[f"{LLAMA}.small.plain.s4096"]
    assert (token / n["h200.decode.8b.graph.bytes"]).value == pytest.approx(0.00125, rel=0.03)
    assert (prompt / n[f"{LLAMA}.bf16.streamed"]).value == pytest.approx(5, abs=0.2)
    text = (root / "docs/06_roofline.md").read_text(encoding="utf-8")
    for one in kernels.small_operations(llama, 4096):
        assert f"| {one.plain / 1e6:,.0f} | {one.fused / 1e6:,.0f} |" in text, one.name


def test_at_the_prompt_bytes_are_worth_ten_times_the_launches(n, catalog):
    gain = n[f"{AT}.fusing-saves"] / n["h200.compiling-saves.8b.step"]
    assert gain.value == pytest.approx(10, abs=0.5)
    turn, data = n["h200.fusing-turns.8b"].value, fusing_bytes_and_launches.data(catalog)
    assert turn == pytest.approx(4096 / gain.value)
    assert round(turn, -1) == float(data.values["turn"])
    fits = n[f"{LLAMA}.h200-sxm.cached-tokens"].value
    assert fits / 3 == pytest.approx(600, rel=0.03), "the gate's three tensors"
    assert turn < fits < 4096 and fits == pytest.approx(data.values["fits"])


def test_a_chain_of_sixteen_gains_a_little_more_than_its_bytes_and_a_norm_less(n, catalog):
    cpu = catalog.speaker("cpu")
    assert 16 < n["cpu.chain.16.gain"].value < 1.15 * 16
    plain, fused = (cpu.measured("fusion", kernel="RMSNorm", mode=mode)[0] for mode in ("eager", "compiled"))
    assert plain.work.bytes / fused.work.bytes == 3.5 and n["cpu.norm.gain"].value < 0.75 * 3.5
    assert fused.bandwidth < 0.75 * ceilings(cpu).copy, "it did not reach the memory's rate"
    for operations in (1, 2, 4, 8, 16):
        plain, fused = (n[f"cpu.chain.{operations}.small.{mode}"] for mode in ("eager", "compiled"))
        assert (plain < fused) == (operations <= 8)
    assert n["cpu.chain.1.small.compiled"].value == pytest.approx(20e-6, rel=0.2)


def test_written_scores_make_the_prompts_attention_wait_for_memory_and_fused_ones_for_math(n, catalog, llama):
    chip = catalog.accelerators["h200-sxm"]
    peak, bandwidth = chip.peaks()["bf16"].quantity.value, chip.bandwidth.value
    plain, fused = (kernels.attention(llama, "prefill", way, 4096) for way in ("plain", "fused"))
    scores = plain.bytes - fused.bytes
    assert scores == 4 * n[f"{LLAMA}.scores.s4096"].value > 4e9 and fused.bytes / scores == pytest.approx(
        1 / 50, rel=0.05
    )
    assert plain.bytes / bandwidth > plain.flop / peak and fused.bytes / bandwidth < fused.flop / peak
    token, without = (kernels.attention(llama, "decode", way, 4096).bytes for way in ("plain", "fused"))
    assert 1 - without / token == pytest.approx(0.06, abs=0.002)
    share = n["quoted.flash-attention-2-h100"].value
    assert plain.bytes / bandwidth / (fused.flop / (share * peak)) == pytest.approx(2.3, abs=0.05)
    drawn = attention_and_its_scores.data(catalog)
    assert drawn.values["prefill"] > 6
    last = max(row["context"] for row in drawn.where(phase="prefill") if "plain" in row)
    fits = (tokens * tokens * llama.heads * 2 <= chip.capacity.value for tokens in (last, last + 1))
    assert list(fits) == [True, False], "written scores end where they fill the memory"


def test_traffic_fell_ninefold_and_time_not_quite_sixfold(n):
    traffic = n["quoted.attention-plain-bytes"] / n["quoted.attention-flash-bytes"]
    time = n["quoted.attention-plain-time"] / n["quoted.attention-flash-time"]
    assert traffic.value == pytest.approx(9, abs=0.2) and 5.5 < time.value < 6
    rate = n["quoted.attention-flash-bytes"] / n["quoted.attention-flash-time"]
    assert rate / n["a100-sxm4-40gb.bandwidth"] < 0.5, "memory no longer sets the pace, on the slower A100 either"


def test_the_scores_explain_a_few_percent_of_the_processors_decode_and_a_copy_of_the_keys_doubles_it(n, catalog):
    (case,) = catalog.speaker("cpu").measured("attention", phase="decode", context=8192, backend="math")
    reported = case.parameters
    scores = reported["score_bytes"] * reported["calls_per_repetition"] * kernels.SCORE_PASSES
    assert 0 < scores / case.work.bytes < 0.05 and n["cpu.decode-attention.1"].value < 1.05
    assert 1.3 < n["cpu.attention.decode.s8192.gain"].value < 2


def test_what_was_not_measured_is_awaited(n, h200):
    for row in attention_by_backend(n, "h200").rows:
        assert sum(cell.endswith("awaited") for cell in row) == (0 if h200.measured("attention") else 3)
    assert not h200.measured("read-by-size") and not h200.measured("fusion"), "then print what they say"
    assert "backend" not in str(prefill_case(h200, "8b", 4096).parameters), "we did not log which back end"
    assert n["suite.attention.decode.fused.s16384.bytes"] < n["h200-sxm.last-level-cache"]
    shorter = {case.parameters["tokens"] for case in h200.measured("prefill")} - {4096}
    assert max(shorter) == 32
