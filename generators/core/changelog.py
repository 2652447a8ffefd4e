"""The editions that CHANGELOG.md tells of: number, date and text of each section, the unreleased one included."""

import re
from dataclasses import dataclass
from pathlib import Path

from generators.core.errors import BookError

PLACE = "CHANGELOG.md"
UNRELEASED = "Unreleased"
#: An edition's number: structure, chapter, correction.
NUMBER = re.compile(r"\d+\.\d+\.\d+")
_HEADING = re.compile(r"^## +(?P<words>[^\n]*?) *$", re.MULTILINE)
_RELEASED = re.compile(rf"(?P<number>{NUMBER.pattern}) \((?P<date>\d{{4}}-\d{{2}}-\d{{2}})\)")


@dataclass(frozen=True)
class Section:
    """One section: the edition's number and ISO date, both empty for what is not released; `line` is its heading's."""

    number: str
    date: str
    text: str
    line: int


def read_changelog(root: Path) -> list[Section]:
    """The sections as they stand, newest first; a missing file has none.  An odd heading is a `BookError`."""
    path = root / PLACE
    return sections(path.read_text(encoding="utf-8")) if path.is_file() else []


def sections(text: str) -> list[Section]:
    """The sections of a changelog's text."""
    headings = list(_HEADING.finditer(text))
    ends = [heading.start() for heading in headings[1:]] + [len(text)]
    found = []
    for heading, end in zip(headings, ends, strict=True):
        line = text.count("\n", 0, heading.start()) + 1
        match = _RELEASED.fullmatch(heading["words"])
        if match is None and heading["words"] != UNRELEASED:
            wanted = f"wanted {UNRELEASED!r} or a number and a date, such as '0.1.0 (2026-12-01)'; correct the heading"
            raise BookError(PLACE, line, f"found heading {heading['words']!r}, {wanted}")
        number, date = (match["number"], match["date"]) if match else ("", "")
        found.append(Section(number, date, text[heading.end() : end].strip(), line))
    return found


def order(number: str) -> tuple[int, ...]:
    """An edition's number as it sorts: 0.10.0 comes after 0.9.0."""
    return tuple(int(part) for part in number.split("."))
