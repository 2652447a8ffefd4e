"""Make every format; one that lacks a tool is told in a line, and the others are made."""

import time
from collections.abc import Callable
from pathlib import Path

from generators.core.errors import BookError, BookErrors
from generators.export.cover import draw_cover
from generators.export.epub import make_epub
from generators.export.epubcheck import complaints
from generators.export.manuscript import Manuscript, read_manuscript
from generators.export.offline import make_offline
from generators.export.pdf import make_pdf

NAME = "memory-bound"
Say = Callable[[str], None]


def make_book(root: Path, folder: Path, say: Say) -> list[Path]:
    """Write ZIP, PDF and EPUB into a folder; returns their paths.

    What could not be made is raised at the end as `BookErrors`, after all that could.
    """
    folder.mkdir(parents=True, exist_ok=True)
    made: list[Path] = []
    errors: list[BookError] = []
    say("reading the book")
    book = read_manuscript(root)
    for make in (_epub, _pdf, _offline):
        started = time.perf_counter()
        try:
            path = make(book, root, folder, say, errors)
        except BookError as error:
            errors.append(error)
        except BookErrors as several:
            errors += several.errors
        else:
            made.append(path)
            say(f"wrote {path}, {path.stat().st_size / 1e6:.1f} MB, in {time.perf_counter() - started:.0f} s")
    if errors:
        raise BookErrors(errors)
    return made


def _epub(book: Manuscript, root: Path, folder: Path, say: Say, errors: list[BookError]) -> Path:
    say("EPUB: drawing the cover, writing the parts")
    try:
        cover = draw_cover(book)
    except BookError as error:
        cover = None
        errors.append(BookError("EPUB", "cover", f"{error.message}; the EPUB has no cover"))
    path = make_epub(book, folder / f"{NAME}.epub", cover)
    _checked(path, say, errors)
    return path


def _checked(path: Path, say: Say, errors: list[BookError]) -> None:
    """Hold the EPUB against its standard; one that could not be checked is kept, and said so."""
    say("EPUB: checking")
    try:
        errors += [BookError("EPUB", None, line) for line in complaints(path)]
    except BookError as error:
        errors.append(BookError("EPUB", None, f"{error.message}; it is unchecked"))


def _pdf(book: Manuscript, root: Path, folder: Path, say: Say, errors: list[BookError]) -> Path:
    return make_pdf(book, folder / f"{NAME}.pdf", say)


def _offline(book: Manuscript, root: Path, folder: Path, say: Say, errors: list[BookError]) -> Path:
    return make_offline(root, folder / f"{NAME}-offline.zip", say)
