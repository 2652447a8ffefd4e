"""The accelerators: one table of all, by kind; `accelerator_page` makes the page of each."""

from collections.abc import Iterator

from generators.catalog.accelerator import Accelerator
from generators.catalog.datum import Datum
from generators.catalog.load import Catalog
from generators.core import units
from generators.model.roofline import ridge_point
from generators.site.accelerator_page import accelerator_page
from generators.site.in_the_book import Chapters
from generators.site.markdown import Raw, link, page, table
from generators.site.page import Page

FOLDER = "reference/accelerators"
KINDS = {
    "data-center": "Data-center GPUs and accelerators",
    "tpu": "TPUs",
    "workstation": "Workstation cards",
    "consumer": "Consumer cards",
    "apple": "Apple chips",
    "cpu": "CPUs",
}


def pages(catalog: Catalog, chapters: Chapters) -> Iterator[Page]:
    """The index and one page per accelerator."""
    yield Page(f"{FOLDER}/index.md", _index(catalog), "data/accelerators")
    for chip in catalog.accelerators.values():
        yield Page(
            f"{FOLDER}/{chip.id}.md", accelerator_page(chip, catalog, chapters), f"data/accelerators/{chip.id}.toml"
        )


def _index(catalog: Catalog) -> str:
    chips = sorted(catalog.accelerators.values(), key=lambda chip: (-chip.year, chip.vendor, chip.name))
    blocks = [
        "What each vendor states, per chip and form factor: dense rates only.\n"
        "The ridge point is the 16-bit peak divided by the memory bandwidth.\n"
        "A chip's page shows every value as printed.\n"
        "A value marked † is given differently by another source; its page shows both.",
    ]
    for kind, heading in KINDS.items():
        rows = [_row(chip) for chip in chips if chip.kind == kind]
        if rows:
            blocks += [
                f"## {heading}",
                table(
                    ("Accelerator", "Year", "Memory", "Capacity", "Bandwidth", "16-bit peak", "Ridge point"),
                    rows,
                    (1, 3, 4, 5, 6),
                ),
            ]
    description = (
        "Memory capacity, memory bandwidth, dense 16-bit peak and ridge point of "
        f"{len(chips)} accelerators, each value with its source."
    )
    return page("Accelerators", description, blocks, wide=True)


def _row(chip: Accelerator) -> list[object]:
    precision = chip.half_precision
    peak = getattr(chip.peak, precision) if precision else None
    name = Raw(f"{link(chip.name, f'{chip.id}.md')}{' (announced)' if chip.status == 'announced' else ''}")
    ridge = units.text(ridge_point(peak.quantity, chip.bandwidth), "FLOP/byte") if peak else ""
    return [
        name,
        str(chip.year),
        chip.memory.type,
        _marked(chip.memory.capacity, "GB"),
        _marked(chip.memory.bandwidth, "GB/s"),
        _marked(peak, "TFLOP/s"),
        ridge,
    ]


def _marked(datum: Datum | None, unit: str) -> str:
    """A datum in the table's unit, with a mark where sources disagree."""
    if datum is None:
        return ""
    value = datum.quantity.to(unit)
    digits = 4 if unit == "GB/s" else 3
    return units.number_text(value, max(digits, len(str(int(value))))) + f" {unit}" + (" †" if datum.conflicts else "")
