"""Which figures leave a page half empty before them, read off a printed PDF, and the text that fills the page instead.

A figure is not parted, so one that does not fit goes to the next page.  As in any set book, the
paragraphs and unfolded texts after it then come first, past one heading at most; tables and other figures are
not passed.  A figure of an unfolded text stays in it.
"""

import io
import re
from collections.abc import Iterator
from itertools import pairwise
from xml.etree.ElementTree import Element

from generators.export.manuscript import Manuscript
from generators.export.xhtml import has_class, words

#: Points: what is left empty below the last line before it counts, the height of a line, and the foot of a page.
GAP, LINE, FOOT = 90.0, 15.0, 68.0
LETTERS = 92  # of a line of the text's width
_PASSED, _HEADINGS = ("p", "ul", "ol"), ("h2", "h3")

Passes = dict[str, int]  # the id of a figure -> how many of the blocks after it come before it


def late(printed: bytes, book: Manuscript, known: Passes) -> Passes:
    """`known` and what else this printing asks for."""
    from pypdf import PdfReader

    pages = [_text_and_end(page) for page in PdfReader(io.BytesIO(printed)).pages]
    found = dict(known)
    for part in book.parts:
        body = passed(list(part.body), known)
        folds = [(body[at - 1] if at else None, one) for at, one in enumerate(body) if has_class(one, "fold")]
        for before, blocks in [(None, body), *((before, passed(list(fold), known)) for before, fold in folds)]:
            for at, block in enumerate(blocks):
                if block.tag == "figure" and block.get("id"):
                    gap, so_far = _gap(before, blocks, at, pages), known.get(block.get("id", ""), 0)
                    headed = any(one.tag in _HEADINGS for one in blocks[at - so_far : at])
                    if count := _filling(blocks[at + 1 :], gap, headed):
                        found[block.get("id", "")] = so_far + count
    return found


def passed(blocks: list[Element], passes: Passes) -> list[Element]:
    """The blocks of a part with each late figure after the blocks that come before it."""
    made = list(blocks)
    for block in blocks:
        if count := passes.get(block.get("id", "")):
            at = made.index(block)
            made.insert(at + count, made.pop(at))
    return made


def _text_and_end(page) -> tuple[str, float]:
    """A page's text without spaces, and how far above the foot its last line stands."""
    heights: list[float] = []

    def visit(text: str, matrix, place, _font, _size) -> None:
        height = place[4] * matrix[1] + place[5] * matrix[3] + matrix[5]  # above the page's lower edge
        if text.strip() and height > FOOT:
            heights.append(height)

    text = page.extract_text(visitor_text=visit)
    return _tight(text), min(heights, default=FOOT) - FOOT


def _gap(outside: Element | None, blocks: list[Element], at: int, pages: list[tuple[str, float]]) -> float:
    """What the page before a figure leaves empty; 0 where the figure does not begin a page.  `outside` comes before its blocks."""
    first = at
    while first and (blocks[first - 1].tag in _HEADINGS or has_class(blocks[first - 1], "unfolded")):
        first -= 1
    caption, last = next(blocks[at].iter("figcaption"), None), blocks[first - 1] if first else outside
    if last is None or caption is None or words(last).endswith(":"):
        return 0.0
    before, start = _last_words(last), _tight(words(caption))[:60]
    for (text, end), (next_, _) in pairwise(pages):
        if before and text.count(before) and start in next_ and before not in next_ and start not in text:
            return end
    return 0.0


def _last_words(block: Element) -> str:
    """The end of a block's last longer run of text: a PDF may give the signs of a formula in another order."""
    in_formulas = {part for formula in block.iter("math") for part in formula.iter()}
    runs = [
        _tight(text or "")
        for one in block.iter()
        for text in ((one.text, one.tail) if one not in in_formulas else (one.tail if one.tag == "math" else "",))
    ]
    return next((run[-40:] for run in reversed(runs) if len(run) >= 16), "")


def _filling(after: list[Element], gap: float, headed: bool = False) -> int:
    """How many of the blocks after a figure, which may have passed a heading, fill a gap; none where it is small or the first is no text."""
    count, height, may_pass = 0, 0.0, _PASSED if headed else _PASSED + _HEADINGS
    for at, block in enumerate(after if gap > GAP else [], 1):
        is_text = has_class(block, "fold") and next(block.iter("figure"), None) is None
        if height >= gap or not (is_text or block.tag in may_pass):
            break
        if block.tag in _HEADINGS:  # one, if text of its own follows it
            may_pass, height = _PASSED, height + 3 * LINE
            continue
        height += sum(_heights(block))
        if not words(block).endswith(":"):  # such a paragraph stays with what it leads to
            count = at
    return count


def _heights(block: Element) -> Iterator[float]:
    """The heights of a block's paragraphs and rows, about."""
    for part in (one for one in block.iter() if one.tag in ("p", "li", "tr")):
        formula = 3 * LINE if any("mb-math" in one.get("class", "").split() for one in part.iter()) else 0.0
        yield formula + LINE * (len(words(part)) // LETTERS + 1.6)


def _tight(text: str) -> str:
    return re.sub(r"[\s\u00ad\u200b-]+", "", text)
