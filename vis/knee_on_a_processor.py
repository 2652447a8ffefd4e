"""How many tokens must a product hold on a machine without a GPU until it waits for arithmetic?"""

from generators.catalog.load import Catalog
from generators.comparison.phases import measured_sweeps
from vis import _palette as colour
from vis import _theme as theme
from vis._figure import FigureData

COLUMNS = {
    "format": "",
    "tokens": "tokens",
    "rate": "GFLOP/s",
    "low": "GFLOP/s",
    "high": "GFLOP/s",
    "roof": "GFLOP/s",
    "fit": "GFLOP/s",
}


def data(catalog: Catalog) -> FigureData:
    """Rates of the first processor's products by tokens, in each number format, under its own ceilings."""
    rows, values = [], {"machine": "", "sweeps": {}}
    for sweep in measured_sweeps(catalog, "cpu"):
        for tokens, seconds, low, high in sweep.points:
            flop = sweep.flop_per_token * tokens / 1e9
            roof = min(sweep.peak / 1e9, flop / (sweep.weight_bytes / sweep.bandwidth))
            rows.append(
                {
                    "format": sweep.format,
                    "tokens": tokens,
                    "rate": flop / seconds,
                    "low": flop / high,
                    "high": flop / low,
                    "roof": roof,
                    "fit": flop / sweep.knee.seconds(tokens),
                }
            )
        values["machine"] = sweep.where
        values["sweeps"][sweep.format] = {
            "critical": sweep.critical,
            "knee": sweep.knee.tokens,
            "peak": sweep.peak / 1e9,
        }
    return FigureData(COLUMNS, rows, values)


def _conclusion(data: FigureData) -> str:
    shown = ", ".join(f"{one['knee']:.0f} in {form}" for form, one in data.values["sweeps"].items())
    said = ", ".join(f"{one['critical']:.0f}" for one in data.values["sweeps"].values())
    return f"On this processor products turn at {shown}; its own ceilings say {said}"


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    return f"{_conclusion(data)}. Rates of one matrix product against the tokens in it, measured on {data.values['machine']}, under the two limits of its own best read and best product."


def caption(data: FigureData) -> str:
    """How to read it."""
    return "Dots: measured, medians with the 5th to 95th percentile; lines: the two limits; thin: the fitted curve."


def draw(data: FigureData, narrow: bool):
    """A panel for each number format, one above the other on a phone."""
    size, shown = theme.page_size(narrow), data.values["sweeps"]
    floor, many = theme.floor(data.note, narrow) + 0.05, max(len(shown), 1)
    figure = theme.canvas(narrow, 4.4, floor + 2.9 * many + 1.2)
    top = theme.headline(figure, _conclusion(data), "One matrix product; dots: measured, thin: fitted") + 0.3
    width, height = figure.get_size_inches()
    for at, (form, one) in enumerate(shown.items()):
        each = (height - floor - top) / many
        axes = (
            theme.box(figure, 0.6, floor + (many - 1 - at) * each, 0.2, top + at * each + (0.55 if at else 0))
            if narrow
            else theme.box(figure, at * width / many + 0.6, floor, width - (at + 1) * width / many + 0.12, top)
        )
        rows = data.where(format=form)
        axes.set(xscale="log", yscale="log", xlim=(0.8, 6000), ylim=(rows[0]["rate"] / 3, one["peak"] * 2.4))
        theme.log_ticks(axes.xaxis, [1, 16, 256, 4096])
        theme.log_ticks(axes.yaxis, [10, 100, 1000])
        axes.tick_params(labelsize=size)
        axes.set_title(f"{form} (GFLOP/s)", loc="left", fontsize=size, color=colour.MUTED)
        axes.set_xlabel("Tokens" if not narrow or at == many - 1 else "", fontsize=size)
        turn = one["critical"]
        axes.plot([0.8, turn], [one["peak"] * 0.8 / turn, one["peak"]], color=colour.MEMORY, lw=2.0)
        axes.plot([turn, 6000], [one["peak"]] * 2, color=colour.COMPUTE, lw=2.0)
        axes.plot([r["tokens"] for r in rows], [r["fit"] for r in rows], color=colour.INK, lw=1.0)
        axes.vlines(
            [r["tokens"] for r in rows], [r["low"] for r in rows], [r["high"] for r in rows], color=colour.INK, lw=1.2
        )
        theme.measured(axes, [r["tokens"] for r in rows], [r["rate"] for r in rows], size=5.5)
    theme.note(figure, data.note)
    return figure
