"""The EPUB: accepted by epubcheck, every link inside, vectors and MathML, answers both ways, the same bytes twice."""

import posixpath
import re
import zipfile
from xml.etree import ElementTree

import pytest

from generators.export.cover import draw_cover
from generators.export.epub import make_epub
from generators.export.epub_ids import xml_id
from generators.export.epubcheck import complaints

X = "{http://www.w3.org/1999/xhtml}"


def read(epub) -> dict[str, bytes]:
    with zipfile.ZipFile(epub) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def trees(files: dict[str, bytes]) -> dict[str, ElementTree.Element]:
    return {name: ElementTree.fromstring(text) for name, text in files.items() if name.endswith(".xhtml")}


def faults(files: dict[str, bytes]) -> list[str]:
    """Dead links, figures that are no vectors, and exercises or answers that do not lead to each other."""
    pages = trees(files)
    ids = {name: {found.get("id") for found in tree.iter() if found.get("id")} for name, tree in pages.items()}
    found, leads = [], set()
    for name, tree in pages.items():
        for link in tree.iter(f"{X}a"):
            target, _, id_ = link.get("href", "").partition("#")
            if target.startswith("https://"):
                continue
            path = posixpath.normpath(posixpath.join(posixpath.dirname(name), target)) if target else name
            if path not in ids or (id_ and id_ not in ids[path]):
                found.append(f"{name}: dead link to {link.get('href')}")
            leads.add(id_)
        for image in tree.iter(f"{X}img"):
            if not image.get("src", "").endswith(".svg") or not image.get("alt"):
                found.append(f"{name}: {image.get('src')} is no vector, or has no words")
    dots = [name for name in files if re.search(r"\.(png|jpe?g|webp|gif)$", name) and name != "EPUB/cover.png"]
    found += [f"{name}: a picture of dots" for name in [*dots, *(n for n, t in files.items() if b"data:image" in t)]]
    exercises = {
        id_.removeprefix("i-exercise-") for held in ids.values() for id_ in held if id_.startswith("i-exercise-")
    }
    answers = {id_.removeprefix("i-answer-") for held in ids.values() for id_ in held if id_.startswith("i-answer-")}
    found += [f"exercise {id_} and its answer are not both there" for id_ in sorted(exercises ^ answers)]
    for id_ in sorted(exercises & answers):
        found += [f"nothing leads to {kind} {id_}" for kind in ("exercise", "answer") if f"i-{kind}-{id_}" not in leads]
    return found if exercises else [*found, "no exercise has an answer"]


def test_the_checker_accepts_it(epub):
    assert complaints(epub) == []


def test_nothing_of_it_is_lost(epub, manuscript):
    files = read(epub)
    assert faults(files) == []
    pages = trees(files)
    for tag, there in (("img", "img"), ("math", "math"), ("table", "table"), ("figure", "figure")):
        wanted = sum(1 for part in manuscript.parts for _ in part.body.iter(tag))
        assert (
            wanted
            and sum(1 for tree in pages.values() for found in tree.iter() if found.tag.rpartition("}")[2] == there)
            == wanted
        )


def test_it_is_read_in_the_book_s_order(epub, manuscript):
    files = read(epub)
    order = re.findall(r'idref="([^"]+)"', files["EPUB/package.opf"].decode())
    names = dict(re.findall(r'<item id="([^"]+)" href="([^"]+)"', files["EPUB/package.opf"].decode()))
    read_in = [names[id_] for id_ in order]
    assert read_in[:2] == ["title.xhtml", "nav.xhtml"]
    assert [name for name in read_in if name in {f"{part.slug}.xhtml" for part in manuscript.parts}] == [
        f"{part.slug}.xhtml" for part in manuscript.parts
    ]


def test_the_same_book_is_the_same_bytes(epub, manuscript, tmp_path):
    again = make_epub(manuscript, tmp_path / "again.epub", draw_cover(manuscript))
    assert again.read_bytes() == epub.read_bytes()


def test_ids_stay_apart():
    ids = ["1.a", "1_a", "a b", "a-b", "a_20b", "é"]
    assert len({xml_id(id_) for id_ in ids}) == len(ids)
    assert all(re.fullmatch(r"[A-Za-z_][A-Za-z0-9._-]*", xml_id(id_)) for id_ in ids)


def written(files: dict[str, bytes], target):
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content, zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED)
    return target


@pytest.mark.parametrize(("old", "new"), [(b"<p>", b"<p><blink>x</blink>"), (b"</title>", b"</title><base/>")])
def test_the_checker_finds_a_planted_fault(epub, tmp_path, old, new):
    files = read(epub)
    files["EPUB/answers.xhtml"] = files["EPUB/answers.xhtml"].replace(old, new, 1)
    assert any("answers.xhtml" in line for line in complaints(written(files, tmp_path / "x.epub")))


@pytest.mark.parametrize(
    ("old", "new", "reported"),
    [
        (
            b'href="answers.xhtml#i-answer-1-1"',
            b'href="answers.xhtml#i-answer-1-99"',
            "dead link to answers.xhtml#i-answer-1-99",
        ),
        (b'href="answers.xhtml#i-answer-1-2"', b'href="answers.xhtml"', "nothing leads to answer 1-2"),
        (b'id="i-exercise-1-3"', b"", "exercise 1-3 and its answer"),
        (b".svg", b".png", "is no vector"),
    ],
)
def test_a_planted_fault_is_found(epub, old, new, reported):
    files = read(epub)
    assert old in files["EPUB/01-memory-bound.xhtml"]
    files["EPUB/01-memory-bound.xhtml"] = files["EPUB/01-memory-bound.xhtml"].replace(old, new)
    assert any(reported in fault for fault in faults(files))
