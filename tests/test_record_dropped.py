"""A reader's record in the browser: judged as Python judges it, summed up alike, kept, shown and removed."""
# ruff: noqa: F401, F811  (pytest finds fixtures by the names they are imported under)

import contextlib
import json
import os

import pytest
from test_browser import browser, origin, page, pytestmark

from generators.browser.catalog_export import _record
from generators.catalog.load import ROOT
from generators.catalog.record import load_record
from generators.comparison.comparison import decode_records
from generators.core.errors import BookError
from generators.site.live import MARKED, NOT_MARKED
from tests.fakes import record
from tests.live_pages import EXPLORER, FIRST, cell, drawn, dropped, open_live, reach

CHECK = "(rows) => rows.map((words) => { const told = memoryBound.checked(words); return told.error || ''; })"
HOSTILE = [
    "",
    "nonsense",
    "[]",
    "null",
    "1",
    "{}",
    '{"schema": 99}',
    "[" * 200_000,
    '{"schema": 1}',
    "\ufeff{}",
    '{"__proto__": {"schema": 1}}',
]


def changed(path: str, value: object) -> dict:
    """The good record with one place set; a value of `...` removes it."""
    row = json.loads(json.dumps(record()))
    at = row
    *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    for part in way:
        at = at[part]
    if value is ...:
        del at[last]
    else:
        at[last] = value
    return row


CHANGES = [
    ("schema", 2),
    ("schema", "1"),
    ("schema", True),
    ("schema", None),
    ("started", "yesterday"),
    ("started", "2026-02-30T05:00:00Z"),
    ("finished", "2026-11-22T05:00:00Z"),
    ("profile", "x" * 81),
    ("command", "x" * 5000),
    ("command", "a\nb"),
    ("command", "red \x1b[31m"),
    ("command", "\u202eabc"),
    ("note", "<b>"),
    ("note", "/home/someone/x"),
    ("commit", "xyz"),
    ("dirty", "perhaps"),
    ("supersedes", "../../etc"),
    ("extra", 1),
    ("machine.name", "[a](javascript:b)"),
    ("machine.name", ""),
    ("machine.name", "Prüfstand Ω (1+1) @ 3.1 GHz w/ X_1"),
    ("machine.device", "toaster"),
    ("machine.accelerator", "H100 SXM"),
    ("machine.host", "x"),
    ("environment/a:b", 1),
    ("environment.folder", "C:\\Users\\x"),
    ("environment.list", ["a", "<i>"]),
    ("environment.list", ["a", 1]),
    ("environment.deep", {"a": 1}),
    *[("environment.big", value) for value in (2**53 - 1, 2**53, 2**53 + 1, -1e300)],
    ("cases", []),
    ("cases", {}),
    ("cases.0.name", "Cache Read"),
    ("cases.0.kind", "other"),
    ("cases.0.status", "odd"),
    ("cases.0.samples", [0.1, -1.0, 0.2]),
    ("cases.0.samples", [0.1]),
    ("cases.0.samples", [1e9] * 3),
    ("cases.0.samples", ["a"] * 3),
    ("cases.0.inner", 0),
    ("cases.0.inner", 1.5),
    ("cases.0.work.bytes", -1),
    ("cases.0.work.flop", 1e30),
    ("cases.0.work.odd", 1),
    ("cases.0.parameters.method", ""),
    ("cases.0.parameters", {}),
    ("cases.1.parameters.tied", 1),
    ("cases.1.parameters.layers", 0),
    ("cases.1.parameters.dtype", "float8"),
    ("cases.1.parameters.context", -1),
    ("cases.1.parameters.vocab", ...),
    ("cases.1.work.flop", 0),
    ("cases.1.work.bytes", 9e10),
    ("cases.1.kind", "ceiling"),
    ("cases.0.check", {"against": "float64", "worst_relative_error": 1.0, "tolerance": 0.1}),
    ("cases.0.check", {"against": "float64", "worst_relative_error": 0.01, "tolerance": 0.1}),
    ("cases.0.status", "skipped"),
    ("cases.0.status", "failed"),
    ("cases.0.samples", [1e-12] * 3),
    ("machine", ...),
    ("environment", ...),
    ("note", ...),
    ("cases.1.parameters.aten_ops_per_step", 489),
    ("started", "2099-11-23T05:00:00Z"),
    ("finished", "2099-11-23T05:00:00Z"),
    ("finished", "2026-11-23T05:00:00Z"),
    ("cases.0.samples", [100.0] * 3),
    ("cases.0.warmups", [100.0]),
    ("cases.0.check", ...),
    ("cases.0.check", None),
    ("cases.0.check.tolerance", 1),
    ("cases.0.inner", 2.0),
    ("cases.0.inner", True),
    ("cases.1.work.flop", 1e-300),
    ("cases.1.work.tokens", 0.5),
    ("cases.1.parameters.layers", 1e-300),
    ("cases.1.parameters.d_ff", 1e15),
    ("cases.1.parameters.vocab", 1.5),
    ("cases.1.parameters.batch", 1e-300),
    ("cases.1.parameters.batch", 1e15),
    ("cases.1.parameters.context", 1e15),
    ("cases.1.parameters.parameters", 1e-300),
    ("cases.0.work.bytes", 1e15),
    ("cases.0.samples", [0.1, True, 0.1]),
    ("cases.0.samples", [0.1, "0.1", 0.1]),
    ("dirty", 0),
    ("cases.0.work.bytes", "1e9"),
    ("cases.2.status", "skipped"),
    ("profile", "single case"),
    ("environment.interrupted", True),
    ("cases.1.noise", {"`x`": 1}),
    *[
        (place, value)
        for place in (
            "note",
            "supersedes",
            "machine.accelerator",
            "cases.0.reason",
            "cases.0.inner",
            "cases.0.work",
            "cases.0.work.flop",
            "cases.0.warmups",
            "cases.0.samples",
            "cases.0.noise",
            "cases.0.check",
        )
        for value in (None, 5, True, [], {}, "")
    ],
    ("note", "\U0001d465" * 4000),
    ("note", "x" * 4001),
    *[("cases.0.noise", {"reference_seconds": value}) for value in ("0.1", -1, 0, None, True)],
]


