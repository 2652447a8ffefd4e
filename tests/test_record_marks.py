"""A reader's marks on the drawings: the chapter's own record, dropped, covers the drawn points; and further cases judged alike."""
# ruff: noqa: F401, F811  (pytest finds fixtures by the names they are imported under)

import json
import re

import pytest
from test_browser import browser, origin, page, pytestmark
from test_record_dropped import CHECK, RECORDS_ON, python_verdict

from generators.catalog.case_needs import NEEDS
from generators.catalog.load import ROOT
from generators.site.live import MARKED
from tests.fakes import CHECKED, record
from tests.live_pages import EXPLORER, open_live

MEASUREMENTS = ROOT / "data" / "measurements"
WORDS = (MEASUREMENTS / "intel-xeon-model-167-2-cores--2026-11-23T0758Z.json").read_text(encoding="utf-8")
#: Figures that draw another record than that one.
OTHER = {"time_to_first_token": (MEASUREMENTS / "nvidia-h200--2026-11-27T2239Z.json").read_text(encoding="utf-8")}
#: Of each drawing of a figure: the triangles' middles, how far each lies from the nearest drawn point, and the line below.
LOOK = """
(name) => [...document.querySelectorAll(`#fig-${name} .mb-drawing--wide, #fig-${name} .mb-drawing--narrow`)].map((drawing) => {
  const svg = drawing.querySelector("svg");
  const drawn = [...svg.querySelectorAll("use")].map((node) => [Number(node.getAttribute("x")), Number(node.getAttribute("y"))]);
  const middles = [...svg.querySelectorAll(".mb-own-mark")].map((node) => {
    const at = node.getAttribute("d").match(/-?[\\d.]+/g).map(Number);
    return [at[0], (0.9 * at[1] + 1.3 * at[3]) / 2.2];
  });
  const off = middles.map(([x, y]) => Math.min(...drawn.map(([a, b]) => Math.hypot(a - x, b - y))));
  return { middles, off, key: (drawing.querySelector(".mb-own-key") || { textContent: "" }).textContent };
})
"""
#: Figures with panels of their own for measurements, how many points the chapter's record has on each, and its cases.
PANELS = {
    "context_on_a_processor": ("decode-context",),
    "cache_on_a_processor": ("step-with-cache", "step-without-cache"),
    "knee_on_a_processor": ("rows-sweep",),
    "landing_on_a_processor": ("interference",),
    "batches_on_a_processor": ("decode-batch",),
    "queue_on_a_processor": ("serving",),
    "time_to_first_token": ("prefill",),
}
#: Pixels between a triangle and the drawn point; lines go by their words, and policies at one load are drawn side by side.
TOLERANCE = {"context_on_a_processor": 0.6, "queue_on_a_processor": 3.5}


def chapter_of(name: str) -> str:
    """The address of the page that shows a figure."""
    for path in sorted((ROOT / "docs").glob("0*.md")):
        if f"vis/{name}.svg" in path.read_text(encoding="utf-8"):
            return f"{path.stem}/"
    raise AssertionError(f"no chapter shows {name}")


def shown(page, origin: str, words: str, name: str) -> list[dict]:
    """What the two drawings of a figure show of a kept record."""
    page.goto(origin + "404.html")
    page.evaluate("(words) => localStorage.setItem('memory-bound.record', words)", words)
    page.goto(origin + chapter_of(name))
    page.wait_for_selector(f"#fig-{name} .mb-mine", state="attached")
    return page.evaluate(LOOK, name)


def expected(name: str) -> int:
    """How many of the chapter record's cases the figure shows."""
    rows = [
        c
        for c in json.loads(OTHER.get(name, WORDS))["cases"]
        if c["name"] in PANELS[name] and c["status"] == "measured"
    ]
    if name == "context_on_a_processor":
        return len({c["parameters"]["attention"] for c in rows})
    if name == "queue_on_a_processor":
        return len({(c["parameters"]["policy"], c["parameters"]["load"]) for c in rows})
    if name == "landing_on_a_processor":  # as many passes as the figure's own table has
        return (ROOT / "docs" / "vis" / f"{name}.csv").read_text(encoding="utf-8").count(",measured\n")
    largest = max(c["parameters"].get("parameters", 0) for c in rows)
    return sum(c["parameters"].get("parameters", 0) == largest for c in rows)


