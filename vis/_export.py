"""A matplotlib figure as the SVG the book keeps: canonical bytes, words for screen readers, light and dark in one file."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from vis._palette import PALETTE, SURFACE
from vis._theme import HALO

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_SVG = "http://www.w3.org/2000/svg"
_XLINK = "http://www.w3.org/1999/xlink"
_HEX = re.compile(r"#[0-9a-fA-F]{6}\b")
_NUMBER = re.compile(r"-?\d+\.\d{3,}")
_REFERENCE = re.compile(r"url\(#([^)]+)\)")
MANY = 150  # marks of one series, above which each is no longer an element of its own
_MARKER = {
    "markerUnits": "userSpaceOnUse",
    "markerWidth": "1",
    "markerHeight": "1",
    "viewBox": "0 0 1 1",
    "overflow": "visible",
}
ElementTree.register_namespace("", _SVG)
ElementTree.register_namespace("xlink", _XLINK)


def svg_text(figure: Figure, name: str, title: str, description: str) -> str:
    """The figure as canonical SVG text.  Raises ValueError on a colour outside the palette."""
    raw = io.StringIO()
    figure.savefig(raw, format="svg", metadata={"Date": None, "Creator": None})
    root = ElementTree.fromstring(re.sub(r"<!DOCTYPE[^>]*>", "", raw.getvalue(), flags=re.DOTALL))
    _strip(root)
    _outline(root)
    _hoist_marker_styles(root)
    _join_marks(root)
    _rename_ids(root, name)
    for element in root.iter():
        for key, value in element.attrib.items():
            element.set(key, _NUMBER.sub(lambda m: f"{float(m[0]):.2f}".rstrip("0").rstrip("."), value))
    _name(root, name, title, description)
    text = ElementTree.tostring(root, encoding="unicode")
    _refuse_other_colours(text, name)
    return (
        text.replace("DejaVu Sans", "DejaVu Sans, Verdana, sans-serif").replace(
            "'DejaVu Sans, Verdana, sans-serif'", "DejaVu Sans, Verdana, sans-serif"
        )
        + "\n"
    )


def _strip(root: ElementTree.Element) -> None:
    """Drop metadata and the global style, which would apply to a whole page when the file is inlined."""
    for parent in list(root.iter()):
        for child in list(parent):
            if (
                child.tag == f"{{{_SVG}}}metadata"
                or child.tag == f"{{{_SVG}}}style"
                or (child.tag == f"{{{_SVG}}}defs" and len(child) == 0)
            ):
                parent.remove(child)


def _outline(root: ElementTree.Element) -> None:
    """Give marked texts an outline in the surface's colour, painted under the letters."""
    for group in root.iter(f"{{{_SVG}}}g"):
        if group.get("id", "").startswith(HALO):
            for text in group.iter(f"{{{_SVG}}}text"):
                outline = f"stroke: {SURFACE}; stroke-width: 3; stroke-linejoin: round; paint-order: stroke"
                text.set("style", f"{text.get('style', '')}; {outline}".removeprefix("; "))


def _hoist_marker_styles(root: ElementTree.Element) -> None:
    """Write a style that all markers of a series share once, on their group."""
    for group in root.iter(f"{{{_SVG}}}g"):
        marks = [child for child in group if child.tag == f"{{{_SVG}}}use"]
        styles = {mark.get("style") for mark in marks}
        if len(marks) > 1 and len(styles) == 1 and None not in styles and "style" not in group.attrib:
            group.set("style", styles.pop())
            for mark in marks:
                del mark.attrib["style"]


def _join_marks(root: ElementTree.Element) -> None:
    """Draw a series of more than `MANY` like marks as one path, at whose corners they stand: a third of the bytes."""
    shapes = {one.get("id"): (defs, one) for defs in root.iter(f"{{{_SVG}}}defs") for one in defs}
    for group in root.iter(f"{{{_SVG}}}g"):
        marks = [child for child in group if child.tag == f"{{{_SVG}}}use"]
        named = {mark.get(f"{{{_XLINK}}}href", "#")[1:] for mark in marks}
        if len(marks) <= MANY or len(named) > 1 or any("style" in mark.attrib for mark in marks):
            continue
        defs, shape = shapes[named.pop()]
        marker = ElementTree.Element(f"{{{_SVG}}}marker", {"id": shape.attrib.pop("id"), **_MARKER})
        shape.set(
            "style", f"{group.attrib.pop('style')}; {shape.get('style', '')}"
        )  # a marker inherits nothing from here
        defs.remove(shape)
        defs.append(marker)
        marker.append(shape)
        path = ElementTree.SubElement(group, f"{{{_SVG}}}path", {"style": "fill: none"})
        path.set("d", "M" + " ".join(f"{float(mark.get('x')):.2f} {float(mark.get('y')):.2f}" for mark in marks))
        for corner in ("start", "mid", "end"):
            path.set(f"marker-{corner}", f"url(#{marker.get('id')})")
        for mark in marks:
            group.remove(mark)


def _rename_ids(root: ElementTree.Element, name: str) -> None:
    """Keep only ids that are referred to, as <name>-1, <name>-2 …, so that bytes do not hang on hashes."""
    used: dict[str, str] = {}
    for element in root.iter():
        for key, value in element.attrib.items():
            for old in _REFERENCE.findall(value) + ([value[1:]] if key == f"{{{_XLINK}}}href" else []):
                used.setdefault(old, f"{name}-{len(used) + 1}")
    for element in root.iter():
        if "id" in element.attrib:
            if element.get("id") in used:
                element.set("id", used[element.get("id")])
            else:
                del element.attrib["id"]
        for key, value in element.attrib.items():
            if key == f"{{{_XLINK}}}href":
                element.set(key, "#" + used[value[1:]])
            else:
                element.set(key, _REFERENCE.sub(lambda m: f"url(#{used[m[1]]})", value))


def _name(root: ElementTree.Element, name: str, title: str, description: str) -> None:
    """Title, description, role, and the dark rules; width and height go, so that the page decides the size."""
    for key in ("width", "height"):
        root.attrib.pop(key, None)
    root.set("role", "img")
    root.set("aria-labelledby", f"{name}-title {name}-desc")
    words = []
    for tag, text in (("title", title), ("desc", description)):
        element = ElementTree.Element(f"{{{_SVG}}}{tag}", {"id": f"{name}-{tag}"})
        element.text = text
        words.append(element)
    dark = ElementTree.Element(f"{{{_SVG}}}style")
    dark.text = dark_rules()
    for at, element in enumerate([*words, dark]):
        root.insert(at, element)


def dark_rules() -> str:
    """Rules that only add: a viewer without CSS shows the light drawing."""
    rules = []
    for light, dark in PALETTE.values():
        for prop in ("fill", "stroke"):
            rules.append(f'[style*="{prop}: {light}"]{{{prop}:{dark}!important}}')
            rules.append(f'[{prop}="{light}"]{{{prop}:{dark}}}')
    return "@media (prefers-color-scheme:dark){" + "".join(rules) + "}"


def _refuse_other_colours(text: str, name: str) -> None:
    body = re.sub(r"<style>.*?</style>", "", text, flags=re.DOTALL)
    other = sorted(set(_HEX.findall(body)) - {light for light, _ in PALETTE.values()})
    if other:
        raise ValueError(f"{name} uses {', '.join(other)}, outside the palette of vis/_palette.py")
