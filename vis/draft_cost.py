"""How much may a draft token cost before drafting stops paying?"""

from generators.catalog.load import Catalog
from generators.comparison.comparison import decode_case
from generators.comparison.speculation import LENGTHS, best_length
from vis import _palette as colour
from vis import _theme as theme
from vis._figure import FigureData

ROLE, SMALL = "h200", "1.1B"
CHANCES = range(0, 91)  # in percent
TOLD, MARKED = 70, (50, 70, 90)
COLUMNS = {"draft": "", "cost": "of a pass", "chance": "% right", "speed-up": "×", "length": "tokens"}
DASHES = {"copied": "solid", "by its bytes": (0, (6, 2)), "measured": (0, (2, 1.4))}


def data(catalog: Catalog) -> FigureData:
    """The best speed-up at each chance for three costs of a draft token: none, a small model's bytes, and its measured time."""
    record, rows = catalog.speaker(ROLE), []
    few, many = (decode_case(record, name, "graph") for name in ("1-1b", "8b"))
    costs = {"copied": 0.0, "by its bytes": few.work.bytes / many.work.bytes, "measured": few.seconds / many.seconds}
    for draft, cost in costs.items():
        for chance in CHANCES:
            gain, length = best_length(chance / 100, cost)
            rows.append({"draft": draft, "cost": cost, "chance": chance, "speed-up": gain, "length": length})
    return FigureData(COLUMNS, rows, {"machine": catalog.machine_label(record)})


def _at(data: FigureData, draft: str, chance: int = TOLD) -> dict:
    return data.where(draft=draft, chance=chance)[0]


def _conclusion(data: FigureData) -> str:
    free, timed = (_at(data, draft)["speed-up"] for draft in ("copied", "measured"))
    return f"If {TOLD}% are right and checks free, free drafts give up to {free:.1f}×, a {SMALL} model run as a CUDA graph {timed:.1f}×"


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    rows = {draft: _at(data, draft) for draft in DASHES if draft != "copied"}
    shown = ", ".join(
        f"{draft} {r['cost']:.2f} of a pass, {r['speed-up']:.2f} times with {r['length']} drafts"
        for draft, r in rows.items()
    )
    return (
        f"{_conclusion(data)}. Speed against plain decode at the best draft length, against the chance that a draft is right, for three costs of a draft token: none, and a {SMALL} model's; at {TOLD}%: {shown}. "
        "Marks: the best draft length; the more a draft costs and the less often it is right, the fewer."
    )


def caption(data: FigureData) -> str:
    """How to read it."""
    return (
        f"From the formula, not from runs: a check costs as much as a plain pass, at most {LENGTHS[-1]} drafts. "
        f"Costs: bytes and times of a {SMALL} model's decode step over those of an 8B one, as CUDA graphs on the {data.values['machine']}."
    )


def draw(data: FigureData, narrow: bool):
    """Three rising curves, one for each cost, with the best number of drafts on them."""
    headings = ("Speed against plain decode (×)", "Chance that a draft token is right")
    axes, words = theme.chart(data, narrow, (4.9, 5.4), (_conclusion(data), *headings))
    axes.set(xlim=(20, 92), ylim=(0.6, 5.2), yticks=[1, 2, 3, 4, 5])
    axes.set_xticks([30, 50, 70, 90], ["30%", "50%", "70%", "90%"])
    axes.axhline(1, color=colour.MUTED, lw=1.2)
    axes.text(21, 4.95, "A draft token costs, in passes:", color=colour.MUTED, **words)
    for at, (draft, dash) in enumerate(DASHES.items()):
        rows, y = [row for row in data.where(draft=draft) if row["speed-up"] <= 5.4], 4.5 - 0.45 * at
        axes.plot([r["chance"] for r in rows], [r["speed-up"] for r in rows], color=colour.INK, lw=2.0, ls=dash)
        axes.plot([21, 28], [y, y], color=colour.INK, lw=2.0, ls=dash)
        axes.text(29.5, y, f"{'' if draft == 'copied' else SMALL + ' '}{draft}: {rows[0]['cost']:.2g}", **words)
        for chance in MARKED if draft != "copied" else ():
            row, away = _at(data, draft, chance), 0.3 if draft == "by its bytes" else -0.3
            theme.predicted(axes, [chance], [row["speed-up"]])
            axes.text(chance, row["speed-up"] + away, f"{row['length']}", ha="center", **words)
    theme.predicted(axes, [24.5], [3.15])
    axes.text(29.5, 3.15, "best draft length", **words)
    return axes.figure
