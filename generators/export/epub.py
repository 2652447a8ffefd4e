"""The book as an EPUB 3: a file for each part, MathML as it is, figures as SVG, and every link leading inside the book."""

import copy
import uuid
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from generators.export.archive import write_zip
from generators.export.cover_art import roofline_art
from generators.export.epub_ids import Places, xml_id
from generators.export.links import inside
from generators.export.manuscript import NUMBERS, Manuscript, Part
from generators.export.title import facts
from generators.export.xhtml import XHTML, element, words
from generators.release.build_date import made_at

OPS = "http://www.idpf.org/2007/ops"
CONTAINER = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    '<rootfile full-path="EPUB/package.opf" media-type="application/oebps-package+xml"/></rootfiles></container>\n'
)
#: A file of the book: its name, the properties that the package states of it, and its content.
File = tuple[str, str, bytes]


def make_epub(book: Manuscript, target: Path, cover: bytes | None = None) -> Path:
    """Write the book; `cover` is a PNG, or None where none could be drawn."""
    files = [*_texts(book), *_beside(book, cover)]
    package = _package(book, files, bool(cover))
    content = [("mimetype", b"application/epub+zip"), ("META-INF/container.xml", CONTAINER.encode())]
    content += [("EPUB/package.opf", package), *((f"EPUB/{name}", data) for name, _, data in files)]
    write_zip(target, content, made_at(Path(book.home)), stored=("mimetype",))
    return target


def chunks(part: Part) -> list[tuple[str, str, list[Element]]]:
    """The files of a part: name, title and content.  The ledger is parted at its headings, for readers with little memory."""
    if part.path != NUMBERS:
        return [(f"{part.slug}.xhtml", part.title, list(part.body))]
    found = [(f"{part.slug}.xhtml", part.title, [])]
    for child in part.body:
        if child.tag == "h2":
            found.append((f"{part.slug}-{len(found)}.xhtml", f"{part.title}: {words(child)}", []))
        found[-1][2].append(child)
    return found


def _texts(book: Manuscript) -> list[File]:
    places = Places({part.path: chunks(part) for part in book.parts})
    files = [("nav.xhtml", "nav", _nav(book, places)), ("title.xhtml", "svg", _page(book.work.title, _title(book)))]
    for part in book.parts:
        for name, title, content in chunks(part):
            body = [copy.deepcopy(child) for child in content]
            for child in body:
                _settled(child, part.path, places)
            if name == f"{part.slug}.xhtml":
                heading = [element("p", part.label, class_="label")] if part.label else []
                body = [*heading, element("h1", part.title), *body]
            math = any(found.tag == "math" for child in body for found in child.iter())
            files.append((name, "mathml" if math else "", _page(title, body)))
    return files


def _settled(child: Element, path: str, places: Places) -> None:
    """Ids that XML allows, and links that lead from file to file."""
    for found in child.iter():
        if found.get("id"):
            found.set("id", xml_id(found.get("id", "")))
        if found.tag == "a" and "href" in found.attrib and inside(found.get("href", "")):
            found.set("href", places.address(found.get("href", ""), path))


def _page(title: str, body: list[Element]) -> bytes:
    head = element(
        "head",
        children=[
            element("title", title),
            element("link", rel="stylesheet", type="text/css", href="book.css"),
        ],
    )
    page = element("html", children=[head, element("body", children=body)], xmlns=XHTML, lang="en")
    page.set("xml:lang", "en")
    page.set("xmlns:epub", OPS)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE html>\n' + ElementTree.tostring(page, encoding="utf-8")


def _title(book: Manuscript) -> list[Element]:
    title, _, sub = book.work.title.partition(": ")
    lines = [element("p", line) for line in facts(book)]
    return [element("h1", title), element("p", sub[:1].upper() + sub[1:]), roofline_art(), *lines]


def _nav(book: Manuscript, places: Places) -> bytes:
    def line(target: str, title: str, below: list[Element]) -> Element:
        nested = [element("ol", children=below)] if below else []
        return element("li", children=[element("a", title, href=places.address(target)), *nested])

    rows = []
    for part in book.parts:
        below = [line(f"{part.path}#{h.get('id')}", words(h), []) for h in part.body.iter("h2") if h.get("id")]
        rows.append(line(part.path, f"{part.label}. {part.title}" if part.label else part.title, below))
    nav = element("nav", children=[element("h1", "Contents"), element("ol", children=rows)], id="toc")
    nav.set("epub:type", "toc")
    return _page("Contents", [nav])


def _beside(book: Manuscript, cover: bytes | None) -> list[File]:
    here, fonts = Path(__file__).parent, Path(book.home) / "docs" / "assets" / "fonts"
    files = [("book.css", "", (here / "book.css").read_bytes())]
    files += [(name, "", (fonts / name).read_bytes()) for name in ("stix-two-math-subset.woff2",)]
    files += [(f"figures/{name}.svg", "", svg.encode()) for name, svg in sorted(book.figures.items())]
    return files + ([("cover.png", "cover-image", cover)] if cover else [])


_KINDS = {
    "xhtml": "application/xhtml+xml",
    "css": "text/css",
    "svg": "image/svg+xml",
    "png": "image/png",
    "woff2": "font/woff2",
}


def _package(book: Manuscript, files: list[File], has_cover: bool) -> bytes:
    """The package document: what the book is, which files it has, and in which order they are read."""
    name = f"{book.work.title} {book.edition.name} {book.edition.commit}"
    reported = element(
        "metadata",
        children=[
            element("dc:identifier", f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, name)}", id="id"),
            element("dc:title", book.work.title),
            element("dc:language", "en"),
            *(element("dc:creator", author) for _, author in book.work.authors),
            element("dc:rights", book.work.license),
            element("dc:date", f"{made_at(Path(book.home)):%Y-%m-%d}"),
            element("meta", f"{made_at(Path(book.home)):%Y-%m-%dT%H:%M:%SZ}", property="dcterms:modified"),
        ],
    )
    reported.set("xmlns:dc", "http://purl.org/dc/elements/1.1/")
    items, order = [], []
    for number, (path, properties, _) in enumerate(files):
        kind = _KINDS[path.rpartition(".")[2]]
        items.append(element("item", id=f"f{number}", href=path, properties=properties, **{"media-type": kind}))
        if path.endswith(".xhtml"):
            order.append((path == "nav.xhtml", element("itemref", idref=f"f{number}")))
    if has_cover:  # as older readers look for it
        reported.append(element("meta", name="cover", content=items[-1].get("id", "")))
    spine = [item for first, item in sorted(order, key=lambda row: row[0])]
    spine.insert(1, spine.pop())  # the title, the contents, the parts
    package = element(
        "package",
        children=[reported, element("manifest", children=items), element("spine", children=spine)],
        xmlns="http://www.idpf.org/2007/opf",
        version="3.0",
    )
    package.set("unique-identifier", "id")
    package.set("xml:lang", "en")
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(package, encoding="utf-8")
