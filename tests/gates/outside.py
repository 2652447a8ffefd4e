"""Gate: no page asks another host for anything, neither as its files say nor as it runs."""

import re
from collections.abc import Iterator
from pathlib import Path

from generators.site import links
from tests.gates.loads import Loads

_CSS = re.compile(r"""(?:url\(\s*|@import\s+)['"]?((?:https?:)?//[^'")\s]+)""", re.IGNORECASE)
_SCRIPT = re.compile(r"""['"`]((?:https?:|wss?:)?//[\w-][^'"`\s]*)""")
_INLINE = re.compile(r"<script(?![^>]*\b(?:src=|type=\"application/))[^>]*>(.*?)</script>", re.DOTALL)
_STYLE = re.compile(r"<style[^>]*>(.*?)</style>|\sstyle=\"([^\"]*)\"", re.DOTALL)
#: Names that look like addresses and are never fetched: the namespaces of SVG, MathML and links within SVG.
NAMES = re.compile(r"http://www\.w3\.org/\d{4}/\w|http://www\.w3\.org/\d{4}$|http://www\.w3\.org/(1998|1999|2000)/")


def check(site: Path) -> list[str]:
    """Every address of another host that a page, a style sheet or a script of the book would fetch, one line each."""
    found = [fault for fault in links.check(site) if "another host" in fault]
    for path in sorted(site.rglob("*")):
        name = path.relative_to(site).as_posix()
        if path.suffix == ".html":
            found += _page(name, path.read_text(encoding="utf-8"))
        elif path.suffix == ".css":
            found += (f"{name}: fetches {one}" for one in _CSS.findall(path.read_text(encoding="utf-8")))
        elif path.suffix == ".js" and not name.startswith("assets/javascripts/"):
            found += _script(name, path.read_text(encoding="utf-8"))
    return found


def _page(name: str, text: str) -> Iterator[str]:
    for script in _INLINE.findall(text):
        yield from _script(f"{name} (inline script)", script)
    for style in _STYLE.findall(text):
        yield from (f"{name} (inline style): fetches {one}" for one in _CSS.findall("".join(style)))


def _script(name: str, text: str) -> list[str]:
    """The theme's own scripts name hosts that only settings of ours would have them ask; `reported` sees those at work."""
    return [f"{name}: names {one}" for one in _SCRIPT.findall(text) if not NAMES.match(one)]


def reported(loads: dict[str, Loads]) -> list[str]:
    """Every request to another host that Chromium made on a page, and pages that did not come alive, one line each."""
    asked = [f"{page or 'index.html'}: asks {url}" for page, one in loads.items() for url in one.outside]
    return asked + [f"{page or 'index.html'}: {one.fault}" for page, one in loads.items() if one.fault]
