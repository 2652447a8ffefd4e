"""All declared numbers: importing this module declares every family and every table."""

from __future__ import annotations

from generators.book.load import Book
from generators.numbers import (
    chapter1,
    chapter2,
    chapter2_context,
    chapter2_measured,
    chapter2_sharing,
    chapter3,
    chapter3_sharing,
    chapter4,
    chapter4_measured,
    chapter4_serving,
    chips,
    measured,
    models,
    passes,
    quoted,
    suite,
)
from generators.numbers.registry import Numbers
from generators.tables import batch_tables, cache_tables, catalogue_tables, chapter_tables, phase_tables

DECLARED = (
    chips,
    models,
    passes,
    quoted,
    suite,
    measured,
    chapter1,
    chapter2,
    chapter2_context,
    chapter2_measured,
    chapter2_sharing,
    chapter3,
    chapter3_sharing,
    chapter4,
    chapter4_measured,
    chapter4_serving,
    batch_tables,
    cache_tables,
    catalogue_tables,
    chapter_tables,
    phase_tables,
)


def all_numbers(book: Book) -> Numbers:
    """The numbers of a book, with every family declared."""
    return Numbers(book)
