"""Gate: every drawing is sound, where it stands in a page and as the file a reader downloads.

In a page it must take the page's colours, carry no rule for the rest of the page, and share no id with anything there.
As a file it stands alone: it asks for nothing, and needs no token of the page.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from vis._palette import PALETTE

MOST_BYTES, LEAST_TEXT = 30_000, 8.5  # of a file; in units of the drawing, which are points at its design width
_DRAWING = re.compile(r"<svg\b.*?</svg>", re.DOTALL)
_ICON = re.compile(r'<svg [^>]*viewBox="0 0 (?:24 24|16 16|384 512|448 512|512 512|576 512|640 512)"')  # the theme's
_ID = re.compile(r'\sid="([^"]*)"')
_URL = re.compile(r"url\(\s*['\"]?([^'\")\s]*)")
_PAINT = re.compile(r"(?:^|;)\s*(?:fill|stroke|color|stop-color)\s*:\s*([^;]+)")
_SIZE = re.compile(r"font(?:-size)?\s*:[^;]*?([\d.]+)px")
_FORBIDDEN = {"script", "image", "foreignObject", "iframe", "animate", "set", "a", "video", "audio"}
_PLAIN = {"none", "inherit", "currentcolor", "transparent"}
_TOKENS = {f"var(--mb-{role}, {light})" for role, (light, _) in PALETTE.items()}
_LIGHT, _DARK = ({pair[scheme] for pair in PALETTE.values()} for scheme in (0, 1))


def check(site: Path) -> list[str]:
    """Every fault of a drawing, one line each: ``page: drawing: what is wrong``."""
    found: list[str] = []
    for path in sorted(site.rglob("*.html")):
        found += inlined(path.read_text(encoding="utf-8"), path.relative_to(site).as_posix())
    files = sorted(site.glob("vis/*.svg"))
    for path in files:
        found += download(path.read_bytes(), path.relative_to(site).as_posix())
    return found if files else [*found, "vis: no drawing there; wanted one for each figure"]


def inlined(page: str, name: str) -> Iterator[str]:
    """Faults of the drawings in a page's article, and of ids that stand twice anywhere on the page."""
    article = page.split("<article", 1)[-1].split("</article>", 1)[0]
    if "<style" in article:
        yield f"{name}: a <style> in the article, whose rules would reach the whole page"
    shared = {
        one
        for one, times in Counter(_ID.findall(re.sub(r"<script\b.*?</script>", "", page, flags=re.DOTALL))).items()
        if times > 1
    }
    for text in _DRAWING.findall(article):
        if _ICON.match(text):
            continue
        root, title = _read(text), _title(text)
        if isinstance(root, str):
            yield f"{name}: {title}: {root}"
            continue
        where = f"{name}: {title}"
        yield from (f"{where}: id {one!r} stands twice on the page" for one in sorted(shared & set(_ID.findall(text))))
        yield from (f"{where}: {fault}" for fault in [*_common(root), *_page_only(root)])


def download(content: bytes, name: str) -> Iterator[str]:
    """Faults of a drawing as a file."""
    text = content.decode("utf-8")
    root = _read(text)
    if isinstance(root, str):
        yield f"{name}: {root}"
        return
    if len(content) > MOST_BYTES:
        yield f"{name}: {len(content)} bytes; wanted at most {MOST_BYTES}"
    twice = sorted(one for one, times in Counter(_ID.findall(text)).items() if times > 1)
    yield from (f"{name}: id {one!r} stands twice" for one in twice)
    if bare := re.search(r"var\(\s*--[\w-]+\s*\)", text):
        yield f"{name}: {bare[0]} without a fallback, which only the book's pages define"
    if "@import" in text or "@font-face" in text:
        yield f"{name}: a rule that fetches something"
    yield from (f"{name}: colour {one} is not in the palette" for one in sorted(_paints(root) - _LIGHT - _PLAIN))
    rules = "".join(element.text or "" for element in root.iter() if _tag(element) == "style")
    strange = set(re.findall(r"#[0-9a-f]{3,8}\b", rules.lower())) - _LIGHT - _DARK
    yield from (f"{name}: colour {one} of its rules is not in the palette" for one in sorted(strange))
    if "prefers-color-scheme" not in text:
        yield f"{name}: no rules for dark; wanted the drawing to follow the reader's scheme by itself"
    yield from (f"{name}: {fault}" for fault in _common(root))


