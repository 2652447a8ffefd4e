"""The skeleton of a chapter: its page in the form of the book, a figure, its claims as tests, and its places in the maps."""

import re
from pathlib import Path

from generators.core.errors import BookError
from generators.new import figure, names
from generators.new.files import Plan, filled, inserted

_CHAPTER = re.compile(r"([0-9]{2})_[a-z0-9_]+\.md")
_IN_NAV = re.compile(r'^(\s+-\s+)(?:"[^"\n]*":\s*|[^\n:"]+:\s*)?[0-9]{2}_[a-z0-9_]+\.md\s*$')
_IN_MAP = re.compile(r"^[0-9]+\. \*\*\[[^\]]*\]\([0-9]{2}_[a-z0-9_]+\.md\)")


def plan(root: Path, slug: str, title: str = "", shows: str = "") -> Plan:
    """Everything a chapter named `slug` needs; `shows` names a figure that is there, else one is made.

    A name that is not fit or not free, or a map whose form is not known, is a `BookError`.
    """
    names.slug(slug)
    names.free_chapter(root, slug)
    number, title = _next_number(root), title or slug.replace("_", " ").capitalize()
    if not title.isprintable() or any(sign in title for sign in "[]<>`$\\"):
        raise names.refuse(title, "wanted a title in plain words, without brackets and markup")
    page, claims = f"{number:02}_{slug}.md", f"tests/test_claims_{slug}.py"
    made = _figure(root, slug, shows)
    shown = shows or slug
    values = {"number": number, "slug": slug, "title": title, "figure": shown}
    made.new[f"docs/{page}"] = filled("chapter.md", **values)
    made.new[claims] = filled("claims_of_figure.txt" if not shows else "claims.txt", **values)
    made.changed["mkdocs.yml"] = _added(
        root / "mkdocs.yml", _IN_NAV, lambda match: f'{match[1]}"{number}. {title}": {page}'
    )
    line = f"{number}. **[{title}]({page}).** FILL IN: the question and what the chapter shows, in a sentence or two."
    made.changed["docs/index.md"] = _added(root / "docs/index.md", _IN_MAP, lambda _: line)
    made.todo = [
        f"docs/{page}: question, answer, derivation, exception, exercises; each place says what belongs there",
        *([made.todo[0]] if not shows else []),
        f"{claims}: an assertion for each claim; it begins with one that holds",
        "docs/index.md: the chapter's line in the list, and the line of what is to come",
    ]
    made.then = [
        "nox -s serve                 shows the chapter; a page that you save appears by itself",
        "nox -s write                 after a new number, figure or table, in a second terminal",
        f"nox -s tests -- -k {slug}",
    ]
    return made


def _figure(root: Path, slug: str, shows: str) -> Plan:
    """The figure of the chapter: one that is there, or a skeleton of the chapter's name."""
    if not shows:
        return figure.plan(root, slug)
    there = sorted(path.stem for path in (root / "vis").glob("[a-z]*.py"))
    names.known(shows, there, "the name of a figure in vis/")
    return Plan()


def _next_number(root: Path) -> int:
    """One more than the highest chapter."""
    there = [int(match[1]) for path in (root / "docs").glob("*.md") if (match := _CHAPTER.fullmatch(path.name))]
    return max(there, default=0) + 1


def _added(path: Path, pattern: re.Pattern[str], made) -> str:
    """A map of the chapters with one line more after its last chapter."""
    text = path.read_text(encoding="utf-8")
    found = [(at, match) for at, line in enumerate(text.split("\n"), 1) if (match := pattern.match(line))]
    if not found:
        message = "found no line of a chapter, such as 01_memory_bound.md, to add the new one after; restore one"
        raise BookError(path.name, None, message)
    at, match = found[-1]
    return inserted(text, at, made(match))
