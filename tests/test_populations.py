"""A sentence that says every, all, only or none names its population; here each is counted over all of it."""

import re
import statistics

import pytest

from generators.browser.catalog_export import catalog_rows, further_models
from generators.catalog import model_inputs
from generators.comparison import accuracy, paging, serving, serving_runs
from generators.comparison import cache as kv_comparison
from generators.comparison.comparison import quoted_decodes
from generators.model import cache, parameters
from vis import bound_and_launches, fetch_or_recompute

A100, H100, PCIE = "a100-sxm4-80gb", "h100-sxm5-80gb", "a100-pcie-80gb"


def text_of(root, chapter: int) -> str:
    return next((root / "docs").glob(f"{chapter:02}_*.md")).read_text(encoding="utf-8")


# Which rows of a source were taken.


def test_all_pairs_of_both_calm_tables_are_taken_for_models_of_the_catalog(catalog, numbers):
    """Nine of the table of 2024-02 and twelve of that of 2025-04; the others are of models or contexts that the text names."""
    pairs = kv_comparison.context_pairs(catalog)
    by_source = [catalog.published[pair.short].source for pair in pairs]
    assert (by_source.count("calm-readme-2024-02"), by_source.count("calm-readme")) == (9, 12)
    assert {pair.verdict for pair in pairs if pair.format == "fp16"} == {"within"}
    small = [pair for pair in pairs if pair.format != "fp16"]
    found = {v: [p for p in small if p.verdict == v] for v in ("within", "less", "more")}
    assert [len(found[v]) for v in found] == [4, 7, 5], "they go both ways"
    assert {catalog.published[pair.short].source for pair in found["more"]} == {"calm-readme"}, "all of the later table"
    for pair in found["more"]:  # "reads at a lower rate": the author's own column of GB/s falls
        short, long = (
            float(re.search(r"\((\d+) GB/s\)", catalog.published[i].as_printed)[1]) for i in (pair.short, pair.long)
        )
        assert long < short, pair
    assert {m for m in ("phi-2", "yi-34b") if m in catalog.models} == set(), "then take their pairs, too"
    assert numbers["context-pairs.worst"].value == max(abs(p.predicted / p.observed - 1) for p in pairs)


def test_the_two_roofs_are_asked_of_every_chip_with_sixteen_bit_runs_and_a_known_peak(catalog, root):
    runs = {
        row.accelerator
        for id_, row in catalog.published.items()
        if re.fullmatch(r"llama-cpp-7b-f16-[\w-]+(?<!-prefill)", id_)
    }
    known = {chip for chip in runs if model_inputs.device(catalog.accelerators[chip], "fp16")}
    read = [row for row in catalog.published.values() if row.metric == "prefill_tokens_per_s" and row.accelerator]
    prefills = {row.accelerator: row for row in read}
    assert known == set(prefills) and len(known) == 7
    errors = []
    for chip, row in prefills.items():
        decode = next(r for i, r in catalog.published.items() if i == f"llama-cpp-7b-f16-{chip}")
        device = model_inputs.device(catalog.accelerators[chip], "fp16")
        errors.append(abs(row.quantity.value / decode.quantity.value / (device.peak / device.bandwidth) - 1))
    assert [e < 0.02 for e in sorted(errors)] == [True] * 2 + [False] * 5
    assert "On two of these seven chips" in text_of(root, 3) and "on the other five" in text_of(root, 3)


def test_the_knee_is_predicted_for_both_cards_it_may_be_of(numbers, root):
    assert numbers["knee.quoted.error"].value == pytest.approx(0.053, abs=0.001)
    assert numbers[f"knee.quoted.error-on.{PCIE}"].value == pytest.approx(0.110, abs=0.001)
    assert f"#knee.quoted.error-on.{PCIE})" in text_of(root, 3)


