"""A figure of the book: its drawings, caption and data as `docs/vis/` holds them, and its place on a page."""

import json
import posixpath
import re
from dataclasses import dataclass, field
from pathlib import Path

from generators.core.addresses import NOWHERE, Addresses
from generators.core.errors import BookError
from generators.core.escape import address, plain
from generators.core.spans import Edit, line_of
from generators.site.inline_svg import inline
from generators.site.live import marked

_IMAGE = re.compile(r"^[ \t]*!\[[^\n]*?\]\((?P<target>[^)\s]*vis/(?P<name>[A-Za-z0-9_-]+)\.svg)\)[ \t]*$", re.MULTILINE)


@dataclass(frozen=True)
class Figure:
    """One figure's files, read once.  `facts` is its JSON: caption, alt text, sources and what else it states."""

    name: str
    wide: str
    narrow: str
    caption: str
    facts: dict = field(hash=False)
    table: str = ""  # its data, CSV

    @property
    def path(self) -> str:
        """The drawing, from the root."""
        return f"docs/vis/{self.name}.svg"

    def drawing(self, narrow: bool) -> str:
        """One of the two drawings, inline."""
        if narrow:
            return inline(self.narrow, f"{self.name}-n", self.path.replace(".svg", ".narrow.svg"))
        return inline(self.wide, self.name, self.path)


def read_figure(root: Path, name: str) -> Figure:
    """A figure by name; a missing or unreadable file of it is a `BookError`."""
    folder = root / "docs" / "vis"
    texts = {}
    for ending in ("svg", "narrow.svg", "csv", "json"):
        path = folder / f"{name}.{ending}"
        if not path.is_file():
            raise BookError(
                f"docs/vis/{path.name}", None, f"figure {name!r} lacks this file. Run: nox -s figures -- {name}"
            )
        texts[ending] = path.read_text(encoding="utf-8")
    try:
        facts = json.loads(texts["json"])
        caption = facts["caption"]
    except (ValueError, KeyError, TypeError):
        raise BookError(f"docs/vis/{name}.json", None, 'wanted JSON with a "caption". Run: nox -s figures') from None
    return Figure(name, texts["svg"], texts["narrow.svg"], caption, facts, texts["csv"])


def figure_names(root: Path) -> list[str]:
    """Every figure drawn, by name."""
    drawn = (path.name.removesuffix(".svg") for path in (root / "docs" / "vis").glob("*.svg"))
    return sorted(name for name in drawn if not name.endswith(".narrow"))


def figure_html(figure: Figure, up: str, edition: str = "", report: str = "") -> str:
    """The figure as it stands on a page; `up` leads from the page's folder to the docs folder.

    The caption ends with the figure's id and the edition, so that a report of an error can name both;
    `report` is the address of such a report, empty where the book has no repository.
    Both drawings are there and the style sheet shows the one that fits.  The caption is Markdown,
    so that the engine checks its links.
    """
    drawings = "".join(
        f'<div class="mb-drawing mb-drawing--{kind}">{figure.drawing(kind == "narrow")}</div>'
        for kind in ("wide", "narrow")
    )
    form = f" [report an error]({address(report)})" if report else ""
    links = (
        f'<span class="mb-figure__links">[data]({up}vis/{figure.name}.csv){{ download title="Download as CSV" }} '
        f"[about this figure]({up}reference/figures/{figure.name}.md){form}</span> "
        f'<span class="mb-figure__id">Figure <code>{figure.name}</code>{", " if edition else ""}{plain(edition)}.</span>'
    )
    return (
        f'<figure class="mb-figure" id="fig-{figure.name}" markdown="1">\n'
        f'<div class="mb-drawings" data-search-exclude="">{drawings}{marked(figure.name)}</div>\n'
        f'<figcaption markdown="span">{plain(figure.caption)} {links}</figcaption>\n'
        "</figure>"
    )


def edits(
    text: str,
    mask: str,
    page: str,
    figures: dict[str, Figure],
    errors: list[BookError],
    edition: str = "",
    addresses: Addresses = NOWHERE,
) -> list[Edit]:
    """Each image of a figure alone on its line as the figure itself.

    `page` is the page's path in the docs folder.  An unknown figure, or one that the page shows
    twice, is an error with its line.
    """
    found, seen = [], set()
    folder = posixpath.dirname(page)
    for match in _IMAGE.finditer(mask):
        name, line = match["name"], line_of(text, match.start("target"))
        if posixpath.normpath(posixpath.join(folder, match["target"])) != f"vis/{name}.svg":
            continue  # not a figure of the book; the engine checks the link
        if name not in figures:
            message = f"figure {name!r} is not in docs/vis; it has {', '.join(figures) or 'none'}. Run: nox -s figures"
            errors.append(BookError(f"docs/{page}", line, message))
        elif name in seen:
            errors.append(
                BookError(f"docs/{page}", line, f"figure {name!r} stands on this page already; link to #fig-{name}")
            )
        else:
            seen.add(name)
            up = "../" * folder.count("/") + ("../" if folder else "")
            report = addresses.report(f"figure {name}", edition)
            found.append(Edit(match.start(), match.end(), figure_html(figures[name], up, edition, report)))
    return found
