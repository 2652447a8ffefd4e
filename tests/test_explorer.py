"""The explorer, driven as a reader does: sliders, keyboard, links, files, own chip and own model."""
# ruff: noqa: F401, F811  (pytest finds fixtures by the names they are imported under)

import csv
import io
import json
import re
from dataclasses import replace

import pytest
from test_browser import PHONE, browser, origin, page, pytestmark

from generators.browser import answers
from generators.browser.catalog_export import expected_rows
from generators.catalog import model_inputs
from generators.catalog.config_json import read_config
from generators.catalog.config_rules import load_rules
from generators.core import units
from generators.model import memory
from generators.model.expected import Habits, expected_time, launching_layers
from generators.model.inputs import Pass
from generators.shape_command import figures
from tests.live_pages import EXPLORER, cell, drawn, open_live, reach, set_number, settled
from tests.test_config_json import published

CONFIG = {
    "model_type": "llama",
    "hidden_size": 4096,
    "intermediate_size": 14336,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "vocab_size": 128256,
    "tie_word_embeddings": False,
}


def expected(catalog, chip="a100-sxm4-80gb", model="llama-2-7b", format_="bf16", batch=1.0, context=2048.0, chips=1.0):
    row, of = catalog.formats[format_], model_inputs.shape(catalog.models[model])
    one, reported = (
        model_inputs.device(catalog.accelerators[chip], row.rate),
        catalog.accelerators[chip].memory.reported,
    )
    one = replace(one, capacity=reported.quantity.value) if reported else one
    device = answers.chips_together(one, chips)
    return answers.answer(of, answers.shared_format(of, model_inputs.number_format(row), chips), device, batch, context)


def choose(page, label: str, value: str) -> None:
    page.locator(".mb-explorer").get_by_label(label, exact=True).select_option(value)
    drawn(page)


def test_the_table_shows_the_books_numbers(page, origin, catalog):
    open_live(page, origin + EXPLORER, "explorer")
    described = expected(catalog)
    assert cell(page, "Time per token, at least") == f"{units.number_text(described.decode.step.time * 1e3, 3)} ms"
    assert cell(page, "Ridge point") == f"{units.number_text(described.ridge, 3)} FLOP/byte"
    assert cell(page, "Tokens/s for each sequence, at most") == units.number_text(described.per_user, 3)


def test_an_expected_rate_stands_beside_the_bound_or_why_there_is_none(page, origin, catalog):
    """As Python computes it from the committed constants; several chips and a processor are outside what was fitted."""
    open_live(page, origin + EXPLORER, "explorer")
    described, name = expected(catalog), "Tokens/s for each sequence, expected"
    _, share, peak, layer, *_, (low, high), _ = expected_rows(catalog)["a100-sxm4-80gb"][0]
    step, chip = described.decode.step, model_inputs.device(catalog.accelerators["a100-sxm4-80gb"])
    time = expected_time(step.traffic.total, step.flop, 32.0, chip.bandwidth, chip.peak, Habits(share, 0.0, layer))
    least = max(time * low, step.time)
    rates = [units.number_text(1 / seconds, 2) for seconds in (time, time * high, least)]
    assert peak > 0 and cell(page, name) == f"{rates[0]} ({rates[1]} to {rates[2]})"
    open_live(page, f"{origin}{EXPLORER}?a=1~a100-sxm4-80gb~qwen3-30b-a3b~bf16~1~2048~1", "explorer")
    step = expected(catalog, "a100-sxm4-80gb", "qwen3-30b-a3b").decode.step
    layers = launching_layers(model_inputs.shape(catalog.models["qwen3-30b-a3b"]))
    assert layers == 72, "each of 48 has experts"
    time = expected_time(step.traffic.total, step.flop, layers, chip.bandwidth, chip.peak, Habits(share, 0.0, layer))
    assert cell(page, name).startswith(f"{units.number_text(1 / time, 2)} (")
    choose(page, "Chip", "epyc-9654")
    assert cell(page, name).startswith("outside the fitted range: too few quoted runs")
    open_live(page, f"{origin}{EXPLORER}?a=1~h200-sxm~llama-3.1-70b~bf16~1~2048~2", "explorer")
    assert cell(page, name) == "outside the fitted range: several chips"


