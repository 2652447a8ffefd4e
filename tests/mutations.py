"""Data files bent at random, by a seed: nothing wrong is accepted, nothing ends in a traceback, a refusal says what to mend.

``python -m tests.mutations --count 1000 --seed 7`` tries a thousand and tells what slipped through; ``test_mutations.py``
tries a few by the same generator.  Each way to bend a file knows what it does: it makes the file say something false or
impossible (harmful: it must be refused), or nothing else than before (harmless: it may pass).  Where a chance change may
be either, no way is offered, so that the verdict is mechanical.
"""

from __future__ import annotations

import argparse
import copy
import datetime
import json
import random
import re
import shutil
import sys
import tempfile
import time
import tomllib
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from generators import validate
from generators.catalog import load
from generators.comparison import predictions
from generators.validate import validate_data
from tests.conftest import ROOT

PARSE = tomllib.loads  # which `read_once` lets remember what it has read
LONGEST = 600  # characters of a message
RECORDS = ("T0457Z", "T2228Z")  # a processor's and a GPU's: the others say nothing more to the loader
ERRATUM = {
    "one": {
        "found_in": "0.1.0",
        "place": "01_memory_bound",
        "said": "what it said",
        "correct": "what is right",
        "reported_by": "a reader",
        "reported": datetime.date(2026, 11, 24),
    }
}

Row = dict
Bend = Callable[[random.Random, Row], str]  # changes a row in place; what it did, or "" where it does not apply


@dataclass
class Mutation:
    """One bent file: its text, what was done, whether it must be refused, and the fields that a refusal may name."""

    path: str
    content: bytes
    what: str
    harmful: bool = True
    fields: tuple[str, ...] = ()
    as_path: str = ""  # where it is written, if not over the file itself


@dataclass
class Tally:
    """What came of the mutations of a run."""

    counts: Counter = field(default_factory=Counter)
    accepted: list[str] = field(default_factory=list)
    tracebacks: list[str] = field(default_factory=list)
    unclear: list[str] = field(default_factory=list)


# TOML ------------------------------------------------------------------------------------------------------------


def toml(table: Row) -> str:
    """A table as TOML: inner tables inline, tables of the file's top as they are written by hand."""
    plain = [f"{key} = {_value(value)}" for key, value in table.items() if not isinstance(value, dict)]
    tables = [f"\n[{_key(key)}]\n{_body(value)}" for key, value in table.items() if isinstance(value, dict)]
    return "\n".join([*plain, *tables]) + "\n"


def _body(table: Row) -> str:
    return "\n".join(f"{_key(key)} = {_value(value)}" for key, value in table.items())


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else json.dumps(key)


def _value(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(key)} = {_value(inner)}" for key, inner in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    if isinstance(value, datetime.date):
        return value.isoformat()
    return (
        json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        if not isinstance(value, float)
        else repr(value)
    )


# Finding places ----------------------------------------------------------------------------------------------------


def tables(row: Row, holding: set[str], way: tuple = ()) -> Iterator[tuple[tuple, Row]]:
    """(way, table) of every inner table, the row itself included, that has all these fields."""
    if holding <= row.keys():
        yield way, row
    for key, value in row.items():
        for place, inner in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if isinstance(inner, dict):
                yield from tables(inner, holding, (*way, key) if place is None else (*way, key, place))


def _datum(rng: random.Random, row: Row, only: str = "") -> tuple[str, Row] | None:
    found = [
        (".".join(map(str, way)), one)
        for way, one in tables(row, {"value", "as_printed"})
        if only in ".".join(map(str, way))
    ]
    return rng.choice(found) if found else None


_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


def _scaled(text: str, factor: float) -> str:
    return _NUMBER.sub(
        lambda match: (
            f"{float(match[0].replace(',', '')) * factor:.6g}"
            if "e" not in f"{float(match[0].replace(',', '')) * factor:.6g}"
            else f"{float(match[0].replace(',', '')) * factor:.0f}"
        ),
        text,
        count=1,
    )


# Ways that every kind shares ---------------------------------------------------------------------------------------


def leaves(row: object, way: tuple = ()) -> Iterator[tuple[tuple, object]]:
    """(way, value) of every single value."""
    for key, value in row.items() if isinstance(row, dict) else enumerate(row):
        if isinstance(value, (dict, list)):
            yield from leaves(value, (*way, key))
        else:
            yield (*way, key), value


def put(row: object, way: tuple, value: object) -> None:
    """Set the value at a way."""
    for step in way[:-1]:
        row = row[step]
    row[way[-1]] = value


