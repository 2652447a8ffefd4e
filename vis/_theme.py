"""How every figure looks: sizes, type, axes, and the marks that mean the same throughout the book.

Matplotlib is imported inside the functions, so that a run which finds every figure current never loads it.
"""

from __future__ import annotations

import re
import textwrap
from contextlib import contextmanager
from typing import TYPE_CHECKING

from vis import _palette as colour

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text

BODY, NOTE = 10.0, 8.5
LABEL = NOTE + 0.5
WIDE_INCHES, NARROW_INCHES = 7.2, 3.9
NOTE_LINE = 0.155  # inches from one line of the source note to the next
RC = {
    "font.family": "DejaVu Sans",
    "font.size": BODY,
    "svg.fonttype": "none",
    "svg.hashsalt": "memory-bound",
    "axes.edgecolor": colour.MUTED,
    "axes.labelcolor": colour.MUTED,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.facecolor": "none",
    "figure.facecolor": colour.SURFACE,
    "axes.labelsize": LABEL,
    "xtick.color": colour.MUTED,
    "ytick.color": colour.MUTED,
    "xtick.labelsize": LABEL,
    "ytick.labelsize": LABEL,
    "text.color": colour.INK,
    "grid.color": colour.GRID,
    "grid.linewidth": 0.6,
    "lines.linewidth": 1.6,
    "lines.solid_capstyle": "butt",
    "hatch.color": colour.MEMORY,
    "hatch.linewidth": 0.7,
    "path.simplify": False,
    "savefig.facecolor": colour.SURFACE,
    "text.parse_math": False,
    "axes.unicode_minus": False,
}


@contextmanager
def style():
    """The book's matplotlib settings, for the length of a drawing."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    with matplotlib.rc_context():
        matplotlib.rcdefaults()  # what a reader's own matplotlibrc sets is no part of the book
        matplotlib.rcParams.update(RC)
        yield
        pyplot.close("all")


def canvas(narrow: bool, height: float, narrow_height: float | None = None) -> Figure:
    """An empty figure of the book's width; heights in inches."""
    from matplotlib import pyplot

    size = (NARROW_INCHES, narrow_height or height) if narrow else (WIDE_INCHES, height)
    return pyplot.figure(figsize=size)


def sheet(figure: Figure) -> Axes:
    """Axes over the whole figure in inches, for drawings without scales."""
    axes = figure.add_axes((0, 0, 1, 1))
    width, height = figure.get_size_inches()
    axes.set(xlim=(0, width), ylim=(0, height))
    axes.axis("off")
    return axes


def box(figure: Figure, left: float, bottom: float, right: float, top: float) -> Axes:
    """Axes whose edges lie the given inches from the figure's edges."""
    width, height = figure.get_size_inches()
    return figure.add_axes((left / width, bottom / height, 1 - (left + right) / width, 1 - (bottom + top) / height))


def note_lines(text: str, narrow: bool) -> list[str]:
    """The source note, broken to the figure's width."""
    return textwrap.wrap(text, 54 if narrow else 104)


def floor(text: str, narrow: bool) -> float:
    """Inches that ticks, axis label and source note need below the axes."""
    return 0.625 + NOTE_LINE * len(note_lines(text, narrow))


def note(figure: Figure, text: str) -> None:
    """The source note, bottom left, muted, one text per line so that a viewer's font cannot break it."""
    width, height = figure.get_size_inches()
    lines = note_lines(text, width < 5)
    for at, line in enumerate(reversed(lines)):
        y = (0.08 + at * NOTE_LINE) / height
        figure.text(0.12 / width, y, line, fontsize=NOTE, color=colour.MUTED, va="bottom", ha="left")


def heading(figure: Figure, text: str, left: float = 0.12) -> None:
    """The quantity and its unit, top left, muted: the only title a figure has."""
    width, height = figure.get_size_inches()
    figure.text(left / width, 1 - 0.08 / height, text, fontsize=LABEL, color=colour.MUTED, va="top", ha="left")


