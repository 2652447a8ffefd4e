"""A card as SVG, 1200 by 630: the book's name, the page's title, and its figure, its facts or its words."""

import re

from generators.pictures.picture import CARD_SIZE, SIGN, Card
from generators.pictures.roofline import roofline
from generators.pictures.svg_compat import plain_svg
from generators.pictures.text_layout import LEADING, fitted, text
from vis._palette import COMPUTE, COMPUTE_REGION, GRID, INK, MEMORY, MEMORY_REGION, MUTED, SURFACE

BOOK = "Memory-bound"
WIDE, HIGH = CARD_SIZE
EDGE = 56
TOP = 112  # below the line with the book's name
_BOX = re.compile(r'<svg\b[^>]*?viewBox="0 0 ([\d.]+) ([\d.]+)"')


def card_svg(card: Card) -> str:
    """The whole card; every word in it is escaped."""
    if card.wide:
        body = _with_figure(card)
    elif card.roof:
        body = _beside_roof(card)
    else:
        body = _in_words(card)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 {WIDE} {HIGH}">'
        f'<rect width="{WIDE}" height="{HIGH}" fill="{SURFACE}"/>{_frame(card)}{body}</svg>'
    )


def _frame(card: Card) -> str:
    """The mark, the book's name, what kind of page this is, and a roof in two colours along the top edge."""
    sign = _inside(SIGN.read_text(encoding="utf-8"))
    mark = f'<g transform="translate({EDGE} 40) scale(1.5)">{sign}</g>'
    return (
        f'<rect width="{WIDE * 0.38:.0f}" height="12" fill="{MEMORY}"/>'
        f'<rect x="{WIDE * 0.38:.0f}" width="{WIDE * 0.62:.0f}" height="12" fill="{COMPUTE}"/>{mark}'
        + text(BOOK, EDGE + 64, 74, 30, INK, bold=True)
        + text(card.kicker, WIDE - EDGE, 74, 26, MUTED, anchor="end")
    )


def _lines(lines: list[str], x: float, y: float, size: float, fill: str, bold: bool = False) -> str:
    """Lines from their top edge down."""
    return "".join(
        text(line, x, y + size + number * size * LEADING, size, fill, bold) for number, line in enumerate(lines)
    )


def _with_figure(card: Card) -> str:
    """The title beside the figure or above it, with the drawing, wide or narrow, that comes out largest."""
    beside, above = (WIDE - EDGE - 660, TOP, 660, HIGH - TOP - 28), (EDGE, TOP + 84, WIDE - 2 * EDGE, HIGH - TOP - 104)
    options = [
        (_scale(svg, box) * worth, place, svg, box)
        for place, box, worth in (("beside", beside, 1.1), ("above", above, 1.0))  # a column of words reads better
        for svg in (card.wide, card.narrow)
        if svg
    ]
    _, place, svg, box = max(options, key=lambda option: option[0])
    drawing = _drawing(svg, box, 1.0 if place == "beside" else 0.5)
    if place == "above":
        lines, size = fitted(card.title, (WIDE - 2 * EDGE, 64), (60, 34), bold=True)
        return _lines(lines, EDGE, TOP, size, INK, bold=True) + drawing[0]
    column = drawing[1] - EDGE - 36
    lines, size = fitted(card.title, (column, 290), (60, 34), bold=True)
    bottom = TOP + 12 + len(lines) * size * LEADING + 22
    words, small = fitted(card.words, (column, HIGH - bottom - 48), (26, 22))
    shown = _lines(words, EDGE, bottom, small, MUTED) if words and not words[-1].endswith("…") else ""
    return _lines(lines, EDGE, TOP + 12, size, INK, bold=True) + shown + drawing[0]


def _size(svg: str) -> tuple[float, float]:
    found = _BOX.search(svg)
    if found is None:
        raise ValueError("a drawing has no viewBox that starts at 0 0")
    return float(found[1]), float(found[2])


