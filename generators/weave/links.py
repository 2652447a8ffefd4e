"""What MkDocs says without a line, or not at all: links of hand-written pages that lead nowhere, what would act in a
browser, and a missing description.

Held here are links that are not closed, pages of the book that are not there and headings of
hand-written pages; ids of generated pages are left to the build.
"""

import difflib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path, PurePosixPath
from posixpath import normpath

from generators.catalog.bounds import unreadable
from generators.core import spans
from generators.core.errors import BookError

SHORTEST, LONGEST = 50, 158  # characters of a description, as search engines show them
_INSIDE = r"[^()\n]*(?:\([^()\n]*\)[^()\n]*)*"
_LINK = re.compile(rf"\]\((?P<target>{_INSIDE})\)")
#: A picture that no code of the book draws: that of a figure is made, and gets its alt text, by `write`.
_PICTURE = re.compile(rf"!\[(?P<alt>[^\[\]\n]*)\]\((?P<place>(?![a-z]+:|//|(?:\.\./)*vis/){_INSIDE})\)")
_UNCLOSED = re.compile(rf"\[[^\[\]\n]*\]\({_INSIDE}$", re.MULTILINE)
_TITLED = re.compile(r"(?P<address>\S*)\s+\"[^\"]*\"")
_MATHS = re.compile(r"\$\$.*?\$\$|\$[^$\n]+\$", re.DOTALL)
_HEADING = re.compile(r"^#{1,6}[ \t]+(?P<words>.+?)[ \t]*(?:\{[^}\n]*#(?P<id>[\w-]+)[^}\n]*\})?[ \t]*$", re.MULTILINE)
_OWN_ID = re.compile(r"""\bid=["']([^"']+)["']|\{[^}\n]*#([\w-]+)[^}\n]*\}""")
_TAG = re.compile(r"<(?P<name>[A-Za-z][\w-]*)(?=[\s/>])(?P<rest>[^<>]*)")
_ATTRIBUTE = re.compile(r"""([^\s"'=/]+)(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"']+))?""")
#: The HTML that a page may hold, and what may stand in its tags.
_TAGS, _ATTRIBUTES = {"details", "summary", "div", "br", "sub", "sup", "kbd"}, {"class", "id", "markdown", "open"}
#: What would act beside tags: attributes behind a link or paragraph, and pictures that another host serves.
_ACTS = re.compile(r"\{:?[^{}\n]*\b(?:on\w+|style|src|href)\s*=|!\[[^\]\n]*\]\(\s*<?(?:[a-z]+:)?//")
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_IN_NAV = re.compile(r"[\w/]+\.md\b")
_DESCRIPTION = re.compile(r"\A---\n(?:.*\n)*?description:[ \t]*(?P<words>.*?)[ \t]*\n(?:.*\n)*?---\n")
#: Folders of the reference that have a page for each file of another folder.
_PER_FILE = {
    "accelerators": "data/accelerators/*.toml",
    "models": "data/models/*.toml",
    "figures": "vis/[a-z]*.py",
    "records": "data/measurements/*.json",
    "predictions": "data/predictions/*.toml",
}


def page_faults(root: Path, texts: Mapping[str, str]) -> list[BookError]:
    """Every fault of pages given as path from the root and text."""
    docs = _documents(root) | texts.keys()

    @cache
    def ids(path: str) -> frozenset[str]:
        return heading_ids(texts[path] if path in texts else page_text(root, path))

    found: list[BookError] = []
    for path, text in texts.items():
        mask = spans.hide_all(spans.prose(text), _MATHS)
        found += [*_unclosed(path, text, mask), *_acting(path, text), *_pictures(root, path, mask)]
        for start, address in _addresses(mask):
            if fault := _fault(root, path, address, docs, ids):
                found.append(BookError(path, spans.line_of(mask, start), fault))
        found += _description(path, text)
    return found


def page_text(root: Path, path: str) -> str:
    """A page's text; BookError where it is not UTF-8."""
    try:
        return (root / path).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise BookError(path, None, unreadable(error)) from None


def _acting(path: str, text: str) -> Iterator[BookError]:
    """What no page needs and a browser would act on, or a reader not see; a page may be a stranger's, as data may."""
    if unseen := _UNSEEN.search(text):
        yield BookError(path, spans.line_of(text, unseen.start()), f"found {unseen[0]!r}, which nobody sees; remove it")
    mask = spans.hide_all(spans.with_markup(text), _MATHS)
    for match in _TAG.finditer(mask):
        odd = {one.lower() for one in _ATTRIBUTE.findall(match["rest"])} - _ATTRIBUTES
        if match["name"].lower() not in _TAGS or odd:
            wanted = f"wanted Markdown, or {', '.join(sorted(_TAGS))} with {', '.join(sorted(_ATTRIBUTES))} at most"
            yield BookError(path, spans.line_of(mask, match.start()), f"found {match[0][:60]!r}, {wanted}")
    for match in _ACTS.finditer(mask):
        wanted = "wanted pictures of docs/ and attributes that only name a class or an id"
        yield BookError(path, spans.line_of(mask, match.start()), f"found {match[0][:60]!r}, {wanted}")


def _unclosed(path: str, text: str, mask: str) -> Iterator[BookError]:
    """Links, code and formulas that begin and do not end: what follows would be shown as something else."""
    for one in _UNCLOSED.finditer(mask):
        yield BookError(
            path, spans.line_of(mask, one.start()), f"found {one[0][:60]!r}, a link that no ) closes; add it"
        )
    if line := spans.unclosed_fence(text):
        yield BookError(path, line, "found code that begins here and ends nowhere; close it with as many marks")
    elif "$$" in mask:
        line = spans.line_of(mask, mask.rindex("$$"))
        yield BookError(path, line, "found $$ without another, wanted one before and one after a formula")
    shown, opened = spans.with_markup(text), []
    for one in re.finditer(r"<(/?)details\b", shown):
        if not one[1]:
            opened.append(one.start())
        elif opened:
            opened.pop()
    if opened:
        yield BookError(path, spans.line_of(shown, opened[-1]), "found <details> that no </details> closes; add it")


def _pictures(root: Path, path: str, mask: str) -> Iterator[BookError]:
    """Pictures that are not there, or that say nothing to who does not see them."""
    for match in _PICTURE.finditer(mask):
        line, place = spans.line_of(mask, match.start()), match["place"].partition(" ")[0]
        if not (root / normpath(str(PurePosixPath(path).parent / place))).is_file():
            yield BookError(path, line, f"found no file {place!r}, wanted the picture that the page shows; add it")
        if not match["alt"].strip():
            yield BookError(path, line, f"found no alt text for {place!r}, wanted in words what it shows")


def _addresses(mask: str) -> Iterator[tuple[int, str]]:
    """(offset, address) of every link and image but those to numbers, which the weave itself keeps."""
    for match in _LINK.finditer(mask):
        target = match["target"].strip()
        titled = _TITLED.fullmatch(target)
        if "numbers.md#" not in target:
            yield match.start(), titled["address"] if titled else target


def _fault(root: Path, path: str, address: str, docs: frozenset[str], ids) -> str:
    """What is wrong with one address of a page; empty for what is right, or not ours to say."""
    if scheme := re.match(r"\s*([a-z][a-z0-9+.-]*):", address, re.IGNORECASE):
        wanted = "wanted https:, or a page of the book"
        return "" if scheme[1] in ("https", "http", "mailto") else f"found a link to {address[:60]!r}, {wanted}"
    if address.startswith("/"):
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
