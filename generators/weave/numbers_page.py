"""The page and the ledger of every number the book prints: value, meaning, derivation, sources, and where it is used."""

from __future__ import annotations

import json
from pathlib import Path

from generators.escape import cell
from generators.weave.answers import Answers, Told

HEAD = """---
description: Every number the book prints, with its derivation and sources.
hide: [toc]
---

# Numbers

<!-- Written by `nox -s write`; edit generators/numbers/ instead. -->

Every number in the text is a link to its row here.
A row says what the number means, how it was computed and from which sources; the rows it was computed from are linked.
"""


def ledger(numbers: Answers, uses: dict[str, list[str]]) -> dict[str, dict[str, object]]:
    """Every used number and every number it was computed from: text, tooltip, and the pages that use it."""
    rows: dict[str, dict[str, object]] = {}
    for id_ in _with_inputs(numbers, list(uses)):
        number = numbers.number(id_)
        rows[id_] = {"text": number.text, "title": tooltip(number), "uses": uses.get(id_, [])}
    return rows


def ledger_json(rows: dict[str, dict[str, object]]) -> str:
    """The ledger as the committed JSON that the site's number links read."""
    return json.dumps(rows, indent=1, ensure_ascii=False) + "\n"


def _with_inputs(numbers: Answers, ids: list[str]) -> list[str]:
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


def tooltip(number: Told) -> str:
    """Derivation, meaning and sources, a line each, for hover and focus."""
    parts = [_sentence(number.derivation), number.meaning] if number.derivation else [number.meaning]
    named = [name for name, _ in number.sources]
    if named:
        shown = named if len(named) <= 3 else [*named[:3], f"{len(named) - 3} more"]
        parts.append(("Sources: " if len(named) > 1 else "Source: ") + "; ".join(shown) + ".")
    return "\n".join(parts).replace('"', "'")


def _sentence(derivation: str) -> str:
    return derivation[:1].upper() + derivation[1:]


def numbers_page(numbers: Answers, uses: dict[str, list[str]], titles: dict[str, str]) -> str:
    """The page: one section per page of the book that uses numbers, in order of first use, then the inputs."""
    blocks, listed = [HEAD], set()
    for path, title in titles.items():
        mine = [id_ for id_ in uses if uses[id_][0] == path]
        if mine:
            blocks.append(f"\n## {title}\n\n{_rows(mine, numbers)}\n")
            listed |= set(mine)
    rest = [id_ for id_ in _with_inputs(numbers, list(uses)) if id_ not in listed]
    if rest:
        blocks.append(f"\n## Computed on the way\n\n{_rows(rest, numbers)}\n")
    return "".join(blocks)


def _rows(ids: list[str], numbers: Answers) -> str:
    lines = ["| number | meaning and derivation | from | sources |", "| --- | --- | --- | --- |"]
    return "\n".join(lines + [_row(numbers.number(id_), numbers) for id_ in ids])


def _row(number: Told, numbers: Answers) -> str:
    how = cell(number.meaning) + (f"<br>{cell(_sentence(number.derivation))}" if number.derivation else "")
    inputs = ", ".join(f"[{numbers.number(i).text}](#{i})" for i in number.inputs)
    sources = ", ".join(f"[{cell(name)}]({target})" for name, target in number.sources)
    return f'| <a id="{number.id}"></a>{number.text} | {how} | {inputs} | {sources} |'


def page_title(text: str, path: str) -> str:
    """The first heading of a page."""
    heading = next((line for line in text.split("\n") if line.startswith("# ")), None)
    return heading.removeprefix("# ").strip() if heading else Path(path).stem