def test_the_runs_of_one_user_are_on_the_chips_that_chapter_1_says(catalog, root):
    """All decode runs of batch 1 that the catalog quotes, and not those alone that are drawn."""
    runs = [run for run in accuracy.runs(catalog) if run.kind == accuracy.DECODE]
    assert len(runs) > 500 and all(run.bound <= run.seconds for run in runs)
    chips = [catalog.accelerators[run.device.id].name if run.device.id else run.device.name for run in runs]
    assert not [chip for chip in chips if "TPU" in chip], "and none on a TPU"
    assert {"AMD Instinct MI300X", "NVIDIA B200 SXM (HGX and DGX)"} <= set(chips)
    text = text_of(root, 1)
    assert all(
        f"#one-user-runs.{of})" in text for of in ("count", "devices", "median", "highest", "instinct", "data-center")
    )
    slow, fast = (
        statistics.median(run.bound / run.seconds for run in runs if low <= run.device.bandwidth < high)
        for low, high in ((0, 3e11), (1.2e12, 1e14))
    )
    assert slow > 2 * fast, "slower memory comes closer"


def test_the_median_of_the_runs_that_are_drawn_is_not_told_without_that_of_one_engine_left_out(catalog, numbers):
    """Most of the drawn runs are one engine's on one card, which is why the chapter tells two medians."""
    assert 2 * numbers["quotes-of-one-engine"].value > numbers["quotes-count"].value == len(quoted_decodes(catalog))
    assert numbers["quotes.median-without-that-engine"].value < numbers["quotes.median"].value - 0.1


# What a sentence makes of them.


#: Programs, and how PyTorch is named where a chapter says what it does.
SOFTWARE = re.compile(
    r"vLLM|SGLang|llama\.cpp|TensorRT-LLM|gpt-fast|\bcalm\b|mlx-vlm|Marlin|Orca|Vidur|Sarathi|"
    r"PyTorch(?: [\d.]+)?(?:'s (?!(?:four-bit )?groups)| has | picked | without compilation)"
)
DATED = re.compile(r"\b20[12]\d\b|\b(?:PyTorch|vLLM|SGLang|TensorRT-LLM|kernel) \(?\d+\.\d+|commit [0-9a-f]{7}")


def undated(text: str) -> list[str]:
    """Paragraphs of a chapter that quote a number of a program, or say what PyTorch does, and give neither version nor year."""
    found = []
    for part in re.split(r"\n\n|\n- ", text):
        if part.startswith(("|", "![", "<", "---", "#", "```")) or "awaited" in part:
            continue
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", part)
        named = SOFTWARE.search(words)
        if named and ("PyTorch" in named[0] or re.search(r"#(?:quoted|cycle)", part)) and not DATED.search(words):
            found.append(words)
    return found


def test_what_software_did_stands_with_its_version_or_its_year(root):
    for path in sorted((root / "docs").glob("0*.md")):
        assert undated(path.read_text(encoding="utf-8")) == [], path.name
    assert undated("With vLLM it took [3 ms](reference/numbers.md#quoted.x)."), "the rule finds what it is for"


def test_a_default_of_software_stands_with_its_version(numbers, root):
    for path in (root / "docs").glob("0*.md"):
        for line in path.read_text(encoding="utf-8").split("\n"):
            if "#quoted.vllm-memory-share)" in line:
                assert "commit 002f10e" in line
    assert "For their kernel of 2023 the authors put the price of the look-up" in text_of(root, 2)
    fits = "bf16.fits-in.a100-driver-memory.times.vllm-memory-share.s2048"
    assert [numbers[f"{model}.{fits}"].value for model in ("llama-2-7b", "llama-3.1-8b")] == [60, 232], "not 58 and 225"


def test_models_past_their_published_context_say_so(catalog, numbers, root):
    rows = [line for line in text_of(root, 2).split("\n") if ".kv.s8192)" in line and line.startswith("|")]
    reported = {model.name: model for model in catalog.models.values()}
    assert len(rows) == len(catalog.alike) >= 48
    for row in rows:
        model = reported[row.split("|")[1].strip()]
        assert ("published for" in row) is (model.context < 8192), model.id
    balances = [
        line for line in text_of(root, 4).split("\n") if line.startswith("|") and ".balance-batch.s32768)" in line
    ]
    assert len(balances) == 6
    for row in balances:
        model = reported[row.split("|")[1].split(";")[0].strip()]
        assert ("published for" in row) is (model.context < 32768), model.id
    short = [
        numbers[f"{name}.bf16.intensity-ceiling.s2048"].value for name, m in catalog.alike.items() if m.context < 2048
    ]
    assert any(one < numbers["h200-sxm.ridge-point"].value for one in short), (
        "some published for shorter texts among them"
    )
    for model in ("llama-3.1-8b", "llama-3.1-70b", "gemma-3-27b", "deepseek-v2-lite"):
        assert catalog.models[model].context >= 32768, (
            "chapter 3 moves caches of 32,768 and says so of Llama 2 7B alone"
        )


