"""How many tokens can one pass check before it takes longer?"""

from generators.catalog import model_inputs
from generators.catalog.load import Catalog
from generators.comparison.speculation import check, checks, free_tokens
from vis import _palette as colour
from vis import _theme as theme
from vis._figure import FigureData
from vis._subject import FORMAT, H200, LLAMA

ROLE, MODEL, CONTEXT = "h200", "8b", 512
USERS, TOKENS = (1, 8, 64), range(1, 257)
COLUMNS = {"users": "users", "tokens": "tokens", "limit": "× one token", "binds": "", "measured": "× one token"}


def data(catalog: Catalog) -> FigureData:
    """Least time of a pass over that of a pass over one token of each user, and the passes that were measured as graphs."""
    chip, model, stored = catalog.accelerators[H200], catalog.models[LLAMA], catalog.formats[FORMAT]
    shape, form, device = (
        model_inputs.shape(model),
        model_inputs.number_format(stored),
        model_inputs.device(chip, stored.rate),
    )
    given, rows = (shape, form, device), []
    for users in USERS:
        steps = {n: check(given, users, CONTEXT, n) for n in TOKENS}
        rows += [
            {"users": users, "tokens": n, "limit": step.time / steps[1].time, "binds": step.binds}
            for n, step in steps.items()
            if step.time < 6 * steps[1].time
        ]
    record = catalog.speaker(ROLE)
    cases, free = checks(record, MODEL), {users: free_tokens(given, users, CONTEXT) for users in USERS}
    rows += [
        {"users": 1, "tokens": n, "measured": float(case.seconds / cases[1].seconds)}
        for n, case in sorted(cases.items())
    ]
    values = {"machine": catalog.machine_label(record), "model": model.name, "free": free}
    return FigureData(COLUMNS, rows, values)


def _measured(data: FigureData) -> list[dict]:
    return [row for row in data.rows if "measured" in row]


def _conclusion(data: FigureData) -> str:
    last = _measured(data)[-1]
    return f"On an H200 a prompt of {last['tokens']} tokens took {last['measured'] - 1:.0%} longer than one token; with {USERS[-1]} users, {data.values['free'][USERS[-1]]} each are free at best"


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    v = data.values
    free = ", ".join(f"{n} tokens of each of {users} users" for users, n in list(v["free"].items())[1:])
    described = ", ".join(f"{r['tokens']} tokens {r['measured']:.2f} times" for r in _measured(data)[1:])
    return (
        f"{_conclusion(data)}. Time of a pass against that of a pass over one token of each user, by the tokens of each, both logarithmic; {v['model']} on one {v['machine']}. "
        f"Lines: the limit after {CONTEXT} cached tokens; a pass waits for memory up to {v['free'][1]} tokens of a single user, {free}; then its math takes longer in proportion. "
        f"Dots: measured as CUDA graphs, one user, prompts without a cache against a decode step: {described}."
    )


def caption(data: FigureData) -> str:
    """How to read it."""
    return (
        f"Lines: the limit of the datasheet after {CONTEXT} cached tokens, orange where memory binds and blue where math does. Dots: measured as CUDA graphs, one user, prompts without a cache; "
        "one token is a decode step at a context of about 128. Passes after a long context, wider ones and more users are awaited from a GPU."
    )


def draw(data: FigureData, narrow: bool):
    """Three lines that are flat and then rise, and the measured dots on the flat of the first."""
    free, headings = (
        data.values["free"],
        ("Time, × that of one token; lines: the limit", "Tokens of each user in the pass"),
    )
    axes, words = theme.chart(data, narrow, (4.7, 5.3), (_conclusion(data), *headings))
    axes.set(xscale="log", yscale="log", xlim=(0.9, 280), ylim=(0.85, 5))
    theme.log_ticks(axes.xaxis, [1, 4, 16, 64, 256])
    theme.log_ticks(axes.yaxis, [1, 2, 4])
    for users in USERS:
        rows = [row for row in data.where(users=users) if "limit" in row]
        for binds, shade in (("memory", colour.MEMORY), ("compute", colour.COMPUTE)):
            shown = [r for r in rows if r["binds"] == binds or (binds == "compute" and r["tokens"] == free[users])]
            axes.plot([r["tokens"] for r in shown], [r["limit"] for r in shown], color=shade, lw=2.2)
        place = {"x": 255, "y": 1.5} if users == 1 else {"x": free[users] * 2.1, "y": 2.4}
        axes.text(s=f"{users} user{'s' if users > 1 else ''}", ha="right", **place, **words)
    dots = _measured(data)
    theme.measured(axes, [r["tokens"] for r in dots], [r["measured"] for r in dots])
    axes.text(
        14.5,
        1.42,
        "measured:\n1 user,\nno cache" if narrow else "measured: 1 user,\nprompt, no cache",
        ha="center",
        **words,
    )
    axes.text(38, 3.7, "waits\nfor math" if narrow else "waits for math", color=colour.COMPUTE, ha="center", **words)
    axes.text(1.0, 0.92, "waits for memory", color=colour.MEMORY, **words)
    return axes.figure
