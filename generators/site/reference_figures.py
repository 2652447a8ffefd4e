"""The figures: an index, and one page each with both drawings, their data, sources and downloads."""

import re
from collections.abc import Iterator

from generators.catalog.load import Catalog
from generators.core.escape import plain, title
from generators.pictures.picture import FIGURE_WIDTH, HOW, FigurePicture, kept
from generators.site.figure import Figure
from generators.site.markdown import link, page, source_link, trail
from generators.site.page import Page

FOLDER = "reference/figures"


def pages(catalog: Catalog, figures: dict[str, Figure], uses: dict[str, list[tuple[str, str]]]) -> Iterator[Page]:
    """The index, one page per figure, and those PNG copies that are drawn (`python -m generators pictures`).

    `uses` gives path and title of the pages that show each figure.
    """
    yield Page(f"{FOLDER}/index.md", _index(figures), "vis")
    for figure in figures.values():
        copy = kept(FigurePicture(figure.wide), catalog.root)
        yield Page(
            f"{FOLDER}/{figure.name}.md",
            _one(figure, catalog, copy, uses.get(figure.name, [])),
            f"vis/{figure.name}.py",
        )
        if copy is not None:
            yield Page(f"{FOLDER}/{figure.name}.png", copy, None)


def heading(figure: Figure) -> str:
    """The figure's name in words."""
    words = figure.name.replace("_", " ").capitalize()
    return re.sub(r"\bkv\b", "KV", re.sub(r"\bflops\b", "FLOP/s", words, flags=re.IGNORECASE), flags=re.IGNORECASE)


def question(figure: Figure) -> str:
    """The question that the figure answers, as its drawing code states it."""
    return str(figure.facts.get("question") or "")


def _index(figures: dict[str, Figure]) -> str:
    items = []
    for figure in figures.values():
        alt = title(figure.facts.get("alt") or figure.caption).replace("[", "&#91;")
        items.append(
            f"-   [![{alt}](../../vis/{figure.name}.svg){{ loading=lazy }}]({figure.name}.md)\n\n"
            f"    [{plain(heading(figure))}]({figure.name}.md){{ .mb-card__title }}\n\n"
            f"    {plain(question(figure) or figure.caption)}"
        )
    cards = '<div class="mb-cards" markdown="1">\n\n' + "\n\n".join(items) + "\n\n</div>" if items else ""
    blocks = ["Every figure can be taken as SVG, as PNG for slides, and as the numbers it draws.", cards]
    return page(
        "Figures",
        f"The {len(figures)} figures of the book, each with its data, sources and downloads.",
        blocks,
        wide=True,
    )


def _one(figure: Figure, catalog: Catalog, copy: bytes | None, uses: list[tuple[str, str]]) -> str:
    facts = figure.facts
    blocks = [
        trail(("Reference", "../index.md"), ("Figures", "index.md")),
        f"**{plain(question(figure))}**" if question(figure) else "",
        _drawing(figure, narrow=False),
        plain(figure.caption),
        "## Downloads",
        _downloads(figure, copy),
        "## In words",
        plain(facts.get("alt") or figure.caption),
        *_sources(facts, catalog),
        *_uses(uses),
        "## Narrow drawing",
        "Phones show this one; it holds the same data.",
        _drawing(figure, narrow=True),
        "## Draw it again",
        f"The drawing code is `vis/{figure.name}.py`.",
        f"```console\n$ nox -s figures -- {figure.name}\n```",
    ]
    return page(heading(figure), figure.caption, blocks)


def _drawing(figure: Figure, narrow: bool) -> str:
    kind = "narrow" if narrow else "wide"
    box = f'class="mb-drawing-alone mb-drawing-alone--{kind}" data-search-exclude="" tabindex="0" role="group"'
    return f'<div {box} aria-label="{kind.capitalize()} drawing">{figure.drawing(narrow)}</div>'


def _downloads(figure: Figure, copy: bytes | None) -> str:
    up, name = "../../vis", figure.name
    lines = [
        f"- [Data, CSV]({up}/{name}.csv){{ download }}",
        f"- [SVG]({up}/{name}.svg){{ download }} and [narrow SVG]({up}/{name}.narrow.svg){{ download }}, "
        "light and dark in one file",
    ]
    if copy is not None:
        lines.append(f"- [PNG]({name}.png){{ download }} for slides, {FIGURE_WIDTH} pixels wide")
    else:
        lines.append(f"- No PNG in this build: `{HOW}` draws them")
    return "\n".join(lines)


def _sources(facts: dict, catalog: Catalog) -> list[str]:
    lines = [
        f"- {source_link(id_, catalog.sources, '../')}" for id_ in facts.get("sources", []) if id_ in catalog.sources
    ]
    for id_ in facts.get("records", []):
        if record := catalog.records.get(id_):
            words = f"Measured on {record.machine.name}, {record.started[:10]}"
            lines.append(f"- {link(words, f'../records/{id_}.md')}")
    return ["## Sources", "\n".join(lines)] if lines else []


def _uses(uses: list[tuple[str, str]]) -> list[str]:
    if not uses:
        return []
    return ["## Shown on", "\n".join(f"- [{plain(title_)}](../../{path})" for path, title_ in uses)]
