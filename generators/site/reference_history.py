"""What changed from edition to edition, and what was wrong: the changelog and the errata as pages of the site."""

from collections.abc import Iterator
from pathlib import Path

from generators.catalog.erratum import PLACE, Erratum, load_errata
from generators.core.addresses import read_addresses
from generators.core.changelog import Section, read_changelog
from generators.site.markdown import link, page, table, trail
from generators.site.page import Page

UP = trail(("Reference", "index.md"))


def pages(root: Path) -> Iterator[Page]:
    """Both pages; a malformed changelog or erratum is a `BookError`."""
    yield Page("reference/changelog.md", _changes(read_changelog(root)), "CHANGELOG.md")
    yield Page("reference/errata.md", _errata(load_errata(root), read_addresses(root).report("", "")), PLACE)


def _changes(sections: list[Section]) -> str:
    blocks = [
        UP,
        "Editions are numbered by content: the first number for a new structure, the second for a chapter, the third for corrections.\n"
        "A published edition is never changed: its text, figures and numbers stay as they were.\n"
        f"What was wrong in one stands on the page of {link('errata', 'errata.md')}.",
    ]
    for section in sections:
        if section.text:
            blocks += [f"## {_heading(section)}", section.text]
    return page("Changes", "What changed in each edition of the book: chapters, figures, data and corrections.", blocks)


def _heading(section: Section) -> str:
    return f"{section.number}, {section.date}" if section.number else "Not yet released"


def _errata(errata: dict[str, Erratum], report: str) -> str:
    rows = [
        [id_, one.place, one.found_in, one.mended_in or "not yet", one.said, one.correct, one.reported_by, one.reported]
        for id_, one in errata.items()
    ]
    headings = ("Erratum", "Place", "Found in", "Mended in", "Said", "Right is", "Reported by", "On")
    form = f"[Report one]({report})" if report else "Report one where you found this book's source"
    blocks = [
        UP,
        "Errors found in published editions; an edition in which one stood is not changed, a later one mends it.",
        table(headings, rows) if rows else "No erratum has been reported.",
        "## Reporting an error",
        f"{form}, with the edition (the foot of each page names it), the id of the figure or number (it stands in the caption, or in the link's address), "
        "what it says, what you found instead, and where that can be read.",
    ]
    return page(
        "Errata", "Errors found in published editions of the book, and how to report one.", blocks, wide=bool(rows)
    )
