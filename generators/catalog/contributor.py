"""Who sent a record: a name they chose, kept beside the records, since a record itself names nobody."""

from pathlib import Path

from generators.catalog.datum import Row
from generators.catalog.load import read_toml, validate
from generators.catalog.record_field import Name
from generators.core.errors import BookError, nearest, raise_all

PLACE = "data/contributors.toml"


class Contributor(Row):
    """One table of the file, whose name is a record's."""

    name: Name


def load_contributors(root: Path) -> dict[str, Contributor]:
    """Contributors by the record they sent; a name of no record, and every other mistake, is a `BookErrors`."""
    errors: list[BookError] = []
    path = root / PLACE
    there = {record.stem for record in (root / "data" / "measurements").glob("*.json")}
    rows = {}
    for id_, table in read_toml(path, errors).items():
        if id_ not in there:
            message = f"found no record of this name in data/measurements, wanted a record's file name without .json; {nearest(id_, there)}"
            errors.append(BookError(PLACE, id_, message))
        elif row := validate(Contributor, table, path, id_, errors):
            rows[id_] = row
    raise_all(errors)
    return rows
