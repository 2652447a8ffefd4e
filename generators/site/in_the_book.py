"""Where the chapters speak of a chip or a model, and the explorer with it chosen."""

import re

from generators.site.markdown import link

Chapters = dict[str, list[tuple[str, str]]]  # id of a chip or a model -> path and title of chapters
CHIP, MODEL = "h200-sxm", "llama-3.1-8b"  # the chapters' running example stands beside the one that is asked for
_NUMBER = re.compile(r"numbers\.md#([^)\s]+)")
_PAGE = re.compile(r"reference/(?:accelerators|models)/([\w.-]+)\.md")


def chapters_of(ids: list[str], chapters: list[tuple[str, str, str]]) -> Chapters:
    """The chapters (path, title, text) that print a number of each chip and model, or link to its page."""
    found: Chapters = {}
    for path, title, text in chapters:
        numbers = "\n".join(f".{id_}." for id_ in _NUMBER.findall(text))
        pages = set(_PAGE.findall(text))
        for id_ in ids:
            if id_ in pages or f".{id_}." in numbers:
                found.setdefault(id_, []).append((path, title))
    return found


def block(id_: str, chapters: Chapters, chip: str = CHIP, model: str = MODEL) -> str:
    """Links from the page of a chip or a model, two folders down."""
    explorer = f"../../explorer.md?a=1~{chip}~{model}~bf16~1~2048~1~"
    parts = [f"[Open it in the explorer]({explorer})."]
    if id_ in chapters:
        parts.append("In the book: " + ", ".join(link(name, f"../../{path}") for path, name in chapters[id_]) + ".")
    return " ".join(parts) + '\n{: data-search-exclude="" }'
