"""Does a product with 8- or 4-bit weights keep its promise as the rows grow?"""

from generators.catalog.load import Catalog
from generators.comparison import smaller
from generators.comparison.comparison import ceilings
from vis import _palette as colour
from vis import _theme as theme
from vis._figure import FigureData

ROLE = "cpu"
ROWS = (1, 4, 16, 64, 256)
COLUMNS = {"weights": "", "rows": "tokens", "predicted": "× BF16", "measured": "× BF16"}


def data(catalog: Catalog) -> FigureData:
    """Speed over the same product in BF16: what the machine's own read and product peak allow, and what was measured."""
    record, rows = catalog.speaker(ROLE), []
    roof = ceilings(record)

    def allowed(weights: str, count: int) -> float:
        case = smaller.product(record, weights, count)
        return max(case.work.bytes / roof.read, case.work.flop / roof.products["bfloat16"])

    for weights in ("int8", "int4"):
        for count in ROWS:
            plain, packed = (smaller.product(record, one, count).seconds for one in ("bfloat16", weights))
            rows.append(
                {
                    "weights": weights,
                    "rows": count,
                    "measured": plain / packed,
                    "predicted": allowed("bfloat16", count) / allowed(weights, count),
                }
            )
    return FigureData(COLUMNS, rows, {"machine": catalog.machine_label(record)})


def _conclusion(data: FigureData) -> str:
    one, many = (data.where(weights="int4", rows=count)[0] for count in (1, 16))
    return f"On a processor, 4-bit weights promised {one['predicted']:.1f}× for one row and gave {one['measured']:.1f}×; at 16 rows they reach {many['measured']:.0%} of BF16's speed"


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    shown = "; ".join(
        f"{weights} " + ", ".join(f"{r['measured']:.2g}" for r in data.where(weights=weights))
        for weights in ("int8", "int4")
    )
    return (
        f"{_conclusion(data)}. Speed of PyTorch's packed kernels over its BF16 product of a 4,096 × 4,096 matrix on the {data.values['machine']}, at {', '.join(map(str, ROWS))} rows: {shown}. "
        "The machine's own read and BF16 peak allow twice and over three times as much for few rows, and no loss at any."
    )


def caption(data: FigureData) -> str:
    """How to read it."""
    return "Solid: 4 bits, dashed: 8 bits. Orange: what the machine's own best read and fastest BF16 product allow. Black: measured, cold matrices, medians; at each number of rows, 8 bits left and 4 bits right. Both axes are logarithmic."


def draw(data: FigureData, narrow: bool):
    """Two lines that fall to one, and pairs of dots that fall far below it."""
    headings = ("Speed, times BF16", "Rows: tokens in the pass")
    axes, words = theme.chart(data, narrow, (4.8, 5.3), (_conclusion(data), *headings), (0.6, 0.3, 0.08))
    axes.set(xscale="log", yscale="log", xlim=(0.8, 330), ylim=(0.08, 5.5))
    theme.log_ticks(axes.xaxis, list(ROWS))
    theme.log_ticks(axes.yaxis, [0.1, 0.25, 0.5, 1, 2, 4])
    axes.axhline(1, color=colour.OVERHEAD, lw=1.2, zorder=2)
    for weights, dash, aside in (("int8", (0, (4, 2)), 1 / 1.07), ("int4", "-", 1.07)):
        rows = data.where(weights=weights)
        axes.plot([r["rows"] for r in rows], [r["predicted"] for r in rows], color=colour.MEMORY, lw=2.1, ls=dash)
        at, found = [r["rows"] * aside for r in rows], [r["measured"] for r in rows]
        axes.plot(at, found, color=colour.INK, lw=1.2, ls=dash)
        theme.measured(axes, at, found)
    axes.text(1, 4.4, "4 bits, allowed", color=colour.MEMORY, **words)
    axes.text(1, 2.42, "8 bits, allowed", color=colour.MEMORY, **words)
    axes.text(21, 0.62, "measured:\nnearly alike" if narrow else "measured: nearly alike", **words)
    axes.text(1, 0.8, "BF16's speed", color=colour.MUTED, **words)
    axes.text(1, 0.14, "solid: 4 bits\ndashed: 8 bits", color=colour.MUTED, **words)
    return axes.figure
