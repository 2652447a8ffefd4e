"""Every source, with how it was read and everything that cites it."""

from collections.abc import Iterator

from generators.catalog.load import Catalog
from generators.catalog.source import Source
from generators.core.escape import plain
from generators.site.citations import citations
from generators.site.figure import Figure
from generators.site.markdown import link, outside, page
from generators.site.page import Page

KINDS = {
    "datasheet": "Datasheets",
    "whitepaper": "White papers",
    "documentation": "Documentation",
    "config": "Model configurations",
    "code": "Code",
    "paper": "Papers",
    "thread": "Threads",
    "report": "Reports",
    "driver": "Drivers",
}


def pages(catalog: Catalog, figures: dict[str, Figure]) -> Iterator[Page]:
    """One page, sources by kind and publisher."""
    cited = citations(catalog, figures)
    blocks = [
        "“Read directly” means that the named document itself was read.\n"
        "“Read via” names the copy or quotation that was read instead.",
    ]
    for kind, heading in KINDS.items():
        rows = [(id_, source) for id_, source in catalog.sources.items() if source.kind == kind]
        if rows:
            rows.sort(key=lambda row: (row[1].publisher.lower(), row[1].title.lower(), row[0]))
            blocks += [f"## {heading}", *(_entry(id_, source, cited.get(id_, {})) for id_, source in rows)]
    description = f"The {len(catalog.sources)} sources of this book: publisher, title, dates, how each was read and what cites it."
    yield Page("reference/sources.md", page("Sources", description, blocks), "data/sources.toml")


def _entry(id_: str, source: Source, cited: dict[tuple[str, str], list[str]]) -> str:
    dates = [f"published {source.published}"] if source.published else []
    dates.append(f"accessed {source.accessed}")
    read = "read directly" if source.read == "direct" else f"read via {source.via}"
    reported = ", ".join([*dates, read])
    lines = [
        f"**{plain(source.publisher)}**: {outside(source.title, source.url)}.",
        plain(reported[0].upper() + reported[1:] + "."),
    ]
    if source.note:
        lines.append(plain(source.note))
    lines.append(f"Cited by {_citers(cited)}." if cited else "Not cited by any row.")
    return "\n".join(lines) + f"\n{{: #{id_} .mb-source }}"


def _citers(cited: dict[tuple[str, str], list[str]]) -> str:
    """Links to what cites a source; one or two fields are named, more are counted."""
    parts = []
    for (name, target), fields in sorted(cited.items()):
        reported = f"{len(fields)} values" if len(fields) > 2 else ", ".join(fields)
        parts.append(link(name, target) + (f" ({plain(reported)})" if reported else ""))
    return "; ".join(parts)