def test_batching_gives_the_smallest_model_much_at_a_short_context(numbers, root):
    balance = numbers["qwen3-0.6b.bf16.balance-batch.s128"].value
    assert 32 * (balance + 1) / (balance + 32) > 22
    assert numbers["qwen3-0.6b.bf16.balance-batch.s2048"].value < 6
    assert "so batching gives it little beyond short texts" in text_of(root, 4)


def test_the_share_of_experts_that_a_token_visits_decides_and_not_how_fine_they_are(catalog, root):
    """Four times as many experts at the same share save the same at these batches, and a smaller share less."""
    for batch in (2.0, 16.0, 144.0):
        coarse, fine, sparse = (
            parameters.expected_share(e, k, batch) for e, k in ((8.0, 2.0), (32.0, 8.0), (32.0, 2.0))
        )
        assert coarse == fine and sparse * 16 > fine * 4, "read of all experts over read of one token's"
    assert "**The smaller the share of its experts that a token visits, the more batch a mixture wants.**" in text_of(
        root, 4
    )


def test_static_batching_was_offered_more_than_it_served(catalog, root):
    runs = {run.policy.name: run for run in serving_runs.measured_runs(catalog) if round(100 * run.load) == 80}
    served = {name: len(run.ttft) / run.whole["makespan"].seconds for name, run in runs.items()}
    assert served["static"] < 0.8 * runs["static"].rate
    assert served["continuous"] > 0.8 * runs["continuous"].rate
    assert "For static batching that load is more than it can serve" in text_of(root, 4)


def test_the_rate_of_bytes_that_serving_is_fitted_with_is_said_to_hold_other_costs(numbers, root):
    assert numbers["cpu.serving.byte-rate"].value < numbers["cpu.read-bandwidth"].value / 3
    assert "so the fit counts a pass's other costs as bytes" in text_of(root, 4)


def test_sparse_rates_are_up_to_twice_the_dense_ones(root):
    for path in [*(root / "docs").glob("0*.md"), root / "docs/reference/notation.md"]:
        for line in path.read_text(encoding="utf-8").split("\n"):
            assert "twice as high" not in line or "up to twice as high" in line or "half" in line, (path.name, line)


def test_sixty_four_tokens_ride_along_nearly_and_a_hundred_and_twenty_eight_do_not(numbers):
    assert numbers["quoted.vidur-70b-up-64.over.vidur-70b-up-1"].value < 1.05
    assert numbers["quoted.vidur-70b-up-128.over.vidur-70b-up-1"].value == pytest.approx(1.24, abs=0.005)


def test_a_layer_of_a_shared_prefix_fits_the_last_level_cache_of_an_a100(numbers):
    assert numbers["llama-3.1-8b.kv-layer.s2048"].value < numbers[f"{A100}.last-level-cache"].value / 4


def test_the_exception_that_computes_its_cache_again_is_one_of_datasheets(catalog, numbers, root):
    """At the best share of its bound that a quoted A100 prefill reaches, no context of the smallest model beats the measured link."""
    assert "the exception on paper" in text_of(root, 2) and "fetching then wins for all three" in text_of(root, 2)
    share = numbers["quoted-prefill.trt-7b-a100-p2048.of-bound"].value
    assert share == max(
        v.value for id_ in ("p128", "p2048") for v in [numbers[f"quoted-prefill.trt-7b-a100-{id_}.of-bound"]]
    )
    link = numbers["link.pcie-gen4-measured"].value
    shape, device = model_inputs.shape(catalog.models["qwen3-0.6b"]), model_inputs.device(catalog.accelerators[A100])
    form = model_inputs.number_format(catalog.formats["bf16"])
    for context in (1024.0, 2048.0, 4096.0, 16384.0):
        assert share * cache.break_even_link(shape, form, device, context) < link


