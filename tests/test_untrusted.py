"""Data sent by a stranger is parsed and checked: never executed, never a traceback, never HTML on a page."""

import copy
import datetime
import json
import os
import re
import subprocess
import sys
import time
import tomllib

import pytest

from generators.catalog.accelerator import Accelerator
from generators.catalog.bounds import odd
from generators.catalog.chip_checks import chip_errors
from generators.catalog.contributor import Contributor
from generators.catalog.erratum import Erratum
from generators.catalog.llm import LanguageModel
from generators.catalog.load import load_catalog, validate
from generators.catalog.number_format import NumberFormat
from generators.catalog.prediction import Prediction
from generators.catalog.published import Published
from generators.catalog.record import Record
from generators.catalog.source import Source
from generators.validate import validate_data, validate_files
from tests import fakes
from tests.conftest import ROOT
from tests.mutations import ERRATUM, put

pytestmark = pytest.mark.usefixtures("read_once")

CHIP, MODEL, SOURCES = "data/accelerators/l4.toml", "data/models/llama-2-7b.toml", "data/sources.toml"


def planted(root, path, old, new):
    text = (root / path).read_text(encoding="utf-8")
    assert re.search(old, text), f"{path} no longer holds {old!r}"
    (root / path).write_bytes(re.sub(old, lambda _: new, text, count=1).encode("utf-8", "surrogatepass"))


def lines(root):
    started = time.monotonic()
    found = [str(error) for error in validate_data(root)]
    assert time.monotonic() - started < 20, "reading took too long"
    assert all("\n" not in line and len(line) < 600 for line in found)
    return found


@pytest.mark.parametrize(
    ("path", "old", "new", "said"),
    [
        (CHIP, r'name = "[^"]*"', 'name = "a\\u0000b"', "without control characters"),
        (CHIP, r'name = "[^"]*"', 'name = "a\\u001b[31mb"', "without control characters"),
        (CHIP, r"\A", "x = " + "9" * 5000 + "\n", "x"),
        (CHIP, r"\A", "x = " + "[" * 5000 + "]" * 5000 + "\n", ""),
        (CHIP, r"\A", "year = 2020\n", "not readable as TOML"),
        (CHIP, r"\A", "#" * 1_000_001 + "\n", "wanted at most 1000000"),
        (CHIP, r"year = \d+", "year = 1e999", "year"),
        (CHIP, r"year = \d+", "year = nan", "year"),
        (CHIP, r"year = \d+", "year = -9223372036854775808", "year"),
        (CHIP, r'source = "[^"]*"', 'source = "../../../etc/passwd"', "../../../etc/passwd"),
        (CHIP, r'value = "[^"]*"', "value = \"__import__('os').system('true')\"", "as a number and a unit"),
        (CHIP, r"\A", "__class__ = 'x'\n", "__class__"),
        (MODEL, r"layers = \d+", "layers = 1" + "0" * 400, "layers"),
        (MODEL, r"layers = \d+", "layers = true", "shape.layers: found True, wanted a whole number"),
        (SOURCES, r'url = "[^"]*"', 'url = "javascript:alert(1)"', "found 'javascript:'"),
        (SOURCES, r'url = "[^"]*"', 'url = "https:///"', "wanted an https address"),
        (SOURCES, r'url = "https://', 'url = "https://vendor.com@', "wanted an https address"),
        (SOURCES, r'url = "[^"]*"', 'url = "https://x.com/\'><script>"', "found '<s'"),
        (SOURCES, r"\A", '["x) [y](javascript:alert(1)) ("]\n', "found the name"),
        (CHIP, r"\A", '"x\\n::error::said by the file" = 1\n', "found the name 'x\\n::error"),
        (CHIP, r'name = "[^"]*"', 'name = "x\\n::error::said by the file"', "wanted one line"),
        (CHIP, r"\A", f'"{"x" * 7000}" = 1\n', "found the name"),
        (CHIP, r"\A", f'x = "{"y" * 7000}"\n', "at most 4000"),
        (CHIP, r"\A", f'x = "{"y" * 9000}"\n', "line 1: found 9006 characters"),
        (CHIP, r"\A", ".".join("a" * 3000) + " = 1\n", "2999 full stops"),
        (CHIP, r"\A", "a = " + "{b = " * 20 + "1" + "}" * 20 + "\n", "nested too deeply"),
        (CHIP, r'as_printed = "[^"]*"', f'as_printed = "{"9" * 400}"', "wanted a number of as_printed"),
        ("data/formats.toml", r"\Z", '[x]\nname = "x"\nbits = inf\n', "bits: found inf"),
        ("data/formats.toml", r"scale_bits = [\d.]+", "scale_bits = 1e308", "scale_bits"),
        ("data/errata.toml", r"\A", "[x]\nfound_in = 1\n", "errata.toml:x"),
    ],
)
def test_hostile_data_is_refused_in_one_line(data_copy, path, old, new, said):
    planted(data_copy, path, old, new)
    found = lines(data_copy)
    assert found and any(said in line and path.rsplit("/", 1)[1] in line for line in found), found


