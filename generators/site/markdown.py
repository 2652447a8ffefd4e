"""Pieces of generated Markdown.  Every text passed in as `Text` is escaped; only `Raw` is taken as it is."""

import re
from collections.abc import Iterable, Sequence

from generators.catalog.source import Source
from generators.core.escape import Raw, address, front_matter, plain, title
from generators.site.description import shorten

UNBROKEN = 22  # characters of a cell that stay on one line

LONG = 60  # and from here on they keep a width that can be read


def cell(value: object) -> str:
    """A value as a table cell: escaped text, Markdown that is ready, or a dash for nothing."""
    if isinstance(value, Raw):
        return str(value)
    if value in (None, ""):
        return "–"
    text = " ".join(str(value).split())
    if len(text) <= UNBROKEN:
        return plain(text.replace(" ", "\u00a0"))
    return f'<span class="mb-long">{plain(text)}</span>' if len(text) > LONG else plain(text)


def grouped(value: str) -> str:
    """A value with its thousands separated, as the rest of the book prints them: ``2,039 GB/s``."""
    return re.sub(r"\d{4,}", lambda match: f"{int(match[0]):,}", value, count=1) if "." not in value else value


def table(headings: Sequence[str], rows: Iterable[Sequence[object]], right: Sequence[int] = ()) -> str:
    """A Markdown table; the columns in `right` are numbers and align right."""
    marks = ["--:" if column in right else "---" for column in range(len(headings))]
    lines = [headings, marks]
    written = ["| " + " | ".join(map(str, line)) + " |" for line in lines]
    written += ["| " + " | ".join(cell(value) for value in row) + " |" for row in rows]
    return "\n".join(written)


def link(text: object, target: str) -> Raw:
    """A link to a page of the book; the engine checks it."""
    return Raw(f"[{plain(text)}]({target})")


def outside(text: object, url: str) -> Raw:
    """A link to a source elsewhere."""
    return Raw(f'[{plain(text)}]({address(url)}){{ rel="noopener" }}')


def source_link(id_: str, sources: dict[str, Source], up: str) -> Raw:
    """A source by publisher and title, linked to its entry on the sources page; `up` leads to `reference/`."""
    return link(source_name(id_, sources), f"{up}sources.md#{id_}")


def source_name(id_: str, sources: dict[str, Source]) -> str:
    """Publisher and title, without saying the publisher twice; the id where there is no such source."""
    source = sources.get(id_)
    if source is None:
        return id_
    twice = source.title.lower().startswith(source.publisher.lower())
    return source.title if twice else f"{source.publisher}, {source.title}"


def source_brief(id_: str, sources: dict[str, Source], up: str) -> Raw:
    """A source in a table's narrow column: publisher, kind and year, its full name on hover."""
    source = sources.get(id_)
    if source is None:
        return link(id_, f"{up}sources.md#{id_}")
    words = f"{source.publisher} {source.kind}" + (f", {source.published[:4]}" if source.published else "")
    return Raw(f'[{cell(words)}]({up}sources.md#{id_} "{title(source_name(id_, sources))}")')


def joined(parts: Iterable[object], between: str = ", ") -> Raw:
    """Several cells' worth in one cell."""
    return Raw(between.join(cell(part) for part in parts))


def page(heading: str, description: str, body: Iterable[str], wide: bool = False) -> str:
    """A whole page: front matter, heading and blocks.  A wide page leaves the table of contents out."""
    front = ["---", f"title: {front_matter(heading)}", f"description: {front_matter(shorten(description))}"]
    if wide:
        front += ["hide:", "  - toc"]
    blocks = ["\n".join([*front, "---"]), f"# {plain(heading)}", *(block for block in body if block)]
    return "\n\n".join(blocks) + "\n"


def trail(*links: tuple[str, str]) -> str:
    """Where a page belongs, above its heading's text: links upward."""
    steps = " / ".join(link(text, target) for text, target in links)
    return f"{steps}\n{{: .mb-trail }}"


def anchor(id_: str) -> Raw:
    """A place that links and the search can point to."""
    return Raw(f'<span id="{plain(id_)}"></span>')
