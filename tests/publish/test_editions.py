"""Two editions side by side as readers and crawlers meet them."""

import json
import re

import pytest

from generators.core.errors import BookErrors
from generators.release.release import release
from generators.site.links import check
from tests.clones import clone, git
from tests.publish.conftest import CODE, NEW, OFFERED, OLD, tagged

CHAPTER = "02_kv_cache/"
CANONICAL = re.compile(r'<link rel="canonical" href="([^"]+)"')


def test_an_old_edition_stays_byte_for_byte_when_a_new_one_is_published(host):
    first, second = host.trees
    assert set(first) == {OLD, "latest"} and set(second) == {OLD, NEW, "latest"}
    assert first[OLD] == second[OLD]
    assert first["latest"] == first[OLD] and second["latest"] == second[NEW] != second[OLD]


def test_versions_are_listed_newest_first_with_the_alias_on_the_newest(host):
    rows = json.loads((host.folder / "versions.json").read_text())
    assert [(row["version"], row["aliases"]) for row in rows] == [(NEW, ["latest"]), (OLD, [])]


def test_an_edition_is_never_published_again(host):
    with pytest.raises(BookErrors, match=f"found edition {NEW} on the branch gh-pages already"):
        release(host.clone, host.said.append)


def test_the_root_leads_to_the_newest_edition(host, page):
    page.goto(host.address)
    page.wait_for_url(f"{host.address}latest/**")
    assert page.locator("h1").inner_text().startswith(NEW)


def test_the_selector_leads_to_the_same_page_of_the_other_edition(host, page):
    page.goto(f"{host.address}latest/{CHAPTER}")
    page.wait_for_selector(".md-version__list a", state="attached")
    assert page.locator(".md-version__list a").all_text_contents() == [f"{NEW}latest", OLD]
    page.locator(".md-version").hover()
    page.locator(".md-version__list a", has_text=OLD).click()
    page.wait_for_url(f"{host.address}{OLD}/{CHAPTER}")
    assert page.locator("h1").count() == 1


@pytest.mark.parametrize(("edition", "shown"), [(OLD, True), (NEW, False), ("latest", False)])
def test_only_an_old_edition_says_that_there_is_a_newer_one(host, page, edition, shown):
    page.goto(f"{host.address}{edition}/{CHAPTER}")
    page.wait_for_selector(".md-version__list a", state="attached")
    assert page.locator("[data-md-component=outdated]").is_visible() is shown
    if shown:
        page.locator("[data-md-component=outdated] a").click()
        page.wait_for_url(f"{host.address}latest/{CHAPTER}")


def test_every_page_names_its_edition_and_its_commit(host, page):
    for edition in (OLD, NEW):
        page.goto(f"{host.address}{edition}/{CHAPTER}")
        assert page.locator(".mb-colophon").is_visible()
        foot = page.locator(".mb-colophon").inner_text()
        assert re.search(rf"Edition {re.escape(edition)}, commit [0-9a-f]{{7,}}\.", foot), foot
        assert "Measured on" in foot
        assert f"edition {edition}." in page.locator(".mb-figure__id").first.inner_text()


def test_with_a_repository_pages_lead_to_their_source_and_to_a_report(host, page):
    page.goto(f"{host.address}{NEW}/{CHAPTER}")
    (edit,) = {link.get_attribute("href") for link in page.locator("a.md-content__button").all()}
    assert edit == f"{CODE}/edit/main/docs/02_kv_cache.md"
    foot = page.locator(".mb-colophon")
    assert foot.locator(f"a[href^='{CODE}/commit/']").count() == 1
    for place, about in ((foot, "place=02_kv_cache/"), (page.locator("figcaption").first, "place=figure%20")):
        form = place.locator("a", has_text="report an error").get_attribute("href")
        assert form.startswith(f"{CODE}/issues/new?") and f"edition%20{NEW}" in form and about in form, form


