"""Predictions made before their measurement: an index, and one page per file with predicted against measured."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from pathlib import Path

from generators import units
from generators.book.load import Book
from generators.book.prediction import Predicted, Prediction
from generators.book.record import Record
from generators.escape import plain
from generators.predictions import load_predictions
from generators.site.markdown import link, page, table, trail
from generators.site.page import Page
from generators.site.reference_records import parameters_text, seconds

FOLDER = "reference/predictions"
AWAITED = "awaited"


def pages(book: Book) -> Iterator[Page]:
    """The index, one page per file, and the files themselves to download."""
    found = load_predictions(book.root)
    yield Page(f"{FOLDER}/index.md", _index(book, found), "data/predictions")
    for prediction in found.values():
        source = Path("data/predictions") / f"{prediction.id}.json"
        yield Page(f"{FOLDER}/{prediction.id}.md", _one(book, prediction), source.as_posix())
        yield Page(f"{FOLDER}/{prediction.id}.json", (book.root / source).read_bytes(), None)


def _index(book: Book, found: dict[str, Prediction]) -> str:
    rows = []
    for prediction in found.values():
        record = prediction.record(book.records)
        state = link(f"measured {record.started[:10]}", f"../records/{record.id}.md") if record else AWAITED
        name = book.accelerators[prediction.accelerator].name
        rows.append([link(name, f"{prediction.id}.md"), prediction.made[:10], len(prediction.rows), state])
    blocks = [
        trail(("Reference", "../index.md")),
        "What the measurement suite should find on chips that this book has not measured yet, written down from the datasheet alone.\n"
        "The files are never edited, and the repository's history shows that they came before the measurement.\n"
        "Those of 2026-11-23 charge activations to memory as well, so they are estimates, at or above the bound.",
        table(("Chip", "Predicted on", "Cases", "Measurement"), rows, (2,)),
    ]
    return page(
        "Predictions", "What the suite should find on chips not measured yet, from the datasheet alone.", blocks
    )


def _one(book: Book, prediction: Prediction) -> str:
    chip, record = book.accelerators[prediction.accelerator], prediction.record(book.records)
    name = f"[{plain(chip.name)}](../accelerators/{chip.id}.md)"
    blocks = [
        trail(("Reference", "../index.md"), ("Predictions", "index.md")),
        f"Predicted for {name} on {prediction.made[:10]}.\n{plain(prediction.basis)}\n"
        f"[Download the file]({prediction.id}.json){{ download }} (JSON).",
        _standing(prediction, record),
        table(("Case", "Parameters", "Binds", "Predicted", "Measured", "Error"),
              [_row(row, record) for row in prediction.rows], (3, 4, 5)),
    ]  # fmt: skip
    title = f"{chip.short}: predicted before it was measured"
    return page(title, f"What the suite should find on {chip.name}, from its datasheet alone.", blocks, wide=True)


def _standing(prediction: Prediction, record: Record | None) -> str:
    """One sentence: awaited, or how the predictions fared."""
    if record is None:
        return "**The measurement is awaited**: no record of this chip has been contributed since."
    errors = [abs(error) for row in prediction.rows if (error := _error(row, record)) is not None]
    middle = f"{statistics.median(errors):.0%}" if errors else "unknown"
    return (
        f"Measured in [this record](../records/{record.id}.md): {len(errors)} of {len(prediction.rows)} cases compared, "
        f"off by {middle} in the median."
    )


def _error(row: Predicted, record: Record) -> float | None:
    """(predicted - measured) / measured, or None where either is missing."""
    case = row.measured(record)
    if case is None or case.status != "measured" or row.value is None:
        return None
    return row.value / row.found(case) - 1


def _row(row: Predicted, record: Record | None) -> list[object]:
    case = row.measured(record) if record else None
    if case is None:
        found = AWAITED if record is None else "not in the record"
    else:
        found = _shown(row, row.found(case)) if case.status == "measured" else f"{case.status}: {case.reason}"
    error = _error(row, record) if record else None
    told = f"{error:+.0%}" if error is not None else ""
    return [row.name, parameters_text(row.parameters), row.binds, _shown(row, row.value), found, told]


def _shown(row: Predicted, value: float | None) -> str:
    """A value in its unit; a time in the unit that suits it."""
    if value is None:
        return "does not fit"
    if row.quantity == "s":
        return seconds(value)
    scale, unit = (1e12, "TFLOP/s") if row.quantity == "FLOP/s" else (1e9, "GB/s")
    return f"{units.number_text(value / scale, 3)} {unit}"
