"""Who measured what: one row per machine, and the chips whose prediction awaits a measurement."""

from collections.abc import Iterator
from itertools import groupby

from generators.catalog.contributor import PLACE, Contributor, load_contributors
from generators.catalog.load import Catalog
from generators.catalog.record import Record
from generators.comparison.predictions import load_predictions
from generators.site.markdown import joined, link, page, table, trail
from generators.site.page import Page

UNNAMED = "somebody who gave no name"


def pages(catalog: Catalog) -> Iterator[Page]:
    """The page; a mistake in data/contributors.toml is a `BookErrors`."""
    yield Page("reference/who_measured.md", _page(catalog, load_contributors(catalog.root)), PLACE)


def _page(catalog: Catalog, contributors: dict[str, Contributor]) -> str:
    awaited = _awaited(catalog)
    blocks = [
        trail(("Reference", "index.md")),
        "Every measured point of the book comes from a record that somebody sent, with all of its samples.",
        table(
            ("Machine", "Device", "Day", "Records, by time (UTC)", "Cases measured", "Measured by"),
            _machines(catalog, contributors),
            (4,),
        ),
        "## Awaited",
        "These chips have predictions, written down before anybody measured them for this book; a record of one shows how well they hold."
        if awaited
        else "No prediction awaits its measurement.",
        table(("Chip", "Predicted on"), awaited) if awaited else "",
        "## Add yours",
        "`nox -s measure -- full` measures a machine in under ten minutes and writes one file without host name, user or path.\n"
        f"Send it, with a line in `{PLACE}` if you want to be named; [the method](method.md) says what is measured and how.",
    ]
    return page(
        "Who measured what",
        "The machines behind the measured points, who sent their records, and what is awaited.",
        blocks,
    )


def _machines(catalog: Catalog, contributors: dict[str, Contributor]) -> list[list[object]]:
    """One row per machine and day, its records by time and profile."""
    rows: list[list[object]] = []
    ordered = sorted(catalog.records.values(), key=lambda record: (record.machine.name, record.started))
    for (name, device, day), group in groupby(ordered, key=_machine_and_day):
        records = list(group)
        who = dict.fromkeys(contributors[one.id].name if one.id in contributors else UNNAMED for one in records)
        reported = (link(f"{one.profile}\u00a0{one.started[11:16]}", f"records/{one.id}.md") for one in records)
        rows.append([name, device, day, joined(reported), f"{sum(map(_measured, records)):,}", ", ".join(who)])
    return rows


def _machine_and_day(record: Record) -> tuple[str, str, str]:
    return record.machine.name, record.machine.device, record.started[:10]


def _measured(record: Record) -> int:
    return sum(case.status == "measured" for case in record.cases)


def _awaited(catalog: Catalog) -> list[list[object]]:
    return [
        [link(catalog.accelerators[one.accelerator].name, f"predictions/{one.id}.md"), one.made[:10]]
        for one in load_predictions(catalog).values()
        if one.record(catalog.records) is None
    ]
