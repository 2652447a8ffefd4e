"""Gate: every address that the built site holds leads somewhere, wherever the site is put.

``generators/site/links.py`` follows the links of pages and the files they fetch, below a folder as an edition lies.  Here
stand the addresses that others read: search engines (canonical, site map), the search box, readers of previews, the page
for what is not found, and the links that live figures write while they run.
"""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree

from generators.core.chromium import CHROMIUM, FLAGS, served
from generators.site import links

_CANONICAL = re.compile(r'<link rel="canonical" href="([^"]*)"')
_META = re.compile(r'<meta (?:property|name)="(?P<name>[\w:]+)" content="(?P<value>https?://[^"]*)"')
_IDS = re.compile(r'\s(aria-labelledby|aria-describedby|aria-controls|aria-owns|headers)="([^"]*)"')
_DEFINED = re.compile(r'\sid="([^"]*)"')


def check(site: Path) -> list[str]:
    """Every address of the site that leads nowhere, one line each."""
    home = _home(site)
    if home is None:
        return ["index.html: no canonical address; wanted one that begins with site_url of mkdocs.yml"]
    found = [*links.check(site), *_map(site, home), *_search(site), *_missing(site, home)]
    for path in pages(site):
        found += _said_to_others(site, path, home)
        found += _named(path, path.relative_to(site).as_posix())
    return found


def pages(site: Path) -> list[Path]:
    """The pages of the site; the page for what is not found has no address of its own."""
    return sorted(site.rglob("index.html"))


def address(site: Path, path: Path) -> str:
    """The address of a page below the site."""
    return path.relative_to(site).as_posix().removesuffix("index.html")


def _home(site: Path) -> str | None:
    found = _CANONICAL.search((site / "index.html").read_text(encoding="utf-8"))
    return found[1] if found and found[1].endswith("/") else None


def _said_to_others(site: Path, path: Path, home: str) -> Iterator[str]:
    """Canonical address and previews of one page."""
    text, name = path.read_text(encoding="utf-8"), path.relative_to(site).as_posix()
    canonical, wanted = _CANONICAL.findall(text), home + address(site, path)
    if canonical != [wanted]:
        yield f"{name}: canonical address {', '.join(canonical) or 'none'}; wanted {wanted}"
    for meta in _META.finditer(text):
        if meta["name"] == "og:url" and meta["value"] != wanted:
            yield f"{name}: og:url {meta['value']}; wanted {wanted}"
        if not meta["value"].startswith(home):
            yield f"{name}: {meta['name']} {meta['value']} is on another host than {home}"
        elif links.target(site, meta["value"].removeprefix(home)) is None:
            yield f"{name}: {meta['name']} {meta['value']}, which is not in the site"


def _named(path: Path, name: str) -> Iterator[str]:
    """Ids that attributes name and the page does not have, so that a name or description is empty."""
    text = re.sub(r"<script\b.*?</script>", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    ids = set(_DEFINED.findall(text))
    for attribute, value in _IDS.findall(text):
        yield from (
            f"{name}: {attribute} names {one!r}, which the page does not have"
            for one in value.split()
            if one not in ids
        )


def _map(site: Path, home: str) -> Iterator[str]:
    """The site map against the pages that are there."""
    path = site / "sitemap.xml"
    if not path.is_file():
        yield "sitemap.xml: not there"
        return
    listed = [(one.text or "").strip() for one in ElementTree.parse(path).iter() if one.tag.endswith("}loc")]
    there = {home + address(site, page) for page in pages(site)}
    yield from (f"sitemap.xml: {one} stands twice" for one in sorted({o for o in listed if listed.count(o) > 1}))
    yield from (f"sitemap.xml: {one} is not a page of the site" for one in sorted(set(listed) - there))
    yield from (f"sitemap.xml: {one} is missing" for one in sorted(there - set(listed)))


def _search(site: Path) -> Iterator[str]:
    """Where the search box leads."""
    index = site / "search" / "search_index.json"
    places = (
        [row["location"] for row in json.loads(index.read_text(encoding="utf-8"))["docs"]] if index.is_file() else []
    )
    for place in places or ["(the index is empty)"]:
        yield from (f"search/search_index.json: {fault}" for fault in _place(site, place))


@cache
def _ids(path: Path) -> frozenset[str]:
    return frozenset(_DEFINED.findall(path.read_text(encoding="utf-8")))


def _place(site: Path, place: str) -> Iterator[str]:
    path, fragment = links.target(site, place), urlsplit(place).fragment
    if path is None:
        yield f"{place!r} is not in the site"
    elif fragment and fragment not in _ids(path):
        yield f"{place!r}: that page has no id {fragment!r}"


def _missing(site: Path, home: str) -> Iterator[str]:
    """The page for what is not found is shown at any address, so that its own must start at the root of the host."""
    path, root = site / "404.html", urlsplit(home).path
    if not path.is_file():
        yield "404.html: not there"
        return
    reader = links._Reader()
    reader.feed(path.read_text(encoding="utf-8"))
    for line, one in [*reader.document.loads, *reader.document.links]:
        if one.startswith(("#", "https://", "data:", "mailto:")):
            continue
        if not one.startswith(root):
            yield f"404.html:{line}: {one!r} is not below {root!r}, so it depends on the address that was not found"
        elif links.target(site, one.removeprefix(root)) is None:
            yield f"404.html:{line}: {one!r} is not in the site"


def check_live(site: Path) -> list[str]:
    """Links that live figures write, which stand in no file, followed like the others."""
    from playwright.sync_api import sync_playwright

    from tests.gates.axe import OPEN

    found: list[str] = []
    with served(site) as origin, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page()
        for path in [path for path in pages(site) if "<mb-live" in path.read_text(encoding="utf-8")]:
            name = path.relative_to(site).as_posix()
            page.goto(origin + address(site, path))
            found += [f"{name}: {fault}" for fault in [page.evaluate(OPEN)] if fault]
            for one in page.evaluate(
                "[...document.querySelectorAll('.mb-live-box a[href], mb-live a[href]')].map(a => a.href)"
            ):
                here = one.startswith(origin)
                found += (
                    [f"{name}: a live link to {fault}" for fault in _place(site, one.removeprefix(origin))]
                    if here
                    else []
                )
        browser.close()
    return found
