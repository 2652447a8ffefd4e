"""Each claim of chapter 7 that can be computed, as an assertion.  A changed fact that makes a sentence false fails here."""

import pytest

from generators.comparison import smaller
from generators.comparison.comparison import by_products, decode_case
from generators.measure.counting import techniques
from vis import bits_against_batch, bytes_and_the_rest, packed_products, score_against_bytes

INT4, SPEEDUP = "int4-g128-bf16", "decode-speedup.llama-3.1-8b.bf16.{}.h200-sxm.b{}.s{}"


def test_gpt_fasts_rest_hardly_depends_on_the_format_and_calms_does(n):
    seven = [n[f"quoted.gpt-fast-7b-{form}.rest"].value for form in ("bf16", "int8", "int4")]
    assert max(seven) / min(seven) < 1.05
    seventy = [n[f"quoted.gpt-fast-70b-{form}.rest"].value for form in ("int8", "int4")]
    assert max(seventy) / min(seventy) < 1.01 and min(seventy) > 5 * max(seven)
    rest = [n[f"quoted.calm-llama-2-7b-{form}.rest"].value for form in ("short", "fp8-short", "gf4-short")]
    assert rest == sorted(rest, reverse=True)
    assert rest[-1] / rest[0] == pytest.approx(2 / 3, abs=0.04)  # "a third of it went with the bytes"


def test_the_step_in_bf16_is_the_one_that_chapter_5_explains(catalog):
    record = catalog.speaker("h200")
    case = decode_case(record, "8b", "graph")
    reported, step = by_products(record, case), smaller.step(record, "8b", "bfloat16")
    assert step.kernels + step.gaps == pytest.approx(reported.total)
    assert step.bytes == case.work.bytes
    with pytest.raises(KeyError, match="no product"):
        smaller.product(record, "int4", 1)


def test_four_bits_leave_the_gaps_and_more_than_half_of_the_reading_time(catalog):
    wide, narrow = (smaller.step(catalog.speaker("h200"), "8b", weights) for weights in ("bfloat16", "int4"))
    assert wide.gaps == narrow.gaps
    assert narrow.kernels > 0.5 * wide.kernels > narrow.bytes / wide.bytes * wide.kernels


def test_estimate_lies_between_the_limit_and_the_step_in_bf16(n):
    for name in ("int8", "int4"):
        at = f"h200.fewer-bits.{name}"
        assert n[f"{at}.bound"] < n[f"{at}.time"] < n["h200.fewer-bits.bfloat16.time"]
        assert 1 < n[f"{at}.less.time"].value < n[f"{at}.less.bytes"].value


def test_both_groups_of_the_first_figure_read_the_same_share(catalog):
    data = bytes_and_the_rest.data(catalog)
    for group in ("A100", "H200"):
        wide, _, narrow = data.where(group=group)
        assert narrow["bytes"] / wide["bytes"] == pytest.approx(0.32, abs=0.005)


def test_the_suite_and_the_catalog_count_the_same_bytes_in_four_bits(n):
    ours, catalog = n["h200.fewer-bits.int4.bytes"], n[f"decode.llama-3.1-8b.{INT4}.b1.s128.bytes"]
    assert ours.value == pytest.approx(catalog.value, rel=0.005)
    assert n["mxfp4.effective-bits"].value == pytest.approx(n[f"{INT4}.effective-bits"].value)


def test_four_bits_are_no_faster_than_eight_on_the_processor(n):
    for rows in packed_products.ROWS:
        four, eight = (n[f"cpu.packed.{weights}.r{rows}.gain"] for weights in ("int4", "int8"))
        assert four.value == pytest.approx(eight.value, rel=0.05)
        assert four.value > 1.7 if rows <= 4 else four.value < 0.55
    assert (n["cpu.packed.int4.r1.rate"] / n["cpu.packed.int8.r1.rate"]).value == pytest.approx(0.57, abs=0.02)


def test_packed_kernels_end_at_one_roof_which_one_row_does_not_reach(n):
    assert n["cpu.packed.int4.r1.flops"].value < 0.3 * n["cpu.packed.int4.r256.flops"].value
    one, four_rows = (rows / n[f"cpu.packed.int4.r{rows}.flops"].value for rows in (1, 4))
    assert four_rows / one == pytest.approx(1.25, abs=0.03)
    four, eight = (n[f"cpu.packed.{weights}.r256.flops"].value for weights in ("int4", "int8"))
    assert four == pytest.approx(eight, rel=0.02)
    assert n["cpu.packed.bfloat16.r256.flops"].value > 8 * four


