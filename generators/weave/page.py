"""One page woven: its number links, tables, formulas and alt texts as they should read, and what differs."""

from collections.abc import Callable
from dataclasses import dataclass, field

from generators.core import spans
from generators.core.errors import BookError
from generators.core.escape import cell
from generators.weave import markdown
from generators.weave.answers import PageValues

MEND = "Run: nox -s write"


@dataclass
class Woven:
    """A page as it should read, the ids it uses in order, and one error per stale or unknown piece."""

    text: str
    used: list[str] = field(default_factory=list)
    stale: list[BookError] = field(default_factory=list)
    broken: list[BookError] = field(default_factory=list)


def weave_page(path: str, text: str, numbers: PageValues, alt: Callable[[str], str | None]) -> Woven:
    """Weave one page.  `path` is shown in errors and decides the way to the numbers page; `alt` gives a figure's alt text."""
    woven = Woven(text)
    _regions(path, numbers, woven)
    mask = spans.prose(woven.text)
    woven.broken += markdown.strays(mask, path)
    edits = [*_numbers(path, mask, numbers, woven), *_figures(path, mask, alt, woven)]
    woven.text = spans.apply(woven.text, edits)
    return woven


def numbers_page_from(path: str) -> str:
    """The relative way from a page to the numbers page."""
    if not path.startswith("docs/"):
        return "docs/reference/numbers.md"
    depth = path.removeprefix("docs/").count("/")
    return "numbers.md" if path.startswith("docs/reference/") and depth == 1 else "../" * depth + "reference/numbers.md"


def _regions(path: str, numbers: PageValues, woven: Woven) -> None:
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
            body = f"\n{_made(region, numbers, numbers_page_from(path))}\n"
        except (KeyError, ValueError, ArithmeticError) as error:
            why = error.args[0] if error.args else error
            woven.broken.append(BookError(path, region.first - 1, f"{region.kind} {region.name!r}: {why}"))
        if body != region.body:
            woven.stale.append(BookError(path, region.first, _difference(region, body)))
        bodies.append(body)
    woven.text = markdown.replace_regions(woven.text, found, bodies)


def _made(region: markdown.Region, numbers: PageValues, page: str) -> str:
    """What a region should hold."""
    if region.kind == "formula":
        if region.arguments:
            raise ValueError(f"takes no arguments, found {' '.join(region.arguments)!r}")
        return numbers.formula(region.name)
    return numbers.table(region.name, region.arguments).replace("(numbers.md#", f"({page}#")


def _difference(region: markdown.Region, wanted: str) -> str:
    """The first differing line of a stale region, found and wanted."""
    found, made = region.body.split("\n"), wanted.split("\n")
    longest = max(len(found), len(made))
    found, made = (lines + [""] * (longest - len(lines)) for lines in (found, made))
    differing = next((pair for pair in zip(found, made, strict=True) if pair[0] != pair[1]), ("", ""))
    old, new = _where_they_differ(*differing)
    return f"{region.kind} {region.name!r} is stale: found {old!r}, wanted {new!r}. {MEND}"


def _where_they_differ(found: str, wanted: str) -> tuple[str, str]:
    """Both texts from shortly before the first difference on."""
    pairs = zip(found, wanted, strict=False)
    at = next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(found), len(wanted)))
    start = max(0, at - 20)
    return found[start : at + 40], wanted[start : at + 40]


def _numbers(path: str, mask: str, numbers: PageValues, woven: Woven) -> list[spans.Edit]:
    """Edits that give each number link the text and the target it should have."""
    page, edits = numbers_page_from(path), []
    for match in markdown.NUMBER_LINK.finditer(mask):
        id_, line = match["id"], spans.line_of(mask, match.start())
        try:
            wanted = numbers.number(id_).text
        except BookError as error:  # a mistake in the number's code, with its own place
            woven.broken += [] if str(error) in map(str, woven.broken) else [error]
            continue
        except (KeyError, ValueError, ArithmeticError) as error:
            why = error.args[0] if error.args else error
            woven.broken.append(BookError(path, line, f"number link #{id_}: {why}"))
            continue
        woven.used.append(id_)
        if match["text"] != wanted:
            message = f"[{match['text']}] should read [{wanted}] ({id_}). {MEND}"
            woven.stale.append(BookError(path, line, message))
        elif match["page"] != page:
            message = f"link to {match['page']} should lead to {page} ({id_}). {MEND}"
            woven.stale.append(BookError(path, line, message))
        edits.append(spans.Edit(*match.span(), f"[{wanted}]({page}#{id_})"))
    return edits


def _figures(path: str, mask: str, alt: Callable[[str], str | None], woven: Woven) -> list[spans.Edit]:
    """Edits that give each generated figure the alt text it should have."""
    edits = []
    for match in markdown.FIGURE.finditer(mask):
        words, line = alt(match["name"]), spans.line_of(mask, match.start())
        wanted = cell(words or "")
        if words is None:
            woven.broken.append(
                BookError(
                    path,
                    line,
                    f"no figure vis/{match['name']}.py for this image; nox -s new -- figure {match['name']} begins one",
                )
            )
        elif match["alt"] != wanted:
            found, made = _where_they_differ(match["alt"], wanted)
            message = f"alt text of {match['name']} is stale: found {found!r}, wanted {made!r}. {MEND}"
            woven.stale.append(BookError(path, line, message))
            edits.append(spans.Edit(*match.span("alt"), wanted))
    return edits