def log_ticks(axis, values: list[float]) -> None:
    """Plain-digit ticks at these values and none between: log minor ticks are slow to draw and say little."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    axis.set_major_locator(FixedLocator(values))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}" if value >= 1 else f"{value:g}"))
    axis.set_minor_locator(NullLocator())


#: A text with this gid gets a surface-coloured outline under its letters, so that it stays legible where it crosses a
#: line.  `_export` writes it; matplotlib's own path effects would turn the letters into shapes.
HALO = "halo"


def say(
    axes: Axes, x: float, y: float, text: str, shade: str, ha: str = "left", va: str = "center", *, halo: bool = False
):
    """A label at a place of the data, in the size of labels."""
    return axes.text(x, y, text, color=shade, ha=ha, va=va, fontsize=LABEL, gid=HALO if halo else None)


def fitted(figure: Figure, name: str, size: float, inches: float) -> str:
    """A machine's name without its vendor, and then its end, where it takes more inches: any that a record may have fits."""
    probe = figure.text(0, 0, name, fontsize=size)

    def takes_more(text: str) -> bool:
        probe.set_text(text)
        return probe.get_window_extent().width > inches * figure.dpi

    if takes_more(name):
        name = kept = re.sub(r"^(NVIDIA|AMD|Intel) (GeForce |Instinct )?", "", name)
        while takes_more(name):
            kept = kept[:-1].rstrip()
            name = f"{kept}…"
    probe.remove()
    return name


def keep_inside(label: Text) -> None:
    """Move a label left until the canvas holds its end, measured in the figure's own type."""
    over = label.get_window_extent().x1 - label.figure.bbox.x1 + 3
    if over > 0:
        to_pixels = label.axes.transData
        x, y = to_pixels.transform(label.get_position())
        label.set_x(to_pixels.inverted().transform((x - over, y))[0])


def predicted(axes: Axes, x, y, edge: str = colour.INK, square: bool = False, size: float = 6.5) -> None:
    """Hollow markers: predicted.  Square = prefill, circle = decode."""
    axes.plot(x, y, "s" if square else "o", ls="none", mfc=colour.SURFACE, mec=edge, mew=1.4, ms=size, zorder=5)


def measured(axes: Axes, x, y, square: bool = False, size: float = 7) -> None:
    """Filled ink markers: measured by this book."""
    axes.plot(x, y, "s" if square else "o", ls="none", mfc=colour.INK, mec=colour.SURFACE, mew=0.8, ms=size, zorder=6)


def quoted(axes: Axes, x, y, size: float = 6) -> None:
    """Diamonds: measured by somebody else and quoted."""
    axes.plot(x, y, "D", ls="none", mfc=colour.MUTED, mec=colour.SURFACE, mew=0.8, ms=size, zorder=5)


TITLE_LINE = 0.24  # inches from one line of a conclusion to the next


def conclusion(figure: Figure, text: str) -> float:
    """The figure's one point as a bold sentence, top left, in the page's text size; inches that it takes."""
    width, height = figure.get_size_inches()
    lines = textwrap.wrap(text, 34 if width < 5 else 62)
    for at, line in enumerate(lines):
        y = 1 - (0.06 + at * TITLE_LINE) / height
        figure.text(0.12 / width, y, line, fontsize=page_size(width < 5), weight="bold", va="top", ha="left")
    return 0.1 + TITLE_LINE * len(lines)


def headline(figure: Figure, text: str, quantity: str) -> float:
    """The conclusion, and under it what the upright axis measures, muted; inches that both take."""
    width, height = figure.get_size_inches()
    top = conclusion(figure, text)
    figure.text(
        0.12 / width,
        1 - top / height,
        quantity,
        fontsize=page_size(width < 5),
        color=colour.MUTED,
        va="top",
        ha="left",
    )
    return top + 0.3


def chart(
    data, narrow: bool, heights: tuple[float, float], headings: tuple[str, str, str], edges=(0.45, 0.3, 0.08), grid="y"
):
    """Axes under a conclusion and the upright axis' quantity, above its label for the level axis and the source note.

    `heights` are the wide figure's and the narrow one's in inches, `headings` the conclusion, the quantity and the label;
    `edges` the inches left and right of the axes and between them and the quantity.
    Returns the axes and the settings of text in them.
    """
    size, figure = page_size(narrow), canvas(narrow, *heights)
    conclusion, quantity, label = headings
    top = headline(figure, conclusion, quantity)
    axes = box(figure, edges[0], floor(data.note, narrow) + 0.05, edges[1], top + edges[2])
    axes.tick_params(labelsize=size)
    axes.grid(True, axis=grid)
    axes.set_xlabel(label, fontsize=size)
    note(figure, data.note)
    return axes, {"fontsize": size, "va": "center", "gid": HALO, "zorder": 7}


def page_size(narrow: bool) -> float:
    """Points at which a drawing's text is as large as the page's, on a phone and on a desktop."""
    return 11.0 if narrow else 12.0
