"""How well does a machine's own read bandwidth predict how fast it decodes?"""

from __future__ import annotations

import statistics

from generators.book.load import Book
from generators.comparison import ceilings, newest_record, predicted
from vis import _palette as colour
from vis import _theme as theme
from vis._figure import FigureData


def data(book: Book) -> FigureData:
    """Each measured decode of the newest CPU record beside what the machine's own ceilings predict."""
    record = newest_record(book, "cpu")
    roof, rows = ceilings(record), []
    for case in sorted(record.measured("decode"), key=lambda c: (str(c.parameters["dtype"]), c.work.bytes)):
        step = predicted(record, case)
        low, high = case.interval
        rows.append({
            "model": f"{case.parameters['parameters'] / 1e9:.2f} B, {str(case.parameters['dtype']).replace('float', 'fp').replace('bfp', 'bf')}",
            "bytes": case.work.bytes / 1e9, "measured": case.seconds * 1e3, "low": low * 1e3, "high": high * 1e3,
            "predicted": step.time * 1e3, "binds": step.binds, "ratio": step.time / case.seconds,
            "error": (step.time / case.seconds - 1) * 100,
        })  # fmt: skip
    errors = [abs(row["error"]) for row in rows]
    values = {
        "machine": record.machine.name,
        "read": roof.read / 1e9,
        "median": statistics.median(errors),
        "worst": max(errors),
        "dispatch": roof.dispatch * 1e6,
    }
    columns = {
        "model": "",
        "bytes": "GB",
        "measured": "ms",
        "low": "ms",
        "high": "ms",
        "predicted": "ms",
        "binds": "",
        "ratio": "predicted/measured",
        "error": "%",
    }
    return FigureData(columns, rows, values, frozenset(), frozenset({record.id}))


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    v = data.values
    return (
        f"Time per token of {len(data.rows)} random-weight models on {v['machine']}: predicted from its own read bandwidth of {v['read']:.0f} GB/s, "
        f"and measured. The prediction is off by {v['median']:.0f}% in the median and {v['worst']:.0f}% at worst."
    )


def caption(data: FigureData) -> str:
    """How to read it."""
    return (
        "Hollow: predicted from ceilings measured in the same run. Filled: measured, median of all samples, the bar from the 5th to the 95th percentile. "
        "The number is predicted over measured time. Llama-shaped models with random weights, batch 1, eager PyTorch."
    )


def draw(data: FigureData, narrow: bool):
    """One row per model; hollow and filled marks on a logarithmic time axis."""
    count = len(data.rows)
    figure = theme.canvas(narrow, 1.15 + 0.42 * count, 1.45 + 0.52 * count)
    theme.heading(figure, "Time per token (ms)")
    axes = theme.box(figure, 1.25 if not narrow else 0.12, 0.72 if not narrow else 0.9, 0.3, 0.36)
    low = min(min(r["predicted"], r["low"]) for r in data.rows)
    high = max(max(r["predicted"], r["high"]) for r in data.rows)
    axes.set(xscale="log", xlim=(low / 1.5, high * (2.2 if not narrow else 3)), ylim=(count - 0.4, -0.7))
    theme.log_ticks(axes.xaxis, [v for v in (1, 3, 10, 30, 100, 300, 1000) if low / 1.5 <= v <= high * 2.2])
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.grid(True, axis="x")
    axes.set_xlabel("ms per token, logarithmic")
    for at, row in enumerate(data.rows):
        _row(axes, at, row, low, narrow)
    theme.note(figure, data.note)
    return figure


def _row(axes, at: int, row: dict, low: float, narrow: bool) -> None:
    """Prediction, measurement with its bar, the tie between them, and the ratio once."""
    axes.plot([row["predicted"], row["measured"]], [at, at], color=colour.MUTED, lw=0.9)
    axes.plot([row["low"], row["high"]], [at, at], color=colour.INK, lw=2.2)
    theme.predicted(axes, [row["predicted"]], [at], colour.MEMORY if row["binds"] == "memory" else colour.OVERHEAD)
    theme.measured(axes, [row["measured"]], [at])
    right = max(row["predicted"], row["measured"], row["high"])
    axes.annotate(
        f"{row['ratio']:.2f}", (right, at), (9, 0), textcoords="offset points", va="center", fontsize=theme.LABEL
    )
    if narrow:
        axes.annotate(
            row["model"], (low / 1.45, at), (0, 7), textcoords="offset points", va="bottom", fontsize=theme.NOTE
        )
    else:
        axes.annotate(
            row["model"],
            (low / 1.5, at),
            (-6, 0),
            textcoords="offset points",
            ha="right",
            va="center",
            fontsize=theme.LABEL,
        )
