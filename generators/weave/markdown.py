"""Where in a page the weave may write: number links, generated regions and figures, never inside code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from generators.errors import BookError

NUMBER_LINK = re.compile(
    r"\[(?P<text>[^\]\n]*)\]\((?P<page>(?:\.\./)*(?:docs/)?(?:reference/)?numbers\.md)#(?P<id>[^)\s\"]+)\)"
)
FIGURE = re.compile(r"!\[(?P<alt>[^\]\n]*)\]\((?P<path>(?:\.\./)*(?:docs/)?vis/(?P<name>[a-z0-9_]+)\.svg)\)")
_OPEN = re.compile(r"<!-- (?P<kind>table|formula): (?P<name>[^>]*?) -->")
_FENCE = re.compile(r"\s*(```|~~~)")
_CODE = re.compile(r"`[^`\n]+`")


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
    inside, flags = False, []
    for line in lines:
        fence = bool(_FENCE.match(line))
        flags.append(inside or fence)
        inside = inside != fence
    return flags


def regions(text: str, path: str) -> list[Region]:
    """Every generated region of a page; one that is not closed is an error."""
    lines, found = text.split("\n"), []
    code, at = fenced(lines), 0
    while at < len(lines):
        match = None if code[at] else _OPEN.fullmatch(lines[at].strip())
        if match:
            closing = f"<!-- /{match['kind']} -->"
            end = next((i for i in range(at + 1, len(lines)) if lines[i].strip() == closing), None)
            if end is None:
                raise BookError(path, at + 1, f"found {lines[at].strip()!r} without {closing!r}; add it below")
            name, *arguments = match["name"].split()
            found.append(Region(match["kind"], name, tuple(arguments), at + 2, end, "\n".join(lines[at + 1 : end])))
            at = end
        at += 1
    return found


def replace_regions(text: str, found: list[Region], bodies: list[str]) -> str:
    """The page with each region's body replaced, last first so that line numbers hold."""
    lines = text.split("\n")
    for region, body in sorted(zip(found, bodies, strict=True), key=lambda pair: -pair[0].first):
        lines[region.first - 1 : region.last] = body.split("\n")
    return "\n".join(lines)


def outside_code(line: str, pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
    """Matches of a pattern in a line that do not touch inline code."""
    code = [m.span() for m in _CODE.finditer(line)]
    for match in pattern.finditer(line):
        if not any(start < match.end() and match.start() < end for start, end in code):
            yield match
