"""What a page's head tells others: cards only where they are drawn, linked data that is valid and cannot be broken out of."""

import html
import json
import re
from collections import defaultdict
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from generators.core.errors import BookError, BookErrors
from generators.core.escape import front_matter
from generators.pictures.picture import CARD_SIZE, keep, place
from generators.site import cards, cited_work, linked_data
from generators.site.cards import Material, card_of, card_path, is_page
from generators.site.head import with_heads
from generators.site.page import Page
from generators.site.tree import material_and_pages
from tests.begun import DRAWN, SITE
from tests.conftest import ROOT
from tests.schema_terms import faults
from tests.test_site_reference import record

HOSTILE = '</script><script>alert(1)</script><!-- " \\ \u2028 \x7f <site> \0site\0 😀'


class Head(HTMLParser):
    """The metadata, links and linked data of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.meta: dict[str, str] = {}
        self.links: dict[str, list[str]] = defaultdict(list)
        self.scripts: list[tuple[str, str]] = []
        self._open: str | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        reported = {key: value or "" for key, value in attrs}
        if tag == "meta":
            self.meta.setdefault(reported.get("property") or reported.get("name", ""), reported.get("content", ""))
        if tag == "link":
            self.links[reported.get("rel", "")].append(reported.get("href", ""))
        self._open = reported.get("type", "") if tag == "script" else None
        if tag == "script":
            self.scripts.append((self._open or "", ""))

    def handle_data(self, data: str) -> None:
        if self._open is not None:
            kind, before = self.scripts[-1]
            self.scripts[-1] = (kind, before + data)

    def handle_endtag(self, tag: str) -> None:
        self._open = None

    @property
    def data(self) -> list[dict]:
        return [json.loads(text) for kind, text in self.scripts if kind == "application/ld+json"]


def heads(site: Path) -> dict[str, Head]:
    return {path.relative_to(site).as_posix(): Head(path.read_text(encoding="utf-8")) for path in site.rglob("*.html")}


@pytest.fixture(scope="module")
def carded(begun_book) -> Path:
    """A site under a version of its own, built where four cards are drawn and the others are not."""
    return begun_book / "site"


@pytest.fixture(scope="module")
def carded_heads(carded) -> dict[str, Head]:
    return heads(carded)


def test_a_drawn_card_is_named_with_its_absolute_address(carded, carded_heads) -> None:
    from PIL import Image

    with_card = {path: head for path, head in carded_heads.items() if "og:image" in head.meta}
    assert set(with_card) == {linked_data.address(path) + "index.html" for path in DRAWN}
    for path, head in with_card.items():
        image = head.meta["og:image"]
        assert image.startswith(f"{SITE}assets/cards/") and head.meta["twitter:card"] == "summary_large_image"
        with Image.open(carded / image.removeprefix(SITE)) as drawn:
            assert drawn.size == CARD_SIZE == (int(head.meta["og:image:width"]), int(head.meta["og:image:height"]))
        assert 20 < len(head.meta["og:image:alt"]) <= 420, path
    assert len(list((carded / "assets" / "cards").iterdir())) == len(DRAWN)


def test_without_a_card_nothing_names_one(carded_heads) -> None:
    head = carded_heads["explorer/index.html"]
    assert head.meta["twitter:card"] == "summary" and not [key for key in head.meta if key.startswith("og:image")]


def test_every_page_says_what_it_is(carded_heads) -> None:
    for path, head in carded_heads.items():
        if path == "404.html":
            continue
        address = SITE + path.removesuffix("index.html")
        assert head.meta["og:url"] == address == head.links["canonical"][0]
        assert head.meta["og:title"] and head.meta["og:locale"] == "en_US"
        assert head.meta["og:type"] == ("website" if path == "index.html" else "article")
        assert head.meta["og:description"] == head.meta["description"]


def test_descriptions_are_of_a_length_that_is_shown_and_no_two_are_alike(built_site) -> None:
    seen = defaultdict(list)
    for path, head in heads(built_site).items():
        if path != "404.html":
            seen[head.meta["description"]].append(path)
            assert 50 <= len(head.meta["description"]) <= 160, (path, head.meta["description"])
    assert [paths for paths in seen.values() if len(paths) > 1] == []


def test_linked_data_is_valid_on_every_page_that_has_it(carded, carded_heads, catalog) -> None:
    kinds = defaultdict(int)
    for path, head in carded_heads.items():
        for data in head.data:
            assert faults(data, SITE) == [], path
            for node in data.get("@graph", [data]):
                kinds[node["@type"]] += 1
                if node["@type"] in ("TechArticle", "Dataset"):
                    assert node["url"] == SITE + path.removesuffix("index.html")
    chapters, figures = (len(list(carded.glob(f"{at}/index.html"))) for at in ("[0-9][0-9]_*", "reference/figures/*"))
    assert chapters > 8 and figures > 3
    assert kinds == {"WebSite": 1, "Book": 1, "TechArticle": chapters, "Dataset": len(catalog.records) + figures}


def test_what_linked_data_points_at_is_in_the_site(carded, carded_heads, catalog) -> None:
    def addresses(node: object) -> list[str]:
        if isinstance(node, dict):
            return [a for value in node.values() for a in addresses(value)]
        if isinstance(node, list):
            return [a for value in node for a in addresses(value)]
        return [node] if isinstance(node, str) and node.startswith(SITE) else []

    for path, head in carded_heads.items():
        for found in addresses(head.data):
            file = carded / found.removeprefix(SITE).partition("#")[0]
            assert file.is_file() or (file / "index.html").is_file(), (path, found)
    (front,) = carded_heads["index.html"].data
    (book_,) = [node for node in front["@graph"] if node["@type"] == "Book"]
    assert [part["position"] for part in book_["hasPart"]] == list(range(1, len(book_["hasPart"]) + 1))
    for id_, one in catalog.records.items():
        (data,) = carded_heads[f"reference/records/{id_}/index.html"].data
        assert data["dateCreated"] == one.finished and data["distribution"][0]["contentUrl"].endswith(f"{id_}.json")
        assert [v["name"] for v in data["variableMeasured"]] == sorted(
            {case.name for case in one.cases if case.status == "measured"}
        )


def test_a_chapter_states_what_the_citation_file_says(carded_heads) -> None:
    reported = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    (data,) = carded_heads["02_kv_cache/index.html"].data
    assert data["headline"] == "The KV cache" and data["position"] == 2
    assert data["version"] == str(reported["version"]) and data["isPartOf"]["name"] == reported["title"]
    assert [author["name"] for author in data["author"]] == [author["name"] for author in reported["authors"]]
    assert data["image"] == f"{SITE}{card_path('02_kv_cache.md')}"
    assert "datePublished" not in data, "a chapter's own date is not recorded anywhere"


def test_icons_are_linked_and_there(carded, carded_heads) -> None:
    for path, head in carded_heads.items():
        found = head.links["icon"] + head.links["apple-touch-icon"]
        assert len(found) == 3, path
        for href in found:
            assert ".." in href or path in ("index.html", "404.html") or href.startswith("assets")
            file = (carded / path).parent / href if path != "404.html" else carded / href.partition("/1.0/")[2]
            assert file.resolve().is_file(), (path, href)


@pytest.mark.parametrize(
    "planted",
    [
        {"@type": "Dataset", "name": "x"},
        {"@type": "TechArticle", "url": SITE, "colour": "red"},
        {"@type": "TechArticle", "url": "https://other.example/"},
        {"@type": "Sandwich"},
        {"@type": "Book", "name": "x", "url": SITE, "author": [{"@type": "Person"}]},
    ],
)
def test_the_table_of_terms_finds_a_planted_fault(planted) -> None:
    assert faults({"@context": "https://schema.org", **planted}, SITE)


def rendered(front: dict, root: Path = ROOT) -> str:
    """The part of the head that the template makes of a page's front matter."""
    jinja = pytest.importorskip("jinja2", reason="the site's packages are not installed (dependency group site)")
    environment = jinja.Environment(loader=jinja.FileSystemLoader(root / "site_overrides"))
    environment.filters["url"] = lambda value: value
    page = SimpleNamespace(meta=front, title="x", canonical_url=f"{SITE}x/", is_homepage=False)
    config = SimpleNamespace(site_name="x", site_url=SITE)
    return environment.get_template("partials/link_preview.html").render(page=page, config=config)


