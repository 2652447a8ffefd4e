"""Every figure's files as they should be, redrawn only when what is drawn, or how, has changed.

A figure's key hashes its data, words and drawing code.  The key stands in ``docs/vis/<name>.json``
beside a hash of each file, so a current figure costs one comparison and matplotlib is not loaded,
while a file edited by hand is noticed.
"""

from __future__ import annotations

import hashlib
import importlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

from generators.book.load import Book
from generators.errors import BookError
from vis._figure import FigureData

Files = dict[str, str]  # path relative to the root -> text


@dataclass(frozen=True)
class Figure:
    """One figure: its module, what it draws, its words, and the key of all three."""

    name: str
    module: ModuleType
    data: FigureData
    alt: str
    caption: str
    key: str

    @property
    def suffixes(self) -> tuple[str, ...]:
        """Endings of the files that the key answers for."""
        return (".svg", ".narrow.svg", ".csv")


def names(root: Path) -> list[str]:
    """Figure names: the modules of `vis/` that do not begin with an underscore."""
    return sorted(path.stem for path in (root / "vis").glob("*.py") if not path.stem.startswith("_"))


def figure(name: str, book: Book) -> Figure:
    """A figure's data and words; nothing is drawn.  A row of `data/` that it needs and misses is a BookError."""
    module = importlib.import_module(f"vis.{name}")
    try:
        data = module.data(book)
    except KeyError as error:
        raise BookError(f"vis/{name}.py", None, f"needs {error.args[0]!r}, which data/ does not have") from None
    data = replace(data, note=source_note(data, book))
    words = module.alt(data), module.caption(data)
    if faults := [sign for sign in "\n[]<>" if sign in words[0] + data.note]:
        raise BookError(
            f"vis/{name}.py", "alt", f"found {faults[0]!r} in the alt text or source note; it would break the page"
        )
    code = Path(module.__file__).read_text(encoding="utf-8").encode()  # the same on every system's line ends
    text = "\n".join([data.digest(), *words, hashlib.sha256(code).hexdigest(), _drawing_code(), version("matplotlib")])
    return Figure(name, module, data, *words, hashlib.sha256(text.encode()).hexdigest()[:16])


@cache
def _drawing_code() -> str:
    """A hash of the code that all figures share."""
    folder = Path(__file__).resolve().parents[2] / "vis"
    return hashlib.sha256(
        "".join(p.read_text(encoding="utf-8") for p in sorted(folder.glob("_*.py"))).encode()
    ).hexdigest()


def source_note(data: FigureData, book: Book) -> str:
    """One line saying what a figure rests on: up to four sources by publisher, kind and year, then records."""
    cited = dict.fromkeys(
        f"{row.publisher} {row.kind}" + (f" ({row.published[:4]})" if row.published else "")
        for row in (book.sources[id_] for id_ in sorted(data.sources) if id_ in book.sources)
    )
    if len(cited) > 4:
        cited = {f"{len(cited)} sources, listed on the figure's page": None}
    machines = [f"{book.records[id_].machine.name}, {book.records[id_].started[:10]}" for id_ in sorted(data.records)]
    parts = ["Data: " + "; ".join(cited) + "."] if cited else []
    parts += ["Measured: " + "; ".join(machines) + "."] if machines else []
    return " ".join(parts)


def render(fig: Figure) -> Files:
    """Draw a figure, wide and narrow, and give all its files."""
    from vis import _export, _theme

    base, texts = f"docs/vis/{fig.name}", {}
    for narrow, suffix in ((False, ".svg"), (True, ".narrow.svg")):
        with _theme.style():
            try:
                drawn = fig.module.draw(fig.data, narrow)
            except Exception as error:
                error.add_note(f"while drawing vis/{fig.name}.py, {'narrow' if narrow else 'wide'}")
                raise
            name = fig.name + ("-narrow" if narrow else "")
            texts[base + suffix] = _export.svg_text(drawn, name, fig.name.replace("_", " "), fig.alt)
    texts[base + ".csv"] = fig.data.csv()
    texts[base + ".json"] = _meta(fig, texts)
    return texts


def _meta(fig: Figure, texts: Files) -> str:
    """What a page about the figure needs, and what tells whether it is current."""
    return (
        json.dumps(
            {
                "name": fig.name,
                "question": (fig.module.__doc__ or "").strip().split("\n")[0],
                "alt": fig.alt,
                "caption": fig.caption,
                "note": fig.data.note,
                "sources": sorted(fig.data.sources),
                "records": sorted(fig.data.records),
                "redraw": f"nox -s figures -- {fig.name}",
                "key": fig.key,
                "files": {Path(path).name: _sha(text) for path, text in texts.items()},
            },
            indent=2,
            ensure_ascii=False,
        )
        + "\n"
    )


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def is_current(fig: Figure, root: Path) -> bool:
    """Whether the committed files carry this key and are as they were written."""
    base = root / "docs" / "vis"
    try:
        meta = json.loads((base / f"{fig.name}.json").read_text(encoding="utf-8"))
        wanted = {f"{fig.name}{suffix}" for suffix in fig.suffixes}
        return (
            meta["key"] == fig.key
            and set(meta["files"]) == wanted
            and all(_sha((base / name).read_text(encoding="utf-8")) == sha for name, sha in meta["files"].items())
            and _meta(
                fig, {n: (base / n).read_text(encoding="utf-8") for n in sorted(wanted, key=list(meta["files"]).index)}
            )
            == (base / f"{fig.name}.json").read_text(encoding="utf-8")
        )
    except (OSError, ValueError, KeyError, TypeError):
        return False


def wanted_files(figures: list[Figure], root: Path, everything: bool, say: Callable[[str], None]) -> Files:
    """The files of every figure that is not current (or of all, drawn anew)."""
    stale = [fig for fig in figures if everything or not is_current(fig, root)]
    files: Files = {}
    for at, fig in enumerate(stale, 1):
        say(f"drawing {fig.name} ({at} of {len(stale)})")
        files |= render(fig)
    return files
