"""All declared numbers: importing this module declares every family and every table."""

from __future__ import annotations

from generators.book.load import Book
from generators.numbers import chapter1, chips, measured, models, passes, quoted
from generators.numbers.registry import Numbers
from generators.tables import catalogue_tables, chapter_tables

DECLARED = (chips, models, passes, quoted, measured, chapter1, catalogue_tables, chapter_tables)


def all_numbers(book: Book) -> Numbers:
    """The numbers of a book, with every family declared."""
    return Numbers(book)
