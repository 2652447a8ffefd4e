"""Each claim of chapter 6 that can be computed, as an assertion.  A changed fact that makes a sentence false fails here."""

from __future__ import annotations

import math

import pytest

from generators import catalogue
from generators.evidence import kernels
from generators.evidence.comparison import ceilings, measured_shape
from generators.evidence.phases import prefill_case
from generators.tables.roofline_tables import attention_by_backend
from vis import (
    attention_and_its_scores,
    fusing_bytes_and_launches,
    kernels_on_a_processor,
    prefill_by_kernel,
    which_side_of_the_ridge,
)

AT, LLAMA = "h200.prefill.8b.s4096", "llama-3.1-8b"


@pytest.fixture
def n(numbers):
    return numbers


@pytest.fixture
def h200(book):
    return book.speaker("h200")


@pytest.fixture
def llama(book):
    return catalogue.shape(book.models[LLAMA])


def test_the_prompt_does_nineteen_times_the_work_per_byte_that_makes_a_pass_compute_bound(n):
    over = n[f"prefill.{LLAMA}.bf16.s4096.intensity"] / n["h200-sxm.ridge-point"]
    assert over.value == pytest.approx(19, abs=0.5)


def test_the_measured_model_has_the_shape_of_the_example(h200, llama):
    ours = measured_shape(prefill_case(h200, "8b", 4096))
    for field in ("layers", "d_model", "heads", "kv_heads", "head_dim", "d_ff"):
        assert getattr(ours, field) == getattr(llama, field), field


def test_a_norm_does_one_flop_per_byte_at_any_number_of_tokens(llama):
    """Two bytes in, two out, four FLOP; and the plain one a ninth of that."""
    for tokens in (1, 4096, 1_000_000):
        one = kernels.norm(llama, tokens)
        flop = kernels.NORM_FLOP * tokens * llama.d_model
        assert flop / one.fused == 1.0
        assert one.plain == 9 * one.fused == 18 * tokens * llama.d_model * 2


def test_the_norm_of_the_sum_in_the_head(n, book):
    values, chip = 4096 * 4096, book.accelerators["h200-sxm"]
    assert values == pytest.approx(16e6, rel=0.05)
    moved = n[f"{LLAMA}.norm.fused.s4096"].value
    assert moved == 4 * values
    assert moved / chip.bandwidth.value == pytest.approx(14e-6, rel=0.01)
    assert 4 * values / chip.peaks()["fp32"].quantity.value == pytest.approx(1e-6, rel=0.01)


def test_fp8_turns_compute_bound_at_as_many_tokens_and_fp8_weights_alone_at_half(n, book):
    peaks = book.accelerators["h200-sxm"].peaks()
    assert peaks["fp8"].quantity.value == 2 * peaks["bf16"].quantity.value
    bandwidth = n["h200-sxm.bandwidth-in-full"].value

    def tokens(peak: str, width: float) -> float:
        return peaks[peak].quantity.value / bandwidth * width / 2

    assert tokens("fp8", 1) == tokens("bf16", 2) == pytest.approx(n["h200-sxm.critical-tokens.bf16"].value)
    assert tokens("bf16", 1) == tokens("bf16", 2) / 2


def test_the_processors_ridge_points_lie_ninefold_apart(n):
    small, middle, large = (n[f"cpu.read-of.{size}"].value for size in (2097152, 33554432, 2147483648))
    assert small > middle > large and small / large == pytest.approx(9, abs=0.5)


def test_only_products_and_fused_attention_cross_the_ridge(book, llama):
    data = which_side_of_the_ridge.data(book)
    ridge = data.values["ridge"]
    crossing = [row["kernel"] for row in data.rows if row["decode"] < ridge < row["prefill"]]
    assert crossing == ["matrix products", "attention, fused"]
    assert all(row["decode"] < ridge for row in data.rows)
    few, many = (row["decode"] for row in data.rows[:2])
    assert few == pytest.approx(1, rel=0.01) and many == pytest.approx(llama.heads / llama.kv_heads, rel=0.01)


