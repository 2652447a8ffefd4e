"""What several test files share: the project's root and the site built once."""

import gc
import os
import re
import shutil
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

gc.set_threshold(50_000)  # as a command does: looking for cycles seldom saves a tenth of the time

from generators.weave import cache, figures  # noqa: E402
from generators.weave.weave import weave  # noqa: E402

#: What a build needs in its environment: Material's two notices off, and a day that does not move.
BUILD = {"NO_MKDOCS_2_WARNING": "1", "DISABLE_MKDOCS_2_WARNING": "true", "SOURCE_DATE_EPOCH": "1763856000"}

#: Pages to leave out where a few of each template will do, as mkdocs.yml would say it.
FEW = """\
/reference/*/*
!/reference/*/index.md
!/reference/accelerators/m[4i]*.md
!/reference/models/gpt*.md
!/reference/figures/k*.md
!/reference/figures/ridge_points.md
!/reference/records/*
!/reference/predictions/a*.md
!/reference/numbers/01*.md
"""


def few_pages(root: Path, without: str = "") -> None:
    """Let the site of a copy have `FEW` pages, some of these left out, and not abort since gen-files asks for the others."""
    place = root / "mkdocs.yml"
    config = re.sub(r"^strict: true$", "strict: false", place.read_text(encoding="utf-8"), count=1, flags=re.MULTILINE)
    place.write_text(f"{config}\nexclude_docs: |\n{textwrap.indent(FEW + without, '  ')}", encoding="utf-8")


def build_site(target: Path, root: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Build the site into a folder, as `nox -s site` does, with dates that do not move."""
    command = [sys.executable, "-m", "mkdocs", "build", "--site-dir", str(target)]
    return subprocess.run(command, cwd=root, env=os.environ | BUILD, capture_output=True, text=True, timeout=600)


def fresh_copy(root: Path, target: Path, parts: tuple[str, ...] = ("data", "docs", "vis")) -> None:
    """Copy the data, pages and drawing code of a project, or some of them, into an empty folder."""
    for part in parts:
        shutil.copytree(root / part, target / part, ignore=shutil.ignore_patterns("__pycache__"))
    for path in [*root.glob("*.md"), root / "mkdocs.yml"]:
        shutil.copy(path, target / path.name)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that need a copy of the book or its site, which take longest, by turns, so that no worker waits."""
    needs = [{item.path for item in items if name in item.fixturenames} for name in ("begin_warm", "built_site")]
    turns = {path: (turn, kind) for kind, paths in enumerate(needs) for turn, path in enumerate(sorted(paths))}
    others = (len(turns), 0)
    items.sort(key=lambda item: turns.get(item.path, others))


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's root folder."""
    return ROOT


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], str]) -> Path:
    """A folder for all tests, made by whichever worker asks first; `make` returns what went wrong, or nothing."""
    here = factory.getbasetemp()
    shared = here.parent if "PYTEST_XDIST_WORKER" in os.environ else here
    folder, report = shared / name, shared / f"{name}.txt"
    try:
        folder.mkdir()
    except FileExistsError:  # another worker makes it
        while not report.exists():
            time.sleep(0.2)
    else:
        said = "it was not made; the worker that began says why"
        try:
            said = make(folder)
        finally:
            draft = shared / f"{name}.new"
            draft.write_text(said, encoding="utf-8")
            draft.replace(report)
    said = report.read_text(encoding="utf-8")
    assert not said, said
    return folder


def build_fault(target: Path, root: Path = ROOT) -> str:
    """What a build of the site said where it failed or warned, and nothing where it did not."""
    done = build_site(target, root)
    said = f"{done.stdout}{done.stderr}"
    warned = [line for line in said.splitlines() if line.startswith("WARNING") and "set_edit_path" not in line]
    return f"exit status {done.returncode}\n{said}" if done.returncode or warned else ""


