"""The whole book woven: what every generated file should hold, then either written or compared."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from generators.core import disk_cache
from generators.core.errors import BookError, raise_all
from generators.weave import cache
from generators.weave import figures as figure_files
from generators.weave.answers import PageValues
from generators.weave.links import page_faults, page_text
from generators.weave.numbers_page import PARTS, is_generated, number_pages, page_title
from generators.weave.page import MEND, weave_page

EXTRA_PAGES = ("README.md", "CONTRIBUTING.md", "MAINTAINING.md")


@dataclass
class Result:
    """The files as they should be, every stale or broken piece found on the way, and what is no fault but worth a line."""

    files: dict[str, str | None] = field(default_factory=dict)
    stale: list[BookError] = field(default_factory=list)
    broken: list[BookError] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def weave(
    root: Path,
    *,
    redraw: bool = False,
    only: list[str] | None = None,
    keep: bool = False,
    say: Callable[[str], None] = print,
) -> Result:
    """Compute every generated file.

    `redraw` draws all figures anew; `only` limits the work to the named figures; `keep` takes the
    answers of the last run where data and code are the same, and leaves its own for the next.
    """
    key = cache.key(root) if keep else ""
    answers = PageValues(root, disk_cache.load(root / cache.PLACE, key) if keep else None)
    names = _figures(root, only)
    result = Result()
    wanted = figure_files.wanted_files(names, answers, redraw, say)
    _compare(wanted, root, result, names)
    if only is None:
        _orphans(root, names, result)
        _pages(answers, root, names, result)
        result.remarks = answers.passed_over()
    if keep and answers.is_changed and cache.key(root) == key:  # else something was saved while this ran
        disk_cache.save(root / cache.PLACE, key, answers.notes)
    result.stale.sort(key=lambda error: (error.path, error.place if isinstance(error.place, int) else 0))
    return result


def _figures(root: Path, only: list[str] | None) -> list[str]:
    known = figure_files.names(root)
    unknown = [
        BookError("vis", name, f"no such figure; there are {', '.join(known)}")
        for name in only or []
        if name not in known
    ]
    raise_all(unknown)
    return known if only is None else list(dict.fromkeys(only))


def _compare(wanted: dict[str, str], root: Path, result: Result, names: list[str]) -> None:
    """Note each figure file that differs from what is committed, once per figure."""
    for name in names:
        files = {path: text for path, text in wanted.items() if Path(path).name.split(".")[0] == name}
        differing = [path for path, text in files.items() if _read(root / path) != text]
        result.files |= {path: files[path] for path in differing}
        if differing:
            what = ", ".join(Path(path).name for path in differing)
            message = f"figure is stale ({what}); vis.{name}. Run: nox -s figures -- {name}"
            result.stale.append(BookError(f"docs/vis/{name}.svg", None, message))


def _orphans(root: Path, names: list[str], result: Result) -> None:
    """A file in the figures' folder that no drawing code accounts for."""
    known = {f"{name}{suffix}" for name in names for suffix in (*figure_files.SUFFIXES, ".json")}
    for path in sorted((root / "docs" / "vis").glob("*")):
        if path.name not in known and not path.name.endswith(".new"):
            message = "nothing in vis/ draws this; remove it, or put a hand-made drawing into docs/assets/"
            result.broken.append(BookError(f"docs/vis/{path.name}", None, message))


def _pages(answers: PageValues, root: Path, names: list[str], result: Result) -> None:
    """Weave every hand-written page, then the numbers page and its ledger."""
    uses, titles = {}, {}
    texts = {path: page_text(root, path) for path in page_paths(root)}
    result.broken += page_faults(root, texts)
    for path, text in texts.items():
        woven = weave_page(path, text, answers, lambda name: answers.words(name).alt if name in names else None)
        result.stale += woven.stale
        result.broken += woven.broken
        titles[path] = page_title(text, path)
        for id_ in woven.used:
            if path not in uses.setdefault(id_, []):
                uses[id_].append(path)
        if woven.text != text:
            result.files[path] = woven.text
    made: dict[str, str | None] = dict(number_pages(answers, uses, titles))
    made |= {path: None for one in (root / PARTS).glob("*") if (path := one.relative_to(root).as_posix()) not in made}
    for path, text in made.items():
        if _read(root / path) != text:
            result.files[path] = text
            result.stale.append(BookError(path, None, f"stale. {MEND}"))


def page_paths(root: Path) -> list[str]:
    """Every hand-written Markdown page, chapters in order, as paths from the root."""
    docs = sorted(p.relative_to(root).as_posix() for p in (root / "docs").rglob("*.md"))
    docs = [path for path in docs if not is_generated(path) and not path.startswith("docs/assets/")]
    return [*[path for path in EXTRA_PAGES if (root / path).exists()], *docs]


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:  # edited by hand, so that it is stale
        return None


def write_files(result: Result, root: Path) -> list[str]:
    """Write every file that differs, each whole or not at all, and remove those that should not be; the paths of both."""
    for path, text in result.files.items():
        target = root / path
        if text is None:
            target.unlink()
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_name(target.name + ".new")
        try:
            draft.write_text(text, encoding="utf-8", newline="\n")
            draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)
    return sorted(result.files)