def _scale(svg: str, box: tuple[float, float, float, float]) -> float:
    wide, high = _size(svg)
    return min(box[2] / wide, box[3] / high)


def _drawing(svg: str, box: tuple[float, float, float, float], right: float) -> tuple[str, float]:
    """The figure as large as the box allows, and its left edge; `right` is the share of free width left of it."""
    wide, high = _size(svg)
    scale = _scale(svg, box)
    left, top = box[0] + (box[2] - wide * scale) * right, box[1] + (box[3] - high * scale) / 2
    return f'<g transform="translate({left:.2f} {top:.2f}) scale({scale:.4f})">{_inside(svg)}</g>', left


def _inside(svg: str) -> str:
    """What a drawing holds, without its own frame."""
    inner = plain_svg(svg)
    return inner[inner.index(">", inner.index("<svg")) + 1 : inner.rindex("</svg>")]


def _facts(card: Card, top: float, down: bool) -> str:
    """Values in large type with what they are, one under another or side by side."""
    parts, colours = [], {"memory bandwidth": MEMORY, "dense 16-bit peak": COMPUTE}
    step = (HIGH - top - 30) / max(len(card.facts), 1) if down else (WIDE - 2 * EDGE) / max(len(card.facts), 1)
    for number, (value, label) in enumerate(card.facts):
        x, y = (EDGE, top + number * step) if down else (EDGE + number * step, top)
        room = 520 if down else step - 24
        lines, size = fitted(value, (room, 60), (42 if down else 50, 22), bold=True)
        fill = colours.get(label, INK)
        parts.append(_lines(lines[:1], x, y, size, fill, bold=True) + text(label, x, y + size + 34, 24, MUTED))
    return "".join(parts)


def _beside_roof(card: Card) -> str:
    """A chip: its name and what its vendor states, beside the roofline that follows from it."""
    lines, size = fitted(card.title, (540, 190), (60, 34), bold=True)
    bottom = TOP + 12 + len(lines) * size * LEADING + 24
    bandwidth, peak = card.roof or (1.0, 1.0)
    drawing = roofline(bandwidth, peak, (640, TOP + 16, WIDE - 640 - EDGE, HIGH - TOP - 116))
    return _lines(lines, EDGE, TOP + 12, size, INK, bold=True) + _facts(card, bottom, down=True) + drawing


def _in_words(card: Card) -> str:
    """A page without a figure: a large title, what it holds, and its facts or the book's sign along the foot."""
    lines, size = fitted(card.title, (WIDE - 2 * EDGE, 230), (76, 40), bold=True)
    below, foot = TOP + 24 + len(lines) * size * LEADING + 26, HIGH - 170
    words, small = fitted(card.words, (WIDE - 2 * EDGE - 60, foot - below - 20), (34, 26))
    heading = _lines(lines, EDGE, TOP + 24, size, INK, bold=True) + _lines(words, EDGE, below, small, MUTED)
    if not card.facts:
        return heading + _sign(foot)
    rule = f'<path d="M{EDGE} {foot}H{WIDE - EDGE}" stroke="{GRID}" stroke-width="2"/>'
    return heading + rule + _facts(card, foot + 22, down=False)


def _sign(top: float) -> str:
    """A roofline from edge to edge, with no scale: the sign of the book and no figure."""
    bend, start, level = WIDE * 0.6, HIGH - 36, top + 50
    return (
        f'<path d="M0 {HIGH}V{start}L{bend} {level}V{HIGH}z" fill="{MEMORY_REGION}"/>'
        f'<path d="M{bend} {HIGH}V{level}H{WIDE}V{HIGH}z" fill="{COMPUTE_REGION}"/>'
        f'<path d="M0 {start}L{bend} {level}" stroke="{MEMORY}" stroke-width="9"/>'
        f'<path d="M{bend} {level}H{WIDE}" stroke="{COMPUTE}" stroke-width="9"/>'
        f'<circle cx="{bend}" cy="{level}" r="11" fill="{SURFACE}" stroke="{INK}" stroke-width="4"/>'
    )
