"""What pages tell search engines of themselves: JSON-LD in the words of schema.org, made as data and then written safely.

Absolute addresses are not known here, because each edition has its own: they begin with a placeholder that the
template (`site_overrides/partials/link_preview.html`) replaces.  A placeholder holds a raw ``<``, which no text from
data can hold once it is written, so nobody's words are ever taken for one.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

from generators.catalog.record import Record
from generators.site.cited_work import Work
from generators.site.figure import Figure

LANGUAGE = "en"
_UNSAFE = re.compile(r"[<>&\x7f]")


@dataclass(frozen=True)
class Address:
    """An address below the site's, or the page's own; it becomes absolute in the template."""

    path: str = ""
    base: str = "site"


SITE, PAGE = Address(), Address(base="page")


def written(about: dict) -> str:
    """The data as JSON of plain ASCII that can neither end a script element nor begin a comment in it."""
    text = json.dumps({"@context": "https://schema.org", **_marked(about)}, ensure_ascii=True, separators=(",", ":"))
    text = _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
    return re.sub(r"\\u0000(site|page)\\u0000", r"<\1>", text)


def _marked(value: object) -> object:
    """Addresses between NULs, which are taken out of every other text first."""
    if isinstance(value, Address):
        return f"\0{value.base}\0" + value.path.replace("\0", "")
    if isinstance(value, dict):
        return {key: _marked(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_marked(inner) for inner in value]
    return value.replace("\0", "") if isinstance(value, str) else value


def book(work: Work) -> dict:
    """The book itself, in this edition."""
    return {
        "@type": "Book",
        "@id": Address("#book"),
        "url": SITE,
        "name": work.title,
        "author": _contributors(work),
        "publisher": _contributors(work)[0],
        "version": work.version,
        "bookEdition": work.version,
        "datePublished": work.released,
        "inLanguage": LANGUAGE,
        "license": work.license,
        "isAccessibleForFree": True,
    }


def home(work: Work, description: str, chapters: Iterable[tuple[str, str]]) -> dict:
    """The front page: the site, and the book with its chapters (path and title)."""
    parts = [
        {"@type": "TechArticle", "url": Address(address(path)), "name": title, "position": index}
        for index, (path, title) in enumerate(chapters, 1)
    ]
    site = {
        "@type": "WebSite",
        "@id": Address("#site"),
        "url": SITE,
        "name": work.title,
        "description": description,
        "inLanguage": LANGUAGE,
        "publisher": _contributors(work)[0],
        "license": work.license,
    }
    return {"@graph": [site, book(work) | {"hasPart": parts}]}


def chapter(work: Work, title: str, description: str, index: int) -> dict:
    """A chapter."""
    return {
        "@type": "TechArticle",
        "url": PAGE,
        "mainEntityOfPage": PAGE,
        "headline": title,
        "description": description,
        "author": _contributors(work),
        "publisher": _contributors(work)[0],
        "version": work.version,
        "inLanguage": LANGUAGE,
        "license": work.license,
        "isAccessibleForFree": True,
        "position": index,
        "isPartOf": {"@type": "Book", "@id": Address("#book"), "name": work.title, "url": SITE},
    }


def record(record: Record, work: Work, description: str) -> dict:
    """A measurement record: raw samples of every case."""
    measured = {case.name for case in record.cases if case.status == "measured"}
    variables = [
        {"@type": "PropertyValue", "name": name, "unitText": "s", "description": "time of one repetition"}
        for name in sorted(measured)
    ]
    return _dataset(f"Measurements of {record.machine.name}, {record.started}", description, work) | {
        "identifier": record.id,
        "dateCreated": record.finished,
        "variableMeasured": variables,
        "measurementTechnique": Address("reference/method/"),
        "distribution": [_download("application/json", f"reference/records/{record.id}.json")],
    }


def figure(figure: Figure, work: Work, heading: str) -> dict:
    """The data behind a figure, with the drawing."""
    return _dataset(f"Data of the figure {heading}", str(figure.facts.get("alt") or figure.caption), work) | {
        "distribution": [_download("text/csv", f"vis/{figure.name}.csv")],
        "image": Address(f"vis/{figure.name}.svg"),
    }


def address(path: str) -> str:
    """The address of a page of the docs folder below the site's."""
    stem = path.removesuffix(".md")
    stem = stem.removesuffix("index") if stem == "index" or stem.endswith("/index") else f"{stem}/"
    return stem


def _dataset(name: str, description: str, work: Work) -> dict:
    return {
        "@type": "Dataset",
        "url": PAGE,
        "name": name,
        "description": description[:5000],
        "creator": _contributors(work),
        "license": work.license,
        "isAccessibleForFree": True,
        "inLanguage": LANGUAGE,
        "isPartOf": {"@type": "Book", "@id": Address("#book"), "name": work.title, "url": SITE},
    }


def _download(kind: str, path: str) -> dict:
    return {"@type": "DataDownload", "encodingFormat": kind, "contentUrl": Address(path)}


def _contributors(work: Work) -> list[dict]:
    return [{"@type": kind, "name": name} for kind, name in work.authors]
