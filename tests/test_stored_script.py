"""A script and a foreign image in every text of every kind of data file: refused where they enter, inert where they stand.

The door (`generators/catalog`) refuses them first; the second half of this file takes the door off a copy of the book,
plants everywhere at once, runs `write` and the build, and looks at what came out, as parsed and in a browser.
"""

import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from generators.catalog.accelerator import Accelerator
from generators.catalog.annotation import Annotation
from generators.catalog.contributor import Contributor
from generators.catalog.erratum import Erratum
from generators.catalog.llm import LanguageModel
from generators.catalog.number_format import NumberFormat
from generators.catalog.published import Published
from generators.catalog.source import Source
from generators.core import chromium
from generators.site.links import check
from generators.validate import validate_data
from tests.clones import an_untrusted_record, change, clone
from tests.conftest import build_fault, few_pages

pytestmark = pytest.mark.usefixtures("read_once")

#: Each kind of TOML file, with one that is there.
KINDS = {
    "data/accelerators/a100-sxm4-80gb.toml": Accelerator,
    "data/models/llama-2-7b.toml": LanguageModel,
    "data/formats.toml": NumberFormat,
    "data/sources.toml": Source,
    "data/published/chapter1.toml": Published,
    "data/contributors.toml": Contributor,
    "data/errata.toml": Erratum,
    "data/records.toml": Annotation,
}
#: Texts that are ids, values or dates: what is no id, value or date is refused with another reason.
NO_WORDS = {
    "id",
    "source",
    "value",
    "url",
    "published",
    "accessed",
    "accelerator",
    "model",
    "format",
    "found_in",
    "mended_in",
    "place",
    "reported",
    "role",
    "file",
    "mean_of",
}
#: And texts too short, or too narrow, for what is planted, whether the door is on or off.
SHORT = {"data/records.toml": ("label =", "name =")}
SCRIPT = "<script>planted()</script><img src=https://planted.example/x.png onerror=planted()></desc></title></script>"
LINKS = "![p](https://planted.example/y.png) [p](javascript:planted()) &lt;b onload=planted()&gt; `q` {{ planted }}"
WORDS = "a | b [x](javascript:alert(1)) &lt;script&gt;alert(2)&lt;/script&gt; `c` *d* {{ e }} $f$"
ATTRIBUTES = "{: .planted onclick=planted() }"
ERRATUM = """[one]
found_in = "0.1.0"
place = "01_memory_bound"
said = "what it said"
correct = "what is right"
reported_by = "a reader"
reported = 2026-11-24
"""


def words_of(kind):
    """The names of a kind's text fields, its inner tables' included, from the schema itself."""
    schema = kind.model_json_schema()
    found = set()
    for part in (schema, *schema.get("$defs", {}).values()):
        for name, field in part.get("properties", {}).items():
            if any(one.get("type") == "string" and "enum" not in one for one in (field, *field.get("anyOf", ()))):
                found.add(name)
    return found - NO_WORDS


def texts(path, kind, text):
    """Every text of a TOML file that holds words, as matches whose group 1 is the text."""
    names = "|".join(sorted(words_of(kind)))
    listed = "|^  " if kind is Annotation else ""  # its paragraphs stand in a list, one a line
    found = list(re.finditer(rf'(?:(?<![\w-])(?:{names}) = {listed})"((?:[^"\\\n]|\\.)*)"', text, re.MULTILINE))
    assert found or path.endswith("errata.toml"), f"{path} holds no words"
    return found


def kind_of(path):
    """The kind of a TOML file, by its folder or name."""
    return next(
        (
            kind
            for one, kind in KINDS.items()
            if path == one or path.rsplit("/", 1)[0] == one.rsplit("/", 1)[0] != "data"
        ),
        None,
    )


