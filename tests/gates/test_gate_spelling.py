"""Gate: every word is in a dictionary, in the sources and on the pages, and a misspelt one is named with its place."""

import shutil
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.gates import spelling
from tests.gates.node import need


@pytest.fixture(autouse=True)
def _tools() -> None:
    need(spelling.why_not_here())


def test_spelling_of_sources_and_pages(site) -> None:
    assert spelling.check(ROOT, site) == []


def test_spelling_word_list_is_sorted() -> None:
    assert spelling.unsorted_words() == []


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """A root with one page and no data."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "data").mkdir()
    return tmp_path


@pytest.mark.parametrize("text, word", [
    ("The bandwith of a chip.", "bandwith"),
    ("Its utilisaton is low.", "utilisaton"),
    ("The color of memory.", "color"),
    ("![A figure of throughpt.](vis/a.svg)", "throughpt"),
    ("[the memroy](notation.md)", "memroy"),
    ("| a | arithmatic |", "arithmatic"),
    ("## Decoed and prefill", "Decoed"),
    ("The a100bandwidthh of it", "a100bandwidthh"),
])  # fmt: skip
def test_spelling_planted_in_a_source(sources, text, word) -> None:
    (sources / "docs" / "a.md").write_text(f"# A page\n\n{text}\n")
    (found,) = spelling.check(sources)
    assert found.startswith(f"docs/a.md:3: no dictionary has '{word}'")


@pytest.mark.parametrize("text", [
    "`bandwith` and $bandwith$ and [a link](bandwith.md#memroy)",
    "```text\nbandwith\n```",
    "<!-- figure: bandwith --> <a id='memroy'></a>",
    "The TTFT of a GEMV on CUDA at 312 TFLOP/s, KV caches, dtypes of 16-bit weights.",
])  # fmt: skip
def test_spelling_leaves_code_and_terms_alone(sources, text) -> None:
    (sources / "docs" / "a.md").write_text(f"# A page\n\n{text}\n")
    assert spelling.check(sources) == []


@pytest.mark.parametrize("body, word", [
    ("<svg><text>memroy</text></svg>", "memroy"),
    ("<svg><desc>A drawing of bandwith.</desc></svg>", "bandwith"),
    ("<a title='the throughpt of it' href='sub/'>x</a>", "throughpt"),
    ("<td>arithmatic</td><td>intensity</td>", "arithmatic"),
    ("<p>arith<em>matic</em></p>", "arithmatic"),
])  # fmt: skip
def test_spelling_planted_in_a_page(sources, small_site, body, word) -> None:
    page = small_site / "sub" / "index.html"
    page.write_text(page.read_text().replace("<p>A page of a test.</p>", body))
    (found,) = spelling.check(sources, small_site)
    assert found.startswith(f"sub/index.html:5: no dictionary has '{word}'")


def test_spelling_knows_the_names_in_the_data_but_not_the_notes(sources) -> None:
    (sources / "data" / "chip.toml").write_text('name = "Grobnik X9"\nnote = "It is a memroy chip."\n')
    (sources / "docs" / "a.md").write_text("# A page\n\nA Grobnik is a memroy.\n")
    (found,) = spelling.check(sources)
    assert "'memroy'" in found
    shutil.rmtree(sources / "data")
    assert len(spelling.check(sources)) == 2