def wrong_type(rng: random.Random, row: Row) -> str:
    """A value of another type: a number as text, a text as number, a table for a value."""
    way, value = rng.choice(list(leaves(row)))
    odd = rng.choice(
        [{}, [], {"a": 1}, [[1]], *(["2024", "x", [1]] if not isinstance(value, str) else [4800, 1.5, True, ["x"]])]
    )
    if way[0] == "environment" or "parameters" in way or "noise" in way:
        odd = {"a": {}}  # these hold any plain value
    put(row, way, odd)
    return f"{way} of another type: {odd!r}"


def unknown_field(rng: random.Random, row: Row) -> str:
    """A field that is written wrong beside those that are right."""
    places = [
        (way, one)
        for way, one in tables(row, set())
        if not {"environment", "parameters", "noise", "peaks", "per_cycle"} & {*map(str, way)} and one
    ]
    way, one = rng.choice(places)
    name = rng.choice(list(one))
    wrong = name[:-1] + name[-1] * 2 if rng.random() < 0.5 else name[1:] + "x"
    if wrong in one or not re.fullmatch(r"[a-z]\w*", wrong):
        return ""
    one[wrong] = one[name]
    return f"{wrong} beside {name} in {way}"


def text_signs(rng: random.Random, row: Row) -> str:
    """A text with control characters, markup, or thousands of letters."""
    found = [(way, value) for way, value in leaves(row) if isinstance(value, str)]
    if not found:
        return ""
    way, value = rng.choice(found)
    odd = rng.choice(["\x00", "\x1b[31m", "\u202e", "a\nb", "<script>", "<img src=x>", "x" * 5000, "\u2028"])
    put(row, way, value + odd)
    return f"{way} with {odd[:12]!r}"


def missing(*names: str) -> Bend:
    """One of these fields left out, wherever it stands."""

    def bend(rng: random.Random, row: Row) -> str:
        found = [(way, one, name) for name in names for way, one in tables(row, {name})]
        if not found:
            return ""
        way, one, name = rng.choice(found)
        del one[name]
        return f"{way} without {name}"

    return bend


def same_words(rng: random.Random, row: Row) -> str:
    """A note that says something else, which changes no number."""
    found = [one for _, one in tables(row, {"note"}) if not one["note"].startswith(("Differs:", "Computed:"))]
    if not found:
        return ""
    rng.choice(found)["note"] = "Another note."
    return "another note"


def setting(name: str, *values: object) -> Bend:
    """A field set to one of these values, each of them impossible."""

    def bend(rng: random.Random, row: Row) -> str:
        found = [
            (way, one)
            for way, one in tables(row, {name.rsplit(".", 1)[-1]})
            if ".".join(map(str, (*way, name.rsplit(".", 1)[-1]))).endswith(name)
        ]
        if not found:
            return ""
        way, one = rng.choice(found)
        value = rng.choice(values)
        one[name.rsplit(".", 1)[-1]] = value
        return f"{'.'.join(map(str, way))} {name} = {value!r:.60}"

    return bend


# Chips and every sourced value --------------------------------------------------------------------------------------


def power_of_ten(rng: random.Random, row: Row) -> str:
    """A value that is its printed text's no more."""
    if not (found := _datum(rng, row)):
        return ""
    where, one = found
    factor = 10.0 ** rng.choice([-6, -3, -2, -1, 1, 2, 3, 6])
    one["value"] = _scaled(one["value"], factor)
    return f"{where}.value times {factor:g}" if not one.get("note", "").startswith("Computed:") else ""


_UNITS = [
    "GB/s",
    "TB/s",
    "MB/s",
    "GB",
    "TB",
    "MB",
    "W",
    "TFLOP/s",
    "PFLOP/s",
    "GFLOP/s",
    "TOP/s",
    "MHz",
    "ms",
    "%",
    "tokens/s",
    "parameters",
    "bytes/token",
    "s",
    "µs",
]


def unit_swapped(rng: random.Random, row: Row) -> str:
    """A value in another unit."""
    if not (found := _datum(rng, row)):
        return ""
    where, one = found
    number, _, unit = one["value"].partition(" ")
    wrong = rng.choice([other for other in _UNITS if other != unit])
    if not unit:
        return ""
    one["value"] = f"{number} {wrong}"
    return f"{where}.value in {wrong}" if not one.get("note", "").startswith("Computed:") else ""


