"""The whole book as one XHTML page, for a browser to print."""

import copy
import re
from itertools import pairwise
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from generators.export.cover_art import roofline_art
from generators.export.flow import Passes, passed
from generators.export.links import inside
from generators.export.manuscript import Manuscript, Part
from generators.export.title import facts
from generators.export.xhtml import XHTML, element, has_class, words

LONG_TABLE = 24  # rows from which a table may run over a page's end, between rows
Contents = list[
    tuple[str, str, list[tuple[str, str]]]
]  # of each part: its place, its title, and the same of its sections


def print_page(book: Manuscript, numbers: dict[str, int], passes: Passes | None = None) -> str:
    """The page's text.  `numbers` are the paper pages on which places stand, for the contents; none on the first pass.

    `passes` says of figures how many blocks after them come before them (see `flow.py`).
    """
    front = [_title_page(book), _contents(contents(book), numbers)]
    body = element("body", children=[*front, *(_section(part, passes or {}) for part in book.parts)])
    head = element(
        "head",
        children=[
            element("meta", charset="utf-8"),
            element("title", book.work.title),
            element("link", rel="stylesheet", href="book.css"),
            element("link", rel="stylesheet", href="print.css"),
            element("style", "".join(map(_running_head, book.parts))),
        ],
    )
    page = element("html", children=[head, body], xmlns=XHTML, lang="en")
    return '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE html>\n' + ElementTree.tostring(page, encoding="unicode")


def contents(book: Manuscript) -> Contents:
    """What the contents list: every part and its sections."""
    return [
        (
            place(part.path),
            _named(part),
            [(place(f"{part.path}#{h.get('id')}"), words(h)) for h in part.body.iter("h2")],
        )
        for part in book.parts
    ]


def place(target: str) -> str:
    """The id of a place of the book in the one page."""
    path, _, id_ = target.partition("#")
    slug = re.sub(r"[^A-Za-z0-9]+", "-", path.removesuffix(".md"))
    return f"at-{slug}--{id_}" if id_ else f"at-{slug}"


def _named(part: Part) -> str:
    return f"{part.label}. {part.title}" if part.label else part.title


def _running_head(part: Part) -> str:
    """The rule that puts a part's name at the head of its pages: each part has pages of its own name."""
    name = _named(part).replace("\\", "\\\\").replace('"', '\\"')
    page = f"part-{part.slug}"
    return f'@page {page} {{ @top-left {{ content: "{name}"; }} }}\n#{place(part.path)} {{ page: {page}; }}\n'


def _section(part: Part, passes: Passes) -> Element:
    body = copy.deepcopy(part.body)
    for blocks in (body, *(one for one in body if has_class(one, "fold"))):
        blocks[:] = passed(list(blocks), passes)
    for found in body.iter():
        if found.get("id"):
            found.set("id", place(f"{part.path}#{found.get('id')}"))
        if found.tag == "a" and inside(found.get("href", "http:")):
            found.set("href", f"#{place(found.get('href', ''))}")
            found.set("class", found.get("class", "cross"))
        if found.tag in ("a", "abbr"):
            found.attrib.pop("title", None)
    _keep_together(body)
    heading = [element("p", part.label, class_="label")] if part.label else []
    heading.append(element("h1", part.title))
    return element("section", children=[*heading, *body], id=place(part.path), class_="part")


def _keep_together(body: Element) -> None:
    """Long tables may be parted between rows; the paragraph that leads to a table, list or figure stays with it."""
    for table in body.iter("table"):
        if len(list(table.iter("tr"))) > LONG_TABLE:
            table.set("class", "long")
    folds = [one for one in body.iter("div") if has_class(one, "fold")]
    for one, next_ in (pair for block in (body, *folds) for pair in pairwise(block)):
        leads = one.tag == "p" and (next_.tag == "table" or words(one).endswith(":") or has_class(one, "unfolded"))
        if leads:
            one.set("class", " ".join([one.get("class", ""), "lead"]).strip())


def _title_page(book: Manuscript) -> Element:
    title, _, sub = book.work.title.partition(": ")
    lines = [element("p", fact) for fact in facts(book)]
    return element(
        "section",
        class_="title-page",
        children=[
            element("h1", title),
            element("p", sub[:1].upper() + sub[1:], class_="sub"),
            element("div", children=lines, class_="facts"),
            roofline_art(),
        ],
    )


def _contents(rows: Contents, numbers: dict[str, int]) -> Element:
    def line(target: str, title: str, below: list[Element]) -> Element:
        number = element("span", str(numbers.get(target, "")))
        link = element("a", title, [number], href=f"#{target}")
        return element("li", children=[link, *([element("ol", children=below)] if below else [])])

    listed = [line(target, title, [line(*row, []) for row in sections]) for target, title, sections in rows]
    return element("nav", class_="contents", children=[element("h2", "Contents"), element("ol", children=listed)])
