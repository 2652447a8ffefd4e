"""From a saved file to the changed page in the preview's answer."""

import os
import re
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

from tests.bench.project import chapters

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
            [sys.executable, "-m", *words],
            cwd=root,
            env=os.environ | {"REDRAW_FIGURES": "1"},
            stdout=log.open("w"),
            stderr=subprocess.STDOUT,
        )

    def wait(self) -> None:
        """Until the first build is served."""
        until = time.monotonic() + LONGEST
        while "Serving on" not in self.log.read_text():
            if time.monotonic() > until or self._process.poll() is not None:
                raise SystemExit(f"the preview did not start:\n{self.log.read_text()}")
            time.sleep(0.1)
        self.home = re.search(r"Serving on (\S+/)", self.log.read_text())[1]  # with the path of the site's address

    def page(self, path: str) -> str:
        """A page's HTML; the server answers when no build is under way."""
        with urlopen(self.home + path, timeout=LONGEST) as answer:
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


def edits(root: Path, folder: Path, times: int) -> dict[str, list[float]]:
    """Seconds from a saved page, row of data and drawing module to the changed page, after one of each to warm up."""
    page = chapters(root)[1]
    places = {
        "text": (root / "docs" / page, "\n## ", "\n{words}\n\n## ", f"{page.removesuffix('.md')}/"),
        "data": (root / "data/accelerators/m4.toml", 'note = "', 'note = "{words} ', "reference/accelerators/m4/"),
        "drawing code": (root / "vis/ridge_points.py", '"""', '"""{words} ', "reference/figures/ridge_points/"),
    }
    found: dict[str, list[float]] = {name: [] for name in places}
    with preview(root, folder / "preview.log") as served:
        for name, (file, old, new, path) in places.items():
            for number in range(times + 1):
                words = f"Changed {name} {number}."
                taken = seconds_to_show(served, file, old, new.format(words=words), path, words)
                found[name] += [taken] if number else []
                time.sleep(
                    0.6 + 0.17 * (number % 4)
                )  # so that saves fall at different moments of the watcher's half second
    return found


def seconds_to_show(served: Preview, file: Path, old: str, new: str, path: str, words: str) -> float:
    """Save a file with a change and wait until a page of the preview shows it."""
    text = file.read_text(encoding="utf-8")
    if old not in text:
        raise SystemExit(f"{file.name} does not hold {old!r}")
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    started = time.perf_counter()
    served.shows(path, words)
    return time.perf_counter() - started
