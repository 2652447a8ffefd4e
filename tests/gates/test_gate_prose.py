"""Gate: the Markdown is sound and the prose keeps to the book's style; each rule finds the fault planted for it."""

import pytest

from tests.conftest import ROOT
from tests.gates import prose
from tests.gates.conftest import plant
from tests.gates.node import need, why_not


@pytest.fixture
def _markdownlint() -> None:
    need(why_not("markdownlint-cli2"))


def test_prose_of_every_page(_markdownlint) -> None:
    assert prose.check(ROOT) == []


def test_prose_of_the_pages_as_built(site) -> None:
    assert prose.built(site, ROOT) == []


def test_prose_planted_in_a_built_page(small_site, tmp_path) -> None:
    for name in ("data", "vis"):
        (tmp_path / name).mkdir()
    (tmp_path / "data" / "a.toml").write_text('title = "Counting FLOPS"\nnote = "bandwidth-bound"\n')
    plant(
        small_site,
        ["<p>FLOPS, quoted.</p>", "<p>A bandwidth-bound pass.</p>", "<svg><text>machine balance</text></svg>"],
    )
    assert prose.built(small_site, tmp_path) == [
        "planted-1/index.html:5: found 'bandwidth-bound'; wanted memory-bound",
        "planted-2/index.html:5: found 'machine balance'; wanted ridge point",
    ]


def style(folder, text) -> list[str]:
    page = folder / "a.md"
    page.write_text(f"---\ndescription: x\n---\n\n# A page\n\n{text}\n")
    return list(prose.style(page, "docs/a.md"))


@pytest.mark.parametrize(
    "text, found, wanted",
    [
        ("It does many FLOPS.", "'FLOPS'", "FLOP/s (rate)"),
        ("It counts flops.", "'flops'", "FLOP (work)"),
        ("Decode is bandwidth-bound.", "'bandwidth-bound'", "memory-bound"),
        ("Decode is memory bound.", "'memory bound'", "a hyphen"),
        ("Its operational intensity is low.", "'operational intensity'", "arithmetic intensity"),
        ("The machine balance is high.", "'machine balance'", "ridge point"),
        ("The pre-fill is done.", "'pre-fill'", "prefill"),
        ("The KV-cache grows.", "'KV-cache'", "KV cache"),
        ("A file of many Gb.", "'Gb'", "bytes"),
        ("A file of many KB.", "'KB'", "kB"),
        ("Counted in tok/s here.", "'tok/s'", "token/s"),
        ("The colour of it.", "'colour'", "American"),
        ("Its utilisation is low.", "'utilisation'", "American"),
        ("| a | **FLOPS** |", "'FLOPS'", "FLOP/s"),
        ("![It does FLOPS.](vis/a.svg)", "'FLOPS'", "FLOP/s"),
        ("- an impressive chip", "'impressive'", "praises"),
        ("Simply put, it waits.", "'Simply'", "praises"),
        ("A state-of-the-art chip.", "'state-of-the-art'", "praises"),
        ("It waits. It computes.", "'It computes.'", "one sentence to a line"),
        ("It waits (long). **It** computes.", "second sentence", "one sentence to a line"),
        ("It waits. [It](b.md) computes.", "second sentence", "one sentence to a line"),
        ("It takes [9 ms](numbers.md#a.b). It computes.", "second sentence", "one sentence to a line"),
        ("It waits for\nmemory.", "ends at 'It waits for'", "the whole sentence on one line"),
    ],
)
def test_prose_planted(tmp_path, text, found, wanted) -> None:
    (fault,) = style(tmp_path, text)
    assert fault.startswith("docs/a.md:7: ") and found in fault and wanted in fault


@pytest.mark.parametrize(
    "text",
    [
        "Decode is memory-bound, at 312 TFLOP/s and few FLOP, near the memory bound.",
        "`FLOPS` and $flops$ and [maximum FLOPS](https://example.org/FLOPS) and <!-- FLOPS -->",
        "1. The first. It has two sentences.",
        "- Rates are dense. Vendors print more.",
        "**2. A smaller one.**\nIt is small, e.g. an L4, in Python 3.11.",
        "```text\nFLOPS are amazing. Yes\nthey are\n```",
        "It is given by\n\n$$\nx\n$$\n\nwhere x is:",
    ],
)
def test_prose_leaves_sound_text_alone(tmp_path, text) -> None:
    assert style(tmp_path, text) == []


MARKDOWN = [
    ("Consider:\n- a list\n- without a line before it", "MD032"),
    ("```\ncode\n```", "MD040"),
    ("#### Deep", "MD001"),
    ("# Another title", "MD025"),
    ("![](a.png)", "MD045"),
    ("[text]()", "MD042"),
    ("[text](#nowhere)", "MD051"),
    ("| a | b |\n| - | - |\n| 1 |", "MD056"),
    ("<center>x</center>", "MD033"),
    ("## A\n\n## A", "MD024"),
    ("Trailing tab\there", "MD010"),
    ("**A bold line as a heading**", "MD036"),
    ("(text)[a.md]", "MD011"),
]


@pytest.fixture(scope="module")
def planted(tmp_path_factory) -> list[str]:
    """What markdownlint finds in pages with one fault each, in one run."""
    need(why_not("markdownlint-cli2"))
    root = tmp_path_factory.mktemp("markdown")
    (root / "docs").mkdir()
    for number, (text, _) in enumerate(MARKDOWN):
        (root / "docs" / f"{number}.md").write_text(f"# A page\n\nSome words.\n\n{text}\n")
    return prose.markdown(root)


@pytest.mark.parametrize("number", range(len(MARKDOWN)), ids=[rule for _, rule in MARKDOWN])
def test_prose_planted_in_markdown(planted, number) -> None:
    here = [line for line in planted if line.startswith(f"docs/{number}.md:")]
    assert here and all(MARKDOWN[number][1] in line for line in here), here
