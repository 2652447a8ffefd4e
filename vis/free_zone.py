"""How many tokens can one pass check before it takes longer?"""

from __future__ import annotations

from generators import catalogue
from generators.book.load import Book
from generators.evidence.speculation import checks
from generators.model import roofline
from generators.model.inputs import Pass
from vis import _palette as colour
from vis import _theme as theme
from vis._figure import FigureData
from vis._subject import FORMAT, H200, LLAMA

ROLE, MODEL, CONTEXT = "h200", "8b", 512
USERS, TOKENS = (1, 8, 64), range(1, 257)
COLUMNS = {"users": "users", "tokens": "tokens", "limit": "× one token", "binds": "", "measured": "× one token", "low": "× one token", "high": "× one token"}  # fmt: skip


def data(book: Book) -> FigureData:
    """Least time of a pass over that of a pass over one token of each user, and the passes that were measured as graphs."""
    chip, model, stored = book.accelerators[H200], book.models[LLAMA], book.formats[FORMAT]
    shape, form, device = catalogue.shape(model), catalogue.number_format(stored), catalogue.device(chip, stored.rate)
    rows, free = [], {}
    for users in USERS:
        steps = {n: roofline.step(shape, form, device, Pass(users, n, CONTEXT + n, n)) for n in map(float, TOKENS)}
        rows += [{"users": users, "tokens": int(n), "limit": step.time / steps[1.0].time, "binds": step.binds} for n, step in steps.items() if step.time < 6 * steps[1.0].time]  # fmt: skip
        free[users] = max(int(n) for n, step in steps.items() if step.binds == "memory")
    record = book.speaker(ROLE)
    cases = checks(record, MODEL)
    for tokens, case in sorted(cases.items()):
        once, (low, high) = float(cases[1].seconds), case.interval
        rows.append({"users": 1, "tokens": tokens, "measured": float(case.seconds) / once, "low": low / once, "high": high / once})  # fmt: skip
    values = {"machine": book.machine_label(record), "model": model.name, "free": free, "widest": max(cases)}
    sources = frozenset({model.source, chip.memory.bandwidth.source, stored.source})
    return FigureData(COLUMNS, rows, values, sources, frozenset({record.id}))


def _measured(data: FigureData) -> list[dict]:
    return [row for row in data.rows if "measured" in row]


def _conclusion(data: FigureData) -> str:
    last = _measured(data)[-1]
    return f"On an H200 a pass over {last['tokens']} tokens took {last['measured'] - 1:.0%} longer than over one; with {USERS[-1]} users, {data.values['free'][USERS[-1]]} each are free at best"


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    v = data.values
    free = ", ".join(
        f"{n} tokens of {users if users > 1 else 'a single'} user{'s' if users > 1 else ''}"
        for users, n in v["free"].items()
    )
    told = ", ".join(f"{r['tokens']} tokens {r['measured']:.2f} times" for r in _measured(data)[1:])
    return (
        f"{_conclusion(data)}. Time of a pass over tokens of each user, against that of a pass over one, both logarithmic; {v['model']} on one {v['machine']}, {CONTEXT} tokens cached. "
        f"By the limit a pass waits for memory up to {free}; then its math takes longer in proportion. Measured as CUDA graphs for one user: {told}."
    )


def caption(data: FigureData) -> str:
    """How to read it."""
    return (
        "Lines: the limit of the datasheet, orange where memory binds and blue where math does. Dots: measured as CUDA graphs, one user; "
        "the wide passes read a prompt of their own, the narrow one is a decode step at 128. Wider passes and more users are awaited from a GPU."
    )


def draw(data: FigureData, narrow: bool):
    """Three lines that are flat and then rise, and the measured dots on the flat of the first."""
    size, free = theme.page_size(narrow), data.values["free"]
    figure = theme.canvas(narrow, 4.7, 5.1)
    top = theme.headline(figure, _conclusion(data), "Time against a pass over one token each (×)")
    axes = theme.box(figure, 0.45, theme.floor(data.note, narrow) + 0.05, 0.2, top + 0.08)
    axes.set(xscale="log", yscale="log", xlim=(0.9, 280), ylim=(0.85, 5))
    theme.log_ticks(axes.xaxis, [1, 4, 16, 32, 64, 256])
    theme.log_ticks(axes.yaxis, [1, 2, 4])
    axes.tick_params(labelsize=size)
    axes.grid(True, axis="y")
    axes.set_xlabel("Tokens of each user in the pass", fontsize=size)
    words = {"fontsize": size, "va": "center", "gid": theme.HALO, "zorder": 7}
    for users in USERS:
        rows = [row for row in data.where(users=users) if "limit" in row]
        for binds, shade in (("memory", colour.MEMORY), ("compute", colour.COMPUTE)):
            shown = [r for r in rows if r["binds"] == binds or (binds == "compute" and r["tokens"] == free[users])]
            axes.plot([r["tokens"] for r in shown], [r["limit"] for r in shown], color=shade, lw=2.2)
        place = {"x": 255, "y": 1.6} if users == 1 else {"x": free[users] * 1.9, "y": 2.1}
        axes.text(s=f"{users} user{'s' if users > 1 else ''}", ha="right", **place, **words)
    dots = _measured(data)
    theme.measured(axes, [r["tokens"] for r in dots], [r["measured"] for r in dots])
    axes.text(22, 1.27, "measured", ha="right", **words)
    axes.text(38, 3.5, "waits\nfor math" if narrow else "waits for math", color=colour.COMPUTE, ha="center", **words)
    axes.text(1.0, 0.92, "waits for memory", color=colour.MEMORY, **words)
    theme.note(figure, data.note)
    return figure
