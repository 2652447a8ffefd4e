"""SVG to PNG through CairoSVG, which needs the C library cairo and the font of the drawings; both are checked first."""

import io

from generators.core.errors import BookError
from generators.pictures.card import card_svg
from generators.pictures.picture import CARD_SIZE, Card, Picture
from generators.pictures.svg_compat import plain_svg
from generators.pictures.text_layout import FONT, width

#: Advance widths of these letters in DejaVu Sans, as parts of the size, from the font's own table.
_PROBE, _EM = "Mil", 0.86279 + 0.27783 + 0.27783
_FIX = "Debian: apt-get install libcairo2 fonts-dejavu-core"


def check() -> None:
    """A missing library or font is one line: what, found, wanted, and the fix."""
    try:
        import cairosvg  # noqa: F401
    except ImportError:
        raise BookError(
            "pictures", None, "found no CairoSVG, wanted the packages of group site; run: nox -s pictures"
        ) from None
    except OSError:  # CairoSVG is there and the C library is not
        raise BookError("pictures", None, f"found no libcairo2, wanted it to draw PNG ({_FIX})") from None
    if abs(width(_PROBE, 1) / _EM - 1) > 0.01:
        raise BookError("pictures", None, f"found no font {FONT!r}, wanted the one the drawings are set in ({_FIX})")


def to_png(picture: Picture) -> bytes:
    """The picture as PNG."""
    import cairosvg

    if isinstance(picture, Card):
        drawn = cairosvg.svg2png(bytestring=card_svg(picture).encode(), output_width=CARD_SIZE[0])
        return _fewer_colours(drawn)
    return cairosvg.svg2png(bytestring=plain_svg(picture.svg).encode(), output_width=picture.width)


def _fewer_colours(drawn: bytes) -> bytes:
    """The same picture with 256 colours, which is all that lines and letters need, in a third of the bytes."""
    from PIL import Image

    image = Image.open(io.BytesIO(drawn)).convert("RGB").quantize(256, dither=Image.Dither.NONE)
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()
