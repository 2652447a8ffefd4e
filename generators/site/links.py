"""Check a built site: every link, anchor, image and id, and that no page asks another host for anything.

Links to other hosts are allowed and not followed; scripts, styles, fonts and images from other hosts are not.
"""

import re
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

HOST = "https://site.invalid"
#: Where the site is taken to lie: below a folder, as an edition does, so that a link that leaves the edition is seen.
BASE = f"{HOST}/edition/1.0"
_CSS_URL = re.compile(r"""url\(\s*['"]?([^'")]+)['"]?\s*\)|@import\s+['"]([^'"]+)['"]""")
_LOADED_RELS = {"stylesheet", "icon", "preload", "modulepreload", "preconnect", "dns-prefetch", "manifest", "prefetch"}
_LOADED = {
    "img": ("src", "srcset"),
    "script": ("src",),
    "source": ("src", "srcset"),
    "video": ("src", "poster"),
    "audio": ("src",),
    "iframe": ("src",),
    "embed": ("src",),
    "object": ("data",),
    "use": ("href", "xlink:href"),
    "image": ("href", "xlink:href"),
}


@dataclass
class Document:
    """What a page holds: ids, links to follow, and addresses that a browser fetches by itself."""

    ids: list[str] = field(default_factory=list)
    links: list[tuple[int, str]] = field(default_factory=list)
    loads: list[tuple[int, str]] = field(default_factory=list)
    unnamed_images: list[int] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.document, self._style = Document(), False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        line, given, document = self.getpos()[0], {name: value or "" for name, value in attrs}, self.document
        self._style = tag == "style"
        if given.get("id"):
            document.ids.append(given["id"])
        if tag == "a" and given.get("name"):
            document.ids.append(given["name"])
        if tag in ("a", "area"):
            document.links += [(line, given[name]) for name in ("href", "xlink:href") if name in given]
        if tag == "link":
            kind = document.loads if _LOADED_RELS & set(given.get("rel", "").split()) else document.links
            kind.append((line, given.get("href", "")))
        if tag == "form" and "action" in given:
            document.links.append((line, given["action"]))
        if tag == "img" and "alt" not in given:
            document.unnamed_images.append(line)
        for name in _LOADED.get(tag, ()):
            if given.get(name):
                parts = given[name].split(",") if name == "srcset" else [given[name]]
                document.loads += [(line, part.split()[0]) for part in parts if part.strip()]
        document.loads += [(line, address) for address in css_addresses(given.get("style", ""))]

    def handle_data(self, data: str) -> None:
        if self._style:
            self.document.loads += [(self.getpos()[0], address) for address in css_addresses(data)]

    def handle_endtag(self, tag: str) -> None:
        self._style = self._style and tag != "style"


def css_addresses(css: str) -> list[str]:
    """Addresses that a style sheet fetches."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    found = (match[1] or match[2] for match in _CSS_URL.finditer(css))
    return [address for address in found if not address.startswith(("data:", "#", "var("))]


def check(site: Path) -> list[str]:
    """Every problem of a built site, one line each: ``page:line: message``."""
    problems: list[str] = []

    @cache
    def document(path: Path) -> Document:
        reader = _Reader()
        reader.feed(path.read_text(encoding="utf-8"))
        return reader.document

    for path in sorted(site.rglob("*.html")):
        name, page = path.relative_to(site).as_posix(), document(path)
        problems += [
            f"{name}: id {id_!r} stands twice" for id_ in sorted({i for i in page.ids if page.ids.count(i) > 1})
        ]
        problems += [f"{name}:{line}: image without alt text" for line in page.unnamed_images]
        if name == "404.html":
            continue  # its addresses start at the published address, which a build on disk does not have
        here = f"{BASE}/{name}"
        for line, address in page.loads:
            problems += _load_problem(site, here, name, line, address)
        for line, address in page.links:
            problems += _link_problem(site, here, name, line, address, document)
    for path in sorted(site.rglob("*.css")):
        name = path.relative_to(site).as_posix()
        for address in css_addresses(path.read_text(encoding="utf-8")):
            problems += _load_problem(site, f"{BASE}/{name}", name, 1, address)
    return problems


def target(site: Path, address: str) -> Path | None:
    """The file of an address below the site; None where there is none."""
    path = site / unquote(urlsplit(address.removeprefix(BASE)).path).lstrip("/")
    if path.is_dir():
        path = path / "index.html"
    inside = site.resolve() in path.resolve().parents
    return path if inside and path.is_file() else None


def _load_problem(site: Path, here: str, name: str, line: int, address: str) -> list[str]:
    if address.startswith(("data:", "#")):
        return []
    full = urljoin(here, address)
    if not full.startswith(HOST + "/"):
        return [f"{name}:{line}: fetches {address!r} from another host; ship the file with the site"]
    inside = full.startswith(BASE + "/") and target(site, full)
    return [] if inside else [f"{name}:{line}: fetches {address!r}, which is not in the site"]


def _link_problem(site: Path, here: str, name: str, line: int, address: str, document) -> list[str]:
    full = urljoin(here, address)
    if not full.startswith(HOST):
        return [] if _elsewhere(full) else [f"{name}:{line}: link to {address!r}; wanted https or a page of the site"]
    path = target(site, full) if full.startswith(BASE + "/") else None
    fragment = unquote(urlsplit(full).fragment)
    if path is None:
        return [f"{name}:{line}: link to {address!r}, which is not in the site"]
    if fragment and path.suffix == ".html" and fragment not in document(path).ids:
        return [f"{name}:{line}: link to {address!r}, but that page has no id {fragment!r}"]
    return []


def _elsewhere(address: str) -> bool:
    """Whether an address elsewhere can be meant: mail, or https to a public name, with nothing that wants escaping."""
    if address.startswith("mailto:"):
        return re.fullmatch(r"mailto:[^@\s]+@[\w.-]+\.\w+", address) is not None
    return re.fullmatch(r"https://(?:[\w-]+\.)+[a-z][\w-]+(?:[/?#][^\s<>\"{}|\\^`]*)?", address) is not None
