"""Read data as sent by a stranger and say what is wrong with it: a parse and a check, nothing of it is executed."""

from collections.abc import Callable
from copy import copy
from dataclasses import replace
from functools import cache
from pathlib import Path

from generators.catalog.accelerator import Accelerator
from generators.catalog.bounds import strays
from generators.catalog.contributor import load_contributors
from generators.catalog.cross_checks import cross_check
from generators.catalog.erratum import Erratum, load_errata
from generators.catalog.llm import LanguageModel
from generators.catalog.load import ROOT, Catalog, load_catalog, read_toml, shown, validate
from generators.catalog.prediction import Prediction, load_prediction
from generators.catalog.record import Record, load_record
from generators.comparison.predictions import load_predictions, prediction_faults
from generators.core.errors import BookError, BookErrors, raise_all

ROWS = {"accelerators": Accelerator, "models": LanguageModel}


def validate_data(root: Path) -> list[BookError]:
    """Every mistake in `data/` of a folder, its cross-references included."""
    errors = [BookError(name, None, fault) for name, fault in strays(root / "data")]
    try:
        catalog = load_catalog(root)
    except BookErrors as several:
        errors += several.errors
        paths = sorted((root / "data/predictions").glob("*.json"))
        errors += [error for path in paths for error in _mistakes(lambda path=path: load_prediction(path))]
    else:
        errors += _mistakes(lambda: load_predictions(catalog))
    for read in (load_errata, load_contributors):
        errors += _mistakes(lambda read=read: read(root))
    return errors


def validate_files(paths: list[Path], root: Path = ROOT) -> list[BookError]:
    """Every mistake in single files, each beside the book under `root`: chips and models by their folder, errata by name, records."""
    catalog = cache(lambda: load_catalog(root))
    return [error for path in paths for error in _one(path, catalog)]


def _one(path: Path, catalog: Callable[[], Catalog]) -> list[BookError]:
    if not path.is_file() or path.is_symlink():
        return [
            BookError(path.name, None, "found no file of that name, wanted a record (.json) or a row of data (.toml)")
        ]
    if path.suffix == ".json":
        load = load_prediction if path.parent.name == "predictions" else load_record
        return _mistakes(lambda: _beside(path, load(path), catalog()))
    errors: list[BookError] = []
    table = read_toml(path, errors)
    kind = ROWS.get(path.parent.name)
    if path.name == "errata.toml":
        for id_, row in table.items():
            validate(Erratum, row, path, id_, errors)
    elif kind and not errors:
        row = validate(kind, table | {"id": path.stem}, path, "", errors)
        errors += _mistakes(lambda: _beside(path, row, catalog())) if row else []
    elif not errors:
        wanted = "wanted one in data/accelerators, data/models, data/measurements or data/predictions"
        errors.append(
            BookError(shown(path), None, f"found a file of another folder, {wanted}; give no file to check all")
        )
    return errors


def _beside(path: Path, row: Accelerator | LanguageModel | Record | Prediction, catalog: Catalog) -> None:
    """Raise what is wrong with a row, read from a file of this name, once it stands among the others."""
    if isinstance(row, Prediction):
        place = f"data/predictions/{path.name}"
        raise_all([BookError(place, field, fault) for field, fault in prediction_faults(catalog, row)])
        return
    kind = "records" if isinstance(row, Record) else path.parent.name
    rows = copy(getattr(catalog, kind))
    rows[path.stem] = row
    raise_all([error for error in cross_check(replace(catalog, **{kind: rows})) if Path(error.path).name == path.name])


def _mistakes(read: Callable[[], object]) -> list[BookError]:
    try:
        read()
    except BookErrors as several:
        return list(several.errors)
    except BookError as error:
        return [error]
    return []
