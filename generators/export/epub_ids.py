"""Names of places in an EPUB: ids that XML allows, and the file in which each stands."""

import posixpath
import re
from xml.etree.ElementTree import Element


def xml_id(id_: str) -> str:
    """An id that XML allows, different for different ids: it begins with a letter, and other signs are numbers."""
    return "i-" + re.sub(r"[^A-Za-z0-9.-]", lambda match: f"_{ord(match[0]):x}", id_)


class Places:
    """Where each place of the book lies; `chunks` are the files of each part, by the part's path."""

    def __init__(self, chunks: dict[str, list[tuple[str, str, list[Element]]]]) -> None:
        self._first = {path: files[0][0] for path, files in chunks.items()}
        self._file = {
            (path, found.get("id")): name
            for path, files in chunks.items()
            for name, _, content in files
            for child in content
            for found in child.iter()
            if found.get("id")
        }

    def address(self, target: str, page: str = "") -> str:
        """The file and id of a settled link; a `KeyError` would be a link that `settle` let through."""
        path, _, id_ = target.partition("#")
        path = posixpath.normpath(path) if path else page
        return f"{self._file[path, id_]}#{xml_id(id_)}" if id_ else self._first[path]
