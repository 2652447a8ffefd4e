"""Read data as sent by a stranger and say what is wrong with it: a parse and a check, nothing of it is executed."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from dataclasses import replace
from functools import cache
from pathlib import Path

from generators.book.accelerator import Accelerator
from generators.book.bounds import strays
from generators.book.contributor import load_contributors
from generators.book.cross_checks import cross_check
from generators.book.erratum import Erratum, load_errata
from generators.book.llm import LanguageModel
from generators.book.load import ROOT, Book, load_book, read_toml, shown, validate
from generators.book.prediction import Prediction, load_prediction
from generators.book.record import Record, load_record
from generators.errors import BookError, BookErrors, raise_all
from generators.predictions import load_predictions, prediction_faults

ROWS = {"accelerators": Accelerator, "models": LanguageModel}


def validate_data(root: Path) -> list[BookError]:
    """Every mistake in `data/` of a folder, its cross-references included."""
    errors = [BookError(name, None, fault) for name, fault in strays(root / "data")]
    try:
        book = load_book(root)
    except BookErrors as several:
        errors += several.errors
        paths = sorted((root / "data/predictions").glob("*.json"))
        errors += [error for path in paths for error in _mistakes(lambda path=path: load_prediction(path))]
    else:
        errors += _mistakes(lambda: load_predictions(book))
    for read in (load_errata, load_contributors):
        errors += _mistakes(lambda read=read: read(root))
    return errors


def validate_files(paths: list[Path], root: Path = ROOT) -> list[BookError]:
    """Every mistake in single files, each beside the book under `root`: chips and models by their folder, errata by name, records."""
    book = cache(lambda: load_book(root))
    return [error for path in paths for error in _one(path, book)]


def _one(path: Path, book: Callable[[], Book]) -> list[BookError]:
    if not path.is_file() or path.is_symlink():
        return [
            BookError(path.name, None, "found no file of that name, wanted a record (.json) or a row of data (.toml)")
        ]
    if path.suffix == ".json":
        load = load_prediction if path.parent.name == "predictions" else load_record
        return _mistakes(lambda: _beside(path, load(path), book()))
    errors: list[BookError] = []
    table = read_toml(path, errors)
    kind = ROWS.get(path.parent.name)
    if path.name == "errata.toml":
        for id_, row in table.items():
            validate(Erratum, row, path, id_, errors)
    elif kind and not errors:
        row = validate(kind, table | {"id": path.stem}, path, "", errors)
        errors += _mistakes(lambda: _beside(path, row, book())) if row else []
    elif not errors:
        wanted = "wanted one in data/accelerators, data/models, data/measurements or data/predictions"
        errors.append(
            BookError(shown(path), None, f"found a file of another folder, {wanted}; give no file to check all")
        )
    return errors


def _beside(path: Path, row: Accelerator | LanguageModel | Record | Prediction, book: Book) -> None:
    """Raise what is wrong with a row, read from a file of this name, once it stands among the others."""
    if isinstance(row, Prediction):
        place = f"data/predictions/{path.name}"
        raise_all([BookError(place, field, fault) for field, fault in prediction_faults(book, row)])
        return
    kind = "records" if isinstance(row, Record) else path.parent.name
    rows = copy(getattr(book, kind))
    rows[path.stem] = row
    raise_all([error for error in cross_check(replace(book, **{kind: rows})) if Path(error.path).name == path.name])


def _mistakes(read: Callable[[], object]) -> list[BookError]:
    try:
        read()
    except BookErrors as several:
        return list(several.errors)
    except BookError as error:
        return [error]
    return []
