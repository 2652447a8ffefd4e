"""Asking git about this clone; a clone that git cannot tell about answers nothing, it does not fail."""

import os
import subprocess
from pathlib import Path

from generators.core.errors import BookError

#: A hook or a rebase sets these for the clone it runs in, which need not be the one asked about.
_ELSEWHERE = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_PREFIX")


def environment() -> dict[str, str]:
    """The environment for git, so that it looks at the folder it is told and nowhere else, and asks nobody for a password."""
    kept = {name: value for name, value in os.environ.items() if name not in _ELSEWHERE}
    return kept | {"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"}


def ask(root: Path, *words: str) -> str | None:
    """What ``git WORDS`` prints in a folder, without the last line's end; None where it fails or git is missing."""
    command = ["git", "-C", str(root), *words]
    try:
        done = subprocess.run(command, capture_output=True, text=True, env=environment(), timeout=120)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.rstrip("\n") if done.returncode == 0 else None


def do(root: Path, *words: str, **variables: str) -> str:
    """The same for a command that must succeed; its failure is one line, a `BookError`."""
    command = ["git", "-C", str(root), *words]
    done = subprocess.run(command, capture_output=True, text=True, env=environment() | variables)
    if done.returncode:
        reported = " ".join((done.stderr or done.stdout).split()) or f"exit status {done.returncode}"
        raise BookError(f"git {' '.join(words[:2])}", None, reported)
    return done.stdout.rstrip("\n")


def is_clone(root: Path) -> bool:
    """Whether a folder is the top of a clone, not merely somewhere inside another project's."""
    top = ask(root, "rev-parse", "--show-toplevel")
    return bool(top) and Path(top).resolve() == root.resolve()
