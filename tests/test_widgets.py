"""Every widget, driven as a reader does.  What axe says of them, started, is a gate (`tests/gates/axe.py`)."""
# ruff: noqa: F401, F811  (pytest finds fixtures by the names they are imported under)

import csv

import pytest
from test_browser import PHONE, SIDEWAYS, browser, origin, page, pytestmark

from generators.browser.scripts import KINDS
from generators.core import units
from tests.live_pages import drawn, open_live, place_of, reach, settled

WIDGETS = {kind: place_of(kind) for kind in KINDS}


@pytest.mark.parametrize("kind", WIDGETS)
def test_each_widget_moves_by_keyboard_says_so_and_keeps_its_state_in_the_address(page, origin, kind):
    box = open_live(page, origin + WIDGETS[kind], kind)
    if kind in ("explorer", "probe"):
        return
    reported = page.locator(f"figure:has(+ .mb-live-box--{kind}) .mb-told, .mb-live-box--{kind} .mb-told").first
    form = page.get_by_role("form", name=page.evaluate("(kind) => memoryBound.kinds[kind].name", kind))
    before, slider = reported.inner_text(), form.locator("input[type=range]").first
    slider.focus()
    page.keyboard.press("ArrowRight")
    settled(page)
    after = reported.inner_text()
    assert after != before and f"w-{kind}=1~" in page.url.replace("%7E", "~")
    assert form.locator("xpath=following-sibling::p[@role='status']").inner_text() == after
    page.goto(page.url)
    reach(page, kind)
    assert reported.inner_text() == after
    form.get_by_role("button", name="Reset").click()
    drawn(page)
    assert reported.inner_text() == before
    assert box.count() == 1


@pytest.mark.parametrize("kind", ["roofline", "split", "batch", "bits", "draft"])
def test_a_widget_warns_first_of_what_does_not_fit(page, origin, kind):
    open_live(page, origin + WIDGETS[kind], kind)
    reported = page.locator(f"figure:has(+ .mb-live-box--{kind}) .mb-told, .mb-live-box--{kind} .mb-told").first
    form = page.get_by_role("form", name=page.evaluate("(kind) => memoryBound.kinds[kind].name", kind))
    assert "not fit" not in reported.inner_text()
    form.get_by_label("Model", exact=True).select_option("llama-3.1-405b")
    settled(page)
    assert reported.inner_text().startswith("Does not fit: weights and cache need ")
    warning = page.locator(f"figure:has(+ .mb-live-box--{kind}) svg, .mb-live-box--{kind} svg").get_by_text(
        "This does not fit in memory."
    )
    assert warning.count() >= 1


@pytest.mark.parametrize("size", [PHONE, {"width": 1280, "height": 900}], ids=["phone", "desk"])
def test_the_roofline_keeps_the_figures_marks_and_drops_what_was_measured_elsewhere(page, origin, root, size):
    """Each row of the figure's table is a mark of the widget; another chip has the limits and none of the measured runs."""
    page.set_viewport_size(size)
    open_live(page, origin + WIDGETS["roofline"], "roofline")
    with (root / "docs/vis/roofline_training_prefill_decode.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    labels = page.locator("figure:has(+ .mb-live-box--roofline) .mb-drawing-live text")
    reported, measured = labels.all_text_contents(), [row for row in rows if row["mark"] == "measured"]
    assert len(measured) == 2 and sum(words.startswith("measured: ") for words in reported) == 2
    for row in measured:
        assert f"measured: {units.number_text(float(row['rate (TFLOP/s)']), 2)}" in reported
    assert {"prefill", "training", "64 users", "decode, batch 1"} <= set(reported)
    page.get_by_role("form", name="Roofline of one chip").get_by_label("Chip", exact=True).select_option(
        "h100-sxm5-80gb"
    )
    drawn(page)
    reported = labels.all_text_contents()
    assert "training" in reported and not any(words.startswith("measured: ") for words in reported)
