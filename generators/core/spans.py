"""Which parts of a Markdown text are prose: everything else is masked, with offsets and lines kept.

A mask has the length of its text.  Replacements are found on the mask and applied to the text in
one pass, so that an error can always name the line a person wrote.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from generators.core.page_head import FRONT_MATTER

HIDDEN = "\0"
_FENCE = re.compile(r"^[ \t>]*(?P<mark>`{3,}|~{3,})")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_RAW = re.compile(r"<(pre|code|svg|script|style)\b.*?</\1\s*>", re.DOTALL | re.IGNORECASE)
_CODE = re.compile(r"(?<![`\\])(?P<ticks>`+)(?!`)(?:(?!\n[ \t]*\n).)+?(?<!`)(?P=ticks)(?!`)", re.DOTALL)


@dataclass(frozen=True)
class Edit:
    """Replace `text[start:end]` by `new`."""

    start: int
    end: int
    new: str


def hide(text: str, start: int, end: int) -> str:
    """The text with a span hidden; newlines stay, so that lines keep their numbers."""
    return text[:start] + re.sub(r"[^\n]", HIDDEN, text[start:end]) + text[end:]


def hide_all(text: str, pattern: re.Pattern[str]) -> str:
    """The text with every match of a pattern hidden."""
    return pattern.sub(lambda match: re.sub(r"[^\n]", HIDDEN, match[0]), text)


@lru_cache(maxsize=256)
def prose(text: str) -> str:
    """The text with front matter, code, comments and drawings hidden; each pass over a page asks for it."""
    return _masked(text, (_COMMENT, _RAW, _CODE))


def with_markup(text: str) -> str:
    """The text with front matter, code and comments hidden: what a browser would take for HTML still stands."""
    return _masked(text, (_COMMENT, _CODE))


def _masked(text: str, patterns: tuple[re.Pattern[str], ...]) -> str:
    text = without_fences(hide_all(text, FRONT_MATTER))
    for pattern in patterns:
        text = hide_all(text, pattern)
    return text


def without_fences(text: str) -> str:
    """The text with fenced code hidden, fence lines included; an unclosed fence runs to the end."""
    return _fences(text)[0]


def unclosed_fence(text: str) -> int:
    """The line number, from 1, of a code fence that nothing closes; 0 where there is none."""
    return _fences(text)[1]


def _fences(text: str) -> tuple[str, int]:
    lines, opened, begun = text.split("\n"), "", 0
    for number, line in enumerate(lines):
        match = _FENCE.match(line)
        if opened:
            lines[number] = HIDDEN * len(line)
            closes = match and match["mark"].startswith(opened) and not line[match.end() :].strip()
            opened = "" if closes else opened
        elif match:
            lines[number], opened, begun = HIDDEN * len(line), match["mark"], number + 1
    return "\n".join(lines), begun if opened else 0


def line_of(text: str, offset: int) -> int:
    """The line number, from 1, of an offset."""
    return text.count("\n", 0, offset) + 1


def apply(text: str, edits: list[Edit]) -> str:
    """The text with its edits made; they must not overlap."""
    parts, place = [], 0
    for edit in sorted(edits, key=lambda edit: edit.start):
        if edit.start < place:
            raise ValueError(f"edits overlap at line {line_of(text, edit.start)}: {text[edit.start : edit.end]!r}")
        parts += [text[place : edit.start], edit.new]
        place = edit.end
    return "".join(parts) + text[place:]
