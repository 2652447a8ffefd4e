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
from typing import TYPE_CHECKING

from generators.core import reading
from generators.core.errors import BookError
from vis._figure import FigureData

if TYPE_CHECKING:
    from generators.catalog.load import Catalog
    from generators.weave.answers import PageValues

Files = dict[str, str]  # path relative to the root -> text
VIS = Path(__file__).resolve().parents[2] / "vis"
SUFFIXES = (".svg", ".narrow.svg", ".csv")  # endings of the files that a figure's key answers for


@dataclass(frozen=True)
class Words:
    """What a page says about a figure, what the figure rests on, and the key of what is drawn and how."""

    name: str
    question: str
    alt: str
    caption: str
    note: str
    sources: list[str]
    records: list[str]
    key: str


@dataclass(frozen=True)
class Figure:
    """One figure: its module, what it draws, and its words."""

    module: ModuleType
    data: FigureData
    words: Words


#: What a quoted run's bound is computed from.
_RUN = ("accelerator", "model", "format", "context")


def names(root: Path) -> list[str]:
    """Figure names: the modules of `vis/` that do not begin with an underscore."""
    return sorted(path.stem for path in (root / "vis").glob("*.py") if not path.stem.startswith("_"))


def figure(name: str, catalog: Catalog) -> Figure:
    """A figure's data and words; nothing is drawn.  A row of `data/` that it needs and misses is a BookError."""
    from generators.catalog.rows import Absent  # which loads pydantic, as a run over kept answers does not

    module = importlib.import_module(f"vis.{name}")
    try:
        with reading.reading() as read:
            data = module.data(catalog)
    except Absent as error:
        raise BookError(f"vis/{name}.py", None, error.args[0]) from None
    except KeyError as error:
        needed = str(error.args[0])
        why = "which no row gives"
        if needed in catalog.published:
            empty = [one for one in _RUN if not getattr(catalog.published[needed], one)]
            why = (
                f"found its row in data/published without {', '.join(empty) or 'what this figure asks of it'}, "
                "wanted a run that can be computed; add it there, or choose another row"
            )
        raise BookError(f"vis/{name}.py", None, f"needs {needed!r}, {why}") from None
    if fault := data.fault():
        raise BookError(f"vis/{name}.py", "data", fault)
    measured = {one.removeprefix("record:") for one in read if one.startswith("record:")}
    data = replace(
        data, sources=data.sources | {one for one in read if one in catalog.sources}, records=data.records | measured
    )
    data = replace(data, note=source_note(data, catalog))
    words, question = (module.alt(data), module.caption(data)), (module.__doc__ or "").strip().split("\n")[0]
    for what, said, wanted in (
        ("alt", words[0], "what the figure shows, in words"),
        ("caption", words[1], "how to read the figure"),
        ("docstring", question, "the question that the figure answers, in its first line"),
    ):
        if not said.strip():
            raise BookError(f"vis/{name}.py", what, f"found no text, wanted {wanted}")
    text = "\n".join([data.digest(), *words, code_of(name), _drawing_code()])
    key = hashlib.sha256(text.encode()).hexdigest()[:16]
    rests = sorted(data.sources), sorted(data.records)
    return Figure(module, data, Words(name, question, *words, data.note, *rests, key))


def code_of(name: str) -> str:
    """A hash of a figure's module, the same on every system's line ends; the book has no figure that imports another."""
    return _sha((VIS / f"{name}.py").read_text(encoding="utf-8"))


@cache
def _drawing_code() -> str:
    """The version of matplotlib, below a hash of the code that all figures share."""
    code = "".join(path.read_text(encoding="utf-8") for path in sorted(VIS.glob("_*.py")))
    return f"{_sha(code)}\n{version('matplotlib')}"


def source_note(data: FigureData, catalog: Catalog) -> str:
    """One line saying what a figure rests on: up to four sources by publisher, kind and year, then records."""
    cited = dict.fromkeys(
        f"{row.publisher} {row.kind}" + (f" ({row.published[:4]})" if row.published else "")
        for row in (catalog.sources[id_] for id_ in sorted(data.sources) if id_ in catalog.sources)
    )
    if len(cited) > 4:
        cited = {f"{len(cited)} sources, listed on the figure's page": None}
    machines = [
        f"{catalog.probes[id_].machine}, {catalog.probes[id_].started[:10]}"
        if id_ in catalog.probes
        else f"{catalog.records[id_].machine.name}, {catalog.records[id_].started[:10]}"
        for id_ in sorted(data.records)
    ]
    parts = ["Data: " + "; ".join(cited) + "."] if cited else []
    parts += ["Measured: " + "; ".join(machines) + "."] if machines else []
    return " ".join(parts)


def render(fig: Figure) -> Files:
    """Draw a figure, wide and narrow, and give all its files."""
    from vis import _export, _theme

    words, texts = fig.words, {}
    base = f"docs/vis/{words.name}"
    for narrow, suffix in ((False, ".svg"), (True, ".narrow.svg")):
        with _theme.style():
            try:
                drawn = fig.module.draw(fig.data, narrow)
            except Exception as error:
                error.add_note(f"while drawing vis/{words.name}.py, {'narrow' if narrow else 'wide'}")
                raise
            name = words.name + ("-narrow" if narrow else "")
            texts[base + suffix] = _export.svg_text(drawn, name, words.name.replace("_", " "), words.alt)
    texts[base + ".csv"] = fig.data.csv()
    texts[base + ".json"] = _meta(words, texts)
    return texts


def _meta(words: Words, texts: Files) -> str:
    """What a page about the figure needs, and what tells whether it is current."""
    return (
        json.dumps(
            {
                "name": words.name,
                "question": words.question,
                "alt": words.alt,
                "caption": words.caption,
                "note": words.note,
                "sources": words.sources,
                "records": words.records,
                "redraw": f"nox -s figures -- {words.name}",
                "key": words.key,
                "files": {Path(path).name: _sha(text) for path, text in texts.items()},
            },
            indent=2,
            ensure_ascii=False,
        )
        + "\n"
    )


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def is_current(words: Words, root: Path) -> bool:
    """Whether the committed files carry this key and are as they were written."""
    base = root / "docs" / "vis"
    try:
        reported = (base / f"{words.name}.json").read_text(encoding="utf-8")
        names = list(json.loads(reported)["files"])
        if sorted(names) != sorted(f"{words.name}{suffix}" for suffix in SUFFIXES):
            return False
        return reported == _meta(words, {name: (base / name).read_text(encoding="utf-8") for name in names})
    except (OSError, ValueError, KeyError, TypeError):
        return False


def wanted_files(names: list[str], answers: PageValues, redraw: bool, say: Callable[[str], None]) -> Files:
    """The files of every figure that is not current (or of all, drawn anew)."""
    stale = [name for name in names if redraw or not is_current(answers.words(name), answers.root)]
    files: Files = {}
    for at, name in enumerate(stale, 1):
        say(f"drawing {name} ({at} of {len(stale)})")
        files |= render(answers.figure(name))
    return files