def test_sliders_and_choices_change_the_answer_by_keyboard(page, origin, catalog):
    open_live(page, origin + EXPLORER, "explorer")
    choose(page, "Chip", "h100-sxm5-80gb")
    choose(page, "Model", "mixtral-8x7b")
    choose(page, "Weights in", "fp8")
    for label, steps in (("Batch", 6), ("Context", 6)):
        slider = page.locator(".mb-explorer").get_by_role("slider", name=label)
        slider.focus()
        page.keyboard.press("Home")
        for _ in range(steps):
            page.keyboard.press("ArrowRight")
    described = expected(catalog, "h100-sxm5-80gb", "mixtral-8x7b", "fp8", 64.0, 8192.0)
    assert cell(page, "Tokens/s together, at most") == units.number_text(described.together, 3)
    assert cell(page, "Does it fit").startswith("does not fit" if described.fit.room < 0 else "fits")


def test_what_changed_is_announced_once_and_in_words(page, origin):
    open_live(page, origin + EXPLORER, "explorer")
    said = page.locator(".mb-explorer > .mb-says[role=status]")
    set_number(page, "Batch", 8)
    page.wait_for_function("document.querySelector('.mb-explorer > .mb-says').textContent.includes('per token')")
    assert "memory binds" in said.inner_text() and said.get_attribute("aria-live") == "polite"


def test_every_number_tells_its_derivation(page, origin):
    open_live(page, origin + EXPLORER, "explorer")
    buttons, tip = page.locator(".mb-why"), page.locator(".mb-tip")
    assert buttons.count() >= 14
    for at in range(buttons.count()):
        buttons.nth(at).focus()
        assert tip.is_visible() and len(tip.inner_text()) > 10
        assert page.evaluate("document.activeElement.getAttribute('aria-describedby')") == tip.get_attribute("id")
    page.keyboard.press("Escape")
    assert not tip.is_visible()
    buttons.nth(3).hover()
    assert re.search(r"FLOP ÷ [\d.]+ GB", tip.inner_text())


def test_a_tap_tells_it_too(browser, origin):
    context = browser.new_context(viewport=PHONE, has_touch=True)
    page = context.new_page()
    open_live(page, origin + EXPLORER, "explorer")
    page.locator(".mb-why").nth(1).tap()
    assert "weights" in page.locator(".mb-tip").inner_text()
    box = page.locator(".mb-tip").bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= PHONE["width"]
    context.close()


def test_up_to_four_are_compared_and_the_address_holds_them(page, origin, catalog):
    open_live(page, origin + EXPLORER, "explorer")
    for batch in (4, 16, 64):
        page.get_by_role("button", name="Compare with another").click()
        set_number(page, "Batch", batch)
    assert page.get_by_role("button", name="Compare with another").count() == 0
    seen = [cell(page, "Tokens/s together, at most", column) for column in range(4)]
    assert seen == [units.number_text(expected(catalog, batch=float(batch)).together, 3) for batch in (1, 4, 16, 64)]
    settled(page)
    link = page.url
    page.goto("about:blank")
    open_live(page, link, "explorer")
    assert [cell(page, "Tokens/s together, at most", column) for column in range(4)] == seen
    page.get_by_role("button", name="Remove this one").click()
    drawn(page)
    assert page.locator(".mb-scroll").first.locator("th[scope=col]").count() == 4


