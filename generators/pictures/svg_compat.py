"""A committed drawing as CairoSVG can take it: no rules for dark pages, and outlines of letters as copies beneath them."""

import re

_RULES = re.compile(r"<(style|title|desc)\b.*?</\1\s*>", re.DOTALL)
_OUTLINED = re.compile(r"<text\b[^>]*paint-order: stroke[^>]*>.*?</text>", re.DOTALL)
_OUTLINE = re.compile(r"(?:; )?stroke: #[0-9a-f]{6}; stroke-width: [\d.]+; stroke-linejoin: round; paint-order: stroke")


def plain_svg(svg: str) -> str:
    """The drawing in its own light colours.

    CairoSVG paints a letter's outline over the letter, whatever `paint-order` says, so each outlined text is followed
    by itself without the outline.
    """
    return _OUTLINED.sub(lambda text: text[0] + _OUTLINE.sub("", text[0]), _RULES.sub("", svg))
