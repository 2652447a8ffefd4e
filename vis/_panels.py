"""Panels of equal width side by side, or of equal height one above the other on a phone."""

from __future__ import annotations

from collections.abc import Iterator

from vis import _theme as theme


def boxes(
    figure, many: int, floor: float, narrow: bool, gap: float = 0.3, right: float = 0.08, top: float = 0.52
) -> Iterator:
    """The axes of each panel, first to last; lengths in inches, `gap` between panels that stand above each other."""
    width, height = figure.get_size_inches()
    for at in range(many):
        if narrow:
            each = (height - floor - 0.3) / many
            bottom = floor + (many - 1 - at) * each + (gap if at < many - 1 else 0)
            yield theme.box(figure, 0.62, bottom, 0.2, 0.3 + at * each + 0.22)
        else:
            each = (width - 0.1) / many
            yield theme.box(figure, at * each + 0.6, floor, width - (at + 1) * each + right, top)
