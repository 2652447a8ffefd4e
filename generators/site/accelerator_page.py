"""The page of one accelerator: every datum as printed, its source, its conflicts, and the arithmetic of its peaks."""

from generators.catalog.accelerator import PRECISIONS, Accelerator
from generators.catalog.datum import Datum, Peak
from generators.catalog.load import Catalog
from generators.core import units
from generators.core.escape import plain
from generators.model.roofline import ridge_point
from generators.site import in_the_book
from generators.site.in_the_book import Chapters
from generators.site.markdown import grouped, page, source_brief, source_link, table, trail

KIND = {
    "data-center": "data-center accelerator",
    "tpu": "TPU",
    "workstation": "workstation card",
    "consumer": "consumer card",
    "apple": "chip",
    "cpu": "CPU",
}
FIELDS = {
    "memory.bandwidth": "Memory bandwidth, peak",
    "memory.capacity": "Memory capacity",
    "memory.reported": "Memory that the driver reports",
    "clock.frequency": "Clock",
    "last_level_cache": "Last-level cache",
    "power": "Board or package power",
}


def accelerator_page(chip: Accelerator, catalog: Catalog, chapters: Chapters) -> str:
    """The page of one chip in one form factor."""
    precision = chip.half_precision
    blocks = [
        trail(("Reference", "../index.md"), ("Accelerators", "index.md")),
        _summary(chip, precision),
        in_the_book.block(chip.id, chapters, chip=chip.id),
        plain(chip.note),
        "## What its vendor states",
        table(
            ("Datum", "Value", "As printed", "Basis", "Source"),
            [_datum_row(field, datum, catalog) for field, datum in _in_order(chip)],
            (1,),
        ),
        *_notes(chip),
        *_conflicts(chip, catalog),
        *_ridges(chip),
        *_clock(chip, catalog),
        f"The row itself is `data/accelerators/{chip.id}.toml`.",
    ]
    description = f"{chip.name}: memory bandwidth, capacity, dense peak rates and ridge point, each with its source."
    return page(chip.name, description, blocks, wide=True)


def _summary(chip: Accelerator, precision: str | None) -> str:
    status = "announced" if chip.status == "announced" else "introduced"
    words = f"{plain(chip.vendor)} {KIND[chip.kind]}, {status} {chip.year}."
    if precision:
        ridge = units.text(ridge_point(getattr(chip.peak, precision).quantity, chip.bandwidth), "FLOP/byte")
        words += (
            f"\nIts ridge point at dense {precision.upper()} is **{ridge}**: work of lower arithmetic intensity "
            "waits for its memory, work of higher intensity for its arithmetic."
        )
    return words


def _in_order(chip: Accelerator) -> list[tuple[str, Datum]]:
    """Memory first, then the peaks, then the rest."""
    order = (
        "memory.capacity",
        "memory.reported",
        "memory.bandwidth",
        *(f"peak.{precision}" for precision in PRECISIONS),
    )
    place = {field: number for number, field in enumerate(order)}
    return sorted(chip.data().items(), key=lambda item: place.get(item[0], len(place)))


def _datum_row(field: str, datum: Datum, catalog: Catalog) -> list[object]:
    basis = ""
    if isinstance(datum, Peak):
        basis = {"dense": "dense", "sparse": "sparse ÷ 2", "derived": "derived"}[datum.printed_basis]
        basis += f", sums in {datum.accumulate.upper()}" if datum.accumulate else ""
    mark = " †" if datum.conflicts else ""
    return [
        field_name(field),
        grouped(datum.value) + mark,
        datum.as_printed,
        basis,
        source_brief(datum.source, catalog.sources, "../"),
    ]


def field_name(field: str) -> str:
    """A datum's field as a reader says it: ``Peak, BF16``."""
    return FIELDS.get(field) or f"Peak, {field.removeprefix('peak.').upper()}"


def _notes(chip: Accelerator) -> list[str]:
    notes = [f"- {plain(field_name(field))}: {plain(datum.note)}" for field, datum in _in_order(chip) if datum.note]
    return ["\n".join(notes)] if notes else []


def _conflicts(chip: Accelerator, catalog: Catalog) -> list[str]:
    rows = []
    for field, datum in _in_order(chip):
        if datum.conflicts:
            rows.append(
                [
                    field_name(field),
                    grouped(datum.value),
                    datum.as_printed,
                    source_brief(datum.source, catalog.sources, "../"),
                    "used in this book",
                ]
            )
        rows += [
            ["", grouped(other.value), other.as_printed, source_brief(other.source, catalog.sources, "../"), other.note]
            for other in datum.conflicts
        ]
    if not rows:
        return []
    return ["## Where sources disagree", table(("Datum", "Value", "As printed", "Source", "Note"), rows, (1,))]


def _ridges(chip: Accelerator) -> list[str]:
    rows = []
    for precision, peak in chip.peaks().items():
        ridge = units.text(ridge_point(peak.quantity, chip.bandwidth), "FLOP/byte")
        rows.append([precision.upper(), f"{grouped(peak.value)} ÷ {grouped(chip.memory.bandwidth.value)}", ridge])
    if not rows:
        return []
    return ["## Ridge points", table(("Precision", "Dense peak ÷ bandwidth", "Ridge point"), rows, (2,))]


def _clock(chip: Accelerator, catalog: Catalog) -> list[str]:
    clock = chip.clock
    if clock is None:
        return []
    rows = []
    for precision, operations in clock.per_cycle.items():
        rate = clock.frequency.quantity.value * clock.units * operations
        product = f"{clock.units:,} {clock.unit} × {operations:,} per cycle × {grouped(clock.frequency.value)}"
        peak = chip.peaks().get(precision)
        rows.append(
            [
                precision.upper(),
                product,
                units.number_text(rate / 1e12, 4) + " TFLOP/s",
                grouped(peak.value) if peak else "",
            ]
        )
    return [
        "## Peak rates from the clock",
        "A multiply-add counts as two operations.",
        table(("Precision", "Units × operations × clock", "Gives", "Stated"), rows, (2, 3)),
        f"Units: {plain(clock.as_printed)} ({source_link(clock.source, catalog.sources, '../')}).",
    ]
