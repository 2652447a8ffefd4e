"""The reference section's front page: what it holds, with counts."""

from collections.abc import Iterator

from generators.catalog.load import Catalog
from generators.core.page_head import first_heading
from generators.site.cards import described
from generators.site.description import first_sentences
from generators.site.figure import Figure
from generators.site.markdown import link, page, table
from generators.site.page import Page

NUMBERS = "reference/numbers.md"


def pages(
    catalog: Catalog, figures: dict[str, Figure], numbers: dict[str, dict], texts: dict[str, str]
) -> Iterator[Page]:
    """One page that leads to all others of the section; `texts` are the committed pages by path."""
    rows: list[list[object]] = [_written(path, text) for path, text in texts.items() if _is_ours(path)]
    if NUMBERS in texts:
        rows.append([link("Numbers", "numbers.md"), f"{len(numbers):,}", "Every computed number and how it follows"])
    rows += [
        [
            link("Accelerators", "accelerators/index.md"),
            f"{len(catalog.accelerators):,}",
            "Memory, bandwidth, dense peaks, ridge points",
        ],
        [
            link("Models", "models/index.md"),
            f"{len(catalog.models):,}",
            "Shapes, parameters, bytes of KV cache per token",
        ],
        [link("Formats", "formats.md"), f"{len(catalog.formats):,}", "Bits per stored weight, scales counted"],
        [
            link("Published results", "published.md"),
            f"{len(catalog.published):,}",
            "What others measured, with conditions",
        ],
        [link("Figures", "figures/index.md"), f"{len(figures):,}", "Drawings and their data, to download"],
        [link("Measurement records", "records/index.md"), f"{len(catalog.records):,}", "Raw samples of every run"],
        [
            link("Who measured what", "who_measured.md"),
            "",
            "Machines, those who sent their records, and what is awaited",
        ],
        [link("Sources", "sources.md"), f"{len(catalog.sources):,}", "Where every value was read, and what cites it"],
        [link("Changes", "changelog.md"), "", "What each edition added and corrected"],
        [link("Errata", "errata.md"), "", "Errors of published editions, and how to report one"],
    ]
    blocks = [
        "Everything the chapters compute with, value by value, each with its source.",
        table(("Page", "Entries", "What it holds"), rows, (1,)),
    ]
    text = page("Reference", "The data behind the book, value by value, with sources.", blocks)
    yield Page("reference/index.md", text, None)


def _is_ours(path: str) -> bool:
    """Whether a committed page belongs to this section and has no row of its own."""
    return path.startswith("reference/") and path.count("/") == 1 and path != NUMBERS


def _written(path: str, text: str) -> list[object]:
    """A row for a page that a person wrote."""
    name = path.removeprefix("reference/")
    return [link(first_heading(text) or name, name), "", described(text).rstrip(".") or first_sentences(text)]
