"""What the figures of chapter 2 share: the running example and how their axes are set."""

from vis import _palette as colour
from vis import _theme as theme

CHIP, MODEL, FORMAT, CONTEXT = "h200-sxm", "llama-3.1-8b", "bf16", 4096
ROLE, MEASURED = "h200", "8b"  # the record that speaks for the chip, and the random-weight model of that shape in it


def axes_of(figure, data, narrow: bool, shown: str, heading: str, across: str, right: float = 0.25, left: float = 0.62):
    """Axes under the bold conclusion and the muted name of what goes up, with ticks and names in the page's size."""
    size = theme.page_size(narrow)
    width, height = figure.get_size_inches()
    top = theme.conclusion(figure, shown)
    figure.text(0.12 / width, 1 - top / height, heading, fontsize=size, color=colour.MUTED, va="top")
    axes = theme.box(figure, left, theme.floor(data.note, narrow) + 0.1, right, top + 0.32)
    axes.tick_params(labelsize=size)
    axes.set_xlabel(across, fontsize=size)
    axes.grid(True)
    theme.note(figure, data.note)
    return axes
