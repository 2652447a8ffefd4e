"""One page woven: its number links, tables, formulas and alt texts as they should read, and what differs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from generators.errors import BookError
from generators.formulas import formula
from generators.numbers.registry import NUMBERS_PAGE, Numbers
from generators.tables.registry import table
from generators.weave import markdown

MEND = "Run: nox -s write"


@dataclass
class Woven:
    """A page as it should read, the ids it uses in order, and one error per stale or unknown piece."""

    text: str
    used: list[str] = field(default_factory=list)
    stale: list[BookError] = field(default_factory=list)
    broken: list[BookError] = field(default_factory=list)


def weave_page(path: str, text: str, numbers: Numbers, alt: Callable[[str], str | None]) -> Woven:
    """Weave one page.  `path` is shown in errors and decides the way to the numbers page; `alt` gives a figure's alt text."""
    woven = Woven(text)
    _regions(path, numbers, woven)
    lines = woven.text.split("\n")
    for at, (line, code) in enumerate(zip(lines, markdown.fenced(lines), strict=True)):
        if not code:
            lines[at] = _figures(path, at + 1, _numbers(path, at + 1, line, numbers, woven), alt, woven)
    woven.text = "\n".join(lines)
    return woven


def numbers_page_from(path: str) -> str:
    """The relative way from a page to the numbers page."""
    if not path.startswith("docs/"):
        return "docs/reference/numbers.md"
    depth = path.removeprefix("docs/").count("/")
    return "numbers.md" if path.startswith("docs/reference/") and depth == 1 else "../" * depth + "reference/numbers.md"


def _regions(path: str, numbers: Numbers, woven: Woven) -> None:
    """Replace every generated region by what its function gives."""
    try:
        found = markdown.regions(woven.text, path)
    except BookError as error:
        woven.broken.append(error)
        return
    bodies = []
    for region in found:
        body = region.body
        try:
            made = table(region.name, numbers, region.arguments) if region.kind == "table" else formula(region.name)
            body = "\n" + made.replace(f"({NUMBERS_PAGE}#", f"({numbers_page_from(path)}#") + "\n"
        except (KeyError, ValueError) as error:
            woven.broken.append(BookError(path, region.first - 1, f"{region.kind} {region.name!r}: {error.args[0]}"))
        if body != region.body:
            woven.stale.append(BookError(path, region.first, _difference(region, body)))
        bodies.append(body)
    woven.text = markdown.replace_regions(woven.text, found, bodies)


def _difference(region: markdown.Region, wanted: str) -> str:
    """The first differing line of a stale region, found and wanted."""
    found, made = region.body.split("\n"), wanted.split("\n")
    pairs = [
        *zip(found, made, strict=False),
        *[(line, "") for line in found[len(made) :]],
        *[("", line) for line in made[len(found) :]],
    ]
    old, new = next(pair for pair in pairs if pair[0] != pair[1])
    return f"{region.kind} {region.name!r} is stale: found {old[:100]!r}, wanted {new[:100]!r}. {MEND}"


def _numbers(path: str, line_number: int, line: str, numbers: Numbers, woven: Woven) -> str:
    """A line with the text and the target of each number link as they should be."""
    page = numbers_page_from(path)
    for match in reversed(list(markdown.outside_code(line, markdown.NUMBER_LINK))):
        id_ = match["id"]
        try:
            wanted = numbers.number(id_).text
        except (KeyError, ValueError) as error:
            woven.broken.append(BookError(path, line_number, f"number link #{id_}: {error.args[0]}"))
            continue
        woven.used.append(id_)
        if match["text"] != wanted:
            message = f"[{match['text']}] should read [{wanted}] ({id_}). {MEND}"
            woven.stale.append(BookError(path, line_number, message))
        elif match["page"] != page:
            message = f"link to {match['page']} should lead to {page} ({id_}). {MEND}"
            woven.stale.append(BookError(path, line_number, message))
        line = f"{line[: match.start()]}[{wanted}]({page}#{id_}){line[match.end() :]}"
    return line


def _figures(path: str, line_number: int, line: str, alt: Callable[[str], str | None], woven: Woven) -> str:
    """A line with the alt text of each generated figure as the figure says."""
    for match in reversed(list(markdown.outside_code(line, markdown.FIGURE))):
        wanted = alt(match["name"])
        if wanted is None:
            woven.broken.append(BookError(path, line_number, f"no figure vis/{match['name']}.py for this image"))
        elif match["alt"] != wanted:
            woven.stale.append(
                BookError(
                    path,
                    line_number,
                    f"alt text of {match['name']} is stale: found {match['alt'][:60]!r}, wanted {wanted[:60]!r}. {MEND}",
                )
            )
            line = line[: match.start("alt")] + wanted + line[match.end("alt") :]
    return line
