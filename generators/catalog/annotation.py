"""What the book says of its records, which are never edited: whom they speak for, what was learned later, which rows it does not use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from generators.catalog.datum import Row
from generators.catalog.record_field import CaseName, Key, Name, Plain, Reason, matching
from generators.core.errors import BookError, nearest

if TYPE_CHECKING:
    from generators.catalog.load import Catalog
    from generators.catalog.record import Case, Record

PLACE = "data/records.toml"
Words = Annotated[Reason, Field(min_length=1)]
Role = Annotated[str, matching("(?:[a-z][a-z0-9]{1,11})?", "2 to 12 lower-case letters and digits, such as h200")]


class HeldOut(Row):
    """Measured rows of one name, with these parameters, that no sentence uses and figures draw pale, and why."""

    name: CaseName
    parameters: dict[Key, Plain] = Field(default_factory=dict)
    reason: Words

    def speaks_of(self, case: Case) -> bool:
        """Whether the case has this name and these parameters, and was measured."""
        return (
            case.name == self.name and case.status == "measured" and self.parameters.items() <= case.parameters.items()
        )


class Annotation(Row):
    """One table of ``data/records.toml``, whose name is a record's.

    The record with a `role` speaks for its machine: numbers about it begin with the role, as in
    ``h200.read-bandwidth``, and figures call the machine by its `label`.
    """

    role: Role = ""
    label: Annotated[Name, Field(max_length=24)] = ""
    text: Annotated[tuple[Words, ...], Field(strict=False)] = ()
    held_out: Annotated[tuple[HeldOut, ...], Field(strict=False)] = ()


def role_errors(catalog: Catalog) -> list[BookError]:
    """Roles that two records have, that a superseded record has, that lack a label, or that are ids of other rows."""
    errors, taken = (
        [],
        dict.fromkeys([*catalog.accelerators, *catalog.models, *catalog.formats], "an id of the catalog"),
    )
    for id_, annotation in catalog.annotations.items():
        if not annotation.role:
            continue
        if annotation.role in taken:
            message = (
                f"found {annotation.role!r}, which is {taken[annotation.role]}; give each record a role of its own"
            )
            errors.append(BookError(PLACE, f"{id_}.role", message))
        taken[annotation.role] = f"the role of {id_}"
        if not annotation.label:
            errors.append(BookError(PLACE, f"{id_}.label", "found none, wanted what figures call the machine"))
        if newer := [one for one, record in catalog.records.items() if record.supersedes == id_]:
            message = f"{id_} is superseded by {newer[0]}; give the role to that and read again what is said of it"
            errors.append(BookError(PLACE, f"{id_}.role", message))
    return errors


def annotate(
    records: dict[str, Record], annotations: dict[str, Annotation], errors: list[BookError]
) -> dict[str, Record]:
    """The records, each knowing which of its rows are held out; an annotation of nothing is an error."""
    for id_, annotation in annotations.items():
        if id_ not in records and any(f"{id_}.json" in error.path for error in errors):
            continue  # the record is there, and refused
        if id_ not in records:
            message = f"found no record of this name in data/measurements, wanted a record's file name without .json; {nearest(id_, records)}"
            errors.append(BookError(PLACE, id_, message))
            continue
        for index, held in enumerate(annotation.held_out):
            if not any(map(held.speaks_of, records[id_].cases)):
                message = f"no measured {held.name!r} of the record has these parameters; correct them or delete it"
                errors.append(BookError(PLACE, f"{id_}.held_out.{index}", message))
    return {
        id_: record.annotated(annotations[id_].held_out) if id_ in annotations else record
        for id_, record in records.items()
    }
