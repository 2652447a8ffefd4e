"""Gate: the site's HTML, MathML and SVG are valid, and the checker sees what it should."""

import re

import pytest

from tests.gates import validity
from tests.gates.node import need


@pytest.fixture(autouse=True)
def _tools() -> None:
    need(validity.why_not_here())


def test_validity_of_every_page_and_drawing(site) -> None:
    said = validity.messages(site)
    faults = [validity._line(site, message) for message in said if not validity.tolerated(message)]
    assert faults == []
    unused = [reason for *patterns, reason in validity.TOLERATED if not any(_fits(patterns, one) for one in said)]
    assert unused == [], "tolerated, but nothing asks for it any more: take it out of the table"


def _fits(patterns: list[str], message: dict) -> bool:
    return all(
        re.search(p, text) for p, text in zip(patterns, (message["message"], message.get("extract", "")), strict=True)
    )


PLANTED = [
    ("<p>a<div>b</div></p>", "No “p” element in scope"),
    ("<p id='top'>twice</p>", "Duplicate ID “top”"),
    ("<img src='x.png'>", "alt"),
    ("<table><tr><td colspan=2>x</table><ul><p>x</p></ul>", "not allowed as child of element “ul”"),
    ("<a href='a'><a href='b'>x</a></a>", "Start tag “a” seen but an element of the same type was already open"),
    ("<math><mfrac><mn>1</mn></mfrac></math>", "“mfrac”"),
    ("<svg viewBox='0 0 1 1'><rect widht='1'/></svg>", "“widht”"),
    ("<input type='checkbox' autocomplete='off' aria-label='x'>", "“autocomplete”"),
    ("<p role='nte'>x</p>", "“nte”"),
    ("<h1>again</h1><p style='color:redd'>x</p>", "“color”"),
]


@pytest.mark.parametrize("body, message", PLANTED, ids=[message for _, message in PLANTED])
def test_validity_planted(small_site, body, message) -> None:
    page = small_site / "sub" / "index.html"
    page.write_text(page.read_text().replace("<p>A page of a test.</p>", body))
    found = validity.check(small_site)
    assert any(line.startswith("sub/index.html:5: ") and message in line for line in found), found


def test_validity_planted_in_a_drawing(small_site) -> None:
    assert validity.check(small_site) == []
    (small_site / "a.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"><g><circel r="1"/></g></svg>')
    found = validity.check(small_site)
    assert found and all(line.startswith("a.svg:1: ") for line in found) and "circel" in found[0]
