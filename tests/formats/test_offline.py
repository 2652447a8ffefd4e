"""The ZIP of the site, unpacked and opened from its folder in Chromium: search, live figures, links, and no request outside."""

import hashlib
import re
import shutil
import zipfile
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from playwright.sync_api import sync_playwright

from generators.core.chromium import CHROMIUM, FLAGS
from generators.export import offline as export
from generators.export.archive import write_zip
from generators.export.book import NAME
from generators.release.build_date import EARLIEST
from generators.site.links import check
from tests.live_pages import DESK, open_live


@pytest.fixture(scope="module")
def folder(offline, tmp_path_factory) -> Path:
    """The ZIP unpacked as a reader would."""
    where = tmp_path_factory.mktemp("unpacked")
    with zipfile.ZipFile(offline) as archive:
        archive.extractall(where)
    assert [path.name for path in where.iterdir()] == [f"{NAME}-offline"]
    return where / f"{NAME}-offline"


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()


@pytest.fixture
def page(browser):
    context = browser.new_context(viewport=DESK, color_scheme="light")
    context.set_default_timeout(60_000)
    yield context.new_page()
    context.close()


def watched(page) -> list[str]:
    """Requests that leave the folder or fail, and scripts that fail, as they happen."""
    faults: list[str] = []
    page.on(
        "request", lambda r: None if r.url.startswith(("file:", "data:", "blob:", "about:")) else faults.append(r.url)
    )
    page.on("requestfailed", lambda r: faults.append(f"failed: {r.url}"))
    page.on("pageerror", lambda error: faults.append(str(error)))
    return faults


def hits(page, words: str) -> int:
    """How many pages the search finds."""
    page.locator("input[name=query]").click()
    page.locator("input[name=query]").type(words, delay=30)
    page.wait_for_selector(".md-search-result__item", timeout=60_000)
    return page.locator(".md-search-result__item").count()


def test_search_finds_and_its_hit_opens(page, folder):
    faults = watched(page)
    page.goto((folder / "index.html").as_uri())
    assert hits(page, "paging") > 0
    page.locator(".md-search-result__link").first.click()
    page.wait_for_url(re.compile(r"\.html(\?|#|$)"))
    assert Path(unquote(urlsplit(page.url).path)).is_file()
    assert faults == []


def test_without_its_shim_search_asks_another_host(page, folder, tmp_path):
    """The planted fault: what the build would be if the offline plugin chose the script."""
    shutil.copytree(folder, tmp_path / "site")
    index = tmp_path / "site" / "index.html"
    text = index.read_text(encoding="utf-8")
    assert text.count(export.SHIM) == 1
    index.write_text(text.replace(export.SHIM, "https://unpkg.com/iframe-worker/shim"), encoding="utf-8")
    page.route("https://**", lambda route: route.abort())
    faults = watched(page)
    page.goto(index.as_uri())
    page.wait_for_timeout(500)
    assert any("unpkg.com" in fault for fault in faults)


@pytest.mark.parametrize(("address", "kind"), [("01_memory_bound.html", "roofline"), ("explorer.html", "explorer")])
def test_live_figures_work(page, folder, address, kind):
    faults = watched(page)
    open_live(page, (folder / address).as_uri(), kind)
    assert page.locator(".mb-live-svg text").count() > 10
    assert faults == []


def test_a_click_through_the_book_stays_in_the_folder(page, folder):
    faults = watched(page)
    page.goto((folder / "index.html").as_uri())
    page.locator("article a[href*='02_kv_cache']").first.click()
    page.wait_for_selector("#fig-kv_cache_growth")
    page.locator("article a.mb-num").first.click()
    page.wait_for_url(re.compile(r"numbers/\w+\.html#"))
    assert faults == []


def test_every_link_leads_to_a_file(folder):
    assert files_linked(folder) == []
    assert check(folder) == []


def test_a_link_to_a_folder_is_found(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "site")
    path = tmp_path / "site" / "explorer.html"
    path.write_text(path.read_text(encoding="utf-8").replace('href="index.html"', 'href="./"'), encoding="utf-8")
    assert any(fault.startswith("explorer.html") for fault in files_linked(tmp_path / "site"))


def files_linked(site: Path) -> list[str]:
    """Links of pages that lead to no file: a folder shows a list of files, not a page."""
    found = []
    for path in sorted(site.rglob("*.html")):
        for target in set(re.findall(r'<a\b[^>]*\shref="([^"#?]+)', path.read_text(encoding="utf-8"))):
            if not re.match(r"[a-z]+:", target) and not (path.parent / unquote(target)).is_file():
                found.append(f"{path.relative_to(site)}: {target}")
    return found


def test_what_lies_in_it(folder, root):
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert {"index.html", "llms.txt", "02_kv_cache.txt", "search/search_index.js", export.SHIM} <= names
    assert not {name for name in names if name.startswith(("sitemap", "404", "assets/cards"))}


def test_the_vendored_script_is_what_its_note_says(root):
    vendor = root / "generators" / "export" / "vendor"
    digest = hashlib.sha256((vendor / "iframe-worker.js").read_bytes()).hexdigest()
    assert digest in (vendor / "README.txt").read_text(encoding="utf-8")
    assert "MIT" in (vendor / "README.txt").read_text(encoding="utf-8")


def test_the_same_site_is_the_same_bytes(offline, root, tmp_path):
    again = export.make_offline(root, tmp_path / offline.name, str)
    assert again.read_bytes() == offline.read_bytes()


def test_an_archive_says_nothing_of_the_hour(tmp_path):
    for name in ("a", "b"):
        write_zip(tmp_path / name, [("x", b"1"), ("y", b"2")], EARLIEST)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    with zipfile.ZipFile(tmp_path / "a") as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_no_page_claims_an_address_that_the_site_does_not_have(folder):
    pages = sorted(folder.rglob("*.html"))
    assert len(pages) > 100
    assert [page.name for page in pages if 'rel="canonical"' in page.read_text(encoding="utf-8")] == []
