"""A page as plain text: the same sentences, numbers and tables, without what only a browser reads.

The text is made from the page's Markdown, so it stays legible Markdown; figures become their words
and a link to their data, formulas stay TeX.
"""

import html
import posixpath
import re

from generators.core.page_head import FRONT_MATTER

#: Code and formulas are kept to the letter; everything between them is cleaned.
_KEPT = re.compile(
    r"(^[ \t]*```.*?^[ \t]*```[ \t]*$|`[^`\n]+`|^[ \t]*\$\$.*?\$\$[ \t]*$|(?<![\\$\w])\$[^\s$](?:[^$\n]*?[^\s$\\])?\$(?![$\w]))",
    re.MULTILINE | re.DOTALL,
)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_DRAWING = re.compile(r"<svg\b.*?<title\b[^>]*>(.*?)</title>.*?</svg>", re.DOTALL)
_CARD = re.compile(r"\[!\[[^\]]*\]\([^)]*\)(?:\{[^}\n]*\})?\]\([^)]*\)\s*")
_FIGURE = re.compile(r"^[ \t]*!\[(?P<alt>[^\n]*?)\]\((?P<stem>[^)\s]*vis/[A-Za-z0-9_-]+)\.svg\)[ \t]*$", re.MULTILINE)
_LINK = re.compile(r'(?<!!)\[(?P<words>[^\[\]]+)\]\((?P<target>[^)\s]*)(?:[ ]+"[^"]*")?\)(?:\{[^}\n]*\})?')
_ANCHOR = re.compile(r'<(a|span) id="(?P<id>[^"]*)"></\1>[ \t]*')
_SUMMARY = re.compile(r"<summary\b[^>]*>(.*?)</summary>", re.DOTALL)
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
_ATTRIBUTES = re.compile(r"^[ \t]*\{:[^}\n]*\}[ \t]*\n?", re.MULTILINE)
_BLANKS = re.compile(r"\n[ \t]*\n(?:[ \t]*\n)+")


def address(path: str) -> str:
    """Where the twin of a page lies: `02_kv_cache.md` has `02_kv_cache.txt` beside it."""
    return path.removesuffix(".md") + ".txt"


def plain_text(text: str, path: str) -> str:
    """The plain text of a page; `path` is its path in the docs folder, from which its links lead."""
    text = _COMMENT.sub("", FRONT_MATTER.sub("", text))
    text = _DRAWING.sub(r"Drawing: \1", text)
    text = _CARD.sub("", text)
    text = _LINK.sub(lambda match: _link(match, path), text)  # before entities: a title may hold brackets
    parts = _KEPT.split(text)
    cleaned = "".join(part if index % 2 else _clean(part) for index, part in enumerate(parts))
    return _BLANKS.sub("\n\n", cleaned).strip() + "\n"


def _clean(text: str) -> str:
    """Markdown between code and formulas: no tags, no attributes, no entities."""
    text = _FIGURE.sub(r"Figure: \g<alt>\nData: \g<stem>.csv", text)
    text = _ANCHOR.sub(lambda match: f"`{html.unescape(match['id'])}` ", text)
    text = _SUMMARY.sub(r"**\1**\n", text)
    text = _ATTRIBUTES.sub("", _TAG.sub("", text))
    text = text.replace("&#124;", "\\|").replace("\\$", "$")
    return html.unescape(text).replace("\u00a0", " ")


def _link(match: re.Match[str], path: str) -> str:
    """A link's words; with the address of the text twin where another page is meant, and of a source as it is."""
    words, target = match["words"], re.split("[#?]", match["target"])[0]
    if match["target"].startswith(("https:", "http:", "mailto:")):
        return f"[{words}]({match['target']})"
    full = posixpath.normpath(posixpath.join(posixpath.dirname(path), target)) if target else path
    if full == path or full.startswith("reference/numbers"):
        return words  # a number is its own words; its derivation is found by them in the text of the numbers page
    return f"[{words}]({address(target) if target.endswith('.md') else target})"