def test_bytes_that_are_no_text_are_refused(data_copy):
    (data_copy / CHIP).write_bytes(b'name = "\xff\xfe"\n')
    assert any("l4.toml" in line and "not readable as TOML" in line for line in lines(data_copy))


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="this system has no symbolic links")
def test_a_link_out_of_the_data_is_not_followed(data_copy, tmp_path):
    secret = tmp_path / "secret.toml"
    secret.write_text('name = "secret"\n')
    (data_copy / CHIP).unlink()
    (data_copy / CHIP).symlink_to(secret)
    found = lines(data_copy)
    assert any("found a symbolic link" in line for line in found) and not any("secret" in line for line in found)


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="this system has no symbolic links")
@pytest.mark.parametrize("folder", ["data", "data/accelerators", "data/measurements"])
def test_a_folder_that_is_a_link_is_named(data_copy, folder):
    (data_copy / folder).rename(data_copy / "elsewhere")
    (data_copy / folder).symlink_to(data_copy / "elsewhere")
    assert f"{folder}: found a symbolic link, wanted a file or folder of its own" in lines(data_copy)


@pytest.mark.parametrize("name", ["accelerators/run.py", "measurements/note.txt", "evil.sh", "models/deeper/x.toml"])
def test_a_file_that_no_loader_reads_is_named(data_copy, name):
    (data_copy / "data" / name).parent.mkdir(exist_ok=True)
    (data_copy / "data" / name).write_text("import os")
    assert any(line.startswith(f"data/{name}: found a file that the book does not read") for line in lines(data_copy))


def test_a_flood_of_mistakes_is_cut_short(data_copy):
    planted(data_copy, CHIP, r"\A", "".join(f"k{number} = 1\n" for number in range(5000)))
    command = [sys.executable, "-m", "generators", "validate", "--root", str(data_copy)]
    reported = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60).stderr.splitlines()
    assert len(reported) == 101 and reported[-1] == "and 4900 more"


def test_a_name_that_leads_out_of_the_folder_is_refused(data_copy):
    (data_copy / "data/accelerators/..%2f..%2fx.toml").write_bytes((data_copy / CHIP).read_bytes())
    assert any("found the id '..%2f..%2fx'" in line for line in lines(data_copy))


def leaves(table, way=()):
    """The way to every single value of a table."""
    for key, value in table.items() if isinstance(table, dict) else enumerate(table):
        if isinstance(value, (dict, list)):
            yield from leaves(value, (*way, key))
        else:
            yield (*way, key)


ODD = [
    None,
    True,
    -1,
    0,
    2**62,
    1e308,
    "",
    "x" * 5000,
    "9" * 3000,
    "1e999 GB/s",
    "<b>",
    "\u202e",
    "a\nb",
    [],
    {},
    [[1]],
    "-0",
    "../x",
]


@pytest.mark.parametrize("kind, path", [(Accelerator, CHIP), (LanguageModel, MODEL)])
def test_no_mutation_of_a_row_ends_in_a_traceback(tmp_path, kind, path):
    whole = tomllib.loads((ROOT / path).read_text())
    for way in leaves(whole):
        for one in ODD:
            row = json.loads(json.dumps(whole))
            inner = row
            for step in way[:-1]:
                inner = inner[step]
            inner[way[-1]] = one
            errors = []
            if list(odd(row)):
                continue  # what the bounds refuse never reaches the schema
            if validate(kind, row | {"id": "x"}, tmp_path / "x.toml", "", errors) and kind is Accelerator:
                assert chip_errors(Accelerator.model_validate(row | {"id": "x"})) is not None
            assert all("\n" not in str(error) for error in errors)


