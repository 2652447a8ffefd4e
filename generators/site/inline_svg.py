"""A committed drawing as inline SVG that takes the page's colours, so that light, dark and print follow the page."""

import re
from functools import lru_cache
from xml.etree import ElementTree

from generators.core.errors import BookError
from vis._palette import PALETTE

SVG, XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
_ROLES = {light: role for role, (light, _) in PALETTE.items()}
_HEX = re.compile(r"#[0-9a-fA-F]{3,8}\b")
_REFERENCE = re.compile(r"url\(\s*#([^)\s]+)\s*\)")
_PAINTS = ("fill", "stroke", "stop-color", "color", "flood-color", "lighting-color")
_NO_COLOUR = {"none", "inherit", "currentcolor", "transparent", "context-fill", "context-stroke"}
_DROPPED = {f"{{{SVG}}}style", f"{{{SVG}}}metadata"}

ElementTree.register_namespace("", SVG)
ElementTree.register_namespace("xlink", XLINK)


@lru_cache(maxsize=256)
def inline(svg: str, prefix: str, path: str) -> str:
    """The drawing with tokens for colours and `prefix` before every id.  An unknown colour is a `BookError`.

    `path` is named in errors only.
    """
    try:
        root = ElementTree.fromstring(svg)
    except ElementTree.ParseError as error:
        raise BookError(path, error.position[0], f"not readable as SVG: {error}. Run: nox -s figures") from None
    if root.tag != f"{{{SVG}}}svg" or "viewBox" not in root.attrib:
        raise BookError(path, None, "wanted an <svg> with a viewBox. Run: nox -s figures")
    _drop(root)
    for element in root.iter():
        _colours(element, path)
        _identify(element, prefix)
        if element.tag != f"{{{SVG}}}text" and element.tag != f"{{{SVG}}}tspan":
            element.text = None if not (element.text or "").strip() else element.text
        element.tail = None if not (element.tail or "").strip() else element.tail
    _name(root, prefix, path)
    return ElementTree.tostring(root, encoding="unicode", short_empty_elements=True)


def _drop(root: ElementTree.Element) -> None:
    """Remove what must not reach the page: the file's own light and dark rules, which would style all of it."""
    for parent in list(root.iter()):
        for child in [child for child in parent if child.tag in _DROPPED]:
            parent.remove(child)
    for size in ("width", "height"):
        root.attrib.pop(size, None)


def _colours(element: ElementTree.Element, path: str) -> None:
    """Every colour of an element, in `style` and in attributes (hatch patterns), as a token."""
    for name in _PAINTS:
        if name in element.attrib:
            element.set(name, _paint(element.get(name, ""), path))
    if style := element.get("style"):
        pairs = [pair.partition(":") for pair in style.split(";") if pair.strip()]
        written = [
            (name.strip(), _paint(value.strip(), path) if name.strip() in _PAINTS else value.strip())
            for name, _, value in pairs
        ]
        element.set("style", ";".join(f"{name}:{value}" for name, value in written))
    for name in _PAINTS:  # an attribute cannot hold var(): only a style can
        if element.get(name, "").startswith("var("):
            element.set("style", f"{name}:{element.attrib.pop(name)};{element.get('style', '')}".rstrip(";"))


def _paint(value: str, path: str) -> str:
    """One paint: a palette colour as its token, a pattern or `none` as it is, anything else refused."""
    if _HEX.fullmatch(value):
        if role := _ROLES.get(value.lower()):
            return f"var(--mb-{role}, {value.lower()})"
    elif _REFERENCE.fullmatch(value) or value.lower() in _NO_COLOUR:
        return value
    raise BookError(path, None, f"colour {value!r} is not in the palette; wanted one of {', '.join(sorted(_ROLES))}")


def _identify(element: ElementTree.Element, prefix: str) -> None:
    """Prefix an element's id and its references, so that two drawings on one page never share one."""
    for name, value in element.attrib.items():
        if name == "id":
            element.set(name, f"{prefix}-{value}")
        elif name in ("aria-labelledby", "aria-describedby"):
            element.set(name, " ".join(f"{prefix}-{part}" for part in value.split()))
        elif name in (f"{{{XLINK}}}href", "href") and value.startswith("#"):
            element.set(name, f"#{prefix}-{value[1:]}")
        elif "url(" in value:
            element.set(name, _REFERENCE.sub(rf"url(#{prefix}-\1)", value))


def _name(root: ElementTree.Element, prefix: str, path: str) -> None:
    """One image with one name: role, title and description, as assistive software reads it."""
    names = []
    for kind in ("title", "desc"):
        element = root.find(f"{{{SVG}}}{kind}")
        if element is None or not (element.text or "").strip():
            raise BookError(path, None, f"no <{kind}>; a drawing says in words what it shows. Run: nox -s figures")
        element.set("id", f"{prefix}-{kind}")
        names.append(f"{prefix}-{kind}")
    root.set("role", "img")
    root.set("aria-labelledby", " ".join(names))
    root.set("focusable", "false")
