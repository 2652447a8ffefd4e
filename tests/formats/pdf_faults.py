"""What is wrong with a PDF of the book, one line each: bookmarks, links, contents, pictures, and what a page's end cuts."""

import re
from itertools import pairwise
from pathlib import Path

from pypdf import PdfReader
from pypdf.generic import DictionaryObject

from generators.export.manuscript import NUMBERS, Manuscript
from generators.export.pdf import page_numbers
from generators.export.print_page import LONG_TABLE, contents, place
from generators.export.xhtml import has_class, words


class Printed:
    """A PDF's text by page without spaces, the page of each place, and its links as (page, target)."""

    def __init__(self, path: Path) -> None:
        self.reader = PdfReader(path)
        self.places = page_numbers(path.read_bytes())
        self.texts = [tight(page.extract_text()) for page in self.reader.pages]
        self.links = [
            (number, _target(mark.get_object()))
            for number, page in enumerate(self.reader.pages, 1)
            for mark in page.get("/Annots", [])
        ]

    def pages_with(self, text: str) -> list[int]:
        """Pages that hold a text whole."""
        return [number for number, found in enumerate(self.texts, 1) if tight(text) in found]


def tight(text: str) -> str:
    """Text without spaces and hyphens, which a line's end may add or hide."""
    return re.sub(r"[\s\u00ad\u200b-]+", "", text)


def _target(mark: DictionaryObject) -> str:
    if "/Dest" in mark:
        return str(mark["/Dest"]).removeprefix("/")
    return str(mark["/A"].get("/URI") or mark["/A"].get("/D") or "")


def bookmarks(printed: Printed, book: Manuscript) -> list[str]:
    """Every part and section is a bookmark, in order."""
    titles = [tight(str(row.title)) for row in _flat(printed.reader.outline)]
    wanted = [
        tight(words_) for part in book.parts for words_ in (part.title, *(words(h) for h in part.body.iter("h2")))
    ]
    place_ = 0
    for title in wanted:
        if title not in titles[place_:]:
            return [f"bookmark {title!r} is not there, or not in order"]
        place_ = titles.index(title, place_) + 1
    return []


def _flat(rows: list) -> list:
    return [one for row in rows for one in (_flat(row) if isinstance(row, list) else [row])]


def links(printed: Printed, book: Manuscript) -> list[str]:
    """Each link leads to a place of the PDF or to an https address, and there are as many as in the manuscript."""
    found = [
        f"page {page}: dead link to {target or 'nothing'}"
        for page, target in printed.links
        if target not in printed.places and not target.startswith("https://")
    ]
    there = {target for _, target in printed.links}
    inner = {
        place(link.get("href", ""))
        for part in book.parts
        for link in part.body.iter("a")
        if link.get("href") and not link.get("href", "").startswith("http")
    }
    return found + [f"no link leads to {target}" for target in sorted(inner - there)]


def listed(printed: Printed, book: Manuscript) -> list[str]:
    """The contents name the page on which each part and section stands, and it does stand there."""
    last = min(printed.places[place(part.path)] for part in book.parts)
    text, found = "".join(printed.texts[: last - 1]), []
    for target, title, sections in contents(book):
        for where, name in [(target, title), *sections]:
            page = printed.places[where]
            if tight(f"{name}{page}") not in text:
                found.append(f"contents lack {name!r} on page {page}")
            if (
                tight(name.partition(". ")[2] if where == target and name.startswith("Chapter") else name)
                not in printed.texts[page - 1]
            ):
                found.append(f"{name!r} is not on page {page}")
    return found


def pictures(printed: Printed) -> list[str]:
    """Pages with pictures made of dots, in whatever form or pattern they hide."""
    return [
        f"page {number}: a picture of dots"
        for number, page in enumerate(printed.reader.pages, 1)
        if _dots(page["/Resources"], set())
    ]


def _dots(resources: DictionaryObject, seen: set[int]) -> bool:
    resources = resources.get_object()
    for kind in ("/XObject", "/Pattern"):
        for held in (resources.get(kind) or {}).values():
            number, held = held.idnum, held.get_object()
            if number in seen:
                continue
            seen.add(number)
            if held.get("/Subtype") == "/Image" or ("/Resources" in held and _dots(held["/Resources"], seen)):
                return True
    return False


def cut(printed: Printed, book: Manuscript) -> list[str]:
    """Headings apart from their text, tables parted that fit a page, rows parted, captions apart from their figure."""
    found = []
    for part in book.parts:
        following = list(part.body)
        for heading, next_ in pairwise(following):
            start = words(heading) + words(next_)[:30]
            if heading.tag in ("h2", "h3") and next_.tag == "p" and not _drawn(next_) and not printed.pages_with(start):
                found.append(f"{part.path}: {words(heading)!r} is apart from its text")
        for table in part.body.iter("table"):
            rows = [words_ for row in table.iter("tr") if not _drawn(row) and (words_ := "".join(row.itertext()))]
            whole = [] if len(rows) > LONG_TABLE or _drawn(table) else ["".join(rows)]
            found += [
                f"{part.path}: a table or row is cut: {' '.join(text.split())[:40]!r}"
                for text in [*rows, *whole]
                if not printed.pages_with(text)
            ]
        found += [f"{part.path}: {name} is apart from its caption" for name in _figures(part, printed)]
    return found


def _drawn(element) -> bool:
    """Whether it holds a formula, whose signs a PDF's text may order otherwise."""
    return any(found.tag == "math" for found in element.iter())


def _figures(part, printed: Printed) -> list[str]:
    """Figures whose caption and drawing are on different pages: a drawing's last line names its data."""
    lost = []
    for figure in part.body.iter("figure"):
        caption = next(figure.iter("figcaption"), None)
        if caption is None or not has_class(figure, "mb-figure"):
            continue
        pages = printed.pages_with(words(caption)[:60])
        if not any(re.search(r"Data:|Measured:|Predicted", printed.texts[page - 1]) for page in pages):
            lost.append(figure.get("id", ""))
    return lost


def answers(printed: Printed, book: Manuscript) -> list[str]:
    """Every exercise leads to its answer and every answer back."""
    found, count = [], 0
    for part in book.parts:
        for exercise in (e for e in part.body.iter("p") if e.get("id", "").startswith("exercise-")):
            count += 1
            id_ = exercise.get("id", "").removeprefix("exercise-")
            there, back = place(f"answers.md#answer-{id_}"), place(f"{part.path}#exercise-{id_}")
            if (printed.places.get(back), there) not in [(p, t) for p, t in printed.links] and not any(
                t == there and p - printed.places.get(back, 0) in (0, 1) for p, t in printed.links
            ):
                found.append(f"exercise {id_} does not lead to its answer")
            if not any(t == back and p - printed.places.get(there, 0) in (0, 1) for p, t in printed.links):
                found.append(f"answer {id_} does not lead back")
    return found if count else ["no exercise has an answer"]


def numbers(printed: Printed, book: Manuscript) -> list[str]:
    """A number of the text stands on the page that its link leads to."""
    found = []
    for part in book.parts:
        for link in part.body.iter("a"):
            if has_class(link, "mb-num") and link.get("href", "").startswith(NUMBERS):
                page = printed.places.get(place(link.get("href", "")))
                if page is None or tight(words(link)) not in printed.texts[page - 1]:
                    found.append(f"{part.path}: {words(link)} is not where its link leads, page {page}")
    return found
