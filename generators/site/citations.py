"""What cites each source: the page that holds the datum, and the field."""

from collections.abc import Iterator

from generators.catalog.cross_checks import cited
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
    first: dict[str, str] = {}
    for path, place, source, name in cited(catalog):
        page, field = path.removeprefix("data/").replace(".toml", ".md"), place.removesuffix(".source")
        if page.startswith("published/"):
            yield source, "Published results", f"published.md#{first.setdefault(source, field)}", field
        elif page == "formats.md":
            yield source, name, page, ""
        else:
            yield source, name, page, "shape" if field == "source" else field.replace(".conflicts", " (conflict)")
    for figure in figures.values():
        for source in figure.facts.get("sources", []):
            yield source, f"figure “{figure.name.replace('_', ' ')}”", f"figures/{figure.name}.md", ""
