"""Read `data/` into one `Catalog`, reporting every mistake found with file, field, found and wanted."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pydantic import BaseModel, ValidationError

from generators.catalog.accelerator import Accelerator
from generators.catalog.annotation import PLACE, Annotation, annotate
from generators.catalog.bounds import id_fault, odd, toml_text, unreadable
from generators.catalog.browser_probe import BrowserProbe, load_probes
from generators.catalog.faults import faults
from generators.catalog.llm import LanguageModel
from generators.catalog.number_format import NumberFormat
from generators.catalog.published import Published
from generators.catalog.record import Record, load_record
from generators.catalog.rows import Rows
from generators.catalog.source import Source
from generators.core import reading
from generators.core.errors import BookError, raise_all
from generators.core.unfinished import open_fields

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, eq=False)
class Catalog:
    """Everything `data/` holds, by id.  Rows are validated; numbers are computed from them on demand.

    A book equals itself alone, so that a function of it can remember its answer.
    """

    root: Path
    sources: dict[str, Source]
    accelerators: Rows[Accelerator]
    models: Rows[LanguageModel]
    formats: Rows[NumberFormat]
    published: Rows[Published]
    records: dict[str, Record]
    annotations: dict[str, Annotation]
    probes: dict[str, BrowserProbe]

    @cached_property
    def alike(self) -> dict[str, LanguageModel]:
        """Models whose layers are alike but for windows and dense MLPs: those that their row describes by a shape."""
        return {id_: model for id_, model in self.models.items() if model.shape}

    @cached_property
    def current_records(self) -> dict[str, Record]:
        """Records that no later record supersedes."""
        gone = {record.supersedes for record in self.records.values() if record.supersedes}
        return {id_: record for id_, record in self.records.items() if id_ not in gone}

    @cached_property
    def roles(self) -> dict[str, Record]:
        """The record that speaks for each machine, by its role, in the order of `data/records.toml`."""
        return {one.role: self.records[id_] for id_, one in self.annotations.items() if one.role}

    def speaker(self, role: str) -> Record:
        """The record of a role; BookError where none has it."""
        if role not in self.roles:
            raise BookError(PLACE, None, f"gives no record the role {role!r}, which the book's sentences speak of")
        reading.read(f"record:{self.roles[role].id}")
        return self.roles[role]

    def machine_label(self, record: Record) -> str:
        """What figures call the record's machine: the label beside its role, or its name."""
        mine = self.annotations.get(record.id)
        return (mine and mine.label) or record.machine.name


def load_catalog(root: Path = ROOT) -> Catalog:
    """Load and check all of `data/` under `root`; raise `BookErrors` with every mistake."""
    from generators.catalog.cross_checks import cross_check  # late: it needs the model, which data need not

    errors: list[BookError] = []
    data = root / "data"
    annotations = _table(data / "records.toml", Annotation, errors)
    catalog = Catalog(
        root=root,
        sources=_table(data / "sources.toml", Source, errors),
        accelerators=_folder(data / "accelerators", Accelerator, errors),
        models=_folder(data / "models", LanguageModel, errors),
        formats=_table(data / "formats.toml", NumberFormat, errors),
        published=_tables(data / "published", Published, errors),
        records=annotate(_records(data / "measurements", errors), annotations, errors),
        annotations=annotations,
        probes=_probes(data / "probes", errors),
    )
    raise_all(errors)
    raise_all(cross_check(catalog))
    return catalog


def read_toml(path: Path, errors: list[BookError]) -> dict:
    """A TOML file as a dict; one that is missing, malformed, too large or a link is one error line and an empty dict.

    The file may be a stranger's: it is bounded before it is parsed.
    """
    try:
        table = tomllib.loads(toml_text(path))
        found = [BookError(shown(path), place, fault) for place, fault in odd(table)]
        errors += found
        return {} if found else table
    except FileNotFoundError:
        errors.append(BookError(shown(path), None, "file not found; wanted a TOML table"))
    except OSError as error:
        errors.append(BookError(shown(path), None, f"cannot be read ({error.strerror}); wanted a TOML file"))
    except (ValueError, RecursionError) as error:  # a number of thousands of digits, arrays nested without end
        is_ours = type(error) is ValueError and "wanted" in str(error)
        errors.append(
            BookError(shown(path), None, str(error) if is_ours else f"not readable as TOML: {unreadable(error)}")
        )
    return {}