@pytest.fixture(scope="session")
def built_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real site."""
    pytest.importorskip("mkdocs", reason="the site's packages are not installed (dependency group site)")
    return once(tmp_path_factory, "site", build_fault)


@pytest.fixture(scope="session")
def begin_warm(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Path]:
    """Give a copy of the project what pages ask for, as `write` keeps it, so that only what the test changes is computed."""

    def make(folder: Path) -> str:
        weave(ROOT, keep=True, say=lambda _: None)
        for kept in (ROOT / cache.PLACE.parent).glob("*.json"):  # not the pictures, which a fork has yet to draw
            shutil.copy(kept, folder)
        return ""

    def begin(copy: Path) -> Path:
        shutil.copytree(once(tmp_path_factory, "answers", make), copy / cache.PLACE.parent, dirs_exist_ok=True)
        return copy

    return begin


@pytest.fixture(scope="session")
def begun_book(tmp_path_factory: pytest.TempPathFactory, begin_warm: Callable[[Path], Path]) -> Path:
    """A fork with things begun in it, and its site: `tests/begun.py`."""
    pytest.importorskip("mkdocs", reason="the site's packages are not installed (dependency group site)")
    from tests.begun import make

    return once(tmp_path_factory, "begun", lambda target: make(target, begin_warm))


@pytest.fixture(scope="session")
def catalog():
    """All of `data/`, validated."""
    from generators.catalog.load import load_catalog

    return load_catalog(ROOT)


@pytest.fixture(scope="session")
def numbers(catalog):
    """Every number of the book."""
    from generators.numbers.everything import all_numbers

    return all_numbers(catalog)


@pytest.fixture(scope="session")
def n(numbers):
    """The numbers, under the short name that claims use."""
    return numbers


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the data, pages and drawing code that a test may change."""
    fresh_copy(ROOT, tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def _data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which `data_copy` lies from test to test."""
    folder = tmp_path_factory.mktemp("data") / "project"
    fresh_copy(ROOT, folder, ("data",))
    return folder


@pytest.fixture
def data_copy(_data: Path) -> Iterator[Path]:
    """A copy of the data alone that a test may change; what it changed is put back, which is faster than another copy."""
    before = _stamps(_data)
    yield _data
    after = _stamps(_data)
    if before.keys() != after.keys():
        shutil.rmtree(_data)
        fresh_copy(ROOT, _data, ("data",))
        return
    for path in [path for path in before if after.get(path, before[path]) != before[path]]:
        path.unlink()  # it may have become a link
        shutil.copy(ROOT / path.relative_to(_data), path)


def _stamps(folder: Path) -> dict[Path, tuple[int, ...]]:
    """What a change of anything below a folder changes, but of the dates of folders."""
    found = {}
    for path in folder.rglob("*"):
        stat = path.lstat()
        found[path] = (
            (stat.st_mode,)
            if path.is_dir() and not path.is_symlink()
            else (stat.st_mode, stat.st_size, stat.st_mtime_ns, stat.st_ino)
        )
    return found


@pytest.fixture
def rendered(monkeypatch):
    """Draw a figure, wide and narrow: its files, and the labels that the canvas cuts, measured with the figure's own font."""
    pytest.importorskip("matplotlib")
    from vis import _export

    own, beyond = _export.svg_text, []

    def measured(drawn, *words):
        text, edge = own(drawn, *words), drawn.bbox
        drawn.canvas.draw()
        undrawn = {  # labels of ticks beyond their axis, or of one that is not shown
            label
            for axes in drawn.axes
            for axis in (axes.xaxis, axes.yaxis)
            for tick in {*axis.get_major_ticks(), *axis.get_minor_ticks()}
            - {*(axis._update_ticks() if axes.axison and axis.get_visible() else ())}
            for label in (tick.label1, tick.label2)
        }
        for label in drawn.findobj(lambda a: hasattr(a, "get_text") and a.get_text() and a.get_visible()):
            if label in undrawn:
                continue
            extent = label.get_window_extent()
            inside_x = extent.x0 >= edge.x0 - 1 and extent.x1 <= edge.x1 + 1
            if not (inside_x and extent.y0 >= edge.y0 - 1 and extent.y1 <= edge.y1 + 1):
                beyond.append((label.get_text(), extent.extents.tolist()))
        return text

    monkeypatch.setattr(_export, "svg_text", measured)
    return lambda figure: (figures.render(figure), beyond)


@pytest.fixture(scope="module")
def read_once():
    """A file of data that was found sound is not read again, for tests that bend one file of many copies."""
    from tests import mutations

    with pytest.MonkeyPatch.context() as patch:
        mutations.read_once(patch)
        yield
