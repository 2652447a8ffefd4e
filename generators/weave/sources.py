"""A source or record as the numbers page names it and links to it."""

from generators.catalog.load import Catalog
from generators.core.escape import address


def source_name(id_: str, catalog: Catalog) -> str:
    """A source's title, or a record by its machine and day."""
    if id_.startswith("record:"):
        record = catalog.records[id_.removeprefix("record:")]
        return f"measured on {record.machine.name}, {record.started[:10]}"
    if id_.startswith("probe:"):
        probe = catalog.probes[id_.removeprefix("probe:")]
        return f"measured on {probe.machine} in {probe.browser}, {probe.started[:10]}"
    source = catalog.sources[id_]
    return source.title if source.publisher.lower() in source.title.lower() else f"{source.publisher}, {source.title}"


def source_target(id_: str, catalog: Catalog) -> str:
    """Where a link to it leads: the record's page, or the source itself."""
    if id_.startswith("record:"):
        return f"records/{id_.removeprefix('record:')}.md"
    if id_.startswith("probe:"):
        return "method.md#measure-this-browser"
    return address(catalog.sources[id_].url)
