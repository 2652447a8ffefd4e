"""Gate: axe finds nothing on any page, and finds each fault planted for it."""

import pytest

from tests.chromium import missing
from tests.gates import axe
from tests.gates.node import need


@pytest.fixture(autouse=True)
def _chromium() -> None:
    need(missing())


def test_axe_on_every_page(site) -> None:
    assert axe.check(site) == []


#: Rule, and what stands in a page that breaks it.  The last is closed away.
PLANTED = [
    ("image-alt", '<img src="x.png">'),
    ("color-contrast", '<p style="color:#999;background:#fff">pale</p>'),
    ("label", '<input type="text">'),
    ("link-name", '<a href="sub/"></a>'),
    ("heading-order", "<h4>skipped</h4>"),
    ("button-name", "<button></button>"),
    ("aria-allowed-attr", '<p role="note" aria-checked="true">x</p>'),
    ("svg-img-alt", '<svg role="img" viewBox="0 0 1 1"><rect width="1" height="1"/></svg>'),
    ("landmark-unique", '<nav><a href="#top">a</a></nav><nav><a href="#top">b</a></nav>'),
    ("target-size", '<button style="height:8px;width:8px;padding:0" aria-label="a"></button><button style="height:8px;width:8px;padding:0;margin:0" aria-label="b"></button>'),
    ("color-contrast", '<details><summary>Answer</summary><p style="color:#999;background:#fff">closed away</p></details>'),
]  # fmt: skip


@pytest.mark.parametrize("rule, body", PLANTED, ids=[f"{number}-{rule}" for number, (rule, _) in enumerate(PLANTED)])
def test_axe_planted(small_site, rule, body) -> None:
    found = planted(small_site, body)
    assert any(f"index.html (light, desk): {rule} at" in line for line in found), found


def planted(folder, body) -> list[str]:
    """What axe finds on the first page, which follows the reader's scheme as the theme's pages do."""
    page = folder / "index.html"
    page.write_text(page.read_text().replace("<p>A page of a test.</p>", body))
    return axe.check(folder)


def test_axe_planted_in_one_view_only(small_site) -> None:
    dark = "<style>@media (prefers-color-scheme:dark){.d{color:#333;background:#222}}</style><p class='d'>unlit</p>"
    found = planted(small_site, dark)
    assert [line.split(" at ")[0] for line in found] == ["index.html (dark, desk): color-contrast"], found


def test_axe_planted_on_a_phone_only(small_site) -> None:
    narrow = "<style>@media (max-width:400px){.d{color:#999;background:#fff}}</style><p class='d'>pale</p>"
    found = planted(small_site, f'<figure class="mb-figure">{narrow}</figure>')
    assert {line.split(" at ")[0] for line in found} == {
        "index.html (dark, phone): color-contrast", "index.html (light, phone): color-contrast",
    }, found  # fmt: skip


def test_axe_reports_a_live_figure_that_does_not_start(small_site) -> None:
    found = planted(small_site, '<mb-live kind="roofline"></mb-live>')
    assert any("live figure roofline did not start" in line for line in found), found