def shown(path: Path) -> str:
    """The path from `data/` down, as a person would type it."""
    parts = path.parts
    return "/".join(parts[-1 - parts[::-1].index("data") :]) if "data" in parts else path.name


def validate(kind: type[BaseModel], row: object, path: Path, prefix: str, errors: list[BookError]) -> BaseModel | None:
    """One row through its schema; each fault becomes one line with its dotted field."""
    try:
        return kind.model_validate(row)
    except ValidationError as error:
        for place, message in faults(kind, error):
            errors.append(BookError(shown(path), ".".join(p for p in (prefix, place) if p), message))
    return None


def _files(folder: Path, errors: list[BookError]) -> Iterator[tuple[Path, dict]]:
    """The TOML files of a folder that hold something; a missing folder, an empty file or an odd name is an error."""
    if not folder.is_dir():
        errors.append(BookError(shown(folder), None, "found no folder, wanted one of TOML files; restore it"))
    for path in sorted(folder.glob("*.toml")):
        if fault := id_fault(path.stem):
            errors.append(BookError(shown(path), None, fault))
            continue
        before = len(errors)
        if table := read_toml(path, errors):
            yield path, table
        elif len(errors) == before:
            errors.append(BookError(shown(path), None, "found an empty file, wanted a TOML table; fill or delete it"))


def _folder(folder: Path, kind: type, errors: list[BookError]) -> Rows:
    """Every TOML file of a folder as a row whose id is the file's name."""
    rows = Rows(f"{shown(folder)}/")
    for path, row in _files(folder, errors):
        if "id" in row:
            errors.append(
                BookError(shown(path), "id", f"found {row['id']!r}; the file's name is the id, remove the field")
            )
            continue
        if _is_draft(rows, path.stem, row, path):
            continue
        _keep(rows, path.stem, validate(kind, row | {"id": path.stem}, path, "", errors), path, errors)
    return rows


def _table(path: Path, kind: type, errors: list[BookError]) -> Rows:
    """Every table of one TOML file as a row whose id is the table's name."""
    rows = Rows(shown(path))
    for id_, row in read_toml(path, errors).items():
        if _is_draft(rows, id_, row, path):
            continue
        if kind is not Annotation and (fault := id_fault(id_)):  # a record's id is its own
            errors.append(BookError(shown(path), id_, fault))
            continue
        _keep(rows, id_, validate(kind, row, path, id_, errors), path, errors)
    return rows


def _tables(folder: Path, kind: type, errors: list[BookError]) -> Rows:
    """Every table of every TOML file of a folder; an id may stand in one file only."""
    rows = Rows(f"{shown(folder)}/")
    for path, table in _files(folder, errors):
        for id_, row in table.items():
            if _is_draft(rows, id_, row, path):
                continue
            if fault := id_fault(id_):
                errors.append(BookError(shown(path), id_, fault))
                continue
            _keep(rows, id_, validate(kind, row, path, id_, errors), path, errors)
    return rows


def _is_draft(rows: Rows, id_: str, row: object, path: Path) -> bool:
    """Whether a row is a draft: noted as one, and kept out until it is finished; the lint names what remains."""
    fields = list(open_fields(row))
    if fields:
        more = f" and {len(fields) - 6} more" if len(fields) > 6 else ""
        rows.drafts[id_] = f"{', '.join(fields[:6])}{more} of {shown(path)}"
    return bool(fields)


def _keep(rows: dict, id_: str, row: object, path: Path, errors: list[BookError]) -> None:
    """Add a valid row, refusing an id that stands twice."""
    if id_ in rows:
        errors.append(BookError(shown(path), id_, f"duplicate id {id_!r}; give each row its own"))
    elif row is not None:
        rows[id_] = row


def _records(folder: Path, errors: list[BookError]) -> dict[str, Record]:
    """Every measurement record; a bad one is one line, never a traceback."""
    rows: dict[str, Record] = {}
    for path in sorted(folder.glob("*.json")):
        try:
            rows[path.stem] = load_record(path)
        except BookError as error:
            errors.append(error)
    return rows


def _probes(folder: Path, errors: list[BookError]) -> dict[str, BrowserProbe]:
    """Every comparison of a browser with a native program."""
    rows, wrong = load_probes(folder)
    errors += wrong
    return rows
