"""How well do a machine's own read bandwidth, and its own products, predict how fast it decodes?"""

from __future__ import annotations

import statistics

from generators.book.load import Book
from generators.book.record import Record
from generators.evidence.comparison import by_products, ceilings, decode_records, predicted
from vis import _palette as colour
from vis import _theme as theme
from vis._figure import FigureData

MACHINES = 2  # at most; the chapter's first
COLUMNS = {
    "machine": "", "model": "", "bytes": "GB", "measured": "ms", "low": "ms", "high": "ms", "predicted": "ms", "binds": "",
    "ratio": "predicted/measured", "error": "%", "products": "ms", "products_ratio": "predicted/measured",
}  # fmt: skip


def data(book: Book) -> FigureData:
    """Each measured decode beside what the same machine's own ceilings predict, the chapter's machine first."""
    records = decode_records(book)[:MACHINES]
    rows = [row for record in records for row in _rows(record)]
    errors = [abs(row["error"]) for row in rows if row["machine"] == records[0].machine.name]
    values = {
        "machine": records[0].machine.name, "others": len(records) - 1, "read": ceilings(records[0]).read / 1e9,
        "count": len(errors), "median": statistics.median(errors), "worst": max(errors),
        "summed": _summed([r for r in rows if r["machine"] == records[0].machine.name]),
    }  # fmt: skip
    return FigureData(COLUMNS, rows, values, frozenset(), frozenset(record.id for record in records))


def _summed(rows: list[dict]) -> float:
    """Median error in % of the sum of products, over the runs that have one; below zero where none has."""
    errors = [abs(row["products_ratio"] - 1) * 100 for row in rows if row["products_ratio"] != ""]
    return statistics.median(errors) if errors else -1.0


def _rows(record: Record) -> list[dict]:
    """One record's eager decode runs, by number format and size."""
    rows = []
    eager = [c for c in record.measured("decode") if c.parameters.get("mode", "eager") == "eager"]
    for case in sorted(eager, key=lambda c: (str(c.parameters["dtype"]), c.work.bytes)):
        step, (low, high), told = predicted(record, case), case.interval, by_products(record, case)
        stored = {"float32": "FP32", "bfloat16": "BF16", "float16": "FP16"}.get(str(case.parameters["dtype"]), "?")
        rows.append({
            "machine": record.machine.name, "model": f"{float(case.parameters['parameters']) / 1e9:.2f} B, {stored}",
            "bytes": case.work.bytes / 1e9, "measured": case.seconds * 1e3, "low": low * 1e3, "high": high * 1e3,
            "predicted": step.time * 1e3, "binds": step.binds, "ratio": step.time / case.seconds,
            "error": (step.time / case.seconds - 1) * 100,
            "products": told.total * 1e3 if told else "", "products_ratio": told.total / case.seconds if told else "",
        })  # fmt: skip
    return rows


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    v = data.values
    return (
        f"Time per token of {v['count']} random-weight models on {v['machine']}: predicted from its own read bandwidth of {v['read']:.0f} GB/s, "
        f"and measured. The predicted time falls short of the measured one by {v['median']:.0f}% in the median and by {v['worst']:.0f}% at worst."
        + (
            f" The sum of its own matrix-vector products and of issuing the step is off by {v['summed']:.0f}% in the median."
            if v["summed"] >= 0
            else ""
        )
        + (f" Below it, the same for {v['others']} other machines." if v["others"] else "")
    )


def caption(data: FigureData) -> str:
    """How to read it."""
    return (
        "Hollow circle: the bound, bytes over the best read of the same run. Upright line: the sum of the products of a step, each as long as one of its size took alone, and of issuing the step. "
        "Filled: measured, median of all samples, the bar from the 5th to the 95th percentile. The numbers are predicted over measured time, bound and sum. Llama-shaped models with random weights, batch 1, eager PyTorch."
    )


def draw(data: FigureData, narrow: bool):
    """One row per model; hollow and filled marks on a logarithmic time axis."""
    machines = list(dict.fromkeys(row["machine"] for row in data.rows))
    lines = len(data.rows) + (len(machines) if len(machines) > 1 else 0)
    figure = theme.canvas(narrow, 1.15 + 0.42 * lines, 1.45 + 0.52 * lines)
    theme.heading(figure, "Time per token (ms)")
    axes = theme.box(figure, 1.25 if not narrow else 0.12, theme.floor(data.note, narrow), 0.3, 0.36)
    low = min(min(r["predicted"], r["low"]) for r in data.rows)
    high = max(max(r["predicted"], r["high"]) for r in data.rows)
    axes.set(xscale="log", xlim=(low / 1.5, high * (3.5 if not narrow else 9)), ylim=(lines - 0.4, -0.7))
    theme.log_ticks(axes.xaxis, [v for v in (0.3, 1, 3, 10, 30, 100, 300, 1000) if low / 1.5 <= v <= high * 2.2])
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.grid(True, axis="x")
    axes.set_xlabel("logarithmic scale")
    at = 0
    for machine in machines:
        if len(machines) > 1:
            axes.text(low / 1.45, at, machine[:60], weight="bold", va="center", fontsize=theme.LABEL, zorder=8)
            at += 1
        for row in data.where(machine=machine):
            _row(axes, at, row, low, narrow)
            at += 1
    theme.note(figure, data.note)
    return figure


def _row(axes, at: int, row: dict, low: float, narrow: bool) -> None:
    """Prediction, measurement with its bar, the tie between them, and the ratio once."""
    axes.plot([row["predicted"], row["measured"]], [at, at], color=colour.MUTED, lw=0.9)
    axes.plot([row["low"], row["high"]], [at, at], color=colour.INK, lw=2.2)
    theme.predicted(axes, [row["predicted"]], [at], colour.MEMORY if row["binds"] == "memory" else colour.OVERHEAD)
    theme.measured(axes, [row["measured"]], [at])
    text = f"{row['ratio']:.2f}"
    if row["products"] != "":
        axes.plot([row["products"]], [at], "|", color=colour.OVERHEAD, ms=15, mew=2.2, zorder=7)
        text += f", {row['products_ratio']:.2f}"
    right = max(row["predicted"], row["measured"], row["high"], row["products"] or 0)
    axes.annotate(text, (right, at), (9, 0), textcoords="offset points", va="center", fontsize=theme.LABEL)
    if narrow:
        place = {"xytext": (0, 7), "va": "bottom", "fontsize": theme.NOTE}
    else:
        place = {"xytext": (-6, 0), "ha": "right", "va": "center", "fontsize": theme.LABEL}
    axes.annotate(row["model"], (low / (1.45 if narrow else 1.5), at), textcoords="offset points", **place)
