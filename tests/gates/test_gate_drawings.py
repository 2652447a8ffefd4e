"""Gate: every drawing of the built site is sound, in its page and as a file; each fault planted in one is found."""

import re
from collections import Counter

import pytest

from tests.conftest import ROOT
from tests.gates import drawings
from vis._palette import PALETTE


def test_drawings_of_the_site(site) -> None:
    assert drawings.check(site) == []
    figures = {path.name for path in (ROOT / "docs" / "vis").glob("*.svg")}
    assert {path.name for path in (site / "vis").glob("*.svg")} == figures
    met = Counter(
        name
        for path in site.rglob("index.html")
        for name in re.findall(r'aria-labelledby="(\w+)(?:-n)?-title', path.read_text(encoding="utf-8"))
    )
    few = sorted(name for name in {one.split(".")[0] for one in figures} if met[name] < 2)
    assert few == [], "the gate must have met both forms of every drawing in a page"


@pytest.fixture(scope="module")
def chapter(site) -> str:
    """A page with drawings in it."""
    return (site / "01_memory_bound" / "index.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def file(site) -> str:
    """A drawing as a reader downloads it."""
    return (site / "vis" / "decode_step_to_scale.svg").read_text(encoding="utf-8")


SVG = r'(<svg [^>]*aria-labelledby="decode_step_to_scale-title decode_step_to_scale-desc"[^>]*)>'
IN_PAGE = [
    (SVG + r"(?=<title)", r"\1><style>g{fill:red}</style>", "a <style>"),
    (
        r'(aria-labelledby="decode_step_to_scale-title[^>]*>)',
        r'\1<g id="memory_bandwidth_bottleneck-title"/>',
        "stands twice on the page",
    ),
    (r'id="decode_step_to_scale-desc"', 'id="batching"', "stands twice on the page"),
    (r'(<desc id="decode_step_to_scale-desc">)[^<]*', r"\1Short.", "<desc> missing or shorter"),
    (r'<title id="decode_step_to_scale-title">[^<]*</title>', "", "<title> missing"),
    (r'role="img" (aria-labelledby="decode_step_to_scale-title)', r"\1", "role None"),
    (r'viewBox="[^"]*"([^>]*decode_step_to_scale-title)', r"\1", "viewBox None"),
    (
        r"(decode_step_to_scale-title[^>]*>)(?=<title)",
        r'\1<rect style="fill: #ff0000"/>',
        "colour #ff0000 does not follow",
    ),
    (r"(decode_step_to_scale-title[^>]*>)(?=<title)", r'\1<rect fill="red"/>', "colour red does not follow"),
    (
        r"(decode_step_to_scale-title[^>]*>)(?=<title)",
        r'\1<rect style="fill: var(--mb-nosuch)"/>',
        "colour var(--mb-nosuch) does not follow",
    ),
    (r"(decode_step_to_scale-title[^>]*>)(?=<title)", r'\1<image href="data:image/png;base64,AA"/>', "a <image>"),
    (
        r"(decode_step_to_scale-title[^>]*>)(?=<title)",
        r'\1<rect clip-path="url(#nowhere)"/>',
        "names '#nowhere', which it does not have",
    ),
    (
        r"(decode_step_to_scale-title[^>]*>)(?=<title)",
        r'\1<rect clip-path="url(#batching)"/>',
        "names '#batching', which",
    ),
    (r"(decode_step_to_scale-title[^>]*>)(?=<title)", r'\1<rect onload="x()"/>', "a handler"),
    (r"(decode_step_to_scale-title[^>]*>)(?=<title)", r'\1<text style="font: 7px sans">small</text>', "of 7.0 points"),
    (r'(aria-labelledby="decode_step_to_scale-title)', r'width="700" \1', "a width or height"),
    (r"(decode_step_to_scale-title[^>]*>)(?=<title)", r"\1<g>", "not readable as XML"),
]


def test_drawings_of_a_sound_chapter_and_file(chapter, file) -> None:
    assert list(drawings.inlined(chapter, "p")) == [] and list(drawings.download(file.encode(), "f")) == []


@pytest.mark.parametrize("pattern, new, message", IN_PAGE, ids=[message for *_, message in IN_PAGE])
def test_drawings_planted_in_a_page(chapter, pattern, new, message) -> None:
    planted, times = re.subn(pattern, new, chapter, count=1)
    assert times == 1
    found = list(drawings.inlined(planted, "p"))
    assert any(message in line for line in found), found


DARK = PALETTE["ink"][1]
IN_FILE = [
    ("</svg>", '<rect style="fill: var(--mb-ink)"/></svg>', "var(--mb-ink) without a fallback"),
    ("</svg>", f"<desc>{'x' * 30_000}</desc></svg>", "wanted at most 30000"),
    ("</svg>", '<g id="decode_step_to_scale-title"/></svg>', "stands twice"),
    ("<style>", "<style>@import 'a.css';", "a rule that fetches"),
    (DARK, "#123456", "colour #123456 of its rules"),
    ("</svg>", '<rect fill="#123456"/></svg>', "colour #123456 is not in the palette"),
    ("</svg>", '<use xlink:href="other.svg#a"/></svg>', "names 'other.svg#a' outside itself"),
    ("</svg>", '<rect style="fill: url(https://o.example/a)"/></svg>', "outside itself"),
    ("</svg>", "<script>x()</script></svg>", "a <script>"),
    ("prefers-color-scheme", "prefers-contrast", "no rules for dark"),
    ("viewBox", "viewbox", "viewBox None"),
    ("</svg>", "", "not readable as XML"),
]


@pytest.mark.parametrize("old, new, message", IN_FILE, ids=[message for *_, message in IN_FILE])
def test_drawings_planted_in_a_file(file, old, new, message) -> None:
    assert old in file
    found = list(drawings.download(file.replace(old, new, 1).encode(), "f"))
    assert any(message in line for line in found), found


def test_drawings_miss_their_files(small_site) -> None:
    assert drawings.check(small_site) == ["vis: no drawing there; wanted one for each figure"]
