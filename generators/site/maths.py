"""Formulas as MathML, rendered once and kept in `maths.json`, so that building the site needs no V8."""

import hashlib
import importlib.util
import json
from pathlib import Path

from generators.core.errors import BookError, raise_all
from generators.core.spans import Edit, line_of
from generators.site.maths_in_text import Formula, formulas
from generators.site.temml import VERSION, BadFormula, Temml

PLACE = Path("generators/site/maths.json")  # from the root
CACHE = Path(__file__).with_name("maths.json")
Cache = dict[str, dict]


def key(tex: str, display: bool) -> str:
    """The name of a formula in the cache: what it says, how it stands, and by which Temml it was rendered."""
    return hashlib.sha256(f"{tex}\0{display}\0{VERSION}".encode()).hexdigest()[:32]


def load(path: Path = CACHE) -> Cache:
    """The rendered formulas by key; none when the file does not exist yet."""
    try:
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    except ValueError as error:
        raise BookError(str(PLACE), None, f"not readable as JSON: {error}; remove it and run: nox -s write") from None


def render_missing(docs: Path, path: Path = CACHE) -> list[str]:
    """Render every formula of `docs` that the cache lacks, drop those no page uses; return the new ones.

    A formula that Temml cannot read is one `BookError` with its file and line; all are reported.
    """
    old, wanted, errors = load(path), _wanted(docs), []
    kept = {name: old[name] for name in wanted if name in old}
    missing = {name: place for name, place in wanted.items() if name not in old}
    if missing:
        with Temml() as temml:
            for name, (formula, file, line) in missing.items():
                try:
                    row = {"tex": formula.tex, "display": formula.display}
                    kept[name] = row | {"mathml": temml.render(formula.tex, formula.display)}
                except BadFormula as error:
                    errors.append(BookError(file, line, f"formula {formula.tex!r}: {error}"))
    raise_all(errors)
    if kept != old:
        _save(path, kept)
    return [formula.tex for formula, _, _ in missing.values()]


def stale_formulas(docs: Path, path: Path = CACHE) -> list[BookError]:
    """Formulas of the pages that are not in the cache, rows of it that no page uses, and rows that say something else.

    The last needs V8; where it is not installed, the cache's MathML is taken as it stands.
    """
    kept, wanted = load(path), _wanted(docs)
    errors = [
        BookError(file, line, f"formula {formula.tex!r} is not rendered yet. Run: nox -s write")
        for name, (formula, file, line) in wanted.items()
        if name not in kept
    ]
    errors += [
        BookError(str(PLACE), name, "no page uses this formula. Run: nox -s write")
        for name in kept
        if name not in wanted
    ]
    if importlib.util.find_spec("py_mini_racer") is None:
        return errors
    with Temml() as temml:
        for name, row in kept.items():
            if name in wanted and row.get("mathml") != temml.render(row["tex"], row["display"]):
                errors.append(BookError(str(PLACE), name, "edited by hand; remove the row and run: nox -s write"))
    return errors


def _wanted(docs: Path) -> dict[str, tuple[Formula, str, int]]:
    """Every formula of the pages by key, with the first place it stands."""
    wanted: dict[str, tuple[Formula, str, int]] = {}
    for page in sorted(docs.rglob("*.md")):
        text = page.read_text(encoding="utf-8")
        for formula in formulas(text):
            place = (formula, f"docs/{page.relative_to(docs).as_posix()}", line_of(text, formula.start))
            wanted.setdefault(key(formula.tex, formula.display), place)
    return wanted


def _save(path: Path, cache: Cache) -> None:
    """Write the cache, ordered by what the formulas say, so that a diff shows formulas and not hashes."""
    ordered = dict(sorted(cache.items(), key=lambda item: (item[1]["tex"], item[1]["display"])))
    beside = path.with_suffix(".new")
    beside.write_text(json.dumps(ordered, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    beside.replace(path)


def edits(text: str, file: str, cache: Cache, errors: list[BookError]) -> list[Edit]:
    """Each formula's MathML in place of its TeX; one that is not rendered yet is an error."""
    found = []
    for formula in formulas(text):
        row = cache.get(key(formula.tex, formula.display))
        if row is None:
            line = line_of(text, formula.start)
            errors.append(BookError(file, line, f"formula {formula.tex!r} not rendered yet. Run: nox -s write"))
        else:
            found.append(Edit(formula.start, formula.end, _html(row)))
    return found


def _html(row: dict) -> str:
    """A span, which may stand in any paragraph, list or cell; Markdown sees no mark inside it."""
    if row["display"]:
        box = 'class="mb-math" role="group" aria-label="Formula" tabindex="0"'
        return f"<span {box}>{_inert(row['mathml'])}</span>"
    return f'<span class="mb-math-inline">{_inert(row["mathml"])}</span>'


def _inert(mathml: str) -> str:
    """MathML whose text holds no character that Markdown reads: `*` as `&#42;` and so on."""
    parts = mathml.replace("\n", " ").split("<")
    for index, part in enumerate(parts[1:], start=1):
        tag, _, text = part.partition(">")
        parts[index] = f"{tag}>" + "".join(f"&#{ord(c)};" if c in "\\`*_{}[]|~^$!:" else c for c in text)
    return "<".join(parts)
