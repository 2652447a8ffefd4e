"""A page of the site as a tree of XHTML elements, with the engine's own Markdown and without what only a screen needs."""

import html
import re
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from generators.core.errors import BookError
from generators.core.page_head import FRONT_MATTER

XHTML, MATHML = "http://www.w3.org/1999/xhtml", "http://www.w3.org/1998/Math/MathML"
_ENTITY = re.compile(r"&([A-Za-z][A-Za-z0-9]*);")
_XML = {"amp", "lt", "gt", "quot", "apos"}
_SVG = "{http://www.w3.org/2000/svg}"
#: Attributes that tell a screen or a script something and paper nothing.
_SCREEN = ("tabindex", "role", "aria-label", "data-search-exclude", "rel", "download", "markdown")


class Reader:
    """Reads pages with the Markdown extensions of mkdocs.yml; permalinks beside headings are left out."""

    def __init__(self, root: Path) -> None:
        import markdown
        from mkdocs.config import load_config

        config = load_config(str(root / "mkdocs.yml"), plugins=[])
        settings = {name: dict(given) for name, given in config.mdx_configs.items()}
        settings["toc"] = settings.get("toc", {}) | {"permalink": False}
        self._markdown = markdown.Markdown(
            extensions=config.markdown_extensions, extension_configs=settings, output_format="xhtml"
        )

    def tree(self, text: str, path: str) -> Element:
        """The page's body; a page that is no well-formed XHTML is a `BookError` naming `path`."""
        made = self._markdown.reset().convert(FRONT_MATTER.sub("", text))
        made = _ENTITY.sub(lambda match: match[0] if match[1] in _XML else html.unescape(match[0]), made)
        made = made.replace("<a download ", "<a ")  # the one attribute that is written without a value
        try:
            body = ElementTree.fromstring(f"<body>{made}</body>")
        except ElementTree.ParseError as error:
            line, column = error.position
            near = made.splitlines()[line - 1][max(0, column - 60) : column + 20]
            raise BookError(path, None, f"its HTML is not well-formed near {near!r}: {error}; close the tag") from None
        for element in body.iter():
            _plain(element)
        for parent in [found for found in body.iter() if any("scriptlevel" in child.attrib for child in found)]:
            parent[:] = [_levelled(child) for child in parent]
        return body


def _plain(element: Element) -> None:
    for name in _SCREEN:
        element.attrib.pop(name, None)
    if element.tag == "math":
        element.set("xmlns", MATHML)


def _levelled(child: Element) -> Element:
    """MathML 3, which EPUB knows, states a level of script on an element of its own."""
    level = child.attrib.pop("scriptlevel", None)
    return child if level is None else element("mstyle", children=[child], scriptlevel=level)


def parents(root: Element) -> dict[Element, Element]:
    """Each element's parent."""
    return {child: parent for parent in root.iter() for child in parent}


def words(element: Element) -> str:
    """All text of an element on one line."""
    return " ".join("".join(element.itertext()).split())


def has_class(element: Element, name: str) -> bool:
    """Whether an element carries a class."""
    return name in element.get("class", "").split()


def replace(parent: Element, old: Element, new: list[Element]) -> None:
    """Put elements where one was; the text after it stays."""
    place, tail = list(parent).index(old), old.tail
    parent.remove(old)
    for offset, element in enumerate(new):
        parent.insert(place + offset, element)
    if new:
        new[-1].tail = (new[-1].tail or "") + (tail or "")
    elif tail and tail.strip():
        before = parent[place - 1] if place else None
        if before is None:
            parent.text = (parent.text or "") + tail
        else:
            before.tail = (before.tail or "") + tail


def element(tag: str, text: str = "", children: tuple[Element, ...] | list[Element] = (), **attributes: str) -> Element:
    """A new element; `class_` is its class."""
    made = Element(tag, {name.rstrip("_"): value for name, value in attributes.items() if value})
    made.text = text or None
    made.extend(children)
    return made


def drawing_words(figure: Element) -> str:
    """What a figure's drawing says of itself to who cannot see it."""
    found = next(figure.iter(f"{_SVG}desc"), None)
    return words(found) if found is not None else ""
