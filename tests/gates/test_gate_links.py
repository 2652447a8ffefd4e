"""Gate: every address of the built site leads somewhere; each kind that leads nowhere is found when planted."""

import json
import shutil

import pytest

from generators.core.chromium import missing
from tests.gates import addresses
from tests.gates.node import need

HOME = "https://book.invalid/latest/"


def test_links_hold(site) -> None:
    assert addresses.check(site) == []


def test_links_that_live_figures_write_hold(site) -> None:
    need(missing())
    assert addresses.check_live(site) == []


@pytest.fixture
def sound(small_site):
    """The site of two pages with all that the gate reads."""
    for place in ("", "sub/"):
        page = small_site / place / "index.html"
        head = f'<link rel="canonical" href="{HOME}{place}"><meta property="og:url" content="{HOME}{place}"></head>'
        page.write_text(page.read_text().replace("</head>", head))
    shutil.copy(small_site / "sub" / "index.html", small_site / "404.html")
    places = "".join(f"<url><loc>{HOME}{place}</loc></url>" for place in ("", "sub/"))
    (small_site / "sitemap.xml").write_text(
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{places}</urlset>'
    )
    (small_site / "search").mkdir()
    (small_site / "search" / "search_index.json").write_text(json.dumps({"docs": [{"location": "sub/#top"}]}))
    (small_site / "site.css").write_text("a{background:url(a.svg)}")
    (small_site / "a.svg").write_text("<svg/>")
    (small_site / "data.csv").write_text("a,b\n")
    return small_site


def test_links_of_a_sound_site_hold(sound) -> None:
    add(
        sound,
        '<a href="data.csv">d</a><img src="a.svg" alt="x"><a href="sub/#top">s</a><svg><a xlink:href="sub/">x</a></svg>',
    )
    add(sound, '<a href="../">up</a><a href="https://example.org/a?b=c#d">e</a><a href="mailto:a@b.org">m</a>', "sub/")
    assert addresses.check(sound) == []


def add(site, body: str, place: str = "") -> None:
    """Put markup into a page."""
    page = site / place / "index.html"
    page.write_text(page.read_text().replace("</article>", f"{body}</article>"))


@pytest.mark.parametrize(
    "place, body, message",
    [
        ("", '<a href="gone/">x</a>', "link to 'gone/', which is not in the site"),
        ("", '<a href="gone.csv">x</a>', "link to 'gone.csv', which is not in the site"),
        ("", '<a href="sub/#gone">x</a>', "that page has no id 'gone'"),
        ("", '<a href="/sub/">x</a>', "link to '/sub/', which is not in the site"),
        ("", '<a href="../sub/">x</a>', "link to '../sub/', which is not in the site"),
        ("sub/", '<a href="../../2.0/">x</a>', "link to '../../2.0/', which is not in the site"),
        ("", '<img src="/a.svg" alt="x">', "fetches '/a.svg', which is not in the site"),
        ("sub/", '<img src="a.svg" alt="x">', "fetches 'a.svg', which is not in the site"),
        ("", '<svg><a xlink:href="gone/"><text>x</text></a></svg>', "link to 'gone/'"),
        ("", '<svg><use xlink:href="gone.svg#a"/></svg>', "fetches 'gone.svg#a'"),
        ("", '<link rel="alternate" href="gone.txt">', "link to 'gone.txt'"),
        ("", '<form action="gone"></form>', "link to 'gone'"),
        ("", '<p style="background:url(gone.png)">x</p>', "fetches 'gone.png'"),
        ("", '<p aria-describedby="gone">x</p>', "aria-describedby names 'gone'"),
        ("", '<a href="https://exa mple.org/">x</a>', "wanted https or a page"),
        ("", '<a href="https://localhost/x">x</a>', "wanted https or a page"),
        ("", '<a href="http://example.org/">x</a>', "wanted https or a page"),
        ("", '<a href="https:/example.org/">x</a>', ""),
        ("", '<a href="mailto:nobody">x</a>', "wanted https or a page"),
        ("", '<link rel="canonical" href="https://elsewhere.org/">', "canonical address"),
    ],
)
def test_links_planted_in_a_page(sound, place, body, message) -> None:
    add(sound, body, place)
    found = addresses.check(sound)
    assert len(found) >= 1 and message in found[0] and found[0].startswith(f"{place}index.html"), found


def replace(site, name: str, old: str, new: str) -> None:
    """Change a file of the site."""
    text = (site / name).read_text()
    assert old in text
    (site / name).write_text(text.replace(old, new, 1))


@pytest.mark.parametrize(
    "name, old, new, message",
    [
        ("site.css", "a.svg", "gone.svg", "site.css:1: fetches 'gone.svg'"),
        ("site.css", "a.svg", "/a.svg", "site.css:1: fetches '/a.svg'"),
        ("sitemap.xml", "sub/", "gone/", "sitemap.xml: https://book.invalid/latest/gone/ is not a page"),
        (
            "sitemap.xml",
            f"<url><loc>{HOME}sub/</loc></url>",
            "",
            "sitemap.xml: https://book.invalid/latest/sub/ is missing",
        ),
        ("search/search_index.json", "sub/", "gone/", "search/search_index.json: 'gone/#top' is not in the site"),
        ("search/search_index.json", "#top", "#gone", "that page has no id 'gone'"),
        ("404.html", "</article>", '<a href="sub/">x</a>', "404.html:9: 'sub/' is not below '/latest/'"),
        ("404.html", "</article>", '<a href="/latest/gone/">x</a>', "404.html:9: '/latest/gone/' is not in the site"),
        ("sub/index.html", f'canonical" href="{HOME}sub/', f'canonical" href="{HOME}', "canonical address"),
        ("sub/index.html", f'og:url" content="{HOME}sub/', f'og:url" content="{HOME}', "og:url"),
        (
            "sub/index.html",
            "og:url",
            'og:image" content="https://book.invalid/latest/gone.png"><meta property="og:url',
            "gone.png, which is not",
        ),
    ],
)
def test_links_planted_elsewhere(sound, name, old, new, message) -> None:
    replace(sound, name, old, new)
    found = addresses.check(sound)
    assert found and message in found[0], found


@pytest.mark.parametrize("name", ["404.html", "sitemap.xml"])
def test_links_miss_a_file(sound, name) -> None:
    (sound / name).unlink()
    assert addresses.check(sound) == [f"{name}: not there"]


def test_links_planted_by_a_script(sound) -> None:
    need(missing())
    add(
        sound,
        '<mb-live kind="x" data-ready></mb-live><script>document.querySelector("mb-live").innerHTML = \'<a href="gone/">x</a><a href="sub/#top">y</a>\'</script>',
    )
    assert addresses.check_live(sound) == ["index.html: a live link to 'gone/' is not in the site"]
