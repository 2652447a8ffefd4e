"""What a skeleton leaves to its writer: every place marked ``FILL IN:``, by file and line.

One mark serves text, code and data.  A row of `data/` that holds it is a draft: it is kept out of the
book, so that no invented value reaches a figure, and it counts from the moment the last mark is gone.
`lint` names what remains, and fails on it under ``--strict``; nothing marked may be published.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from generators.core import spans
from generators.core.errors import BookError

MARK = "FILL IN:"
_WORDS = re.compile(rf"{MARK}[ \t]*([^\"'>\n]*)")
_IN_CODE = re.compile(r"`[^`\n]*`")
#: Files in which a skeleton may stand, or a person may leave a mark of their own.
PLACES = ("docs/**/*.md", "data/**/*.toml", "vis/*.py", "tests/test_claims*.py", "generators/numbers/*.py")


def is_draft(value: object) -> bool:
    """Whether a row of `data/`, or any part of it, still holds the mark."""
    return any(True for _ in open_fields(value))


def open_fields(value: object, place: str = "") -> Iterator[str]:
    """The dotted fields of a row of `data/` that still hold the mark."""
    if isinstance(value, (dict, list)):
        for name, part in value.items() if isinstance(value, dict) else enumerate(value):
            yield from open_fields(part, f"{place}.{name}" if place else str(name))
    elif isinstance(value, str) and MARK in value:
        yield place


def unfinished(root: Path) -> list[BookError]:
    """Every mark under `root`, one line each with what to fill in; code that only speaks of the mark is passed over."""
    found = []
    for path in sorted({path for pattern in PLACES for path in root.glob(pattern)}):
        place = path.relative_to(root).as_posix()
        text = path.read_text(encoding="utf-8", errors="replace")
        found += [BookError(place, line, f"to fill in: {what}") for line, what in _marks(text, path.suffix == ".md")]
    return found


def _marks(text: str, is_page: bool) -> Iterator[tuple[int, str]]:
    """(line, words) of every mark of one file."""
    if MARK not in text:
        return
    shown = spans.hide_all(spans.without_fences(text), _IN_CODE) if is_page else text
    for match in _WORDS.finditer(shown):
        words = match[1].strip().rstrip("*-").strip()
        yield spans.line_of(shown, match.start()), words or "what stands here"
