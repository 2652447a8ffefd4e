"""Hashes that tell whether something has changed: by content, never by date."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path


def of_values(*values: object) -> str:
    """A hash of plain values by what they say; none runs into the next."""
    return hashlib.sha256(repr(values).encode()).hexdigest()


def of_files(*places: Path, ending: str = "") -> str:
    """A hash of files, and of all files of folders whose names end so, by path from the place and content."""
    found = hashlib.sha256()
    for at, place in enumerate(places):
        for path in [place] if place.is_file() else _below(place, ending):
            content = _content(path)
            name = path.relative_to(place).as_posix()
            found.update(f"\0{at}\0{name}\0{len(content)}\0".encode(errors="surrogateescape"))
            found.update(content)
    return found.hexdigest()


def _below(folder: Path, ending: str) -> Iterator[Path]:
    """Files below a folder, in order; links are followed, as the loaders follow them."""
    for place, folders, names in os.walk(folder, followlinks=True):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        yield from (Path(place, name) for name in sorted(names) if name.endswith(ending))


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:  # what cannot be read counts by its error, and is told by whoever wants to read it
        return type(error).__name__.encode()