def test_the_products_of_a_layer_are_those_of_the_model(n, llama, h200):
    one = kernels.products(llama, 4096)
    whole = prefill_case(h200, "8b", 4096).work.flop
    attending = llama.layers * kernels.attention(llama, "prefill", "fused", 4096).flop
    assert llama.layers * one.flop + attending == pytest.approx(whole, rel=1e-3), "the head scores one token"


def test_the_parts_of_the_prefill_are_the_measured_pass(n, h200, book):
    parts = kernels.prefill_parts(h200, "8b", 4096)
    seconds = prefill_case(h200, "8b", 4096).seconds
    assert math.fsum(parts[p] for p in ("products", "attention", "small", "gaps", "left")) == pytest.approx(seconds)
    assert n[f"{AT}.explained"] > n[f"{AT}.at-measured-rate"] > n[f"{AT}.of-bound"]
    slower = n["h200.roof-share.bf16"].value / n["quoted.flash-attention-2-h100"].value
    assert slower > 2 and parts["attention"] * (slower - 1) == pytest.approx(7e-3, rel=0.03)
    drawn = prefill_by_kernel.data(book)
    assert drawn.rows[-1]["start"] + drawn.rows[-1]["time"] == pytest.approx(drawn.where(part="measured")[0]["time"])


def test_on_the_processor_gemv_comes_close_to_its_roof_and_products_of_a_few_rows_do_not(book):
    rows = kernels_on_a_processor.data(book).rows
    share = {row["kernel"]: row["share"] for row in rows if row["kernel"] != "product"}
    assert share["GEMV"] > 90 and share["RMSNorm"] < share["softmax"] < 67
    few = [row for row in rows if row["kernel"] == "product"][3:5]  # eight rows and sixteen
    assert all(row["intensity"] < 8 and row["share"] < 33 for row in few)


def test_the_small_operations_of_a_token_are_an_eighth_of_a_percent_of_the_step(n):
    share = n[f"{LLAMA}.small.plain.s1"] / n["h200.decode.8b.graph.bytes"]
    assert share.value == pytest.approx(0.00125, rel=0.03)


def test_the_table_of_the_small_operations_is_the_count(root, llama):
    text = (root / "docs/06_roofline.md").read_text(encoding="utf-8")
    for one in kernels.small_operations(llama, 4096):
        assert f"| {one.plain / 1e6:,.0f} | {one.fused / 1e6:,.0f} |" in text, one.name


def test_the_suites_decode_fits_into_the_cache_and_fp8_measured_less_than_twice(n, h200):
    assert n["suite.attention.decode.fused.s16384.bytes"] < n["h200-sxm.last-level-cache"]
    assert (n["h200.roof.fp8"] / n["h200.roof.bf16"]).value == pytest.approx(1.8, abs=0.05)
    assert "backend" not in str(prefill_case(h200, "8b", 4096).parameters)


def test_the_small_operations_of_the_prompt_move_five_times_the_weights(n):
    assert (n[f"{LLAMA}.small.plain.s4096"] / n[f"{LLAMA}.bf16.streamed"]).value == pytest.approx(5, abs=0.2)


def test_at_the_prompt_bytes_are_worth_ten_times_the_launches(n, book):
    gain = n[f"{AT}.fusing-saves"] / n["h200.compiling-saves.8b.step"]
    assert gain.value == pytest.approx(10, abs=0.5)
    turn, data = n["h200.fusing-turns.8b"].value, fusing_bytes_and_launches.data(book)
    assert turn == pytest.approx(4096 / gain.value)
    assert round(turn, -1) == float(data.values["turn"])
    fits = n[f"{LLAMA}.h200-sxm.cached-tokens"].value
    assert fits / 3 == pytest.approx(600, rel=0.03), "the gate's three tensors"
    assert turn < fits < 4096 and fits == pytest.approx(data.values["fits"])


def test_a_chain_of_sixteen_gains_a_little_more_than_its_bytes_and_a_norm_less(n, book):
    assert 16 < n["cpu.chain.16.gain"].value < 1.15 * 16
    plain, fused = (
        book.speaker("cpu").measured("fusion", kernel="RMSNorm", mode=mode)[0] for mode in ("eager", "compiled")
    )
    assert plain.work.bytes / fused.work.bytes == 3.5 and n["cpu.norm.gain"].value < 0.75 * 3.5
    assert fused.bandwidth < 0.75 * ceilings(book.speaker("cpu")).copy, "it did not reach the memory's rate"


