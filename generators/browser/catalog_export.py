"""The catalog as the browser gets it: each row is what `generators/catalog/model_inputs.py` makes of the data, written short.

No number is worked out here or in the browser: shapes, bytes per value and peaks come from the same
functions that the book's figures call, as floats in base units.
"""

import json
import re
from dataclasses import fields, is_dataclass

from generators.catalog import model_inputs
from generators.catalog.load import Catalog
from generators.comparison.comparison import ceilings, decode_records, predicted, quoted_decodes
from generators.model.inputs import Format, Shape
from generators.score.fit import NEW
from generators.score.names import memory_class
from generators.score.rows import peak_of
from generators.score.table import CONSTANTS

Row = list[object]


def catalog_rows(catalog: Catalog) -> dict[str, object]:
    """Chips, models, formats and the subject that a fresh page shows.

    Models whose layers differ from one another take most bytes; `further_models` has them, for the explorer.
    """
    rates = sorted({"int8", *(row.rate for row in catalog.formats.values())})  # INT8: of pasted files alone
    return {
        "rates": rates,
        "chips": [_chip(catalog, id_, rates) for id_ in sorted(catalog.accelerators, key=lambda i: _order(catalog, i))],
        "models": [row for row in _models(catalog) if not _differ(row)],
        "formats": [_format(catalog, id_) for id_ in catalog.formats],
    }


def further_models(catalog: Catalog) -> list[Row]:
    """The models whose layers differ from one another, as `catalog_rows` writes the others."""
    return [row for row in _models(catalog) if _differ(row)]


def _models(catalog: Catalog) -> list[Row]:
    return [_model(catalog, id_) for id_ in sorted(catalog.models, key=lambda i: catalog.models[i].name.lower())]


def _differ(row: Row) -> bool:
    return len(row[-1]) == len(fields(Shape))  # the last field, the parts, is given


def _order(catalog: Catalog, id_: str) -> tuple[str, str]:
    row = catalog.accelerators[id_]
    return row.vendor.lower(), row.name.lower()


def _chip(catalog: Catalog, id_: str, rates: list[str]) -> Row:
    """Id, name, short name, vendor, bandwidth, capacity (0: unknown), the peak for each rate (0: the chip lacks it),
    and the capacity that the driver reports (0: unknown)."""
    row = catalog.accelerators[id_]
    peaks = [_float(device.peak) if (device := model_inputs.device(row, rate)) else 0 for rate in rates]
    capacity = row.capacity.value if row.capacity else 0
    reported = row.memory.reported.quantity.value if row.memory.reported else 0
    return [
        id_,
        row.name,
        row.short,
        row.vendor,
        _float(row.bandwidth.value),
        _float(capacity),
        peaks,
        _float(reported),
    ]


def _model(catalog: Catalog, id_: str) -> Row:
    """Id, name, short name, published context, and the shape's fields in order, defaults at the end left out."""
    row = catalog.models[id_]
    made = model_inputs.described(row)
    values = [getattr(made, field.name) for field in fields(Shape)]
    defaults = [field.default for field in fields(Shape)]
    while values and values[-1] == defaults[len(values) - 1]:
        values.pop()
    return [id_, row.name, row.short, row.context, [_short(value) for value in values]]


def _short(value: object) -> object:
    """A field of a shape; a list of parts as rows of the fields of `Part`, defaults at the end left out."""
    if isinstance(value, tuple):
        return [_short(part) for part in value]
    if is_dataclass(value):
        made = [getattr(value, field.name) for field in fields(value)]
        while made[-1] == fields(value)[len(made) - 1].default:
            made.pop()
        return [_short(one) for one in made]
    return value if isinstance(value, bool) or value is None else _float(value)


def _format(catalog: Catalog, id_: str) -> Row:
    """Id, name, rate, bits per weight with scales, and the fields of `Format` in order."""
    row = catalog.formats[id_]
    made = model_inputs.number_format(row)
    return [
        id_,
        row.name,
        row.rate,
        _float(row.effective_bits),
        [_float(getattr(made, f.name)) for f in fields(Format)],
    ]


