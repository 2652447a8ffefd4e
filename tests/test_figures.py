"""Each figure keeps to the style: palette, type, words, labels inside the canvas, data with units."""

import csv
import json
import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from generators.catalog.load import load_catalog
from generators.core.errors import BookError
from generators.core.unfinished import MARK
from generators.site.inline_svg import inline
from generators.weave import figures as figure_files
from tests.conftest import ROOT
from vis._figure import FigureData
from vis._palette import PALETTE

SVG = "{http://www.w3.org/2000/svg}"
NAMES = figure_files.names(ROOT)
FILES = [f"{name}{suffix}" for name in NAMES for suffix in (".svg", ".narrow.svg")]
LIGHT = {light for light, _ in PALETTE.values()}
FORBIDDEN = {"script", "image", "foreignObject", "iframe", "animate", "set", "a", "video", "audio"}


def svg(name):
    return ElementTree.fromstring((ROOT / "docs" / "vis" / name).read_text())


def visible(root):
    """Elements that are drawn; definitions and styles left out."""
    return [e for e in root.iter() if e.tag not in (f"{SVG}style", f"{SVG}defs")]


def test_the_chapters_figures_are_there():
    assert {
        "memory_bandwidth_bottleneck",
        "roofline_training_prefill_decode",
        "decode_step_to_scale",
        "bound_and_launches",
        "tokens_per_second_against_bytes",
        "users_share_the_weights",
        "kv_cache_growth",
    } <= set(NAMES)


@pytest.mark.parametrize("name", FILES)
def test_only_colours_of_the_palette(name):
    body = re.sub(r"<style>.*?</style>", "", (ROOT / "docs" / "vis" / name).read_text(), flags=re.DOTALL)
    assert set(re.findall(r"#[0-9a-f]{6}\b", body.lower())) <= LIGHT
    assert "rgb(" not in body and "<image" not in body


def unsound(text):
    """What of a drawing would act, ask for something, or name what it does not have, one line each."""
    root = ElementTree.fromstring(text)
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    found = [f"id {one!r} stands twice" for one in sorted(set(ids)) if ids.count(one) > 1]
    found += [f"{one} fetches" for one in ("@import", "@font-face") if one in text]
    found += [f"{one} has no fallback" for one in re.findall(r"var\(\s*--[\w-]+\s*\)", text)]
    for element in root.iter():
        tag = element.tag.rpartition("}")[2]
        found += [f"a <{tag}>"] if tag in FORBIDDEN else []
        for key, value in ((name.rpartition("}")[2], value) for name, value in element.attrib.items()):
            found += [f"a handler, {key}"] if key.startswith("on") else []
            named = [value] if key == "href" else re.findall(r"url\(\s*['\"]?([^'\")\s]*)", value)
            found += [f"{one!r} is not in it" for one in named if one[:1] != "#" or one[1:] not in ids]
    return found


@pytest.mark.parametrize("name", FILES)
def test_a_drawing_asks_for_nothing_as_a_file_and_in_a_page(name):
    """As a file it follows the reader's scheme by rules of its own, in colours of the palette; in a page it has none."""
    text = (ROOT / "docs" / "vis" / name).read_text(encoding="utf-8")
    shown = inline(text, "x", name)
    assert (unsound(text), unsound(shown)) == ([], [])
    rules = "".join(re.findall("<style>(.*?)</style>", text, re.DOTALL))
    assert "prefers-color-scheme" in rules and "<style" not in shown
    assert set(re.findall(r"#[0-9a-f]{3,8}\b", rules.lower())) <= {
        colour for pair in PALETTE.values() for colour in pair
    }


@pytest.mark.parametrize(
    ("planted", "said"),
    [
        ('<g id="paging_waste-title"/>', "id 'paging_waste-title' stands twice"),
        ("<style>@import 'a.css';</style>", "@import fetches"),
        ('<rect style="fill: var(--mb-ink)"/>', "var(--mb-ink) has no fallback"),
        ("<script>x()</script>", "a <script>"),
        ('<image href="data:image/png;base64,AA"/>', "a <image>"),
        ('<rect onload="x()"/>', "a handler, onload"),
        ('<rect clip-path="url(#nowhere)"/>', "'#nowhere' is not in it"),
        ('<use xlink:href="other.svg#a"/>', "'other.svg#a' is not in it"),
        ('<rect style="fill: url(https://o.example/a)"/>', "'https://o.example/a' is not in it"),
    ],
)
def test_what_would_act_or_fetch_in_a_drawing_is_found(planted, said):
    text = (ROOT / "docs" / "vis" / "paging_waste.svg").read_text(encoding="utf-8")
    assert said in unsound(text.replace("</svg>", f"{planted}</svg>"))


