"""The commands of the loop: `write`, `check --fast`, and the build of the site beside a bare MkDocs build of the same pages."""

import os
import platform
import shutil
import time
from importlib.metadata import version
from pathlib import Path

from generators.site.tree import pages
from tests.bench.project import chapters, run

BARE = """# What MkDocs alone makes of the same pages: the staged tree, without the adapter.
INHERIT: mkdocs.yml
docs_dir: {staged}
hooks: []
plugins: [search]
"""


def seconds(root: Path, *words: str) -> float:
    """Wall time of a module run in a process of its own."""
    started = time.perf_counter()
    run(root, *words)
    return time.perf_counter() - started


def commands(root: Path, times: int) -> dict[str, list[float]]:
    """`write` where nothing is kept of a run before, after one changed value, where nothing changed and after one changed sentence; and `check --fast`."""
    found: dict[str, list[float]] = {"write, nothing kept": [], "write, one value of data/ changed": []}
    row = root / "data" / "accelerators" / "m4.toml"
    for _ in range(times):
        shutil.rmtree(root / ".cache", ignore_errors=True)
        found["write, nothing kept"].append(seconds(root, "generators", "write"))
        row.write_text(row.read_text(encoding="utf-8").replace('note = "', 'note = "Again. ', 1), encoding="utf-8")
        found["write, one value of data/ changed"].append(seconds(root, "generators", "write"))
    found |= {
        "write, nothing changed": [seconds(root, "generators", "write") for _ in range(times)],
        "check --fast, nothing changed": [seconds(root, "generators", "check", "--fast") for _ in range(times)],
        "write, one sentence changed": [],
    }
    page = root / "docs" / chapters(root)[1]
    for number in range(times):
        text = page.read_text(encoding="utf-8")
        page.write_text(text.replace("\n## ", f"\nA sentence, {number}.\n\n## ", 1), encoding="utf-8")
        found["write, one sentence changed"].append(seconds(root, "generators", "write"))
    return found


def builds(root: Path, times: int) -> dict[str, list[float]]:
    """The site built from an empty cache, and the bare build, in turns."""
    staged = shutil.copytree(root / "docs", root / "staged")
    for page in pages(root):
        (staged / page.path).parent.mkdir(parents=True, exist_ok=True)
        (staged / page.path).write_bytes(page.content if isinstance(page.content, bytes) else page.content.encode())
    (root / "bare.yml").write_text(BARE.format(staged=staged.name), encoding="utf-8")
    found: dict[str, list[float]] = {"build, bare MkDocs": [], "build, empty cache": []}
    for _ in range(times):
        found["build, bare MkDocs"].append(seconds(root, "mkdocs", "build", "-q", "-f", "bare.yml", "-d", "bare"))
        shutil.rmtree(root / ".cache", ignore_errors=True)
        found["build, empty cache"].append(seconds(root, "mkdocs", "build", "-q", "-d", "site"))
    return found


def versions() -> str:
    """The machine and what ran, in words that name no host and no user."""
    cores = f"{os.cpu_count()} cores ({platform.machine()})"
    return f"{cores}, {platform.system()}, Python {platform.python_version()}, MkDocs {version('mkdocs')}"
