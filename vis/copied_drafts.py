"""How many tokens does a pass give when the draft is copied from what is already there?"""

from generators.catalog.load import Catalog
from generators.comparison.speculation import PAPER, TASKS, copied, one_chance
from generators.model.work import accepted_tokens
from vis import _palette as colour
from vis import _theme as theme
from vis._figure import FigureData

TOLD = 8
LENGTHS = (0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32)
COLUMNS = {"task": "", "drafts": "tokens", "counted": "tokens per pass", "formula": "tokens per pass"}


def data(catalog: Catalog) -> FigureData:
    """Tokens per pass counted over two chapters of Alice, written anew and rewritten, and what the formula gives."""
    rows = [
        {
            "task": task,
            "drafts": most,
            "counted": copied(catalog, task, most).tokens_per_pass,
            "formula": accepted_tokens(one_chance(catalog, task), most),
        }
        for task in TASKS
        for most in LENGTHS
    ]
    values = {"chances": [copied(catalog, "rewritten", TOLD).chance(at) for at in (1, 2, 3)]}
    return FigureData(COLUMNS, rows, values, frozenset({PAPER}))


def _conclusion(data: FigureData) -> str:
    new, again = (data.where(task=task, drafts=TOLD)[0]["counted"] for task in TASKS)
    return f"With up to {TOLD} copied drafts a pass gives {again:.1f} tokens where a text is rewritten, {new:.1f} where it is new"


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    shown = data.where(task="rewritten", drafts=TOLD)[0]
    first, second, third = data.values["chances"]
    return (
        f"{_conclusion(data)}. Tokens per pass against the most draft tokens in it, counted over two chapters of Alice's Adventures in Wonderland, with their manuscript as the prompt and without. "
        f"With one chance for all drafts the formula gives {shown['formula']:.2f} at {TOLD} where {shown['counted']:.2f} were counted: the first draft is right in {first:.0%}, the second after a right first in {second:.0%}, the third in {third:.0%}."
    )


def caption(data: FigureData) -> str:
    """How to read it."""
    return "Dots: counted. Dashed: the formula, every draft as likely right as one that is alone in its pass. Words and marks are tokens here; a model's are often shorter."


def draw(data: FigureData, narrow: bool):
    """Two rows of dots, each with the formula's line under it."""
    headings = ("Tokens per pass; dots: counted", "Draft tokens in a pass, at most")
    axes, words = theme.chart(data, narrow, (4.6, 5.3), (_conclusion(data), *headings))
    axes.set(xlim=(0, 33), ylim=(0.7, 3.4), xticks=[0, 4, 8, 16, 24, 32], yticks=[1, 2, 3])
    for task in TASKS:
        rows = data.where(task=task)
        axes.plot([r["drafts"] for r in rows], [r["formula"] for r in rows], color=colour.INK, lw=1.6, ls=(0, (5, 3)))
        theme.measured(axes, [r["drafts"] for r in rows], [r["counted"] for r in rows])
        shown = data.where(task=task, drafts=TOLD)[0]["counted"]
        axes.text(TOLD, shown + 0.2, f"{shown:.1f}", ha="center", **words)
    axes.text(32, 3.26, "rewritten: the manuscript is the prompt", ha="right", **words)
    axes.text(32, 1.33, "written new", ha="right", **words)
    axes.text(
        32,
        1.96,
        "dashed: formula" if narrow else "dashed: formula, one chance for all",
        color=colour.MUTED,
        ha="right",
        **words,
    )
    return axes.figure
