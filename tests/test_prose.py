"""The lint of prose: spellings by which a number and its unit slip into a page, and what it must leave alone."""

import pytest

from generators.weave.prose import lint_page

NAMES = [
    "NVIDIA A100 80GB SXM4",
    "A100 80GB SXM",
    "RTX 4090",
    "Mixtral-8x7B",
    "Llama-2-7B",
    "Llama 2 7B",
    "A10",
    "M2",
    "T4",
]


def found(text):
    """What the lint finds in a page of one sentence, as printed."""
    return [str(error) for error in lint_page("docs/x.md", f"# T\n\n{text}\n", NAMES)]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("It takes 5&nbsp;ms.", "5 ms"),
        ("It takes 5&#8239;ms.", "5 ms"),
        ("It takes **5** ms.", "5 ms"),
        ("It takes _5_ ms.", "5 ms"),
        ("It takes 5 [ms](#time).", "5 ms"),
        ("It takes 5 <b>ms</b>.", "5 ms"),
        ("It takes 5\u200b ms.", "5 ms"),
        ("A ratio < 5 ms and > that.", "5 ms"),
        ("It was 2x faster.", "2x"),
        ("It was 3-4x faster.", "3-4x"),
        ("It was a 10-fold gain.", "10-fold"),
        ("It reads 2 TiB/s.", "2 TiB/s"),
        ("It reads 5 GiB/s.", "5 GiB/s"),
        ("It asks 150 FLOPs/byte.", "150 FLOPs/byte"),
        ("It takes 1.5 ms/token.", "1.5 ms/token"),
        ("It does 1e12 FLOP.", "1e12 FLOP"),
        ("It does 10¹² FLOP.", "10 FLOP"),
        ("A launch takes 3 us.", "3 us"),
        ("A launch takes -3 µs.", "3 µs"),
        ("The rack draws 10 kW.", "10 kW"),
        ("The screen runs at 120 Hz.", "120 Hz"),
        ("It has 13 billion of them.", "13 billion"),
        ("It takes 5 minutes.", "5 minutes"),
        ("A 5-minute run.", "5-minute"),
        ("It takes 3 hours.", "3 hours"),
        ("It does 312 teraflops.", "312 teraflops"),
        ("It does 312 Teraflops.", "312 Teraflops"),
        ("It gives 45 tok/sec.", "45 tok/sec"),
        ("It gives 45 token/s.", "45 token/s"),
        ("It serves 12 requests per second.", "12 requests per second"),
        ("The link has 10 Gbit/s.", "10 Gbit/s"),
        ("The link has 10 Gbps.", "10 Gbps"),
        ("It does 1979¹ TFLOP/s.", "1979 TFLOP/s"),
        ("It does 1979[^1] TFLOP/s.", "1979 TFLOP/s"),
        ("It has 7B parameters.", "7B parameters"),
        ("A 7B-parameter model.", "7B-parameter"),
        ("A context of 128k tokens.", "128k tokens"),
        ("It is 12 per cent.", "12 per cent"),
        ("An A100 80GB SXM has 5 GB of it.", "5 GB"),
    ],
)
def test_a_number_beside_a_unit_is_refused_however_it_is_spelt(typed, said):
    errors = found(typed)
    assert len(errors) == 1 and errors[0].startswith(f"docs/x.md:3: found {said!r} typed by hand"), errors


@pytest.mark.parametrize(
    "allowed",
    [
        "[2.04 TB/s](reference/numbers.md#a.b) and [8 × 4,096 bytes](reference/numbers.md#a.c)",
        "Batch 32 allows [9.58×](reference/numbers.md#a.b) times as much.",
        "`2 TiB/s` and ``5 `ms` ``",
        "$t = 7 ms$",
        "<!-- 5 GiB/s -->",
        "![It takes 5 ms.](vis/a.svg)",
        "An A100 80GB SXM, an NVIDIA A100 80GB SXM4 and two RTX 4090s have it.",
        "Llama-2-7B, Llama 2 7B and Mixtral-8x7B; the 7B model; a 7B model; Falcon-3-10B-Instruct",
        "Llama 2 7B parameters are stored in BF16.",
        "a batch of 32, from batch 1 to 16, at batch 1, W grows",
        "16-bit weights, a 4-bit kernel, 8.5 points",
        "in 2022 Orca, and in 2022, times changed",
        "chapter 12, [chapter 2](02_kv_cache.md), Python 3.11, 3.12 or 3.13, CC BY 4.0",
        "1024 x 768 and 3x3",
        "Q4_0 stores its scales, and Q6_K stores more.",
        "[the figure](#fig-5-ms) and https://example.org/5-ms",
    ],
)
def test_what_is_no_typed_quantity_is_left_alone(allowed):
    assert found(allowed) == []


def test_a_fence_with_dollar_signs_hides_nothing_after_it():
    page = "# T\n\n```text\n$$\n```\n\nIt takes 5 ms.\n\n$$\n7 ms\n$$\n"
    assert [error.place for error in lint_page("docs/x.md", page, NAMES)] == [7]
