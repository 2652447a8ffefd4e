"""The whole site as a stream of pages: the chapters transformed, the reference generated.  No engine is known here."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from generators.book.load import Book, load_book
from generators.errors import BookError, BookErrors, raise_all
from generators.site import (
    live,
    reference_accelerators,
    reference_figures,
    reference_formats,
    reference_history,
    reference_index,
    reference_models,
    reference_predictions,
    reference_published,
    reference_records,
    reference_sources,
    reference_who,
)
from generators.site.cards import SHOWN, Material
from generators.site.chapter import Context, read_context, transform
from generators.site.head import with_heads
from generators.site.page import Page


def pages(root: Path) -> Iterator[Page]:
    """Every page that is not in `docs/` as the site shows it.

    All pages are made even when some have mistakes; then `BookErrors` reports every mistake.
    """
    material, made = material_and_pages(root)
    return with_heads(made, material, root)


def material_and_pages(root: Path) -> tuple[Material, Iterator[Page]]:
    """The pages before their heads are written, and what cards are made of."""
    errors: list[BookError] = []
    context = read_context(root, errors)
    texts = {
        path.relative_to(root / "docs").as_posix(): path.read_text(encoding="utf-8")
        for path in sorted((root / "docs").rglob("*.md"))
    }
    book, faults = None, []
    try:
        book = load_book(root)
    except BookErrors as several:
        faults = several.errors
    material = Material(context.figures, dict(texts), book)
    return material, _pages(material, context, errors, faults)


def _pages(material: Material, context: Context, errors: list[BookError], faults: list[BookError]) -> Iterator[Page]:
    """All pages; `faults` are those of the data, told after those of the pages."""
    for name, text in material.texts.items():
        yield Page(name, transform(text, name, context, errors), f"docs/{name}")
    errors += faults
    if material.book is not None:
        yield from _reference(material.book, context, material.texts, errors)
    raise_all(errors)


def _reference(book: Book, context: Context, texts: dict[str, str], errors: list[BookError]) -> Iterator[Page]:
    """The generated pages; one that fails on its data is reported and the others still come."""
    uses = _uses(texts)
    parts: list[Callable[[], Iterator[Page]]] = [
        lambda: reference_index.pages(book, context.figures, context.numbers, texts),
        lambda: reference_accelerators.pages(book),
        lambda: reference_models.pages(book),
        lambda: reference_formats.pages(book),
        lambda: reference_published.pages(book),
        lambda: reference_figures.pages(book, context.figures, uses),
        lambda: reference_records.pages(book),
        lambda: reference_predictions.pages(book),
        lambda: reference_who.pages(book),
        lambda: reference_sources.pages(book, context.figures),
        lambda: reference_history.pages(book.root),
        lambda: live.pages(book),
    ]
    for part in parts:
        try:
            yield from part()
        except BookError as error:
            errors.append(error)
        except BookErrors as several:
            errors += several.errors


def _uses(texts: dict[str, str]) -> dict[str, list[tuple[str, str]]]:
    """Which pages show each figure: their path and title."""
    uses: dict[str, list[tuple[str, str]]] = {}
    for name, text in texts.items():
        heading = re.search(r"^# +(.+?) *$", text, re.MULTILINE)
        for figure in SHOWN.findall(text):
            uses.setdefault(figure, []).append((name, heading[1] if heading else name))
    return uses
