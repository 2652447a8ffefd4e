"""Gate: the tree builds strictly, and each fault planted in a copy of it aborts the build and is named."""

import json

import pytest

from tests.gates import build


def test_build_of_the_tree_as_it_is(tree, tmp_path) -> None:
    assert build.check(tree, tmp_path / "site") == []
    assert (tmp_path / "site" / "index.html").is_file()


def add(tree, text: str, page: str = "index.md") -> None:
    """Put a line of text at the end of a page."""
    path = tree / "docs" / page
    path.write_text(path.read_text(encoding="utf-8") + f"\n{text}\n", encoding="utf-8")


def remove_figure(tree) -> None:
    (tree / "docs" / "vis" / "ridge_points.svg").unlink()


def stale_number(tree) -> None:
    path = tree / "docs" / "01_memory_bound.md"
    text = path.read_text(encoding="utf-8")
    assert "[2.04 TB/s](reference/numbers.md#a100-sxm4-80gb.bandwidth)" in text
    path.write_text(
        text.replace(
            "[2.04 TB/s](reference/numbers.md#a100-sxm4-80gb.bandwidth)",
            "[2.14 TB/s](reference/numbers.md#a100-sxm4-80gb.bandwidth)",
        ),
        encoding="utf-8",
    )


def changed_fact(tree) -> None:
    path = tree / "data" / "accelerators" / "a100-sxm4-80gb.toml"
    text = path.read_text(encoding="utf-8")
    assert '"2039 GB/s"' in text
    path.write_text(text.replace("2039 GB/s", "2139 GB/s").replace("2,039GB/s", "2,139GB/s"), encoding="utf-8")


def unsourced_fact(tree) -> None:
    path = tree / "data" / "accelerators" / "l4.toml"
    path.write_text(
        path.read_text(encoding="utf-8").replace('source = "nvidia-l4-page"', 'source = "hearsay"'), encoding="utf-8"
    )


def broken_record(tree) -> None:
    path = next((tree / "data" / "measurements").glob("*.json"))
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | {"profile": 7}), encoding="utf-8")


def page_without_a_place_in_the_menu(tree) -> None:
    (tree / "docs" / "05_new.md").write_text("# New\n\nText.\n")


#: Faults that are reported beside one another, so that one build judges them all, with what names each.
LINKS = {
    "broken link": (lambda tree: add(tree, "[x](nowhere.md)"), "'nowhere.md'"),
    "broken link below": (lambda tree: add(tree, "[x](../missing.md)", "reference/method.md"), "../missing.md"),
    "absolute link": (lambda tree: add(tree, "[x](/explorer/)"), "/explorer/"),
    "missing anchor of the page": (lambda tree: add(tree, "[x](#nowhere)"), "'#nowhere'"),
    "missing anchor of another": (lambda tree: add(tree, "[x](explorer.md#missing)"), "explorer.md#missing"),
    "missing picture": (lambda tree: add(tree, "![A picture.](assets/nowhere.png)"), "nowhere.png"),
    "page that the menu lacks": (page_without_a_place_in_the_menu, "05_new.md"),
}
BOOK = {
    "missing figure": (lambda tree: add(tree, "![A figure.](vis/nowhere.svg)"), "vis/nowhere.svg"),
    "removed figure": (remove_figure, "ridge_points.svg"),
    "stale number": (stale_number, "01_memory_bound.md"),
    "unknown number": (lambda tree: add(tree, "[9 ms](reference/numbers.md#no.such)"), "no.such"),
}
#: Each of these is reported alone: a record that cannot be read stops the reading before sources are looked up.
UNSOURCED = {"fact without a source": (unsourced_fact, "hearsay")}
RECORD = {"record of another shape": (broken_record, "profile")}
CHANGED = {"fact that changed": (changed_fact, "a100-sxm4-80gb")}


@pytest.mark.parametrize(
    "faults", [LINKS, BOOK, UNSOURCED, RECORD, CHANGED], ids=["links", "book", "unsourced", "record", "changed"]
)
def test_build_aborts_and_names_each_planted_fault(tree, tmp_path, faults) -> None:
    for plant, _ in faults.values():
        plant(tree)
    found = build.check(tree, tmp_path / "site")
    unnamed = [fault for fault, (_, named) in faults.items() if not any(named in line for line in found)]
    assert unnamed == [], "\n".join(found)
