"""A fork of the book in which things are begun: its address, a chapter with a figure, a figure, a chip, a model, and its site."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from itertools import islice
from pathlib import Path

from generators.core.errors import BookError
from generators.pictures.picture import CARD_SIZE, Card, keep, place
from generators.pictures.png import check, to_png
from generators.site.cards import card_of
from generators.site.tree import material_and_pages
from tests.clones import clone
from tests.conftest import build_fault, few_pages

SITE = "https://book.example/1.0/"
#: The pages whose cards are drawn before the build; the other cards are not there.
DRAWN = ("index.md", "02_kv_cache.md", "reference/records/index.md", "reference/figures/ridge_points.md")
BEGUN = (
    ("chapter", "made_up_question"),
    ("figure", "bytes_of_nothing"),
    ("accelerator", "x9-sxm"),
    ("model", "small-3b"),
)


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """One of the book's commands in a clone, as a contributor gives it."""
    command = [sys.executable, "-m", "generators", *words]
    environment = {key: value for key, value in os.environ.items() if key != "CI"}
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment, timeout=600)


def make(target: Path, begin_warm: Callable[[Path], Path]) -> str:
    """Make the fork in `book`, what the command said in `told.json`, and the site in `site`; what went wrong."""
    folder, reported = begin_warm(clone(target / "book", site_url=SITE)), {}
    for kind, name in BEGUN:
        done = run(folder, "new", kind, name)
        if done.returncode:
            return f"exit status {done.returncode}\n{done.stdout}{done.stderr}"
        reported[kind] = done.stdout
    (target / "told.json").write_text(json.dumps(reported), encoding="utf-8")
    few_pages(folder)
    material, pages = material_and_pages(folder)
    for page in islice((page for page in pages if page.path in DRAWN), len(DRAWN)):  # the others are not made
        card = card_of(page, material)
        keep(place(card, folder), _drawn_or_blank(card))
    return build_fault(target / "site", folder)


def _drawn_or_blank(card: Card) -> bytes:
    """Where cards cannot be drawn, blank pictures stand for them: `tests/test_pictures.py` is about the drawing."""
    from PIL import Image

    try:
        check()
    except BookError:
        blank = io.BytesIO()
        Image.new("RGB", CARD_SIZE).save(blank, "PNG")
        return blank.getvalue()
    return to_png(card)
