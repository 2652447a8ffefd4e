"""The commands: ``python -m generators write | check [--fast] | figures [NAME …] | pictures | lint [--strict] |
predict CHIP | numbers [WORD …] | new KIND NAME | validate [--root FOLDER | FILE …] | publish [--push | --trial]
[--book] | book [FOLDER] | shape FILE … | score [FILE …]``."""

import gc
import os
import sys
import time
from functools import partial
from pathlib import Path

from generators.core.errors import BookError, BookErrors

ROOT = Path(__file__).resolve().parents[1]


def main(arguments: list[str], root: Path = ROOT) -> int:
    """Run one command; a reader's mistake is one line and exit status 1, never a traceback."""
    started = time.perf_counter()
    commands = {
        "write": (_write, ()),
        "check": (_check, ("--fast",)),
        "figures": (_figures, None),
        "lint": (_lint, ("--strict",)),
        "pictures": (_pictures, ()),
        "predict": (_predict, None),
        "numbers": (_numbers, None),
        "new": (_new, None),
        "publish": (_publish, ("--push", "--trial", "--book")),
        "validate": (_validate, None),
        "book": (_book, None),
        "shape": (_shape, None),
        "score": (_score, None),
    }
    command, allowed = commands.get(arguments[0] if arguments else "", (None, ()))
    unknown = [word for word in arguments[1:] if allowed is not None and word not in allowed]
    if command is None or unknown:
        print(f"unknown: {' '.join(unknown or arguments) or 'no command'}\n{__doc__}", file=sys.stderr)
        return 2
    try:
        status = command(arguments[1:], root)
    except (BookError, BookErrors) as error:
        print(error, file=sys.stderr)
        status = 1
    except OSError as error:
        print(
            f"{error.filename or 'a file'}: {error.strerror or error}; mend it and run the command again",
            file=sys.stderr,
        )
        status = 1
    except KeyboardInterrupt:
        print("interrupted; every file is whole, run the command again to finish", file=sys.stderr)
        status = 130
    if command is _shape:  # its lines are data for other programs
        return status
    print(f"{arguments[0]}: {'done' if status == 0 else 'failed'} in {time.perf_counter() - started:.1f} s", flush=True)
    return status


def _say(text: str) -> None:
    print(text, flush=True)


def _write(arguments: list[str], root: Path) -> int:
    """Redraw stale figures, rewrite numbers, tables, formulas and alt texts, render new formulas for the site."""
    from generators.site.maths import render_missing
    from generators.weave.weave import weave, write_files

    result = weave(root, keep=True, say=_say)
    written = write_files(result, root)
    for path in written:
        _say(f"wrote {path}")
    formulas = render_missing(root / "docs")
    if formulas:
        _say(f"rendered {len(formulas)} new formulas")
    if not written and not formulas and not result.broken:
        _say("everything is current; nothing was written")
    for line in result.remarks:
        _say(line)
    return _report(result.broken)


def _check(arguments: list[str], root: Path) -> int:
    """Render everything in memory and compare; name every stale piece and the command that mends it."""
    from generators.site.maths import stale_formulas
    from generators.weave.weave import weave

    is_fast = "--fast" in arguments
    result = weave(root, redraw=not is_fast, keep=is_fast, say=_say)
    status = _report(result.broken + result.stale + stale_formulas(root / "docs"))
    if status == 0:
        _say("every number, table, formula and figure is current")
    return status


def _figures(arguments: list[str], root: Path) -> int:
    """Redraw the figures that changed, or those named."""
    from generators.weave.figures import names
    from generators.weave.weave import weave, write_files

    only = [name.removesuffix(".svg") for name in arguments]
    result = weave(root, only=only or names(root), redraw=bool(only), keep=True, say=_say)
    written = write_files(result, root)
    for path in written:
        _say(f"wrote {path}")
    _say("figures are in docs/vis/" + ("" if written else " and were already current"))
    return _report(result.broken)


def _pictures(arguments: list[str], root: Path) -> int:
    """Draw the PNG copies of figures and the cards of link previews that a build then includes."""
    from generators.pictures.draw import draw_all
    from generators.pictures.icons import draw_icons, stale_icons
    from generators.pictures.png import check
    from generators.site.cards import wanted

    draw_all(wanted(root), root, _say)
    if stale_icons(root):
        check()
        for name in draw_icons(root):
            _say(f"wrote {name}; commit it")
    return 0


def _lint(arguments: list[str], root: Path) -> int:
    """Numbers typed by hand in prose, data, and the model's portable subset; what a skeleton leaves to fill in is a note."""
    from generators.browser.scripts import lint_model
    from generators.core.unfinished import unfinished
    from generators.validate import validate_data
    from generators.weave.prose import lint_prose

    if faults := validate_data(root):
        return _report(faults)
    left = unfinished(root)
    if "--strict" in arguments:
        return _report(lint_model() + lint_prose(root) + left)
    for note in left:
        _say(f"note: {note}")
    return _report(lint_model() + lint_prose(root))


def _predict(arguments: list[str], root: Path) -> int:
    """Freeze what the suite should find on a chip, from its datasheet alone."""
    from generators.catalog.load import load_catalog
    from generators.comparison.predictions import freeze

    if len(arguments) != 1:
        raise BookError("predict", None, f"found {len(arguments)} names, wanted one id of data/accelerators")
    _say(f"wrote {freeze(load_catalog(root), arguments[0]).relative_to(root)}; commit it before the chip is measured")
    return 0


def _score(arguments: list[str], root: Path) -> int:
    """How far the predictor was off: on the project's rows of measured runs, or on files of others."""
    from generators.score.table import score

    return score(arguments, root, _say)


