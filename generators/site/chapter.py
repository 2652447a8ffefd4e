"""A committed page as the site shows it: figures inline, numbers with their derivation, formulas as MathML.

Every pass finds its places in the text as a person wrote it, and all replacements are made at
once, so that each error names the line to mend.
"""

from dataclasses import dataclass, field
from pathlib import Path

from generators.core.addresses import NOWHERE, Addresses, read_addresses
from generators.core.addresses import PLACE as ADDRESSES
from generators.core.errors import BookError
from generators.core.spans import Edit, apply, hide, prose
from generators.release.edition import read_edition
from generators.site import figure, glossary, live, maths, number_links
from generators.site.description import with_description

_DOLLAR = r"\$"


@dataclass(frozen=True)
class Context:
    """What pages refer to: drawn figures, ledger of numbers, rendered formulas, glossary, edition and addresses."""

    figures: dict[str, figure.Figure] = field(default_factory=dict)
    numbers: dict[str, dict] = field(default_factory=dict)
    formulas: maths.Cache = field(default_factory=dict)
    terms: dict[str, str] = field(default_factory=dict)
    edition: str = ""
    addresses: Addresses = NOWHERE


def context_files(root: Path) -> list[Path]:
    """The files and folders that `read_context` reads."""
    docs = root / "docs"
    kept = [docs / "vis", docs / "reference" / "numbers.json", docs / "reference" / "notation.md", root / maths.PLACE]
    return [*kept, root / ADDRESSES]


def read_context(root: Path, errors: list[BookError]) -> Context:
    """Read everything once; what cannot be read is reported and left out."""
    figures = {}
    for name in figure.figure_names(root):
        try:
            figures[name] = figure.read_figure(root, name)
            for narrow in (False, True):
                figures[name].drawing(narrow)
        except BookError as error:
            errors.append(error)
            figures.pop(name, None)
    try:
        numbers = number_links.read_numbers(root)
    except BookError as error:
        errors.append(error)
        numbers = {}
    try:
        addresses = read_addresses(root)
    except BookError as error:
        errors.append(error)
        addresses = NOWHERE
    formulas, terms = maths.load(root / maths.PLACE), glossary.read_terms(root)
    return Context(figures, numbers, formulas, terms, read_edition(root).name, addresses)


def transform(text: str, page: str, context: Context, errors: list[BookError]) -> str:
    """The page's text for the site engine.  `page` is its path in the docs folder, as errors name it."""
    edits = maths.edits(text, f"docs/{page}", context.formulas, errors)
    mask = prose(text)
    for formula in maths.formulas(text):
        mask = hide(mask, formula.start, formula.end)
    edits += figure.edits(text, mask, page, context.figures, errors, context.edition, context.addresses)
    edits += number_links.edits(text, mask, page, context.numbers, errors)
    edits += live.edits(text, page, errors, {name: one.table for name, one in context.figures.items()})
    for edit in edits:
        mask = hide(mask, edit.start, edit.end)
    edits += _dollars(mask)
    if not page.startswith("reference/"):
        edits += glossary.edits(mask, context.terms)
    return with_description(apply(text, edits), text)


def _dollars(mask: str) -> list[Edit]:
    """``\\$`` is a dollar sign on a code host; Python-Markdown would keep the backslash."""
    edits, place = [], mask.find(_DOLLAR)
    while place >= 0:
        edits.append(Edit(place, place + 2, "&#36;"))
        place = mask.find(_DOLLAR, place + 2)
    return edits
