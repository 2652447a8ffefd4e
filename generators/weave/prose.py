"""The lint of prose: a number typed by hand beside a unit is refused, so that every number has a derivation.

What may hold digits and units: number links, code, formulas, generated regions, alt texts (woven),
addresses, and the names of chips and models from the catalogue (``A100 80GB SXM``).
"""

from __future__ import annotations

import re
from pathlib import Path

from generators.book.load import Book, load_book
from generators.errors import BookError
from generators.units import UNITS
from generators.weave import markdown
from generators.weave.weave import page_paths

#: Spellings that are units in prose although the book never prints them.
LOOSE = ("TFLOPS", "TFLOPs", "GFLOPS", "FLOPS", "FLOPs", "TOPS", "tok/s", "tokens per second", "B/s", "percent", "watts",
         "milliseconds", "microseconds", "seconds", "gigabytes", "terabytes", "megabytes", "times")  # fmt: skip
_NAMES = sorted([u for u in UNITS if u] + list(LOOSE), key=len, reverse=True)
TYPED = re.compile(
    r"(?<![\w#./-])\d[\d,.]*(?:\s*[-–]\s*\d[\d,.]*)?[\s\u00a0-]*(?:"
    + "|".join(re.escape(u) for u in _NAMES)
    + r")(?![\w/])"
)
_REMOVED = [
    re.compile(r"`[^`]*`"), re.compile(r"\$[^$\n]+\$"), markdown.NUMBER_LINK, re.compile(r"!\[[^\]]*\]\([^)]*\)"),
    re.compile(r"\]\([^)]*\)"), re.compile(r"<!--.*?-->"), re.compile(r"<https?:[^>]*>"), re.compile(r"<[^>]+>"),
]  # fmt: skip


def lint_prose(root: Path) -> list[BookError]:
    """Every number typed by hand beside a unit, in every hand-written page."""
    book = load_book(root)
    names = catalogue_names(book)
    return [e for path in page_paths(root) for e in lint_page(path, (root / path).read_text(encoding="utf-8"), names)]


def catalogue_names(book: Book) -> list[str]:
    """Names of chips, models and formats as the catalogue writes them, longest first."""
    rows = [*book.accelerators.values(), *book.models.values()]
    names = {name for row in rows for name in (row.name, row.short)} | {row.name for row in book.formats.values()}
    return sorted(names, key=len, reverse=True)


def lint_page(path: str, text: str, names: list[str]) -> list[BookError]:
    """The faults of one page, with line numbers."""
    lines = text.split("\n")
    skipped = markdown.fenced(lines)
    for region in markdown.regions(text, path):
        skipped[region.first - 1 : region.last] = [True] * (region.last - region.first + 1)
    display = False
    errors = []
    for at, line in enumerate(lines):
        if line.strip() == "$$":
            display = not display
        if skipped[at] or display or line.strip().startswith("$$"):
            continue
        errors += [
            BookError(
                path,
                at + 1,
                f"found {found!r} typed by hand; write it as a number link (generators/numbers/) or in words",
            )
            for found in TYPED.findall(_bare(line, names))
        ]
    return errors


def _bare(line: str, names: list[str]) -> str:
    """A line without what may hold digits and units."""
    for pattern in _REMOVED:
        line = pattern.sub(" ", line)
    for name in names:
        line = line.replace(name, " ")
    return line