def test_a_hostile_record_cannot_leave_its_data(root) -> None:
    row = record()
    machine = row.machine.model_copy(update={"name": HOSTILE})
    cases = [row.cases[0].model_copy(update={"name": HOSTILE}), *row.cases[1:]]
    hostile = row.model_copy(update={"machine": machine, "cases": cases, "note": HOSTILE})
    reported = linked_data.written(linked_data.record(hostile, cited_work.read_work(root), HOSTILE))
    assert re.findall("<[^>]*>", reported) and set(re.findall("<[^>]*>", reported)) <= {"<site>", "<page>"}
    head = Head(rendered({"linked_data": reported, "title": html.escape(HOSTILE), "description": html.escape(HOSTILE)}))
    (data,) = head.data
    assert len(head.scripts) == 1 and faults(data, SITE) == []
    assert data["description"] == HOSTILE.replace("\0", "")
    assert data["variableMeasured"][0]["name"] == HOSTILE.replace("\0", "")


def test_hostile_words_survive_front_matter_as_words(root, catalog) -> None:
    """From a page through its front matter, as the engine reads it, to the head: the same words, and nothing more."""
    row = next(iter(catalog.records.values()))
    hostile = row.model_copy(update={"machine": row.machine.model_copy(update={"name": HOSTILE.replace("\x7f", "")})})
    book_ = SimpleNamespace(records={row.id: hostile}, accelerators={}, models={})
    page = Page(f"reference/records/{row.id}.md", f'---\ntitle: x\ndescription: "{"d" * 60}"\n---\n\n# x\n')
    (made,) = with_heads([page], Material({}, {}, book_), root)
    front = yaml.safe_load(made.content.split("---\n")[1])
    (data,) = Head(rendered(front)).data
    assert HOSTILE.replace("\x7f", "").replace("\0", "") in data["name"]