def unit_invented(rng: random.Random, row: Row) -> str:
    """A unit that nobody has."""
    if not (found := _datum(rng, row)):
        return ""
    found[1]["value"] = found[1]["value"].partition(" ")[0] + rng.choice(
        [" GBps", " Gbit/s", " teraflops", " furlongs", " gb/s", " Tops"]
    )
    return f"{found[0]}.value = {found[1]['value']}"


def digits(rng: random.Random, row: Row) -> str:
    """Digits of another script, or a comma for the decimal point."""
    if not (found := _datum(rng, row)):
        return ""
    where, one = found
    number, _, unit = one["value"].partition(" ")
    script = rng.choice(["０１２３４５６７８９", "٠١٢٣٤٥٦٧٨٩", "०१२३४५६७८९", ""])
    wrong = number.translate(str.maketrans("0123456789", script)) if script else f"{number[0]},{number[1:2] or '5'}"
    field_ = rng.choice(["value", "as_printed"])
    one[field_] = f"{wrong} {unit}"
    return f"{where}.{field_} = {one[field_]}"


def printed_in_another_unit(rng: random.Random, row: Row) -> str:
    """A printed text whose number is right and whose unit is another's."""
    if not (found := _datum(rng, row)):
        return ""
    where, one = found
    number, _, unit = one["value"].partition(" ")
    wrong = rng.choice([" years", " %", " kg", " dollars", " W" if unit != "W" else " GB", " °C"])
    if unit in (
        "%",
        "×",
        "parameters",
        "billion parameters",
        "sequences",
        "tokens",
        "bytes/token",
        "experts",
    ) or one.get("note", "").startswith("Computed:"):
        return ""
    if one.get("printed_basis") == "derived":
        return ""
    one["as_printed"] = number + wrong
    return f"{where}.as_printed = {one['as_printed']}"


def swapped_values(rng: random.Random, row: Row) -> str:
    """Two sourced values in each other's place."""
    pairs = [
        ("memory.bandwidth", "memory.capacity"),
        ("memory.bandwidth", "power"),
        ("peak.fp16", "peak.fp8"),
        ("peak.bf16", "peak.int8"),
        ("peak.fp32", "peak.bf16"),
        ("power", "last_level_cache"),
        ("parameters", "kv_bytes_per_token"),
    ]
    there = {".".join(map(str, way)): one for way, one in tables(row, {"value", "as_printed"})}
    known = [(a, b) for a, b in pairs if a in there and b in there and there[a]["value"] != there[b]["value"]]
    if not known:
        return ""
    a, b = rng.choice(known)
    if any("note" in there[one] for one in (a, b)):
        return ""
    first, second = dict(there[a]), dict(there[b])
    there[a].clear(), there[a].update(second)
    there[b].clear(), there[b].update(first)
    return f"{a} and {b} swapped"


def impossible(where: str, value: str) -> Bend:
    """A sourced value that no device has, printed alike."""

    def bend(rng: random.Random, row: Row) -> str:
        there = {".".join(map(str, way)): one for way, one in tables(row, {"value", "as_printed"})}
        if where not in there or there[where].get("note", "").startswith(("Differs:", "Computed:")):
            return ""
        there[where].update(value=value, as_printed=value)
        there[where].pop("conflicts", None)
        return f"{where} = {value}, printed alike"

    return bend


def peak_out_of_line(rng: random.Random, row: Row) -> str:
    """A peak a hundred times too high or low, printed alike, beside others that are right."""
    peaks = row.get("peak", {})
    wide = [
        name
        for name in ("fp32", "tf32", "bf16", "fp16", "fp8", "int8")
        if name in peaks and not peaks[name].get("note", "").startswith("Differs:")
    ]
    if len(wide) < 2:
        return ""
    name = rng.choice(wide)
    text = _scaled(peaks[name]["value"], rng.choice([0.01, 100.0]) if name != "fp32" else 100.0)
    peaks[name] = {"value": text, "as_printed": text, "printed_basis": "dense", "source": peaks[name]["source"]}
    row.pop("clock", None)
    return f"peak.{name} = {text}, printed alike"


def source_typo(rng: random.Random, row: Row) -> str:
    """A source that nobody has."""
    found = [(way, one) for way, one in tables(row, {"source"}) if isinstance(one["source"], str)]
    if not found:
        return ""
    way, one = rng.choice(found)
    one["source"] = one["source"][:-1] + "q"
    return f"{way}.source = {one['source']}"


# Models, formats, published -----------------------------------------------------------------------------------------


