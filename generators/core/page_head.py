"""What a Markdown page begins with: its front matter and its first heading."""

import re

FRONT_MATTER = re.compile(r"\A---\n(?P<lines>.*?)\n---[ \t]*\n", re.DOTALL)
_HEADING = re.compile(r"^# +(.+?) *$", re.MULTILINE)


def front_lines(text: str) -> str:
    """The front matter without its rules; nothing where there is none."""
    front = FRONT_MATTER.match(text)
    return front["lines"] if front else ""


def with_lines(text: str, *lines: str) -> str:
    """The text with these lines at the end of its front matter, which is begun where there is none."""
    if not lines:
        return text
    match = FRONT_MATTER.match(text)
    front = "\n".join(filter(None, (front_lines(text), *lines)))
    return f"---\n{front}\n---\n" + (text[match.end() :] if match else "\n" + text)


def first_heading(text: str) -> str:
    """The first heading as it is written; nothing where there is none."""
    found = _HEADING.search(text)
    return found[1] if found else ""
