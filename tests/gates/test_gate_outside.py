"""Gate: nothing is asked of another host; each way to ask is found when planted."""

import pytest

from generators.core.chromium import missing
from tests.gates import loads, outside
from tests.gates.axe import pages
from tests.gates.conftest import plant
from tests.gates.node import need


def test_outside_in_files(site) -> None:
    assert outside.check(site) == []


def test_outside_in_chromium(site, recorded) -> None:
    assert sorted(recorded) == pages(site)
    assert outside.reported(recorded) == []


#: What stands in a page, what the gate says of the files ("" where only a browser can know), and what the page asks.
PLANTED = [
    ('<img src="https://elsewhere.invalid/a.png" alt="x">', "another host", "https://elsewhere.invalid/a.png"),
    ('<script src="//elsewhere.invalid/a.js"></script>', "another host", "http://elsewhere.invalid/a.js"),
    ('<link rel="preconnect" href="https://elsewhere.invalid/">', "another host", ""),
    (
        '<style>@font-face{font-family:F;src:url("https://elsewhere.invalid/f.woff2")}p{font-family:F}</style><p>x</p>',
        "inline style",
        "https://elsewhere.invalid/f.woff2",
    ),
    ('<style>@import "https://elsewhere.invalid/a.css";</style>', "inline style", "https://elsewhere.invalid/a.css"),
    ('<p style="background:url(//elsewhere.invalid/b.png)">x</p>', "inline style", "http://elsewhere.invalid/b.png"),
    (
        '<link rel="stylesheet" href="../planted.css"><p>x</p>',
        "planted.css: fetches",
        "https://elsewhere.invalid/c.png",
    ),
    ('<script src="../planted.js"></script>', "planted.js: names", "https://elsewhere.invalid/d"),
    (
        '<script>fetch("https://elsewhere.invalid/e").catch(() => 0)</script>',
        "inline script",
        "https://elsewhere.invalid/e",
    ),
    (
        '<script>fetch(["https:", "", "elsewhere.invalid", "f"].join("/")).catch(() => 0)</script>',
        "",
        "https://elsewhere.invalid/f",
    ),
    ('<script>new WebSocket("ws" + "://elsewhere.invalid/g")</script>', "", "ws://elsewhere.invalid/g"),
    (
        '<script>navigator.sendBeacon(location.protocol + "//" + "elsewhere.invalid/h")</script>',
        "",
        "http://elsewhere.invalid/h",
    ),
    (
        '<script>new Worker(URL.createObjectURL(new Blob([\'fetch("https:" + "//elsewhere.invalid/i")\'])))</script>',
        "",
        "https://elsewhere.invalid/i",
    ),
    (
        '<div style="height:9000px"></div><img loading="lazy" src="https://elsewhere.invalid/j.png" alt="x">',
        "another host",
        "https://elsewhere.invalid/j.png",
    ),
]


@pytest.fixture(scope="module")
def planted(tmp_path_factory) -> tuple[list[str], list[str]]:
    """What the gate finds in files and in Chromium on pages with one fault each; the last page is sound."""
    need(missing())
    folder = tmp_path_factory.mktemp("outside")
    sound = '<svg xmlns="http://www.w3.org/2000/svg"></svg><a href="https://elsewhere.invalid/">a link</a>'
    plant(folder, [*(body for body, *_ in PLANTED), sound])
    (folder / "planted.css").write_text("p { background: url('https://elsewhere.invalid/c.png'); }")
    (folder / "planted.js").write_text('fetch("https://elsewhere.invalid/d").catch(() => 0);')
    return outside.check(folder), outside.reported(loads.record(folder))


@pytest.mark.parametrize("number", range(len(PLANTED)))
def test_outside_planted(planted, number) -> None:
    files, asked = planted
    _, said, url = PLANTED[number]
    place = said.split(":")[0] if said.startswith("planted.") else f"planted-{number}/"
    assert not said or any(line.startswith(place) and said in line for line in files), files
    assert not url or f"planted-{number}/: asks {url}" in asked, asked


def test_outside_finds_nothing_on_a_sound_page(planted) -> None:
    assert not [line for found in planted for line in found if line.startswith(f"planted-{len(PLANTED)}/")]
