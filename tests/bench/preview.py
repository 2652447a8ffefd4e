"""From a saved file to the changed page in the preview's answer."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

_EPOCH = re.compile(r"livereload\((\d+), \d+\)")
LONGEST = 120  # seconds


class Preview:
    """`mkdocs serve` over a copy, as `nox -s serve` starts it."""

    def __init__(self, root: Path, log: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"http://127.0.0.1:{free.getsockname()[1]}"
        self.log = log
        words = ["mkdocs", "serve", "--no-strict", "--dirty", "-a", self.address.removeprefix("http://")]
        self._process = subprocess.Popen(
            [sys.executable, "-m", *words], cwd=root, stdout=log.open("w"), stderr=subprocess.STDOUT
        )

    def wait(self) -> None:
        """Until the first build is served."""
        until = time.monotonic() + LONGEST
        while "Serving on" not in self.log.read_text():
            if time.monotonic() > until or self._process.poll() is not None:
                raise SystemExit(f"the preview did not start:\n{self.log.read_text()}")
            time.sleep(0.1)

    def page(self, path: str) -> str:
        """A page's HTML; the server answers when no build is under way."""
        with urlopen(f"{self.address}/{path}", timeout=LONGEST) as answer:
            return answer.read().decode()

    def shows(self, path: str, words: str) -> None:
        """Until a page holds some words: ask for the next build as a browser does, then look."""
        until, seen = time.monotonic() + LONGEST, self.page(path)
        while words not in seen:
            if time.monotonic() > until:
                raise SystemExit(f"{path} never showed {words!r}:\n{self.log.read_text()[-3000:]}")
            epoch = _EPOCH.search(seen)
            with urlopen(f"{self.address}/livereload/{epoch[1] if epoch else 0}/1", timeout=LONGEST) as answer:
                answer.read()
            seen = self.page(path)

    def stop(self) -> None:
        """End the server."""
        self._process.terminate()
        self._process.wait(timeout=20)


@contextmanager
def preview(root: Path, log: Path):
    """A running preview."""
    served = Preview(root, log)
    try:
        served.wait()
        yield served
    finally:
        served.stop()


def seconds_to_show(served: Preview, file: Path, old: str, new: str, path: str, words: str) -> float:
    """Save a file with a change and wait until a page of the preview shows it."""
    text = file.read_text(encoding="utf-8")
    if old not in text:
        raise SystemExit(f"{file.name} does not hold {old!r}")
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    started = time.perf_counter()
    served.shows(path, words)
    return time.perf_counter() - started
