"""Gate: a tree with a fault in it does not become a site, and the fault is named in one line.

The faults are those that MkDocs itself can see only when strict (links and anchors of pages), and those of the book: a
figure that is not there, and a number, table or formula in a page that is no longer what the data give.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

QUIET = {"NO_MKDOCS_2_WARNING": "1", "DISABLE_MKDOCS_2_WARNING": "true"}


def check(tree: Path, site: Path) -> list[str]:
    """Every line in which `generators check` and the strict build of a tree say what is wrong; none where it builds."""
    return [*_said(tree, "generators", "check", "--fast"), *_said(tree, "mkdocs", "build", "--strict", "-d", str(site))]


def _said(tree: Path, *command: str) -> list[str]:
    """What a command complains of.  One that fails without a word, or with a traceback, says so in its last line."""
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=tree,
        env=os.environ | QUIET | {"PYTHONPATH": str(tree)},
        capture_output=True,
        text=True,
        timeout=600,
    )
    if done.returncode == 0:
        return []
    lines = [line.strip() for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    named = [line for line in lines if re.match(r"(WARNING|ERROR) +-|- |[\w./-]+\.(md|toml|json|svg|py)(:|\b)", line)]
    return named if named and not any(line.startswith("Traceback") for line in lines) else lines[-1:]
