"""A preview spares work and never shows yesterday's page: what a warm memory gives is what an empty one gives."""

import json
import re
import shutil
from pathlib import Path

import pytest

from generators.core import fingerprint
from generators.core.errors import BookErrors
from generators.site.cache import Cache
from generators.site.chapter import context_files
from generators.site.page import Page
from generators.site.tree import pages
from tests.bench import preview as harness
from tests.bench import project as projects
from tests.conftest import ROOT, few_pages


def made(root: Path, memory: Cache | None = None) -> tuple[dict[str, Page], list[str]]:
    """Every page by path, and every mistake."""
    found, errors = {}, []
    try:
        for page in pages(root, memory):
            found[page.path] = page
    except BookErrors as several:
        errors = [str(error) for error in several.errors]
    return found, errors


@pytest.fixture
def project(copy, root) -> Path:
    """A copy of the pages and data with the rendered formulas, which pages also rest on."""
    (copy / "generators" / "site").mkdir(parents=True)
    shutil.copy(root / "generators" / "site" / "maths.json", copy / "generators" / "site" / "maths.json")
    return copy


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{path.name} no longer holds {old!r}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def changed_caption(root: Path) -> None:
    """A figure's words, as its JSON holds them."""
    place = root / "docs" / "vis" / "ridge_points.json"
    place.write_text(json.dumps(json.loads(place.read_text()) | {"caption": "Another caption."}))


def a_note(root: Path) -> Path:
    """A record without a note."""
    return min(path for path in (root / "data/measurements").glob("*Z.json") if '"note": ""' in path.read_text())


NOTED = f"reference/records/{a_note(ROOT).stem}.md"
#: Changes by what pages rest on, made together where none voids what only another should; and a page that must then differ.
CHANGES = {
    "text": [
        (
            lambda root: replace(root / "docs/02_kv_cache.md", "\n# ", "\n# New "),
            "reference/figures/kv_cache_growth.md",
        ),
        (
            lambda root: replace(root / "docs/03_prefill_and_decode.md", "\n## ", "\nMore.\n\n## "),
            "03_prefill_and_decode.md",
        ),
        (lambda root: replace(root / "docs/reference/method.md", "\n# ", "\n# New "), "reference/index.md"),
    ],
    "drawings and words": [
        (
            lambda root: replace(root / "docs/reference/notation.md", "first token", "first word"),
            "03_prefill_and_decode.md",
        ),
        (
            lambda root: replace(root / "docs/vis/ridge_points.svg", "M2 Ultra", "M9 Ultra"),
            "reference/figures/ridge_points.md",
        ),
        (changed_caption, "reference/figures/ridge_points.md"),
        (
            lambda root: replace(root / "docs/reference/numbers.json", "Ridge point of", "The ridge point of"),
            "01_memory_bound.md",
        ),
        (lambda root: replace(root / "generators/site/maths.json", "<mi>", "<mi >"), None),
    ],
    "data": [
        (
            lambda root: replace(root / "data/accelerators/m4.toml", 'note = "', 'note = "New. '),
            "reference/accelerators/m4.md",
        ),
        (lambda root: (root / "data/accelerators/l40.toml").unlink(), "assets/live/core.js"),
        (lambda root: replace(a_note(root), '"note": ""', '"note": "Seen."'), NOTED),
    ],
}


def test_after_each_change_a_warm_memory_gives_what_an_empty_one_gives(project):
    """One memory through all changes; an empty one beside it.  Each changes the hash of what pages rest on beside their text."""
    memory = Cache()
    before, errors = made(project, memory)
    assert errors == [] and made(project, memory)[0] == before
    for kind, changes in CHANGES.items():
        for make, page in changes:
            rests_on = fingerprint.of_files(*context_files(project), project / "data")
            make(project)
            assert (fingerprint.of_files(*context_files(project), project / "data") != rests_on) == (kind != "text"), (
                page
            )
        after, errors = made(project, memory)
        assert (after, errors) == made(project), kind
        assert [page for _, page in changes if page and before[page] == after[page]] == []
        before = after


def test_what_did_not_change_is_not_made_again(project, monkeypatch):
    memory = Cache()
    made(project, memory)
    monkeypatch.setattr("generators.site.tree.load_catalog", lambda root: pytest.fail("data/ was read again"))
    transformed = []
    monkeypatch.setattr("generators.site.tree.transform", lambda text, name, *_: transformed.append(name) or text)
    replace(project / "docs/02_kv_cache.md", "\n## ", "\nMore.\n\n## ")
    made(project, memory)
    assert transformed == ["02_kv_cache.md"]


def test_a_mistake_is_told_at_every_rebuild_until_it_is_mended(project):
    memory, page = Cache(), project / "docs" / "index.md"
    text = page.read_text(encoding="utf-8")
    page.write_text(text + "\n[9 ms](reference/numbers.md#no.such-number)\n", encoding="utf-8")
    (project / "data" / "models" / "gpt2.toml").write_text("x = ", encoding="utf-8")
    first = made(project, memory)[1]
    assert len(first) == 2 and "no.such-number" in first[0] and "gpt2.toml" in first[1]
    assert made(project, memory)[1] == first
    page.write_text(text, encoding="utf-8")
    assert made(project, memory)[1] == first[1:]


def test_a_preview_shows_edited_text_data_and_drawing_code_and_names_every_page(tmp_path, begin_warm):
    """`nox -s serve`'s server on a copy: the drawing is drawn again, and the code that makes pages is read again.

    Code, data and drawing change at once: that each alone is noticed, the configuration says.
    """
    pytest.importorskip("mkdocs", reason="the site's packages are not installed (dependency group site)")
    root = begin_warm(projects.copy(tmp_path / "project"))
    assert "\nwatch: [generators, data, vis]\n" in (root / "mkdocs.yml").read_text()
    few_pages(root, without="/0[13-8]_*.md\n")
    with harness.preview(root, tmp_path / "log") as served:
        chapter = root / "docs" / "02_kv_cache.md"
        harness.seconds_to_show(served, chapter, "\n## ", "\nA new sentence.\n\n## ", "02_kv_cache/", "A new sentence.")
        assert not re.search(r">\s*None\s*<|: None\"", served.page("02_kv_cache/")), "a page of the menu lost its title"
        replace(root / "generators/site/accelerator_page.py", "## What its vendor states", "## As stated")
        words = "What is drawn anew?"
        replace(root / "vis" / "ridge_points.py", '"""', f'"""{words} ')
        row = root / "data" / "accelerators" / "m4.toml"
        harness.seconds_to_show(served, row, 'note = "', 'note = "New. ', "reference/accelerators/m4/", "New. ")
        served.shows("reference/accelerators/m4/", "As stated")
        served.shows("reference/figures/ridge_points/", words)
        assert words in (root / "docs" / "vis" / "ridge_points.json").read_text(encoding="utf-8")


def test_the_menus_hook_leaves_a_build_alone():
    jinja2 = pytest.importorskip("jinja2")
    from generators.site import mkdocs_preview as hook

    hook._previews.clear()
    hook.on_startup(command="build", dirty=False)
    env = jinja2.Environment()
    assert hook.on_env(env, config=None, files=None).bytecode_cache is None
