"""The PDF of the book: bookmarks, links, contents, vectors and page breaks, each check shown to find a planted fault."""

import copy
import shutil
from xml.etree import ElementTree

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, NameObject, TextStringObject

from generators.export import flow
from generators.export import pdf as export
from generators.export.print_page import contents
from tests.formats import pdf_faults
from tests.formats.pdf_faults import Printed


@pytest.fixture(scope="module")
def printed(pdf):
    return Printed(pdf)


@pytest.mark.parametrize("check", ["bookmarks", "links", "listed", "cut", "answers", "numbers"])
def test_the_pdf_has_no_fault(printed, manuscript, check):
    assert getattr(pdf_faults, check)(printed, manuscript) == []


def test_no_figure_is_a_picture_of_dots(printed):
    assert pdf_faults.pictures(printed) == []


def test_title_page_and_page_numbers(printed, manuscript):
    front = printed.texts[0]
    assert pdf_faults.tight(manuscript.edition.name[1:]) in front
    assert manuscript.edition.commit in front
    first = printed.places[pdf_faults.place(manuscript.parts[0].path)]
    heads = [pdf_faults.tight(title) for _, title, _ in contents(manuscript)]
    wrong = [
        page
        for page, text in enumerate(printed.texts, 1)
        if page >= first and not text.startswith(tuple(f"{head}{page}" for head in heads))
    ]
    assert wrong == [], "a page of the text begins with its part's name, and bears its number"


def test_no_page_inside_a_part_is_half_empty_and_the_numbers_fill_no_third_of_all(printed, manuscript):
    starts = [printed.places[pdf_faults.place(part.path)] for part in manuscript.parts]
    ends = {number: flow._text_and_end(page)[1] for number, page in enumerate(printed.reader.pages, 1)}
    empty = {
        number: round(end)
        for number, end in ends.items()
        if end > 285 and starts[0] <= number and number + 1 not in starts
    }
    assert [number for number in empty if number != len(ends)] == [], empty
    assert len(ends) - starts[-1] < 0.3 * len(ends)


def test_it_is_tagged_and_says_its_language_and_title(printed, manuscript):
    root = printed.reader.trailer["/Root"]
    assert "/StructTreeRoot" in root and str(root["/Lang"]).startswith("en")
    assert printed.reader.metadata.title == manuscript.work.title


def test_every_figure_says_what_it_shows(pdf, manuscript):
    """The words of a figure are the alternative text of its tag."""
    reader, reported = PdfReader(pdf), set()
    for number in range(1, int(reader.trailer["/Size"])):
        found = reader.get_object(number)
        if isinstance(found, dict) and found.get("/S") == "/Figure":
            reported.add(" ".join(str(found.get("/Alt", "")).split()))
    wanted = {image.get("alt") for part in manuscript.parts for image in part.body.iter("img")}
    assert wanted and {alt for alt in wanted if alt not in reported} == set()


def _changed(pdf, target, change) -> Printed:
    writer = PdfWriter(clone_from=pdf)
    change(writer)
    writer.write(target)
    return Printed(target)


def test_a_dead_link_is_found(pdf, manuscript, tmp_path):
    def change(writer):
        mark = next(m.get_object() for m in writer.pages[5]["/Annots"] if "/Dest" in m.get_object())
        mark[NameObject("/Dest")] = NameObject("/nowhere")

    faults = pdf_faults.links(_changed(pdf, tmp_path / "x.pdf", change), manuscript)
    assert "page 6: dead link to nowhere" in faults


def test_a_lost_bookmark_is_found(pdf, manuscript, tmp_path):
    def change(writer):
        writer._root_object["/Outlines"].get_object()["/First"].get_object()[NameObject("/Title")] = TextStringObject(
            "x"
        )
        for row in (writer._root_object["/Outlines"].get_object()["/First"].get_object().get("/Next").get_object(),):
            row[NameObject("/Title")] = TextStringObject("x")

    assert pdf_faults.bookmarks(_changed(pdf, tmp_path / "x.pdf", change), manuscript)


def test_lost_links_of_exercises_and_a_moved_page_are_found(pdf, manuscript, tmp_path):
    def change(writer):
        for page in writer.pages:
            page[NameObject("/Annots")] = ArrayObject()

    bare = _changed(pdf, tmp_path / "x.pdf", change)
    assert len(pdf_faults.answers(bare, manuscript)) == 2 * sum(
        p.get("id", "").startswith("exercise-") for part in manuscript.parts for p in part.body.iter("p")
    )
    bare.places = {name: page + 1 for name, page in bare.places.items()}
    assert pdf_faults.listed(bare, manuscript) and pdf_faults.numbers(bare, manuscript)


@pytest.fixture(scope="module")
def faulty(manuscript, tmp_path_factory):
    """The first chapters printed with rules that cut, and with a figure of dots."""
    folder = tmp_path_factory.mktemp("faulty")
    book = copy.copy(manuscript)
    dots = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    book.figures = {
        name: svg.replace("</svg>", f'<image width="90" height="90" xlink:href="data:image/png;base64,{dots}"/></svg>')
        for name, svg in manuscript.figures.items()
    }
    sheets = folder / "sheets"
    shutil.copytree(export.HERE, sheets)
    rules = "\ntable, tr, figure, h2 { break-inside: auto !important; break-after: auto !important; }\nh2 { margin-top: 110mm !important }"
    with (sheets / "print.css").open("a", encoding="utf-8") as file:
        file.write(rules)
    return Printed(export.make_pdf(book, folder / "x.pdf", str, sheets))


def test_what_a_page_end_cuts_is_found(faulty, manuscript):
    assert any("is cut" in fault for fault in pdf_faults.cut(faulty, manuscript))


def test_a_picture_of_dots_is_found(faulty):
    assert pdf_faults.pictures(faulty)


@pytest.mark.parametrize(
    ("after", "gap", "count"),
    [
        ("<p>{long}</p><p>{long}</p>", 20.0, 0),  # nothing worth filling
        ("<p>{long}</p><h2>H</h2><p>{long}</p><h2>H</h2><p>{long}</p>", 900.0, 3),  # past one heading
        ("<p>{long}</p><h2>H</h2><p>{long}:</p><pre/>", 900.0, 1),  # no heading without its text, no text from its code
        ("<table/><p>{long}</p>", 900.0, 0),
        ("<div class='fold'><p>{long}</p></div><p>{long}</p>", 900.0, 2),
        ("<div class='fold'><p>{long}</p><figure/></div><p>{long}</p>", 900.0, 0),
        ("<p>{long}</p><p>{long}</p><p>{long}</p>", 100.0, 2),
    ],
)
def test_what_comes_before_a_figure_that_does_not_fit(after, gap, count):
    blocks = list(ElementTree.fromstring("<body>" + after.format(long="x" * 300) + "</body>"))
    assert flow._filling(blocks, gap) == count
    figure = ElementTree.fromstring('<figure id="f"/>')
    assert flow.passed([figure, *blocks], {"f": count}).index(figure) == count
