"""A browser that lacks what the live figures need: words instead of an empty place, and no request to another host."""
# ruff: noqa: F401, F811  (pytest finds fixtures by the names they are imported under)

import pytest
from test_browser import browser, origin, page, pytestmark

CHAPTER = "01_memory_bound/"


@pytest.mark.parametrize("name", ["IntersectionObserver", "customElements", "ResizeObserver"])
def test_what_a_browser_lacks_leaves_words_and_asks_nobody(page, origin, name):
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.add_init_script(
        f"Object.defineProperty(window, '{name}', {{ configurable: true, writable: true, value: undefined }}); delete window.{name};"
    )
    page.goto(origin + CHAPTER, wait_until="load")
    page.wait_for_timeout(500)
    assert page.evaluate(f"'{name}' in window") is (name == "ResizeObserver")
    if name != "ResizeObserver":
        words = page.eval_on_selector_all("mb-live", "places => places.map((place) => place.textContent)")
        assert words and all("needs a newer browser" in one for one in words)
    assert [url for url in asked if not url.startswith((origin, "data:", "blob:"))] == []


def test_the_site_map_holds_no_day_of_the_build(built_site):
    text = (built_site / "sitemap.xml").read_text(encoding="utf-8")
    assert text.startswith("<?xml") and "<loc>" in text and "lastmod" not in text
