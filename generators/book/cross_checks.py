"""Checks between rows: sources exist, peaks follow from clocks, precisions agree, shapes give the published totals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from generators import catalogue
from generators.book.accelerator import Accelerator
from generators.book.datum import Datum, near
from generators.book.llm import LanguageModel
from generators.errors import BookError
from generators.model import memory, parameters
from generators.model.inputs import Format

if TYPE_CHECKING:
    from generators.book.load import Book


def cross_check(book: Book) -> list[BookError]:
    """Every disagreement between rows of `data/`, as errors."""
    errors = _sources_exist(book)
    for accelerator in book.accelerators.values():
        errors += _accelerator(accelerator)
    for model in book.models.values():
        errors += _model(model)
    return errors


def _cited(book: Book) -> list[tuple[str, str, str]]:
    """(file, place, source id) of every citation in `data/`."""
    cited: list[tuple[str, str, str]] = []

    def add(path: str, field: str, datum: Datum) -> None:
        cited.append((path, field, datum.source))
        cited.extend((path, f"{field}.conflicts", conflict.source) for conflict in datum.conflicts)

    for id_, chip in book.accelerators.items():
        path = f"data/accelerators/{id_}.toml"
        for field, datum in chip.data().items():
            add(path, field, datum)
        if chip.clock:
            cited.append((path, "clock.source", chip.clock.source))
    for id_, model in book.models.items():
        path = f"data/models/{id_}.toml"
        cited.append((path, "source", model.source))
        for field in ("parameters", "active_parameters", "kv_bytes_per_token"):
            if getattr(model, field):
                add(path, field, getattr(model, field))
    cited += [("data/formats.toml", id_, row.source) for id_, row in book.formats.items()]
    cited += [("data/published", id_, row.source) for id_, row in book.published.items()]
    return cited


def _sources_exist(book: Book) -> list[BookError]:
    return [
        BookError(
            path, place, f"cites source {source!r}, which is not in data/sources.toml; add it there or correct the id"
        )
        for path, place, source in _cited(book)
        if source not in book.sources
    ]


def _accelerator(chip: Accelerator) -> list[BookError]:
    """Peaks against the clock, dense FP8 and INT8 against BF16, and the ridge point against reason."""
    path, errors, peaks = f"data/accelerators/{chip.id}.toml", [], chip.peaks()
    rate = {p: row.quantity.value for p, row in peaks.items()}
    if chip.clock:
        per_second = chip.clock.frequency.quantity.value * chip.clock.units
        for precision, operations in chip.clock.per_cycle.items():
            if precision in rate and not near(rate[precision], per_second * operations, 0.02):
                errors.append(
                    BookError(
                        path,
                        f"peak.{precision}",
                        (
                            f"found {peaks[precision].value!r}, but {chip.clock.units} {chip.clock.unit} × {operations} per cycle × "
                            f"{chip.clock.frequency.value} gives {per_second * operations / 1e12:.4g} TFLOP/s; "
                            "one of the three is wrong, or the rate is sparse"
                        ),
                    )
                )
    for narrow in ("fp8",):
        wide = rate.get("bf16") or rate.get("fp16")
        if narrow in rate and wide and not near(rate[narrow], 2 * wide, 0.02) and not peaks[narrow].note:
            errors.append(
                BookError(
                    path,
                    f"peak.{narrow}",
                    (
                        f"found {peaks[narrow].value!r}, wanted twice the 16-bit peak ({2 * wide / 1e12:.4g} TFLOP/s); "
                        "correct it, or say in `note` why this chip differs"
                    ),
                )
            )
    if chip.half_precision:
        ridge = rate[chip.half_precision] / chip.bandwidth.value
        if not 0.5 <= ridge <= 1500:
            errors.append(
                BookError(
                    path,
                    f"peak.{chip.half_precision}",
                    (f"ridge point of {ridge:.3g} FLOP/byte, wanted between 0.5 and 1500: peak or bandwidth is wrong"),
                )
            )
    return errors


def _model(model: LanguageModel) -> list[BookError]:
    """The totals that a shape gives against those published: parameters, active parameters, KV bytes per token."""
    shape, sixteen = catalogue.shape(model), Format(weight=2.0, other=2.0, kv=2.0, activation=2.0)
    active = parameters.active_parameter_count(shape)
    counted = {
        "parameters": ([parameters.parameter_count(shape)], 0.001),
        # publishers differ on whether the input embedding, of which one row is read, is "active"
        "active_parameters": ([active, active - parameters.embedding_parameters(shape)], 0.03),
        "kv_bytes_per_token": ([memory.kv_bytes_per_token(shape, sixteen)], 0.001),
    }
    errors = []
    for field, (counts, tolerance) in counted.items():
        datum = getattr(model, field)
        if datum and not any(near(datum.quantity.value, count, tolerance) for count in counts):
            count = counts[0]
            errors.append(
                BookError(
                    f"data/models/{model.id}.toml",
                    field,
                    (
                        f"found {datum.value!r}, but the shape gives {count:,.0f}: off by "
                        f"{abs(datum.quantity.value / count - 1):.2%}, wanted within {tolerance:.1%}; a dimension or the total is wrong"
                    ),
                )
            )
    return errors
