"""Text twins and `llms.txt`: every page has one, with the page's own numbers, and nothing in it that only a browser reads."""

import html
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import pytest

from generators.site.plain_text import plain_text

_TAG = re.compile(r"</?[a-z][a-z0-9]*(?:\s[^<>]*)?/?>|&[a-z]+;|&#\d+;|<!--")
_ATTRIBUTES = re.compile(r"\{[:.#][^{}\n]*\}|\{ (?:\.|rel=|download|loading)[^{}\n]*\}")
_CODE = re.compile(r"^```.*?^```|`[^`\n]+`|\$\$.*?\$\$|\$[^$\n]+\$", re.MULTILINE | re.DOTALL)
_FORMULA = re.compile(r"^\$\$\n.*?\n\$\$$", re.MULTILINE | re.DOTALL)
_FIGURE = re.compile(r"^!\[([^\n]*?)\]\([^)\s]*vis/[^)\s]*\.svg\)$", re.MULTILINE)
_LINK = re.compile(r"\]\(([^)\s]+)\)|^Data: (\S+)$", re.MULTILINE)


class _Page(HTMLParser):
    """The addresses of a page's twin and the numbers that it shows."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.plain_texts, self.numbers, self.inside, self.asks = [], [], False, False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.asks = self.asks or (tag == "link" and given.get("rel") == "alternate")
        if (tag == "link" and "alternate" in given.get("rel", "").split() and given.get("type") == "text/plain") or (
            tag == "a" and re.search(r"(?<!llms)(?<!llms-full)\.txt$", given.get("href", ""))
        ):
            self.plain_texts.append(given["href"])
        if tag == "a" and "mb-num" in given.get("class", "").split():
            self.inside = True
            self.numbers.append("")

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag != "a"

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.numbers[-1] += data


def faults(site: Path) -> list[str]:
    """Every fault of a built site's twins, one line each."""
    found, plain_texts = [], set()
    for path in sorted(site.rglob("index.html")):
        page, name = _Page(path.read_text(encoding="utf-8")), path.relative_to(site).as_posix()
        addresses = {urljoin(f"site:///{name}".replace("site:", "http:"), address) for address in page.plain_texts}
        if len(page.plain_texts) < 2 or len(addresses) != 1:
            found.append(
                f"{name}: names {len(page.plain_texts)} twins at {len(addresses)} addresses, wanted one, twice"
            )
            continue
        if page.asks:
            found.append(
                f"{name}: for a link whose rel is exactly alternate, Material asks for a sitemap beside its address"
            )
        text = site / unquote(urlsplit(addresses.pop()).path).lstrip("/")
        if not text.is_file():
            found.append(f"{name}: its twin {text.relative_to(site)} is not there")
            continue
        plain_texts.add(text)
        found += _numbers(name, page.numbers, text.read_text(encoding="utf-8"))
    for text in sorted(plain_texts | {site / "llms.txt", site / "llms-full.txt"}):
        found += _text(site, text)
    return found + _listed(site, plain_texts)


def _numbers(name: str, numbers: list[str], text: str) -> list[str]:
    """The page's numbers stand in its twin, in the page's order."""
    place, words = 0, re.sub(r"\s+", " ", text)
    for number in numbers:
        at = words.find(" ".join(number.split()), place)
        if at < 0:
            return [f"{name}: its twin lacks {number!r}, or has it elsewhere"]
        place = at + len(number)
    return []


def _text(site: Path, path: Path) -> list[str]:
    """A twin is text: no tags, entities or attributes outside code, and links that lead to files of the site."""
    text, name = path.read_text(encoding="utf-8"), path.relative_to(site).as_posix()
    bare = _CODE.sub("", text)
    found = [
        f"{name}: {match[0]!r} is left of the page"
        for pattern in (_TAG, _ATTRIBUTES)
        for match in pattern.finditer(bare)
    ]
    if not text.startswith("# "):
        found.append(f"{name}: begins with {text[:20]!r}, wanted its title")
    for match in _LINK.finditer(bare) if path.name != "llms-full.txt" else ():
        target = match[1] or match[2]
        if not target.startswith(("https:", "http:")) and not (path.parent / target).is_file():
            found.append(f"{name}: link to {target}, which is not in the site")
    return found