PAGE = "https://www.techpowerup.com"
DAYS = ("nan", "2099-01-01", "2026-02-30", "", "24.11.2026", "1700-01-01")
#: Fields of a row of each kind, and values that no row of it can have there.
IMPOSSIBLE = {
    (Accelerator, CHIP): {
        "name": ("", " ", "x" * 100, "A [b](c)"),
        "vendor": ("",),
        "year": (1999, 2102, "2024", 20.5),
        "kind": ("gpu", "datacentre", ""),
        "memory.type": ("",),
        "peak.fp32.printed_basis": ("Dense", "", "peak"),
    },
    (LanguageModel, "data/models/mistral-7b-v0.1.toml"): {
        "name": ("", "x" * 3999),
        "context": (0, -1, 1, "8192", 10**12),
        "year": (1999, 2102, "2024"),
        "shape.window.size": (0, 10**9),
        "shape.kv_heads": (0, -1),
    },
    (NumberFormat, "data/formats.toml:int4-g32"): {
        "bits": (0, -4, 1e9, "4", 65),
        "other_bits": (0.01, 0, 1000, -1),
        "group": (-1, 2.5, 10**9),
        "scale_bits": (-8, 1e308),
        "rate": ("int4", "", "FP8"),
        "name": ("",),
    },
    (Source, "data/sources.toml:nvidia-l4-page"): {
        "accessed": DAYS,
        "published": ("2099", "soon", "2026-13", "20261124"),
        "title": ("", " "),
        "publisher": ("",),
        "kind": ("blog", ""),
        "read": ("maybe", ""),
        "url": ("http://a.com/x", f"{PAGE}/gpu", f"https://web.archive.org/web/2024/{PAGE}/x", "ftp://x", ""),
    },
    (Published, "data/published/chapter1.toml:gpt-fast-7b-bf16"): {
        "devices": (2**62, 0, -1, 1.5, "8"),
        "batch": (0, -1, 2**60, 1.5),
        "context": (-1, 1e300),
        "metric": ("speed", "Time", ""),
        "value": ("-5 tokens/s", "fast", ""),
    },
    (Prediction, "data/predictions/h200-sxm--2026-11-23.json"): {
        "schema": (2, "1"),
        "rows": ([],),
        "rows.0.quantity": ("ms", "GB/s"),
        "rows.0.binds": ("cache", ""),
        "rows.0.value": (0, 1e308, None),
    },
    (Record, ""): {
        "schema": ("1",),
        "commit": ("main", "", "zzz"),
        "dirty": ("no", 1),
        "machine.device": ("gpu", "tpu", ""),
        "supersedes": ("x", "../x"),
        "cases.0.inner": (0, 1.5, -3),
        "cases.0.kind": ("guess",),
        "cases.0.status": ("done",),
        "cases.0.samples": ([], [0, 0.1, 0.1], [1e-12, 0.1, 0.1], [1e9, 0.1, 0.1], ["0.1"] * 3, [None] * 3, [True] * 3),
        "cases.0.parameters": (None,),
    },
    (Contributor, ""): {"name": ("", " a")},
    (Erratum, ""): {
        "found_in": ("0.1", ""),
        "mended_in": ("0.0.1", "later"),
        "place": ("a b", ""),
        "reported": (datetime.date(2099, 1, 1), datetime.date(1999, 1, 1)),
        "said": ("",),
        "correct": ("",),
    },
}
#: Rows of kinds of which the book may hold none.
WRITTEN = {Record: fakes.record(), Contributor: {"name": "A reader"}, Erratum: ERRATUM["one"]}


@pytest.mark.parametrize(("kind", "place"), IMPOSSIBLE, ids=[kind.__name__ for kind, _ in IMPOSSIBLE])
def test_a_value_that_no_row_can_have_is_refused_where_it_stands(kind, place):
    path, _, id_ = place.partition(":")
    text = (ROOT / path).read_text(encoding="utf-8") if path else ""
    whole = json.loads(text) if path.endswith("json") else tomllib.loads(text)[id_] if id_ else tomllib.loads(text)
    whole = whole or WRITTEN[kind]
    named = {"id": (path and (ROOT / path).stem) or "a-machine--2026-11-23T0500Z"} if "id" in kind.model_fields else {}
    assert kind.model_validate(whole | named)
    for field, values in IMPOSSIBLE[kind, place].items():
        for value in values:
            row, errors = copy.deepcopy(whole), []
            put(row, tuple(int(part) if part.isdigit() else part for part in field.split(".")), value)
            validate(kind, row | named, ROOT / (path or "data/x"), "", errors)
            parts = [part for part in field.split(".") if not part.isdigit()]
            lines = [str(error) for error in errors if parts[-1] in str(error) or f"found {value!r}" in str(error)]
            assert any("wanted" in line for line in lines), (field, value, errors)


