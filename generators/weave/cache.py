"""The last run's answers in `.cache/weave.json`, good for as long as nothing that they were computed from has changed.

The key is a hash of every file of `data/` and of all code that may compute an answer, by content
and not by date, and of the versions that run it.  Pages, figures' files and what they should hold
are compared anew by every run; only the computing between `data/` and the text is spared.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from generators.core import fingerprint

PLACE = Path(".cache") / "weave.json"
CODE = Path(__file__).resolve().parents[2]
PACKAGES = ("pydantic", "pydantic-core", "matplotlib")


def key(root: Path) -> str:
    """A hash of everything that an answer over `root` may depend on, but for the module of a figure (see `PageValues.words`)."""
    code = [CODE / "generators", *sorted((CODE / "vis").glob("_*.py"))]
    runs_on = [sys.version, sys.platform, *map(_version, PACKAGES)]
    return fingerprint.of_values(
        *runs_on, fingerprint.of_files(*code, ending=".py"), fingerprint.of_files(root / "data")
    )


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "none"


def load(root: Path, wanted: str) -> dict | None:
    """The answers kept under a key; None where there are none, or the file is not as it was written."""
    try:
        head, _, body = (root / PLACE).read_text(encoding="utf-8").partition("\n")
        return json.loads(body) if head == _head(wanted, body) else None
    except (OSError, ValueError):
        return None


def save(root: Path, under: str, answers: dict) -> None:
    """Keep answers under a key, whole or not at all; a folder that cannot be written costs time only."""
    body = json.dumps(answers, ensure_ascii=False)
    draft = root / PLACE.with_suffix(f".{os.getpid()}")
    try:
        draft.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(f"{_head(under, body)}\n{body}", encoding="utf-8")
        draft.replace(root / PLACE)
    except OSError:
        draft.unlink(missing_ok=True)


def _head(under: str, body: str) -> str:
    """The first line: the key, and a hash of the rest, so that half a file is none."""
    return f"{under} {hashlib.sha256(body.encode()).hexdigest()}"
