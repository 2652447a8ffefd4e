"""Measure this browser: the module's bytes, what a run says and keeps, and how it behaves where things are missing."""
# ruff: noqa: F401, F811  (pytest finds fixtures by the names they are imported under)

import base64
import json
import re

import pytest
from test_browser import browser, origin, page, pytestmark
from test_live_hosts import _Strict

from generators.browser.probe_module import SOURCE, assemble, probe_module
from generators.catalog.browser_probe import load_probes
from generators.core.chromium import served
from generators.core.errors import BookError
from tests.live_pages import EXPLORER, FIRST, KEEP, KEPT, dropped, open_live, reach

HOME = ""
MIB = 1 << 20
SMALL = {
    "small": False,
    "workers": 2,
    "one": 4 * MIB,
    "each": 4 * MIB,
    "one_rounds": 3,
    "all_rounds": 3,
    "span": 20,
    "gpu": False,
}


def small_run(page, **changes):
    """A run of little memory and short windows through the page's own code."""
    return page.evaluate("plan => memoryBound.measureBrowser(plan)", SMALL | changes)


@pytest.fixture
def probe_page(page, origin):
    """The home page with its button ready."""
    open_live(page, origin + HOME, "probe")
    return page


def test_the_served_bytes_are_those_of_the_source(built_site):
    served = (built_site / "assets" / "live" / "probe.js").read_text(encoding="utf-8")
    found = base64.b64decode(re.search(r'probeBytes = "([^"]+)"', served)[1])
    assert found == probe_module() and len(found) < 400


def test_what_the_assembler_does_not_know_is_named_with_its_line():
    with pytest.raises(BookError, match=r"read\.wat:\d+.*i32\.mul"):
        assemble(SOURCE.read_text(encoding="utf-8").replace("i32.lt_u", "i32.mul"))


def test_the_module_reads_every_byte_once(probe_page):
    """The sum over memory of known words is the known sum, and a word changed anywhere changes it."""
    sums = probe_page.evaluate(
        """(base64) => {
      const memory = new WebAssembly.Memory({ initial: 1 });
      const code = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      const { read } = new WebAssembly.Instance(new WebAssembly.Module(code), { probe: { memory } }).exports;
      const words = new Uint32Array(memory.buffer, 0, 1024).map((_, at) => at * at);
      new Uint32Array(memory.buffer).set(words);
      const wanted = words.reduce((sum, word) => (sum + word) | 0, 0);
      const off = Array.from(words, (_, at) => {
        new Uint32Array(memory.buffer)[at] += 1;
        const seen = read(0, 1024) - wanted;
        new Uint32Array(memory.buffer)[at] -= 1;
        return seen;
      });
      return [read(0, 1024) - wanted, Math.min(...off), Math.max(...off)];
    }""",
        base64.b64encode(probe_module()).decode(),
    )
    assert sums == [0, 1, 1]


def test_pressing_the_button_gives_a_sentence_a_mark_and_a_way_to_the_explorer(page, origin):
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    box = open_live(page, origin + HOME, "probe")
    assert box.locator(".mb-probe-answer").count() == 0
    assert not any("probe_worker" in address for address in asked), "a worker was loaded before the button was pressed"
    box.get_by_role("button", name="Measure this browser").click()
    box.locator(".mb-probe-answer").wait_for(timeout=30_000)
    words = box.locator(".mb-probe-answer").inner_text()
    assert (
        re.search(r"This browser read(s)? [\d.]+ (GB|MB)/s", words) and "Llama 3.1 8B" in words and "tokens/s" in words
    )
    kept = page.evaluate("JSON.parse(localStorage.getItem('memory-bound.probe'))")
    assert kept["method"] == "wasm-simd" and kept["all"]["best"] > 1e8 and "flags" in kept
    assert all(address.startswith(origin) for address in asked)
    box.get_by_role("link", name="Open in the explorer").click()
    page.wait_for_url("**/explorer/**")
    reach(page, "explorer")
    assert page.locator(".mb-configs").get_by_text("on one browser probe").is_visible()


