"""The adapter to MkDocs, and the only file that knows mkdocs-gen-files: virtual pages, one warning per mistake."""

import hashlib
import logging
import os
import subprocess
import sys
from pathlib import Path

import mkdocs_gen_files

CODE = Path(__file__).resolve().parents[2]
if str(CODE) not in sys.path:
    sys.path.insert(0, str(CODE))

from generators.core import fingerprint  # noqa: E402

# gen-files runs this script in one process at every rebuild of a preview, and Python keeps modules: unless they
# are dropped when code has changed, `mkdocs serve` would show pages made by yesterday's code.  What is kept from one
# rebuild to the next lives on a module that is never dropped.
kept = mkdocs_gen_files.__dict__.setdefault("_book", {"written": {}})
code = fingerprint.of_files(CODE / "generators", CODE / "vis")
if kept.get("code") != code:
    for name in [name for name in sys.modules if name.split(".")[0] in ("generators", "vis")]:
        del sys.modules[name]
    kept |= {"code": code, "memory": None}

from generators.core.errors import BookError, BookErrors  # noqa: E402
from generators.site.cache import Cache  # noqa: E402
from generators.site.colophon import read_colophon  # noqa: E402
from generators.site.tree import pages  # noqa: E402

log = logging.getLogger("mkdocs.plugins.generators.site")  # strict mode counts warnings below mkdocs.plugins


def redraw(root: Path) -> None:
    """In a preview, draw the figures whose code or data has changed since they were last looked at.

    In a process of its own: what is drawn must come from the code as saved.
    """
    drawn_from = fingerprint.of_values(code, fingerprint.of_files(root / "data"))
    if kept.setdefault("drawn from", drawn_from) != drawn_from:
        command = [sys.executable, "-m", "generators", "figures"]
        done = subprocess.run(command, cwd=root, capture_output=True, text=True)
        for line in (done.stderr if done.returncode else done.stdout).splitlines():
            log.log(logging.WARNING if done.returncode else logging.INFO, line)
        kept["drawn from"] = drawn_from


def has_changed(path: str, content: str | bytes, file: Path) -> bool:
    """Whether a page differs from the last rebuild; if not, it gets its old time, so that `serve --dirty` skips it."""
    digest = hashlib.sha256(content if isinstance(content, bytes) else content.encode()).hexdigest()
    before = kept["written"].get(path)
    if before and before[0] == digest:
        os.utime(file, ns=(before[1], before[1]))
        return False
    kept["written"][path] = (digest, file.stat().st_mtime_ns)
    return True


def main() -> None:
    """Write every page into the build; mistakes become warnings, which strict mode turns into an abort."""
    editor = mkdocs_gen_files.FilesEditor.current()
    root = Path(editor.config.config_file_path).parent
    if os.environ.get("REDRAW_FIGURES"):  # set by `nox -s serve`
        redraw(root)
    kept["memory"] = kept["memory"] or Cache()
    try:
        editor.config.extra["colophon"] = read_colophon(
            root, kept["memory"]
        ).facts()  # for site_overrides/partials/copyright.html
        for page in pages(root, kept["memory"]):
            binary = isinstance(page.content, bytes)
            with mkdocs_gen_files.open(page.path, "wb" if binary else "w") as file:
                file.write(page.content)
            changed = has_changed(page.path, page.content, Path(editor.directory) / page.path)
            if page.edit_path and changed:  # of a page that is skipped, gen-files would ask where its edit link is
                mkdocs_gen_files.set_edit_path(page.path, f"../{page.edit_path}")
    except BookError as error:
        log.warning(str(error))
    except BookErrors as errors:
        for error in errors.errors:
            log.warning(str(error))


main()
