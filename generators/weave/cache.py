"""The last run's answers in `.cache/weave.json`, good for as long as nothing that they were computed from has changed.

The key is a hash of every file of `data/` and of all code that may compute an answer, by content
and not by date, and of the versions that run it.  Pages, figures' files and what they should hold
are compared anew by every run; only the computing between `data/` and the text is spared.
"""

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