def test_a_hostile_card_title_stays_in_its_attribute(root, tmp_path) -> None:
    page = Page("reference/x.md", f"---\ntitle: {front_matter(HOSTILE)}\ndescription: d\n---\n\n# x\n")
    material = Material({}, {}, None)
    keep(place(card_of(page, material), tmp_path), b"drawn")
    made, picture = with_heads([page], material, tmp_path)
    front = yaml.safe_load(made.content.split("---\n")[1])
    head = Head(rendered(front))
    assert picture == Page(card_path(page.path), b"drawn") and not head.scripts
    assert "alert(1)" in head.meta["og:image:alt"] and head.meta["og:image"].endswith("assets/cards/reference--x.png")


def test_every_page_keeps_its_text_under_a_new_front_matter(root) -> None:
    material, pages = material_and_pages(root)
    before = {page.path: page.content for page in pages if is_page(page)}
    for page in with_heads([Page(path, text) for path, text in before.items()], material, root):
        if is_page(page):
            front, body = page.content.split("\n---\n", 1)
            assert before[page.path].endswith(body) and isinstance(yaml.safe_load(front.removeprefix("---\n")), dict)


@pytest.mark.parametrize(
    ("front", "words"),
    [
        ('description: "a: b" # why', "a: b"),
        ("description: 'it''s'", "it's"),
        ("description: >\n  a\n  b", "a b"),
        ("description: [", ""),
        ("description:", ""),
        ("- x", ""),
        ("description: a &lt; b", "a < b"),
    ],
)
def test_front_matter_is_read_as_the_engine_reads_it(front, words) -> None:
    assert cards.described(f"---\n{front}\n---\n\n# x\n").strip() == words


def test_a_citation_file_that_lacks_something_is_one_line(tmp_path) -> None:
    assert cited_work.read_work(tmp_path) is None
    (tmp_path / "CITATION.cff").write_text("title: x\nlicense: GPL-9\nauthors: [{given-names: A, family-names: B}]\n")
    with pytest.raises(BookError, match=r"^CITATION\.cff: .*wanted title, authors") as caught:
        cited_work.read_work(tmp_path)
    assert "\n" not in str(caught.value)
    made = []
    with pytest.raises(BookErrors, match="CITATION"):
        made.extend(with_heads([Page("x.md", "# x\n")], Material({}, {}, None), tmp_path))
    assert [page.path for page in made] == ["x.md"]


def test_people_and_groups_are_told_apart(tmp_path) -> None:
    (tmp_path / "CITATION.cff").write_text(
        "title: x\nversion: 1\ndate-released: 2026-01-01\nlicense: CC-BY-4.0\n"
        "authors: [{given-names: A, family-names: B}, {name: C}]\n"
    )
    assert cited_work.read_work(tmp_path).authors == (("Person", "A B"), ("Organization", "C"))
