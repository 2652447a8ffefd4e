"""Every format, made once for all tests of this folder, and the manuscript it was made from."""

from pathlib import Path

import pytest

from generators.export.book import NAME, make_book
from generators.export.manuscript import Manuscript, read_manuscript
from tests.conftest import ROOT


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with ZIP, PDF and EPUB; any missing tool and any complaint of epubcheck fails here, in one line."""
    folder = tmp_path_factory.mktemp("dist")
    said: list[str] = []
    paths = make_book(ROOT, folder, said.append)
    assert sorted(path.name for path in paths) == [f"{NAME}-offline.zip", f"{NAME}.epub", f"{NAME}.pdf"]
    assert all(any(f"wrote {path}, " in line and " MB" in line for line in said) for path in paths)
    return folder


@pytest.fixture(scope="session")
def manuscript() -> Manuscript:
    """The book before any format."""
    return read_manuscript(ROOT)


@pytest.fixture(scope="session")
def pdf(made: Path) -> Path:
    """The PDF."""
    return made / f"{NAME}.pdf"


@pytest.fixture(scope="session")
def epub(made: Path) -> Path:
    """The EPUB."""
    return made / f"{NAME}.epub"


@pytest.fixture(scope="session")
def offline(made: Path) -> Path:
    """The ZIP of the site."""
    return made / f"{NAME}-offline.zip"
