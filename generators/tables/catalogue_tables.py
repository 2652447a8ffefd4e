"""Tables over the catalog: chips, storage formats, models."""

from generators.numbers.registry import Numbers
from generators.tables.registry import Table, by_columns, named_table


@named_table
def ridge_points(n: Numbers, *chips: str) -> Table:
    """Bandwidth, dense 16-bit peak and ridge point of the named chips; of every chip that has such a peak if none is named."""
    return by_columns(
        chips or every_chip(n),
        ("Chip", lambda c: n.catalog.accelerators[c].name),
        ("Memory bandwidth >", lambda c: n.link(f"{c}.bandwidth")),
        ("Dense 16-bit peak >", lambda c: n.link(f"{c}.peak")),
        ("Ridge point >", lambda c: n.link(f"{c}.ridge-point")),
    )


def every_chip(n: Numbers) -> list[str]:
    """Ids of all chips with a 16-bit peak, by bandwidth."""
    chips = [chip for chip in n.catalog.accelerators.values() if chip.half_precision]
    return [chip.id for chip in sorted(chips, key=lambda c: -c.bandwidth.value)]
