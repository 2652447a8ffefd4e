"""Live figures on every kind of host: from a folder, under a strict policy, in a versioned folder, with instant navigation."""
# ruff: noqa: F401, F811  (pytest finds fixtures by the names they are imported under)

import re
import shutil

import pytest
from test_browser import browser, origin, page, pytestmark

from generators.core.chromium import Quiet, served
from tests.live_pages import EXPLORER, FIRST, open_live, reach


@pytest.mark.parametrize(("address", "kind"), [(FIRST, "roofline"), (EXPLORER, "explorer")])
def test_it_works_from_a_folder(page, built_site, address, kind):
    open_live(page, (built_site / address / "index.html").as_uri(), kind)
    assert page.locator(".mb-live-svg text").count() > 10


class _Strict(Quiet):
    """A host that allows nothing but its own files; Material's own inline scripts and styles do not pass."""

    def end_headers(self) -> None:
        self.send_header(
            "Content-Security-Policy",
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'",
        )
        super().end_headers()


def test_a_strict_content_security_policy_holds_in_a_versioned_folder(page, built_site, tmp_path):
    shutil.copytree(built_site, tmp_path / "1.0")
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text) if message.type == "error" else None)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    with served(tmp_path, _Strict) as root:
        open_live(page, f"{root}1.0/{EXPLORER}", "explorer")
        with page.expect_download():
            page.get_by_role("button", name="Download PNG").click()
    assert [line for line in refused if "/assets/live/" in line] == []
    outside = [url for url in asked if not url.startswith((f"{root}1.0/", "data:", "blob:"))]
    assert [url for url in outside if "favicon" not in url] == []


def test_linked_data_is_no_script_to_a_strict_policy(page, built_site, tmp_path):
    """A block of data is not executed, so `script-src` does not refuse it; the same block as a script is refused."""
    text = (built_site / FIRST / "index.html").read_text(encoding="utf-8")
    lines = text.splitlines()
    (line,) = [number for number, words in enumerate(lines, 1) if "application/ld+json" in words]
    (tmp_path / "1.html").write_text(text, encoding="utf-8")
    (tmp_path / "2.html").write_text(text.replace(' type="application/ld+json"', ""), encoding="utf-8")
    page.add_init_script(
        "window.refused = []; document.addEventListener('securitypolicyviolation', e => refused.push(e.lineNumber))"
    )
    refused = {}
    with served(tmp_path, _Strict) as root:
        for name in ("1", "2"):
            page.goto(f"{root}{name}.html")
            page.wait_for_function("document.readyState === 'complete'")
            refused[name] = page.evaluate("new Promise(done => setTimeout(() => done(refused), 200))")
            if name == "1":
                data = page.evaluate("JSON.parse(document.querySelector('[type=\"application/ld+json\"]').textContent)")
    assert data["@type"] == "TechArticle"
    assert line not in refused["1"] and line in refused["2"]


def test_instant_navigation_starts_and_stops_figures(page, origin):
    """The site as Material's instant navigation makes it: there and back, one script, one figure.

    The feature is a word in each page's settings and needs a site map of the site's own address, so both are
    changed on their way to the browser instead of building the site once more.
    """

    def changed(route):
        answer = route.fetch()
        if "html" in answer.headers["content-type"]:
            found = answer.text()
            assert '"features": [' in found
            route.fulfill(response=answer, body=found.replace('"features": [', '"features": ["navigation.instant", '))
        elif route.request.url.endswith("sitemap.xml"):
            home = min(re.findall("<loc>(.*?)</loc>", answer.text()), key=len)  # a fork's may have a path
            route.fulfill(response=answer, body=answer.text().replace(f"<loc>{home}", f"<loc>{origin}"))
        else:
            route.fulfill(response=answer)

    page.route(f"{origin}**", changed)
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(origin)
    page.evaluate("window.stays = true")
    for _ in range(3):
        page.locator("article a[href*='01_memory_bound']").first.evaluate("link => link.click()")
        page.wait_for_selector("#fig-roofline_training_prefill_decode")
        reach(page, "roofline")
        page.go_back()
        page.wait_for_selector("mb-live[kind=roofline]", state="detached")
    assert page.evaluate("window.stays") is True, "the browser loaded a page anew, so nothing was tried"
    assert page.evaluate("document.querySelectorAll('script[src*=\"live/core.js\"]').length") <= 1
    assert faults == []
