"""Gate: every word is in a dictionary, in the sources and on the pages, and a misspelt one is named with its place."""

import shutil
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.gates import spelling
from tests.gates.conftest import plant
from tests.gates.node import need


@pytest.fixture(autouse=True, scope="module")
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


IN_SOURCES = [
    ("The bandwith of a chip.", "bandwith"),
    ("Its utilisaton is low.", "utilisaton"),
    ("![A figure of throughpt.](vis/a.svg)", "throughpt"),
    ("[the memroy](notation.md)", "memroy"),
    ("| a | arithmatic |", "arithmatic"),
    ("## Decoed and prefill", "Decoed"),
    ("The bandwidthh of it", "bandwidthh"),
    ("`bandwith` and $bandwith$ and [a link](bandwith.md#memroy)", ""),
    ("```text\nbandwith\n```", ""),
    ("<!-- figure: bandwith --> <a id='memroy'></a>", ""),
    ("The TTFT of a GEMV on CUDA at 312 TFLOP/s, KV caches, dtypes of 16-bit weights.", ""),
]
IN_PAGES = [
    ("<svg><text>memroy</text></svg>", "memroy"),
    ("<svg><desc>A drawing of bandwith.</desc></svg>", "bandwith"),
    ("<a title='the throughpt of it' href='sub/'>x</a>", "throughpt"),
    ("<td>arithmatic</td><td>intensity</td>", "arithmatic"),
    ("<p>arith<em>matic</em></p>", "arithmatic"),
    ("<p><code>bandwith</code> <math><mi>bandwith</mi></math></p><pre>memroy</pre>", ""),
]


@pytest.fixture(scope="module")
def planted(tmp_path_factory) -> list[str]:
    """What the gate finds in sources and pages with one fault each, in one run."""
    root, site = tmp_path_factory.mktemp("sources"), tmp_path_factory.mktemp("pages")
    (root / "docs").mkdir()
    for number, (text, _) in enumerate(IN_SOURCES):
        (root / "docs" / f"{number}.md").write_text(f"# A page\n\n{text}\n")
    plant(site, [body for body, _ in IN_PAGES])
    return spelling.check(root, site)


@pytest.mark.parametrize("number", range(len(IN_SOURCES)))
def test_spelling_planted_in_a_source(planted, number) -> None:
    here, word = [line for line in planted if line.startswith(f"docs/{number}.md:")], IN_SOURCES[number][1]
    wanted = f"docs/{number}.md:3: no dictionary has {word!r}; mend it, or add it to tests/gates/words.txt"
    assert here == ([wanted] if word else [])


@pytest.mark.parametrize("number", range(len(IN_PAGES)))
def test_spelling_planted_in_a_page(planted, number) -> None:
    here, word = [line for line in planted if line.startswith(f"planted-{number}/")], IN_PAGES[number][1]
    wanted = f"planted-{number}/index.html:5: no dictionary has {word!r}; mend it, or add it to tests/gates/words.txt"
    assert here == ([wanted] if word else [])


def test_spelling_knows_the_names_in_the_data_but_not_the_notes(sources) -> None:
    (sources / "data" / "chip.toml").write_text('name = "Grobnik X9"\nnote = "It is a memroy chip."\n')
    (sources / "docs" / "a.md").write_text("# A page\n\nA Grobnik is a memroy.\n")
    (found,) = spelling.check(sources)
    assert "'memroy'" in found
    shutil.rmtree(sources / "data")
    assert len(spelling.check(sources)) == 2