#: Queries of links that no longer resolve.
STALE = [
    "a=1~no-such-chip~llama-2-7b~bf16~1~2048",
    "a=1~x",
    "a=9~a100-sxm4-80gb",
    "a=1~t4~llama-2-7b~bf16~3~0.5",
    "a=1~t4~llama-2-7b~bf16~3~5~0",
    "a=1~t4~llama-2-7b~bf16~3~99999999",
    "chip=1~nan~1~1",
    "model=1~1~2",
    "a=%3Cscript%3E",
    "a=1~own~llama-2-7b~bf16~1~2048",
    "a=1~own~llama-2-7b~bf16~1~2048&chip=1~nan~1~1",
    "model=1~32.5~4096~32~8~128~14336~128256~0",
    "model=1~32~4096~0.5~8~128~14336~128256~0",
]


def test_a_link_that_no_longer_resolves_says_so_and_shows_the_default(page, origin):
    for query in STALE:
        open_live(page, f"{origin}{EXPLORER}?{query}", "explorer")
        assert "does not know" in page.locator(".mb-notice[role=note]").inner_text(), query
        assert "A100" in page.locator(".mb-configs").inner_text(), query


def test_a_chip_without_a_peak_answers_what_needs_none(page, origin, catalog):
    chip = "dgx-spark"
    open_live(page, f"{origin}{EXPLORER}?a=1~{chip}~llama-3.1-8b~q8-0~1~4096", "explorer")
    row, of = catalog.accelerators[chip], model_inputs.shape(catalog.models["llama-3.1-8b"])
    moved = memory.step_bytes(of, model_inputs.number_format(catalog.formats["q8-0"]), Pass(1.0, 1.0, 4096.0)).total
    assert cell(page, "Tokens/s for each sequence, at most") == units.number_text(row.bandwidth.value / moved, 3)
    assert cell(page, "Does it fit").startswith("fits")
    assert cell(page, "What binds").startswith("memory, above ")
    assert cell(page, "Ridge point") == cell(page, "TTFT, at least") == "no FP16 peak"
    assert "no FP16 peak" in page.locator(".mb-configs").inner_text()
    assert "no peak known" in page.locator(".mb-live-svg").text_content()


def test_a_change_of_chip_changes_nothing_else(page, origin):
    open_live(page, origin + EXPLORER, "explorer")
    choose(page, "Chip", "h100-sxm5-80gb")
    choose(page, "Weights in", "fp8")
    for chip in ("m4-max", "a100-sxm4-80gb", "dgx-spark"):
        choose(page, "Chip", chip)
        chosen = page.locator(".mb-explorer").get_by_label("Weights in", exact=True)
        assert chosen.input_value() == "fp8"
        assert "memory only" in chosen.locator("option:checked").inner_text()


def test_chips_add_up_and_copy_the_kv_heads_that_are_too_few(page, origin, catalog):
    """Llama 3.1 8B has 8 KV heads: 16 chips keep each twice.  DeepSeek-V3 keeps one latent vector, which every chip needs."""
    open_live(page, origin + EXPLORER, "explorer")
    for model, chips, copies in (("llama-3.1-8b", 8, 1), ("llama-3.1-8b", 16, 2), ("deepseek-v3", 8, 8)):
        choose(page, "Model", model)
        set_number(page, "Chips", chips)
        set_number(page, "Context", 4096)
        described, one = (expected(catalog, model=model, context=4096.0, chips=float(many)) for many in (chips, 1))
        assert described.fit.kv_sequence == pytest.approx(copies * one.fit.kv_sequence)
        assert described.decode.step.memory < one.decode.step.memory
        assert cell(page, "Tokens/s for each sequence, at most") == units.number_text(described.per_user, 3)
        assert cell(page, "Largest batch that fits").replace(",", "") == str(int(described.fit.batch))
    assert "links between them are not counted" in page.locator(".mb-configs").inner_text()


