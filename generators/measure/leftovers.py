"""Files and folders of runs that were killed outright: named after their process, and removed when it is gone."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import time
from pathlib import Path

OLD = 60.0  # seconds; what is younger may belong to a run that this system does not show, as in a container


def own(prefix: str) -> str:
    """The beginning of a name that says which process a file or folder belongs to."""
    return f"{prefix}{os.getpid()}-"


def sweep(folder: Path, prefix: str) -> None:
    """Remove what processes that are gone have left behind in a folder under names of `own`."""
    if os.name != "posix":  # elsewhere asking for a process by its number may end it
        return
    for path in folder.glob(f"{prefix}*"):
        number = re.match(rf"{re.escape(prefix)}([0-9]+)-", path.name)
        with contextlib.suppress(OSError):
            if number and not _lives(int(number[1])) and time.time() - path.stat().st_mtime > OLD:
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    path.unlink()


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True
