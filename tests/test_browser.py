"""The built site in a browser: no request leaves it, no script fails, nothing overflows a phone, and figures follow the page."""

import html
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from generators.core.chromium import CHROMIUM, FLAGS, missing, served
from tests.live_pages import DESK, PHONE
from vis._palette import PALETTE

SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


WHY = missing()
pytestmark = pytest.mark.skipif(bool(WHY) and not os.environ.get("CI"), reason=WHY or "runs")


@pytest.fixture(scope="module")
def origin(built_site: Path) -> Iterator[str]:
    """The site served on this machine only."""
    assert not WHY, WHY
    with served(built_site) as address:
        yield address


@pytest.fixture(scope="module")
def browser():
    """One Chromium for all tests."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()


#: Frames come late on a busy machine.  Here they come late on every machine, so that a test that reads before the
#: frame it asked for fails at once and not one time in ten.
LATE_FRAMES = "{ const soon = window.requestAnimationFrame.bind(window); window.requestAnimationFrame = (done) => setTimeout(() => soon(done), 60); }"


@pytest.fixture
def page(browser):
    """A fresh page in light mode at desk size, whose frames come late."""
    context = browser.new_context(viewport=DESK, color_scheme="light")
    context.add_init_script(LATE_FRAMES)
    yield context.new_page()
    context.close()


def with_figure(site: Path) -> str:
    """The address of a chapter that shows a figure."""
    for path in sorted(site.rglob("index.html")):
        address = path.relative_to(site).as_posix().removesuffix("index.html")
        if 'class="mb-figure"' in path.read_text(encoding="utf-8"):
            return address
    pytest.fail("no page of the site shows a figure")


def containing(site: Path, mark: str) -> str:
    """The address of a chapter whose article holds a mark."""
    for path in sorted(site.glob("*/index.html")):
        if mark in path.read_text(encoding="utf-8").split("<article", 1)[-1]:
            return path.relative_to(site).as_posix().removesuffix("index.html")
    pytest.fail(f"no chapter of the site holds {mark!r}")


def rgb(colour: str) -> str:
    """A palette colour as a browser computes it."""
    return f"rgb({int(colour[1:3], 16)}, {int(colour[3:5], 16)}, {int(colour[5:7], 16)})"


def addresses(site: Path) -> tuple[list[str], list[str]]:
    """Pages to open with scripts, two of those made by one template, and of its others the six with the longest words."""
    kinds: dict[str, list[str]] = {}
    for path in sorted(site.rglob("index.html")):
        address = path.relative_to(site).as_posix().removesuffix("index.html")
        kinds.setdefault(address.rsplit("/", 2)[0] if address.count("/") > 2 else address, []).append(address)

    def longest_word(address: str) -> int:
        text = (site / address / "index.html").read_text(encoding="utf-8")
        article = text[text.index("<article") : text.index("</article>")]
        words = re.sub(r"<(s\w+)[^>]*>.*?</\1>|<[^>]*>", " ", article, flags=re.DOTALL)  # no script, style or drawing
        return max(map(len, html.unescape(words).split()))

    first = [address for of_kind in kinds.values() for address in of_kind[:2]]
    return first, [one for rest in kinds.values() for one in sorted(rest[2:], key=longest_word)[-6:]]


@pytest.mark.parametrize("scripts", [True, False])
def test_pages_are_sound_on_a_phone(browser, origin, built_site, scripts) -> None:
    """Those that would be too wide first; that what a page asks for is there, `tests/test_site_build.py` finds on all pages."""
    context = browser.new_context(viewport=PHONE, color_scheme="dark", java_script_enabled=scripts)
    page, problems = context.new_page(), []
    page.on(
        "request", lambda request: None if request.url.startswith((origin, "data:")) else problems.append(request.url)
    )
    page.on("pageerror", lambda error: problems.append(f"{page.url}: {error}"))
    page.on(
        "response",
        lambda answer: problems.append(f"{page.url}: {answer.url} {answer.status}") if answer.status >= 400 else None,
    )
    for address in addresses(built_site)[0 if scripts else 1]:
        page.goto(origin + address, wait_until="load")
        over = page.evaluate(SIDEWAYS)
        if over > 0:
            problems.append(f"{page.url}: {over} px wider than the phone")
    context.close()
    assert problems == []


def test_a_phone_shows_the_narrow_drawing(page, origin, built_site) -> None:
    page.goto(origin + with_figure(built_site))
    wide, narrow = (page.locator(f".mb-figure .mb-drawing--{kind}").first for kind in ("wide", "narrow"))
    assert wide.is_visible() and not narrow.is_visible()
    page.set_viewport_size(PHONE)
    assert narrow.is_visible() and not wide.is_visible()


def test_the_toggle_recolours_figures_and_page(page, origin, built_site) -> None:
    page.goto(origin + with_figure(built_site))
    fill = "getComputedStyle([...document.querySelectorAll('.mb-drawing--wide *')].find(e => (e.getAttribute('style')||'').includes('--mb-surface'))).fill"
    assert page.evaluate(fill) == rgb(PALETTE["surface"][0])
    page.locator("label[title='Switch to light']").click()  # until then the page follows the system
    page.locator("label[title='Switch to dark']").click()
    page.wait_for_function(f"{fill} === '{rgb(PALETTE['surface'][1])}'")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == rgb(PALETTE["surface"][1])


def test_the_system_setting_is_followed_and_print_is_light(browser, origin, built_site) -> None:
    context = browser.new_context(viewport=DESK, color_scheme="dark")
    page = context.new_page()
    page.goto(origin + with_figure(built_site))
    token = "getComputedStyle(document.body).getPropertyValue('--mb-ink').trim()"
    assert page.evaluate(token) == PALETTE["ink"][1]
    page.emulate_media(media="print")
    assert page.evaluate(token) == PALETTE["ink"][0]
    context.close()


def test_a_number_tells_its_derivation_to_mouse_and_keyboard(page, origin, built_site) -> None:
    address = origin + containing(built_site, 'class="mb-num"')
    page.goto(address)
    number, tip = page.locator("article a.mb-num[title]").first, page.locator(".mb-hint")
    reported = " ".join(number.get_attribute("title").split())
    assert len(reported) > 20
    for reach in (number.focus, number.hover):
        page.goto(address)
        reach()
        tip.wait_for()
        assert reported[:20] in " ".join(tip.inner_text().split())


def test_formulas_are_mathml_in_the_books_font(page, origin, built_site) -> None:
    page.goto(origin + containing(built_site, "<math"))
    page.evaluate("document.fonts.ready")
    assert page.locator("article math").count() > 0
    assert page.evaluate("document.fonts.check('16px \"STIX Two Math Subset\"')")
    assert page.locator("article math").first.bounding_box()["width"] > 3


def test_search_finds_words_without_asking_elsewhere(page, origin) -> None:
    outside: list[str] = []
    page.on(
        "request",
        lambda request: None if request.url.startswith((origin, "blob:", "data:")) else outside.append(request.url),
    )
    page.goto(origin)
    box, results = page.locator(".md-search__input"), page.locator(".md-search-result__item")
    for _ in range(10):  # on a busy machine the page's script may not listen yet when the first words are typed
        box.fill("")
        box.press_sequentially("ridge point")
        page.wait_for_timeout(2000)
        if results.count():
            break
    assert results.count() > 0
    assert outside == []


#: What readers type, and the page that answers it: the first of the results.
ASKED = {
    "quantization": "07_smaller_models/",
    "quantisation": "07_smaller_models/",
    "H100 bandwidth": "reference/accelerators/h100",
    "MoE": "04_batching/",
    "mixture of experts": "04_batching/",
    "continuous batching": "04_batching/",
    "kv cache size": "02_kv_cache/",
    "prefix caching": "02_kv_cache/",
    "GQA": "02_kv_cache/",
    "why is decode slow": "01_memory_bound/",
    "memory": "01_memory_bound/",
    "roofline": "06_roofline/",
    "ridge point": "reference/ridge_points/",
    "time to first token": "03_prefill_and_decode/",
    "chunked prefill": "03_prefill_and_decode/",
    "Llama 3.1 8B": "reference/models/llama-3.1-8b/",
    "MI300X": "reference/accelerators/mi300x/",
    "explorer": "explorer/",
}


def test_search_puts_the_right_page_first(page, origin) -> None:
    faults: list[str] = []
    page.on("console", lambda reported: faults.append(reported.text) if "Invalid query" in reported.text else None)
    page.goto(origin)
    box, first = page.locator(".md-search__input"), page.locator(".md-search-result__item > a").first
    meta = page.locator(".md-search-result__meta")
    box.click()
    page.wait_for_function("document.querySelector('.md-search-result__meta').textContent.includes('start searching')")
    found = {}
    for query in ASKED:
        box.fill("")
        box.dispatch_event("keyup")
        page.wait_for_function(
            "document.querySelector('.md-search-result__meta').textContent.includes('start searching')"
        )
        box.fill(query)
        box.dispatch_event("keyup")
        page.wait_for_function("/matching/.test(document.querySelector('.md-search-result__meta').textContent)")
        has_found = not meta.inner_text().startswith("No ")
        found[query] = first.get_attribute("href").removeprefix(origin) if has_found else ""
    assert {query: at for query, at in found.items() if not at.startswith(ASKED[query])} == {}
    assert faults == []


def test_a_finger_gets_a_sheet_and_the_reader_stays(browser, origin, built_site) -> None:
    context = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True)
    page = context.new_page()
    address = origin + containing(built_site, 'class="mb-num"')
    page.goto(address)
    number, sheet = page.locator("article p a.mb-num").first, page.locator(".mb-hint--sheet")
    number.scroll_into_view_if_needed()
    number.tap()
    sheet.wait_for()
    box = sheet.bounding_box()
    assert page.url == address and round(box["y"] + box["height"]) == PHONE["height"]
    assert sheet.locator("a").get_attribute("href").split("#")[1] == number.get_attribute("href").split("#")[1]
    page.locator("article h1").tap()
    assert not sheet.is_visible() and page.url == address
    context.close()


def test_the_box_leaves_the_line_and_the_next_one_free(page, origin, built_site) -> None:
    page.goto(origin + containing(built_site, 'class="mb-num"'))
    numbers, body = page.locator("article p a.mb-num"), page.locator(".mb-hint__body")
    for at in range(min(6, numbers.count())):
        number = numbers.nth(at)
        number.scroll_into_view_if_needed()
        number.focus()
        body.wait_for()
        line, box = number.bounding_box(), body.bounding_box()
        assert box["y"] + box["height"] <= line["y"] + 1 or box["y"] >= line["y"] + 2 * line["height"] - 1
        page.keyboard.press("Escape")


def test_the_row_that_a_link_asks_for_is_marked(page, origin, built_site) -> None:
    page.goto(origin + containing(built_site, 'class="mb-num"'))
    page.locator("article p a.mb-num").first.click()
    page.wait_for_url("**/reference/numbers/**")
    shade = "document.querySelector('a:target').closest('tr')"
    assert page.evaluate(f"getComputedStyle({shade}).boxShadow") != "none"


def test_it_reads_without_javascript(browser, origin, built_site) -> None:
    context = browser.new_context(viewport=PHONE, java_script_enabled=False)
    page = context.new_page()
    page.goto(origin + with_figure(built_site))
    assert page.locator("article h1").is_visible()
    assert page.locator(".mb-drawing--narrow svg").first.is_visible()
    context.close()
