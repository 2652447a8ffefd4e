"""Words on a card: how wide they are in the font that draws them, and how a title is broken and shrunk to fit."""

from collections.abc import Callable
from functools import lru_cache
from xml.sax.saxutils import escape

FONT = "DejaVu Sans"
Measure = Callable[[str, float, bool], float]  # text, size in pixels, whether bold -> width in pixels


@lru_cache(maxsize=2)
def _context(bold: bool):
    import cairocffi

    context = cairocffi.Context(cairocffi.ImageSurface(cairocffi.FORMAT_A8, 1, 1))
    weight = cairocffi.FONT_WEIGHT_BOLD if bold else cairocffi.FONT_WEIGHT_NORMAL
    context.select_font_face(FONT, cairocffi.FONT_SLANT_NORMAL, weight)
    context.set_font_size(100)
    return context


def width(text: str, size: float, bold: bool = False) -> float:
    """The advance of a line in pixels, asked of the library that will draw it."""
    return _context(bold).text_extents(text)[4] * size / 100


def broken(text: str, size: float, room: float, bold: bool = False, measure: Measure = width) -> list[str]:
    """The text in as few lines as the room allows, of even length so that no word is left alone."""
    lines = _greedy(text, size, room, bold, measure)
    low, high = 0.0, room
    while lines and high - low > 4:  # the narrowest room that needs no more lines makes them even
        middle = (low + high) / 2
        tried = _greedy(text, size, middle, bold, measure)
        fits = len(tried) == len(lines) and all(measure(line, size, bold) <= middle for line in tried)
        low, high = (low, middle) if fits else (middle, high)
    return _greedy(text, size, high, bold, measure)


def _greedy(text: str, size: float, room: float, bold: bool, measure: Measure) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and measure(longer, size, bold) <= room:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def fitted(
    text: str, room: tuple[float, float], sizes: tuple[int, int], bold: bool = False, measure: Measure = width
) -> tuple[list[str], float]:
    """The text broken into lines, and the largest size from `sizes` (largest, smallest) at which it fits the room.

    At the smallest size what does not fit is cut, with an ellipsis.
    """
    largest, smallest = sizes
    for size in range(largest, smallest - 1, -2):
        lines = broken(text, size, room[0], bold, measure)
        if len(lines) * size * LEADING <= room[1] and all(measure(line, size, bold) <= room[0] for line in lines):
            return lines, size
    most = max(1, int(room[1] // (smallest * LEADING)))
    lines = _greedy(text, smallest, room[0], bold, measure)
    cut = [_cut(line, smallest, room[0], bold, measure) for line in lines[:most]]
    if len(lines) > most:
        cut[-1] = _cut(cut[-1].rstrip("….") + "…", smallest, room[0], bold, measure)
    return cut, smallest


LEADING = 1.18


def _cut(line: str, size: float, room: float, bold: bool, measure: Measure) -> str:
    """A line that fits, shortened from its end."""
    while len(line) > 1 and measure(line, size, bold) > room:
        line = line.rstrip("…")[:-1].rstrip() + "…"
    return line


def text(
    words: str, x: float, y: float, size: float, fill: str, bold: bool = False, anchor: str = "start", turn: str = ""
) -> str:
    """One line as an SVG element; the words are escaped."""
    weight = ' font-weight="bold"' if bold else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-family="{FONT}" font-size="{size:g}"{weight} fill="{fill}" '
        f'text-anchor="{anchor}"{turn}>{escape(words)}</text>'
    )