def test_the_cache_is_kept_in_fewer_bits(page, origin, catalog):
    open_live(page, origin + EXPLORER, "explorer")
    wide = expected(catalog)
    for kept, bits in (("fp8", 8), ("q8-0", 8.5), ("q4-0", 4.5)):
        choose(page, "KV cache in", kept)
        assert cell(page, "KV cache of one token") == f"{units.number_text(wide.fit.kv_token * bits / 16 / 1e3, 3)} kB"
        assert f"KV cache at {bits} bits" in page.locator(".mb-configs").inner_text()
    settled(page)
    page.goto(page.url)
    reach(page, "explorer")
    assert f"KV cache at {bits} bits" in page.locator(".mb-configs").inner_text()


def test_capacity_is_what_the_driver_reports(page, origin, catalog):
    """An H100 of 80 GB reports 81,559 MiB, 85.5 GB; of an M4 Max nothing is known but what it is sold with."""
    open_live(
        page,
        f"{origin}{EXPLORER}?a=1~h100-sxm5-80gb~llama-2-7b~bf16~1~2048&b=1~m4-max~llama-2-7b~bf16~1~2048",
        "explorer",
    )
    room = [cell(page, "Does it fit", column) for column in (0, 1)]
    weights = expected(catalog, "h100-sxm5-80gb").fit.needed
    assert room[0] == f"fits, {units.number_text((81559 * 2**20 - weights) / 1e9, 3)} GB left"
    assert room[1] == f"fits, {units.number_text((128e9 - weights) / 1e9, 3)} GB left"
    page.locator(".mb-scroll tr:has(th:text-is('Does it fit')) .mb-why").first.focus()
    assert "sold as 80 GB" in page.locator(".mb-tip").inner_text()


def test_any_whole_number_is_taken_and_beyond_the_models_limit_with_a_warning(page, origin, catalog):
    open_live(page, origin + EXPLORER, "explorer")
    set_number(page, "Context", 777)
    set_number(page, "Batch", 3)
    assert cell(page, "Tokens/s together, at most") == units.number_text(
        expected(catalog, batch=3.0, context=777.0).together, 3
    )
    warning = page.locator(".mb-configs .mb-notice--warning")
    assert warning.count() == 0
    set_number(page, "Context", 4097)
    assert cell(page, "KV cache of one token") and "4,096 tokens" in warning.inner_text()
    slider = page.locator(".mb-explorer").get_by_role("slider", name="Context")
    slider.focus()
    page.keyboard.press("Home")
    page.keyboard.press("End")
    assert slider.get_attribute("aria-valuetext") == "4,096 tokens"
    for wrong in ("0", "2.5", "-3", ""):
        page.locator(".mb-explorer").get_by_role("spinbutton", name="Context").fill(wrong)
        assert "wanted a whole number" in page.locator(".mb-field .mb-notice--wrong", has_text="wanted").inner_text()
        assert "4,096 tokens" in page.locator(".mb-configs").inner_text()


MARKS = """
() => {
  const middle = (node) => { const box = node.getBoundingClientRect(); return [(box.left + box.right) / 2, (box.top + box.bottom) / 2]; };
  const svg = document.querySelector(".mb-explorer .mb-live-svg");
  return {
    labels: [...svg.querySelectorAll("text")].filter((node) => /decode|quoted|measured/.test(node.textContent) && node.getBoundingClientRect().width < 120)
      .map((node) => { const box = node.getBoundingClientRect(); return [node.textContent, box.left, box.top, box.right, box.bottom]; }),
    decode: [...svg.querySelectorAll("circle.mb-now")].map(middle), quoted: [...svg.querySelectorAll("path.mb-quoted")].map(middle),
  };
}
"""


@pytest.mark.parametrize("width", [390, 1280])
def test_each_label_stands_nearest_to_its_own_mark(page, origin, width):
    page.set_viewport_size({"width": width, "height": 900})
    open_live(page, origin + EXPLORER, "explorer")
    found = page.evaluate(MARKS)

    def away(label, mark):
        _, left, top, right, bottom = label
        return max(left - mark[0], 0, mark[0] - right) ** 2 + max(top - mark[1], 0, mark[1] - bottom) ** 2

    assert {label[0] for label in found["labels"]} == {"decode", "quoted"}
    for label in found["labels"]:
        other = "quoted" if label[0] == "decode" else "decode"
        assert min(away(label, mark) for mark in found[label[0]]) < min(away(label, mark) for mark in found[other])


