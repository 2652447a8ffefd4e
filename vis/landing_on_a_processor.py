"""How long do others wait while a prompt is read on a machine without a GPU?"""

from generators.catalog.load import Catalog
from generators.comparison.prefill_interference import interference
from vis import _palette as colour
from vis import _theme as theme
from vis._figure import FigureData

AROUND = 2  # passes shown before the prompt is read and after
COLUMNS = {
    "read": "",
    "end": "ms",
    "latency": "ms",
    "low": "ms",
    "high": "ms",
    "predicted": "ms",
    "prompt": "tokens",
    "mark": "",
}


def data(catalog: Catalog) -> FigureData:
    """Every measured pass of the cpu's record around its landings, beside a prediction from its whole one."""
    record = catalog.speaker("cpu").id
    found = [one for one in interference(catalog) if one.record == record]
    run, rows = found[0], []
    for shown, seen in zip(run.predicted, run.measured, strict=True):
        reading = [at for at, one in enumerate(seen.passes) if one.prompt]
        for at in range(reading[0] - AROUND, min(reading[-1] + AROUND + 1, len(seen.passes))):
            one = seen.passes[at]
            rows.append(
                {
                    "read": f"chunks of {seen.chunk}" if seen.chunk else "whole",
                    "end": one.end * 1e3,
                    "latency": one.seconds * 1e3,
                    "low": one.interval[0] * 1e3,
                    "high": one.interval[1] * 1e3,
                    "predicted": shown.passes[at].seconds * 1e3,
                    "prompt": one.prompt,
                    "mark": "measured",
                }
            )
    values = {
        "machine": run.machine,
        "label": run.label,
        "prompt": run.measured[0].prompt,
        "whole": run.measured[0].worst * 1e3,
        "chunk": run.measured[-1].chunk,
        "small": run.measured[-1].worst * 1e3,
        "error": run.error,
    }
    return FigureData(COLUMNS, rows, values)


def _conclusion(data: FigureData) -> str:
    v = data.values
    return f"On this processor others wait {v['whole']:.0f} ms for a whole prompt, {v['small']:.0f} ms in chunks of {v['chunk']}"


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    v = data.values
    return f"{_conclusion(data)}. Time between two tokens against the time since a prompt of {v['prompt']} arrived, {v['label']} on {v['machine']}; two fitted rates tell the chunked passes to {v['error']:.1%}."


def caption(data: FigureData) -> str:
    """How to read it."""
    return "Dots: measured passes, medians with the 5th to 95th percentile; lines: predicted by two rates fitted to the passes around the whole prompt, reading and computing in turns."


def draw(data: FigureData, narrow: bool):
    """Levels of each landing, and the measured passes on them."""
    size, rows = theme.page_size(narrow), data.rows
    key = "Time between two tokens (ms)", "dots: measured, lines: predicted"
    headings = (_conclusion(data), ("\n" if narrow else "; ").join(key), "Time since the prompt arrived (ms)")
    axes, _ = theme.chart(data, narrow, (4.6, 5.0), headings, (0.55, 0.15, 0.05 + 0.2 * narrow))
    short, tall = min(r["low"] for r in rows), max(r["high"] for r in rows)
    axes.set(
        yscale="log",
        xlim=(min(r["end"] - r["latency"] for r in rows), max(r["end"] for r in rows) * 1.03),
        ylim=(short / 1.3, tall * 1.5),
    )
    theme.log_ticks(axes.yaxis, [v for v in (5, 10, 20, 40, 80) if short / 1.3 < v < tall * 1.5])
    axes.set_xticks([0, 40, 80])
    for read in dict.fromkeys(r["read"] for r in rows):
        mine = data.where(read=read)
        xs = [x for r in mine for x in (r["end"] - r["latency"], r["end"])]
        axes.plot(xs, [r["predicted"] for r in mine for _ in range(2)], color=colour.MUTED, lw=1.2)
        first = next(r for r in mine if r["prompt"])
        axes.text(
            first["end"] - first["latency"] + 1,
            first["predicted"] / 1.06,
            read,
            fontsize=size,
            va="top",
            gid=theme.HALO,
        )
    axes.vlines([r["end"] for r in rows], [r["low"] for r in rows], [r["high"] for r in rows], color=colour.INK, lw=1.2)
    theme.measured(axes, [r["end"] for r in rows], [r["latency"] for r in rows], size=4.5)
    return axes.figure