def _shape(arguments: list[str], root: Path) -> int:
    """What config files come to, one line of JSON each, or one line on standard error that refuses the file."""
    from generators.catalog.config_json import Refused
    from generators.catalog.config_rules import load_rules
    from generators.shape_command import line

    if not arguments:
        raise BookError("shape", None, "found no file, wanted config.json files")
    rules, status = load_rules(root), 0
    for path in arguments:
        try:
            _say(line(path, rules))
        except Refused as error:
            print(f"{ascii(path)[1:-1]}: {error}", file=sys.stderr, flush=True)
            status = 1
    return status


def _publish(arguments: list[str], root: Path) -> int:
    """Release the edition whose tag this commit carries onto the publishing branch."""
    from generators.export.book import make_book
    from generators.release.release import release

    def offered() -> dict[str, bytes]:
        made = make_book(root, root / "dist", _say) if "--book" in arguments else []
        return {path.name: path.read_bytes() for path in made}

    chosen = {"push": "--push" in arguments, "trial": "--trial" in arguments}
    release(root, _say, **chosen, prepare=partial(_pictures, [], root), downloads=offered)
    return 0


def _validate(arguments: list[str], root: Path) -> int:
    """Read data as sent by a stranger: all of data/, here or in another folder, or the files named."""
    from generators.catalog.load import load_catalog
    from generators.comparison.comparison import passed_over_lines
    from generators.validate import validate_data, validate_files

    if arguments[:1] == ["--root"]:
        root, arguments = Path(*arguments[1:2]), []
    found = validate_files([Path(name) for name in arguments], root) if arguments else validate_data(root)
    status = _report(found[:100])
    if len(found) > 100:
        print(f"and {len(found) - 100} more", file=sys.stderr)
    if status == 0:
        _say("every file reads, and agrees with the others")
    if status == 0 and not arguments:
        for line in passed_over_lines(load_catalog(root)):
            _say(line)
    return status


def _numbers(arguments: list[str], root: Path) -> int:
    """Number ids, tables and formulas with what each means; with words, those about all of them; with an id, its value."""
    from generators.formulas import FORMULAS
    from generators.numbers import everything  # noqa: F401  declares every family
    from generators.numbers.finding import about, alike
    from generators.numbers.registry import FAMILIES
    from generators.tables.registry import declared_tables

    if len(arguments) == 1 and "." in arguments[0].strip("."):
        return _number(arguments[0], root)
    found = about(arguments, [(family.pattern, family.meaning) for family in FAMILIES])
    woven = [(f"<!-- formula: {name} -->", tex) for name, tex in FORMULAS.items()]
    woven += [
        (f"<!-- table: {name} -->", (table.__doc__ or "").split("\n")[0]) for name, table in declared_tables().items()
    ]
    beside = about(arguments, woven)
    if not found + beside:
        known = [(family.pattern, family.meaning) for family in FAMILIES] + woven
        near = (
            f"nearest is {' '.join(alike(arguments, known))}"
            if alike(arguments, known)
            else "try fewer words, or an id"
        )
        raise BookError("numbers", None, f"found nothing about {' '.join(arguments)!r}; {near}")
    for line in found + beside:
        _say(line)
    if found:
        _say("a link is [?](reference/numbers.md#ID), with ids of data/ and whole numbers in place of the braces")
    if beside:
        _say("a table or formula is its comment and, two lines below, <!-- /table --> or <!-- /formula -->")
    return 0


def _number(id_: str, root: Path) -> int:
    """What an id gives: value, meaning, how it is computed and from what, and the sources of it all."""
    from generators.weave.answers import PageValues

    answers = PageValues(root)
    try:
        number = answers.number(id_)
        inputs = [answers.number(one) for one in number.inputs]
    except (KeyError, ValueError, ArithmeticError) as error:
        raise BookError("numbers", id_, str(error.args[0] if error.args else error)) from None
    _say(f"{id_}: {number.text}\n    {number.meaning}")
    if number.derivation:
        _say(number.derivation)
    for one in inputs:
        _say(f"from: {one.id} = {one.text}")
    for name, target in number.sources:
        _say(f"source: {name}, {target}")
    _say(f"a link is [{number.text}](reference/numbers.md#{id_})")
    return 0


def _new(arguments: list[str], root: Path) -> int:
    """Begin a chapter, figure, accelerator or model: a skeleton that passes as it stands and says what to fill in."""
    from generators.new import cli
    from generators.weave.weave import weave, write_files

    def woven() -> list[str]:
        result = weave(root, keep=True, say=_say)
        broken.extend(result.broken)
        return write_files(result, root)

    broken: list[BookError] = []
    cli.run(arguments, root, woven, _say)
    return _report(broken)


def _book(arguments: list[str], root: Path) -> int:
    """The book as PDF, EPUB and a ZIP that opens from a folder, into dist/ or the folder named."""
    from generators.export.book import make_book

    if len(arguments) > 1:
        raise BookError("book", None, f"found {len(arguments)} folders, wanted one or none")
    made = make_book(root, Path(arguments[0]) if arguments else root / "dist", _say)
    _say(f"{len(made)} files are in {made[0].parent}/")
    return 0


def _report(errors: list[BookError]) -> int:
    for error in errors:
        print(error, file=sys.stderr)
    return 1 if errors else 0


if __name__ == "__main__":
    gc.set_threshold(
        50_000
    )  # a command ends soon: looking for cycles this seldom saves a fifth of its time and costs no memory
    try:
        sys.exit(main(sys.argv[1:]))
    except BrokenPipeError:  # whoever read our lines, such as `head`, has had enough of them
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
