"""What a picture is, and where it is kept: by content, so that one that has not changed is never drawn again.

Nothing here draws, so that a build, which only takes what is there, needs no library for it.
"""

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

from vis import _palette

PLACE = Path(".cache") / "pictures"  # from the root; git ignores it
FIGURE_WIDTH = 1600
CARD_SIZE = (1200, 630)
SIGN = Path(__file__).resolve().parents[2] / "docs" / "assets" / "logo.svg"
HOW = "nox -s pictures"


@dataclass(frozen=True)
class FigurePicture:
    """A figure's wide drawing, its SVG text, to be drawn `width` pixels across."""

    svg: str
    width: int = FIGURE_WIDTH

    @property
    def key(self) -> str:
        """What the picture is kept under: the drawing, and the code that copies it."""
        return _digest([asdict(self), _code("png.py", "svg_compat.py")])


@dataclass(frozen=True)
class Card:
    """What a page shows where a link to it is shared.

    `kicker` is the kind of page, `facts` are pairs of value and what it is, `wide` and `narrow` the SVG texts of
    the page's figure, and `roof` a chip's bandwidth (byte/s) and peak (FLOP/s), drawn where there is no figure.
    `alt` says for the page's head what the card shows; it is not drawn.
    """

    title: str
    kicker: str = ""
    words: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    wide: str = ""
    narrow: str = ""
    roof: tuple[float, float] | None = None
    alt: str = ""

    @property
    def key(self) -> str:
        """What the picture is kept under: all that is drawn, and the code that draws it."""
        drawn = {name: value for name, value in asdict(self).items() if name != "alt"}
        return _digest([drawn, _code("card.py", "text_layout.py", "roofline.py", "png.py", "svg_compat.py")])


Picture = FigurePicture | Card


def kept(picture: Picture, root: Path) -> bytes | None:
    """The picture's PNG if it was drawn from exactly this content, else None."""
    if not (root / PLACE).is_dir():
        return None
    path = place(picture, root)
    return path.read_bytes() if path.is_file() else None


def place(picture: Picture, root: Path) -> Path:
    """The file that holds the picture once it is drawn."""
    return root / PLACE / f"{picture.key}.png"


def keep(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(f".{os.getpid()}")
    beside.write_bytes(content)
    beside.replace(path)


def _digest(parts: list) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]


@lru_cache
def _code(*names: str) -> str:
    """The text of the code that draws, so that a changed design draws again what it changes."""
    files = [*(Path(__file__).with_name(name) for name in names), Path(_palette.__file__)]
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()
