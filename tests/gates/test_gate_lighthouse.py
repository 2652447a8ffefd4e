"""Gate: Lighthouse is content with three pages, and is not with a page that is slow."""

import pytest

from generators.core.chromium import missing
from tests.gates import lighthouse
from tests.gates.conftest import plant
from tests.gates.node import need, why_not


@pytest.fixture(autouse=True, scope="module")
def _tools() -> None:
    need(missing() or why_not("lighthouse"))


def test_lighthouse_on_three_pages(site, capsys) -> None:
    pages = lighthouse.chosen(site)
    assert [pages[0], pages[2]] == ["", "explorer/"] and pages[1][:2].isdigit()
    reported = lighthouse.judge(site, pages)
    with capsys.disabled():
        print("", *reported, sep="\n")
    assert lighthouse.check(reported) == []


#: A page that is slow, and moves when it is there.
SLOW = "<script>const until = performance.now() + 1500; while (performance.now() < until);</script>"
MOVING = "<p id='late'>x</p><p style='height:60vh'>moves</p><script>setTimeout(() => { late.style.height = '60vh'; }, 300)</script>"


@pytest.fixture(scope="module")
def planted(tmp_path_factory) -> list[lighthouse.Reported]:
    """What Lighthouse says, in one run each, of that page and of a sound one."""
    folder = tmp_path_factory.mktemp("lighthouse")
    names = plant(folder, [SLOW + MOVING, "<p>Sound.</p>"])
    for name in names:
        page = folder / name
        head = '<link rel="icon" href="data:,"><meta name="description" content="A page that a test has written.">'
        page.write_text(page.read_text().replace("<title>", f"{head}<title>"))
    return lighthouse.judge(folder, [name.removesuffix("index.html") for name in names], runs=1)


def test_lighthouse_planted(planted) -> None:
    assert [line.split()[1] for line in lighthouse.check(planted[:1])] == ["performance"], planted[0]


def test_lighthouse_finds_nothing_on_a_sound_page(planted) -> None:
    assert lighthouse.check(planted[-1:]) == []
