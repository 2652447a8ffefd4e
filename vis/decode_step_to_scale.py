"""Where does the time of one pass go, drawn to scale: a decode step, and a prefill?"""

from __future__ import annotations

from generators import catalogue, units
from generators.book.load import Book
from generators.model import operators, roofline
from generators.model.inputs import Pass
from vis import _palette as colour
from vis import _shapes as shapes
from vis import _theme as theme
from vis._figure import FigureData
from vis._subject import CHIP, CONTEXT, FORMAT, MODEL

PASSES = {"decode": Pass(1, 1, CONTEXT), "prefill": Pass(1, CONTEXT, CONTEXT)}


def data(book: Book) -> FigureData:
    """Memory time and compute time of every kind of operator, in both passes."""
    chip, model, stored = book.accelerators[CHIP], book.models[MODEL], book.formats[FORMAT]
    device = catalogue.sourced_device(chip, stored.rate)
    shape, form = catalogue.sourced_shape(model), catalogue.sourced_format(stored)
    rows, values, sources = [], {"chip": chip.name, "model": model.name, "format": stored.name}, frozenset()
    for name, pass_ in PASSES.items():
        step = roofline.step(shape, form, device, pass_)
        sources |= step.time.sources
        for part in operators.operators(shape, form, pass_):
            rows.append({"pass": name, "operator": part.name, "bytes": units.as_quantity(part.bytes_moved).to("GB"),
                         "memory": (part.bytes_moved / device.bandwidth).to("ms"),
                         "compute": units.as_quantity(part.flop).value / device.peak.value * 1e3})  # fmt: skip
        values |= {
            f"{name} memory": step.memory.to("ms"),
            f"{name} compute": step.compute.to("ms"),
            f"{name} binds": step.binds,
        }
    values["share"] = units.text(units.of(values["decode compute"] / values["decode memory"], ""), "%", 2)
    columns = {"pass": "", "operator": "", "bytes": "GB", "memory": "ms", "compute": "ms"}
    return FigureData(columns, rows, values, sources)


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    v = data.values
    return (
        f"To scale: one decode step of {v['model']} on one {v['chip']} spends {v['decode memory']:.2f} ms moving bytes, mostly MLP weights, and "
        f"needs {v['decode compute']:.3f} ms of arithmetic, {v['share']}; a prefill of {CONTEXT:,} tokens needs "
        f"{v['prefill compute']:.1f} ms of arithmetic and {v['prefill memory']:.1f} ms of moving."
    )


def caption(data: FigureData) -> str:
    """How to read it."""
    v = data.values
    return (
        f"{v['model']} ({v['format']}) on one {v['chip']}, predicted from the datasheet. "
        f"Above: one token at {CONTEXT:,} tokens of context; below: a prompt of {CONTEXT:,} tokens, on a scale of its own. "
        "The two lanes run at the same time, so the longer one is the least time of the pass. The hatched part is the KV cache; in the compute lane the unnamed part is attention, "
        "and the last sliver is the output head."
    )


def draw(data: FigureData, narrow: bool):
    """Two panels of two lanes each."""
    figure = theme.canvas(narrow, 4.3, 5.3)
    width, height = figure.get_size_inches()
    theme.heading(figure, "Time of one pass (ms), to scale within each panel")
    panel = 1.62 if not narrow else 2.1
    for at, name in enumerate(PASSES):
        bottom = height - 0.45 - (at + 1) * panel - at * 0.22
        axes = figure.add_axes((0.12 / width, (bottom + 0.36) / height, 1 - 0.3 / width, (panel - 0.4) / height))
        _panel(axes, data, name, narrow)
    theme.note(figure, data.note)
    return figure


def _panel(axes, data: FigureData, name: str, narrow: bool) -> None:
    """Memory lane above, compute lane below, ticks in ms."""
    v, rows = data.values, data.where(**{"pass": name})
    longest = max(v[f"{name} memory"], v[f"{name} compute"])
    axes.set(xlim=(0, longest * 1.005), ylim=(-0.05, 2.55))
    axes.spines["left"].set_visible(False)
    axes.set_yticks([])
    title = {"decode": "Decode: one token", "prefill": f"Prefill: {CONTEXT:,} tokens"}[name]
    axes.text(0, 2.5, title, weight="bold", color=colour.INK, va="top")
    _lane(axes, rows, "memory", 1.08, longest, v[f"{name} memory"], narrow)
    _lane(axes, rows, "compute", 0.1, longest, v[f"{name} compute"], narrow)


#: What stands inside a bar.
SHORT = {"attention projections": "projections", "output head": "head", "norms and embedding": "", "MLP": "MLP",
         "attention over the KV cache": ""}  # fmt: skip


def _lane(axes, rows: list[dict], what: str, y: float, longest: float, total: float, narrow: bool) -> None:
    """Operators one after another; the lane's total behind it, or above its end where the lane is long."""
    x, fill = 0.0, colour.MEMORY if what == "memory" else colour.COMPUTE
    for row in rows:
        length = row[what]
        if what == "memory" and row["operator"].startswith("attention over"):
            _cache(axes, x, y, length, longest)
        else:
            edge = 0.8 if length > longest * 0.01 else 0.0
            shapes.bar(axes, x, y, length, 0.72, fill, colour.SURFACE, line=edge)
            if length > longest * (0.12 if not narrow else 0.2):
                theme.say(axes, x + length / 2, y + 0.36, SHORT[row["operator"]], colour.SURFACE, "center")
        x += length
    digits = 3 if total < 1 else 2 if total < 10 else 1
    words = f"{'moving bytes' if what == 'memory' else 'arithmetic'}: {total:.{digits}f} ms"
    if total > longest * 0.75:
        theme.say(axes, longest, y + 0.8, words, fill, "right", "bottom")
    else:
        theme.say(axes, x + longest * 0.012, y + 0.36, words, fill)


def _cache(axes, x: float, y: float, length: float, longest: float) -> None:
    """The KV cache's part of the lane, named where there is room."""
    shapes.kv_bar(axes, x, y, length, 0.72)
    if length > longest * 0.05:
        theme.say(axes, x + length / 2, y + 0.8, "KV cache", colour.MEMORY, "center", "bottom")