def written(site: Path, docs: Path) -> list[str]:
    """A committed page's formulas stand in its twin as TeX, and its figures as their words."""
    found = []
    for path in sorted(docs.rglob("*.md")):
        name = path.relative_to(docs).with_suffix(".txt").as_posix()
        source, text = path.read_text(encoding="utf-8"), (site / name).read_text(encoding="utf-8")
        found += [f"{name}: lacks the formula {tex[:40]!r}" for tex in _FORMULA.findall(source) if tex not in text]
        words = (html.unescape(alt) for alt in _FIGURE.findall(_CODE.sub("", source)))
        found += [f"{name}: lacks the words {alt[:40]!r}" for alt in words if f"Figure: {alt}\nData: " not in text]
    return found


def _listed(site: Path, plain_texts: set[Path]) -> list[str]:
    lines = (site / "llms.txt").read_text(encoding="utf-8").splitlines()
    listed = [match[1] for line in lines if (match := re.match(r"- \[.+?\]\((\S+\.txt)\): \S.+$", line))]
    wanted = sorted(path.relative_to(site).as_posix() for path in plain_texts)
    return [
        f"llms.txt: lists {name} {listed.count(name)} times, wanted once"
        for name in sorted({*wanted, *listed})
        if listed.count(name) != 1 or name not in wanted
    ]


def test_every_page_has_a_text_twin(built_site):
    assert faults(built_site) == []


def test_formulas_stay_tex_and_figures_become_words(built_site, root):
    assert written(built_site, root / "docs") == []


def test_the_book_in_one_file_holds_every_chapter(built_site, root):
    text = (built_site / "llms-full.txt").read_text(encoding="utf-8")
    for path in sorted((root / "docs").glob("[0-9][0-9]_*.md")):
        assert (built_site / f"{path.stem}.txt").read_text(encoding="utf-8") in text
    assert "# Notation\n" in text


#: Faults, each in a file of its own, and what is told of each.
PLANTED = [
    (
        "01_memory_bound.txt",
        "153 FLOP/byte",
        "154 FLOP/byte",
        "01_memory_bound/index.html: its twin lacks '153 FLOP/byte'",
    ),
    ("02_kv_cache.txt", "# The KV cache", "# The KV cache\n\n<b>bold</b>", "02_kv_cache.txt: '<b>' is left"),
    ("03_prefill_and_decode.txt", ".csv", ".csw", ".csw, which is not in the site"),
    ("04_batching.txt", "$$", "", "04_batching.txt: lacks the formula"),
    ("05_overhead.txt", "Figure: ", "", "05_overhead.txt: lacks the words"),
    ("06_roofline.txt", None, None, "06_roofline.txt is not there"),
    ("llms.txt", "(07_smaller_models.txt)", "(07_smaller.txt)", "lists 07_smaller_models.txt 0 times"),
    ("reference/sources.txt", "# Sources", "Sources { .x }", "reference/sources.txt: begins with 'Sources { .x }"),
    ("02_kv_cache/index.html", 'rel="alternate "', 'rel="alternate"', "02_kv_cache/index.html: for a link whose rel"),
]


def test_planted_faults_are_found(built_site, root, tmp_path):
    site = tmp_path / "site"
    shutil.copytree(built_site, site)
    for name, old, new, _ in PLANTED:
        text = (site / name).read_text(encoding="utf-8")
        if old is None:
            (site / name).rename(site / "gone")
        else:
            assert old in text, name
            (site / name).write_text(text.replace(old, new), encoding="utf-8")
    reported = faults(site)
    (site / "gone").rename(site / "06_roofline.txt")
    reported += written(site, root / "docs")
    assert [said for *_, said in PLANTED if not any(said in line for line in reported)] == []


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("A [9 GB](reference/numbers.md#a.b) of \\$5.", "A 9 GB of $5."),
        ("![Words, 3 GB.](vis/x.svg)\n<!-- widget: kv -->", "Figure: Words, 3 GB.\nData: vis/x.csv"),
        (
            "[x](02_kv_cache.md#y), [y](#z), [s](https://a.example/b)",
            "[x](02_kv_cache.txt), y, [s](https://a.example/b)",
        ),
        ('| <a id="n.m"></a>3 GB | a&#124;b |', "| `n.m` 3 GB | a\\|b |"),
        ("$a_{b}$ and `<id>` &#60;3", "$a_{b}$ and `<id>` <3"),
        ('<details markdown="1">\n<summary>Answer</summary>\n\nYes.\n\n</details>', "**Answer**\n\nYes."),
    ],
)
def test_what_becomes_of_markdown(written, wanted):
    assert plain_text("---\ntitle: x\n---\n# T\n\n" + written, "01_memory_bound.md") == f"# T\n\n{wanted}\n"
