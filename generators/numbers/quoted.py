"""Numbers that others published, in the unit they are quoted in."""

from generators.comparison.comparison import quoted_decodes
from generators.core import units
from generators.numbers.registry import AS_QUOTED, Numbers, number, numbers


@number("quoted.{quote}", AS_QUOTED)
def quoted(n: Numbers, quote: str) -> units.Quantity:
    """{quote}"""
    return n.catalog.published[quote].quantity


@number("quoted.{quote}.of-bound", "%", 2)
def share_of_bound(n: Numbers, quote: str) -> units.Quantity:
    """Share of the bound of its chip that a quoted run reaches: {quote}."""
    return n[f"quoted.{quote}"] / n[f"quoted.{quote}.bound"]


@number("quoted.{quote}.bound", "tokens/s")
def bound(n: Numbers, quote: str) -> units.Quantity:
    """Most tokens per second that the datasheet bandwidth allows under these conditions: {quote}."""
    found = [q for q in quoted_decodes(n.catalog, everything=True) if q.id == quote]
    if not found:
        raise KeyError(f"{quote!r} is not a decode rate at batch 1 on one chip of the catalog with a known context")
    return n[f"{found[0].row.accelerator}.bandwidth-in-full"] / units.of(found[0].bytes, "byte", *found[0].sources)


@numbers("quoted{field}")
def ratio(n: Numbers, quote: str, quote2: str, field: str) -> units.Quantity:
    """One quoted result over another.

    .{quote}.over.{quote2} (×): Ratio of two quoted results: {quote}; over {quote2}.
    .{quote}.over.{quote2}.allowed (×): The ratio that the bytes of both allow: {quote}; over {quote2}.
    -slowdown.{quote}.{quote2} (×, 4): Ratio of two quoted rates: {quote}; over {quote2}.
    -share.{quote}.{quote2} (%, 2): Share that one quoted value is of another: {quote}, against the {quote2}.
    """
    of = ".bound" if field.endswith("allowed") else ""
    return n[f"quoted.{quote}{of}"] / n[f"quoted.{quote2}{of}"]


@numbers("quoted-{field}.{quote}")
def quoted_in(n: Numbers, quote: str, field: str) -> units.Quantity:
    """{quote}, in another unit.

    binary (GiB): In binary units: {quote}.
    bandwidth (TB/s|GB/s, 2): Bandwidth reached: {quote}, rounded.
    """
    return n.catalog.published[quote].quantity
