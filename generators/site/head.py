"""What a page's head says where its link is shared or found: its card, and its data for search engines."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from generators.core.errors import BookError, raise_all
from generators.core.escape import front_matter
from generators.core.page_head import with_lines
from generators.pictures.picture import kept
from generators.site import linked_data, search
from generators.site.cards import CHAPTER, Material, card_of, card_path, described, is_page, title
from generators.site.cited_work import Work, read_work
from generators.site.description import shorten
from generators.site.page import Page
from generators.site.reference_figures import heading

LONGEST_ALT = 400


def with_heads(pages: Iterable[Page], material: Material, root: Path) -> Iterator[Page]:
    """Every page with its card's address and its data in its front matter, and the cards that were drawn.

    A faulty CITATION.cff is a `BookErrors` once every page is made.
    """
    work, errors = None, []
    try:
        work = read_work(root)
    except BookError as error:
        errors.append(error)
    for page in pages:
        if not is_page(page):
            yield page
            continue
        card = card_of(page, material)
        picture = kept(card, root)
        path, lines = card_path(page.path), search.lines(page.path, str(page.content))
        about = _about(page, material, work) if work else None
        if picture:
            alt = shorten(card.alt or f"{card.title}. {card.words}", LONGEST_ALT)
            lines += [f"card: {path}", f"card_alt: {front_matter(alt)}"]
            if about and about.get("@type") == "TechArticle":
                about = about | {"image": linked_data.Address(path)}
        if about:
            lines.append(f"linked_data: {json.dumps(linked_data.written(about))}")
        yield replace(page, content=with_lines(str(page.content), *lines))
        if picture:
            yield Page(path, picture)
    raise_all(errors)


def _about(page: Page, material: Material, work: Work) -> dict | None:
    """The page's data, where it is a chapter, the front page, a record or a figure."""
    text, folder = str(page.content), page.path.rpartition("/")[0]
    name = page.path.rpartition("/")[2].removesuffix(".md")
    chapters = [(path, title(written)) for path, written in material.texts.items() if CHAPTER.fullmatch(path)]
    if page.path == "index.md":
        return linked_data.home(work, described(text), chapters)
    if chapter := CHAPTER.fullmatch(page.path):
        return linked_data.chapter(
            work, title(text, material.texts.get(page.path, "")), described(text), int(chapter[1])
        )
    if folder == "reference/records" and material.catalog and name in material.catalog.records:
        return linked_data.record(material.catalog.records[name], work, described(text))
    if folder == "reference/figures" and name in material.figures:
        return linked_data.figure(material.figures[name], work, heading(material.figures[name]))
    return None
