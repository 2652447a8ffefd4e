"""Results that others published, quoted with their conditions, one row each."""

from collections.abc import Iterator

from generators.catalog.load import Catalog
from generators.catalog.published import Published
from generators.core.escape import plain
from generators.site.markdown import Raw, anchor, cell, joined, link, page, source_link, source_name, table
from generators.site.page import Page


def pages(catalog: Catalog) -> Iterator[Page]:
    """One page, a table per source."""
    by_source: dict[str, list[tuple[str, Published]]] = {}
    for id_, row in catalog.published.items():
        by_source.setdefault(row.source, []).append((id_, row))
    blocks = [
        "Each row is a single fact, quoted with the conditions it was measured under.\n"
        "The chapters set predictions beside these values; the errors are printed with them.",
    ]
    headings = ("Value", "As printed", "Conditions", "Accelerator", "Model", "Note")
    for source, rows in sorted(by_source.items(), key=lambda item: source_name(item[0], catalog.sources).lower()):
        blocks += [
            f"## {plain(source_name(source, catalog.sources))}",
            f"Source: {source_link(source, catalog.sources, '')}.",
            table(headings, [_row(id_, row, catalog) for id_, row in rows], (0,)),
        ]
    description = (
        f"{len(catalog.published)} published measurements of LLM inference, each with its conditions and source."
    )
    yield Page("reference/published.md", page("Published results", description, blocks, wide=True), "data/published")


def _row(id_: str, row: Published, catalog: Catalog) -> list[object]:
    chip, model = catalog.accelerators.get(row.accelerator), catalog.models.get(row.model)
    devices = f"{row.devices} × " if row.devices > 1 else ""
    accelerator = Raw(plain(devices) + link(chip.short, f"accelerators/{chip.id}.md")) if chip else row.accelerator
    shown = (
        joined(
            [link(model.short, f"models/{model.id}.md"), row.format]
            if row.format
            else [link(model.short, f"models/{model.id}.md")]
        )
        if model
        else row.model
    )
    return [
        Raw(anchor(id_) + cell(row.value)),
        row.as_printed,
        row.conditions,
        accelerator,
        shown,
        joined([row.note, f"Above its bound: {row.above_bound}."] if row.above_bound else [row.note]),
    ]
