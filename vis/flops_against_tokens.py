"""How many tokens must a pass hold until it waits for arithmetic instead of memory?"""

from __future__ import annotations

from math import log

from generators import catalogue
from generators.book.load import Book
from generators.evidence.phases import OFF_SWEEP, QUOTED_SWEEP, Sweep, measured_sweeps, quoted_sweep
from vis import _palette as colour
from vis import _theme as theme
from vis._figure import FigureData
from vis._panels import boxes

PREDICTED_INCHES = (
    1.1  # what the label of the predicted knee takes; where the knee lies nearer to the axis, it starts there
)
PANELS = 3  # at most; the quoted chip, then the first measured machine in each number format
COLUMNS = {
    "panel": "", "tokens": "tokens", "time": "ms", "low": "ms", "high": "ms", "rate": "TFLOP/s", "roof": "TFLOP/s", "fit": "TFLOP/s", "mark": "",
}  # fmt: skip


def data(book: Book) -> FigureData:
    """Rates of products by tokens in flight: quoted and measured, under the roofs that predict them, with a fitted knee."""
    quoted = quoted_sweep(book)
    sweeps = [quoted, *measured_sweeps(book)][:PANELS]
    rows = [row for sweep in sweeps for row in _rows(sweep, "measured" if sweep.record else "quoted")]
    for tokens in OFF_SWEEP:
        seconds = book.published[f"{QUOTED_SWEEP}{tokens}"].quantity.value
        rows.append(_row(quoted, float(tokens), seconds, seconds, seconds, "stair"))
    pcie = catalogue.device(book.accelerators["a100-pcie-80gb"], "fp16")
    values = {"panels": [_told(sweep) for sweep in sweeps], "stair": OFF_SWEEP[0], "pcie": pcie.peak / pcie.bandwidth}
    stair = next(row for row in rows if row["mark"] == "stair")
    before = next(row for row in rows if row["mark"] == "quoted" and row["tokens"] == 128.0)
    values["fall"] = 1 - stair["rate"] / before["rate"]
    return FigureData(COLUMNS, rows, values, quoted.sources, frozenset(s.record for s in sweeps if s.record))


def _name(sweep: Sweep) -> str:
    return f"{sweep.where}, {sweep.format}"


def _rows(sweep: Sweep, mark: str) -> list[dict]:
    return [_row(sweep, *point, mark) for point in sweep.points]


def _row(sweep: Sweep, tokens: float, seconds: float, low: float, high: float, mark: str) -> dict:
    flop = sweep.flop_per_token * tokens / 1e12
    roof = min(sweep.peak / 1e12, flop / (sweep.weight_bytes / sweep.bandwidth))
    return {"panel": _name(sweep), "tokens": tokens, "time": seconds * 1e3, "low": low * 1e3, "high": high * 1e3,
            "rate": flop / seconds, "roof": roof, "fit": flop / sweep.knee.seconds(tokens), "mark": mark}  # fmt: skip


def _told(sweep: Sweep) -> dict:
    """What a panel says: its roofs, the predicted knee, the fitted one with its interval, and the error."""
    low, high = sweep.knee.interval
    return {"panel": _name(sweep), "title": f"{sweep.short}, {sweep.format}", "peak": sweep.peak / 1e12, "critical": sweep.critical, "knee": sweep.knee.tokens,
            "low": low, "high": high, "error": sweep.error, "sharpness": sweep.knee.sharpness, "measured": bool(sweep.record),
            "floor": sweep.knee.floor, "slope": sweep.knee.slope, "flop": sweep.flop_per_token / 1e12,
            "floor roof": sweep.weight_bytes / sweep.bandwidth}  # fmt: skip


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    words = "Rate of a matrix product against the tokens in flight, both logarithmic: it rises in proportion and then stays."
    for v in data.values["panels"]:
        words += (
            f" {v['panel']}: the roofs meet at {v['critical']:.0f} tokens; the knee fitted to {'measured' if v['measured'] else 'published'} times "
            f"lies at {v['knee']:.0f}, from {v['low']:.0f} to {v['high']:.0f}, so the prediction is {abs(v['error']):.0%} too {'high' if v['error'] > 0 else 'low'}."
        )
    return words