#: Views whose figures have much to write: a chip without a peak beside one with, and wide axes.
CROWDED = [
    "a=1~h200-sxm~deepseek-v3~fp8~1~2048~8&b=1~cerebras-wse-3~llama-3.1-8b~bf16~1~2048~1",
    "a=1~h100-sxm5-80gb~deepseek-v3~fp8~32~4096~8&b=1~a100-sxm4-80gb~llama-2-7b~bf16~1~2048",
    "a=1~cerebras-wse-3~llama-3.1-8b~bf16~1~2048~1",
    "a=1~a100-sxm4-80gb~llama-2-7b~bf16~1~2048&b=1~dgx-spark~llama-3.1-8b~q8-0~1~4096",
    "a=1~gb200~deepseek-v4-pro~bf16~1000000~10000000~1024&b=1~cerebras-wse-3~llama-3.1-405b~q4-k-m~1000000~10000000~1024",
    "a=1~gb200~llama-3.1-70b~bf16~1~2048~64&b=1~cerebras-wse-3~llama-3.1-405b~bf16~1~2048~1024",
]
#: Texts of the figure that lie beyond its edge, or upon each other.
CLASHES = """
() => {
  const svg = document.querySelector(".mb-explorer .mb-live-svg");
  const edge = svg.getBoundingClientRect();
  const texts = [...svg.querySelectorAll("text")].map((node) => [node.textContent, node.getBoundingClientRect(), node.hasAttribute("transform")]);
  const out = texts.filter(([, box]) => box.left < edge.left - 1 || box.right > edge.right + 1 || box.top < edge.top - 1).map(([words]) => `${words} is cut`);
  const upright = texts.filter(([, , turned]) => !turned);
  upright.forEach(([words, a], at) => upright.slice(at + 1).forEach(([other, b]) => {
    const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const tall = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    if (wide > 1 && tall > 4) out.push(`${words} upon ${other}`);
  }));
  return out;
}
"""


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_in_the_figure_is_cut_or_covered(page, origin, width):
    page.set_viewport_size({"width": width, "height": 900})
    for query in CROWDED:
        open_live(page, f"{origin}{EXPLORER}?{query}", "explorer")
        drawn(page)
        assert page.evaluate(CLASHES) == [], query
        named = " ".join(page.locator(".mb-live-svg text").all_text_contents())
        assert ("cerebras" in query or "dgx" in query) == ("no peak known" in named)


def test_every_configuration_is_named_at_its_mark_roof_and_bars(page, origin):
    open_live(page, origin + EXPLORER, "explorer")
    page.get_by_role("button", name="Compare with another").click()
    drawn(page)
    texts = page.locator(".mb-live-svg text").all_text_contents()
    assert "A, B decode" in texts  # both at one place
    assert texts.count("A") == texts.count("B") == 2  # a step and a memory
    choose(page, "Chip", "h100-sxm5-80gb")
    texts = page.locator(".mb-live-svg text").all_text_contents()
    assert {"A decode", "B decode", "A: A100 80GB SXM", "B: H100 SXM"} <= set(texts)


