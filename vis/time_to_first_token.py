"""How much longer does a pass take that holds more tokens, and where does it stop waiting for memory?"""

from generators.catalog import model_inputs
from generators.catalog.load import Catalog
from generators.comparison.comparison import decode_case
from generators.model import roofline
from generators.model.inputs import Pass
from vis import _palette as colour
from vis import _theme as theme
from vis._figure import FigureData

ROLE, MEASURED_MODEL, MODE = "h200", "8b", "graph"
MODEL, FORMAT = "llama-3.1-8b", "bf16"
TOKENS = [2.0 ** (power / 4) for power in range(61)]
COLUMNS = {"tokens": "tokens", "time": "ms", "low": "ms", "high": "ms", "limit": "ms", "binds": "", "mark": ""}


def data(catalog: Catalog) -> FigureData:
    """The least time of a pass on one chip by the tokens in it, and what a decode step and the prefills of a record took."""
    record, stored, model = catalog.speaker(ROLE), catalog.formats[FORMAT], catalog.models[MODEL]
    chip = catalog.accelerators[record.machine.accelerator]
    device = model_inputs.device(chip, stored.rate)
    shape, form = model_inputs.shape(model), model_inputs.number_format(stored)
    rows = []
    for tokens in TOKENS:
        step = roofline.step(shape, form, device, Pass(1.0, tokens, tokens))
        rows.append({"tokens": tokens, "time": step.time * 1e3, "binds": step.binds, "mark": "predicted"})
    decode = decode_case(record, MEASURED_MODEL, MODE)
    prefills = sorted(record.measured("prefill", dtype="bfloat16"), key=lambda case: case.parameters["tokens"])
    for tokens, case in [(1.0, decode), *((float(one.parameters["tokens"]), one) for one in prefills)]:
        limit = max(case.work.flop / device.peak, case.work.bytes / device.bandwidth)
        low, high = case.interval
        rows.append(
            {
                "tokens": tokens,
                "time": case.seconds * 1e3,
                "low": low * 1e3,
                "high": high * 1e3,
                "limit": limit * 1e3,
                "binds": "memory" if tokens < roofline.ridge_point(device.peak, device.bandwidth) else "compute",
                "mark": "measured",
            }
        )
    values = {
        "machine": catalog.machine_label(record),
        "model": model.name,
        "critical": roofline.critical_tokens(
            roofline.ridge_point(device.peak, device.bandwidth), form.weight, form.mac
        ),
    }
    return FigureData(COLUMNS, rows, values)


def _measured(data: FigureData) -> list[dict]:
    return data.where(mark="measured")


def _conclusion(data: FigureData) -> str:
    one, *_, some, many = _measured(data)
    return (
        f"On an {data.values['machine']}, {some['tokens']:.0f} tokens take {some['time'] / one['time'] - 1:.0%} longer than one; "
        f"{many['tokens']:,.0f} take {many['time'] / one['time']:.0f} times as long"
    )


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    v, rows = data.values, _measured(data)
    shown = ", ".join(f"{row['tokens']:,.0f} in {row['time']:.3g} ms" for row in rows)
    return (
        f"{_conclusion(data)}. Time of a pass of {v['model']} in BF16 against the tokens in it, both logarithmic: the limit is flat up to {v['critical']:.0f} tokens, where memory binds, and rises beyond, where math does. "
        f"Measured: {shown}; the last is {rows[-1]['limit'] / rows[-1]['time']:.0%} of the limit's speed."
    )


def caption(data: FigureData) -> str:
    """How to read it."""
    return (
        "Line: the limit, from the datasheet. Dots: measured for this book as CUDA graphs with random weights, medians; "
        "the pass of one token is a decode step."
    )


def draw(data: FigureData, narrow: bool):
    """The limit, orange and flat, then blue and rising; the measured passes above it."""
    v, size = data.values, theme.page_size(narrow)
    headings = (_conclusion(data), "Time of one pass (ms)", "Tokens in the pass")
    axes, _ = theme.chart(data, narrow, (4.7, 5.0), headings, (0.62, 0.15, 0.05))
    axes.set(xscale="log", yscale="log", xlim=(0.8, 40_000), ylim=(1.6, 1000))
    theme.log_ticks(axes.xaxis, [1, 16, 256, 4096])
    theme.log_ticks(axes.yaxis, [3, 10, 30, 100, 300])
    words = {"fontsize": size, "gid": theme.HALO, "zorder": 7}
    turn = v["critical"]
    line = data.where(mark="predicted")
    flat, corner = line[0]["time"], (turn, max(r["time"] for r in line if r["tokens"] <= turn))
    for shade, some in (
        (colour.MEMORY, [*((r["tokens"], r["time"]) for r in line if r["tokens"] < turn), corner]),
        (colour.COMPUTE, [corner, *((r["tokens"], r["time"]) for r in line if r["tokens"] > turn)]),
    ):
        axes.plot([x for x, _ in some], [y for _, y in some], color=shade, lw=2.4)
    axes.plot([turn, turn], [1.6, flat], color=colour.INK, lw=1.0, ls=":")
    axes.text(turn * 1.15, 2.0, f"{turn:.0f} tokens", va="center", **words)
    axes.text(
        1.0,
        flat / 1.1,
        "limit: memory" if narrow else "the limit: waits for memory",
        color=colour.MEMORY,
        va="top",
        **words,
    )
    axes.text(
        11_000,
        330,
        "limit: math" if narrow else "the limit: waits for math",
        color=colour.COMPUTE,
        va="center",
        ha="right",
        **words,
    )
    rows = _measured(data)
    theme.measured(axes, [1.6, *(r["tokens"] for r in rows)], [560, *(r["time"] for r in rows)])
    axes.text(2.3, 560, "measured", va="center", **words)
    one, *_, some, many = rows
    axes.text(one["tokens"], one["time"] * 1.3, f"{one['time']:.1f} ms", va="bottom", **words)
    axes.text(some["tokens"], some["time"] * 1.3, f"{some['time']:.1f} ms", va="bottom", ha="center", **words)
    axes.text(
        many["tokens"] / 1.35,
        many["time"] * 1.05,
        f"{many['time']:.0f} ms, {many['time'] / many['limit']:.1f}× its limit",
        ha="right",
        va="center",
        **words,
    )
    return axes.figure
