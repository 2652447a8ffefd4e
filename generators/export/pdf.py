"""The book as a PDF, printed by Chromium: real text, vector figures, bookmarks, and links to places inside it."""

import contextlib
import io
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from generators.core import chromium
from generators.core.errors import BookError
from generators.export.flow import Passes, late
from generators.export.manuscript import Manuscript
from generators.export.print_page import print_page

FIX = "Debian: apt-get install chromium fonts-dejavu-core fonts-liberation"


HERE = Path(__file__).parent
MOST_TURNS = 4
ORDER = ["", "first", "second", "third", "last"]


def make_pdf(book: Manuscript, target: Path, say: Callable[[str], None], sheets: Path = HERE) -> Path:
    """Print the book with the style sheets of a folder; a `BookError` where Chromium is missing.

    It is printed until nothing moves: only then is it known where figures leave a page half empty, and on
    which pages the places named in the contents stand.
    """
    with tempfile.TemporaryDirectory() as folder, _browser() as browser:
        written = Path(folder)
        _put_files(book, written, sheets)
        numbers: dict[str, int] = {}
        passes: Passes = {}
        printed = b""
        for turn in range(1, MOST_TURNS + 1):
            say(f"PDF: printing for the {ORDER[turn]} time")
            (written / "book.xhtml").write_text(print_page(book, numbers, passes), encoding="utf-8")
            printed = _print(browser, written / "book.xhtml")
            before = numbers, passes
            numbers = page_numbers(printed)
            passes = late(printed, book, passes) if turn < MOST_TURNS - 1 else passes
            if (numbers, passes) == before:
                break
    target.write_bytes(printed)
    return target


def page_numbers(printed: bytes) -> dict[str, int]:
    """The page, from 1, on which each named place of a PDF stands."""
    from pypdf import PdfReader

    reader = PdfReader(io.BytesIO(printed))
    pages = {page.indirect_reference.idnum: number for number, page in enumerate(reader.pages, 1)}
    return {
        name.removeprefix("/"): pages[place.raw_get("/Page").idnum] for name, place in reader.named_destinations.items()
    }


def _put_files(book: Manuscript, folder: Path, sheets: Path) -> None:
    fonts = Path(book.home) / "docs" / "assets" / "fonts"
    for path in (sheets / "book.css", sheets / "print.css", fonts / "stix-two-math-subset.woff2"):
        shutil.copy(path, folder)
    (folder / "figures").mkdir()
    for name, svg in book.figures.items():
        (folder / "figures" / f"{name}.svg").write_text(svg, encoding="utf-8")


@contextlib.contextmanager
def _browser() -> Iterator:
    found = next((path for name in chromium.NAMES if (path := shutil.which(name))), None)
    if found is None:
        raise BookError("PDF", None, f"found no Chromium, wanted it to print with ({FIX})")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        message = "found no playwright, wanted the packages of group export; run: nox -s book"
        raise BookError("PDF", None, message) from None
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=chromium.FLAGS, env=dict(os.environ))
        try:
            yield browser
        finally:
            browser.close()


def _print(browser, path: Path) -> bytes:
    page = browser.new_page(color_scheme="light")
    page.goto(path.as_uri())
    page.evaluate("document.fonts.ready.then(() => true)")
    return page.pdf(prefer_css_page_size=True, tagged=True, outline=True, print_background=True)
