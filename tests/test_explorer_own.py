"""A reader's own model and machine in the explorer: what it says of them, keeps apart, and refuses."""
# ruff: noqa: F401, F811  (pytest finds fixtures by the names they are imported under)

import json
import re
from urllib.parse import unquote

import pytest
from test_browser import browser, origin, page, pytestmark
from test_explorer import CONFIG

from generators.catalog.config_json import read_config
from generators.catalog.config_rules import load_rules
from generators.core.units import number_text
from generators.shape_command import figures
from tests.fakes import record
from tests.live_pages import EXPLORER, cell, drawn, dropped, open_live, reach, set_number, settled

AWQ = CONFIG | {"quantization_config": {"quant_method": "awq", "bits": 4, "group_size": 128, "version": "gemm"}}
LARGE = CONFIG | {"hidden_size": 8192, "intermediate_size": 28672, "num_hidden_layers": 80, "num_attention_heads": 64}
MIXED = CONFIG | {"model_type": "mixtral", "num_local_experts": 8, "num_experts_per_tok": 2, "vocab_size": 32000}
#: A pasted model as links of older editions hold it: fields without parts.
OLD_LINK = f"model=1~32~4096~32~8~128~14336~128256~0~3~0~0~0~2~1{'~0' * 16}"


def paste(page, config) -> str:
    """Paste a config.json and press the button; what is said of it."""
    panel = page.locator("details.mb-own:has(textarea)")
    panel.evaluate("panel => { panel.open = true; }")
    text = config if isinstance(config, str) else json.dumps(config)
    panel.locator("textarea").evaluate("(area, words) => { area.value = words; }", text)
    panel.get_by_role("button", name="Use this model").click()
    drawn(page)
    return panel.locator(".mb-notice").inner_text()


def titles(page) -> list[str]:
    drawn(page)
    return page.locator(".mb-configs > p:not(.mb-notice)").all_inner_texts()


def again(page) -> None:
    """The same address, opened anew."""
    settled(page)
    page.goto(page.url)
    reach(page, "explorer")


def test_what_was_read_is_told_in_parameters_and_cache(page, origin, root):
    open_live(page, origin + EXPLORER, "explorer")
    assert "Read: 8.03 B parameters, all active per token, 131 kB of KV cache per token at 16 bits." in paste(
        page, CONFIG
    )
    assert "My own model (8.03 B)" in titles(page)[0]
    counted = figures(read_config(json.dumps(MIXED), load_rules(root)))["parameters"]
    said = paste(page, MIXED)
    assert f"Read: {number_text(counted / 1e9, 3)} B parameters, 12.9 B active per token, 131 kB" in said
    assert "Read: 125 M parameters" in paste(page, (root / "tests/configs/x-opt-125m.json").read_text())


def test_each_configuration_keeps_its_own_model_in_the_link_too(page, origin):
    open_live(page, origin + EXPLORER, "explorer")
    paste(page, AWQ)
    alone = cell(page, "Memory needed")
    page.get_by_role("button", name="Compare with another").click()
    paste(page, LARGE)
    for _ in range(2):  # as pasted, and as the address keeps it
        assert cell(page, "Memory needed", 0) == alone != cell(page, "Memory needed", 1)
        first, second = titles(page)
        assert "(8.03 B), as shipped (awq)" in first and "(70.6 B)" in second
        again(page)
    page.get_by_role("button", name="Configuration A").click()
    page.get_by_role("button", name="Remove this one").click()
    for _ in range(2):
        assert len(titles(page)) == 1 and "(70.6 B)" in titles(page)[0]
        again(page)


def test_a_link_with_one_model_gives_it_to_all(page, origin):
    pair = "a=1~t4~own~bf16~1~2048&b=1~l4~own~bf16~1~2048"
    open_live(page, f"{origin}{EXPLORER}?{pair}&{OLD_LINK}", "explorer")
    assert [("(8.03 B)" in one) for one in titles(page)] == [True, True]


def test_a_refused_paste_says_which_model_stands(page, origin):
    open_live(page, origin + EXPLORER, "explorer")
    assert "stands" not in paste(page, "{}")
    paste(page, CONFIG)
    assert paste(page, "{}").endswith("My own model (8.03 B), read before, stands.")
    page.locator(".mb-explorer").get_by_label("Model", exact=True).select_option("llama-2-7b")
    assert "stands" not in paste(page, "{}")


def test_a_context_longer_than_the_pasted_model_allows_is_told(page, origin):
    open_live(page, origin + EXPLORER, "explorer")
    warning = page.locator(".mb-configs .mb-notice--warning")
    paste(page, CONFIG | {"max_position_embeddings": 8192})
    set_number(page, "Context", 8192)
    assert warning.count() == 0
    set_number(page, "Context", 8193)
    for _ in range(2):
        assert "The config.json of my own model (8.03 B) names 8,192 tokens; beyond" in warning.inner_text()
        again(page)
    paste(page, CONFIG)
    assert warning.count() == 0


