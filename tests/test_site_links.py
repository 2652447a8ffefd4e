"""The link checker finds each kind of fault, and lets sound pages pass."""

from pathlib import Path

import pytest

from generators.site import links

PAGE = '<html><body><h1 id="top">T</h1>{}</body></html>'


def site_with(folder: Path, body: str, css: str = "") -> Path:
    """A site of two pages, an image and a style sheet."""
    (folder / "sub").mkdir()
    (folder / "index.html").write_text(PAGE.format(body), encoding="utf-8")
    (folder / "sub" / "index.html").write_text(PAGE.format('<p id="a.b">x</p>'), encoding="utf-8")
    (folder / "x.png").write_bytes(b"x")
    (folder / "site.css").write_text(css, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    "body",
    [
        '<a href="sub/">x</a><a href="sub/#a.b">x</a><a href="#top">x</a><a href="sub/index.html#top">x</a>',
        '<a href="https://example.org/">x</a><a href="mailto:a@b.c">x</a><a href="x.png">x</a>',
        '<img src="x.png" alt=""><link rel="stylesheet" href="site.css"><link rel="canonical" href="https://o.example/">',
        '<img src="data:image/png;base64,AA" alt="x"><p style="background:url(x.png)">x</p><svg><use xlink:href="#top"/></svg>',
    ],
)
def test_sound_pages_pass(tmp_path, body) -> None:
    assert links.check(site_with(tmp_path, body, "a{background:url('x.png')}/* url(gone.png) */")) == []


@pytest.mark.parametrize(
    "body, message",
    [
        ('\n<a href="gone/">x</a>', "index.html:2: link to 'gone/', which is not in the site"),
        ('<a href="../outside">x</a>', "which is not in the site"),
        ('<a href="sub/#nope">x</a>', "that page has no id 'nope'"),
        ('<a href="#nope">x</a>', "that page has no id 'nope'"),
        ('<a href="http://example.org/">x</a>', "wanted https or a page of the site"),
        ('<a href="javascript:alert(1)">x</a>', "wanted https or a page of the site"),
        ('<p id="top">x</p>', "id 'top' stands twice"),
        ('<img src="gone.png" alt="x">', "fetches 'gone.png', which is not in the site"),
        ('<img src="x.png">', "image without alt text"),
        ('<img src="https://o.example/a.png" alt="">', "fetches 'https://o.example/a.png' from another host"),
        ('<script src="//o.example/a.js"></script>', "from another host"),
        ('<link rel="preconnect" href="https://o.example">', "from another host"),
        ('<style>@import "https://o.example/a.css";</style>', "from another host"),
        ('<p style="background:url(https://o.example/a.png)">x</p>', "from another host"),
        ('<iframe src="https://o.example/"></iframe>', "from another host"),
    ],
)
def test_each_fault_is_named(tmp_path, body, message) -> None:
    (problem,) = links.check(site_with(tmp_path, body))
    assert message in problem


def test_style_sheets_are_read(tmp_path) -> None:
    found = links.check(
        site_with(tmp_path, "", "@font-face{src:url(https://o.example/f.woff2)} b{background:url('gone.png')}")
    )
    assert [problem.split(":")[0] for problem in found] == ["site.css", "site.css"]
