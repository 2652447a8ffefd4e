"""Text twins of all pages, and the two files that language models and scripts look for: `llms.txt` and `llms-full.txt`."""

from collections.abc import Iterable, Iterator

from generators.core import fingerprint
from generators.core.errors import BookErrors
from generators.core.page_head import first_heading
from generators.site.cache import Cache
from generators.site.cards import CHAPTER, described
from generators.site.description import first_sentences
from generators.site.page import Page
from generators.site.plain_text import address, plain_text

INDEX, FULL = "llms.txt", "llms-full.txt"
#: What `llms-full.txt` holds after the chapters: how to read their symbols, and how their measurements were made.
BESIDE = ("reference/notation.md", "reference/method.md")


def with_plain_texts(made: Iterable[Page], texts: dict[str, str], cache: Cache) -> Iterator[Page]:
    """The pages as they come, then their twins; those of a book with mistakes are made as well, and then the mistakes told.

    `texts` are the committed pages by path: their twins are made of what a person wrote, where formulas are TeX
    and figures their words, and not of what the site shows.
    """
    written, mistakes = {}, None
    try:
        for page in made:
            if page.path.endswith(".md"):
                written[page.path] = texts.get(page.path) or str(page.content)
            yield page
    except BookErrors as several:
        mistakes = several
    yield from pages(written, cache)
    if mistakes:
        raise mistakes


def pages(written: dict[str, str], cache: Cache) -> Iterator[Page]:
    """A twin of every page, the list of them, and the book in one file.  `written` is each page's Markdown by path."""
    texts = {path: _remembered(path, text, cache) for path, text in written.items()}
    for path, text in texts.items():
        yield Page(address(path), text)
    yield Page(INDEX, _index(written, texts))
    yield Page(FULL, _full(texts))


def _remembered(path: str, text: str, cache: Cache) -> str:
    return cache.get(f"twin {path}", fingerprint.of_values(text), lambda _: plain_text(text, path), []) or ""


def _reported(text: str) -> str:
    """What a page says of itself, in one line."""
    return described(text) or first_sentences(text)


def _index(written: dict[str, str], texts: dict[str, str]) -> str:
    """Every page by section, one line each."""
    sections: dict[str, list[str]] = {}
    for path in sorted(texts, key=_order):
        line = f"- [{first_heading(texts[path])}]({address(path)}): {_reported(written[path])}"
        sections.setdefault(_section(path, texts), []).append(line)
    home = "index.md"
    head = [f"# {first_heading(texts[home])}", f"> {_reported(written[home])}"] if home in texts else []
    head.append(
        "Each link leads to the text of one page; the page itself has the same address without `.txt`.\n"
        "How a number was computed stands in the text of its part, listed in [the numbers page](reference/numbers.txt).\n"
        f"The chapters, the notation and the method in one file: [{FULL}]({FULL})."
    )
    return "\n\n".join([*head, *(f"## {name}\n\n" + "\n".join(lines) for name, lines in sections.items())]) + "\n"


def _order(path: str) -> tuple[bool, bool, str, bool, str]:
    """Chapters first, then other pages of the book, the reference, and its folders one after another."""
    folder, _, name = path.rpartition("/")
    return (bool(folder), not CHAPTER.fullmatch(path), folder, name != "index.md", name)


def _section(path: str, texts: dict[str, str]) -> str:
    folder = path.rpartition("/")[0]
    if not folder:
        return "Chapters" if CHAPTER.fullmatch(path) else "About the book"
    return first_heading(texts.get(f"{folder}/index.md", "") or texts.get(f"{folder}.md", "")) or folder


def _full(texts: dict[str, str]) -> str:
    chapters = sorted(path for path in texts if CHAPTER.fullmatch(path))
    return "\n---\n\n".join(texts[path] for path in [*chapters, *BESIDE] if path in texts)