def test_all_eager_runs_are_told_and_the_compiled_ones_named(catalog, numbers, root):
    record = catalog.speaker("cpu")
    runs = record.measured("decode")
    eager = [case for case in runs if case.parameters.get("mode", "eager") == "eager"]
    assert len(eager) == 12 < len(runs), "Over its twelve eager runs"
    assert numbers["cpu.products-error-of-all.median"].value > 2 * numbers["cpu.products-error.median"].value
    for page in ("01_memory_bound", "reference/method"):
        text = (root / f"docs/{page}.md").read_text(encoding="utf-8")
        assert all(
            f"#cpu.products-error{of}.{what})" in text for of in ("", "-of-all") for what in ("median", "worst")
        ), page


def test_latent_attention_is_above_the_ridge_of_an_a100_and_below_those_it_is_served_on(numbers, root):
    alone = numbers["deepseek-v3.attention-intensity"].value
    assert numbers[f"{A100}.ridge-point"].value < alone
    assert alone < min(numbers[f"{chip}.ridge-point"].value for chip in (H100, "b200-sxm"))
    assert (
        "no context brings it under the ridge point of an A100 or an H200; those of an H100 SXM and a B200"
        in text_of(root, 4)
    )


def test_the_grace_cpu_is_not_given_the_largest_memory_and_the_bandwidth_of_another_part(catalog):
    """Its parts of 480 GB run at 384 GB/s, those of 120 and 240 GB at 512; a page that prints both maxima tells of no part."""
    grace = catalog.accelerators["grace-cpu"]
    assert grace.capacity is None or grace.capacity.value <= 240e9 or grace.bandwidth.value <= 384e9


def test_no_more_chips_are_promised_than_shown(catalog, root):
    """The home page, the explorer and the page of ridge points name their populations."""
    page = (root / "docs/reference/ridge_points.md").read_text(encoding="utf-8")
    peaks = [chip for chip in catalog.accelerators.values() if model_inputs.device(chip, "bf16")]
    rows = [line for line in page.split("\n") if line.startswith("| ") and ".ridge-point)" in line]
    assert len(rows) == len(peaks) < len(catalog.accelerators)
    explorer = catalog_rows(catalog)
    assert (len(explorer["chips"]), len(explorer["formats"])) == (len(catalog.accelerators), len(catalog.formats))
    assert len(explorer["models"]) + len(further_models(catalog)) == len(catalog.models)
    assert f"Bytes per token of [{len(catalog.alike)}]" in (root / "docs/index.md").read_text(encoding="utf-8")
    assert len(catalog.alike) < len(catalog.models)


def test_figures_say_what_was_drawn(catalog):
    assert fetch_or_recompute.data(catalog).values["above"] == ["Qwen3 0.6B"], "the alt names one other line"
    assert "the rest is kernels, launches and what is left over" in bound_and_launches.alt(
        bound_and_launches.data(catalog)
    )


def test_what_nvidias_page_names_is_noted(catalog):
    """It says LLaMA 7B in the table and Llama2-7b in the instructions, and which H100 it had."""
    rows = [row for row in catalog.published.values() if row.source == "tensorrt-llm-performance"]
    assert len(rows) == 6 and all("Llama2-7b" in row.note for row in rows)
    assert all("H100-HBM3-80GB" in row.note for row in rows if row.accelerator == H100)


def test_the_test_machine_is_introduced_where_it_first_speaks(root):
    before, _, _ = text_of(root, 1).partition("#cpu.")
    assert "The machine is two virtual cores of a shared server" in before
    assert "and more where the experts of a mixture are spread over many devices" in text_of(root, 1)


# Simulations, over seeds and not one.


@pytest.fixture(scope="module")
def reported(book_once):
    price = serving.chapter_price(book_once)
    return {what: serving.over_seeds(price, what) for what in serving.TOLD}


@pytest.fixture(scope="module")
def book_once(root):
    from generators.catalog.load import load_catalog

    return load_catalog(root)


