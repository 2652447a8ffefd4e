"""The pages and the ledger of every number the book prints: value, meaning, derivation, sources, and where it is used.

A number's address is `reference/numbers.md#id`, whatever page uses it.  That page lists all ids; the row that tells how a
number follows stands in a part, one for each page of the book, to which the site's links lead at once.
"""

import json
from pathlib import Path

from generators.core.escape import cell
from generators.core.page_head import first_heading
from generators.weave.answers import PageValues, RenderedNumber

INDEX, PARTS, LEDGER = "docs/reference/numbers.md", "docs/reference/numbers", "docs/reference/numbers.json"
_WRITTEN = "<!-- Written by `nox -s write`; edit generators/numbers/ instead. -->"
_FRONT = """---
description: {description}
hide: [toc]
search:
  exclude: true
---

# {title}

{written}
"""
Uses = dict[str, list[str]]  # id -> the pages that print it, in order


def number_pages(numbers: PageValues, uses: Uses, titles: dict[str, str]) -> dict[str, str]:
    """Every generated file of numbers by path: the list, a part for each page that is the first to use one, and the ledger."""
    parts = _parts(numbers, uses, titles)
    home = {id_: _slug(path) for path, ids in parts.items() for id_ in ids}
    made = {f"{PARTS}/{_slug(path)}.md": _part(ids, numbers, home, uses, titles[path]) for path, ids in parts.items()}
    made[INDEX] = _index(parts, numbers, home, uses, titles)
    made[LEDGER] = ledger_json(ledger(numbers, uses, home))
    return made


def is_generated(path: str) -> bool:
    """Whether a file under `docs/` is one of these."""
    return path in (INDEX, LEDGER) or path.startswith(f"{PARTS}/")


def _slug(path: str) -> str:
    return Path(path).stem.lower()


def _parts(numbers: PageValues, uses: Uses, titles: dict[str, str]) -> dict[str, list[str]]:
    """The ids of each page that is the first to use them, in order, each followed by those that it was computed from."""
    placed = {id_: next((page for page in pages if page.startswith("docs/")), pages[0]) for id_, pages in uses.items()}
    for id_ in uses:
        for input_ in _with_inputs(numbers, [id_]):
            placed.setdefault(input_, placed[id_])
    found: dict[str, list[str]] = {path: [] for path in titles}
    for id_, path in placed.items():
        found[path].append(id_)
    return {path: ids for path, ids in found.items() if ids}


def ledger(numbers: PageValues, uses: Uses, home: dict[str, str]) -> dict[str, dict[str, object]]:
    """Every used number and every number it was computed from: text, tooltip, its part, and the pages that use it."""
    rows: dict[str, dict[str, object]] = {}
    for id_ in _with_inputs(numbers, list(uses)):
        number = numbers.number(id_)
        rows[id_] = {"text": number.text, "title": tooltip(number), "part": home[id_], "uses": uses.get(id_, [])}
    return rows


def ledger_json(rows: dict[str, dict[str, object]]) -> str:
    """The ledger as the committed JSON that the site's number links read."""
    return json.dumps(rows, indent=1, ensure_ascii=False) + "\n"


def _with_inputs(numbers: PageValues, ids: list[str]) -> list[str]:
    """The ids and, after each, the ids it was computed from, each once."""
    seen: dict[str, None] = {}

    def visit(id_: str) -> None:
        if id_ not in seen:
            seen[id_] = None
            for input_ in numbers.number(id_).inputs:
                visit(input_)

    for id_ in ids:
        visit(id_)
    return list(seen)


def tooltip(number: RenderedNumber) -> str:
    """Derivation, meaning and sources, a line each, for hover and focus."""
    parts = [_sentence(number.derivation), number.meaning] if number.derivation else [number.meaning]
    named = [name for name, _ in number.sources]
    if named:
        shown = named if len(named) <= 3 else [*named[:3], f"{len(named) - 3} more"]
        parts.append(("Sources: " if len(named) > 1 else "Source: ") + "; ".join(shown) + ".")
    return "\n".join(parts).replace('"', "'")


def _sentence(derivation: str) -> str:
    return derivation[:1].upper() + derivation[1:]


def _index(
    parts: dict[str, list[str]], numbers: PageValues, home: dict[str, str], uses: Uses, titles: dict[str, str]
) -> str:
    """The page of all printed ids: a list of the parts, and a row for each number that leads to its own."""
    front = _FRONT.format(
        description="Every number the book prints, with the place that tells how it follows.",
        title="Numbers",
        written=_WRITTEN,
    )
    listed = [f"- [{titles[path]}](numbers/{_slug(path)}.md), {len(ids):,} numbers" for path, ids in parts.items()]
    rows = [
        f'| <a id="{id_}"></a>`{id_}` | [{numbers.number(id_).text}](numbers/{home[id_]}.md#{id_}) |'
        for id_ in sorted(uses)
    ]
    blocks = [
        front,
        "How a number follows stands in its row, with its sources: a part for each page, and in each what is first used there.",
        "\n".join(listed),
        "## By id",
        "\n".join(["| id | number |", "| --- | --- |", *rows]),
    ]
    return "\n\n".join(block.strip("\n") for block in blocks) + "\n"


def _part(ids: list[str], numbers: PageValues, home: dict[str, str], uses: Uses, title: str) -> str:
    """The rows of one page's numbers: those that it prints, then those that they were computed from."""
    front = _FRONT.format(
        description=f"How each number of “{title}” was computed, and from which sources.".replace(":", ","),
        title=f"Numbers: {title}",
        written=_WRITTEN,
    )
    blocks = [front, "[All numbers](../numbers.md)"]
    for heading, some in (
        ("Printed", [id_ for id_ in ids if id_ in uses]),
        ("Computed on the way", [id_ for id_ in ids if id_ not in uses]),
    ):
        if some:
            blocks.append(f"## {heading}\n\n{_rows(some, numbers, home)}")
    return "\n\n".join(block.strip("\n") for block in blocks) + "\n"


def _rows(ids: list[str], numbers: PageValues, home: dict[str, str]) -> str:
    lines = ["| number | meaning and derivation | from | sources |", "| --- | --- | --- | --- |"]
    return "\n".join(lines + [_row(numbers.number(id_), numbers, home) for id_ in ids])


def _row(number: RenderedNumber, numbers: PageValues, home: dict[str, str]) -> str:
    how = cell(number.meaning) + (f"<br />{cell(_sentence(number.derivation))}" if number.derivation else "")
    mine = home[number.id]
    inputs = ", ".join(
        f"[{numbers.number(i).text}]({'' if home[i] == mine else home[i] + '.md'}#{i})" for i in number.inputs
    )
    sources = ", ".join(f"[{cell(name)}]({_from_a_part(target)})" for name, target in number.sources)
    return f'| <a id="{number.id}"></a>{number.text} | {how} | {inputs} | {sources} |'


def _from_a_part(target: str) -> str:
    """A link from `reference/`, as it reads one folder further down."""
    return target if target.startswith("https:") else f"../{target}"


def page_title(text: str, path: str) -> str:
    """The first heading of a page."""
    return first_heading(text) or Path(path).stem
