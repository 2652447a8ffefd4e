"""The book's sign for a title page: a roofline from edge to edge, with no scale."""

from xml.etree.ElementTree import Element

from generators.export.xhtml import element
from vis._palette import COMPUTE, COMPUTE_REGION, INK, MEMORY, MEMORY_REGION, SURFACE

SIZE = WIDE, HIGH = 620, 250


def roofline_art() -> Element:
    """An `svg` element without words."""
    bend, left, level = WIDE * 0.6, HIGH - 12, 24
    shapes = [
        _path(f"M0 {HIGH}V{left}L{bend} {level}V{HIGH}z", fill=MEMORY_REGION),
        _path(f"M{bend} {HIGH}V{level}H{WIDE}V{HIGH}z", fill=COMPUTE_REGION),
        _path(f"M0 {left}L{bend} {level}", stroke=MEMORY, **{"stroke-width": "5"}),
        _path(f"M{bend} {level}H{WIDE}", stroke=COMPUTE, **{"stroke-width": "5"}),
        element("circle", cx=str(bend), cy=str(level), r="7", fill=SURFACE, stroke=INK, **{"stroke-width": "2.5"}),
    ]
    box = f"0 0 {WIDE} {HIGH}"
    return element(
        "svg",
        children=shapes,
        class_="roof",
        xmlns="http://www.w3.org/2000/svg",
        viewBox=box,
        **{"aria-hidden": "true"},
    )


def _path(way: str, **paint: str) -> Element:
    return element("path", d=way, **({"fill": "none"} | paint))