@pytest.mark.parametrize("name", FILES)
def test_words_for_those_who_do_not_see_it(name):
    root = svg(name)
    title, desc = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert root.get("role") == "img" and root.get("aria-labelledby") == f"{title.get('id')} {desc.get('id')}"
    assert len(title.text.strip()) >= 3 and len(desc.text.strip()) > 60 and re.search(r"\d", desc.text), (
        "the conclusion carries its number"
    )


@pytest.mark.parametrize("name", FILES)
def test_width_and_type(name):
    root = svg(name)
    _, _, width, height = map(float, root.get("viewBox").split())
    assert height > 0 and width == pytest.approx(3.9 * 72 if ".narrow" in name else 7.2 * 72, abs=0.5)
    words = [e for e in root.iter() if e.tag in (f"{SVG}text", f"{SVG}tspan")]
    sizes = [float(m) for e in words for m in re.findall(r"font:?[^;]*?([\d.]+)px", e.get("style", ""))]
    assert sizes and min(sizes) >= 8.5


@pytest.mark.parametrize("name", FILES)
def test_every_label_starts_inside_the_canvas(name):
    root = svg(name)
    _, _, width, height = map(float, root.get("viewBox").split())
    for element in root.iter(f"{SVG}text"):
        place = re.search(r"translate\(([-\d.]+)[ ,]+([-\d.]+)\)", element.get("transform", ""))
        x, y = (float(place[1]), float(place[2])) if place else (float(element.get("x", 0)), float(element.get("y", 0)))
        assert -1 <= x <= width + 1 and -1 <= y <= height + 1, element.text


@pytest.mark.parametrize("name", NAMES)
def test_a_figure_is_drawn_as_committed_and_every_label_ends_inside_the_canvas(name, catalog, rendered):
    files, beyond = rendered(figure_files.figure(name, catalog))
    assert beyond == []
    assert [path for path, text in files.items() if (ROOT / path).read_text(encoding="utf-8") != text] == []


@pytest.mark.parametrize("name", ["tokens_per_second_against_bytes", "decode_on_this_machine"])
@pytest.mark.parametrize(
    "machine",
    ["NVIDIA Made-Up-SXM4-80GB", "NVIDIA RTX PRO 6000 Blackwell Max-Q Workstation Edition, in a virtual machine, 2"],
)
def test_another_machines_record_joins_the_figure(name, machine, copy, rendered):
    """A reader's own record appears beside those that have a role, with room for a name as long as a record's may be."""
    source = next((copy / "data/measurements").glob("nvidia-h100-80gb-hbm3--*"))
    row = json.loads(source.read_text())
    row["machine"]["name"] = machine
    for case in row["cases"]:  # a run of its own: no two take the same times
        case["samples"] = [sample * 1.01 for sample in case["samples"]]
    (copy / "data/measurements" / f"reader--{source.name.split('--')[1]}").write_text(json.dumps(row))
    figure = figure_files.figure(name, load_catalog(copy))
    assert f"reader--{source.stem.split('--')[1]}" in figure.data.records and machine in figure.data.csv()
    alone = replace(figure.data, rows=[row for row in figure.data.rows if row.get("machine") != "H100"])
    for shown in (figure, replace(figure, data=alone)):
        assert rendered(shown)[1] == []


def test_a_quoted_run_without_its_chip_is_told_so_by_the_figure_that_needs_it(catalog):
    row = catalog.published["gpt-fast-7b-bf16"].model_copy(update={"accelerator": ""})
    bent = replace(catalog, published=catalog.published | {"gpt-fast-7b-bf16": row})
    said = "needs 'gpt-fast-7b-bf16', found its row in data/published without accelerator, wanted a run that can be computed"
    with pytest.raises(BookError, match=re.escape(said)):
        figure_files.figure("bytes_and_the_rest", bent)


@pytest.mark.parametrize("part", ["alt", "caption"])
def test_a_figure_that_says_nothing_is_told_so(catalog, monkeypatch, part):
    monkeypatch.setattr(f"vis.ridge_points.{part}", lambda data: " ")
    with pytest.raises(BookError, match=rf"vis/ridge_points.py:{part}: found no text, wanted "):
        figure_files.figure("ridge_points", catalog)


