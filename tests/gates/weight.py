"""Gate: no page is heavier than its budget, on the wire of a browser and by its files."""

import re
from fnmatch import fnmatch
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

from generators.browser.scripts import CORE, KINDS
from generators.site.links import _CSS_URL, _Reader
from tests.gates.axe import pages
from tests.gates.host import size
from tests.gates.loads import Loads

KB = 1000
_LATER = re.compile(r'<img\b[^>]*\sloading="lazy"[^>]*>')
#: The most that a page may cost to see for the first time, compressed, with all it loads by itself and its live figures.
#: The first row that fits a page's address holds.
BUDGETS = [
    ("[0-9][0-9]_*/", 250 * KB, "a chapter: text, drawings, the formulas' font (68 kB) and a live figure (20 kB)"),
    ("explorer/", 170 * KB, "the explorer, and the browser probe above it (9 kB)"),
    ("reference/notation/", 160 * KB, "the formulas' font, and every symbol"),
    ("reference/numbers/*", 130 * KB, "the numbers of one page, each with its derivation; the frame is 71 kB of it"),
    ("reference/figures/", 150 * KB, "a small picture of each figure"),
    ("reference/sources/", 110 * KB, "every source"),
    ("reference/published/", 110 * KB, "every published result"),
    ("reference/records/*", 110 * KB, "a record with every case"),
    ("", 120 * KB, "the front page, with the browser probe (30 kB), which loads when a reader comes near it"),
    ("*", 100 * KB, "any other page: the frame is 71 kB of it"),
]


def budget(address: str) -> int:
    """What a page may cost, bytes."""
    return next(most for pattern, most, _ in BUDGETS if fnmatch(address, pattern))


def check(site: Path) -> list[str]:
    """Pages over budget by what their files name, one line each: a page, its style sheets, scripts, fonts, pictures."""
    found = []
    for address in pages(site):
        parts = {path: size(path) for path in _files(site, address)}
        found += _over(
            address, {path.relative_to(site).as_posix(): bytes_ for path, bytes_ in parts.items()}, "by files"
        )
    return found


def reported(loads: dict[str, Loads]) -> list[str]:
    """Pages over budget by what Chromium fetched, one line each."""
    return [fault for address, one in loads.items() for fault in _over(address, one.weights, "in Chromium")]


def _over(address: str, parts: dict[str, int], how: str) -> list[str]:
    most, whole = budget(address), sum(parts.values())
    if whole <= most:
        return []
    largest = sorted(parts.items(), key=lambda part: -part[1])[:3]
    named = ", ".join(f"{name or 'index.html'} {bytes_ / KB:.1f}" for name, bytes_ in largest)
    return [
        f"{address or 'index.html'}: {whole / KB:.1f} kB {how}, wanted at most {most / KB:.0f}; largest: {named} kB"
    ]


def _files(site: Path, address: str) -> set[Path]:
    """The files that a page loads for its first view, and those of its live figures.

    Of pictures that load as a reader comes near, only a browser knows which the first view has.
    """
    page = site / address / "index.html" if not address.endswith(".html") else site / address
    text = page.read_text(encoding="utf-8")
    found = {page} | {_at(site, page, one) for one in _loaded(_LATER.sub("", text))}
    for kind in re.findall(r'<mb-live kind="([\w-]+)"', text):
        found |= {site / "assets" / "live" / f"{name}.js" for name in (CORE, KINDS[kind])}
    for sheet in [path for path in found if path.suffix == ".css"]:
        css = sheet.read_text(encoding="utf-8")
        fonts = [one[0] or one[1] for one in _CSS_URL.findall(css)] if "<math" in text else []
        found |= {_at(site, sheet, one) for one in fonts if not one.startswith("data:")}
    return {path for path in found if path.is_file()}


def _loaded(text: str) -> list[str]:
    """Addresses of the page that a browser fetches by itself; of icons, one is shown."""
    reader = _Reader()
    reader.feed(text)
    kept = [one for _, one in reader.document.loads if "apple-touch" not in one and "favicon-32" not in one]
    return [one for one in kept if not one.startswith(("data:", "http:", "https:", "//"))]


def _at(site: Path, base: Path, address: str) -> Path:
    """The file of an address as a page or style sheet names it."""
    start = "/" + base.relative_to(site).as_posix()
    return site / unquote(urlsplit(urljoin(start, address)).path).lstrip("/")