def test_a_kept_probe_is_drawn_with_its_own_mark_and_goes_when_removed(page, origin):
    page.goto(origin + "404.html")
    page.evaluate(KEEP, KEPT)
    page.goto(origin + FIRST)
    page.wait_for_selector(".mb-own-key.mb-probe", state="attached")
    figures = page.evaluate(
        "[...document.querySelectorAll('mb-axes')].map(axes => axes.closest('figure').querySelectorAll('.mb-own-key.mb-probe').length)"
    )
    assert figures and all(count >= 1 for count in figures), "a figure that takes records says nothing of the probe"
    assert page.locator(".mb-drawing--wide .mb-probe .mb-probe-line").count() >= 1
    assert page.locator(".mb-own-mark").count() == 0, "a probe is not a record"
    box = reach(page, "probe")
    box.get_by_role("button", name="Remove").click()
    page.wait_for_selector(".mb-own-key.mb-probe", state="detached")
    assert page.evaluate("localStorage.getItem('memory-bound.probe')") is None


def test_the_dashed_line_lies_where_the_rate_says(page, origin):
    """On the roofline the line's height is its place times the rate, on the drawing's own scales."""
    page.goto(origin + "404.html")
    page.evaluate(KEEP, KEPT)
    page.goto(origin + FIRST)
    line = ".mb-drawing--wide .mb-probe-line"
    page.wait_for_selector(f"#fig-roofline_training_prefill_decode {line}", state="attached")
    off = page.evaluate("""() => {
      const svg = document.querySelector("#fig-roofline_training_prefill_decode .mb-drawing--wide svg");
      const numbers = svg.querySelector(".mb-probe-line").getAttribute("d").match(/-?[\\d.]+/g).map(Number);
      const axes = memoryBound.axesOf(svg).find((one) => one.x && one.y);
      const read = (x) => 10 ** ((Math.log10(axes.x.high) - Math.log10(axes.x.low)) * ((x - axes.x(axes.x.low)) / (axes.x(axes.x.high) - axes.x(axes.x.low))) + Math.log10(axes.x.low));
      const offs = [];
      for (let at = 0; at < numbers.length; at += 2) offs.push(Math.abs(axes.y((4e10 * read(numbers[at])) / 1e12) - numbers[at + 1]));
      return Math.max(...offs);
    }""")
    assert off < 0.6


@pytest.mark.parametrize(
    "words",
    [
        "",
        "[]",
        "{}",
        "null",
        json.dumps(KEPT | {"browser": 7}),
        json.dumps(KEPT | {"flags": ["<b>"]}),
        json.dumps(KEPT | {"one": {"best": 1e300, "median": 1}}),
        json.dumps(KEPT | {"gpu": None}),
        json.dumps(KEPT | {"kind": "record"}),
        "{" * 9000,
    ],
)
def test_a_text_that_is_no_probe_is_as_if_none_were_kept(page, origin, words):
    page.goto(origin + "404.html")
    page.evaluate(KEEP, words)
    box = open_live(page, origin + HOME, "probe")
    assert box.locator(".mb-probe-answer").count() == 0
    assert box.get_by_role("button", name="Measure this browser").is_visible()


def test_words_of_a_kept_probe_are_text(page, origin):
    page.goto(origin + "404.html")
    page.evaluate(KEEP, KEPT | {"browser": "<img src=x onerror=window.run=1>"})
    box = open_live(page, origin + HOME, "probe")
    box.locator("summary").click()
    assert "<img" in box.inner_text() and page.evaluate("window.run") is None


def test_a_probe_is_no_record(page, origin):
    box = open_live(page, origin + EXPLORER, "explorer")
    box.get_by_text("My own machine", exact=True).click()
    box.locator("input[type=file]").set_input_files(dropped(KEPT))
    page.get_by_text("Not taken").wait_for()


def test_without_webassembly_plain_javascript_reads(probe_page):
    found = small_run(probe_page, plain=True)
    assert found["method"] == "javascript" and found["all"]["best"] > 1e7


def test_where_the_browser_gives_less_memory_the_rest_is_done_without(probe_page, built_site):
    """The worker's own text, in a page whose second step of growth is refused."""
    held = probe_page.evaluate(
        """([text, base64, bytes]) => {
      const scope = { postMessage: (message) => { scope.told = message; } };
      const grow = WebAssembly.Memory.prototype.grow;
      let steps = 0;
      WebAssembly.Memory.prototype.grow = function (pages) {
        steps += 1;
        if (steps > 1) throw new RangeError("no more");
        return grow.call(this, pages);
      };
      new Function("self", text)(scope);
      scope.onmessage({ data: { kind: "take", bytes, code: Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)) } });
      WebAssembly.Memory.prototype.grow = grow;
      return scope.told.held;
    }""",
        [
            (built_site / "assets" / "live" / "probe_worker.js").read_text(),
            base64.b64encode(probe_module()).decode(),
            256 * MIB,
        ],
    )
    assert held == 64 * MIB


