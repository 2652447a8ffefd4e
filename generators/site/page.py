"""One file of the site's source tree, before any engine has seen it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Page:
    """`path` is relative to the docs folder, with forward slashes; `content` is Markdown text or bytes.

    `edit_path` is the file a person would edit to change the page, relative to the root; None when
    there is no single one.
    """

    path: str
    content: str | bytes
    edit_path: str | None = None
