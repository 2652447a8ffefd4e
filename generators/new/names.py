"""Names of new things: of a form that files, modules and addresses can carry, and not taken."""

import difflib
import keyword
import re
from pathlib import Path

from generators.core.errors import BookError

LONGEST = 40  # characters
_SLUG = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_ID = {
    "accelerator": re.compile(r"[a-z0-9]+(-[a-z0-9]+)*"),
    "model": re.compile(r"[a-z0-9.]*[a-z0-9](-[a-z0-9.]*[a-z0-9])*"),
}
_EXAMPLES = {"accelerator": "h200-sxm", "model": "llama-3.1-8b"}
#: Names of pages and folders that stand beside the chapters.
RESERVED = frozenset({"index", "explorer", "reference", "assets", "vis", "book", "numbers", "search"})


def refuse(name: str, message: str) -> BookError:
    """The one line that answers a name."""
    return BookError("new", None, f"found {name[:60]!r}, {message}")


def slug(name: str) -> None:
    """Raise `BookError` for a name that a chapter or figure cannot have."""
    if not _SLUG.fullmatch(name) or len(name) > LONGEST:
        near = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_0123456789")[:LONGEST].rstrip("_")
        hint = f"; write {near}" if near and _SLUG.fullmatch(near) else ""
        raise refuse(name, f"wanted at most {LONGEST} lower-case letters and digits joined by _, a letter first{hint}")
    if name in RESERVED or keyword.iskeyword(name):
        raise refuse(name, "which the site or Python keeps for itself; choose another name")


def free_figure(root: Path, name: str) -> None:
    """Raise `BookError` where a figure of this name is there."""
    if (path := root / "vis" / f"{name}.py").exists():
        raise refuse(name, f"which is there already: {path.relative_to(root).as_posix()}; edit it, or choose another")


def free_chapter(root: Path, name: str) -> None:
    """Raise `BookError` where a chapter of this name is there, whatever its number."""
    there = [path.name for path in (root / "docs").glob("[0-9][0-9]_*.md") if path.stem[3:] == name]
    tests = root / "tests" / f"test_claims_{name}.py"
    if there or tests.exists():
        place = f"docs/{there[0]}" if there else tests.relative_to(root).as_posix()
        raise refuse(name, f"which is there already: {place}; edit it, or choose another name")


def free_row(root: Path, kind: str, name: str) -> Path:
    """The file of a new row of `data/`; `BookError` for a name it cannot have, or one that is taken."""
    if not _ID[kind].fullmatch(name) or len(name) > LONGEST:
        wanted = f"wanted lower-case words joined by hyphens, such as {_EXAMPLES[kind]}, at most {LONGEST} characters"
        raise refuse(name, wanted)
    path = root / "data" / f"{kind}s" / f"{name}.toml"
    if path.exists():
        raise refuse(name, f"which is there already: {path.relative_to(root).as_posix()}; edit it, or choose another")
    return path


def known(name: str, there: list[str], what: str) -> None:
    """Raise `BookError`, with the nearest names, where `name` is not one of those there."""
    if name not in there:
        near = difflib.get_close_matches(name, there, 3, 0.3)
        raise refuse(name, f"wanted {what}" + (f", such as {', '.join(near)}" if near else ""))