def test_bars_of_a_panel_share_its_scale(page, origin, catalog):
    """Weights of both configurations in the memory panel are as wide as their bytes, and capacities stand where theirs end."""
    open_live(
        page,
        f"{origin}{EXPLORER}?a=1~a100-sxm4-80gb~llama-2-7b~bf16~1~2048&b=1~rtx-4090~qwen2.5-0.5b~bf16~1~2048",
        "explorer",
    )
    drawn(page)
    bars = "nodes => nodes.map((node) => Number(node.getAttribute('width')))"
    wide = page.locator(".mb-live-svg rect.mb-fill-memory[height='10']").evaluate_all(bars)
    two = [expected(catalog), expected(catalog, "rtx-4090", "qwen2.5-0.5b")]
    times = [one.decode.step.memory * one.decode.step.traffic.weights / one.decode.step.traffic.total for one in two]
    assert wide[0] / wide[1] == pytest.approx(times[0] / times[1], rel=0.02)
    assert wide[2] / wide[3] == pytest.approx(two[0].fit.weights / two[1].fit.weights, rel=0.02)
    ends = page.locator(".mb-live-svg path.mb-ink-line").evaluate_all(
        "nodes => nodes.map((node) => Number(/M([0-9.]+)/.exec(node.getAttribute('d'))[1]) - 16)"
    )
    assert ends[0] / ends[1] == pytest.approx(81920 / 24564, rel=0.01)
    headings = [words for words in page.locator(".mb-live-svg text").all_text_contents() if "scale of" in words]
    assert len(headings) == 2


def test_an_own_chip_is_typed_in(page, origin):
    open_live(page, origin + EXPLORER, "explorer")
    page.get_by_text("My own chip", exact=True).last.click()
    page.get_by_label("Memory bandwidth (GB/s)").fill("2000")
    page.get_by_label("Peak at the format's precision, dense (TFLOP/s)").fill("400")
    assert cell(page, "Ridge point") == "200 FLOP/byte"
    for wrong in ("0", "-5", "", "1e99"):
        page.get_by_label("Memory bandwidth (GB/s)").fill(wrong)
        drawn(page)
        assert "the last one stands" in page.locator(".mb-own .mb-notice").first.inner_text()
        assert cell(page, "Ridge point") == "200 FLOP/byte"
    settled(page)
    page.goto(page.url)
    reach(page, "explorer")
    assert cell(page, "Ridge point") == "200 FLOP/byte"


def test_an_own_model_is_pasted(page, origin, catalog):
    open_live(page, origin + EXPLORER, "explorer")
    page.get_by_text("My own model", exact=True).last.click()
    page.get_by_label("The model's config.json, pasted").fill(json.dumps(CONFIG))
    page.get_by_role("button", name="Use this model").click()
    assert cell(page, "KV cache of one token") == "131 kB"
    line = page.locator(".mb-own .mb-notice", has_text="Read:")
    ink = "node => getComputedStyle(node).color"
    assert line.evaluate(ink) == page.locator("article p").first.evaluate(ink)
    seen = page.locator(".mb-configs").evaluate(
        "node => [node.getBoundingClientRect().top, node.getBoundingClientRect().bottom, innerHeight]"
    )
    assert seen[0] >= 0 and seen[1] <= seen[2], "the result of the paste stands outside the window"
    assert (
        cell(page, "Time per token, at least")
        == f"{units.number_text(expected(catalog, model='llama-3.1-8b').decode.step.time * 1e3, 3)} ms"
    )
    settled(page)
    page.goto(page.url)
    reach(page, "explorer")
    assert cell(page, "KV cache of one token") == "131 kB"


def test_weights_as_shipped_are_those_of_the_pasted_file(page, origin, catalog):
    """AWQ stores the linear layers in 4 bits with their scales; head, tables and norms stay at 16."""
    stored = {"quant_method": "awq", "bits": 4, "group_size": 128, "zero_point": True, "version": "gemm"}
    open_live(page, origin + EXPLORER, "explorer")
    page.get_by_text("My own model", exact=True).last.click()
    page.get_by_label("The model's config.json, pasted").fill(json.dumps(CONFIG | {"quantization_config": stored}))
    page.get_by_role("button", name="Use this model").click()
    page.locator(".mb-own .mb-notice", has_text="as shipped (awq)").wait_for()
    read = read_config(json.dumps(CONFIG | {"quantization_config": stored}), load_rules(catalog.root))
    shipped = figures(read)["weights_as_shipped"]
    needed = shipped + memory.kv_bytes(read.shape, model_inputs.number_format(catalog.formats["bf16"]), 2048.0)
    assert 5e9 < shipped < 6e9
    for _ in range(2):  # as pasted, and as the address keeps it
        assert cell(page, "Memory needed") == f"{units.number_text(needed / 1e9, 3)} GB"
        settled(page)
        page.goto(page.url)
        reach(page, "explorer")
    choose(page, "Model", "llama-2-7b")
    assert "BF16 stands in their place" in page.locator(".mb-configs").inner_text()
    assert page.locator(".mb-explorer").get_by_label("Weights in", exact=True).input_value() == "bf16"


