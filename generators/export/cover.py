"""The cover of the EPUB: title and roofline, drawn to PNG since many readers take no other kind."""

from xml.etree import ElementTree

from generators.export.cover_art import SIZE as ROOF
from generators.export.cover_art import roofline_art
from generators.export.manuscript import Manuscript
from generators.pictures.png import check
from generators.pictures.text_layout import LEADING, fitted, text
from vis._palette import INK, MUTED, SURFACE

WIDE, HIGH, EDGE = 1200, 1800, 96
_SCALE = WIDE / ROOF[0]
_TALL = ROOF[1] * _SCALE


def draw_cover(book: Manuscript) -> bytes:
    """A PNG; a `BookError` where the library or the font is missing."""
    check()
    import cairosvg

    return cairosvg.svg2png(bytestring=cover_svg(book).encode(), output_width=WIDE)


def cover_svg(book: Manuscript) -> str:
    """The cover as SVG; every word is escaped."""
    title, _, sub = book.work.title.partition(": ")
    room = WIDE - 2 * EDGE
    head, size = fitted(title, (room, 300), (132, 72), bold=True)
    below, small = fitted(sub[:1].upper() + sub[1:], (room, 220), (58, 40))
    parts, y = [], 430.0
    for lines, height, fill, bold in ((head, size, INK, True), (below, small, MUTED, False)):
        for line in lines:
            y += height * LEADING
            parts.append(text(line, EDGE, y, height, fill, bold))
        y += 24
    parts.append(text(book.edition.name, EDGE, 1060, 36, MUTED))
    drawing = "".join(ElementTree.tostring(shape, encoding="unicode") for shape in roofline_art())
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {HIGH}">'
        f'<rect width="{WIDE}" height="{HIGH}" fill="{SURFACE}"/>{"".join(parts)}'
        f'<g transform="translate(0 {HIGH - _TALL:.1f}) scale({_SCALE:.4f})">{drawing}</g></svg>'
    )
