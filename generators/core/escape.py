"""Text from data, captions or strangers, written so that neither Markdown nor HTML reads anything into it."""

import html
import json
import re
from urllib.parse import quote

#: What Python-Markdown, its attribute lists and HTML act on within a line; quotes and the underscores of names stay legible.
_IN_LINE = re.compile(r"[\\`*{}\[\]<>|&]")
_ACTIVE = re.compile(r"[\\`*_{}\[\]<>|&\"'#~^$!@=]")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")  # YAML refuses most of these
_LEADING = re.compile(r"^(?:[-+:]|\d+(?=[.)](?:\s|$)))")


def plain(text: object) -> str:
    """Any text on one line as Markdown that shows exactly that text, also inside a table cell or a title."""
    line = re.sub(r"[ \t\r\n\f\v]+", " ", str(text)).strip(" ")
    line = _ACTIVE.sub(_entity, line)
    return _LEADING.sub(lambda match: _entity(match) + match[0][1:], line)


def _entity(match: re.Match[str]) -> str:
    return f"&#{ord(match[0][0])};"


class Raw(str):
    """Markdown made by the generators, such as a link to a number: not escaped again."""


def cell(text: object) -> str:
    """Any text in a committed table or an alt text: what Markdown and HTML would act on becomes entities, the rest stays legible."""
    return str(text) if isinstance(text, Raw) else _IN_LINE.sub(_entity, " ".join(str(text).split()))


def title(text: object) -> str:
    """Any text for a link's title: as `plain`, with parentheses too, which a link's parser counts."""
    return plain(text).replace("(", "&#40;").replace(")", "&#41;")


def address(url: str) -> str:
    """An https address for a Markdown link; anything else is refused by the schema of sources."""
    return quote(url, safe=":/?#@!$&'+,;=%~-._")


def front_matter(text: object) -> str:
    """Any text as a value of a page's front matter, which the theme's templates print as HTML without escaping."""
    line = _UNPRINTABLE.sub("\ufffd", " ".join(str(text).split()))
    return json.dumps(html.escape(line), ensure_ascii=False)