@pytest.mark.parametrize("name", NAMES)
def test_the_source_note_is_drawn_and_the_meta_says_what_pages_need(name):
    meta = json.loads((ROOT / "docs" / "vis" / f"{name}.json").read_text())
    assert meta["note"].startswith(("Data: ", "Measured: "))
    drawn = " ".join("".join(e.itertext()) for e in svg(f"{name}.svg").iter(f"{SVG}text"))
    assert meta["note"].split()[1] in drawn
    assert meta["question"].endswith("?") or "?" in meta["question"]
    assert meta["sources"] or meta["records"]
    assert meta["redraw"] == f"nox -s figures -- {name}"


@pytest.mark.parametrize("name", NAMES)
def test_the_data_file_has_units_and_rows(name):
    rows = list(csv.reader((ROOT / "docs" / "vis" / f"{name}.csv").read_text().splitlines()))
    assert len(rows) > 2
    columns = list(zip(*rows[1:], strict=True))
    for head, column in zip(rows[0], columns, strict=True):
        numeric = [cell for cell in column if re.fullmatch(r"-?[\d.]+(e[-+]?\d+)?", cell)]
        if numeric and head not in ("year", "layers"):
            assert re.search(r"\(.+\)$", head), f"column {head!r} holds numbers without a unit"


@pytest.mark.parametrize("name", NAMES)
def test_every_figure_stands_on_a_page(name):
    pages = "".join(path.read_text() for path in (ROOT / "docs").rglob("*.md"))
    begun = (
        MARK in (ROOT / "vis" / f"{name}.py").read_text()
    )  # a skeleton looks for its page yet; it cannot be published
    assert f"vis/{name}.svg)" in pages or begun


@pytest.mark.parametrize("name", FILES)
def test_a_figure_file_is_small_for_what_it_draws(name):
    """Whatever data/ holds: axes, words and the rules of dark mode, and at most 400 bytes for each row, 30 kB in all."""
    table = ROOT / "docs" / "vis" / f"{name.partition('.')[0]}.csv"
    rows = len(table.read_text().splitlines()) - 1
    assert (ROOT / "docs" / "vis" / name).stat().st_size <= min(20_000 + 400 * rows, 30_000), name


def contrast(a: str, b: str) -> float:
    """WCAG 2 contrast of two colours."""

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        red, green, blue = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("mode", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("role", ["ink", "muted", "memory", "compute", "overhead"])
@pytest.mark.parametrize("ground", ["surface", "memory-region", "compute-region"])
def test_text_is_legible_on_every_ground(role, ground, mode):
    assert contrast(PALETTE[role][mode], PALETTE[ground][mode]) >= 4.4


def test_every_light_colour_names_one_role():
    assert len(LIGHT) == len(PALETTE)


def test_a_colour_outside_the_palette_is_refused():
    pytest.importorskip("matplotlib")
    from vis import _export, _theme

    with _theme.style():
        figure = _theme.canvas(False, 2.0)
        figure.text(0.5, 0.5, "x", color="#ff0000")
        with pytest.raises(ValueError, match="#ff0000, outside the palette"):
            _export.svg_text(figure, "x", "x", "x")


def test_a_label_that_a_spreadsheet_would_run_is_quoted():
    from vis._figure import plain

    assert plain("=1+1") == "'=1+1" and plain("@x") == "'@x" and plain(-1.5) == "-1.5" and plain("A100") == "A100"


def test_a_digest_ignores_what_the_last_bit_of_a_float_says():
    def digest(number):
        return FigureData({"a": "s"}, [{"a": number, "b": [number]}], {"c": {"d": (number, "x")}}).digest()

    assert digest(0.1 + 0.2) == digest(0.3)
    assert digest(0.3) != digest(0.300001) and digest(1) != digest(2)


def test_a_drawing_does_not_hang_on_the_readers_own_matplotlibrc(catalog):
    import matplotlib

    from vis import _theme

    reported = figure_files.figure("paging_waste", catalog)
    plain = figure_files.render(reported)
    with matplotlib.rc_context({"savefig.bbox": "tight", "font.size": 20, "axes.grid": True, "lines.linewidth": 9}):
        assert figure_files.render(reported) == plain
        with _theme.style():
            assert matplotlib.rcParams["savefig.bbox"] is None
        assert matplotlib.rcParams["savefig.bbox"] == "tight", "and what was set before is set again"


def test_the_sources_of_a_figure_are_what_it_reads_whatever_was_computed_before(catalog):
    """The committed ones are of a run in alphabetical order with nothing remembered."""
    for name in reversed(NAMES):
        words = figure_files.figure(name, catalog).words
        meta = json.loads((ROOT / "docs" / "vis" / f"{name}.json").read_text())
        assert (words.sources, words.records) == (meta["sources"], meta["records"]), name
