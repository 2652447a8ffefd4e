"""How large must a matrix be before its kernel reaches the memory's bandwidth?"""

from generators.catalog.load import Catalog
from generators.comparison.comparison import datasheet_bandwidth, decode_case
from generators.measure import predict
from vis import _palette as colour
from vis import _theme as theme
from vis._figure import FigureData

ROLE, MODEL = "h200", "8b"
COLUMNS = {"kind": "", "name": "", "size": "MB", "share": "% of the bandwidth", "time": "µs"}


def data(catalog: Catalog) -> FigureData:
    """Share of the datasheet's bandwidth by size of the matrix, and where the matrices of one model lie, apart and merged."""
    record = catalog.speaker(ROLE)
    sheet = datasheet_bandwidth(catalog, record).value
    rows = [
        {
            "kind": "measured",
            "name": "",
            "size": case.parameters["matrix_bytes"] / 1e6,
            "share": case.bandwidth / sheet * 100,
            "time": case.parameters["matrix_bytes"] / case.bandwidth * 1e6,
        }
        for case in record.measured("product-by-size", dtype="bfloat16")
    ]
    shown = decode_case(record, MODEL, "graph").parameters
    d, wide, keys = (
        float(shown["d_model"]),
        float(shown["d_ff"]),
        float(shown["kv_heads"]) * float(shown["head_dim"]),
    )
    for name, weights in {
        "K or V": d * keys,
        "Q or output": d * d,
        "Q, K, V merged": d * (d + 2 * keys),
        "gate, up or down": d * wide,
        "gate, up merged": 2 * d * wide,
    }.items():
        pace = predict.seconds_per_byte(record.used, "bfloat16", 2 * weights)
        rows.append(
            {
                "kind": "model",
                "name": name,
                "size": 2 * weights / 1e6,
                "share": 100 / pace / sheet,
                "time": 2e6 * weights * pace,
            }
        )
    values = {"machine": catalog.machine_label(record), "model": MODEL.upper(), "first": rows[2], "last": rows[4]}
    return FigureData(COLUMNS, rows, values)


def _conclusion(data: FigureData) -> str:
    small, large = data.values["first"], data.values["last"]
    return (
        f"Reading {small['size']:.0f} MB in one kernel gets {small['share']:.0f}% of the bandwidth, "
        f"{large['size']:.0f} MB get {large['share']:.0f}%"
    )


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    v = data.values
    marked = ", ".join(f"{r['name']} {r['size']:.0f} MB" for r in data.where(kind="model"))
    return (
        f"{_conclusion(data)}. Share of the datasheet's bandwidth that matrix-vector products with cold BF16 matrices reach in a CUDA graph on the {v['machine']}, by the size of the matrix. "
        f"Matrices of a layer of the {v['model']} model: {marked}."
    )


def caption(data: FigureData) -> str:
    """How to read it."""
    return f"100% is the datasheet's bandwidth. Filled: measured for this book, fastest tenth. Open: a matrix of the {data.values['model']} model, an estimate on the line; a filled dot in a ring is both. Merged matrices are not measured in a model."


def draw(data: FigureData, narrow: bool):
    """One rising curve, and on it the matrices of a layer."""
    size = theme.page_size(narrow)
    figure = theme.canvas(narrow, 4.7, 5.0)
    top = theme.headline(
        figure,
        _conclusion(data),
        "Share of the datasheet's bandwidth" + (" (%)" if narrow else " (%); filled: measured, open: estimated"),
    )
    axes = theme.box(figure, 0.5, theme.floor(data.note, narrow) + 0.05, 0.15, top + 0.05)
    axes.set(xscale="log", xlim=(0.4, 420), ylim=(0, 104))
    theme.log_ticks(axes.xaxis, [0.5, 2, 8, 34, 134])
    axes.set_yticks([0, 25, 50, 75, 100])
    axes.tick_params(labelsize=size)
    axes.grid(True, axis="y")
    axes.set_xlabel("Size of the matrix (MB)", fontsize=size)
    known, marked = data.where(kind="measured"), data.where(kind="model")
    last = marked[-1]
    axes.plot(
        [r["size"] for r in known] + [last["size"]],
        [r["share"] for r in known] + [last["share"]],
        color=colour.MEMORY,
        lw=2.0,
    )
    theme.measured(axes, [r["size"] for r in known], [r["share"] for r in known])
    theme.predicted(axes, [r["size"] for r in marked], [r["share"] for r in marked], edge=colour.MEMORY, size=8)
    words = {"fontsize": size, "va": "center", "gid": theme.HALO, "zorder": 7}
    for row in marked:
        if row["name"].startswith("Q, K"):
            place = {"x": 410, "ha": "right"} if narrow else {"x": row["size"] * 1.1, "ha": "left"}
            axes.text(y=row["share"] - (11 if narrow else 7), s=row["name"], **place, **words)
        else:
            up = 8 if row is last else 0
            axes.text(row["size"] * (1.6 if up else 0.83), row["share"] + up, row["name"], ha="right", **words)
    theme.note(figure, data.note)
    return figure
