"""The log-log roofline that every chapter draws alike: equal decades, so that the memory roof always rises at 45°."""

from __future__ import annotations

from vis import _palette as colour
from vis import _theme as theme


def roofline(figure, bandwidth: float, peak: float, narrow: bool, bottom: float, *, x=(0.3, 10_000.0)):
    """Axes with both roofs (TB/s, TFLOP/s), their regions shaded below, the ridge point marked and labelled."""
    axes = theme.box(figure, 0.6 if not narrow else 0.55, bottom, 0.3, 0.34)
    ridge, low = peak / bandwidth, 0.1 if narrow else 0.5
    axes.set(xscale="log", yscale="log", xlim=x, ylim=(low, peak * 3))
    axes.set_aspect("equal", adjustable="box", anchor="SW")
    theme.log_ticks(
        axes.xaxis, [v for v in (0.1, 1, 10, 100, 1_000, 10_000) if x[0] <= v < x[1] * (0.9 if narrow else 1.1)]
    )
    theme.log_ticks(axes.yaxis, [v for v in (0.1, 1, 10, 100, 1_000) if low <= v <= peak * 3])
    axes.grid(True)
    axes.fill_between([x[0], ridge], [low, low], [x[0] * bandwidth, peak], color=colour.MEMORY_REGION, lw=0)
    axes.fill_between([ridge, x[1]], [low, low], [peak, peak], color=colour.COMPUTE_REGION, lw=0)
    axes.plot([x[0], ridge], [x[0] * bandwidth, peak], color=colour.MEMORY, lw=2.5)
    axes.plot([ridge, x[1]], [peak, peak], color=colour.COMPUTE, lw=2.5)
    axes.plot([ridge, ridge], [low, peak], color=colour.MUTED, lw=0.9, ls=":")
    axes.set_xlabel("Arithmetic intensity (FLOP/byte)")
    _words(axes, bandwidth, peak, ridge, low, x, narrow)
    return axes


def _words(axes, bandwidth: float, peak: float, ridge: float, low: float, x, narrow: bool) -> None:
    """Labels on the roofs, the ridge point, and the two regions."""
    start = x[0] * (2.2 if not narrow else 1.6)
    axes.text(start, start * bandwidth * 1.45, f"memory roof, {bandwidth:.2f} TB/s", rotation=45, rotation_mode="anchor",
              color=colour.MEMORY, va="bottom", ha="left")  # fmt: skip
    axes.text(x[1] * 0.95, peak * 1.2, f"compute roof, {peak:.0f} TFLOP/s" if not narrow else f"{peak:.0f} TFLOP/s",
              color=colour.COMPUTE, va="bottom", ha="right")  # fmt: skip
    axes.plot([ridge], [peak], "o", mfc=colour.SURFACE, mec=colour.INK, mew=1.2, ms=6, zorder=6)
    axes.text(ridge * 0.8, peak * 1.2, f"ridge point, {ridge:.0f} FLOP/byte" if not narrow else f"ridge point, {ridge:.0f}",
              color=colour.INK, ha="right", va="bottom")  # fmt: skip
    foot, size = low * 1.35, theme.NOTE if narrow else theme.BODY
    axes.text(ridge * 0.85, foot, "memory-bound", color=colour.MEMORY, weight="bold", ha="right", fontsize=size)
    axes.text(ridge * 1.2, foot, "compute-bound", color=colour.COMPUTE, weight="bold", ha="left", fontsize=size)
