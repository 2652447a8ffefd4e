"""An error of a published edition: where it stood, what it said, what is right, and since when it is mended."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, field_validator, model_validator

from generators.catalog.datum import Row
from generators.catalog.load import read_toml, validate
from generators.catalog.record_field import Text, day
from generators.core.changelog import order
from generators.core.errors import BookError, raise_all

PLACE = "data/errata.toml"

_EDITION = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+")
_PLACE = re.compile(r"[A-Za-z0-9_./#{}-]+")


def _edition(value: str) -> str:
    if not _EDITION.fullmatch(value):
        raise ValueError(f"found {value!r}, wanted an edition's number, such as 0.1.0")
    return value


def _place(value: str) -> str:
    if not _PLACE.fullmatch(value) or ".." in value:
        raise ValueError(
            f"found {value!r}, wanted the id of a figure or number, or a page's path such as 01_memory_bound"
        )
    return value


Edition = Annotated[str, AfterValidator(_edition)]


class Erratum(Row):
    """One table of ``data/errata.toml``, whose name is the id by which others cite it.

    `place` is a figure's id, a number's id or a page's path; `mended_in` is empty until an edition mends it.
    """

    found_in: Edition
    mended_in: Edition | None = None
    place: Annotated[str, AfterValidator(_place)]
    said: Annotated[Text, Field(min_length=1)]
    correct: Annotated[Text, Field(min_length=1)]
    reported_by: Text = ""
    reported: date

    @field_validator("reported")
    @classmethod
    def _has_come(cls, value: date) -> date:
        if value.year < 2026:
            raise ValueError(f"found {value}, wanted a day since the first edition, in 2026")
        day(value.isoformat(), "reported")
        return value

    @model_validator(mode="after")
    def _mended_later(self) -> Erratum:
        if self.mended_in and order(self.mended_in) <= order(self.found_in):
            raise ValueError(f"found mended_in {self.mended_in!r}, wanted an edition after {self.found_in}")
        return self


def load_errata(root: Path) -> dict[str, Erratum]:
    """Every erratum by id, newest first; raise `BookErrors` with every mistake."""
    errors: list[BookError] = []
    path = root / PLACE
    rows = {
        id_: row
        for id_, table in read_toml(path, errors).items()
        if (row := validate(Erratum, table, path, id_, errors))
    }
    raise_all(errors)
    return dict(sorted(rows.items(), key=lambda item: (item[1].reported, item[0]), reverse=True))
