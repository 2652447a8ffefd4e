"""PNG copies of the drawings for slides, made by CairoSVG from the light drawing and kept by content."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

WIDTH = 1600
MISSING = "PNG downloads left out: libcairo2 is not installed (Debian: apt-get install libcairo2 fonts-dejavu-core)"
_OUTLINE = re.compile(r"; stroke: #[0-9a-f]{6}; stroke-width: [\d.]+; stroke-linejoin: round; paint-order: stroke")
_STYLE = re.compile(r"<style\b.*?</style\s*>", re.DOTALL)


def png(svg: str, cache: Path) -> bytes | None:
    """The drawing at 1600 pixels across, from the cache where it is; None without CairoSVG or its library."""
    name = hashlib.sha256(f"{WIDTH}\0{svg}".encode()).hexdigest()[:32]
    kept = cache / f"{name}.png"
    if kept.is_file():
        return kept.read_bytes()
    try:
        import cairosvg
    except (ImportError, OSError):  # OSError: CairoSVG is there and the C library is not
        return None
    drawn = cairosvg.svg2png(bytestring=_light(svg).encode(), output_width=WIDTH)
    cache.mkdir(parents=True, exist_ok=True)
    beside = cache / f"{name}.{os.getpid()}"
    beside.write_bytes(drawn)
    beside.replace(kept)
    return drawn


def _light(svg: str) -> str:
    """The drawing in its own plain colours, without the rules for dark pages and the outlines CairoSVG paints over text."""
    return _OUTLINE.sub("", _STYLE.sub("", svg))
