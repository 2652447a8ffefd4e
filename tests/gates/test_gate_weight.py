"""Gate: no page is over its budget; pages made too heavy in each way are found."""

import os
import re

import pytest

from generators.core.chromium import missing
from tests.gates import loads, weight
from tests.gates.node import need


def test_weight_by_files(site) -> None:
    assert weight.check(site) == []


def test_weight_in_chromium(recorded) -> None:
    assert weight.reported(recorded) == []


def test_weight_of_a_chapter_is_the_same_by_files_and_in_chromium(site, recorded) -> None:
    """Headers apart, the two ways to weigh agree, so that neither misses a part."""
    for address, one in recorded.items():
        if re.match(r"\d\d_", address):
            files = {
                path.relative_to(site).as_posix().removesuffix("index.html") for path in weight._files(site, address)
            }
            assert {name.split("?")[0] for name in one.weights} == files, address


def test_weight_search_index_is_not_fetched_before_it_is_wanted(recorded) -> None:
    assert [page for page, one in recorded.items() if any("search_index" in name for name in one.weights)] == []


@pytest.fixture
def chapter(small_site):
    """A chapter within its budget."""
    page = small_site / "01_planted" / "index.html"
    page.parent.mkdir()
    page.write_text((small_site / "sub" / "index.html").read_text())
    return page


PLANTED = [
    ("<p>x</p>", lambda site: None, []),
    (
        '<img src="../big.png" alt="x">',
        lambda site: (site / "big.png").write_bytes(b"\x89PNG\r\n\x1a\n" + os.urandom(260_000)),
        ["big.png"],
    ),
    (
        '<script src="../big.js"></script>',
        lambda site: (site / "big.js").write_text("//" + os.urandom(300_000).hex()),
        ["big.js"],
    ),
    (
        '<link rel="stylesheet" href="../big.css">',
        lambda site: (site / "big.css").write_text("/*" + os.urandom(300_000).hex() + "*/"),
        ["big.css"],
    ),
    (
        '<link rel="stylesheet" href="../a.css"><math><mi>x</mi></math><p style="font-family:F">x</p>',
        lambda site: (
            (site / "a.css").write_text("@font-face{font-family:F;src:url(f.woff2)}"),
            (site / "f.woff2").write_bytes(os.urandom(260_000)),
        ),
        ["f.woff2"],
    ),
]


@pytest.mark.parametrize("body, make, names", PLANTED)
def test_weight_planted(small_site, chapter, body, make, names) -> None:
    need(missing())
    chapter.write_text(chapter.read_text().replace("<p>A page of a test.</p>", body))
    make(small_site)
    for found in (weight.check(small_site), weight.reported(loads.record(small_site, ["01_planted/"]))):
        assert len(found) == len(names), found
        assert all(line.startswith("01_planted/: ") and name in line for name, line in zip(names, found, strict=True))


def test_weight_of_too_much_text(small_site, chapter) -> None:
    chapter.write_text(chapter.read_text().replace("A page of a test.", os.urandom(260_000).hex()))
    assert len(weight.check(small_site)) == 1 and "index.html" in weight.check(small_site)[0]
