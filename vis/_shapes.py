"""Rectangles and arrows in a figure's own units, so that figure modules need not import matplotlib."""

from __future__ import annotations

from vis import _palette as colour


def bar(
    axes,
    x: float,
    y: float,
    width: float,
    height: float,
    fill: str,
    edge: str = "none",
    hatch: str = "",
    line: float = 0.0,
):
    """A rectangle; `hatch` marks KV-cache traffic."""
    from matplotlib.patches import Rectangle

    patch = Rectangle((x, y), width, height, fc=fill, ec=edge, lw=line, hatch=hatch or None)
    axes.add_patch(patch)
    return patch


def arrow(axes, x: float, y: float, length: float, thickness: float, fill: str):
    """A solid arrow to the right, its tip at x + length."""
    from matplotlib.patches import FancyArrow

    axes.add_patch(
        FancyArrow(x, y, length, 0, width=thickness, head_width=thickness * 2.2, head_length=thickness * 1.3,
                   length_includes_head=True, fc=fill, ec="none", lw=0)
    )  # fmt: skip


def kv_bar(axes, x: float, y: float, width: float, height: float):
    """KV-cache traffic: its own fill, a hatch and a memory-coloured edge, so that gray print shows it too."""
    return bar(axes, x, y, width, height, colour.KV, colour.MEMORY, hatch="////", line=0.8)
