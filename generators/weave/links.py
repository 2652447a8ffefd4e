"""What MkDocs says without a line, or not at all: links of hand-written pages that lead nowhere, and a missing description.

Held here are links that are not closed, pages of the book that are not there and headings of
hand-written pages; ids of generated pages are left to the build.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path, PurePosixPath
from posixpath import normpath

from generators import spans
from generators.errors import BookError

SHORTEST, LONGEST = 50, 158  # characters of a description, as search engines show them
_INSIDE = r"[^()\n]*(?:\([^()\n]*\)[^()\n]*)*"
_LINK = re.compile(rf"\]\((?P<target>{_INSIDE})\)")
_UNCLOSED = re.compile(rf"\[[^\[\]\n]*\]\({_INSIDE}$", re.MULTILINE)
_TITLED = re.compile(r"(?P<address>\S*)\s+\"[^\"]*\"")
_MATHS = re.compile(r"\$\$.*?\$\$|\$[^$\n]+\$", re.DOTALL)
_HEADING = re.compile(r"^#{1,6}[ \t]+(?P<words>.+?)[ \t]*(?:\{[^}\n]*#(?P<id>[\w-]+)[^}\n]*\})?[ \t]*$", re.MULTILINE)
_OWN_ID = re.compile(r"""\bid=["']([^"']+)["']|\{[^}\n]*#([\w-]+)[^}\n]*\}""")
_IN_NAV = re.compile(r"[\w/]+\.md\b")
_DESCRIPTION = re.compile(r"\A---\n(?:.*\n)*?description:[ \t]*(?P<words>.*?)[ \t]*\n(?:.*\n)*?---\n")
#: Folders of the reference that have a page for each file of another folder.
_PER_FILE = {"accelerators": "data/accelerators/*.toml", "models": "data/models/*.toml", "figures": "vis/[a-z]*.py",
             "records": "data/measurements/*.json", "predictions": "data/predictions/*.toml"}  # fmt: skip


def page_faults(root: Path, texts: Mapping[str, str]) -> list[BookError]:
    """Every fault of pages given as path from the root and text."""
    docs = _documents(root) | texts.keys()

    @cache
    def ids(path: str) -> frozenset[str]:
        return heading_ids(texts[path] if path in texts else (root / path).read_text(encoding="utf-8"))

    found: list[BookError] = []
    for path, text in texts.items():
        mask = spans.hide_all(spans.prose(text), _MATHS)
        found += _unclosed(path, mask)
        for start, address in _addresses(mask):
            if fault := _fault(root, path, address, docs, ids):
                found.append(BookError(path, spans.line_of(mask, start), fault))
        found += _description(path, text)
    return found


def _unclosed(path: str, mask: str) -> list[BookError]:
    return [
        BookError(path, spans.line_of(mask, one.start()), f"found {one[0][:60]!r}, a link that no ) closes; add it")
        for one in _UNCLOSED.finditer(mask)
    ]


def _addresses(mask: str) -> Iterator[tuple[int, str]]:
    """(offset, address) of every link and image but those to numbers, which the weave itself keeps."""
    for match in _LINK.finditer(mask):
        target = match["target"].strip()
        titled = _TITLED.fullmatch(target)
        if "numbers.md#" not in target:
            yield match.start(), titled["address"] if titled else target


def _fault(root: Path, path: str, address: str, docs: frozenset[str], ids) -> str:
    """What is wrong with one address of a page; empty for what is right, or not ours to say."""
    if re.match(r"[a-z][a-z0-9+.-]*:|/", address):
        return ""
    if re.search(r"\s", address):
        return f"found {address[:60]!r} as a link's address, wanted one without spaces, closed by )"
    place, _, fragment = address.partition("#")
    full = normpath(str(PurePosixPath(path).parent / place)) if place else path
    if not full.endswith(".md"):
        return ""
    if full not in docs and not (root / full).is_file():
        return f"found a link to {place!r}, which is no page{_near(full, docs, path)}"
    is_ours = full == path or (root / full).is_file()
    if fragment and is_ours and fragment not in ids(full):
        near = difflib.get_close_matches(fragment, sorted(ids(full)), 3, 0.3)
        hint = f"; nearest are {', '.join(near)}" if near else ""
        return f"found a link to {address!r}, but {full} has no heading {fragment!r}{hint}"
    return ""


def _near(full: str, docs: Iterable[str], path: str) -> str:
    """The pages that one which is missing may have meant, as addresses from `path`."""
    near = difflib.get_close_matches(full, sorted(docs), 2, 0.8)
    up = PurePosixPath(path).parent.parts
    shown = []
    for one in near:
        parts = PurePosixPath(one).parts
        same = next((at for at, (a, b) in enumerate(zip(up, parts, strict=False)) if a != b), min(len(up), len(parts)))
        shown.append("/".join([*[".."] * (len(up) - same), *parts[same:]]))
    return f"; nearest {'is' if len(near) == 1 else 'are'} {', '.join(shown)}" if near else ""


def _documents(root: Path) -> frozenset[str]:
    """Every page of the built site as a path from the root: those in docs/, in the menu, and one for each row of data."""
    config = root / "mkdocs.yml"
    there = {path.relative_to(root).as_posix() for path in (root / "docs").rglob("*.md")}
    there |= {f"docs/{name}" for name in _IN_NAV.findall(config.read_text(encoding="utf-8") if config.exists() else "")}
    for folder, pattern in _PER_FILE.items():
        there |= {f"docs/reference/{folder}/{name}.md" for name in ("index", *(p.stem for p in root.glob(pattern)))}
    return frozenset(there)


def heading_ids(text: str) -> frozenset[str]:
    """The ids of a page's headings, as Python-Markdown makes them, and those that a person wrote."""
    shown = spans.without_fences(text)
    found = {one for pair in _OWN_ID.findall(shown) for one in pair if one}
    for match in _HEADING.finditer(shown):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", match["words"])
        ascii_only = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()
        slug = re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", ascii_only).strip().lower())
        at = 0
        while (name := f"{slug}_{at}" if at else slug) in found:
            at += 1
        found.add(name)
    return frozenset(found)


def _description(path: str, text: str) -> list[BookError]:
    """A page of the book says in its front matter what a search result shows of it."""
    if not path.startswith("docs/"):
        return []
    match = _DESCRIPTION.match(text)
    words = match["words"].strip("\"'") if match else ""
    wanted = f"wanted a sentence of {SHORTEST} to {LONGEST} characters that a search result shows"
    if not words:
        return [BookError(path, 1, f"found no description in the front matter, {wanted}")]
    if not SHORTEST <= len(words) <= LONGEST:
        return [BookError(path, 2, f"found a description of {len(words)} characters, {wanted}")]
    return []
