"""The book in its order, free of any format: chapters, answers, notation, method, and the numbers that these cite."""

import re
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import Element

from generators.core.addresses import Addresses, read_addresses
from generators.core.errors import BookError
from generators.export.answers import take_answers
from generators.export.hatch_lines import with_hatch_lines
from generators.export.ledger import ledger
from generators.export.links import settle
from generators.export.xhtml import Reader, drawing_words, element, has_class, parents, replace, words
from generators.release.edition import Edition, read_edition
from generators.site.cards import CHAPTER, Material
from generators.site.cited_work import Work, read_work
from generators.site.colophon import machines
from generators.site.tree import material_and_pages

NUMBERS, FOLDER, _LAST = "reference/numbers.md", "reference/numbers", "numbers"
APPENDICES = ("reference/notation.md", "reference/method.md")
ANSWERS = "answers.md"  # no page of the site: there they stand below their exercises


@dataclass
class Part:
    """A chapter or an appendix.  `path` names the site's page that it is, and links lead to it by that name.

    Ids in `body` are those of the site; a link inside the book is `path#id`, one out of it an address.
    """

    path: str
    title: str
    label: str
    body: Element

    @property
    def slug(self) -> str:
        """A short name for files and ids."""
        return self.path.rpartition("/")[2].removesuffix(".md").replace("_", "-")


@dataclass
class Manuscript:
    """The parts in order, the figures they show (SVG by name), and what the title page states."""

    parts: list[Part]
    figures: dict[str, str]
    work: Work
    edition: Edition
    addresses: Addresses
    measured_on: str
    home: str


def read_manuscript(root: Path) -> Manuscript:
    """The whole book.  Raises `BookError` or `BookErrors` where a page, a link or CITATION.cff is faulty."""
    material, made = material_and_pages(root)
    pages = {page.path: str(page.content) for page in made if page.path.endswith(".md")}
    reader, addresses, work = Reader(root), read_addresses(root), read_work(root)
    if work is None:
        raise BookError("CITATION.cff", None, "found no such file, wanted it for the title page; restore it")
    parts = [_part(path, text, reader) for path, text in pages.items() if CHAPTER.fullmatch(path)]
    parts.sort(key=lambda part: part.path)
    chapters = list(parts)
    appendices = [_part(path, pages[path], reader) for path in APPENDICES if path in pages]
    for part in [*chapters, *appendices]:
        _figures(part, _live_address(part, addresses))
    answers = Part(ANSWERS, "Answers", "", take_answers(chapters))
    parts += [answers, *appendices]
    numbers = [_numbers(reader.tree(text, path)) for path, text in pages.items() if path.startswith(f"{FOLDER}/")]
    for link in (
        link for part in parts for link in part.body.iter("a")
    ):  # one appendix here, several pages on the site
        link.set("href", re.sub(rf"^(?:.*/)?{_LAST}/[\w-]+\.md#", f"{NUMBERS}#", link.get("href", "")))
    if numbers:
        parts.append(Part(NUMBERS, "Numbers", "", ledger(numbers, parts)))
    settle(parts, set(pages), addresses)
    return Manuscript(
        parts,
        _drawings(material, parts),
        work,
        read_edition(root),
        addresses,
        machines(root / "data" / "measurements"),
        str(root),
    )


def _part(path: str, text: str, reader: Reader) -> Part:
    body = reader.tree(text, f"docs/{path}")
    heading = body.find("h1")
    if heading is None:
        raise BookError(f"docs/{path}", None, "found no heading of the first level, wanted one for the book's contents")
    number = CHAPTER.fullmatch(path)
    body.remove(heading)
    return Part(path, words(heading), f"Chapter {int(number[1])}" if number else "", body)


def _numbers(body: Element) -> Element:
    """A part of the numbers, its links as they read from the one page that holds all."""
    for link in body.iter("a"):
        if href := link.get("href", ""):
            link.set("href", re.sub(r"^[\w-]+\.md#", "#", href).removeprefix("../"))
    return body


def _live_address(part: Part, addresses: Addresses) -> str:
    return "" if addresses.is_placeholder else addresses.site + re.sub(r"\.md$", "/", part.path)


def _figures(part: Part, live: str) -> None:
    """Drawings as pictures with their words, no buttons, and no place for scripts."""
    up = parents(part.body)
    for found in list(part.body.iter()):
        if has_class(found, "mb-drawings"):
            name = up[found].get("id", "").removeprefix("fig-")
            picture = element("img", src=f"figures/{name}.svg", alt=drawing_words(found))
            replace(up[found], found, [element("div", children=[picture], class_="drawing")])
        elif has_class(found, "mb-figure__links"):
            replace(up[found], found, [])
        elif has_class(found, "mb-live-box"):
            replace(up[found], found, [_live(live)])


def _live(address: str) -> Element:
    """What stands where a live figure stands on the site."""
    note = element("p", "On the site, this figure answers to sliders and takes other models and chips", class_="live")
    if address:
        note.text += ": "
        note.append(element("a", address, href=address))
    else:
        note.text += "."
    return note


def _drawings(material: Material, parts: list[Part]) -> dict[str, str]:
    """The SVG of every figure shown, in its light colours only: a reader's night mode does not reach into pictures."""
    shown = [found.get("src", "") for part in parts for found in part.body.iter("img")]
    names = [match[1] for src in shown if (match := re.fullmatch(r"figures/(.+)\.svg", src))]
    light = {name: re.sub(r"<style>.*?</style>", "", material.figures[name].wide, flags=re.DOTALL) for name in names}
    return {name: with_hatch_lines(svg) for name, svg in light.items()}