def test_canonical_addresses_name_the_newest_text_of_a_page(host):
    for edition in (OLD, NEW, "latest"):
        for path in sorted((host.folder / edition).rglob("index.html")):
            below = path.relative_to(host.folder / edition).as_posix().removesuffix("index.html")
            assert CANONICAL.findall(path.read_text(encoding="utf-8")) == [f"{host.address}latest/{below}"]


def test_the_site_maps_name_pages_that_exist(host):
    (root,) = re.findall(r"<loc>([^<]+)</loc>", (host.folder / "sitemap.xml").read_text())
    assert root == f"{host.address}latest/sitemap.xml"
    pages = re.findall(r"<loc>([^<]+)</loc>", (host.folder / "latest" / "sitemap.xml").read_text())
    assert len(pages) > 100
    for page in pages:
        assert (host.folder / page.removeprefix(host.address) / "index.html").is_file(), page
    assert f"Sitemap: {host.address}sitemap.xml" in (host.folder / "robots.txt").read_text()


def test_a_lost_reader_finds_the_way_from_any_depth(host, page):
    answer = page.goto(f"{host.address}{OLD}/no/such/page/")
    assert answer.status == 404
    assert page.locator("h1").inner_text() == "Page not found"
    style = page.evaluate("getComputedStyle(document.querySelector('.md-header')).position")
    assert style == "sticky", "the style sheet did not load"
    page.locator("article a", has_text="the first page").click()
    page.wait_for_url(f"{host.address}latest/**")


@pytest.mark.parametrize("edition", [OLD, NEW])
def test_search_finds_within_its_own_edition(host, page, edition):
    page.goto(f"{host.address}{edition}/", wait_until="networkidle")
    page.locator("input[name=query]").click()
    page.locator("input[name=query]").press_sequentially("arithmetic intensity")
    page.wait_for_selector(".md-search-result__item a")
    found = page.locator(".md-search-result__item a").first.get_attribute("href")
    assert found.startswith((f"{host.address}{edition}/", "./", "../")) or f"/{edition}/" in found


def test_every_link_of_both_editions_holds(host):
    for edition in (OLD, NEW):
        faults = [
            fault for fault in check(host.folder / edition) if host.address not in fault
        ]  # its own, without https
        to_the_newest = re.compile(r"link to '(\.{1,2}/)+(latest/[^']*)', which is not in the site")  # the banner's
        outside = {match[2] for fault in faults if (match := to_the_newest.search(fault))}
        assert [fault for fault in faults if not to_the_newest.search(fault)] == []
        assert [path for path in outside if not (host.folder / path / "index.html").is_file()] == []


def test_a_trial_needs_no_address_and_leaves_no_edition_behind(tmp_path):
    root = clone(tmp_path / "clone")
    for key, value in (("user.name", "A test"), ("user.email", "test@book.invalid")):
        git(root, "config", key, value)
    tagged(root, OLD)
    said: list[str] = []
    release(root, said.append, trial=True)
    shown = root / "dist" / "trial"
    assert "http.server --directory dist/trial" in said[-1]
    assert {path.name for path in shown.iterdir()} >= {OLD, "latest", "versions.json", "404.html", "robots.txt"}
    assert (shown / OLD / "index.html").read_bytes() == (shown / "latest" / "index.html").read_bytes()
    assert git(root, "branch", "--list", "gh-pages") == "" and git(root, "status", "--porcelain") == ""


def test_downloads_lie_in_the_edition_and_its_home_page_links_them(host):
    for edition in (NEW, "latest"):
        home = (host.folder / edition / "index.html").read_text(encoding="utf-8")
        assert re.findall(r'href="(?:\./)?downloads/([^"]+)"', home) == sorted(OFFERED)
        for name, content in OFFERED.items():
            assert (host.folder / edition / "downloads" / name).read_bytes() == content
    assert "downloads/" not in (host.folder / OLD / "index.html").read_text(encoding="utf-8")
