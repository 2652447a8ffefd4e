"""Where in a page the weave may write: number links, generated regions and figures, never inside code.

A reference that is not in the form the weave keeps current would go stale unseen, so anything
that looks like one and is not is an error.
"""

import difflib
import re
from dataclasses import dataclass

from generators.core import spans
from generators.core.errors import BookError

NUMBER_LINK = re.compile(
    r"\[(?P<text>[^\]\n]*)\]\((?P<page>(?:\.\./)*(?:docs/)?(?:reference/)?numbers\.md)#(?P<id>[^)\s\"]+)\)"
)
FIGURE = re.compile(r"!\[(?P<alt>[^\]\n]*)\]\((?P<path>(?:\.\./)*(?:docs/)?vis/(?P<name>[a-z0-9_]+)\.svg)\)")
_OPEN = re.compile(r"<!-- (?P<kind>table|formula): (?P<name>[^\s>]+)(?P<arguments>(?: [^\s>]+)*) -->")
_LOOSE = {
    re.compile(r"numbers\.md#[^\s)]*"): "[text](reference/numbers.md#id), without a title",
    re.compile(r"vis/[\w.-]*\.svg"): "![alt](vis/name.svg), without a title",
}
_LOOSE_COMMENT = re.compile(r"<!--\s*/?\s*(?:table|formula)\b[^\n]*")
_ANY_COMMENT = re.compile(r"<!--\s*/?\s*(?P<word>[A-Za-z]+)(?::|\s*-->)[^\n]*")
#: What a comment of a page may begin with; `widget` makes a figure live (generators/site/live.py).
_WORDS = ("table", "formula", "widget")


@dataclass(frozen=True)
class Region:
    """A generated region: the lines between its two comments, numbered from 1."""

    kind: str
    name: str
    arguments: tuple[str, ...]
    first: int
    last: int
    body: str


def fenced(lines: list[str]) -> list[bool]:
    """For each line, whether it belongs to a code fence."""
    return [line.startswith(spans.HIDDEN) for line in spans.without_fences("\n".join(lines)).split("\n")]


def regions(text: str, path: str) -> list[Region]:
    """Every generated region of a page.  One that is not closed, or closed without being opened, is an error."""
    lines, found, at = text.split("\n"), [], 0
    mask = spans.without_fences(text).split("\n")
    while at < len(lines):
        if match := _OPEN.fullmatch(mask[at].strip()):
            end = _closing(mask, at, match["kind"], path)
            body = "\n".join(lines[at + 1 : end])
            found.append(Region(match["kind"], match["name"], tuple(match["arguments"].split()), at + 2, end, body))
            at = end
        elif loose := _loose(mask[at]):
            raise BookError(path, at + 1, loose)
        at += 1
    return found


def _loose(line: str) -> str:
    """What is wrong with a line whose comment means to be the weave's and is not; empty for any other line."""
    if loose := _LOOSE_COMMENT.search(line):
        return f"found {loose[0]!r}; wanted '<!-- table: name -->' or '<!-- /table -->' after it, alone on its line"
    return _misspelt(line)


def _misspelt(line: str) -> str:
    """What is wrong with a comment whose first word is almost one of the book's."""
    comment = _ANY_COMMENT.search(line)
    if comment is None or comment["word"] in _WORDS:
        return ""
    near = difflib.get_close_matches(comment["word"].lower(), _WORDS, 1, 0.7)
    return (
        f"found {comment[0]!r}; no comment begins with {comment['word']!r}, the nearest is {near[0]!r}" if near else ""
    )


def _closing(mask: list[str], at: int, kind: str, path: str) -> int:
    """The line that closes the region opened at `at`; another comment of the weave before it is an error."""
    closing = f"<!-- /{kind} -->"
    for end in range(at + 1, len(mask)):
        if mask[end].strip() == closing:
            return end
        if wrong := _misspelt(mask[end]):
            raise BookError(path, end + 1, wrong)
        if _LOOSE_COMMENT.search(mask[end]):
            break
    raise BookError(path, at + 1, f"found {mask[at].strip()!r} without {closing!r}; add it below")


def replace_regions(text: str, found: list[Region], bodies: list[str]) -> str:
    """The page with each region's body replaced, last first so that line numbers hold."""
    lines = text.split("\n")
    for region, body in sorted(zip(found, bodies, strict=True), key=lambda pair: -pair[0].first):
        lines[region.first - 1 : region.last] = body.split("\n")
    return "\n".join(lines)


def strays(mask: str, path: str) -> list[BookError]:
    """References in a page's prose that look like the weave's and are not in the form that it keeps current."""
    rest = spans.hide_all(spans.hide_all(mask, NUMBER_LINK), FIGURE)
    return [
        BookError(
            path,
            spans.line_of(mask, match.start()),
            f"found {match[0]!r} in a form that is not kept current; write {wanted}",
        )
        for pattern, wanted in _LOOSE.items()
        for match in pattern.finditer(rest)
    ]
