"""Which roof limits training, prefill and decode of the same model on the same chip?"""

from generators.catalog import model_inputs
from generators.catalog.load import Catalog
from generators.catalog.record import Case
from generators.comparison.comparison import decode_case
from generators.core import units
from generators.model import roofline
from generators.model.inputs import Pass
from vis import _palette as colour
from vis import _theme as theme
from vis._figure import FigureData
from vis._roofline import roofline as roofline_axes
from vis._subject import FORMAT, H200, LLAMA

ROLE, RUN, PROMPT, USERS = "h200", "8b", 4096, 64
#: (label, pass, kind): decode for one user and for many, a prefill, and the forward pass of a training step.
PASSES = [
    ("decode, 1 user", Pass(1, 1, 1), "decode"),
    (f"{USERS} users", Pass(USERS, 1, PROMPT), "decode"),
    ("prefill", Pass(1, PROMPT, PROMPT), "prefill"),
    ("training", Pass(8, PROMPT, PROMPT, PROMPT), "prefill"),
]


def data(catalog: Catalog) -> FigureData:
    """Each pass at its intensity and at the rate the roofline allows, and two runs measured on the same chip."""
    chip, model, stored = catalog.accelerators[H200], catalog.models[LLAMA], catalog.formats[FORMAT]
    device = model_inputs.sourced_device(chip, stored.rate)
    shape, form = model_inputs.sourced_shape(model), model_inputs.sourced_format(stored)
    rows = []
    for label, work_, kind in PASSES:
        intensity = roofline.intensity(shape, form, work_)
        rate = roofline.attainable(device.peak, device.bandwidth, intensity)
        rows.append(
            {"pass": label, "kind": kind, "intensity": intensity.value, "rate": rate.to("TFLOP/s"), "mark": "limit"}
        )
    record = catalog.speaker(ROLE)
    prefill = next(
        case for case in record.measured("prefill", tokens=PROMPT) if case.parameters["model"] == RUN.upper()
    )
    rows += [_measured("decode", decode_case(record, RUN, "compiled-graph")), _measured("prefill", prefill)]
    values = {
        "chip": chip.short.split(" ")[0],
        "model": model.name,
        "format": stored.name,
        "bandwidth": device.bandwidth.to("TB/s"),
        "peak": device.peak.to("TFLOP/s"),
        "ridge": (device.peak / device.bandwidth).value,
    }
    columns = {"pass": "", "kind": "", "intensity": "FLOP/byte", "rate": "TFLOP/s", "mark": ""}
    return FigureData(columns, rows, values)


def _measured(kind: str, case: Case) -> dict:
    """A measured run of that kind, placed by the FLOP and bytes that the suite counted."""
    intensity = case.work.flop / case.work.bytes
    return {
        "pass": f"measured {kind}",
        "kind": kind,
        "intensity": intensity,
        "rate": case.flops / 1e12,
        "mark": "measured",
    }


def _conclusion(data: FigureData) -> str:
    v, rows = data.values, {row["pass"]: row for row in data.rows}
    one = rows["decode, 1 user"]
    return f"An {v['chip']} turns at {v['ridge']:.0f} FLOP per byte; decode does {one['intensity']:.0f}"


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    v, rows = data.values, {row["pass"]: row for row in data.rows}
    one, full = rows["decode, 1 user"], rows["prefill"]
    return (
        f"{_conclusion(data)}. Decode of {v['model']} for one user can reach {one['rate']:.1f} of {v['peak']:g} TFLOP/s and was measured at {rows['measured decode']['rate']:.1f}; "
        f"prefill of {PROMPT:,} tokens does {units.number_text(full['intensity'], 3)} FLOP per byte, can reach all of it, and was measured at {rows['measured prefill']['rate']:.0f}."
    )


def caption(data: FigureData) -> str:
    """How to read it."""
    v = data.values
    return (
        f"{v['model']} in {v['format']} on one {v['chip']}: hollow marks are limits, dots were measured for this book (decode as a compiled CUDA graph, prefill as a plain one). "
        f"{USERS} users at a context of {PROMPT:,}, a prompt of {PROMPT:,}, the forward pass of a training step over 8 sequences of {PROMPT:,}."
    )


def draw(data: FigureData, narrow: bool):
    """The roofs, and each pass under them."""
    size, v = theme.page_size(narrow), data.values
    figure = theme.canvas(narrow, 5.2, 3.95)
    words = "Rate (TFLOP/s)" if narrow else f"Rate (TFLOP/s) of {v['model']} on one {v['chip']}"
    top = theme.headline(figure, _conclusion(data), words)
    axes = roofline_axes(figure, v["bandwidth"], v["peak"], narrow, theme.floor(data.note, narrow) + 0.05, top)
    for row in data.rows:
        square = row["kind"] == "prefill"
        if row["mark"] == "limit":
            theme.predicted(axes, row["intensity"], row["rate"], colour.COMPUTE if square else colour.MEMORY, square)
        else:
            theme.measured(axes, row["intensity"], row["rate"], square)
        dx, dy, ha, va = PLACES[row["pass"]]
        words = f"measured: {units.number_text(row['rate'], 2)}" if row["mark"] == "measured" else row["pass"]
        axes.annotate(
            words,
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


#: Where each label stands from its mark: offset in points and alignment, so that it crosses nothing.
PLACES = {
    "decode, 1 user": (9, 3, "left", "center"),
    f"{USERS} users": (9, -2, "left", "center"),
    "prefill": (-9, -6, "right", "top"),
    "training": (0, -7, "center", "top"),
    "measured decode": (8, -4, "left", "top"),
    "measured prefill": (0, -9, "center", "top"),
}
