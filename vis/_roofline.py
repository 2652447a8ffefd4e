"""A log-log roofline of equal decades, so that the memory roof rises at 45°."""

from vis import _palette as colour
from vis import _theme as theme


def roofline(
    figure, bandwidth: float, peak: float, narrow: bool, bottom: float, top: float, *, x=(0.3, 100_000.0), prefix="T"
):
    """Axes with both roofs (TB/s, TFLOP/s, or G), their regions shaded below, the ridge point marked and labeled."""
    axes = theme.box(figure, 0.7, bottom, 0.12, top)
    size, ridge, low = theme.page_size(narrow), peak / bandwidth, 0.5
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
    axes.tick_params(labelsize=size)
    axes.set_xlabel("Arithmetic intensity (FLOP/byte)", fontsize=size)
    _words(axes, bandwidth, peak, ridge, low, x, size, narrow, prefix)
    return axes


def _words(
    axes, bandwidth: float, peak: float, ridge: float, low: float, x, size: float, narrow: bool, prefix: str
) -> None:
    """Labels on the roofs, the ridge point, and the two regions."""
    start = x[0] * 1.3
    words = f"{bandwidth:.3g} {prefix}B/s" if prefix != "T" else f"{bandwidth:.2f} TB/s"
    words = words if narrow else f"memory: {words}"
    axes.text(
        start, start * bandwidth * 1.45, words, rotation=45, rotation_mode="anchor", color=colour.MEMORY, fontsize=size
    )
    words = f"{peak:.4g} {prefix}FLOP/s" if narrow else f"math: {peak:.4g} {prefix}FLOP/s"
    axes.text(x[1] * 0.95, peak * 1.25, words, color=colour.COMPUTE, fontsize=size, va="bottom", ha="right")
    axes.plot([ridge], [peak], "o", mfc=colour.SURFACE, mec=colour.INK, mew=1.4, ms=7, zorder=6)
    words = f"ridge point: {ridge:.0f}"
    axes.text(ridge * 0.8, peak * 1.25, words, color=colour.INK, fontsize=size, ha="right", va="bottom")
    for at, words, shade, ha in (
        (0.85, "memory-bound", colour.MEMORY, "right"),
        (1.2, "compute-bound", colour.COMPUTE, "left"),
    ):
        axes.text(ridge * at, low * 1.3, words, color=shade, weight="bold", ha=ha, fontsize=size)