@pytest.fixture
def record(data_copy):
    return min((data_copy / "data/measurements").glob("*.json"))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "JSON"),
        (b"[" * 100_000, ""),
        (b'{"schema": NaN}', "NaN"),
        (b'{"schema": 1, "schema": 2}', "'schema' twice"),
        (b"\x80\x04\x95\x00", "wanted UTF-8"),
        (b"9" * 10_000, ""),
        (b" " * 8_000_001, "at most 8000000"),
    ],
)
def test_a_hostile_record_is_refused_in_one_line(data_copy, record, content, said):
    record.write_bytes(content)
    found = [line for line in lines(data_copy) if record.name in line]
    assert len(found) == 1 and said in found[0], found


def test_no_mutation_of_a_record_ends_in_a_traceback(record):
    whole = json.loads(record.read_text())
    for key in whole:
        for value in [None, True, -1, 1e308, "x" * 5000, [], {}, [[]], "<b>", "\u202e"]:
            record.write_text(json.dumps(whole | {key: value}))
            for error in validate_files([record]):
                assert "\n" not in str(error)


def test_the_command_ends_with_one_line_for_each_mistake(data_copy):
    planted(data_copy, CHIP, r'name = "[^"]*"', 'name = "a\\u0000b"')
    for words in (["--root", str(data_copy)], [str(data_copy / CHIP)]):
        command = [sys.executable, "-m", "generators", "validate", *words]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 1 and "Traceback" not in done.stderr
        assert "data/accelerators/l4.toml:name: found 'a\\x00b'" in done.stderr


def test_the_command_says_that_all_is_well():
    command = [sys.executable, "-m", "generators", "validate", CHIP, "data/errata.toml"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "") and "every file reads" in done.stdout


def test_a_single_file_is_held_against_the_book_as_all_of_data_is(data_copy, tmp_path):
    def reported(path, old, new, name=""):
        text = (data_copy / path).read_text(encoding="utf-8")
        assert re.search(old, text)
        sent = tmp_path / "sent" / path
        there = sent.with_name(name or sent.name)
        there.parent.mkdir(parents=True, exist_ok=True)
        there.write_text(re.sub(old, new, text, count=1), encoding="utf-8")
        return "\n".join(map(str, validate_files([there], data_copy)))

    of_a_gpu = (p for p in (data_copy / "data/measurements").glob("*.json") if '"h200-sxm"' in p.read_text())
    record = min(of_a_gpu).relative_to(data_copy).as_posix()
    claim = '"accelerator": "[^"]*"'
    assert reported(record, "e", "e") == ""
    assert "machine.accelerator: found 'l44', wanted the id of a row" in reported(record, claim, '"accelerator": "l44"')
    assert "which l4 can reach" in reported(record, claim, '"accelerator": "l4"')
    assert reported(CHIP, "e", "e") == ""
    assert "wanted one of data/sources.toml that is filled in" in reported(CHIP, 'source = "', 'source = "not-')
    assert f"as in {CHIP}:name, wanted a row of its own" in reported(CHIP, "e", "e", "l4-copy.toml")
    assert "a dimension or the total is wrong" in reported(MODEL, r"layers = \d+", "layers = 31")
    prediction = min((data_copy / "data/predictions").glob("*.json")).relative_to(data_copy).as_posix()
    assert "wanted within twice what data/accelerators/" in reported(prediction, '"bandwidth": ', '"bandwidth": 9')


def test_a_file_that_is_no_data_is_one_line(tmp_path):
    (tmp_path / "note.toml").write_text("x = 1\n")
    (error,) = validate_files([tmp_path / "note.toml"])
    assert "wanted one in data/accelerators" in str(error)
    (error,) = validate_files([tmp_path / "gone.json"])
    assert "found no file of that name" in str(error)


def test_the_books_own_data_is_sound():
    assert validate_data(ROOT) == [] and load_catalog(ROOT).accelerators