def test_a_hidden_tab_is_flagged(probe_page):
    probe_page.evaluate("""() => {
      Object.defineProperty(document, "hidden", { configurable: true, get: () => true });
      setTimeout(() => document.dispatchEvent(new Event("visibilitychange")), 20);
    }""")
    assert "hidden" in small_run(probe_page)["flags"]


def test_a_tab_that_is_held_back_is_flagged(probe_page):
    """The page hears of its workers 300 ms late, as it does where a browser holds a tab back."""
    probe_page.evaluate("""() => {
      const hold = () => { const until = performance.now() + 300; while (performance.now() < until); };
      window.held = setInterval(hold, 10);
    }""")
    found = small_run(probe_page)
    probe_page.evaluate("clearInterval(window.held)")
    assert "throttled" in found["flags"]


def test_it_stops_at_once_and_gives_the_memory_back(probe_page):
    box = probe_page.locator(".mb-live-box--probe")
    box.get_by_role("button", name="Measure this browser").click()
    box.get_by_role("button", name="Stop").click()
    box.get_by_text("Stopped; the memory is given back.").wait_for()
    for _ in range(600):
        left = [worker.url for worker in probe_page.workers if "probe_worker" in worker.url]
        if not left:
            break
        probe_page.wait_for_timeout(50)
    assert left == []
    assert probe_page.evaluate("localStorage.getItem('memory-bound.probe')") is None


def test_it_works_from_a_folder(page, built_site):
    open_live(page, (built_site / "index.html").as_uri(), "probe")
    assert small_run(page)["method"] == "wasm-simd"


@pytest.mark.parametrize(("policy", "method"), [("'self'", "javascript"), ("'self' 'wasm-unsafe-eval'", "wasm-simd")])
def test_a_strict_policy_holds_and_what_it_must_allow_is_what_the_page_says(page, built_site, policy, method):
    class Host(_Strict):
        def send_header(self, name: str, value: str) -> None:
            super().send_header(name, value.replace("script-src 'self'", f"script-src {policy}"))

    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text) if "/assets/live/" in message.text else None)
    with served(built_site, Host) as root:
        open_live(page, root, "probe")
        found = small_run(page)
    assert found["method"] == method
    assert bool(found["why"]) == (method == "javascript")
    page_text = (built_site / "reference" / "method" / "index.html").read_text(encoding="utf-8")
    assert "wasm-unsafe-eval" in page_text


def test_without_scripts_there_is_no_button(browser, origin):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(origin + HOME)
    assert not page.locator(".mb-live-box--probe").is_visible()
    context.close()


def test_a_gpu_is_left_out_with_a_reason(probe_page):
    found = small_run(probe_page, gpu=True)["gpu"]
    assert found.get("best") or found["why"].startswith(("this browser offers no WebGPU", "WebGPU "))


ROW = {"threads": 1, "bytes": 4096, "way": "native", "rates": [1e9, 1e9, 1e9]}
FILE = {
    "schema": 1,
    "started": "2026-11-28T01:00:00Z",
    "machine": "A machine",
    "browser": "A browser",
    "caches": [],
    "rows": [ROW | {"way": way} for way in ("native", "wasm-simd", "javascript")],
}


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ({}, None),
        ({"machine": "<b>"}, "machine"),
        ({"rows": FILE["rows"][:2]}, "rows"),
        ({"rows": [*FILE["rows"], ROW]}, "stand twice"),
        ({"rows": [ROW | {"rates": [1e9, -1, 1e9]}] * 3}, "rates"),
        ({"rows": [ROW | {"rates": [1e9, 1e15, 1e9]}] * 3}, "rates"),
        ({"schema": 2}, "schema"),
        ({"extra": 1}, "extra"),
        ({"started": "yesterday"}, "started"),
    ],
)
def test_a_comparison_is_checked_where_it_enters(tmp_path, change, names):
    (tmp_path / "a--2026-11-28T0100Z.json").write_text(json.dumps(FILE | change))
    rows, errors = load_probes(tmp_path)
    assert (len(rows), len(errors)) == ((1, 0) if names is None else (0, 1))
    if names:
        assert names in str(errors[0]) and "data/probes/a--2026-11-28T0100Z.json" in str(errors[0])
