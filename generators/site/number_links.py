"""Links from a number to its row, in the part of the numbers page that has it, with how it was derived shown on hover and on focus."""

import json
import posixpath
import re
from pathlib import Path

from generators.core.errors import BookError
from generators.core.escape import title
from generators.core.spans import Edit, line_of

LEDGER = "reference/numbers.md"
_LINK = re.compile(
    r"(?<!!)\[(?P<text>[^\[\]\n]+)\]\((?P<target>[^)\s#]*numbers\.md)#(?P<id>[^)\s]+)\)(?P<tail>\{[^}\n]*\})?"
)


def read_numbers(root: Path) -> dict[str, dict]:
    """The ledger by id: text, title and uses; empty when no number has been written yet."""
    path = root / "docs" / "reference" / "numbers.json"
    if not path.is_file():
        return {}
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise BookError(
            "docs/reference/numbers.json", None, f"not readable as JSON: {error}. Run: nox -s write"
        ) from None


def edits(text: str, mask: str, page: str, numbers: dict[str, dict], errors: list[BookError]) -> list[Edit]:
    """Each number link with its derivation as title and the class that the style sheet knows.

    `page` is the page's path in the docs folder.  An id that the ledger lacks is an error with its line.
    """
    found = []
    for match in _LINK.finditer(mask):
        if posixpath.normpath(posixpath.join(posixpath.dirname(page), match["target"])) != LEDGER:
            continue
        row, words = numbers.get(match["id"]), text[match.start("text") : match.end("text")]
        if row is None:
            line = line_of(text, match.start())
            message = f"[{words}] names number {match['id']!r}, which the ledger lacks"
            mend = "Run: nox -s write, which adds it or names those nearest to it"
            errors.append(BookError(f"docs/{page}", line, f"{message}. {mend}"))
            continue
        inside = (match["tail"] or "{}")[1:-1].strip().removeprefix(":").strip()
        attributes = " ".join(part for part in (".mb-num", inside) if part)
        reported = "&#10;".join(title(line) for line in row["title"].split("\n"))
        part = f"{match['target'].removesuffix('.md')}/{row['part']}.md"
        link = f'[{words}]({part}#{match["id"]} "{reported}"){{ {attributes} }}'
        found.append(Edit(match.start(), match.end(), link))
    return found
