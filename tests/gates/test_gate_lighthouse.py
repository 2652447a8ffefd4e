"""Gate: Lighthouse is content with three pages, and is not with pages that are slow, unnamed, unsafe or unfindable."""

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


#: What stands in a page, and the category that falls.
SLOW = "<script>const until = performance.now() + 1500; while (performance.now() < until);</script>"
MOVING = "<p id='late'>x</p><p style='height:60vh'>moves</p><script>setTimeout(() => { late.style.height = '60vh'; }, 300)</script>"
PLANTED = [
    (SLOW + MOVING, "performance"),
    ('<button></button><p style="color:#ccc;background:#fff">pale</p>', "accessibility"),
    ("<script>console.error('wrong')</script>", "best-practices"),
    ('<a href="javascript:void(0)">here</a>', "seo"),
]


@pytest.fixture(scope="module")
def planted(tmp_path_factory) -> list[lighthouse.Reported]:
    """What Lighthouse says, in one run each, of pages with one fault each; the last is sound."""
    folder = tmp_path_factory.mktemp("lighthouse")
    names = plant(folder, [*(body for body, _ in PLANTED), "<p>Sound.</p>"])
    for name in names:
        page = folder / name
        head = '<link rel="icon" href="data:,"><meta name="description" content="A page that a test has written.">'
        page.write_text(page.read_text().replace("<title>", f"{head}<title>"))
    return lighthouse.judge(folder, [name.removesuffix("index.html") for name in names], runs=1)


@pytest.mark.parametrize("number", range(len(PLANTED)), ids=[name for _, name in PLANTED])
def test_lighthouse_planted(planted, number) -> None:
    found = lighthouse.check(planted[number : number + 1])
    assert any(f": {PLANTED[number][1]} " in line for line in found), planted[number]


def test_lighthouse_finds_nothing_on_a_sound_page(planted) -> None:
    assert lighthouse.check(planted[-1:]) == []