@pytest.mark.parametrize(
    ("chip", "kind", "bits", "alike"),
    [
        ("h100-sxm5-80gb", "float", 8, "fp8"),
        ("a100-sxm4-80gb", "int", 8, ""),
        ("b200-sxm", "float", 4, "nvfp4"),
    ],
)
def test_a_first_token_is_bound_by_the_rate_of_the_activations(page, origin, catalog, chip, kind, bits, alike):
    """Llama 3.1 8B in formats that the catalog has takes as long pasted; INT8 has a peak of its own, in links too."""
    stored = {"num_bits": bits, "type": kind, "group_size": 16 if bits == 4 else None}
    group = {"targets": ["Linear"], "weights": stored, "input_activations": stored}
    account = {"quant_method": "compressed-tensors", "config_groups": {"group_0": group}, "ignore": ["lm_head"]}
    open_live(page, f"{origin}{EXPLORER}?a=1~{chip}~llama-3.1-8b~{alike or 'bf16'}~1~8192~1", "explorer")
    first = cell(page, "TTFT, at least")
    page.get_by_text("My own model", exact=True).last.click()
    page.locator(".mb-own textarea").fill(json.dumps(CONFIG | {"quantization_config": account}))
    page.get_by_role("button", name="Use this model").click()
    peak = catalog.accelerators[chip].peaks()[alike[-3:] or "int8"].quantity.value
    for _ in range(2):  # as pasted, and as the address keeps it
        assert float(cell(page, "Ridge point").split()[0].replace(",", "")) == pytest.approx(
            peak / catalog.accelerators[chip].bandwidth.value, rel=0.01
        )
        assert (cell(page, "TTFT, at least") == first) == bool(alike)
        settled(page)
        page.goto(page.url)
        reach(page, "explorer")
    kept = page.url.replace("%7E", "~")
    older = re.sub(r"(weights=(?:~?[^~&]+){7})~[^&]*", r"\1", kept)  # a link of before the rate stood there
    assert older != kept
    page.goto(older)
    reach(page, "explorer")
    assert page.locator(".mb-notice[role=note]").count() == 0


#: What is no config, and a word of what is said of it.
NO_CONFIG = [
    ("not json", "not JSON"),
    ("[]", "JSON object"),
    ("null", "JSON object"),
    ("{}", "num_hidden_layers"),
    (json.dumps(CONFIG | {"num_key_value_heads": 7}), "divide"),
    (json.dumps(CONFIG | {"vocab_size": 1e99}), "vocab_size"),
    (json.dumps(CONFIG | {"hidden_size": "<img src=x onerror=alert(1)>"}), "hidden_size"),
    (json.dumps(CONFIG | {"num_local_experts": 8}), "num_local_experts"),
    ("[" * 100_000, "not JSON"),
    (json.dumps({f"a{number}": 1 for number in range(60_000)}), "num_hidden_layers"),
    ('{"a": 1, "a": 2}', "a twice"),
]


def test_a_config_that_is_none_gets_one_line(page, origin):
    open_live(page, origin + EXPLORER, "explorer")
    page.get_by_text("My own model", exact=True).last.click()
    notice, ink = page.locator(".mb-own .mb-notice").nth(1), "node => getComputedStyle(node).color"
    for pasted, said in NO_CONFIG:
        page.locator(".mb-own textarea").evaluate("(area, words) => { area.value = words; }", pasted)
        notice.evaluate("node => { node.textContent = ''; }")
        page.get_by_role("button", name="Use this model").click()
        line = notice.inner_text()
        assert said in line and "\n" not in line, pasted[:80]
        assert notice.evaluate(ink) != page.locator("article p").first.evaluate(ink)