@pytest.mark.parametrize("name", sorted(PANELS))
def test_the_chapters_own_record_falls_on_its_drawn_points(page, origin, name):
    words = OTHER.get(name, WORDS)
    drawings = shown(page, origin, words, name)
    assert len(drawings) == 2
    for drawing in drawings:
        assert len(drawing["middles"]) == expected(name), drawing["key"]
        assert len({(round(x, 1), round(y, 1)) for x, y in drawing["middles"]}) > expected(name) * 0.8
        assert max(drawing["off"]) < TOLERANCE.get(name, 0.1)
        assert json.loads(words)["machine"]["name"] in drawing["key"] and "outside" not in drawing["key"]


@pytest.mark.parametrize("name", sorted(PANELS))
def test_a_machine_beyond_the_axes_or_without_the_cases_is_said_in_words(page, origin, name):
    drawings = shown(page, origin, json.dumps(record()), name)
    assert all(not drawing["middles"] and "holds no such measurement" in drawing["key"] for drawing in drawings)
    if name == "context_on_a_processor":
        return  # its quantity is relative to the machine itself
    row = json.loads(OTHER.get(name, WORDS)) | {
        "started": "2020-01-01T00:00:00Z"
    }  # its run lasts as long as its samples
    for case in row["cases"]:  # a machine ten thousand times as slow
        if case["status"] == "measured":
            case["inner"], case["samples"] = 1, [min(s / case.get("inner", 1) * 1e4, 86400) for s in case["samples"]]
    drawings = shown(page, origin, json.dumps(row), name)
    assert all(not drawing["middles"] and "outside these axes" in drawing["key"] for drawing in drawings)


def test_panels_are_listed_as_the_pages_say(root):
    assert {
        name: tuple(re.search('cases="([^"]*)"', words)[1].split())
        for name, words in MARKED.items()
        if "cases=" in words
    } == PANELS


def judged(page, origin, tmp_path, rows: list[dict]) -> list[tuple[bool, bool]]:
    """Whether Python and the browser refuse each."""
    open_live(page, origin + EXPLORER, "explorer")
    page.evaluate(RECORDS_ON)
    page.wait_for_function("memoryBound.checked !== undefined")
    found = page.evaluate(CHECK, [json.dumps(row) for row in rows])
    return [(bool(python_verdict(tmp_path, row)), bool(line)) for row, line in zip(rows, found, strict=True)]


def variants(case: dict) -> list[dict]:
    """A good case that the book computes with, and the same with each thing it needs gone or wrong."""
    kind, rules, works = NEEDS[case["name"]]
    slow = case | {"samples": [100.0, 110.0, 120.0], "inner": 1}
    found = [slow, slow | {"kind": "ceiling" if kind == "workload" else "workload"}]
    for field in rules:
        without = {key: value for key, value in slow["parameters"].items() if key != field}
        found += [
            slow | {"parameters": without},
            slow | {"parameters": without | {field: [-1, "x" * 61][field in ("policy", "mode", "model")]}},
        ]
    return found + [slow | {"work": slow["work"] | {field: 0}} for field in works]


def test_both_sides_need_the_same_of_every_case_they_compute_with(page, origin, tmp_path):
    cases = {
        case["name"]: case
        for case in json.loads(WORDS)["cases"]
        if case["status"] == "measured" and case["name"] in NEEDS
    }
    assert set(cases) == set(NEEDS)
    reported = [variant for case in cases.values() for variant in variants(case)]
    verdicts = judged(
        page,
        origin,
        tmp_path,
        [record(finished="2026-11-23T05:10:00Z", cases=[*record()["cases"], one]) for one in reported],
    )
    wrong = [
        (reported[at]["name"], reported[at]["parameters"], pair)
        for at, pair in enumerate(verdicts)
        if pair[0] != pair[1]
    ]
    assert wrong == []
    assert sum(here for here, _ in verdicts) > 100 and sum(not here for here, _ in verdicts) >= len(cases)


def row(
    name: str, kind: str, seconds: float, moved: float, flop: float, noise: dict | None = None, **reported: object
) -> dict:
    return {
        "name": name,
        "kind": kind,
        "parameters": reported,
        "status": "measured",
        "inner": 1,
        "check": CHECKED,
        "samples": [seconds] * 3,
        "work": {"bytes": moved, "flop": flop, "tokens": 0},
        "noise": noise or {},
    }


