"""The formats as an edition offers them: made into a folder that git ignores, and read for the publishing branch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from generators.export.book import make_book


def make_downloads(root: Path, say: Callable[[str], None]) -> dict[str, bytes]:
    """ZIP, PDF and EPUB by name; a `BookErrors` where one could not be made, so that no edition lacks one unsaid."""
    return {path.name: path.read_bytes() for path in make_book(root, root / "dist", say)}
