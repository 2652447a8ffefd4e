"""How many bytes does a matrix keep when a share of its weights is zero?"""

from generators.catalog.load import Catalog
from generators.measure.counting import techniques
from vis import _palette as colour
from vis import _theme as theme
from vis._figure import FigureData

SIDE, WIDTH, INDEX = 4096, 2, 4  # of the matrix, and bytes of a weight and of a column in CSR
ZEROS = tuple(range(0, 100, 2))
COLUMNS = {"storage": "", "zeros": "%", "bytes": "% of the plain matrix"}
STORAGES = ("plain", "CSR", "rows removed", "2:4")


def data(catalog: Catalog) -> FigureData:
    """Bytes of a square BF16 matrix over its plain ones, in four ways to store it, as the suite counts them."""
    whole, rows = techniques.dense(SIDE, SIDE, WIDTH).bytes, []
    for zeros in ZEROS:
        kept = SIDE * SIDE * (1 - zeros / 100)
        shown = {"plain": whole, "CSR": techniques.csr(SIDE, kept, WIDTH, INDEX).bytes, "rows removed": kept * WIDTH}
        rows += [{"storage": name, "zeros": zeros, "bytes": moved / whole * 100} for name, moved in shown.items()]
    rows.append({"storage": "2:4", "zeros": 50, "bytes": techniques.two_to_four(SIDE, SIDE, WIDTH).bytes / whole * 100})
    values = {
        "turn": INDEX / (WIDTH + INDEX) * 100,
        "half": next(r["bytes"] for r in rows if r["storage"] == "CSR" and r["zeros"] == 50),
    }
    return FigureData(COLUMNS, rows, values, sources=frozenset({"nvidia-ampere-whitepaper"}))


def _conclusion(data: FigureData) -> str:
    v = data.values
    return f"With half of the weights zero, a matrix still takes 100% of its bytes, in CSR {v['half']:.0f}%, in 2:4 {data.where(storage='2:4')[0]['bytes']:.0f}%"


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    (compact,) = data.where(storage="2:4")
    return (
        f"{_conclusion(data)}. Bytes of a {SIDE:,} × {SIDE:,} BF16 matrix over those of the plain one, against the share of zeros: plain, 100% at any share; CSR with 32-bit columns, {data.values['half']:.0f}% at half; "
        f"2:4, {compact['bytes']:.4g}% at half; rows removed, as many as are left."
    )


def caption(data: FigureData) -> str:
    """How to read it."""
    return "Counted, as the measurement suite counts them; for one vector, bytes are the limit of the time. The times are awaited from any quiet machine: python -m generators.measure run pruned-product."


def draw(data: FigureData, narrow: bool):
    """A level line, a steep one, a diagonal and a point."""
    headings = ("Bytes, % of the plain matrix", "Weights that are zero (%)")
    axes, words = theme.chart(data, narrow, (4.7, 5.1), (_conclusion(data), *headings), (0.6, 0.3, 0.08))
    axes.set(xlim=(0, 100), ylim=(0, 165), xticks=[0, 25, 50, 75, 100], yticks=[0, 50, 100, 150])
    for name in STORAGES[:3]:
        rows, dash = data.where(storage=name), (0, (4, 3)) if name == "rows removed" else "-"
        axes.plot([r["zeros"] for r in rows], [r["bytes"] for r in rows], color=colour.MEMORY, lw=2.1, ls=dash)
    (compact,) = data.where(storage="2:4")
    theme.predicted(axes, [compact["zeros"], data.values["turn"]], [compact["bytes"], 100], colour.MEMORY, size=8)
    axes.text(2, 107, "zeros written as zeros", **words)
    axes.text(56, 142 if narrow else 147, "CSR" if narrow else "CSR: value and column", **words)
    axes.text(data.values["turn"] + 3, 108, f"{data.values['turn']:.0f}%", **words)
    axes.text(52.5, compact["bytes"] + 6, "2:4", **words)
    axes.text(4, 58 if narrow else 70, "rows\nremoved" if narrow else "rows removed", **words)
    return axes.figure
