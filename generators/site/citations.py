"""What cites each source: the page that holds the datum, and the field."""

from __future__ import annotations

from collections.abc import Iterator

from generators.catalog.load import Catalog
from generators.site.figure import Figure


def citations(catalog: Catalog, figures: dict[str, Figure]) -> dict[str, dict[tuple[str, str], list[str]]]:
    """By source id: (name, page) of each thing that cites it, with its fields."""
    found: dict[str, dict[tuple[str, str], list[str]]] = {}
    for source, name, page, field in _all(catalog, figures):
        fields = found.setdefault(source, {}).setdefault((name, page), [])
        if field and field not in fields:
            fields.append(field)
    return found


def _all(catalog: Catalog, figures: dict[str, Figure]) -> Iterator[tuple[str, str, str, str]]:
    yield from _accelerators(catalog)
    yield from _models(catalog)
    for format_ in catalog.formats.values():
        yield format_.source, format_.name, "formats.md", ""
    first: dict[str, str] = {}
    for id_, row in catalog.published.items():
        yield row.source, "Published results", f"published.md#{first.setdefault(row.source, id_)}", id_
    for figure in figures.values():
        for source in figure.facts.get("sources", []):
            yield source, f"figure “{figure.name.replace('_', ' ')}”", f"figures/{figure.name}.md", ""


def _accelerators(catalog: Catalog) -> Iterator[tuple[str, str, str, str]]:
    for id_, chip in catalog.accelerators.items():
        page = f"accelerators/{id_}.md"
        for field, datum in chip.data().items():
            yield datum.source, chip.name, page, field
            for conflict in datum.conflicts:
                yield conflict.source, chip.name, page, f"{field} (conflict)"
        if chip.clock:
            yield chip.clock.source, chip.name, page, "clock"


def _models(catalog: Catalog) -> Iterator[tuple[str, str, str, str]]:
    for id_, model in catalog.models.items():
        page = f"models/{id_}.md"
        yield model.source, model.name, page, "shape"
        for field in ("parameters", "active_parameters", "kv_bytes_per_token"):
            if datum := getattr(model, field):
                yield datum.source, model.name, page, field
                for conflict in datum.conflicts:
                    yield conflict.source, model.name, page, f"{field} (conflict)"
