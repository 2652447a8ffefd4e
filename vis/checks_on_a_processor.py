"""How many tokens can a processor check before a pass takes longer?"""

from generators.catalog.load import Catalog
from generators.comparison.speculation import checks, predicted_by_ceilings
from vis import _palette as colour
from vis import _theme as theme
from vis._figure import FigureData

ROLE, MODEL = "cpu", "0-4b"
COLUMNS = {
    "tokens": "tokens",
    "measured": "× one token",
    "low": "× one token",
    "high": "× one token",
    "predicted": "× one token",
}


def data(catalog: Catalog) -> FigureData:
    """Passes over several tokens against one over one, measured, and as the machine's own ceilings would have them."""
    record = catalog.speaker(ROLE)
    cases = checks(record, MODEL)
    once, shown = float(cases[1].seconds), predicted_by_ceilings(record, cases[1])
    rows = [
        {
            "tokens": n,
            "measured": float(case.seconds) / once,
            "low": case.interval[0] / once,
            "high": case.interval[1] / once,
            "predicted": predicted_by_ceilings(record, case) / shown,
        }
        for n, case in sorted(cases.items())
    ]
    values = {"machine": catalog.machine_label(record), "context": cases[1].parameters["context"]}
    return FigureData(COLUMNS, rows, values)


def _conclusion(data: FigureData) -> str:
    few, last = (next(r for r in data.rows if r["tokens"] == n) for n in (16, 64))
    return f"Two cores check 16 tokens in {few['measured'] - 1:.0%} more time than one, and 64 in {last['measured'] - 1:.0%} more"


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    last = data.rows[-1]
    return (
        f"{_conclusion(data)}. Time of a pass against the tokens in it, relative to a pass over one, {data.values['machine']}, a model of 0.4 billion weights in BF16, {data.values['context']} tokens cached. "
        f"By its own best read and best product {last['tokens']} tokens would take {last['predicted'] - 1:.0%} more."
    )


def caption(data: FigureData) -> str:
    """How to read it."""
    return "Dots: measured, medians with the 5th to 95th percentile of the rounds. Line: what the machine's own best read and best matrix product allow."


def draw(data: FigureData, narrow: bool):
    """Measured dots that leave the line before it rises."""
    headings = ("Time, × that of a pass over one token", "Tokens in the pass")
    axes, words = theme.chart(data, narrow, (4.2, 4.8), (_conclusion(data), *headings), (0.5, 0.3, 0.08))
    axes.set(xscale="log", xlim=(0.9, 75), ylim=(0, 2), yticks=[0, 0.5, 1, 1.5, 2])
    theme.log_ticks(axes.xaxis, [1, 2, 4, 8, 16, 32, 64])
    tokens = [r["tokens"] for r in data.rows]
    axes.plot(tokens, [r["predicted"] for r in data.rows], color=colour.MEMORY, lw=2.0)
    axes.vlines(tokens, [r["low"] for r in data.rows], [r["high"] for r in data.rows], color=colour.INK, lw=1.2)
    theme.measured(axes, tokens, [r["measured"] for r in data.rows])
    axes.text(1, 0.72, "line: by the machine's\nbest read and product", color=colour.MEMORY, **words)
    axes.text(1, 1.65, "measured. Dot: median;\nwhisker: 5% to 95%\nof the rounds", **words)
    return axes.figure
