"""The numbers that the book cites, and those they were computed from, each as a short paragraph.

The site's table has four columns and every number of the project; on paper that would be a third of
it unread, in columns too narrow for a derivation.  Sources stand once, in a list at the end, and entries name
their numbers there.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element

from generators.export.xhtml import element, words

if TYPE_CHECKING:
    from generators.export.manuscript import Part

_PAGE = "numbers.md"


def ledger(pages: list[Element], parts: list[Part]) -> Element:
    """The body of the appendix, from the trees of the site's pages of numbers."""
    rows = {
        row.find("td/a").get("id", ""): row
        for page in pages
        for row in page.iter("tr")
        if row.find("td/a[@id]") is not None
    }
    wanted = _reached(_cited(part.body for part in parts), rows)
    body = element("body", children=[element("p", _ABOUT)])
    sources = _Sources()
    for page in pages:
        shown = [_entry(id_, row, sources) for row in page.iter("tr") if (id_ := _id(row)) in wanted]
        if shown:
            title = words(page.find("h1")).removeprefix("Numbers: ")
            body.append(element("h2", title, id=f"numbers-{len(body)}"))
            body.append(element("div", children=shown, class_="ledger"))
    body.append(element("h2", "Sources of the numbers", id="sources-of-the-numbers"))
    body.append(element("div", children=sources.listed(), class_="ledger"))
    return body


class _Sources:
    """The sources that entries name, numbered as they first come."""

    def __init__(self) -> None:
        self._links: dict[str, Element] = {}

    def marks(self, cell: Element) -> Iterator[list[Element]]:
        """Links to the places in the list of the sources that a cell links to: one, or the first and last of three or more in a row."""
        for link in cell.iter("a"):
            self._links.setdefault(link.get("href", ""), link)
        known = list(self._links)
        places = sorted({known.index(link.get("href", "")) + 1 for link in cell.iter("a")})
        for _, run in groupby(enumerate(places), lambda pair: pair[1] - pair[0]):
            row = [place for _, place in run]
            for ends in [[row[0], row[-1]]] if len(row) > 2 else [[place] for place in row]:
                yield [element("a", str(place), href=f"#source-{place}") for place in ends]

    def listed(self) -> list[Element]:
        """Every source with its number, linked to where it can be read."""
        made = []
        for index, link in enumerate(self._links.values(), 1):
            shown = element("a", words(link), href=link.get("href", ""))
            made.append(element("p", f"[{index}] ", children=[shown], id=f"source-{index}"))
        return made


_ABOUT = (
    "Every number of the text is a link to its entry here: what it means, how it was computed, from which numbers and, in "
    "brackets, from which sources of the list at the end. Numbers that only the site shows are left out."
)


def _id(row: Element) -> str:
    mark = row.find("td/a[@id]")
    return "" if mark is None else mark.get("id", "")


def _cited(bodies) -> set[str]:
    """Ids of all numbers that texts link to."""
    targets = [link.get("href", "") for body in bodies for link in body.iter("a")]
    return {target.partition("#")[2] for target in targets if target.partition("#")[0].endswith(_PAGE)}


def _reached(cited: set[str], rows: dict[str, Element]) -> set[str]:
    """These numbers and all that they were computed from."""
    reached, waiting = set(), sorted(cited)
    while waiting:
        id_ = waiting.pop()
        if id_ in reached or id_ not in rows:
            continue
        reached.add(id_)
        waiting += [link.get("href", "")[1:] for link in rows[id_].iter("a") if link.get("href", "").startswith("#")]
    return reached


def _entry(id_: str, row: Element, sources_: _Sources) -> Element:
    """A row as a paragraph: the value, its meaning and derivation, the numbers behind it, its sources by their numbers."""
    value, meaning, behind, sources = (list(row.iter("td")) + [element("td")] * 4)[:4]
    entry = element("p", children=[element("strong", words(value))], id=id_)
    _add(entry, " ", meaning)
    if len(behind):
        _add(entry, " From ", behind, ".")
    between = " ["
    for marks in sources_.marks(sources):
        for mark in marks:
            entry[-1].tail = (entry[-1].tail or "") + between
            entry.append(mark)
            between = "–"
        between = ", "
    if between == ", ":
        entry[-1].tail = "]"
    return entry


def _add(entry: Element, before: str, cell: Element, after: str = "") -> None:
    """A cell's content at an entry's end."""
    entry[-1].tail = (entry[-1].tail or "") + before + (cell.text or "")
    entry.extend(list(cell))
    entry[-1].tail = (entry[-1].tail or "") + after
