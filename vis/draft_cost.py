"""How much may a draft token cost before drafting stops paying?"""

from __future__ import annotations

from generators import catalogue
from generators.book.load import Book
from generators.evidence.comparison import decode_case
from generators.evidence.speculation import LENGTHS, best_length
from generators.model.inputs import Pass
from generators.model.memory import step_bytes
from vis import _palette as colour
from vis import _theme as theme
from vis._figure import FigureData
from vis._subject import FORMAT, LLAMA

ROLE, SMALL, DRAFT = "h200", "1.1B", "llama-3.2-1b"
CHANCES = [at / 100 for at in range(0, 91)]
TOLD, MARKED = 0.7, (0.5, 0.7, 0.9)
COLUMNS = {"draft": "", "cost": "of a pass", "chance": "% right", "speed-up": "×", "length": "tokens"}
DASHES = {"copied": "solid", "by its bytes": (0, (6, 2)), "measured": (0, (2, 1.4))}


def data(book: Book) -> FigureData:
    """The best speed-up at each chance for three costs of a draft token: none, a small model's bytes, a small model's measured time."""
    form, record = catalogue.number_format(book.formats[FORMAT]), book.speaker(ROLE)
    few, many = (step_bytes(catalogue.shape(book.models[m]), form, Pass(1.0, 1.0, 1.0)).total for m in (DRAFT, LLAMA))
    timed = [float(decode_case(record, name, "graph").seconds) for name in ("1-1b", "8b")]
    costs = {"copied": 0.0, "by its bytes": few / many, "measured": timed[0] / timed[1]}
    rows = []
    for draft, cost in costs.items():
        for chance in CHANCES:
            gain, length = best_length(chance, cost)
            rows.append({"draft": draft, "cost": cost, "chance": 100 * chance, "speed-up": gain, "length": length})
    sources = frozenset({book.models[m].source for m in (DRAFT, LLAMA)} | {"leviathan-2023"})
    values = {
        "machine": book.machine_label(record),
        "small": SMALL,
        "model": book.models[LLAMA].name,
        "draft": book.models[DRAFT].name,
    }
    return FigureData(COLUMNS, rows, values, sources, frozenset({record.id}))


def _at(data: FigureData, draft: str, chance: float) -> dict:
    return next(row for row in data.where(draft=draft) if row["chance"] == 100 * chance)


def _conclusion(data: FigureData) -> str:
    free, timed = (_at(data, draft, TOLD)["speed-up"] for draft in ("copied", "measured"))
    return f"With {TOLD:.0%} of guesses right, free drafts give up to {free:.1f}×, a {SMALL} model as we measured it {timed:.1f}×"


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    told = ", ".join(
        f"{draft} {_at(data, draft, TOLD)['cost']:.2f} of a pass, {_at(data, draft, TOLD)['speed-up']:.2f} times with {_at(data, draft, TOLD)['length']} drafts"
        for draft in DASHES
        if draft != "copied"
    )
    return (
        f"{_conclusion(data)}. Speed against plain decode at the best draft length, against the chance that a draft is right, for three costs of a draft token; at {TOLD:.0%}: {told}. "
        f"The marks say how many drafts are best: the more a draft costs and the less often it is right, the fewer."
    )


def caption(data: FigureData) -> str:
    """How to read it."""
    v = data.values
    return (
        f"From the formula, checking as dear as a plain pass, at most {LENGTHS[-1]} drafts. "
        f"Costs: {v['draft']} for {v['model']} by bytes, and a {SMALL} model beside an 8B one as CUDA graphs on the {v['machine']}."
    )


def draw(data: FigureData, narrow: bool):
    """Three rising curves, one for each cost, with the best number of drafts on them."""
    size = theme.page_size(narrow)
    figure = theme.canvas(narrow, 4.8, 5.2)
    top = theme.headline(figure, _conclusion(data), "Speed against plain decode (×)")
    axes = theme.box(figure, 0.45, theme.floor(data.note, narrow) + 0.05, 0.2, top + 0.08)
    axes.set(xlim=(20, 92), ylim=(0.6, 5.2))
    axes.set_xticks([30, 50, 70, 90], ["30%", "50%", "70%", "90%"])
    axes.set_yticks([1, 2, 3, 4, 5])
    axes.tick_params(labelsize=size)
    axes.grid(True, axis="y")
    axes.axhline(1, color=colour.MUTED, lw=1.2)
    axes.set_xlabel("Chance that a draft token is right", fontsize=size)
    words = {"fontsize": size, "va": "center", "gid": theme.HALO, "zorder": 7}
    costs = [_at(data, draft, TOLD)["cost"] for draft in DASHES]
    told = ("copied: 0", f"1B by its bytes: {costs[1]:.2f}", f"{SMALL} as measured: {costs[2]:.2f}")
    axes.text(21, 4.95, "A draft token costs, in passes:", color=colour.MUTED, **words)
    for at, ((draft, dash), name) in enumerate(zip(DASHES.items(), told, strict=True)):
        rows = [row for row in data.where(draft=draft) if row["speed-up"] <= 5.4]
        axes.plot([r["chance"] for r in rows], [r["speed-up"] for r in rows], color=colour.INK, lw=2.0, ls=dash)
        axes.plot([21, 28], [4.5 - 0.45 * at] * 2, color=colour.INK, lw=2.0, ls=dash)
        axes.text(29.5, 4.5 - 0.45 * at, name, **words)
        for chance in MARKED if draft != "copied" else ():
            row, up = _at(data, draft, chance), draft != "measured"
            theme.predicted(axes, [row["chance"]], [row["speed-up"]])
            number = f"{row['length']}" + (" drafts" if up and chance == TOLD else "")
            axes.text(row["chance"], row["speed-up"] + (0.3 if up else -0.3), number, ha="center", **words)
    theme.note(figure, data.note)
    return figure