def _read(text: str) -> ElementTree.Element | str:
    try:
        return ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        return f"not readable as XML: {error}"


def _title(text: str) -> str:
    found = re.search(r"<title[^>]*>([^<]*)", text)
    return (found[1].strip() if found else "") or "a drawing without a title"


def _tag(element: ElementTree.Element) -> str:
    return element.tag.rsplit("}", 1)[-1]


def _common(root: ElementTree.Element) -> Iterator[str]:
    """What holds of every drawing, in a page or alone."""
    box = (root.get("viewBox") or "").split()
    if len(box) != 4 or float(box[2]) <= 0 or float(box[3]) <= 0:
        yield f"viewBox {root.get('viewBox')!r}; wanted four numbers with a size"
    yield from _words(root)
    ids = {element.get("id") for element in root.iter() if element.get("id")}
    for element in root.iter():
        if _tag(element) in _FORBIDDEN:
            yield f"a <{_tag(element)}>; wanted shapes and text only"
        for name, value in element.attrib.items():
            key = name.rsplit("}", 1)[-1]
            if key.startswith("on"):
                yield f"a handler, {key}={value!r}"
            named = [value] if key == "href" else _URL.findall(value)
            yield from (f"names {one!r} outside itself" for one in named if not one.startswith("#"))
            yield from (
                f"names {one!r}, which it does not have" for one in named if one.startswith("#") and one[1:] not in ids
            )
        if _tag(element) in ("text", "tspan"):
            sizes = [float(size) for size in _SIZE.findall(element.get("style", ""))]
            yield from (
                f"text {''.join(element.itertext())!r} of {size} points; wanted {LEAST_TEXT} or more"
                for size in sizes
                if size < LEAST_TEXT
            )


def _words(root: ElementTree.Element) -> Iterator[str]:
    """A name and a description, and that assistive software is led to them."""
    parts = {_tag(child): child for child in root if _tag(child) in ("title", "desc")}
    for kind, least in (("title", 3), ("desc", 60)):
        if kind not in parts or len((parts[kind].text or "").strip()) < least:
            yield f"<{kind}> missing or shorter than {least} letters"
    wanted = " ".join(parts[kind].get("id", "") for kind in ("title", "desc") if kind in parts)
    if root.get("role") != "img" or root.get("aria-labelledby") != wanted:
        yield f"role {root.get('role')!r}, named by {root.get('aria-labelledby')!r}; wanted role img, named by {wanted!r}"


def _page_only(root: ElementTree.Element) -> Iterator[str]:
    """What holds of a drawing in a page: the page's colours, and no rules."""
    if any(_tag(element) == "style" for element in root.iter()):
        yield "a <style>, whose rules would reach the whole page"
    yield from (
        f"colour {one} does not follow the page; wanted a token of the palette"
        for one in sorted(_paints(root) - _TOKENS - _PLAIN)
    )
    if "width" in root.attrib or "height" in root.attrib:
        yield "a width or height of its own, which keeps it from fitting the page"


def _paints(root: ElementTree.Element) -> set[str]:
    """Every colour that a drawing's elements ask for."""
    found = set()
    for element in root.iter():
        asked = _PAINT.findall(element.get("style", ""))
        asked += [element.get(name, "none") for name in ("fill", "stroke", "color", "stop-color")]
        found |= {one.strip().lower() for one in asked if not one.strip().startswith("url(")}
    return found
