"""Gate: every word of the book is in a dictionary, in the sources and in the pages as built, drawings included.

cspell brings the dictionary of American English and of terms of software.  Names stand in ``data/`` and are read from
there; the few other words of this field stand in ``words.txt``, one a line, sorted.
"""

import json
import re
import shutil
import tempfile
import tomllib
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from pathlib import Path

from tests.gates import node

HERE = Path(__file__).resolve().parent
SOURCES = ("README.md", "CONTRIBUTING.md", "MAINTAINING.md", "CHANGELOG.md", "LICENSE-CONTENT.md", "docs/**/*.md")
#: Keys of ``data/`` whose values are names and titles that others chose; what we wrote there, the notes, is not among them.
NAMES = {
    "name",
    "short",
    "publisher",
    "family",
    "title",
    "as_printed",
    "via",
    "url",
    "environment",
    "machine",
    "cases",
    "hybrid_override_pattern",
}
_FOUND = re.compile(r"^(?P<path>.*?):(?P<line>\d+):\d+ - Unknown word \((?P<word>.*?)\)(?: fix: \((?P<fix>.*?)\))?")


def why_not_here() -> str:
    """Why the gate cannot run; empty when it can."""
    return node.why_not("cspell")


def check(root: Path, site: Path | None = None) -> list[str]:
    """Every unknown word, one line each: of the sources below `root` and, where given, of the built pages of `site`."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        _configure(work, names(root / "data"))
        for pattern in SOURCES:
            for path in root.glob(pattern):
                target = work / "sources" / path.relative_to(root)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, target)
        for page, text in texts(site) if site else ():
            target = work / "built" / f"{page}.txt"
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        done = node.run(
            "cspell",
            "lint",
            "--no-progress",
            "--no-summary",
            "--no-color",
            "--no-gitignore",
            "--no-exit-code",
            "--config",
            str(work / "cspell.json"),
            "--root",
            str(work),
            "**",
            cwd=work,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return sorted(set(_faults(done.stdout.splitlines())))


def names(data: Path) -> set[str]:
    """The words of all names, titles and quotations in a folder of data, and of its keys."""
    return set().union(*(_words(one) for one in quoted(data)))


def quoted(data: Path) -> list[str]:
    """All names, titles and quotations in a folder of data, and its keys."""
    found: list[str] = []
    for path in sorted(data.rglob("*.*")):
        read = {".toml": tomllib.loads, ".json": json.loads}.get(path.suffix)
        found += _quoted_in(read(path.read_text(encoding="utf-8"))) if read else []
    return found


def _quoted_in(value: object, named: bool = False) -> list[str]:
    if isinstance(value, dict):
        inner = (_quoted_in(one, (named or key in NAMES) and key != "note") for key, one in value.items())
        return [*value, *(one for part in inner for one in part)]
    if isinstance(value, list):
        return [one for part in value for one in _quoted_in(part, named)]
    return [value] if named and isinstance(value, str) else []


def _words(text: str) -> set[str]:
    return {word for word in re.findall(r"[^\W\d_]+(?:['’][^\W\d_]+)*", text) if len(word) > 3}


def _configure(folder: Path, names: Iterable[str]) -> None:
    shutil.copy(HERE / "cspell.json", folder / "cspell.json")
    shutil.copy(HERE / "words.txt", folder / "words.txt")
    (folder / "names.txt").write_text("\n".join(sorted(names)), encoding="utf-8")


def _faults(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        found = _FOUND.match(line)
        if found and not found["path"].endswith((".json", "words.txt", "names.txt")):
            place = re.sub(r"^(\./)?(sources|built)/", "", found["path"]).removesuffix(".txt")
            yield f"{place}:{found['line']}: no dictionary has {found['word']!r}; mend it, or add it to tests/gates/words.txt"


class _Words(HTMLParser):
    """The words of a page's article, a line for each line of the page; code and formulas left out."""

    silent = frozenset({"script", "style", "pre", "code", "math", "button"})
    within_words = frozenset({"a", "abbr", "b", "em", "i", "mark", "span", "strong", "sub", "sup", "wbr"})

    def __init__(self) -> None:
        super().__init__()
        self.lines: dict[int, str] = {}
        self.inside = self.quiet = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.inside += tag == "article"
        self.quiet += tag in self.silent
        self._say("" if tag in self.within_words else " ")
        self._say("".join(f" {given[name]} " for name in ("alt", "aria-label", "title") if name in given))
        if tag == "meta" and given.get("name") == "description":
            self._say(given["content"], always=True)

    def handle_endtag(self, tag: str) -> None:
        self.inside -= tag == "article"
        self.quiet -= tag in self.silent
        self._say("" if tag in self.within_words else " ")

    def handle_data(self, data: str) -> None:
        for number, line in enumerate(data.split("\n")):
            self._say(line, below=number)

    def _say(self, words: str, below: int = 0, always: bool = False) -> None:
        if words and (always or (self.inside and not self.quiet)):
            line = self.getpos()[0] + below
            self.lines[line] = self.lines.get(line, "") + words


def texts(site: Path) -> Iterator[tuple[str, str]]:
    """The words of every page, with the line numbers that they have in its HTML."""
    for path in sorted(site.rglob("*.html")):
        reader = _Words()
        reader.feed(path.read_text(encoding="utf-8"))
        last = max(reader.lines, default=0)
        yield path.relative_to(site).as_posix(), "\n".join(reader.lines.get(n, "") for n in range(1, last + 1))


def unsorted_words() -> list[str]:
    """Lines of the word list that do not stand where they should, or stand twice."""
    lines = (HERE / "words.txt").read_text(encoding="utf-8").splitlines()
    wanted = sorted(set(lines), key=lambda word: (word.casefold(), word))
    return [line for line, right in zip(lines, wanted, strict=False) if line != right] or lines[len(wanted) :]
