"""Which edition a build is of: the number in pyproject.toml, the commit, and whether the commit carries that number's tag."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from generators.core import git

#: What a build is made of: a change here makes a page differ from its commit, a stray note beside it does not.
MADE_OF = (
    "docs",
    "data",
    "vis",
    "generators",
    "site_overrides",
    "mkdocs.yml",
    "mkdocs.publish.yml",
    "pyproject.toml",
    "CHANGELOG.md",
)


@dataclass(frozen=True)
class Edition:
    """`number` is pyproject's version; `tag` the tag that names it, empty where there is none here.

    `released` holds where the commit carries that tag and nothing has changed since.
    `commit` is short, and empty outside git.
    """

    number: str = ""
    tag: str = ""
    commit: str = ""
    changed: bool = False
    released: bool = False

    @property
    def name(self) -> str:
        """The edition in words, as captions and footers name it."""
        if self.released:
            return f"edition {self.number}"
        if not self.number:
            return "unreleased edition"
        return f"{'after ' if self.tag else ''}edition {self.number}, unreleased"


def read_edition(root: Path) -> Edition:
    """The edition of the project in a folder; asks git three questions, some ten milliseconds."""
    number = read_number(root)
    if not git.is_clone(root):
        return Edition(number)
    commit = git.ask(root, "rev-parse", "--verify", "--short", "HEAD") or ""
    changed = bool(git.ask(root, "status", "--porcelain", "--", *(name for name in MADE_OF if (root / name).exists())))
    here = tags_here(root)
    tag = next((tag for tag in tag_names(number) if git.ask(root, "rev-parse", "--verify", f"refs/tags/{tag}")), "")
    return Edition(number, tag, commit, changed, released=bool(commit) and tag in here and not changed)


def read_number(root: Path) -> str:
    """The version in pyproject.toml; empty where there is none."""
    path = root / "pyproject.toml"
    if not path.is_file():
        return ""
    return str(tomllib.loads(path.read_text(encoding="utf-8")).get("project", {}).get("version", ""))


def tag_names(number: str) -> tuple[str, ...]:
    """The tags that may name an edition: ``v0.1.0`` and ``0.1.0``."""
    return (f"v{number}", number) if number else ()


def tags_here(root: Path) -> list[str]:
    """Every tag that the checked-out commit carries."""
    return (git.ask(root, "tag", "--points-at", "HEAD") or "").split()
