"""How close do the kernels of a layer come to the roof that each is under?"""

from generators.catalog.load import Catalog
from generators.comparison.comparison import ceilings
from generators.model import roofline
from vis import _palette as colour
from vis import _theme as theme
from vis._figure import FigureData
from vis._roofline import roofline as roofline_axes

ROLE, DTYPE = "cpu", "float32"
COLUMNS = {"kernel": "", "intensity": "FLOP/byte", "rate": "GFLOP/s", "share": "% of the roof", "rows": "rows"}
#: Of each kernel: its label, offset in points and alignment, so that it crosses nothing.
NAMES = {
    "gemv": ("GEMV", (-4, 5, "right", "bottom")),
    "rms-norm": ("RMSNorm", (8, -7, "left", "center")),
    "softmax": ("softmax", (6, -10, "left", "center")),
    "attention-decode": ("attention, one token", (9, -8, "left", "center")),
    "attention-prefill": ("attention, prompt", (-6, -11, "center", "top")),
}


def data(catalog: Catalog) -> FigureData:
    """Measured kernels at the intensity that the suite counted, and products of ever more rows; the roofs are those of the same record."""
    record = catalog.speaker(ROLE)
    roof, rows = ceilings(record), []
    cases = [(NAMES[case.parameters["kernel"]][0], case) for case in record.measured("kernel", dtype=DTYPE)]
    cases += [("product", case) for case in record.measured("rows-sweep", dtype=DTYPE)]
    for name, case in cases:
        intensity = case.work.flop / case.work.bytes
        allowed = roofline.attainable(roof.products[DTYPE], roof.read, intensity)
        shown = {"rows": case.parameters["rows"]} if name == "product" else {}
        rows.append(
            {
                "kernel": name,
                "intensity": intensity,
                "rate": case.flops / 1e9,
                "share": case.flops / allowed * 100,
                **shown,
            }
        )
    values = {
        "machine": catalog.machine_label(record),
        "bandwidth": roof.read / 1e9,
        "peak": roof.products[DTYPE] / 1e9,
    }
    return FigureData(COLUMNS, rows, values)


def _share(data: FigureData, name: str) -> float:
    return data.where(kernel=name)[0]["share"]


def _conclusion(data: FigureData) -> str:
    return f"On a {data.values['machine']} GEMV reaches {_share(data, 'GEMV'):.0f}% of its roof, RMSNorm {_share(data, 'RMSNorm'):.0f}%"


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    v, products = data.values, data.where(kernel="product")
    shown = ", ".join(f"{r['kernel']} {r['share']:.0f}%" for r in data.rows if r["kernel"] != "product")
    return (
        f"{_conclusion(data)}. Kernels in FP32 under the machine's own roofs, {v['bandwidth']:.1f} GB/s and {v['peak']:.0f} GFLOP/s, as shares of what these allow: {shown}. "
        f"Products of {products[0]['rows']:,} to {products[-1]['rows']:,} rows go from {products[0]['share']:.0f}% under the slope to {products[-1]['share']:.0f}% under the flat roof, and sag to {min(r['share'] for r in products):.0f}% between."
    )


def caption(data: FigureData) -> str:
    """How to read it."""
    return "Measured for this book, FP32, operands cold; the line joins products of 1, 2, 4 … 4,096 rows. The same rows are awaited from a GPU, by nox -s measure -- full."


def draw(data: FigureData, narrow: bool):
    """The roofs, a dot for each kernel, and a line of products that climbs from one roof to the other."""
    size, v, products = theme.page_size(narrow), data.values, data.where(kernel="product")
    figure = theme.canvas(narrow, 5.7, 3.85)
    span = f"{products[0]['rows']:,} to {products[-1]['rows']:,} rows"
    top = theme.headline(
        figure,
        _conclusion(data),
        f"GFLOP/s in FP32; line: {span}" if narrow else f"Rate in FP32 (GFLOP/s); the line: products of {span}",
    )
    axes = roofline_axes(
        figure,
        v["bandwidth"],
        v["peak"],
        narrow,
        theme.floor(data.note, narrow) + 0.05,
        top,
        x=(0.02, 2000),
        prefix="G",
    )
    at, rates = [row["intensity"] for row in products], [row["rate"] for row in products]
    axes.plot(at, rates, "-", color=colour.INK, lw=1.4, marker="o", ms=4, zorder=5)
    sag = min(range(len(at)), key=lambda place: products[place]["share"])
    words, place = ("products", sag - 1) if narrow else (f"{products[sag]['rows']} rows", sag)
    axes.annotate(words, (at[place], rates[place]), (9, -9), textcoords="offset points", fontsize=size, gid=theme.HALO)
    for name, (dx, dy, ha, va) in NAMES.values():
        (row,) = data.where(kernel=name)
        theme.measured(axes, row["intensity"], row["rate"])
        axes.annotate(
            name,
            (row["intensity"], row["rate"]),
            (dx, dy),
            textcoords="offset points",
            ha=ha,
            va=va,
            fontsize=size,
            gid=theme.HALO,
            zorder=7,
        )
    theme.note(figure, data.note)
    return figure