def test_every_published_config_of_a_family_gives_the_catalogs_shape(page, origin, catalog):
    """Dense, mixture of experts, latent attention and windows, written as their publishers write them."""
    open_live(page, origin + EXPLORER, "explorer")
    page.get_by_text("My own model", exact=True).last.click()
    for id_ in ("llama-3.1-70b", "mixtral-8x7b", "deepseek-v3", "mistral-7b-v0.1"):
        page.locator(".mb-own textarea").fill(json.dumps(published(model_inputs.described(catalog.models[id_]))))
        page.get_by_role("button", name="Use this model").click()
        mine = cell(page, "KV cache of one token"), cell(page, "FLOP per step")
        page.locator(".mb-explorer").get_by_label("Model", exact=True).select_option(id_)
        assert (cell(page, "KV cache of one token"), cell(page, "FLOP per step")) == mine, id_


def test_matching_measurements_stand_beside_the_bound_with_their_error(page, origin, catalog):
    open_live(page, origin + EXPLORER, "explorer")
    row = page.locator(".mb-scroll").last.locator("tr", has_text="gpt-fast").first.inner_text()
    assert "104.9 tokens/s" in row.replace("105 tokens/s", "104.9 tokens/s") and re.search(r"\d+%", row)
    assert "105 tokens (not 2,048)" in row
    head = page.locator(".mb-scroll").last.locator("thead").inner_text()
    assert "Share of the bound" in head and "Error" not in head
    page.locator(".mb-explorer").get_by_label("Chip", exact=True).select_option("record-1")
    drawn(page)
    assert "Intel Xeon" in page.locator(".mb-scroll").last.inner_text()


def test_the_view_is_given_away_as_files_and_as_a_citation(page, origin, browser):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=origin.rstrip("/"))
    open_live(page, origin + EXPLORER, "explorer")
    set_number(page, "Batch", 4)
    got = {}
    for kind in ("SVG", "PNG", "CSV"):
        with page.expect_download() as download:
            page.get_by_role("button", name=f"Download {kind}").click()
        got[kind] = download.value.path().read_bytes()
    svg = got["SVG"].decode()
    assert svg.startswith("<svg") and "var(" not in svg and "<title>" in svg and "rgb(" in svg
    assert got["PNG"].startswith(b"\x89PNG") and len(got["PNG"]) > 20_000
    rows = list(csv.DictReader(io.StringIO(got["CSV"].decode())))
    time = next(row for row in rows if row["quantity"] == "Time per token, at least")
    assert (time["batch"], time["unit"]) == ("4", "s") and 0.006 < float(time["value"]) < 0.01
    page.get_by_role("button", name="Copy as citation").click()
    page.get_by_text("citation copied").wait_for()
    words = page.evaluate("navigator.clipboard.readText()")
    assert (
        "Llama 2 7B" in words
        and "a=1%7Ea100" in words.replace("~", "%7E")
        and re.search(r"read \d{4}-\d\d-\d\d", words)
    )


def test_a_model_of_several_kinds_of_layers_is_pasted_and_comes_back_from_the_address(page, origin, root):
    open_live(page, origin + EXPLORER, "explorer")
    page.get_by_text("My own model", exact=True).last.click()
    page.locator(".mb-own textarea").fill((root / "tests/configs/x-qwen3-next-80b.json").read_text())
    page.get_by_role("button", name="Use this model").click()
    seen = cell(page, "KV cache of one token"), cell(page, "Memory needed")
    assert seen[0] == "24.6 kB"
    settled(page)
    page.goto(page.url)
    reach(page, "explorer")
    assert (cell(page, "KV cache of one token"), cell(page, "Memory needed")) == seen
