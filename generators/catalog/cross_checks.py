"""Checks between rows: sources and ids exist, chips agree with themselves, shapes give the published totals."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from generators.catalog import model_inputs
from generators.catalog.annotation import role_errors
from generators.catalog.bounds import shown
from generators.catalog.chip_checks import chip_errors
from generators.catalog.datum import Datum, near
from generators.catalog.llm import LanguageModel
from generators.catalog.number_format import NumberFormat
from generators.catalog.possible import impossible
from generators.catalog.printed import numbers
from generators.catalog.published import Published
from generators.catalog.record import record_errors
from generators.core.errors import BookError, nearest
from generators.model import memory, parameters
from generators.model.inputs import Format

if TYPE_CHECKING:
    from generators.catalog.load import Catalog

TOTALS = ("parameters", "active_parameters", "kv_bytes_per_token")


def cross_check(catalog: Catalog) -> list[BookError]:
    """Every disagreement between rows of `data/`, as errors."""
    errors = (
        _sources_exist(catalog)
        + _ids_exist(catalog)
        + record_errors(catalog.records, catalog.accelerators)
        + role_errors(catalog)
    )
    errors += _twice(catalog) + _vendors(catalog)
    for accelerator in catalog.accelerators.values():
        errors += chip_errors(accelerator)
    for model in catalog.models.values():
        errors += _model(model)
    for id_, row in catalog.formats.items():
        errors += _printed_mean(catalog, id_, row)
        if not re.search(rf"(?<![\d.]){row.named_bits:g}(?![\d.]*\d)", id_):
            errors.append(
                BookError(
                    "data/formats.toml",
                    f"{id_}.name",
                    f"found {row.name!r} under the id {id_!r}, wanted an id with the {row.named_bits:g} bits of the name; "
                    "correct one of them",
                )
            )
    return errors + _possible(catalog)


def _printed_mean(catalog: Catalog, id_: str, row: NumberFormat) -> list[BookError]:
    """Bits per weight of a model that do not come to the mean that a format's source prints of it."""
    if not row.mean_of:
        return []
    if row.mean_of not in catalog.models:
        return [BookError("data/formats.toml", f"{id_}.mean_of", catalog.models.absent(row.mean_of))]
    shape = model_inputs.shape(catalog.models[row.mean_of])
    bits = 8.0 * memory.weight_bytes_stored(shape, model_inputs.number_format(row)) / parameters.parameter_count(shape)
    if any(abs(bits - printed) < 0.001 for printed, _, _ in numbers(row.as_printed)):
        return []
    message = (
        f"found bits that come to {bits:.4f} per weight of {row.mean_of}, wanted a number of as_printed {row.as_printed!r}; "
        "correct bits, attention_bits, embedding_bits or other_bits"
    )
    return [BookError("data/formats.toml", id_, message)]


def cited(catalog: Catalog) -> Iterator[tuple[str, str, str, str]]:
    """(file, place, source id, name of the row) of every citation in `data/`, conflicts included; a quoted result has no name."""
    for id_, chip in catalog.accelerators.items():
        path = f"data/accelerators/{id_}.toml"
        yield from ((path, *found, chip.name) for found in _of_data(chip.data()))
        if chip.clock:
            yield path, "clock.source", chip.clock.source, chip.name
    for id_, model in catalog.models.items():
        path = f"data/models/{id_}.toml"
        yield path, "source", model.source, model.name
        yield from ((path, *found, model.name) for found in _of_data({name: getattr(model, name) for name in TOTALS}))
    yield from (("data/formats.toml", id_, row.source, row.name) for id_, row in catalog.formats.items())
    files = _files_of(catalog)
    yield from ((files[id_], f"{id_}.source", row.source, "") for id_, row in catalog.published.items())


def _of_data(data: dict[str, Datum | None]) -> Iterator[tuple[str, str]]:
    for field, datum in data.items():
        if datum:
            yield field, datum.source
            yield from ((f"{field}.conflicts", conflict.source) for conflict in datum.conflicts)