def test_a_long_text_is_read_and_of_many_unknown_keys_a_few_are_named(page, origin):
    open_live(page, origin + EXPLORER, "explorer")
    assert "Keys not read: x." in paste(page, CONFIG | {"x": "a" * 9_000_000})
    said = paste(page, CONFIG | {f"k{number}": 1 for number in range(50_000)})
    assert len(said) < 400 and "k7 and 49,992 more" in said


@pytest.mark.parametrize("method", ["buy-now-at-evil_com", "constructor"])
def test_a_link_names_known_methods_only(page, origin, method):
    query = f"a=1~a100-sxm4-80gb~own~shipped~1~2048&{OLD_LINK}&weights=1~{method}~4~4~4~16~16"
    open_live(page, f"{origin}{EXPLORER}?{query}", "explorer")
    assert "does not know" in page.locator(".mb-notice[role=note]").inner_text()
    assert method not in page.locator("article").inner_text()
    open_live(page, f"{origin}{EXPLORER}?{query.replace(method, 'awq')}", "explorer")
    assert "as shipped (awq)" in titles(page)[0]


def test_an_expected_rate_lies_within_its_interval(page, origin):
    """With a model whose arithmetic takes far longer than what the constants were fitted to."""
    open_live(page, origin + EXPLORER, "explorer")
    paste(page, CONFIG)
    settled(page)
    address = unquote(page.url)
    fields = re.search(r"model=([^&]*)", address)[1].split("~")
    before, keys = page.evaluate(
        "[memoryBound.model.inputs.Shape(), memoryBound.model.inputs.Part(0)].map(Object.keys)"
    )
    at = 1 + len(before) + keys.index("pair")  # the edition, the shape's fields, and the length of its first part
    changed = "~".join([*fields[:at], "1e15", *fields[at + 1 :]])
    open_live(page, address.replace("~".join(fields), changed), "explorer")
    said = re.fullmatch(r"([\d.,]+) \(([\d.,]+) to ([\d.,]+)\)", cell(page, "Tokens/s for each sequence, expected"))
    middle, low, high = (float(one.replace(",", "")) for one in said.groups())
    assert "My own model" in titles(page)[0] and low <= middle <= high and middle < 1e-3


def test_numbers_out_of_range_say_what_stands(page, origin):
    open_live(page, origin + EXPLORER, "explorer")
    batch = page.locator(".mb-explorer").get_by_role("spinbutton", name="Batch")
    for typed, stands in (("1e30", "1,000 sequences"), ("99999999999", "999,999 sequences")):
        batch.fill("")
        batch.press_sequentially(typed)
        said = page.locator(".mb-field .mb-notice--wrong", has_text="wanted").inner_text()
        assert said.endswith(f"wanted a whole number from 1 to 1000000; {stands} stays")
    page.get_by_text("My own chip", exact=True).last.click()
    page.get_by_label("Memory capacity (GB), 0 if unknown").fill("-5")
    said = page.locator(".mb-own .mb-notice").first.inner_text()
    assert "found -5, wanted a number from 0 to 10,000,000; the last one stands" in said


def test_a_model_file_dropped_as_a_record_is_told_where_it_goes(page, origin):
    open_live(page, origin + EXPLORER, "explorer")
    page.get_by_text("My own machine", exact=True).last.click()
    page.locator("input[type=file]").set_input_files(dropped(CONFIG))
    page.get_by_text("Not taken: this is a model's config.json; paste its text under My own model.").wait_for()


def test_a_record_named_as_a_chip_is_marked_as_a_record(page, origin):
    open_live(page, f"{origin}{EXPLORER}?a=1~h100-sxm5-80gb~llama-2-7b~bf16~1~2048", "explorer")
    page.get_by_role("button", name="Compare with another").click()
    page.get_by_text("My own machine", exact=True).last.click()
    machine = {"name": "NVIDIA H100 SXM5", "device": "cpu", "accelerator": ""}
    page.locator("input[type=file]").set_input_files(dropped(record(machine=machine)))
    page.get_by_text("Taken:").wait_for()
    assert "NVIDIA H100 SXM5 (record)" in titles(page)[1]
    assert any("NVIDIA H100 SXM5 (record)" in one for one in page.locator(".mb-live-svg text").all_text_contents())
    chosen = page.locator(".mb-explorer").get_by_label("Chip", exact=True).locator("option:checked")
    assert chosen.inner_text() == "NVIDIA H100 SXM5 (record)"
