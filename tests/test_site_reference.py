"""The generated pages: everything stated is there, disagreements are side by side, and strangers' words stay words."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from generators.catalog.load import load_catalog
from generators.catalog.record import Record
from generators.pictures.picture import FigurePicture, keep, place
from generators.site import reference_accelerators, reference_figures, reference_records, reference_sources
from generators.site.figure import figure_names, read_figure
from generators.site.page import Page
from generators.site.tree import pages
from tests.fakes import CHECKED

HOSTILE = "<script>alert(1)</script> | **x** [a](javascript:b) `c` {: #id }"


@pytest.fixture(scope="module")
def catalog(root):
    """The real data."""
    return load_catalog(root)


@pytest.fixture(scope="module")
def tree(root) -> dict[str, Page]:
    """The whole site by path."""
    return {page.path: page for page in pages(root)}


def record(**changed: object) -> Record:
    """A record of one case whose every text is hostile: the schema refuses such, and the pages must not rely on it."""
    row = {
        "id": "x--2026-11-22T1740Z",
        "schema": 1,
        "started": "2026-11-22T17:40:00Z",
        "finished": "2026-11-22T17:50:00Z",
        "profile": "run x",
        "command": "x",
        "commit": "unknown",
        "dirty": False,
        "machine": {"name": "x", "device": "cpu"},
        "environment": {},
        "cases": [
            {
                "name": "x",
                "kind": "ceiling",
                "parameters": {},
                "status": "measured",
                "inner": 2,
                "work": {"bytes": 2e8},
                "samples": [0.02, 0.021, 0.022],
                "check": CHECKED,
            },
            {"name": "late", "kind": "workload", "parameters": {}, "status": "skipped", "reason": "x"},
        ],
    }
    good = Record.model_validate(row | changed)
    first, late = good.cases
    words = {"profile": HOSTILE, "command": HOSTILE, "note": HOSTILE, "environment": {HOSTILE: [HOSTILE]}}
    machine = good.machine.model_copy(update={"name": HOSTILE})
    cases = [
        first.model_copy(update={"name": HOSTILE, "parameters": {HOSTILE: HOSTILE}}),
        late.model_copy(update={"reason": HOSTILE}),
    ]
    return good.model_copy(update=words | {"machine": machine, "cases": cases})


def test_every_row_of_data_has_its_page(catalog, tree, root) -> None:
    wanted = {f"reference/accelerators/{id_}.md" for id_ in catalog.accelerators}
    wanted |= {f"reference/models/{id_}.md" for id_ in catalog.models}
    wanted |= {f"reference/records/{id_}.{end}" for id_ in catalog.records for end in ("md", "json")}
    wanted |= {f"reference/figures/{name}.md" for name in figure_names(root)}
    assert wanted <= set(tree)


def test_every_value_is_shown_as_printed_with_its_source(catalog, tree) -> None:
    for id_, chip in catalog.accelerators.items():
        text = tree[f"reference/accelerators/{id_}.md"].content
        for datum in chip.data().values():
            assert f"../sources.md#{datum.source}" in text
            for conflict in datum.conflicts:
                assert f"../sources.md#{conflict.source}" in text and "## Where sources disagree" in text


def test_every_source_has_its_entry_and_what_cites_it(catalog, tree) -> None:
    text = tree["reference/sources.md"].content
    for id_ in catalog.sources:
        assert f"{{: #{id_} .mb-source }}" in text


def test_a_conflict_is_marked_in_the_table_of_all(catalog) -> None:
    index = next(iter(reference_accelerators.pages(catalog, {}))).content
    for chip in catalog.accelerators.values():
        disputed = any(datum and datum.conflicts for datum in (chip.memory.bandwidth, chip.memory.capacity))
        line = next(line for line in index.splitlines() if f"]({chip.id}.md)" in line)
        assert not disputed or "†" in line


def test_untrusted_words_stay_words(catalog) -> None:
    front, text = reference_records._one(record(), catalog).split("\n# ", 1)
    assert "<" not in front and "&lt;script&gt;" in front, "the theme prints titles and descriptions without escaping"
    for live in ("<script", "**x**", "](javascript", "`c`", "{: #id"):
        assert live not in text
    assert text.count("alert(1)") >= 8


def test_times_and_rates_are_per_repetition(catalog) -> None:
    text = reference_records._one(record(), catalog)
    assert "10.1\u00a0ms" in text and "19.8\u00a0GB/s" in text and "| *skipped* |" in text


def test_a_record_s_page_says_what_disturbed_its_run_and_whether_it_was_cut(catalog) -> None:
    def page(**reported: object) -> str:
        good = record()
        cases = [case.model_copy(update={"noise": {"other_processes_share": 0.5}}) for case in good.cases]
        disturbed = good.model_copy(update={"environment": reported, "cases": cases})
        for name in ("results", "held_out", "verdict"):  # told of the record that it was copied from
            disturbed.__dict__.pop(name, None)
        return reference_records._one(disturbed, catalog)

    verdict = "[Verdict](../method.md#what-disturbs-a-record): disturbed."
    assert verdict in page()
    assert f"{verdict} The run was cut before its end" in page(interrupted=True)
    assert f"{verdict} It was interrupted and gone on with 2 times." in page(resumed=2)


def test_sources_say_how_they_were_read(catalog) -> None:
    text = next(iter(reference_sources.pages(catalog, {}))).content
    assert "ead directly" in text or "ead via" in text


def test_a_png_is_offered_only_where_it_was_drawn(catalog, root, tmp_path) -> None:
    figures = {name: read_figure(root, name) for name in figure_names(root)[:2]}
    drawn, other = figures.values()
    keep(place(FigurePicture(drawn.wide), tmp_path), b"drawn")
    made = {page.path: page.content for page in reference_figures.pages(replace(catalog, root=tmp_path), figures, {})}
    assert made.pop(f"reference/figures/{drawn.name}.png") == b"drawn"
    assert not [path for path in made if path.endswith(".png")]
    assert f"[PNG]({drawn.name}.png)" in made[f"reference/figures/{drawn.name}.md"]
    assert "nox -s pictures" in made[f"reference/figures/{other.name}.md"]


def test_the_tree_needs_neither_matplotlib_nor_torch_nor_v8(root) -> None:
    code = (
        "import sys; from pathlib import Path; from generators.site.tree import pages; list(pages(Path('.'))); "
        "print([name for name in ('matplotlib', 'numpy', 'torch', 'py_mini_racer', 'mkdocs', 'cairosvg', 'cairocffi', 'PIL') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, timeout=120)
    assert done.stdout.splitlines()[-1:] == ["[]"], done.stdout + done.stderr


def test_paths_of_pages_stay_inside_the_docs_folder(tree) -> None:
    assert all(not Path(path).is_absolute() and ".." not in Path(path).parts for path in tree)


def test_a_record_of_a_thousand_rows_stays_a_page_that_can_be_read(catalog):
    record = next(r for r in catalog.records.values() if len(r.measured("serving")) > reference_records.MOST_ROWS)
    (text,) = (page.content for page in reference_records.pages(catalog) if page.path.endswith(f"{record.id}.md"))
    left = len(record.measured("serving")) - reference_records.MOST_ROWS
    assert f"and {left:,} more rows in the file of the record" in text.replace("\u00a0", " ").replace("\\", "")
    assert text.count("\n| serving") <= reference_records.MOST_ROWS + 1
