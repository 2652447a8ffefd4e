"""A clone of the project as it stands, uncommitted changes included, for tests that commit and tag."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

from tests.conftest import ROOT

_NAME = {"GIT_AUTHOR_NAME": "A test", "GIT_AUTHOR_EMAIL": "test@book.invalid"}
AUTHOR = _NAME | {key.replace("AUTHOR", "COMMITTER"): value for key, value in _NAME.items()}
_MADE = {"site", "dist"}  # at the top only: generators/site is ours


def git(folder: Path, *words: str) -> str:
    """Run git in a folder as a made-up author; what it prints."""
    command = ["git", "-C", str(folder), "-c", "init.defaultBranch=main", *words]
    return subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ | AUTHOR).stdout.strip()


def clone(target: Path, **given: str) -> Path:
    """A repository of one commit that holds the project, with an address of its own where one is given."""
    shutil.copytree(ROOT, target, ignore=_unwanted)
    address(target, **given)
    git(target, "init", "--quiet")
    commit(target, "The book")
    return target


def _unwanted(folder: str, names: list[str]) -> set[str]:
    hidden = {name for name in names if name in (".git", "node_modules") or name.endswith("_cache")}
    top = {name for name in names if name in _MADE or name in (".nox", ".cache", ".venv")}
    return hidden | (top if Path(folder) == ROOT else set())


def commit(folder: Path, message: str) -> None:
    """Commit everything in a folder."""
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", message)


def address(folder: Path, **given: str) -> None:
    """Set `site_url` or `repo_url` in a copy's mkdocs.yml, whatever the book's own are, as a fork does."""
    path = folder / "mkdocs.yml"
    text = path.read_text(encoding="utf-8")
    for name, value in given.items():
        text, count = re.subn(rf"^(?:# )?{name}:.*$", f"{name}: {value}", text, count=1, flags=re.MULTILINE)
        assert count, f"mkdocs.yml no longer holds a line of {name}"
    path.write_text(text, encoding="utf-8")


def change(folder: Path, path: str, old: str, new: str) -> None:
    """Replace a text that must be there."""
    text = (folder / path).read_text(encoding="utf-8")
    assert old in text, f"{path} no longer holds {old!r}"
    (folder / path).write_text(text.replace(old, new, 1), encoding="utf-8")


def an_untrusted_record(project: Path, **changes: object) -> str:
    """The committed record once more, as if from another machine with times of its own, with changes; its id."""
    source = next((project / "data" / "measurements").glob("*.json"))
    row = json.loads(source.read_text(encoding="utf-8"))
    stamp = row["started"].replace(":", "")[:15] + "Z"
    row["machine"]["name"] = "Somebody, 2 cores"
    for case in row["cases"]:  # no two runs take the same times
        case["samples"] = [sample * 1.01 for sample in case["samples"]]
    target = project / "data" / "measurements" / f"x-y--{stamp}.json"
    target.write_text(json.dumps(row | changes), encoding="utf-8")
    return target.stem