def test_w4a16_ends_at_the_ridge_point_and_w8a8_does_not(catalog, n):
    assert n[SPEEDUP.format(INT4, 1, 128)].value > 3
    assert n[SPEEDUP.format(INT4, 256, 128)].value < 1.05
    rows = bits_against_batch.data(catalog).where(format="fp8", context=128)
    assert min(row["gain"] for row in rows) > 1.5 and rows[-1]["gain"] == pytest.approx(2)
    for name in (INT4, "fp8"):  # "at a context of 4,096 both end much sooner"
        assert n[SPEEDUP.format(name, 64, 4096)].value < 1.3
        assert n[SPEEDUP.format(name, 128, 4096)].value < 1.15


def test_batches_shrink_the_published_gains(n):
    assert 0.7 < n["quoted.marlin-rerun-b32"] / n["quoted.marlin-rerun-b16"] < 0.75, (
        "the rerun falls before the authors' 32"
    )
    assert n["quoted.marlin-rerun-b16"] > 3 * n["quoted.marlin-rerun-b128"] > 3 * n["quoted.marlin-rerun-b1024"]
    one, many = (n[f"quoted.vllm-rtn-8b-bf16{b}.over.vllm-rtn-8b-int4{b}"] for b in ("", "-b16"))
    assert 1 < many < one < n["h200.fewer-bits.int4.less.bytes"]


def test_csr_breaks_even_and_two_of_four_weigh_what_the_suite_counts(n):
    side, dense = 4096, techniques.dense(4096, 4096, 2).bytes
    share = {
        zeros: techniques.csr(side, side * side * (1 - zeros), 2, 4).bytes / dense for zeros in (0.5, 0.66, 0.67, 5 / 6)
    }
    assert share[0.5] == pytest.approx(1.5, abs=0.01) and share[0.66] > 1 > share[0.67]
    assert share[5 / 6] == pytest.approx(0.5, abs=0.01)  # exercise 4
    assert n["sparse24.share.16"].value == pytest.approx(techniques.two_to_four(4096, 4096, 2).bytes / dense)


def test_students_shrink_weights_more_than_caches_and_math_with_weights(n):
    teacher = "llama-3.1-8b"
    for student in ("llama-3.2-3b", "llama-3.2-1b"):
        weights, cache = (
            n[f"{student}.{part}"] / n[f"{teacher}.{part}"] for part in ("bf16.one-token", "kv-per-token")
        )
        assert weights < cache and n.shape(student).kv_heads.value == n.shape(teacher).kv_heads.value == 8
    assert n[f"decode.{teacher}.bf16.b1.s1.flop"] / n["decode.llama-3.2-3b.bf16.b1.s1.flop"] > 2
    assert n["quoted.mmlu-llama-3-1-8b"].value - n["quoted.mmlu-llama-3-2-3b"].value == pytest.approx(0.06)
    shares = [n[f"h200.decode.{size}.graph.of-bound"] for size in ("8b", "3b", "1-1b")]
    assert shares == sorted(shares, reverse=True)  # "the farther it stays from its limit"


def test_the_larger_in_four_bits_reads_a_quarter_less_and_is_about_even_with_the_rest(n):
    assert (n["h200.fewer-bits.int4.bytes"] / n["llama-3.2-3b.bf16.one-token"]).value == pytest.approx(0.75, abs=0.02)
    assert (n["h200.fewer-bits.int4.time"] / n["h200.decode.3b.graph.time"]).value == pytest.approx(1.1, abs=0.02)


def test_scores_fall_little_to_five_bits_and_much_below_three(catalog):
    data = score_against_bytes.data(catalog)
    eight = {row["bits"]: row for row in data.where(model="8B")}
    assert eight["16"]["score"] - eight["4.8"]["score"] == pytest.approx(0.5, abs=0.1)
    assert eight["16"]["score"] - eight["2.6"]["score"] > 7
    for model in ("8B", "70B"):
        rows = data.where(model=model)
        assert [r["score"] for r in rows] == sorted((r["score"] for r in rows), reverse=True)
    last = data.where(model="70B", bits="1.8")[0]
    assert last["score"] == pytest.approx(eight["16"]["score"], abs=0.1)
    assert last["file"] == pytest.approx(eight["16"]["file"], rel=0.05)


def test_two_bits_would_make_the_published_run_a_third_faster_than_four(n):
    two = n["quoted.gpt-fast-7b-bf16.in-bits.2"]
    assert (n["quoted.gpt-fast-7b-bf16.in-bits.16"] / two).value == pytest.approx(2.5, abs=0.05)
    assert (1 / n["quoted.gpt-fast-7b-int4"] / two).value == pytest.approx(4 / 3, abs=0.03)