def _files_of(catalog: Catalog) -> dict[str, str]:
    """The file that each quoted result stands in, as `data/published/chapter1.toml`."""
    return {
        id_: f"data/published/{path.name}"
        for path in (catalog.root / "data/published").glob("*.toml")
        for id_ in tomllib.loads(path.read_text(encoding="utf-8"))
    }


def _sources_exist(catalog: Catalog) -> list[BookError]:
    return [
        BookError(
            path,
            place,
            f"found the source {source!r}, wanted one of data/sources.toml that is filled in; "
            f"add it there or correct the id; {nearest(source, catalog.sources)}",
        )
        for path, place, source, _ in cited(catalog)
        if source not in catalog.sources
    ]


def _ids_exist(catalog: Catalog) -> list[BookError]:
    """Chips, models and formats that a quoted result or a record names are in the catalog."""
    files = _files_of(catalog)
    rows = {"accelerator": catalog.accelerators, "model": catalog.models, "format": catalog.formats}
    named = [
        (files[id_], f"{id_}.{field}", field, found)
        for id_, row in catalog.published.items()
        for field in rows
        if (found := getattr(row, field)) and found not in rows[field]
    ]
    return [
        BookError(path, place, f"{rows[field].absent(found)}; correct it or leave it empty")
        for path, place, field, found in named
    ]


def _twice(catalog: Catalog) -> list[BookError]:
    """Rows that say again what another row says: a copied file or table that kept its name, its address or its result."""
    files = _files_of(catalog)
    reported = [
        *(
            (f"data/accelerators/{i}.toml", field, getattr(row, field))
            for i, row in catalog.accelerators.items()
            for field in ("name", "short")
        ),
        *(
            (f"data/models/{i}.toml", field, getattr(row, field))
            for i, row in catalog.models.items()
            for field in ("name", "short")
        ),
        *(("data/formats.toml", f"{i}.name", row.name) for i, row in catalog.formats.items()),
        *(("data/sources.toml", f"{i}.url", f"{row.title} at {row.url}") for i, row in catalog.sources.items()),
        *((files[i], f"{i}.value", _result(row)) for i, row in catalog.published.items()),
    ]
    seen: dict[tuple[str, str, str], tuple[str, str]] = {}
    errors = []
    for path, field, value in reported:
        kind = path.rsplit("/", 1)[0], field.rpartition(".")[2], value
        first = seen.setdefault(kind, (path, field))
        if first != (path, field):
            message = f"found {shown(value)} as in {first[0]}:{first[1]}, wanted a row of its own; delete the copy or correct it"
            errors.append(BookError(path, field, message))
    return errors


def _vendors(catalog: Catalog) -> list[BookError]:
    """Chips whose name begins with another vendor than the one given, or with the same written in another way."""
    vendors = {row.vendor for row in catalog.accelerators.values()}
    return [
        BookError(
            f"data/accelerators/{id_}.toml",
            "vendor",
            f"found {row.vendor!r} for {row.name!r}, wanted {vendor!r}, with which the name begins; correct one of them",
        )
        for id_, row in catalog.accelerators.items()
        for vendor in sorted(vendors - {row.vendor})
        if row.name.startswith(f"{vendor} ")
    ]


def _result(row: Published) -> str:
    """What a quoted row says, its note left out."""
    return str(row.model_dump(exclude={"note", "as_printed", "above_bound"}))


def _possible(catalog: Catalog) -> list[BookError]:
    """Quoted runs faster than their chip allows; only where all ids exist, which is told before."""
    files = _files_of(catalog)
    found = [(id_, impossible(catalog, row)) for id_, row in catalog.published.items()]
    return [BookError(files[id_], id_, message) for id_, message in found if message]


def _model(model: LanguageModel) -> list[BookError]:
    """The totals that a shape gives against those published: parameters, active parameters, KV bytes per token."""
    shape, sixteen = model_inputs.shape(model), Format(weight=2.0, other=2.0, kv=2.0)
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
            message = (
                f"found {datum.value!r}, but the shape gives {counts[0]:,.0f}: off by "
                f"{abs(datum.quantity.value / counts[0] - 1):.2%}, wanted within {tolerance:.1%}; "
                "a dimension or the total is wrong"
            )
            errors.append(BookError(f"data/models/{model.id}.toml", field, message))
    return errors
