"""Rows of `data/` by id, which say what an id is that is none of theirs: a draft, with what it lacks, or nothing's."""

from typing import TypeVar

from generators.catalog.bounds import shown
from generators.core.errors import nearest

T = TypeVar("T")


class Absent(KeyError):
    """An id that is no row's, in words."""


class Rows(dict[str, T]):
    """The finished rows of `place`, such as ``data/models/``; `drafts` has the rest: id -> its open fields and its file."""

    def __init__(self, place: str) -> None:
        super().__init__()
        self.place = place
        self.drafts: dict[str, str] = {}

    def absent(self, id_: str) -> str:
        """What was found and wanted, of an id that is no row's."""
        if id_ in self.drafts:
            return f"found {shown(id_)}, which is a draft, wanted a finished row; fill in {self.drafts[id_]}"
        return f"found {shown(id_)}, wanted the id of a row in {self.place}; {nearest(id_, self)}"

    def __missing__(self, id_: str) -> T:
        raise Absent(self.absent(id_))
