"""The whole site as a stream of pages: the chapters transformed, the reference generated.  No engine is known here."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from generators.catalog.load import Catalog, load_catalog
from generators.core import fingerprint
from generators.core.errors import BookError, raise_all
from generators.core.page_head import first_heading
from generators.pictures.picture import PLACE as PICTURES
from generators.release.edition import read_edition
from generators.site import (
    in_the_book,
    live,
    plain_texts,
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
from generators.site.cache import Cache
from generators.site.cards import CHAPTER, SHOWN, Material, title
from generators.site.chapter import Context, context_files, read_context, transform
from generators.site.head import with_heads
from generators.site.page import Page
from generators.weave.links import page_faults, page_text
from generators.weave.weave import page_paths

#: A part of the reference: what it rests on besides data, drawings and the edition, and what makes it.
Part = tuple[object, Callable[[], Iterator[Page]]]


def pages(root: Path, cache: Cache | None = None) -> Iterator[Page]:
    """Every page that is not in `docs/` as the site shows it.

    All pages are made even when some have mistakes; then `BookErrors` reports every mistake.
    `cache` spares what the same code has made before from the same files.
    """
    cache = cache or Cache()
    material, made = material_and_pages(root, cache)
    return with_heads(plain_texts.with_plain_texts(made, material.texts, cache), material, root)


def material_and_pages(root: Path, cache: Cache | None = None) -> tuple[Material, Iterator[Page]]:
    """The pages before their heads are written, and what cards are made of."""
    cache = cache or Cache()
    errors: list[BookError] = []
    faults: list[BookError] = []
    errors += page_faults(root, {path: page_text(root, path) for path in page_paths(root)})
    drawn = fingerprint.of_values(fingerprint.of_files(*context_files(root)), read_edition(root).name)
    context = cache.get("context", drawn, lambda found: read_context(root, found), errors) or Context()
    texts = {
        path.relative_to(root / "docs").as_posix(): path.read_text(encoding="utf-8")
        for path in sorted((root / "docs").rglob("*.md"))
    }
    rows = fingerprint.of_files(root / "data")
    catalog = cache.get("book", rows, lambda _: load_catalog(root), faults)
    material = Material(context.figures, dict(texts), catalog)
    return material, _pages(material, context, _Rest(cache, drawn, rows), errors, faults)


@dataclass(frozen=True)
class _Rest:
    """What was made before, and hashes of what everything now rests on: drawings and edition, and data."""

    cache: Cache
    drawn: str
    rows: str


def _pages(
    material: Material, context: Context, rest: _Rest, errors: list[BookError], faults: list[BookError]
) -> Iterator[Page]:
    """All pages; `faults` are those of the data, told after those of the pages."""
    for name, text in material.texts.items():
        rests_on = fingerprint.of_values(rest.drawn, text)
        if page := rest.cache.get(f"page {name}", rests_on, _transformed(name, text, context), errors):
            yield page
    errors += faults
    if material.catalog is not None:
        for name, (beside, part) in _reference(material.catalog, context, material.texts).items():
            rests_on = fingerprint.of_values(rest.rows, rest.drawn, beside)
            yield from rest.cache.get(f"part {name}", rests_on, lambda _, part=part: list(part()), errors) or []
    raise_all(errors)


def _transformed(name: str, text: str, context: Context) -> Callable[[list[BookError]], Page]:
    return lambda found: Page(name, transform(text, name, context, found), f"docs/{name}")


def _reference(catalog: Catalog, context: Context, texts: dict[str, str]) -> dict[str, Part]:
    """The generated pages by part; one that fails on its data is reported and the others still come."""
    uses, chapters = _uses(texts), in_the_book.chapters_of([*catalog.accelerators, *catalog.models], _chapters(texts))
    beside = {path: text for path, text in texts.items() if path.startswith("reference/")}
    pictures = sorted(path.name for path in (catalog.root / PICTURES).glob("*.png"))
    history = fingerprint.of_files(catalog.root / "CHANGELOG.md", catalog.root / "mkdocs.yml")
    return {
        "index": (beside, lambda: reference_index.pages(catalog, context.figures, context.numbers, beside)),
        "accelerators": (chapters, lambda: reference_accelerators.pages(catalog, chapters)),
        "models": (chapters, lambda: reference_models.pages(catalog, chapters)),
        "formats": ((), lambda: reference_formats.pages(catalog)),
        "published": ((), lambda: reference_published.pages(catalog)),
        "figures": ((uses, pictures), lambda: reference_figures.pages(catalog, context.figures, uses)),
        "records": ((), lambda: reference_records.pages(catalog)),
        "predictions": ((), lambda: reference_predictions.pages(catalog)),
        "who": ((), lambda: reference_who.pages(catalog)),
        "sources": ((), lambda: reference_sources.pages(catalog, context.figures)),
        "history": (history, lambda: reference_history.pages(catalog.root)),
        "live": ((), lambda: live.pages(catalog)),
    }


def _chapters(texts: dict[str, str]) -> list[tuple[str, str, str]]:
    """Path, title and text of every chapter, in order."""
    return [(path, title(text), text) for path, text in sorted(texts.items()) if CHAPTER.fullmatch(path)]


def _uses(texts: dict[str, str]) -> dict[str, list[tuple[str, str]]]:
    """Which pages show each figure: their path and title."""
    uses: dict[str, list[tuple[str, str]]] = {}
    for name, text in texts.items():
        for figure in SHOWN.findall(text):
            uses.setdefault(figure, []).append((name, first_heading(text) or name))
    return uses
