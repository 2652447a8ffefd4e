"""Gate: the site's HTML, MathML and SVG are valid, and the checker sees what it should."""

import re

import pytest

from tests.gates import validity
from tests.gates.conftest import plant
from tests.gates.node import need


@pytest.fixture(autouse=True, scope="module")
def _tools() -> None:
    need(validity.why_not_here())


def test_validity_of_every_page_and_drawing(site) -> None:
    said = validity.messages(site)
    assert [validity.line(site, message) for message in said if not validity.tolerated(message)] == []
    unused = [reason for *patterns, reason in validity.TOLERATED if not any(fits(patterns, one) for one in said)]
    assert unused == [], "tolerated, but nothing asks for it any more: take it out of the table"


def fits(patterns: list[str], message: dict) -> bool:
    """Whether a message is the one that a row of the table lets pass."""
    texts = (message["message"], message.get("extract", ""))
    return all(re.search(pattern, text) for pattern, text in zip(patterns, texts, strict=True))


PLANTED = [
    ("<p>a<div>b</div></p>", "No “p” element in scope"),
    ("<p id='top'>twice</p>", "Duplicate ID “top”"),
    ("<img src='x.png'>", "must have an “alt” attribute"),
    ("<table><tr><td colspan=2>x</table><ul><p>x</p></ul>", "not allowed as child of element “ul”"),
    ("<a href='a'><a href='b'>x</a></a>", "Start tag “a” seen but an element of the same type was already open"),
    ("<math><mfrac><mn>1</mn></mfrac></math>", "Element “mfrac” is missing"),
    ("<math><mn scriptlevl='1'>1</mn></math>", "“scriptlevl”"),
    ("<svg viewBox='0 0 1 1'><rect wdth='1'/></svg>", "“wdth”"),
    ("<input type='checkbox' autocomplete='off' aria-label='x'>", "“autocomplete”"),
    ("<label for='__toc'>x</label>", "“for” attribute"),
    ("<p role='nte'>x</p>", "“nte”"),
    ("<p style='color:redd'>x</p>", "“redd” is not a “color” value"),
    ("<p>&nosuch; <b>open</p>", "“b”"),
    ("<p onclik='x()'>x</p>", "“onclik”"),
]


@pytest.fixture(scope="module")
def planted(tmp_path_factory) -> list[str]:
    """What the gate finds on pages with one fault each."""
    folder = tmp_path_factory.mktemp("validity")
    plant(folder, [body for body, _ in PLANTED])
    return validity.check(folder)


@pytest.mark.parametrize("number", range(len(PLANTED)), ids=[message for _, message in PLANTED])
def test_validity_planted(planted, number) -> None:
    here = [line for line in planted if line.startswith(f"planted-{number}/index.html:5: ")]
    assert any(PLANTED[number][1] in line for line in here), here or planted


def test_validity_planted_in_a_drawing(small_site) -> None:
    assert validity.check(small_site) == []
    (small_site / "a.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"><g><circel r="1"/></g></svg>')
    found = validity.check(small_site)
    assert found and all(line.startswith("a.svg:1: ") for line in found) and "circel" in found[0]
