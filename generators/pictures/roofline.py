"""One chip's roofline, small: the slope of its memory, the level of its arithmetic, and where they meet."""

from math import log10

from generators.pictures.text_layout import text
from vis._palette import COMPUTE, COMPUTE_REGION, GRID, INK, MEMORY, MEMORY_REGION, MUTED, SURFACE

LEFT, RIGHT = 0.3, 20_000.0  # FLOP/byte: the same for every chip, so that two cards can be held side by side
BOTTOM, TOP = 1e10, 3e16  # FLOP/s


def roofline(bandwidth: float, peak: float, box: tuple[float, float, float, float]) -> str:
    """The drawing as SVG elements inside `box` (x, y, width, height); bandwidth in byte/s, peak in FLOP/s."""
    x0, y0, wide, high = box

    def x(intensity: float) -> float:
        return x0 + wide * log10(intensity / LEFT) / log10(RIGHT / LEFT)

    def y(rate: float) -> float:
        return y0 + high * (1 - log10(min(max(rate, BOTTOM), TOP) / BOTTOM) / log10(TOP / BOTTOM))

    ridge, floor = min(max(peak / bandwidth, LEFT), RIGHT), y0 + high
    start, bend, end = (x(LEFT), y(bandwidth * LEFT)), (x(ridge), y(peak)), (x(RIGHT), y(peak))
    parts = [
        f'<path d="M{start[0]:.1f} {floor:.1f}V{start[1]:.1f}L{bend[0]:.1f} {bend[1]:.1f}V{floor:.1f}z" fill="{MEMORY_REGION}"/>',
        f'<path d="M{bend[0]:.1f} {floor:.1f}V{bend[1]:.1f}H{end[0]:.1f}V{floor:.1f}z" fill="{COMPUTE_REGION}"/>',
        *(_tick(x(one), floor, f"{one:,}") for one in (1, 10, 100, 1000, 10_000)),
        f'<path d="M{x0:.1f} {floor:.1f}H{x0 + wide:.1f}" stroke="{GRID}" stroke-width="2"/>',
        f'<path d="M{bend[0]:.1f} {bend[1]:.1f}V{floor:.1f}" stroke="{MUTED}" stroke-width="2" stroke-dasharray="6 6"/>',
        f'<path d="M{start[0]:.1f} {start[1]:.1f}L{bend[0]:.1f} {bend[1]:.1f}" stroke="{MEMORY}" stroke-width="9" stroke-linecap="round"/>',
        f'<path d="M{bend[0]:.1f} {bend[1]:.1f}H{end[0]:.1f}" stroke="{COMPUTE}" stroke-width="9" stroke-linecap="round"/>',
        f'<circle cx="{bend[0]:.1f}" cy="{bend[1]:.1f}" r="10" fill="{SURFACE}" stroke="{INK}" stroke-width="4"/>',
        text("memory", (start[0] + bend[0]) / 2, floor - 18, 24, MEMORY, bold=True, anchor="middle"),
        text("compute", (bend[0] + end[0]) / 2, floor - 18, 24, COMPUTE, bold=True, anchor="middle"),
        text("arithmetic intensity, FLOP/byte", x0 + wide / 2, floor + 64, 22, MUTED, anchor="middle"),
    ]
    return "".join(parts)


def _tick(x: float, floor: float, words: str) -> str:
    return f'<path d="M{x:.1f} {floor:.1f}v10" stroke="{MUTED}" stroke-width="2"/>' + text(
        words, x, floor + 34, 20, MUTED, anchor="middle"
    )
