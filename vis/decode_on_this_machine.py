"""What share of its limit does decode reach on a GPU, and how large must a model be before its memory sets the pace?"""

from generators.catalog.load import Catalog
from generators.comparison.comparison import decode_records
from vis import _decode_share as share
from vis._figure import FigureData

SMALL = 1.0  #: GB: smaller models do not occur in serving


def data(catalog: Catalog) -> FigureData:
    """Every decode run on a measured GPU as a share of its datasheet's bound."""
    records = [record for record in decode_records(catalog) if record.machine.device != "cpu"]
    rows = share.rows(catalog, records)
    counted = share.sound(rows)
    first = [row for row in counted if row["machine"] == rows[0]["machine"]]
    of_mode = {mode: [row for row in first if row["mode"] == mode] for mode in {row["mode"] for row in first}}
    best = max(first, key=lambda row: row["share"])
    small = min(
        (row for row in of_mode[best["mode"]] if row["bytes"] >= SMALL), key=lambda row: row["bytes"], default=best
    )
    eager = max(of_mode.get("eager", first), key=lambda row: row["bytes"])
    alike = [row for row in first if row["model"] == eager["model"]]
    values = {
        "machine": first[0]["machine"],
        "read": first[0]["read"],
        "best": best["share"],
        "best model": best["model"],
        "small": small["share"],
        "small model": small["model"],
        "best mode": share.WORDS.get(best["mode"], best["mode"]),
        "eager": eager["share"],
        "model": eager["model"],
        "modes": {
            share.WORDS.get(row["mode"], row["mode"]): row["share"] for row in sorted(alike, key=lambda r: -r["share"])
        },
        "count": len(counted),
        "machines": list(dict.fromkeys(row["machine"] for row in counted)),
    }
    return FigureData(share.COLUMNS, rows, values, records=frozenset(record.id for record in records))


def _conclusion(data: FigureData) -> str:
    v = data.values
    return f"Larger models come closer to the limit: on one {v['machine']}, as a {v['best mode']}, {v['small model']} reaches {v['small']:.0f}%, {v['best model']} {v['best']:.0f}%"


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    v = data.values
    modes = ", ".join(f"{words} {value:.0f}%" for words, value in v["modes"].items())
    return (
        f"{_conclusion(data)}. Share of the datasheet's limit against the bytes that a token streams, {v['count']} decode runs at batch 1 on {', '.join([*v['machines'][:-2], ' and '.join(v['machines'][-2:])])}. "
        f"{v['model']} in BF16: {modes}. The best read of the {v['machine']}'s memory is {v['read']:.0f}% of its datasheet."
    )


def caption(data: FigureData) -> str:
    """How to read it."""
    return (
        "Measured for this book: medians, random weights, PyTorch, one user, a context of about 128, on virtual machines; BF16 where nothing else is said. "
        "A line joins the models of one mode; a pale dot is held out, for a reason on its record's page."
    )


def draw(data: FigureData, narrow: bool):
    """Shares of the bound against bytes, a dash for each mode."""
    return share.draw(data, narrow, _conclusion(data), "the limit (datasheet)")