def python_verdict(tmp_path, row: dict) -> str:
    """What the loader says; empty where it accepts."""
    path = tmp_path / "a-machine--2026-11-23T0500Z.json"
    path.write_text(json.dumps(row))
    try:
        load_record(path)
    except BookError as error:
        return str(error)
    return ""


def test_both_sides_accept_and_refuse_the_same(page, origin, tmp_path):
    open_live(page, origin + EXPLORER, "explorer")
    page.evaluate(RECORDS_ON)
    page.wait_for_function("memoryBound.checked !== undefined")
    rows = [record(), *(changed(*change) for change in CHANGES)]
    found = page.evaluate(CHECK, [json.dumps(row) for row in rows])
    assert found[0] == "" and sum(bool(line) for line in found) > 50
    wrong = [
        (change, here, there)
        for change, row, there in zip([("as it is", ""), *CHANGES], rows, found, strict=True)
        if bool(here := python_verdict(tmp_path, row)) != bool(there)
    ]
    assert wrong == []
    assert all(
        "\n" not in line and len(line) < 400 and "<" not in line.replace("<path>", "")
        for line in found
        if "angle" not in line
    )


RECORDS_ON = "() => { const s = document.createElement('script'); s.src = [...document.scripts].find((one) => one.src.includes('live/start.js')).src.replace('start.js', 'records.js'); document.head.append(s); }"


def test_names_that_stand_twice_and_bytes_that_are_no_text_are_refused_by_both(page, origin, tmp_path):
    open_live(page, origin + EXPLORER, "explorer")
    page.evaluate(RECORDS_ON)
    page.wait_for_function("memoryBound.checked !== undefined")
    words = json.dumps(record())
    path = tmp_path / "a-machine--2026-11-23T0500Z.json"
    for old, new in [
        ('"schema": 1', '"schema": 1, "schema": 1'),
        ('"inner": 2', '"inner": 2, "\\u0069nner": 2'),
        ('"a": {}', '"a": {}'),
    ]:
        bent = words.replace(old, new, 1)
        path.write_text(bent)
        said = page.evaluate("(words) => memoryBound.checked(words).error || ''", bent)
        with contextlib.suppress(BookError):
            load_record(path)
            assert said == "" and old == new
            continue
        assert "twice" in said
    for content in (
        words.encode("latin-1").replace(b"A reader", b"A r\xe9ader"),
        words.encode("utf-16"),
        b"\xef\xbb\xbf" + words.encode(),
    ):
        path.write_bytes(content)
        with pytest.raises(BookError, match="not readable as JSON"):
            load_record(path)
        reported = page.evaluate(
            "async (bytes) => { const { error } = await memoryBound.take(new File([new Uint8Array(bytes)], 'x.json')); return error || ''; }",
            list(content),
        )
        assert reported


def test_a_committed_record_is_summed_up_as_python_does(page, origin, catalog):
    open_live(page, origin + EXPLORER, "explorer")
    page.evaluate(RECORDS_ON)
    page.wait_for_function("memoryBound.summary !== undefined")
    for committed in decode_records(catalog):
        whole = committed.model_copy()
        whole.__dict__["held_out"] = {}  # a reader sees every row of a record of their own
        wanted = _record(whole)
        words = (ROOT / "data" / "measurements" / f"{wanted['id']}.json").read_text(encoding="utf-8")
        found = page.evaluate("(words) => memoryBound.summary(memoryBound.checked(words).record)", words)
        assert found["read"] == pytest.approx(wanted["read"], rel=1e-12)
        assert found["products"] == pytest.approx(wanted["products"], rel=1e-12)
        for here, there in zip(wanted["decode"], found["decode"], strict=True):
            for name, value in here.items():
                assert there[name] == (value if isinstance(value, str) else pytest.approx(value, rel=1e-12)), name


