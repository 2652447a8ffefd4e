"""The lint of prose: a number typed by hand beside a unit is refused, so that every number has a derivation.

What may hold digits and units: number links, code, formulas, generated regions, alt texts (woven),
addresses, and the names of chips and models from the catalog (``A100 80GB SXM``).  Markup and
special spaces between a number and its unit hide nothing: ``**5**&nbsp;ms`` reads as ``5 ms``.
"""

import html
import re
from pathlib import Path

from generators.catalog.load import Catalog, load_catalog
from generators.core.errors import BookError
from generators.core.units import UNITS
from generators.weave import markdown
from generators.weave.links import page_faults, page_text
from generators.weave.weave import page_paths

_PREFIX = r"[kKMGTPE]i?"
#: Units in prose, the book's own first; the others are spellings that the book never prints.
_SYMBOLS = [
    *sorted((re.escape(unit) for unit in UNITS if unit), key=len, reverse=True),
    rf"(?:{_PREFIX})(?:B|b|bits?|[Bb]ps)",
    rf"(?:{_PREFIX})?(?:FLOPS?|FLOPs|OPS?|OPs)",
    r"[kMGTm]?(?:W|Wh|J|Hz)",
    r"(?:[mnu\u00b5\u03bc]?s|secs?|mins?|h|hrs?)",
    r"x(?!\s*\d)",
    r"[A-Za-z\u00b5\u03bc]+/(?:s|sec|second|min|minute|h|hour|byte|token|parameter|W|watt)",
    r"[A-Za-z]+\s+per\s+(?:second|minute|hour)",
]
#: Words for units, in any case.
_WORDS = [
    r"(?:kilo|mega|giga|tera|peta|exa|kibi|mebi|gibi|tebi)(?:bytes?|bits?|flops?|ops|watts?|hertz|joules?)",
    r"(?:bytes|bits|flops?|watts?|hertz|joules?|tok)",
    r"(?:milli|micro|nano)?seconds",
    r"(?:minutes?|hours?|days?|weeks?|months?|years?)",
    r"(?:thousand|million|billion|trillion|bn)",
    r"(?:per\s?cent(?:age)?|times|fold|tokens\s+per\s+second)",
]
_NUMBER = r"\d+(?:[.,]\d+)*(?:[eE][+-]?\d+)?"
TYPED = re.compile(
    rf"(?<![\w#])(?<!\w[./-]){_NUMBER}(?:\s*[-\u2010-\u2014]\s*{_NUMBER})?"
    rf"(?:[\s\u2010\u2011-]*(?:{'|'.join(_SYMBOLS)}|(?i:{'|'.join(_WORDS)}))(?:/[A-Za-z]+)?(?!\w)"
    r"|\s?[kKMBT][\s-]+(?:parameters?|params?|tokens)(?!\w))"  # 7B parameters, but not the 7B model
)
#: What may hold digits: a mark takes its place, so that a number before it and a unit after it do not meet.
_HIDDEN = [
    re.compile(r"(?<!`)(`+)(?!`).+?(?<!`)\1(?!`)"),
    re.compile(r"\$[^$\n]+\$"),
    markdown.NUMBER_LINK,
    re.compile(r"!\[[^\]]*\]\([^)]*\)"),
]
#: What stands between the words: addresses, comments, tags.
_BETWEEN = [
    re.compile(r"\]\([^)]*\)"),
    re.compile(r"\[\^[^\]]*\]"),
    re.compile(r"<!--.*?-->"),
    re.compile(r"<https?:[^>]*>"),
    re.compile(r"</?[A-Za-z][^>]*>"),
]
#: Emphasis, escapes, marks of notes and characters without width: nothing stays where they were.
_EMPTY = re.compile(
    r"[*\\\[\]\u00ad\u200b-\u200d\u2060\ufeff¹²³\u2070-\u207f†‡]"
    r"|(?<!\w)_+|_+(?!\w)"
)


def lint_prose(root: Path) -> list[BookError]:
    """Every number typed by hand beside a unit, and every fault of a link or description, in every hand-written page."""
    names = catalog_names(load_catalog(root))
    texts = {path: page_text(root, path) for path in page_paths(root)}
    return [e for path, text in texts.items() for e in lint_page(path, text, names)] + page_faults(root, texts)


def catalog_names(catalog: Catalog) -> list[str]:
    """Names of chips, models and formats as the catalog writes them, longest first."""
    rows = [*catalog.accelerators.values(), *catalog.models.values()]
    names = {name for row in rows for name in (row.name, row.short)} | {row.name for row in catalog.formats.values()}
    return sorted(names, key=len, reverse=True)


def lint_page(path: str, text: str, names: list[str]) -> list[BookError]:
    """The faults of one page, with line numbers."""
    lines = text.split("\n")
    skipped = markdown.fenced(lines)
    for region in markdown.regions(text, path):
        skipped[region.first - 1 : region.last] = [True] * (region.last - region.first + 1)
    known = re.compile(rf"(?<!\w)(?:{'|'.join(re.escape(name) for name in names)})s?(?!\w)" if names else r"(?!)")
    display = False
    errors = []
    for at, line in enumerate(lines):
        if skipped[at]:
            continue
        if line.strip() == "$$":
            display = not display
        if display or line.strip().startswith("$$"):
            continue
        errors += [_error(path, at + 1, match[0]) for match in TYPED.finditer(_bare(line, known))]
    return errors


def _error(path: str, line: int, found: str) -> BookError:
    wanted = "write it as a number link (generators/numbers/) or in words"
    return BookError(path, line, f"found {' '.join(found.split())!r} typed by hand; {wanted}")


def _bare(line: str, known: re.Pattern[str]) -> str:
    """A line as it reads, without what may hold digits and units."""
    for pattern in _HIDDEN:
        line = pattern.sub("\0", line)
    for pattern in _BETWEEN:
        line = pattern.sub(" ", line)
    line = _EMPTY.sub("", html.unescape(line))
    return known.sub("\0", re.sub(r"\s", " ", line))
