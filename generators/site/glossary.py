"""The notation page's terms, explained on hover where a chapter first uses them."""

import re
from functools import cache
from pathlib import Path

from generators.core.escape import plain
from generators.core.spans import HIDDEN, Edit, hide_all

_SECTION = re.compile(r"^##[ \t]+(?:Terms|Symbols)\b[^\n]*\n(.*?)(?=^##?[ \t]|\Z)", re.MULTILINE | re.DOTALL)
_ROW = re.compile(r"^[ \t]*\|(?P<term>[^|\n]+)\|(?P<meaning>[^|\n]+)\|", re.MULTILINE)
_LINK = re.compile(r"\[([^\[\]]*)\]\([^)]*\)(?:\{[^}\n]*\})?")
_MARKUP = re.compile(r"\*\*|__|`|\*|\{[^}\n]*\}|\$")
_NOT_PROSE = (
    re.compile(r"^[ \t]*#{1,6}[ \t].*$", re.MULTILINE),  # headings
    re.compile(r"!?\[[^\[\]\n]*\]\([^)\n]*\)"),  # links and images
    re.compile(r"<[^<>\n]*>"),  # tags and their attributes
    re.compile(r"<summary\b.*?</summary>", re.DOTALL),
)


def read_terms(root: Path) -> dict[str, str]:
    """Terms and abbreviations with their meaning, from the tables of `docs/reference/notation.md`.

    A row whose first cell is a formula is a symbol, which has no text to find, and is passed over.
    """
    path = root / "docs" / "reference" / "notation.md"
    if not path.is_file():
        return {}
    terms: dict[str, str] = {}
    for section in _SECTION.findall(path.read_text(encoding="utf-8")):
        for match in _ROW.finditer(section):
            term, meaning = _words(match["term"]), _words(match["meaning"])
            if "$" in match["term"] or len(term) < 2 or not term[0].isalpha() or set(meaning) <= set("-: "):
                continue
            terms[term] = meaning
    headings = ("term", "symbol")
    return {term: meaning for term, meaning in terms.items() if term.lower() not in headings}


def _words(cell: str) -> str:
    """A cell's text without its markup."""
    return " ".join(_MARKUP.sub("", _LINK.sub(r"\1", cell)).split())


@cache
def _searched(term: str) -> re.Pattern[str]:
    """A term as running prose may write it: its first letter large or small, broken between lines."""
    words = r"\s+".join(re.escape(word) for word in term.split())
    first = words if term[:2].isupper() else f"(?i:{words[0]}){words[1:]}"
    return re.compile(rf"(?<![\w-]){first}(?![\w-])")


def edits(mask: str, terms: dict[str, str]) -> list[Edit]:
    """The first use of each term in running prose as an abbreviation with its meaning.

    `mask` must hide everything that other passes replace.  Longer terms win over terms inside them.
    """
    for pattern in _NOT_PROSE:
        mask = hide_all(mask, pattern)
    found: list[Edit] = []
    for term in sorted(terms, key=lambda term: (-len(term), term)):
        match = _searched(term).search(mask) if term.split()[-1][1:] in mask else None
        if match:
            tag = f'<abbr title="{plain(terms[term])}">{match[0]}</abbr>'
            found.append(Edit(match.start(), match.end(), tag))
            mask = mask[: match.start()] + HIDDEN * (match.end() - match.start()) + mask[match.end() :]
    return found