@pytest.mark.parametrize("saying", [SCRIPT, LINKS, ATTRIBUTES], ids=["script", "links", "attributes"])
@pytest.mark.parametrize("path", KINDS)
def test_markup_is_refused_in_every_text_of_every_kind(data_copy, path, saying):
    if path.endswith("errata.toml"):
        (data_copy / path).write_text(ERRATUM)
    whole = (data_copy / path).read_text(encoding="utf-8")
    matches = {match.start(): match for match in texts(path, KINDS[path], whole)}
    for at in sorted(matches, reverse=True):
        end = matches[at].end(1)
        whole = f"{whole[:end]} {saying}{whole[end:]}"
    (data_copy / path).write_text(whole, encoding="utf-8")
    found = [str(error) for error in validate_data(data_copy) if path in str(error)]
    for name in {match[0].partition(" ")[0] or "text" for match in matches.values()}:
        assert any(f"{name}: found" in line and "wanted" in line for line in found), (name, found)


@pytest.fixture(scope="module")
def planted_site(tmp_path_factory, begin_warm):
    """The site of a copy of the book whose door is off and whose every text holds what would run."""
    pytest.importorskip("mkdocs", reason="the site's packages are not installed (dependency group site)")
    root = begin_warm(clone(tmp_path_factory.mktemp("planted") / "book"))
    change(root, "generators/catalog/bounds.py", "MARKUP.search(value)", "False")
    change(root, "generators/catalog/record_field.py", "not NAME.fullmatch(value) or len(value) > 80", "False")
    change(root, "generators/catalog/record_field.py", 'or "<" in value or ">" in value', "")
    change(root, "generators/catalog/accelerator.py", "Field(max_length=18)", "Field()")
    change(root, "generators/catalog/accelerator.py", 'r"(?:HBM', 'r".*|(?:HBM')
    # One form of each figure stands for both, since both hold the same words, and few pages of each template for all.
    forms = '((False, ".svg"), (True, ".narrow.svg"))'
    change(root, "generators/weave/figures.py", forms, '((True, ".narrow.svg"),)')
    table = 'texts[base + ".csv"] ='
    change(root, "generators/weave/figures.py", table, f'texts[base + ".svg"] = texts[base + ".narrow.svg"]; {table}')
    few_pages(root)
    (root / "data/errata.toml").write_text(ERRATUM)
    count = sum(plant(root, path) for path in sorted((root / "data").rglob("*.toml")))
    count += sum(plant_json(path) for path in sorted((root / "data").rglob("*.json")))
    assert count > 1000
    an_untrusted_record(root, note=WORDS)
    for command in (["generators", "write"], ["generators", "validate"]):
        done = subprocess.run(
            [sys.executable, "-m", *command],
            cwd=root,
            env=os.environ | {"PYTHONPATH": str(root)},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    assert build_fault(root / "site", root) == ""
    return root / "site"


def test_an_untrusted_words_stay_words_on_the_site(planted_site):
    """What passes the door, since it is no markup of a page, is none in Markdown either."""
    (page,) = (planted_site / "reference/records").glob("x-y--*/index.html")
    text = page.read_text(encoding="utf-8")
    assert "alert(2)" in text and "<script>alert" not in text
    assert 'href="javascript' not in text and "<em>d</em>" not in text
    assert [problem for problem in check(planted_site) if "x-y--" in problem] == []


def plant(root, path):
    """Plant into every text of a TOML file; how many there were."""
    name, text = path.relative_to(root).as_posix(), path.read_text(encoding="utf-8")
    if kind_of(name) is None:
        return 0  # the rules of config files, which only the book's own code is written by
    matches = [match for match in texts(name, kind_of(name), text) if not match[0].startswith(SHORT.get(name, ()))]
    for number, match in enumerate(reversed(matches)):
        saying = (SCRIPT, LINKS, ATTRIBUTES)[number % 3] + (ATTRIBUTES if number % 2 else "")
        printed = match[0].startswith("as_printed")  # what follows its number would be taken for the number's unit
        before, after = (f"{saying} ", "") if printed else ("", f" {saying}")
        text = f"{text[: match.start(1)]}{before}{match[1]}{after}{text[match.end(1) :]}"
    path.write_text(text, encoding="utf-8")
    return len(matches)


def plant_json(path):
    """Plant into the words of a record or a prediction; how many there were."""
    row, count = json.loads(path.read_text(encoding="utf-8")), 0
    saying = f"{SCRIPT} {LINKS} {ATTRIBUTES}"
    for field in {"basis", "note", "command"} & row.keys():
        row[field], count = f"{row[field]} {saying}", count + 1
    for key, value in row.get("environment", {}).items():
        if isinstance(value, str) and "/" not in value and key != "status":
            row["environment"][key], count = f"{value} {saying}", count + 1
    for case in row.get("cases", ()):
        if case.get("reason"):
            case["reason"], count = f"{case['reason']} {saying}", count + 1
    path.write_text(json.dumps(row), encoding="utf-8")
    return count


class Doings(HTMLParser):
    """What of the planted words became an element, an attribute that acts, or an address."""

    def __init__(self):
        super().__init__()
        self.found, self.script = [], None

    def handle_starttag(self, tag, attrs):
        self.script = dict(attrs).get("type") or "" if tag == "script" else None
        for name, value in attrs:
            acts = name.startswith("on") or name in ("href", "src", "srcset", "action", "style", "data")
            if "planted" in tag + name or (acts and re.search(r"planted[.(]", value or "")) or value == "planted":
                self.found.append(f"<{tag} {name}={value}>")

    def handle_data(self, data):
        if self.script not in (None, "application/ld+json", "application/json") and "planted" in data:
            self.found.append(f"script: {data[:80]}")


def doings(text):
    """The same of a whole page."""
    reader = Doings()
    reader.feed(text)
    return reader.found


@pytest.mark.parametrize(
    "text",
    [
        "<img src=https://planted.example/x>",
        "<b onclick='planted()'>x</b>",
        "<script>planted()</script>",
        "<p class=planted>",
    ],
)
def test_a_planted_element_is_seen(text):
    assert doings(text)


def test_nothing_planted_became_an_element(planted_site):
    reported, found = 0, []
    for path in sorted(planted_site.rglob("*")):
        name = path.relative_to(planted_site).as_posix()
        if path.suffix == ".html":
            text = path.read_text(encoding="utf-8")
            reported += text.count("planted")
            found += [f"{name}: {one}" for one in doings(text)]
        elif path.suffix == ".svg" and not name.startswith("assets"):
            for element in ElementTree.parse(path).iter():
                acts = [value for key, value in element.attrib.items() if "planted" in key + value]
                found += [f"{name}: {element.tag} {acts}"] if acts or element.tag.endswith(("script", "image")) else []
    assert found == []
    assert reported > 1000, "the words were planted nowhere"


def test_nothing_planted_runs_or_asks_another_host(planted_site):
    if why := chromium.missing():
        pytest.skip(why)
    from playwright.sync_api import sync_playwright

    pages = [path.relative_to(planted_site).as_posix() for path in sorted(planted_site.rglob("index.html"))]
    rows = [
        page for page in pages if re.match(r"reference/(?:accelerators|models|figures|records|predictions)/.", page)
    ]
    shown = [page for page in pages if page not in rows] + rows[::6]
    with sync_playwright() as play, chromium.served(planted_site) as address:
        browser = play.chromium.launch(executable_path=chromium.CHROMIUM, args=chromium.FLAGS)
        page, asked = browser.new_page(), []
        page.add_init_script("window.planted = () => { window.ran = true; }")
        page.on("request", lambda request: asked.append(request.url))
        ran = []
        for one in shown:
            page.goto(address + one.removesuffix("index.html"), wait_until="load")
            ran += [one] if page.evaluate("window.ran === true") else []
        page.goto(f"{address}explorer/", wait_until="load")
        page.wait_for_selector("select")
        page.fill("[data-md-component=search-query]", "planted")
        page.wait_for_selector(".md-search-result__item")
        ran += ["search"] if page.evaluate("window.ran === true") else []
        browser.close()
    assert ran == []
    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []
