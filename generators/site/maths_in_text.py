"""Where formulas stand in a Markdown text: `$...$` within a line, `$$` blocks on lines of their own."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from generators.core.spans import hide, prose

_DISPLAY = re.compile(r"^[ \t]*\$\$[ \t]*\n?(?P<tex>[^$]+?)\n?[ \t]*\$\$[ \t]*$", re.MULTILINE)
_INLINE = re.compile(r"(?<![\\$\w])\$(?P<tex>[^\s$](?:[^$\n]*?[^\s$\\])?)\$(?![$\w])")


@dataclass(frozen=True)
class Formula:
    """A formula as written, and where."""

    tex: str
    display: bool
    start: int
    end: int


def formulas(text: str) -> Iterator[Formula]:
    """Every formula of a text outside code and comments, display formulas first."""
    if "$" not in text:
        return
    mask = prose(text)
    for match in _DISPLAY.finditer(mask):
        start = match.start() + len(match[0]) - len(match[0].lstrip())
        yield Formula(text[match.start("tex") : match.end("tex")].strip(), True, start, match.end())
        mask = hide(mask, match.start(), match.end())
    for match in _INLINE.finditer(mask):
        yield Formula(text[match.start("tex") : match.end("tex")], False, match.start(), match.end())