#: Rows added to the small record (9.9 GB/s read, 100 GFLOP/s in FP32, 1 MB of cache), and whether they beat a roof.
ROOFS = [
    ([row("x", "workload", 0.1, 1.0e9, 0)], False),
    ([row("x", "workload", 0.1, 1.03e9, 0)], True),
    ([row("x", "workload", 0.1, 1.03e9, 0, resident=True)], True),
    ([row("x", "workload", 1e-4, 3e6, 0)], True),
    ([row("x", "workload", 0.1, 1.03e9, 0, resident=True), row("read-by-size", "ceiling", 1.0, 2e10, 0)], False),
    ([row("x", "workload", 0.1, 1.03e9, 0), row("read-by-size", "ceiling", 1.0, 2e10, 0)], True),
    ([row("x", "workload", 0.1, 1.03e9, 0), row("peer-copy", "ceiling", 1.0, 2e10, 0)], False),
    ([row("x", "workload", 0.1, 1.03e9, 0), row("reference-read", "ceiling", 1.0, 2e10, 0)], True),
    ([row("x", "workload", 1e-4, 3e6, 0), row("cache-read-bandwidth", "ceiling", 1.0, 4e10, 0)], False),
    ([row("x", "ceiling", 1.0, 1e12, 0)], False),
    ([row("x", "ceiling", 1.0, 0, 1.1e11, dtype="float32")], True),
    (
        [
            row("x", "workload", 1.0, 0, 1.1e11, dtype="float32"),
            row("matmul-peak", "ceiling", 1.0, 0, 2e11, dtype="tf32"),
        ],
        False,
    ),
    (
        [row("x", "workload", 1.0, 0, 1.1e11, dtype="tf32"), row("matmul-peak", "ceiling", 1.0, 0, 1e11, dtype="tf32")],
        True,
    ),
    (
        [
            row("x", "workload", 1.0, 0, 1.1e11, dtype="bfloat16"),
            row("matmul-peak", "ceiling", 1.0, 0, 2e11, dtype="bfloat16"),
        ],
        False,
    ),
    (
        [
            row("x", "workload", 1.0, 0, 1.1e11, dtype="float32"),
            row("matmul-peak", "ceiling", 1.0, 0, 2e11, dtype="bfloat16"),
        ],
        True,
    ),
    (
        [
            row("x", "workload", 1.0, 0, 1.1e11, dtype="int8"),
            row("matmul-peak", "ceiling", 1.0, 0, 2e11, dtype="bfloat16"),
        ],
        False,
    ),
    (
        [
            row("x", "workload", 1.0, 0, 1.1e11, dtype="float32"),
            row("peer-product", "workload", 1.0, 0, 2e11, dtype="float32"),
        ],
        False,
    ),
    (
        [
            row("x", "workload", 0.1, 1.5e9, 0, {"reference_seconds": 0.5}),
            row("copy-bandwidth", "ceiling", 1.0, 1e9, 0, {"reference_seconds": 1.0}),
        ],
        False,
    ),
    (
        [
            row("x", "workload", 0.1, 1.5e9, 0, {"reference_seconds": 2.0}),
            row("copy-bandwidth", "ceiling", 1.0, 1e9, 0, {"reference_seconds": 1.0}),
        ],
        True,
    ),
    (
        [
            row("x", "workload", 0.1, 1.5e9, 0),
            row("copy-bandwidth", "ceiling", 1.0, 1e9, 0, {"reference_seconds": 1.0}),
        ],
        True,
    ),
]


def test_both_sides_hold_the_same_roofs(page, origin, tmp_path):
    rows = []
    for more, _ in ROOFS:
        small = record(cases=[*record()["cases"], *more])
        rows.append(small | {"environment": small["environment"] | {"caches": ["L3 1000000 bytes"]}})
        own = {"last_level_cache_bytes": 1000000}  # a GPU tells its cache itself
        rows.append(
            small | {"environment": small["environment"] | own, "machine": small["machine"] | {"device": "cuda"}}
        )
    verdicts = judged(page, origin, tmp_path, rows)
    wanted = [over for _, over in ROOFS for _ in ("cpu", "cuda")]
    assert [pair for pair, over in zip(verdicts, wanted, strict=True) if pair != (over, over)] == []
