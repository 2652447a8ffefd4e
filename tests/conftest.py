"""What several test files share: the project's root and the site built once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))


def build_site(target: Path, root: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Build the site strictly into a folder, as `nox -s site` does, with dates that do not move."""
    quiet = {"NO_MKDOCS_2_WARNING": "1", "DISABLE_MKDOCS_2_WARNING": "true", "SOURCE_DATE_EPOCH": "1763856000"}
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(target)]
    return subprocess.run(command, cwd=root, env=os.environ | quiet, capture_output=True, text=True, timeout=600)


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's root folder."""
    return ROOT


@pytest.fixture(scope="session")
def built_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real site, built once for all tests."""
    pytest.importorskip("mkdocs", reason="the site's packages are not installed (dependency group site)")
    target = tmp_path_factory.mktemp("site")
    done = build_site(target)
    assert done.returncode == 0, done.stdout + done.stderr
    return target


@pytest.fixture(scope="session")
def book():
    """All of `data/`, validated."""
    from generators.book.load import load_book

    return load_book(ROOT)


@pytest.fixture(scope="session")
def numbers(book):
    """Every number of the book."""
    from generators.numbers.everything import all_numbers

    return all_numbers(book)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the data, pages and drawing code that a test may change."""
    import shutil

    for part in ("data", "docs", "vis"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "README.md", tmp_path / "README.md")
    return tmp_path
