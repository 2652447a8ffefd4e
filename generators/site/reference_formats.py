"""The storage formats of weights: what a stored weight costs, scales included."""

from collections.abc import Iterator

from generators.catalog.load import Catalog
from generators.catalog.number_format import NumberFormat
from generators.core.escape import plain
from generators.site.markdown import Raw, page, source_brief, table
from generators.site.page import Page


def pages(catalog: Catalog) -> Iterator[Page]:
    """One page with all formats."""
    ordered = sorted(catalog.formats.items(), key=lambda item: (-item[1].effective_bits, item[0]))
    rows = [_row(id_, row, catalog) for id_, row in ordered]
    headings = (
        "Format",
        "Bits",
        "Scale + zero bits",
        "Per group of",
        "Bits per weight",
        "Head",
        "Of their own",
        "Multiplied at",
        "Source",
    )
    printed = [f"- {plain(row.name)}: “{plain(row.as_printed)}”. {plain(row.note)}".rstrip() for _, row in ordered]
    blocks = [
        "A block format stores a scale, and sometimes a zero point, for every group of weights.\n"
        "Bits per weight counts both, and is what a pass streams; head, routers and norms, and sometimes attention, experts "
        "or the embedding, have bits of their own.",
        table(headings, rows, (1, 2, 3, 4, 5)),
        "## As printed",
        "\n".join(printed),
    ]
    text = page(
        "Formats", "Storage formats of LLM weights: bits per weight with scales and zero points counted.", blocks, True
    )
    yield Page("reference/formats.md", text, "data/formats.toml")


def _own(row: NumberFormat) -> str:
    """The kinds of tensors that have bits of their own."""
    kinds = {"attention": row.attention_bits, "experts": row.expert_bits, "embedding": row.embedding_bits}
    return ", ".join(f"{kind} {bits:g}" for kind, bits in kinds.items() if bits)


def _row(id_: str, row: NumberFormat, catalog: Catalog) -> list[object]:
    scales = f"{row.scale_bits:g} + {row.zero_bits:g}" if row.group else ""
    return [
        Raw(f"{plain(row.name)} `{id_}`"),
        f"{row.bits:g}",
        scales,
        f"{row.group:,}" if row.group else "",
        f"{row.effective_bits:.4g}",
        f"{row.other_bits:g}",
        _own(row),
        row.rate.upper(),
        source_brief(row.source, catalog.sources, ""),
    ]
