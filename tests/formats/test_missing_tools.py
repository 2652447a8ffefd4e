"""A machine that lacks Chromium, epubcheck or the library for pictures: one line each that names the package, and the rest is made."""

import shutil

import pytest

from generators.core import chromium
from generators.core.errors import BookError, BookErrors
from generators.export import book, epubcheck, pdf
from tests.conftest import ROOT


def test_what_is_missing_is_told_and_the_rest_is_made(monkeypatch, tmp_path):
    def no_library(_):
        raise BookError(
            "pictures", None, "found no libcairo2, wanted it to draw PNG (Debian: apt-get install libcairo2)"
        )

    absent = {*chromium.NAMES, "epubcheck"}
    found = shutil.which
    monkeypatch.setattr(shutil, "which", lambda name, *rest: None if name in absent else found(name, *rest))
    monkeypatch.setattr(book, "draw_cover", no_library)
    assert pdf.shutil.which is epubcheck.shutil.which is shutil.which
    said: list[str] = []
    with pytest.raises(BookErrors) as reported:
        book.make_book(ROOT, tmp_path, said.append)
    lines = str(reported.value).splitlines()
    assert len(lines) == 3
    for package, line in zip(("libcairo2", "epubcheck", "chromium"), lines, strict=True):
        assert f"apt-get install {package}" in line and "found no" in line
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{book.NAME}-offline.zip", f"{book.NAME}.epub"]
    assert sum("wrote " in line for line in said) == 2
