"""The sentence that search engines show under a page's title: from its front matter, or its first paragraph."""

import re

from generators.core.escape import front_matter
from generators.core.page_head import front_lines, with_lines
from generators.core.spans import HIDDEN, prose

_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^)]*\)(?:\{[^}\n]*\})?")
_MARKUP = re.compile(r"\*\*|__|`|\*|\$|<[^<>]*>|\\")
_STARTS_PROSE = re.compile(r"[A-Za-z*_\[\"“$]")
LONGEST = 158


def with_description(text: str, written: str) -> str:
    """The page with a description in its front matter, from the text as written, where numbers and terms are still words."""
    if re.search(r"^description:", front_lines(written), re.MULTILINE):
        return text  # a person's own
    found = first_sentences(written)
    return with_lines(text, f"description: {front_matter(found)}") if found else text


def first_sentences(text: str) -> str:
    """The first paragraph of prose as plain words, cut between words to what a result list shows."""
    mask = prose(text)
    for block in re.finditer(r"(?:^[^\n]*\S[^\n]*\n?)+", mask, re.MULTILINE):
        visible = block[0].replace(HIDDEN, "").strip()
        if _STARTS_PROSE.match(visible) and not visible.startswith(("|", "![")):
            return shorten(_MARKUP.sub("", _LINK.sub(r"\1", text[block.start() : block.end()])))
    return ""


def shorten(words: str, longest: int = LONGEST) -> str:
    """Text on one line, cut between words with an ellipsis where it is too long."""
    words = " ".join(words.split())
    if len(words) <= longest:
        return words
    return words[: longest - 1].rsplit(" ", 1)[0].rstrip(",;:–—-. ") + "…"