def dimension(rng: random.Random, row: Row) -> str:
    """A dimension of which the published total knows nothing."""
    shape = row.get("shape", {})
    names = [name for name in ("layers", "d_model", "vocab") if isinstance(shape.get(name), int)]
    if "moe" not in shape and isinstance(shape.get("d_ff"), int):
        names.append("d_ff")
    if not names:
        return ""
    name = rng.choice(names)
    shape[name] = rng.choice([shape[name] * 2, shape[name] * 10, max(1, shape[name] // 2), -shape[name], 0])
    return f"shape.{name} = {shape[name]}"


def tied(rng: random.Random, row: Row) -> str:
    """Embeddings tied that are not, or the other way."""
    shape = row.get("shape", {})
    if "tied_embeddings" not in shape:
        return ""
    shape["tied_embeddings"] = not shape["tied_embeddings"]
    return "tied_embeddings turned round"


def group_dropped(rng: random.Random, row: Row) -> str:
    """A format with scales of which no group is told, or a group without scales."""
    if "group" not in row:
        return ""
    way = rng.randrange(3)
    if way != 1:
        del row["group"]
    if way != 0:
        row.pop("scale_bits", None), row.pop("zero_bits", None)
    return ("no group", "a group without scales", "neither group nor scales")[way]


def narrow_rate(rng: random.Random, row: Row) -> str:
    """Weights multiplied in fewer bits than they have."""
    row["rate"] = "fp4"
    return "rate = fp4" if isinstance(row.get("bits"), (int, float)) and row["bits"] > 4 else ""


def other_bits_than_named(rng: random.Random, row: Row) -> str:
    """Bits of a value, plausible for some format, that are not those of its name; or parts narrower than all of it."""
    name = rng.choice([one for one in ("bits", "expert_bits", "attention_bits", "embedding_bits") if row.get(one)])
    if name == "bits" and "expert_bits" in row:
        return ""  # of which the name need not tell
    named = float(re.search(r"\d+(?:\.\d+)?", row["name"])[0])
    narrow = [bits for bits in (1, 1.58, 2, 3, 3.4375, 4, 5, 6, 6.5625, 8, 12) if bits < named]
    wide = (
        [bits for bits in (3, 4.5, 5, 6, 8, 16, 32) if named + 1 <= bits <= 32]
        if name.startswith(("bits", "exp"))
        else []
    )
    row[name] = rng.choice(narrow + wide)
    return f"{name} = {row[name]} of {row['name']}"


def other_mix(rng: random.Random, row: Row) -> str:
    """Bits of a mix, or of a part of it, that its name allows and its printed mean does not."""
    if "mean_of" not in row:
        return ""
    name = rng.choice([one for one in ("bits", "attention_bits", "embedding_bits", "other_bits") if one in row])
    named = float(re.search(r"\d+", row["name"])[0])
    before, row[name] = row[name], round(named + rng.uniform(0.02, 0.98), 4)
    return f"{name} = {row[name]} of {row['name']}" if abs(row[name] - before) > 0.05 else ""


def other_group(rng: random.Random, row: Row) -> str:
    """A group of another size than is printed."""
    if "group" not in row:
        return ""
    row["group"] = rng.choice([size for size in (7, 24, 48, 96, 512) if size != row["group"]])
    return f"group = {row['group']} of {row['as_printed']!r:.60}"


def too_fast(rng: random.Random, row: Row) -> str:
    """A quoted rate that no memory allows, printed alike."""
    if row.get("metric") not in ("decode_tokens_per_s", "achieved_bandwidth", "mfu", "achieved_flops") or not row.get(
        "accelerator"
    ):
        return ""
    if row["metric"] == "decode_tokens_per_s" and not (row.get("model") and row.get("format")):
        return ""
    row["value"] = row["as_printed"] = _scaled(row["value"], 1000.0)
    row.pop("above_bound", None)
    return f"value = {row['value']}, printed alike"


# Predictions and records --------------------------------------------------------------------------------------------


def predicted_value(rng: random.Random, row: Row) -> str:
    """A predicted value that its chip cannot give."""
    one = rng.choice([one for one in row["rows"] if one["value"]])
    one["value"] = rng.choice([-1, 0, 5e-324, 1e308, one["value"] * 1000, one["value"] / 1000, None])
    return f"{one['name']} = {one['value']}"


def twice(rng: random.Random, row: Row) -> str:
    """A row told twice."""
    row["rows"].append(copy.deepcopy(rng.choice(row["rows"])))
    return "a row twice"


def wrong_peak(rng: random.Random, row: Row) -> str:
    """A peak, bandwidth or capacity that is not the chip's."""
    name = rng.choice([*row["peaks"], "bandwidth", "capacity"])
    table = row["peaks"] if name in row["peaks"] else row
    table[name] *= rng.choice([1000.0, 10.0, 0.1, 1e-3])
    return f"{name} = {table[name]:g}"


def other_chip(rng: random.Random, row: Row) -> str:
    """Another chip than the file's name says."""
    row["accelerator"] = rng.choice(["h100-sxm5-80g", "l4", "", "rtx-4090", "no-chip"])
    return f"accelerator = {row['accelerator']!r}"


def other_day(rng: random.Random, row: Row) -> str:
    """A year that has not come, or another than the file's name says."""
    name = "made" if "made" in row else rng.choice(["started", "finished"])
    year = rng.choice(["2099", "2027", "1999"])
    row[name] = year + row[name][4:]
    return f"{name} = {row[name]}"


def no_time(rng: random.Random, row: Row) -> str:
    """A run that took no time, or samples that took longer than the run."""
    if rng.random() < 0.5:
        row["finished"] = row["started"]
        return "finished when it started"
    cases = [case for case in row["cases"] if case["status"] == "measured" and case["name"] != "serving"]
    case = rng.choice(cases)
    case["samples"] = [time_ * (2000.0 / sum(case["samples"])) for time_ in case["samples"]]
    return f"2,000 s of samples of {case['name']}"


_CEILINGS = ("read-bandwidth", "copy-bandwidth", "matmul-peak")


def too_quick(rng: random.Random, row: Row) -> str:
    """A ceiling, or work, a thousand times what the machine can do."""
    cases = [case for case in row["cases"] if case["status"] == "measured" and case["name"] in (*_CEILINGS, "decode")]
    case = rng.choice(cases)
    if rng.random() < 0.5:
        case["samples"] = [one / 1000 for one in case["samples"]]
        return f"{case['name']} a thousand times quicker"
    work = "flop" if case["name"] == "matmul-peak" else "bytes"
    case["work"][work] *= 1000
    return f"{case['name']} with a thousand times the {work}"


def unchecked(rng: random.Random, row: Row) -> str:
    """A measured case whose result nobody held against anything, or against nothing that counts."""
    case = rng.choice([case for case in row["cases"] if case["status"] == "measured"])
    way = rng.randrange(3)
    if way == 0:
        del case["check"]
    elif way == 1:
        case["check"]["tolerance"] = 1
    else:
        case["check"]["worst_relative_error"] = case["check"]["tolerance"] * 2
    return f"{case['name']} {('without a check', 'with a tolerance of 1', 'beyond its tolerance')[way]}"


def other_machine(rng: random.Random, row: Row) -> str:
    """A chip that the machine cannot be."""
    machine = row["machine"]
    machine["accelerator"] = {"cpu": "h100-sxm5-80gb"}.get(
        machine["device"], rng.choice(["mi300x", "tpu-v4", "epyc-9654", "m1-max"])
    )
    return f"{machine['device']} that claims to be {machine['accelerator']}"


def odd_sample(rng: random.Random, row: Row) -> str:
    """A sample that no clock gives."""
    case = rng.choice([case for case in row["cases"] if case["status"] == "measured"])
    case["samples"][0] = rng.choice([0, -1e-3, 1e-12, 1e9, "0.1", None, True])
    return f"{case['name']} sample {case['samples'][0]!r}"


def case_field(rng: random.Random, row: Row) -> str:
    """A case that is counted, named or judged wrongly."""
    case = rng.choice([case for case in row["cases"] if case["status"] == "measured"])
    name, value = rng.choice(
        [
            ("inner", 0),
            ("inner", 1.5),
            ("inner", -3),
            ("kind", "guess"),
            ("status", "done"),
            ("status", "failed"),
            ("samples", []),
            ("samples", [0.1]),
            ("name", "Read!"),
            ("parameters", None),
        ]
    )
    if name == "status" and case.get("reason"):
        return ""
    case[name] = value
    return f"{case['name']}.{name} = {value!r}"


@dataclass
class Kind:
    """One kind of file: where, how it is written, and the ways to bend one row of it."""

    paths: Callable[[Path], list[Path]]
    bends: dict[str, list[Bend]]  # "harmful" and "harmless"
    is_table: bool = False  # rows are the file's tables
    is_json: bool = False


_SOURCED = [power_of_ten, unit_swapped, unit_invented, digits, printed_in_another_unit, source_typo]
_EVERY = [wrong_type, unknown_field, text_signs]


def _glob(pattern: str) -> Callable[[Path], list[Path]]:
    return lambda root: sorted((root / "data").glob(pattern))


KINDS: dict[str, Kind] = {
    "chip": Kind(
        _glob("accelerators/*.toml"),
        {
            "harmless": [same_words],
            "harmful": [
                *_SOURCED,
                *_EVERY,
                swapped_values,
                peak_out_of_line,
                missing("name", "vendor", "kind", "year", "memory", "bandwidth", "source", "value", "as_printed"),
                setting("name", "", " ", "x" * 100, "A [b](c)"),
                setting("vendor", ""),
                setting("year", 1999, 2102, "2024", 20.5),
                setting("kind", "gpu", "datacentre", ""),
                setting("printed_basis", "Dense", "", "peak"),
                setting("memory.type", ""),
                impossible("power", "1 W"),
                impossible("power", "900 kW"),
                impossible("last_level_cache", "400 GB"),
                impossible("memory.capacity", "1900 GB"),
                impossible("memory.bandwidth", "29 PB/s"),
                impossible("memory.bandwidth", "11 GB/s"),
            ],
        },
    ),
    "model": Kind(
        _glob("models/*.toml"),
        {
            "harmless": [same_words],
            "harmful": [
                *_SOURCED,
                *_EVERY,
                dimension,
                tied,
                missing("name", "context", "parameters", "shape", "layers", "vocab", "source"),
                setting("name", "", "x" * 3999),
                setting("context", 0, -1, 1, "8192", 10**12),
                setting("year", 1999, 2102, "2024"),
                setting("window.size", 0, 10**9),
                setting("kv_heads", 0, -1),
            ],
        },
    ),
    "format": Kind(
        _glob("formats.toml"),
        {
            "harmless": [same_words],
            "harmful": [
                *_EVERY,
                source_typo,
                group_dropped,
                narrow_rate,
                other_bits_than_named,
                other_group,
                other_mix,
                missing("name", "bits", "other_bits", "rate", "source", "as_printed"),
                setting("bits", 0, -4, 1e9, "4", 65),
                setting("other_bits", 0.01, 0, 1000, -1),
                setting("group", -1, 2.5, 10**9),
                setting("scale_bits", -8, 1e308),
                setting("rate", "int4", "", "FP8"),
                setting("name", ""),
            ],
        },
        is_table=True,
    ),
    "source": Kind(
        _glob("sources.toml"),
        {
            "harmless": [same_words],
            "harmful": [
                *_EVERY,
                missing("kind", "publisher", "title", "url", "accessed", "read"),
                setting("accessed", "nan", "2099-01-01", "2026-02-30", "", "24.11.2026", "1700-01-01"),
                setting("published", "2099", "soon", "2026-13", "20261124"),
                setting("title", "", " "),
                setting("publisher", ""),
                setting("kind", "blog", ""),
                setting("read", "maybe", ""),
                setting(
                    "url",
                    "javascript:alert(1)",
                    "http://a.com/x",
                    "https://www.techpowerup.com/gpu",
                    "https://web.archive.org/web/2024/https://www.techpowerup.com/x",
                    "ftp://x",
                    "",
                ),
            ],
        },
        is_table=True,
    ),
    "published": Kind(
        _glob("published/*.toml"),
        {
            "harmless": [same_words],
            "harmful": [
                *_SOURCED,
                *_EVERY,
                too_fast,
                missing("value", "metric", "as_printed", "conditions", "source"),
                setting("devices", 2**62, 0, -1, 1.5, "8"),
                setting("batch", 0, -1, 2**60, 1.5),
                setting("context", -1, 1e300),
                setting("metric", "speed", "Time", ""),
                setting("accelerator", "h100", "A100", "a100-sxm4-80g"),
                setting("model", "llama", "LLAMA-2-7B"),
                setting("format", "fp61", "BF16"),
                setting("value", "0 tokens/s", "-5 ms", "1e999 GB/s", "fast", ""),
            ],
        },
        is_table=True,
    ),
    "prediction": Kind(
        _glob("predictions/*.json"),
        {
            "harmless": [],
            "harmful": [
                *_EVERY,
                predicted_value,
                twice,
                wrong_peak,
                other_chip,
                other_day,
                missing("accelerator", "made", "bandwidth", "peaks", "rows", "schema"),
                setting("schema", 2, "1"),
                setting("rows", []),
                setting("quantity", "ms", "GB/s"),
                setting("binds", "cache", ""),
            ],
        },
        is_json=True,
    ),
    "record": Kind(
        _glob("measurements/*.json"),
        {
            "harmless": [],
            "harmful": [
                *_EVERY,
                other_day,
                no_time,
                too_quick,
                unchecked,
                other_machine,
                odd_sample,
                case_field,
                missing("started", "finished", "machine", "environment", "cases", "profile", "commit", "schema"),
                setting("schema", 2, "1"),
                setting("cases", []),
                setting("commit", "main", "", "zzz"),
                setting("dirty", "no", 1),
                setting("device", "gpu", "tpu", ""),
                setting("supersedes", "x", "../x"),
            ],
        },
        is_json=True,
    ),
    "contributor": Kind(
        _glob("contributors.toml"),
        {"harmless": [], "harmful": [*_EVERY, missing("name"), setting("name", "", "x" * 100, " a")]},
        is_table=True,
    ),
    "erratum": Kind(
        _glob("errata.toml"),
        {
            "harmless": [],
            "harmful": [
                *_EVERY,
                missing("found_in", "place", "said", "correct", "reported"),
                setting("found_in", "one", "0.1", ""),
                setting("mended_in", "0.0.1", "later"),
                setting("place", "../x", "a b", ""),
                setting("reported", "soon", datetime.date(2099, 1, 1), datetime.date(1999, 1, 1)),
                setting("said", ""),
                setting("correct", ""),
            ],
        },
        is_table=True,
    ),
}


def of_text(rng: random.Random, kind: Kind, text: bytes) -> tuple[bytes, str]:
    """A file broken as a text: cut short, of other bytes, with a name twice, nested without end."""
    way = rng.randrange(6)
    if way == 0:
        starts = [match.end() for match in re.finditer(rb'[=:] ?"', text)]
        return text[: rng.choice(starts)], "cut short within a text"
    if way == 1:
        return text.replace(b'"', b'"\xe9', 1), "a byte of Latin-1"
    if way == 2:
        return text[:20] + b"\x00" + text[20:], "a NUL"
    if way == 3:
        if kind.is_json:
            return text.replace(b"{", b'{"schema": 1, "schema": 1, ', 1), "a name twice"
        return b'name = "x"\nname = "y"\n' + text, "a name twice"
    deep = b"[" * 3000 + b"]" * 3000
    if way == 4:
        return (b'{"x": ' + deep + b"}" if kind.is_json else b"x = " + deep + b"\n" + text), "nested without end"
    long = b"9" * 6000
    return (
        b'{"x": ' + long + b"}" if kind.is_json else b"x = " + long + b"\n" + text
    ), "a number of thousands of digits"


def renamed(rng: random.Random, path: Path) -> tuple[str, str]:
    """A copy of a file under another name: the same chip, model, prediction or record again, or a name that is no id."""
    if path.suffix == ".json":
        head, _, stamp = path.stem.partition("--")
        return f"{path.parent.name}/{head}-again--{stamp}.json", "a copy"
    name = rng.choice(["another", "copy-of-it", "index", "con", "a..b", ".", "A100", "x\n::error::y", "z\x1b[31m"])
    return f"{path.parent.name}/{name}.toml", f"a copy as {name!r}"


def mutation(rng: random.Random, root: Path) -> Mutation:
    """One bent file of any kind."""
    while True:
        name = rng.choice(list(KINDS))
        kind = KINDS[name]
        path = rng.choice(kind.paths(root))
        where, text = path.relative_to(root).as_posix(), path.read_bytes()
        chance = rng.random()
        if chance < 0.06:
            broken, what = of_text(rng, kind, text)
            return Mutation(where, broken, f"{name}: {what}")
        if chance < 0.1 and not kind.is_table:
            other, what = renamed(rng, path)
            return Mutation(where, text, f"{name}: {what}", as_path=f"data/{other}")
        harm = "harmless" if kind.bends["harmless"] and rng.random() < 0.08 else "harmful"
        table = json.loads(text) if kind.is_json else PARSE(text.decode())
        id_ = rng.choice(list(table)) if kind.is_table else ""
        bend = rng.choice(kind.bends[harm])
        before = copy.deepcopy(table)
        what = bend(rng, table[id_] if id_ else table)
        if what and repr(table) != repr(before):
            content = (
                json.dumps(table).encode("utf-8", "surrogatepass")
                if kind.is_json
                else toml(table).encode("utf-8", "surrogatepass")
            )
            return Mutation(where, content, f"{name}: {id_} {what}", harm == "harmful")


def ground(folder: Path) -> Path:
    """A folder with the book's data, fewer records and an erratum, which the mutations bend one at a time."""
    root = folder / "book"
    shutil.copytree(ROOT / "data", root / "data")
    kept = [
        path.stem
        for path in sorted((root / "data/measurements").glob("*.json"))
        if any(one in path.name for one in RECORDS)
    ]
    for path in (root / "data/measurements").glob("*.json"):
        if path.stem not in kept:
            path.unlink()
    for name in ("contributors", "records"):
        path = root / f"data/{name}.toml"
        rows = tomllib.loads(path.read_text(encoding="utf-8"))
        path.write_text(toml({id_: row for id_, row in rows.items() if id_ in kept}), encoding="utf-8")
    (root / "data/errata.toml").write_text(toml(ERRATUM))
    assert [str(error) for error in validate_data(root)] == []
    return root


def clear(line: str) -> bool:
    """Whether a message says file, what was found and what was wanted, on one short line without control characters."""
    return (
        line.startswith("data/")
        and "found" in line
        and "wanted" in line
        and len(line) <= LONGEST
        and line.isprintable()
    )


def attempt(root: Path, one: Mutation, tally: Tally) -> None:
    """Write a bent file, read the data, judge, and put the file back."""
    path, whole = root / (one.as_path or one.path), (root / one.path).read_bytes()
    path.write_bytes(one.content)
    try:
        lines = [str(error) for error in validate_data(root)]
    except Exception:
        tally.tracebacks.append(f"{one.what}\n{traceback.format_exc(limit=-3)}")
        tally.counts["traceback"] += 1
        return
    finally:
        path.unlink() if one.as_path else path.write_bytes(whole)
    place = (one.as_path or one.path).rsplit("/", 1)[0]  # other files may disagree with a bent one, too
    if not lines:
        tally.counts["accepted and harmless" if not one.harmful else "accepted and wrong"] += 1
        if one.harmful:
            tally.accepted.append(f"{one.path}: {one.what}")
    elif all(map(clear, lines)) and any(place in line for line in lines):
        tally.counts["refused clearly"] += 1
    else:
        tally.counts["refused unclearly"] += 1
        tally.unclear.append(f"{one.what}: {next((line for line in lines if not clear(line)), lines[0])[:300]!r}")


def run(count: int, seed: int, folder: Path) -> Tally:
    """Try `count` mutations by a seed."""
    rng, tally, root = random.Random(seed), Tally(), ground(folder)
    with pytest.MonkeyPatch.context() as patch:
        read_once(patch)
        for _ in range(count):
            attempt(root, mutation(rng, root), tally)
    return tally


def read_once(patch: pytest.MonkeyPatch) -> None:
    """While the patch holds, a file of data that was found sound is not read again: nearly all stay as they are."""
    patch.setattr(tomllib, "loads", sound_once(PARSE))
    for module, name in (
        (load, "odd"),
        (load, "validate"),
        (load, "load_record"),
        (predictions, "load_prediction"),
        (validate, "load_prediction"),
    ):
        patch.setattr(module, name, sound_once(getattr(module, name)))


def sound_once(judge: Callable) -> Callable:
    """The same function, which answers for what it found sound before without another look."""
    known: dict[str, object] = {}

    def remembering(*given: object) -> object:
        *asked, errors = given if isinstance(given[-1], list) else (*given, [])
        named = [one.name if isinstance(one, Path) else one for one in asked]  # every copy lies in a folder of its own
        key, before = repr((named, asked[0].read_bytes() if isinstance(asked[0], Path) else b"")), len(errors)
        if key in known:
            return known[key]
        answer = judge(*given)
        answer = list(answer) if isinstance(answer, Iterator) else answer
        if len(errors) == before and answer is not None:
            known[key] = answer
        return answer

    return remembering


def main() -> int:
    """Try mutations and tell what came of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=time.time_ns() % 10**6)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        tally = run(chosen.count, chosen.seed, Path(folder))
    for title, found in (
        ("ACCEPTED AND WRONG", tally.accepted),
        ("TRACEBACK", tally.tracebacks),
        ("UNCLEAR", tally.unclear),
    ):
        for one in found:
            print(f"{title}: {one}")
    print(
        f"{chosen.count} mutations by seed {chosen.seed}: "
        + ", ".join(f"{n} {what}" for what, n in sorted(tally.counts.items()))
    )
    return 1 if tally.accepted or tally.tracebacks or len(tally.unclear) > chosen.count / 50 else 0


if __name__ == "__main__":
    sys.exit(main())
