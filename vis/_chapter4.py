"""What the figures of chapter 4 share: two panels side by side or one above the other, and words for what is awaited."""

from __future__ import annotations

from vis import _palette as colour
from vis import _theme as theme


def canvas(narrow: bool, panels: int, wide: float = 4.1, each: float = 3.3):
    """A canvas for one or two panels; narrow ones stand one above the other, `each` inches high."""
    return theme.canvas(narrow, wide, each * panels + (1.0 if panels == 1 else 0.75))


def boxes(
    figure,
    note: str,
    narrow: bool,
    panels: int,
    headings: list[str],
    rights=(0.3, 0.3),
    left: float = 0.55,
    share: float = 0.5,
) -> list:
    """The axes of the panels with their headings; `share` of a wide canvas goes to the first."""
    width, height = figure.get_size_inches()
    floor = theme.floor(note, narrow)
    if panels == 1:
        theme.heading(figure, headings[0])
        return [theme.box(figure, left, floor, rights[0], 0.36)]
    if not narrow:
        middle = width * share
        _heading(figure, headings[0], 0.12, height)
        _heading(figure, headings[1], middle + 0.12, height)
        return [theme.box(figure, left, floor, width - middle + rights[0], 0.36),
                theme.box(figure, middle + left, floor, rights[1], 0.36)]  # fmt: skip
    lower = (height - floor) / 2
    _heading(figure, headings[0], 0.12, height)
    _heading(figure, headings[1], 0.12, floor + lower - 0.02, height)
    return [theme.box(figure, left, floor + lower + 0.62, rights[0], 0.36),
            theme.box(figure, left, floor, rights[1], height - floor - lower + 0.4)]  # fmt: skip


def _heading(figure, text: str, left: float, top: float, height: float | None = None) -> None:
    """The quantity and its unit above a panel, muted."""
    width = figure.get_size_inches()[0]
    whole = height or top
    figure.text(left / width, (top - 0.08) / whole, text, fontsize=theme.LABEL, color=colour.MUTED, va="top", ha="left")


def bars(axes, at: list[float], low: list[float], high: list[float], upright: bool = True) -> None:
    """5th to 95th percentile of measured points, all as one broken line to keep the file small."""
    ends = [value for pair in zip(low, high, strict=True) for value in (*pair, float("nan"))]
    place = [value for one in at for value in (one, one, float("nan"))]
    x, y = (place, ends) if upright else (ends, place)
    axes.plot(x, y, color=colour.INK, lw=1.4, zorder=5)


def chains(axes, series: list[list[tuple[float, float]]], **style) -> None:
    """Several lines of one style as one broken path, to keep the file small."""
    gap = (float("nan"), float("nan"))
    points = [point for line in series for point in (*line, gap)]
    axes.plot([x for x, _ in points], [y for _, y in points], **style)
