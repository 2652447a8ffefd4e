"""The adapter to MkDocs, and the only file that knows mkdocs-gen-files: virtual pages, one warning per mistake."""

import hashlib
import logging
import os
import subprocess
import sys
import tempfile
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
from generators.site.page import Page  # noqa: E402
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


def write(editor: mkdocs_gen_files.FilesEditor, page: Page) -> bool:
    """Write a page into the build, where it stays from one rebuild to the next; whether it differs from the last one's.

    One that does not differ keeps its time, so that `serve --dirty` skips it.
    """
    content = page.content if isinstance(page.content, bytes) else page.content.encode("utf-8")
    digest = hashlib.sha256(content).digest()
    before, path = kept["written"].get(page.path), Path(editor.directory, page.path)
    same = before is not None and before[0] == digest and path.is_file()  # a long preview outlives a swept /tmp
    instead = Path(editor.config.docs_dir, page.path).exists()
    if same and not instead:  # to open it is to name it to MkDocs; a page of docs/ would be copied over ours
        mkdocs_gen_files.open(page.path, "rb").close()
        return False
    with mkdocs_gen_files.open(page.path, "wb") as file:
        file.write(content)
    if same:
        os.utime(path, ns=(before[1], before[1]))
    else:
        kept["written"][page.path] = (digest, path.stat().st_mtime_ns)
    return not same


def main() -> None:
    """Write every page into the build; mistakes become warnings, which strict mode turns into an abort."""
    editor = mkdocs_gen_files.FilesEditor.current()
    if "folder" not in kept:
        kept["folder"] = tempfile.TemporaryDirectory()
    editor.directory = kept["folder"].name
    root = Path(editor.config.config_file_path).parent
    if os.environ.get("REDRAW_FIGURES"):  # set by `nox -s serve`
        redraw(root)
    kept["memory"] = kept["memory"] or Cache()
    try:
        editor.config.extra["colophon"] = read_colophon(
            root, kept["memory"]
        ).facts()  # for site_overrides/partials/copyright.html
        for page in pages(root, kept["memory"]):
            changed = write(editor, page)
            if page.edit_path and changed:  # of a page that is skipped, gen-files would ask where its edit link is
                mkdocs_gen_files.set_edit_path(page.path, f"../{page.edit_path}")
    except BookError as error:
        log.warning(str(error))
    except BookErrors as errors:
        for error in errors.errors:
            log.warning(str(error))


main()