def test_up_to_eight_small_operations_plain_is_faster_on_the_processor(n):
    for operations in (1, 2, 4, 8):
        assert n[f"cpu.chain.{operations}.small.eager"] < n[f"cpu.chain.{operations}.small.compiled"]
    assert n["cpu.chain.16.small.eager"] > n["cpu.chain.16.small.compiled"]
    assert n["cpu.chain.1.small.compiled"].value == pytest.approx(20e-6, rel=0.2)


def test_the_scores_of_a_layer_cross_memory_four_times(n):
    plain, fused = (n[f"{LLAMA}.attention.prefill.{way}.s4096.bytes"] for way in ("plain", "fused"))
    assert (plain - fused).value == 4 * n[f"{LLAMA}.scores.s4096"].value > 4e9
    assert (fused / (plain - fused)).value == pytest.approx(1 / 50, rel=0.05)
    plain, fused = (n[f"{LLAMA}.attention.decode.{way}.s4096.bytes"] for way in ("plain", "fused"))
    assert 1 - (fused / plain).value == pytest.approx(0.06, abs=0.002)


def test_written_scores_make_the_prompts_attention_wait_for_memory_and_fused_ones_for_math(n, book, llama):
    chip = book.accelerators["h200-sxm"]
    peak, bandwidth = chip.peaks()["bf16"].quantity.value, chip.bandwidth.value
    plain, fused = (kernels.attention(llama, "prefill", way, 4096) for way in ("plain", "fused"))
    assert kernels.least_time(plain, bandwidth, peak) == plain.bytes / bandwidth
    assert kernels.least_time(fused, bandwidth, peak) == fused.flop / peak
    share = n["quoted.flash-attention-2-h100"].value
    assert plain.bytes / bandwidth / (fused.flop / (share * peak)) == pytest.approx(2.3, abs=0.05)
    drawn = attention_and_its_scores.data(book)
    assert drawn.values["prefill"] > 6 > 1.1 > drawn.values["decode"]
    last = max(row["context"] for row in drawn.where(phase="prefill") if "plain" in row)
    fits = (tokens * tokens * llama.heads * 2 <= chip.capacity.value for tokens in (last, last + 1))
    assert list(fits) == [True, False], "written scores end where they fill the memory"


def test_traffic_fell_ninefold_and_time_not_quite_sixfold(n):
    traffic = n["quoted.attention-plain-bytes"] / n["quoted.attention-flash-bytes"]
    time = n["quoted.attention-plain-time"] / n["quoted.attention-flash-time"]
    assert traffic.value == pytest.approx(9, abs=0.2) and 5.5 < time.value < 6
    rate = n["quoted.attention-flash-bytes"] / n["quoted.attention-flash-time"]
    assert rate / n["a100-sxm4-40gb.bandwidth"] < 0.5, "memory no longer sets the pace, on the slower A100 either"


def test_the_scores_explain_a_few_percent_of_the_processors_decode_and_a_copy_of_the_keys_doubles_it(n, book):
    (case,) = book.speaker("cpu").measured("attention", phase="decode", context=8192, backend="math")
    told = case.parameters
    scores = told["score_bytes"] * told["calls_per_repetition"] * kernels.SCORE_PASSES
    assert 0 < scores / case.work.bytes < 0.05 and n["cpu.decode-attention.1"].value < 1.05
    assert 1.3 < n["cpu.attention.decode.s8192.gain"].value < 2


def test_what_was_not_measured_is_awaited(numbers, h200):
    for row in attention_by_backend(numbers, "h200").rows:
        assert sum(cell.endswith("awaited") for cell in row) == (0 if h200.measured("attention") else 3)
    assert not h200.measured("read-by-size") and not h200.measured("fusion"), "then print what they say"
    shorter = {case.parameters["tokens"] for case in h200.measured("prefill")} - {4096}
    assert max(shorter) == 32