def caption(data: FigureData) -> str:
    """How to read it."""
    v = data.values
    words = (
        "Lines: the two roofs, memory orange and compute blue, from the datasheet, or from ceilings of the same record. Diamonds: quoted; filled circles: measured, "
        "with the 5th to 95th percentile where it is wider than the mark. "
        f"Whether the quoted times are of an A100 SXM or PCIe is not known; the SXM's roofs are drawn, and the PCIe's meet at {v['pcie']:.0f} tokens. "
        "Thin line: least-squares fit; the bar at the foot is the interval of its knee, the hollow circle the predicted one. "
        f"One quoted time lies off the powers of two: {v['stair']} tokens run at a rate {v['fall']:.0%} below that of 128, a stair of the kernel."
    )
    missing = "" if any(p["measured"] for p in v["panels"]) else " Awaited: a record of this book with the same sweep."
    return words + missing


def draw(data: FigureData, narrow: bool):
    """A panel for each machine and number format."""
    panels, floor = data.values["panels"], theme.floor(data.note, narrow)
    many = len(panels)
    figure = theme.canvas(narrow, 4.1 if many == 1 else 3.7, 0.5 + 2.9 * many + floor - 0.4)
    theme.heading(figure, "Achieved rate of a matrix product")
    axes_of = boxes(figure, many, floor, narrow)
    for at, (axes, told) in enumerate(zip(axes_of, panels, strict=True)):
        _panel(axes, data, told, narrow or many > 1, bare=narrow and at < many - 1, regions=many == 1)
    theme.note(figure, data.note)
    return figure


def _panel(axes, data: FigureData, told: dict, small: bool, bare: bool, regions: bool) -> None:
    """Roofs, marks, fit, and both knees."""
    rows = [row for row in data.where(panel=told["panel"]) if row["mark"] != "stair"]
    scale, unit = (1.0, "TFLOP/s") if told["peak"] >= 10 else (1e3, "GFLOP/s")
    low, high = min(min(r["rate"], r["roof"]) for r in rows) * scale / 2.2, told["peak"] * scale * 2.6
    left, right = 0.8, max(row["tokens"] for row in rows) * 1.3
    axes.set(xscale="log", yscale="log", xlim=(left, right), ylim=(low, high))
    theme.log_ticks(axes.xaxis, [1, 64, 4096] if small else [1, 4, 16, 64, 256, 1024, 4096])
    theme.log_ticks(axes.yaxis, [v for v in (1, 10, 100, 1000) if low <= v <= high])
    axes.grid(True, axis="y" if small else "both")
    axes.set_xlabel("" if bare else "Tokens in flight")
    axes.set_title(f"{told['title']} ({unit})", loc="left", fontsize=theme.NOTE, color=colour.MUTED)
    _roofs(axes, told, scale, (left, right, low), small, regions)
    tokens = [left * (right / left) ** (i / 13) for i in range(14)]
    p = told["sharpness"]
    fit = [told["flop"] * t * scale / (told["floor"] ** p + (told["slope"] * t) ** p) ** (1 / p) for t in tokens]
    axes.plot(tokens, fit, color=colour.INK, lw=1.0, zorder=4)
    _marks(axes, rows, scale, told["measured"])
    for row in data.where(panel=told["panel"], mark="stair"):
        theme.quoted(axes, [row["tokens"]], [row["rate"] * scale], 5)
        axes.annotate(f"{row['tokens']:.0f}: a stair" if small else f"{row['tokens']:.0f} tokens: a stair", (row["tokens"], row["rate"] * scale), (14 if small else 22, -26), textcoords="offset points",
                      fontsize=theme.LABEL, color=colour.MUTED, gid=theme.HALO,
                      arrowprops={"arrowstyle": "-", "color": colour.MUTED, "lw": 0.7, "shrinkA": 0, "shrinkB": 3})  # fmt: skip
    _knees(axes, told, scale, low, small)


