"""The whole site as a stream of pages: the chapters transformed, the reference generated.  No engine is known here."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from generators import fingerprint
from generators.book.load import Book, load_book
from generators.edition import read_edition
from generators.errors import BookError, raise_all
from generators.pictures.picture import PLACE as PICTURES
from generators.site import (
    in_the_book,
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
    twins,
)
from generators.site.cards import CHAPTER, SHOWN, Material, title
from generators.site.chapter import Context, context_files, read_context, transform
from generators.site.head import with_heads
from generators.site.memory import Memory
from generators.site.page import Page
from generators.weave.links import page_faults, page_text
from generators.weave.weave import page_paths

#: A part of the reference: what it rests on besides data, drawings and the edition, and what makes it.
Part = tuple[object, Callable[[], Iterator[Page]]]


def pages(root: Path, memory: Memory | None = None) -> Iterator[Page]:
    """Every page that is not in `docs/` as the site shows it.

    All pages are made even when some have mistakes; then `BookErrors` reports every mistake.
    `memory` spares what the same code has made before from the same files.
    """
    memory = memory or Memory()
    material, made = material_and_pages(root, memory)
    return with_heads(twins.with_twins(made, material.texts, memory), material, root)


def material_and_pages(root: Path, memory: Memory | None = None) -> tuple[Material, Iterator[Page]]:
    """The pages before their heads are written, and what cards are made of."""
    memory = memory or Memory()
    errors: list[BookError] = []
    faults: list[BookError] = []
    errors += page_faults(root, {path: page_text(root, path) for path in page_paths(root)})
    drawn = fingerprint.of_values(fingerprint.of_files(*context_files(root)), read_edition(root).name)
    context = memory.get("context", drawn, lambda found: read_context(root, found), errors) or Context()
    texts = {
        path.relative_to(root / "docs").as_posix(): path.read_text(encoding="utf-8")
        for path in sorted((root / "docs").rglob("*.md"))
    }
    rows = fingerprint.of_files(root / "data")
    book = memory.get("book", rows, lambda _: load_book(root), faults)
    material = Material(context.figures, dict(texts), book)
    return material, _pages(material, context, _Rest(memory, drawn, rows), errors, faults)


@dataclass(frozen=True)
class _Rest:
    """What was made before, and hashes of what everything now rests on: drawings and edition, and data."""

    memory: Memory
    drawn: str
    rows: str


def _pages(
    material: Material, context: Context, rest: _Rest, errors: list[BookError], faults: list[BookError]
) -> Iterator[Page]:
    """All pages; `faults` are those of the data, told after those of the pages."""
    for name, text in material.texts.items():
        rests_on = fingerprint.of_values(rest.drawn, text)
        if page := rest.memory.get(f"page {name}", rests_on, _transformed(name, text, context), errors):
            yield page
    errors += faults
    if material.book is not None:
        for name, (beside, part) in _reference(material.book, context, material.texts).items():
            rests_on = fingerprint.of_values(rest.rows, rest.drawn, beside)
            yield from rest.memory.get(f"part {name}", rests_on, lambda _, part=part: list(part()), errors) or []
    raise_all(errors)


def _transformed(name: str, text: str, context: Context) -> Callable[[list[BookError]], Page]:
    return lambda found: Page(name, transform(text, name, context, found), f"docs/{name}")


def _reference(book: Book, context: Context, texts: dict[str, str]) -> dict[str, Part]:
    """The generated pages by part; one that fails on its data is reported and the others still come."""
    uses, chapters = _uses(texts), in_the_book.chapters_of([*book.accelerators, *book.models], _chapters(texts))
    beside = {path: text for path, text in texts.items() if path.startswith("reference/")}
    pictures = sorted(path.name for path in (book.root / PICTURES).glob("*.png"))
    history = fingerprint.of_files(book.root / "CHANGELOG.md", book.root / "mkdocs.yml")
    return {
        "index": (beside, lambda: reference_index.pages(book, context.figures, context.numbers, beside)),
        "accelerators": (chapters, lambda: reference_accelerators.pages(book, chapters)),
        "models": (chapters, lambda: reference_models.pages(book, chapters)),
        "formats": ((), lambda: reference_formats.pages(book)),
        "published": ((), lambda: reference_published.pages(book)),
        "figures": ((uses, pictures), lambda: reference_figures.pages(book, context.figures, uses)),
        "records": ((), lambda: reference_records.pages(book)),
        "predictions": ((), lambda: reference_predictions.pages(book)),
        "who": ((), lambda: reference_who.pages(book)),
        "sources": ((), lambda: reference_sources.pages(book, context.figures)),
        "history": (history, lambda: reference_history.pages(book.root)),
        "live": ((), lambda: live.pages(book)),
    }


def _chapters(texts: dict[str, str]) -> list[tuple[str, str, str]]:
    """Path, title and text of every chapter, in order."""
    return [(path, title(text), text) for path, text in sorted(texts.items()) if CHAPTER.fullmatch(path)]


def _uses(texts: dict[str, str]) -> dict[str, list[tuple[str, str]]]:
    """Which pages show each figure: their path and title."""
    uses: dict[str, list[tuple[str, str]]] = {}
    for name, text in texts.items():
        heading = re.search(r"^# +(.+?) *$", text, re.MULTILINE)
        for figure in SHOWN.findall(text):
            uses.setdefault(figure, []).append((name, heading[1] if heading else name))
    return uses
