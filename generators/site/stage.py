"""Write the whole tree to a folder, for another site engine, an e-book or a diff.

Run: `python -m generators.site.stage FOLDER`.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from generators.catalog.load import ROOT
from generators.core.errors import BookErrors
from generators.site.tree import pages


def stage(root: Path, folder: Path) -> int:
    """Copy `docs/` and write every page over it; return how many pages were written.

    The folder must be new or empty, so that no page of an earlier tree stays behind.
    """
    if folder.exists() and any(folder.iterdir()):
        raise FileExistsError(f"{folder} is not empty; name a new folder")
    shutil.copytree(root / "docs", folder, dirs_exist_ok=True)
    written = 0
    for page in pages(root):
        path = folder / page.path
        path.parent.mkdir(parents=True, exist_ok=True)
        content = page.content if isinstance(page.content, bytes) else page.content.encode("utf-8")
        path.write_bytes(content)
        written += 1
    return written


def main(arguments: list[str]) -> int:
    """Command line: one folder."""
    if len(arguments) != 1:
        print("usage: python -m generators.site.stage FOLDER", file=sys.stderr)
        return 2
    try:
        print(f"{stage(ROOT, Path(arguments[0]))} pages written to {arguments[0]}")
    except (BookErrors, FileExistsError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