def test_a_hostile_file_gets_one_line_and_changes_nothing(page, origin):
    open_live(page, origin + EXPLORER, "explorer")
    before = page.locator(".mb-configs").inner_text()
    page.get_by_text("My own machine", exact=True).last.click()
    message = page.locator(".mb-own .mb-notice").last
    for content in HOSTILE:
        message.evaluate("line => { line.textContent = ''; }")
        page.locator("input[type=file]").set_input_files(dropped(content))
        page.get_by_text("Not taken:").wait_for()
        line = message.inner_text()
        assert "\n" not in line and len(line) < 300, content[:40]
    assert page.locator(".mb-configs").inner_text() == before
    assert page.evaluate("localStorage.getItem('memory-bound.record')") is None


def test_a_huge_file_is_not_read(page, origin, tmp_path):
    open_live(page, origin + EXPLORER, "explorer")
    path = tmp_path / "big.json"
    with path.open("wb") as file:
        file.truncate(50_000_000)
    page.get_by_text("My own machine", exact=True).last.click()
    page.locator("input[type=file]").set_input_files(os.fspath(path))
    page.get_by_text("wanted at most 8000000").wait_for()


def test_a_good_record_appears_stays_and_is_removed(page, origin):
    sent: list[str] = []
    page.on(
        "request", lambda request: sent.append(request.url) if request.method != "GET" or request.post_data else None
    )
    open_live(page, origin + EXPLORER, "explorer")
    page.get_by_text("My own machine", exact=True).last.click()
    page.locator("input[type=file]").set_input_files(dropped(record()))
    page.get_by_text("Taken:").wait_for()
    drawn(page)
    assert "A readers machine" in page.locator(".mb-configs").inner_text()
    assert cell(page, "Ridge point") == "no BF16 peak"  # the record measured FP32
    page.locator(".mb-explorer").get_by_label("Weights in", exact=True).select_option("fp32")
    assert cell(page, "Ridge point").endswith("FLOP/byte")
    page.goto(origin + FIRST)
    page.wait_for_selector("#fig-decode_on_a_processor .mb-mine", state="attached")
    assert page.locator("#fig-decode_on_a_processor .mb-drawing--wide .mb-own-mark").count() == 1
    reach(page, "roofline")
    assert page.locator("#fig-roofline_training_prefill_decode .mb-drawing-live .mb-own-mark").count() == 1
    open_live(page, origin + EXPLORER, "explorer")
    page.get_by_role("button", name="Remove my record").click()
    assert page.evaluate("localStorage.getItem('memory-bound.record')") is None
    page.goto(origin + FIRST)
    page.wait_for_timeout(500)
    assert page.locator(".mb-mine").count() == 0
    assert sent == []


def test_the_mark_stands_where_the_axes_say(page, origin):
    """Streaming 0.9 GB in 110 ms where 1 GB is read in 101 ms is 82.6 %: between the ticks of the committed drawing."""
    open_live(page, origin + EXPLORER, "explorer")
    page.get_by_text("My own machine", exact=True).last.click()
    page.locator("input[type=file]").set_input_files(dropped(record()))
    page.get_by_text("Taken:").wait_for()
    page.goto(origin + FIRST)
    page.wait_for_selector("#fig-decode_on_a_processor .mb-mine", state="attached")
    places = page.evaluate("""() => {
      const svg = document.querySelector("#fig-decode_on_a_processor .mb-drawing--wide svg");
      const tick = (words, key) => Number([...svg.querySelectorAll("text")].find((node) => node.textContent === words && (node.style.textAnchor === "end") === (key === "y")).getAttribute(key));
      const d = svg.querySelector(".mb-own-mark").getAttribute("d").match(/-?[\\d.]+/g).map(Number);
      return { x: d[0], top: d[1], one: tick("1", "x"), ten: tick("10", "x"), full: tick("100", "y"), less: tick("75", "y") };
    }""")
    decade = places["ten"] - places["one"]
    assert places["x"] == pytest.approx(places["one"] + decade * -0.0458, abs=0.6)  # log10 of 0.9
    share = 100 * 0.9 / 0.11 / (1 / 0.101)
    wanted = places["full"] + (places["less"] - places["full"]) * (100 - share) / 25
    assert abs(places["top"] - wanted) < 14  # the size of mark and letter


def test_a_kept_record_that_no_longer_holds_is_passed_over(page, origin):
    page.goto(origin + FIRST)
    page.evaluate("localStorage.setItem('memory-bound.record', '{\"schema\": 1}')")
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    open_live(page, origin + EXPLORER, "explorer")
    page.goto(origin + FIRST)
    page.wait_for_timeout(500)
    assert page.locator(".mb-mine").count() == 0 and faults == []


def test_every_figure_that_shows_measurements_takes_a_readers_mark(root):
    names = {path.stem for path in (root / "docs" / "vis").glob("*.json") if json.loads(path.read_text())["records"]}
    undecided = names - set(MARKED) - set(NOT_MARKED)
    assert undecided == set(), (
        "say in generators/site/live.py where a reader's record goes on these figures, or why not"
    )
