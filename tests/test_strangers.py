"""Data sent by a stranger is parsed and checked: never executed, never a traceback, never HTML on a page."""

import contextlib
import json
import os
import re
import subprocess
import sys
import time

import pytest

from generators.book.load import load_book
from generators.errors import BookErrors
from generators.site.tree import pages
from generators.validate import validate_data, validate_files
from tests.conftest import ROOT

CHIP, MODEL, SOURCES = "data/accelerators/l4.toml", "data/models/llama-2-7b.toml", "data/sources.toml"
SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(2)> [x](javascript:alert(3)) </desc> {{ 7*7 }} | `x`"


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
        (MODEL, r"layers = \d+", "layers = true", "a dimension or the total is wrong"),
        (SOURCES, r'url = "[^"]*"', 'url = "javascript:alert(1)"', "wanted an https address"),
        (SOURCES, r'url = "[^"]*"', 'url = "https:///"', "wanted an https address"),
        ("data/errata.toml", r"\A", "[x]\nfound_in = 1\n", "errata.toml:x"),
    ],
)
def test_hostile_data_is_refused_in_one_line(copy, path, old, new, said):
    planted(copy, path, old, new)
    found = lines(copy)
    assert found and any(said in line and path.rsplit("/", 1)[1] in line for line in found), found


def test_bytes_that_are_no_text_are_refused(copy):
    (copy / CHIP).write_bytes(b'name = "\xff\xfe"\n')
    assert any("l4.toml" in line and "not readable as TOML" in line for line in lines(copy))


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="this system has no symbolic links")
def test_a_link_out_of_the_data_is_not_followed(copy, tmp_path):
    secret = tmp_path / "secret.toml"
    secret.write_text('name = "secret"\n')
    (copy / CHIP).unlink()
    (copy / CHIP).symlink_to(secret)
    found = lines(copy)
    assert any("found a symbolic link" in line for line in found) and not any("secret" in line for line in found)


def test_a_name_that_leads_out_of_the_folder_is_refused(copy):
    (copy / "data/accelerators/..%2f..%2fx.toml").write_bytes((copy / CHIP).read_bytes())
    assert any("found file name" in line for line in lines(copy))


def every(root):
    """Every page, whatever mistakes are told at the end: the copy lacks the rendered formulas."""
    made = []
    with contextlib.suppress(BookErrors):
        for page in pages(root):
            made.append(page)
    return made


def test_text_of_a_chip_stays_text_on_every_page(copy):
    planted(copy, CHIP, r'name = "[^"]*"', f'name = "{SCRIPT}"')
    planted(copy, SOURCES, r'title = "[^"]*"', f'title = "{SCRIPT}"')
    assert lines(copy) == []
    assert any("&#60;script&#62;" in str(page.content) for page in every(copy))
    raw = []
    for page in every(copy):
        if isinstance(page.content, str) and page.path.startswith("reference/"):
            head, body = re.fullmatch(r"(---\n.*?\n---\n)?(.*)", page.content, re.DOTALL).groups()
            raw += [page.path for bad in ("<script>alert", "<img src=x", "](javascript:") if bad in body]
            raw += [f"{page.path}: head" for bad in ("<script", "<img") if bad in (head or "")]
    assert raw == []


@pytest.fixture
def record(copy):
    return min((copy / "data/measurements").glob("*.json"))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "JSON"),
        (b"[" * 100_000, ""),
        (b'{"schema": NaN}', "NaN"),
        (b'{"schema": 1, "schema": 2}', ""),
        (b"\x80\x04\x95\x00", "utf-8"),
        (b"9" * 10_000, ""),
        (b" " * 8_000_001, "at most 8000000"),
    ],
)
def test_a_hostile_record_is_refused_in_one_line(copy, record, content, said):
    record.write_bytes(content)
    found = [line for line in lines(copy) if record.name in line]
    assert len(found) == 1 and said in found[0], found


def test_no_mutation_of_a_record_ends_in_a_traceback(record):
    whole = json.loads(record.read_text())
    odd = [None, True, -1, 1e308, "x" * 5000, [], {}, [[]], "<b>", "\u202e"]
    for key in whole:
        for value in odd:
            record.write_text(json.dumps(whole | {key: value}))
            for error in validate_files([record]):
                assert "\n" not in str(error)


def test_the_command_ends_with_one_line_for_each_mistake(copy):
    planted(copy, CHIP, r'name = "[^"]*"', 'name = "a\\u0000b"')
    for words in (["--root", str(copy)], [str(copy / CHIP)]):
        command = [sys.executable, "-m", "generators", "validate", *words]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 1 and "Traceback" not in done.stderr
        assert "data/accelerators/l4.toml: name: found 'a\\x00b'" in done.stderr


def test_the_command_says_that_all_is_well():
    command = [sys.executable, "-m", "generators", "validate", CHIP, "data/errata.toml"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "") and "every file reads" in done.stdout


def test_a_file_that_is_no_data_is_one_line(tmp_path):
    (tmp_path / "note.toml").write_text("x = 1\n")
    (error,) = validate_files([tmp_path / "note.toml"])
    assert "wanted one in data/accelerators" in str(error)
    (error,) = validate_files([tmp_path / "gone.json"])
    assert "found no file of that name" in str(error)


def test_the_books_own_data_is_sound():
    assert validate_data(ROOT) == [] and load_book(ROOT).accelerators
