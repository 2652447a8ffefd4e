"""Two editions of the book published into a clone of its own, and the branch served as a host would serve it."""

import io
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from generators.core.changelog import order, read_changelog
from generators.core.chromium import Quiet, served
from generators.release.edition import read_number
from generators.release.release import release
from tests.clones import address, change, clone, commit, git
from tests.conftest import ROOT
from tests.test_browser import CHROMIUM, FLAGS, missing

OLD = read_number(ROOT)
NEW = "{}.{}.{}".format(*order(OLD)[:2], order(OLD)[2] + 1)
#: Downloads of the newer edition; what real ones hold is tested where they are made.
OFFERED = {"memory-bound.epub": b"one", "memory-bound.pdf": b"two"}
CODE = "https://code.book.invalid/owner/why"


@dataclass
class Host:
    """`address` ends with a slash; `trees` holds the branch's folders, by edition, after each publication."""

    folder: Path
    address: str
    clone: Path
    said: list[str] = field(default_factory=list)
    trees: list[dict[str, str]] = field(default_factory=list)


class _Page(Quiet):
    """A static host: a missing page is answered with the root's 404.html."""

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """As a public host does it."""
        lost = Path(self.directory) / "book" / "404.html"
        if code != 404 or not lost.is_file():
            return super().send_error(code, message, explain)
        self.send_response(404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(lost.stat().st_size))
        self.end_headers()
        self.wfile.write(lost.read_bytes())


def tagged(root: Path, number: str) -> None:
    """Commit the tree as an edition: version, changelog and tag agree."""
    if number not in [section.number for section in read_changelog(root)]:
        change(root, "CHANGELOG.md", "\n## ", f"\n## {number} (2026-11-23)\n\n- As it stands.\n\n## ")
    commit(root, f"Edition {number}")
    git(root, "tag", f"v{number}")


@pytest.fixture(scope="session")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """Both editions published and served under ``/book/``; a local address stands for the public one."""
    folder = tmp_path_factory.mktemp("host")
    root = clone(tmp_path_factory.mktemp("editions") / "clone")
    with served(folder, _Page) as origin:
        made = Host(folder / "book", f"{origin}book/", root)
        address(root, site_url=made.address, repo_url=CODE)
        for key, value in (("user.name", "A test"), ("user.email", "test@book.invalid")):
            git(root, "config", key, value)
        for number in (OLD, NEW):
            _publish(made, number)
        packed = subprocess.run(["git", "-C", str(root), "archive", "gh-pages"], check=True, capture_output=True).stdout
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            archive.extractall(made.folder, filter="data")
        yield made


def _publish(made: Host, number: str) -> None:
    if number == NEW:
        change(made.clone, "docs/index.md", "# ", f"# {number}: ")
        change(made.clone, "pyproject.toml", f'version = "{OLD}"', f'version = "{NEW}"')
        change(made.clone, "CITATION.cff", f"version: {OLD}", f"version: {NEW}")
    tagged(made.clone, number)
    release(made.clone, made.said.append, downloads=lambda: OFFERED if number == NEW else {})
    listing = git(made.clone, "ls-tree", "-d", "gh-pages").splitlines()
    made.trees.append({line.split("\t")[1]: line.split()[2] for line in listing})


@pytest.fixture
def page(host: Host) -> Iterator:
    """A page of a fresh browser; ends with no request beyond the host and no script that failed."""
    assert not missing(), missing()
    from playwright.sync_api import sync_playwright

    asked: list[str] = []
    failed: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        opened = browser.new_page(viewport={"width": 1280, "height": 900})
        opened.on("request", lambda request: asked.append(request.url))
        opened.on("pageerror", lambda error: failed.append(str(error)))
        yield opened
        browser.close()
    assert [url for url in asked if not url.startswith((host.address, "data:", "blob:"))] == []
    assert failed == []
