"""Live figures behave: small, lazy, still, quick, without requests elsewhere, and absent where scripts are."""
# ruff: noqa: F401, F811  (pytest finds fixtures by the names they are imported under)

import gzip

import pytest
from test_browser import DESK, PHONE, browser, origin, page, pytestmark

from tests.live_pages import EXPLORER, FIRST, open_live, place_of, reach

BUDGET = 25_000
SHIFT = """
() => new Promise((done) => {
  let sum = 0;
  new PerformanceObserver((list) => { for (const one of list.getEntries()) if (!one.hadRecentInput) sum += one.value; }).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done(sum), 400);
})
"""


def test_the_first_widget_costs_at_most_its_budget(built_site):
    live = built_site / "assets" / "live"
    cost = sum(len(gzip.compress((live / name).read_bytes(), 9)) for name in ("start.js", "core.js"))
    assert cost <= BUDGET, f"{cost} bytes compressed"
    for kind in ("kv", "split", "batch", "bits", "draft"):
        assert len(gzip.compress((live / f"widget_{kind}.js").read_bytes(), 9)) < 4_000, kind


def test_nothing_loads_until_it_is_near(page, origin):
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.split("/")[-1].split("?")[0]))
    page.goto(origin + FIRST)
    page.wait_for_timeout(500)
    assert "start.js" in asked and "core.js" not in asked
    reach(page, "roofline")
    assert "core.js" in asked and not any(name.startswith(("explorer", "records", "widget")) for name in asked)


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize(("address", "kind"), [(FIRST, "roofline"), (place_of("batch"), "batch")])
def test_nothing_on_the_page_moves_when_it_comes_alive(browser, origin, size, address, kind):
    """With every figure laid out from the start: a jump to one that was not may show its guessed height for a frame."""
    context = browser.new_context(viewport=size)
    page = context.new_page()
    page.goto(origin + address)
    page.add_style_tag(content="* { content-visibility: visible !important; }")
    page.evaluate("document.fonts.ready")
    reach(page, kind)
    assert page.evaluate(SHIFT) < 0.01
    context.close()


def test_the_live_drawing_is_as_large_as_the_still_one(page, origin):
    page.goto(origin + FIRST)
    still = page.locator("#fig-roofline_training_prefill_decode .mb-drawing--wide svg").bounding_box()
    reach(page, "roofline")
    live = page.locator("#fig-roofline_training_prefill_decode .mb-drawing-live svg").bounding_box()
    assert abs(still["width"] - live["width"]) < 1 and abs(still["height"] - live["height"]) < 1


def test_an_update_takes_less_than_a_frame_even_on_a_slow_phone(browser, origin):
    """The scripts' own work, processor slowed four times; layout of the page is the browser's."""
    context = browser.new_context(viewport=PHONE)
    page = context.new_page()
    open_live(page, origin + FIRST, "roofline")
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 4})
    time = page.evaluate("""() => {
      const definition = memoryBound.kinds.roofline, size = { width: 280.8, height: 300, narrow: true };
      const svg = memoryBound.canvas(280.8, 300), times = [];
      document.body.append(svg);
      for (let at = 0; at < 60; at += 1) {
        const started = performance.now();
        memoryBound.paint(svg, definition.draw({ ...definition.start, batch: 2 ** (at % 11) }, size).marks);
        times.push(performance.now() - started);
      }
      return times.sort((a, b) => a - b)[30];
    }""")
    context.close()
    assert time < 16


def test_a_mark_may_change_its_kind_between_updates(page, origin):
    """As where a measured run becomes another machine's, drawn by another symbol: order and number of marks stay right."""
    open_live(page, origin + FIRST, "roofline")
    kinds = page.evaluate("""() => {
      const svg = memoryBound.canvas(100, 100);
      const drawn = (...kinds) => {
        memoryBound.paint(svg, kinds.map((t, n) => ({ k: `mark ${n}`, t, c: "", a: {} })));
        return [...svg.children].map((node) => node.localName).join(" ");
      };
      return [drawn("circle", "rect", "path"), drawn("rect", "circle", "path", "line"), drawn("path", "circle")];
    }""")
    assert kinds == ["circle rect path", "rect circle path line", "path circle"]


def test_colours_follow_the_toggle_without_a_redraw(page, origin):
    open_live(page, origin + FIRST, "roofline")
    fill = "getComputedStyle(document.querySelector('.mb-live-svg .mb-roof-memory')).stroke"
    before, drawing = page.evaluate(fill), "document.querySelector('.mb-live-svg').outerHTML"
    html = page.evaluate(drawing)
    page.evaluate("document.querySelector('.md-header').scrollIntoView()")
    page.locator("label[title='Switch to light']").click()  # until then the page follows the system
    page.locator("label[title='Switch to dark']").click()
    page.wait_for_function(f"{fill} !== '{before}'")
    assert page.evaluate(drawing) == html


def test_nothing_moves_by_itself(browser, origin):
    context = browser.new_context(viewport=DESK, reduced_motion="reduce")
    page = context.new_page()
    open_live(page, origin + FIRST, "roofline")
    moving = "[...document.querySelectorAll('.mb-live-svg *, .mb-panel *')].filter((node) => !/^0s(, 0s)*$/.test(getComputedStyle(node).transitionDuration) || getComputedStyle(node).animationName !== 'none').length"
    assert page.evaluate(moving) == 0
    context.close()


def test_touch_targets_are_large_enough_on_a_phone(browser, origin):
    context = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True)
    page = context.new_page()
    open_live(page, origin + EXPLORER, "explorer")
    small = "[...document.querySelectorAll('.mb-explorer :is(input:not([type=file]), select, .mb-button)')].filter((node) => node.offsetParent && node.offsetHeight < 43).map((node) => node.outerHTML.slice(0, 80))"
    assert page.evaluate(small) == []
    context.close()


def test_without_scripts_and_on_paper_the_still_figure_stands(browser, origin):
    context = browser.new_context(viewport=DESK, java_script_enabled=False)
    page = context.new_page()
    page.goto(origin + FIRST)
    assert page.locator("#fig-roofline_training_prefill_decode .mb-drawing--wide svg").is_visible()
    assert not any(box.is_visible() for box in page.locator(".mb-live-box").all())
    page.goto(origin + EXPLORER)
    assert page.get_by_text("Without scripts this page has nothing to show").is_visible()
    context.close()
    context = browser.new_context(viewport=DESK)
    page = context.new_page()
    open_live(page, origin + FIRST, "roofline")
    page.emulate_media(media="print")
    assert page.locator("#fig-roofline_training_prefill_decode .mb-drawing--wide svg").is_visible()
    assert page.locator("#fig-roofline_training_prefill_decode figcaption").is_visible()
    assert not page.locator(".mb-drawing-live").is_visible() and not page.locator(".mb-panel").is_visible()
    context.close()


def test_a_script_that_does_not_load_leaves_the_still_figure_and_says_so(page, origin):
    page.route("**/core.js*", lambda route: route.abort())
    page.goto(origin + FIRST)
    page.locator(".mb-live-box--roofline").scroll_into_view_if_needed()
    page.get_by_text("could not start here").first.wait_for()
    assert page.locator("#fig-roofline_training_prefill_decode .mb-drawing--wide svg").is_visible()
