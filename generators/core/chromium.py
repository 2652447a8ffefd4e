"""Chromium, for tests, the PDF and the browser probe: where it is, how it is started, and a site served to it."""

import contextlib
import functools
import http.server
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
WHOLE = next(filter(None, map(shutil.which, NAMES)), None)
#: The same engine without windows and menus opens a page in a third of the processor's time.
CHROMIUM = next(filter(None, map(shutil.which, ("chromium-headless-shell", "chrome-headless-shell"))), WHOLE)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def missing() -> str:
    """Why browser tests cannot run here; empty when they can."""
    if CHROMIUM is None:
        return "no Chromium on this machine (Debian: apt-get install chromium-headless-shell, or chromium)"
    try:
        import playwright.sync_api  # noqa: F401
    except ImportError:
        return "playwright is not installed (dependency group test)"
    return ""


class Quiet(http.server.SimpleHTTPRequestHandler):
    """A host of plain files that says nothing."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def copyfile(self, source, outputfile) -> None:
        """Send a file; a browser that has left the page meanwhile is no fault."""
        with contextlib.suppress(ConnectionError):
            super().copyfile(source, outputfile)


@contextlib.contextmanager
def served(site: Path, handler: type[Quiet] = Quiet) -> Iterator[str]:
    """The address of a folder served on this machine only, as long as the block runs; `handler` says how."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(handler, directory=str(site)))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
