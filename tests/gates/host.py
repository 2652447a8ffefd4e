"""The built site as a public static host sends it: compressed, with a type, and kept by the browser for ten minutes.

What is sent is what common hosts of static pages send without any settings: gzip at its usual level for text, HTTP/1.1,
``Cache-Control: max-age=600`` for every file alike, the site's own 404 page.  No file is named by its content's hash, so
a longer life would show readers old pages.
"""

import contextlib
import functools
import gzip
from pathlib import Path

from generators.core.chromium import Quiet, served

PACKED = (".html", ".css", ".js", ".json", ".svg", ".xml", ".txt", ".csv", ".md")


@functools.cache
def packed(path: Path, changed: int) -> bytes:
    """A file's bytes compressed; `changed` (ns) keeps an older copy from being sent."""
    return gzip.compress(path.read_bytes(), 6, mtime=0)


def size(path: Path) -> int:
    """How many bytes of a file travel, without headers."""
    return len(packed(path, path.stat().st_mtime_ns)) if path.suffix in PACKED else path.stat().st_size


class _Host(Quiet):
    def do_GET(self) -> None:
        path, status = Path(self.translate_path(self.path)), 200
        if path.is_dir():
            path = path / "index.html"
        if not path.is_file():
            path, status = Path(self.directory) / "404.html", 404
        with contextlib.suppress(ConnectionError):  # a browser that has left the page is no fault
            self._send(path, status)

    def _send(self, path: Path, status: int) -> None:
        small = path.is_file() and path.suffix in PACKED and "gzip" in self.headers.get("Accept-Encoding", "")
        body = packed(path, path.stat().st_mtime_ns) if small else path.read_bytes() if path.is_file() else b""
        kind = self.guess_type(str(path))
        text = kind.startswith("text/") or kind.endswith("javascript")
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8" if text else kind)
        self.send_header("Content-Length", str(len(body)))
        if small:
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Vary", "Accept-Encoding")
        self.send_header("Cache-Control", "max-age=600")
        self.end_headers()
        self.wfile.write(body)


def hosted(site: Path) -> contextlib.AbstractContextManager[str]:
    """The address of the site on this machine only, as long as the block runs."""
    return served(site, _Host)