def _float(value: float) -> float | int:
    """A float written without a trailing `.0`, so that the file is short; the browser has one kind of number."""
    return int(value) if float(value).is_integer() and abs(value) < 2**53 else float(value)


def measured_rows(catalog: Catalog) -> dict[str, object]:
    """What was measured: quoted decode rates on cataloged chips, and the book's own records with their predictions."""
    return {
        "quoted": [
            [q.id, q.row.accelerator, q.row.model, q.row.format, q.row.context, q.row.engine, q.reached, q.bound]
            for q in quoted_decodes(catalog, everything=True)
        ],
        "records": [_record(record) for record in decode_records(catalog)],
    }


#: Engines whose rate the explorer expects, as it names them.
ENGINES = {"compiled": "a compiled engine", "serving": "a server", "llama.cpp": "llama.cpp"}


def expected_rows(catalog: Catalog) -> dict[str, list[Row]]:
    """For each chip, what engines reach on its memory, by constants fitted to at least two devices.

    A row: engine, share of bandwidth, of the catalog's peak (0: not fitted), seconds per layer of any build, least and
    most bytes of a pass and most sequences among the runs fitted to, and the intervals of measured over predicted
    time, of passes that wait for memory and of those whose arithmetic may decide.
    """
    groups = json.loads((catalog.root / CONSTANTS).read_text(encoding="utf-8"))
    found: dict[str, list[Row]] = {}
    for id_, chip in catalog.accelerators.items():
        memory, rows = memory_class(chip.vendor, chip.kind, chip.memory.type), []
        printed = model_inputs.device(chip, chip.half_precision) if chip.half_precision else None
        faster = peak_of(chip) / printed.peak if printed else 0
        for family, name in ENGINES.items():
            row = groups.get(f"{memory}, {family} {NEW}") or groups.get(f"{memory}, {family}")
            if row and row["devices"] > 1:
                rows.append(
                    [
                        name,
                        row["share"][0],
                        row["peak"].get("16 bits", [0])[0] * faster,
                        row["layer"][""][0],
                        *row["moved"],
                        row["sequences"],
                        row["interval"],
                        row["interval_heavy"],
                    ]
                )
        if rows:
            found[id_] = rows
    return found


def _record(record) -> dict[str, object]:
    """A record as `web/record_summary.js` here sums up a dropped one."""
    roof = ceilings(record)
    return {
        "id": record.id,
        "name": record.machine.name,
        "accelerator": record.machine.accelerator,
        "read": roof.read,
        "products": roof.products,
        "decode": [_case(record, case) for case in record.measured("decode")],
    }


def _case(record, case) -> dict[str, object]:
    step, (low, high) = predicted(record, case), case.interval
    return {
        "parameters": case.parameters["parameters"],
        "dtype": case.parameters["dtype"],
        "batch": case.parameters["batch"],
        "context": case.parameters["context"],
        "bytes": case.work.bytes,
        "flop": case.work.flop,
        "seconds": case.seconds,
        "low": low,
        "high": high,
        "predicted": step.time,
        "binds": step.binds,
    }


#: A string, which stays, or a whole number of many zeros, which is the same number with an exponent.
_LONG = re.compile(r'"(?:[^"\\]|\\.)*"|(?<=[\[,:])(?P<digits>[1-9]\d*?)(?P<zeros>0{6,})(?:\.0)?(?=[,\]}])')


def _shorter(found: re.Match) -> str:
    return found[0] if found["zeros"] is None else f"{found['digits']}e{len(found['zeros'])}"


def as_script(name: str, value: object) -> str:
    """`const name = …;` with the value as JSON that is safe inside a script."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    text = _LONG.sub(_shorter, text).replace("</", "<\\/")
    return f"const {name} = {text};"