def test_what_chapter_4_says_of_its_simulation_holds_in_every_trace_or_says_in_how_many(reported, root):
    assert all(len(values) == len(serving.SEEDS) >= 12 for values in reported.values())
    assert reported["gain.continuous"][0] > 1.5, "continuous batching serves more"
    assert reported["wait.static"][0] > 5 * reported["wait.continuous"][-1], "the wait differs far more"
    assert reported["gap.whole"][0] > 10 * reported["gap.chunked"][-1]
    assert reported["gain.chunks-256"][0] > 1 > reported["gain.turns-256"][-1] > reported["gain.chunks-64"][-1]
    assert reported["gain.early-gap"][0] > 1
    assert reported["occupied.static"][-1] < 0.5 < reported["occupied.continuous"][0]
    assert reported["tpot.static"][-1] < reported["tpot.continuous"][0], "the price is slower tokens"
    longer = sum(value > 1 for value in reported["gain.early-wait"])
    assert longer == 11 and "longer in eleven of the twelve traces" in text_of(root, 4)


def test_the_trace_that_is_drawn_is_a_typical_one(book_once, reported):
    """The trace of the figure and the table lies near the median of the others, so that it does not mislead."""
    price = serving.chapter_price(book_once)
    for what in ("capacity.static", "capacity.continuous", "gain.continuous", "gain.chunks-256"):
        assert serving.TOLD[what](price, serving.SEED) == pytest.approx(statistics.median(reported[what]), rel=0.06), (
            what
        )


#: Numbers of the one trace that is drawn, in chapter 4's sentences, and what tells their spread over the others.
ONE_TRACE = {
    "static.capacity": "capacity.static",
    "continuous.capacity": "capacity.continuous",
    "continuous.capacity-over.static": "gain.continuous",
    "static.occupied": "occupied.static",
    "continuous.occupied": "occupied.continuous",
    "static.at-static.p90.ttft": "wait.static",
    "continuous.at-static.p90.ttft": "wait.continuous",
    "static.p90.tpot": "tpot.static",
    "continuous.p50.tpot": "tpot.continuous",
    "continuous.p90.longest-gap": "gap.whole",
    "continuous-chunked.at-continuous.p90.longest-gap": "gap.chunked",
    "chunks.256.capacity-over.whole": "gain.chunks-256",
    "chunks.64.capacity-over.whole": "gain.chunks-64",
}
GIVEN = {"places", "requests", "seeds", "chunk", "mean-prompt", "mean-answer"}


def test_a_simulated_number_of_one_trace_stands_with_its_spread(numbers, root):
    text = text_of(root, 4)
    prose = "\n".join(line for line in text.split("\n") if not line.startswith("|"))
    links = set(re.findall(r"#serving\.([^)]+)\)", prose)) - GIVEN
    assert links == set(ONE_TRACE), "tell the spread of each"
    for id_ in links:
        low, high = (f"over-seeds.{ONE_TRACE[id_]}-{end}" for end in ("lowest", "highest"))
        assert f"#{low})" in text and f"#{high})" in text, id_
        assert numbers[low].value <= numbers[f"serving.{id_}"].value <= numbers[high].value, id_


def test_what_chapter_2_says_of_its_allocator_holds_over_a_dozen_traces():
    for seed in paging.SEEDS:
        small, whole = paging.serve(16, seed=seed), paging.serve(paging.LONGEST, seed=seed)
        assert cache.wasted_share(16.0, small.held) == pytest.approx(small.waste, rel=0.08)
        assert cache.wasted_share(float(paging.LONGEST), whole.held) < whole.waste and small.batch > 4 * whole.batch


# The rule itself: a sentence about every run, chip, pair or trace has a test that counts them.