def _roofs(axes, told: dict, scale: float, edges: tuple[float, float, float], small: bool, regions: bool) -> None:
    """The memory roof rising to the critical tokens, the compute roof beyond, their regions shaded."""
    left, right, low = edges
    corner, peak = told["critical"], told["peak"] * scale
    start = peak * left / corner
    axes.fill_between([left, corner], [low, low], [start, peak], color=colour.MEMORY_REGION, lw=0)
    axes.fill_between([corner, right], [low, low], [peak, peak], color=colour.COMPUTE_REGION, lw=0)
    axes.plot([left, corner], [start, peak], color=colour.MEMORY, lw=2.2)
    axes.plot([corner, right], [peak, peak], color=colour.COMPUTE, lw=2.2)
    rate = f"{peak:,.0f}" if peak >= 10 else f"{peak:.2g}"
    theme.say(
        axes,
        right / 1.1,
        peak * 1.15,
        rate if small else f"compute roof, {rate} TFLOP/s",
        colour.COMPUTE,
        "right",
        "bottom",
    )
    if not small:
        theme.say(axes, corner / 14, peak / 9, "memory roof", colour.MEMORY, "right", "bottom")
    if not regions:
        return
    for x, words, shade, ha in (
        (corner / 1.6, "memory-bound", colour.MEMORY, "right"),
        (corner * 1.5, "compute-bound", colour.COMPUTE, "left"),
    ):
        axes.text(
            x,
            low * (4.2 if small else 3.4),
            words,
            color=shade,
            weight="bold",
            ha=ha,
            va="center",
            fontsize=theme.NOTE if small else theme.BODY,
            gid=theme.HALO,
        )


def _marks(axes, rows: list[dict], scale: float, measured: bool) -> None:
    """Quoted diamonds, or filled circles with bars."""
    tokens, rates = [r["tokens"] for r in rows], [r["rate"] * scale for r in rows]
    if not measured:
        theme.quoted(axes, tokens, rates, 5.5)
        return
    bars = [
        (r["tokens"], r["rate"] * scale * r["time"] / r["high"], r["rate"] * scale * r["time"] / r["low"]) for r in rows
    ]
    gap = float("nan")  # all bars as one path keep the file small
    axes.plot(
        [x for b in bars for x in (b[0], b[0], gap)],
        [y for b in bars for y in (b[1], b[2], gap)],
        color=colour.INK,
        lw=1.6,
        zorder=5,
    )
    theme.measured(axes, tokens, rates, size=5.5)


def _knees(axes, told: dict, scale: float, low: float, small: bool) -> None:
    """The predicted knee as a hollow circle on the roofs, the fitted one as a bar at the foot with its interval."""
    theme.predicted(axes, [told["critical"]], [told["peak"] * scale])
    left, right = axes.get_xlim()
    room = log(told["critical"] / left) / log(right / left) * axes.get_position().width * axes.figure.get_figwidth()
    at, ha = (told["critical"] / 1.25, "right") if room > PREDICTED_INCHES else (left * 1.1, "left")
    theme.say(
        axes, at, told["peak"] * scale * 1.15, f"{told['critical']:.0f} predicted", colour.INK, ha, "bottom", halo=True
    )
    foot = low * 1.5
    axes.plot([told["knee"]] * 2, [foot, told["flop"] * told["knee"] * scale / told["floor"]], color=colour.INK, lw=0.8)
    axes.plot([told["low"], told["high"]], [foot, foot], color=colour.INK, lw=3)
    words = f"{told['knee']:.0f}" + (" fitted" if small else f" fitted ({told['low']:.0f} to {told['high']:.0f})")
    at, ha = (told["high"] * 1.35, "left") if small else (told["low"] / 1.25, "right")
    theme.say(axes, at, foot, words, colour.INK, ha, halo=True)
