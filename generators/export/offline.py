"""The site as a ZIP that opens from a folder: every page by its file, search and live figures without a server."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from generators.core.errors import BookError
from generators.export.archive import write_zip
from generators.release.build_date import made_at

CONFIG, SHIM = "mkdocs.offline.yml", "assets/offline/iframe-worker.js"
#: What only a host or a crawler reads.
_LEFT_OUT = ("404.html", "sitemap.xml", "sitemap.xml.gz", "assets/cards")


def make_offline(root: Path, target: Path, say: Callable[[str], None]) -> Path:
    """Build the offline copy and pack it; a build with warnings is a `BookError` with what MkDocs said."""
    with tempfile.TemporaryDirectory() as folder:
        site = Path(folder) / "site"
        say("ZIP: building the site for a folder")
        build(root, site)
        write_zip(target, _files(site, target.stem), made_at(root))
    return target


def build(root: Path, site: Path) -> None:
    """The site as it lies in the ZIP, into a folder."""
    dated = {"SOURCE_DATE_EPOCH": str(int(made_at(root).timestamp())), "PYTHONPATH": os.fspath(root)}
    command = [sys.executable, "-m", "mkdocs", "build", "--config-file", CONFIG, "--site-dir", os.fspath(site)]
    done = subprocess.run(command, cwd=root, env=os.environ | dated, capture_output=True, text=True)
    if done.returncode:
        reported = (done.stdout + done.stderr).strip().splitlines()[-12:]
        raise BookError("ZIP", None, "the site was not built; MkDocs said:\n  " + "\n  ".join(reported))
    for name in _LEFT_OUT:
        path = site / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    vendor, shim = Path(__file__).parent / "vendor", site / SHIM
    shim.parent.mkdir(parents=True)
    shutil.copy(vendor / "iframe-worker.js", shim)
    shutil.copy(vendor / "LICENSE-iframe-worker.txt", shim.parent)


def _files(site: Path, folder: str) -> Iterator[tuple[str, bytes]]:
    """All files in order, in one folder, so that unpacking makes no mess."""
    for path in sorted(path for path in site.rglob("*") if path.is_file()):
        yield f"{folder}/{path.relative_to(site).as_posix()}", path.read_bytes()
