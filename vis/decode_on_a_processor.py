"""What share of its limit does decode reach on a machine without a GPU?"""

from generators.catalog.load import Catalog
from generators.comparison.comparison import ceilings, decode_records
from vis import _decode_share as share
from vis._figure import FigureData


def data(catalog: Catalog) -> FigureData:
    """Every decode run on a measured processor as a share of what its own best read allows."""
    records = [record for record in decode_records(catalog) if record.machine.device == "cpu"]
    rows = share.rows(catalog, records)
    counted = share.sound(rows)
    first = [row for row in counted if row["machine"] == rows[0]["machine"]]
    best = max(first, key=lambda row: row["share"])
    alike = [row for row in first if (row["mode"], row["format"]) == (best["mode"], best["format"])]
    small = min(alike, key=lambda row: row["bytes"])
    values = {
        "machine": first[0]["machine"],
        "read": ceilings(records[0]).read / 1e9,
        "count": len(counted),
        "small": small["share"],
        "small model": small["model"],
        "best": best["share"],
        "best model": f"{best['model']} in {best['format']}",
    }
    return FigureData(share.COLUMNS, rows, values, records=frozenset(record.id for record in records))


def _conclusion(data: FigureData) -> str:
    v = data.values
    return f"A {v['machine']} goes from {v['small']:.0f}% of its limit at {v['small model']} to {v['best']:.0f}% at {v['best model']}"


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    v = data.values
    return (
        f"{_conclusion(data)}. {v['count']} decode runs at batch 1, each as a share of what the machine's own best read of {v['read']:.0f} GB/s allows, "
        "against the bytes that a token streams."
    )


def caption(data: FigureData) -> str:
    """How to read it."""
    return (
        "The limit is the best read of the same run, since two virtual cores have no datasheet. Dots: measured for this book, medians, random-weight models in PyTorch at batch 1. "
        "The smallest models stay in the cache."
    )


def draw(data: FigureData, narrow: bool):
    """Shares of the bound against bytes, a dash for each mode."""
    return share.draw(data, narrow, _conclusion(data), "the limit (its own best read)")