QUANTIFIED = re.compile(
    r"(?<!-)\b(?:every|all|none|no|only|always)\b(?:\W+\w[\w.%×-]*){0,3}?\W+"
    r"(?:runs?|chips?|models?|pairs?|loads?|traces?|workloads?|predictions?|records?|sizes?|batches)\b"
    r"|\balways too (?:fast|slow)\b|\bnone beats\b",
    re.IGNORECASE,
)
#: What such a sentence says, shortened, and the test that counts its population.
COUNTED = {
    "in every run in the same direction": "test_what_chapter_1_says_of_its_record",
    "falls short on every size": "test_what_chapter_1_says_of_its_record",
    "none beats its device's limit": "test_the_runs_of_one_user_are_on_the_chips_that_chapter_1_says",
    "runs that our chapters quote beats its chip's limit": "test_no_quoted_decode_offline_run_or_kernel_is_beyond_the_bound_that_the_pages_print",
    "Sliders over every chip and model of the catalog": "test_no_more_chips_are_promised_than_shown",
    "every chip in the catalog that has such a peak": "test_no_more_chips_are_promised_than_shown",
    "Every chip of the catalog that has a dense 16-bit peak": "test_no_more_chips_are_promised_than_shown",
    "lists every chip of the catalog with a 16-bit peak": "test_no_more_chips_are_promised_than_shown",
    "on every chip of the catalog with a known 16-bit peak": "test_decode_at_batch_one_and_a_short_context_is_memory_bound_on_every_chip_with_a_16_bit_peak",
    "without it, there always too fast": "test_without_the_cache_the_prediction_is_always_too_fast_and_the_ratio_is_not_stable",
    "such pairs of models in this book's catalog": "test_all_pairs_of_both_calm_tables_are_taken_for_models_of_the_catalog",
    "No GPU record of this book holds a longer context": "test_no_gpu_record_holds_a_longer_context",
    "predictions lie within the rounding": "test_all_pairs_of_both_calm_tables_are_taken_for_models_of_the_catalog",
    "below the critical tokens of all three chips": "test_short_quoted_prompts_are_memory_bound_and_long_ones_compute_bound",
    "at worst, always too fast": "test_the_cpus_prefills_are_predicted_too_fast_and_less_so_if_it_takes_turns",
    "the error over all batches falls to": "test_the_roofline_is_too_fast_for_every_measured_batch_and_paces_of_batch_one_tell_most_of_it",
    "No run beats its limit": "test_no_offline_run_beats_its_bound_and_the_misses_have_an_order",
    "On every chip of this book's catalog with a 16-bit peak": "test_a_few_hundred_tokens_make_a_prefill_compute_bound_on_every_chip_of_the_catalog",
    "the prompts of all five workloads that are tabled below": "test_the_prompts_of_quoted_workloads_are_longer_than_any_number_of_the_table",
    "its first tokens came later at every load": "test_measured_chunks_gain_no_capacity_and_cost_first_tokens",
}
#: Sentences that count nothing.
DEFINED = (
    "for every pair of tokens",
    "as if every model fitted on it",
    "none, and a 1.1B model's",
    "no second model",
    "so that no run can beat them",
    "every chip is named with its form factor",
)


def quantified(root) -> list[tuple[str, str]]:
    """(page, sentence) of each sentence of the pages that speaks of every, all, none or only of the data's rows; what figures say, too."""
    found = []
    reference = [root / "docs/reference" / f"{name}.md" for name in ("ridge_points", "datasheets", "notation")]
    for path in [*sorted((root / "docs").glob("*.md")), *reference, root / "README.md"]:
        for line in path.read_text(encoding="utf-8").split("\n"):
            words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", line)
            found += [(path.name, part) for part in re.split(r"(?<=[.:;?])\s+", words) if QUANTIFIED.search(part)]
    return found


def test_a_sentence_about_every_row_has_a_test_that_counts_them(root):
    sentences = quantified(root)
    for page, sentence in sentences:
        assert any(words in sentence for words in (*COUNTED, *DEFINED)), (
            f"{page}: {sentence!r} speaks of every row: name the test that counts them in COUNTED"
        )
    for words in (*COUNTED, *DEFINED):
        assert any(words in sentence for _, sentence in sentences), f"no chapter says {words!r} any more; take it out"
    tests = "".join(path.read_text(encoding="utf-8") for path in (root / "tests").glob("test_*.py"))
    for name in COUNTED.values():
        assert f"def {name}(" in tests, name


def test_a_new_sentence_without_a_count_is_found():
    assert QUANTIFIED.search("In every pair the engine slows down less.")
    assert QUANTIFIED.search("So none of the 42 runs is faster.")
    assert not QUANTIFIED.search("A decoder-only model reads every weight.")
