"""Rectangles and arrows in a figure's own units, so that figure modules need not import matplotlib."""


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
