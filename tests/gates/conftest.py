"""What the gates share: the site, built once or given with ``--site FOLDER``, and pages to plant faults in.

A gate is a function from the folder of a built site to a list of faults, one line each, in ``tests/gates/<name>.py``.
``tests/gates/test_gate_<name>.py`` holds it to the real site, and to faults planted for it, so that no gate passes by being blind.
Run them with ``nox -s gates``, or one with ``nox -s gates -- -k axe``.
"""

import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from generators.core.chromium import missing
from tests.conftest import build_site
from tests.gates.loads import Loads, record
from tests.gates.node import need


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take a site that is built already, so that one build serves several runs."""
    parser.addoption(
        "--site", default=os.environ.get("GATES_SITE", ""), help="folder of a built site; default: build it"
    )


@pytest.fixture(scope="session")
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the built site that the gates hold."""
    given = request.config.getoption("--site")
    if given:
        folder = Path(given).resolve()
        assert (folder / "index.html").is_file(), f"--site {given}: no index.html there; build it with: nox -s site"
        return folder
    folder = tmp_path_factory.mktemp("gates") / "site"
    done = build_site(folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="session")
def recorded(site: Path) -> dict[str, Loads]:
    """What every page asks for in Chromium, recorded once for the gates that judge it."""
    need(missing())
    return record(site)


@pytest.fixture
def small_site(tmp_path: Path) -> Path:
    """A sound site of two pages, for a test to plant faults in."""
    folder = tmp_path / "site"
    (folder / "sub").mkdir(parents=True)
    for place, title in (("index.html", "First"), ("sub/index.html", "Second")):
        (folder / place).write_text(PAGE.format(title=title), encoding="utf-8")
    return folder


def plant(folder: Path, bodies: Iterable[str]) -> list[str]:
    """Write a page for each body into a site, so that one run of a tool judges them all; their names in that order.

    A body stands on line 5 of its page.
    """
    names = []
    for number, body in enumerate(bodies):
        page = folder / f"planted-{number}" / "index.html"
        page.parent.mkdir(parents=True)
        page.write_text(
            PAGE.format(title=f"Planted {number}").replace("<p>A page of a test.</p>", body), encoding="utf-8"
        )
        names.append(page.relative_to(folder).as_posix())
    return names


PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>{title}</title><meta name="viewport" content="width=device-width,initial-scale=1"></head>
<body><main><article><h1 id="top">{title}</h1>
<p>A page of a test.</p>
<script>
document.body.dataset.mdColorScheme = matchMedia("(prefers-color-scheme: dark)").matches ? "slate" : "default";
</script>
</article></main></body>
</html>
"""
