"""Small PNG copies of the book's sign for what does not take an SVG icon: older browsers' tabs, and phones' home screens.

They are committed, since a site without them would be asked for files it does not have.  Each states in itself which
drawing it was made from, so that a stale one is found without drawing it.
"""

import hashlib
import io
from pathlib import Path

from generators.pictures.picture import keep

SIGN = Path("docs/assets/favicon.svg")
#: file -> pixels along an edge, and whether the tile has square corners, because a phone rounds them itself, and more
ICONS = {"docs/assets/favicon-32.png": (32, False), "docs/assets/apple-touch-icon.png": (180, True)}
_FROM = "Source"


def stale_icons(root: Path) -> list[str]:
    """The icons that were made from another drawing, or are not there."""
    wanted = _digest(root)
    return [name for name in ICONS if _made_from(root / name) != wanted]


def draw_icons(root: Path) -> list[str]:
    """Draw the stale ones again; return their paths from the root."""
    drawn = stale_icons(root)
    for name in drawn:
        keep(root / name, _icon((root / SIGN).read_text(encoding="utf-8"), *ICONS[name], _digest(root)))
    return drawn


def _digest(root: Path) -> str:
    return hashlib.sha256((root / SIGN).read_bytes() + repr(ICONS).encode()).hexdigest()[:32]


def _made_from(path: Path) -> str:
    from PIL import Image

    if not path.is_file():
        return ""
    with Image.open(path) as image:
        return image.info.get(_FROM, "")


def _icon(svg: str, edge: int, square: bool, made_from: str) -> bytes:
    import cairosvg
    from PIL import Image, PngImagePlugin

    drawn = Image.open(io.BytesIO(cairosvg.svg2png(bytestring=svg.encode(), output_width=edge, output_height=edge)))
    if square:
        below = Image.new("RGBA", drawn.size, drawn.getpixel((edge // 2, edge // 16)))  # the tile's own colour
        drawn = Image.alpha_composite(below, drawn.convert("RGBA")).convert("RGB")
    words, out = PngImagePlugin.PngInfo(), io.BytesIO()
    words.add_text(_FROM, made_from)
    drawn.save(out, "PNG", optimize=True, pnginfo=words)
    return out.getvalue()
