"""Two records side by side: what is compared, what is refused, and that a stranger's file can do no harm."""

from __future__ import annotations

import ast
import copy
import json
from pathlib import Path

import pytest

from generators.measure.comparing import cases as compare_cases
from generators.measure.comparing import compare
from generators.measure.comparing import file as compare_file
from generators.measure.comparing.file import Fault, printable
from tests.fakes import row

ENVIRONMENT = {
    "torch": "2.13.0",
    "torch_threads": 2,
    "settings": ["OMP_NUM_THREADS=2"],
    "transparent_huge_pages": "madvise",
    "own_huge_page_bytes": 3 * 10**9,
    "governor": "not readable",
    "kernel": "Linux 6",
    "caches": ["L3 503316480 bytes"],
}


def read(rate: float, method: str = "sum", **more) -> dict:
    return row("read-bandwidth", samples=[2 / rate] * 9 + [2.2 / rate], inner=2, bytes=1e9, method=method, **more)


def decode(ms: float, context: float = 127.5, model: str = "1B") -> dict:
    return row("decode", "workload", [ms / 1e3] * 5, bytes=1e9, flop=2e9, tokens=1, model=model, context=context)


def record(*cases: dict, **changes) -> dict:
    """A record with these cases; a change names a field by its dotted place with __ for the dots."""
    made = {
        "schema": 1,
        "started": "2026-11-23T05:00:00Z",
        "finished": "2026-11-23T05:01:00Z",
        "profile": "quick",
        "command": "c",
        "commit": "abcdef123456789",
        "dirty": False,
        "supersedes": "",
        "note": "",
        "machine": {"name": "A machine", "device": "cpu", "accelerator": ""},
        "environment": copy.deepcopy(ENVIRONMENT),
        "cases": copy.deepcopy(list(cases)),
    }
    for place, value in changes.items():
        *way, last = place.split("__")
        at = made
        for part in way:
            at = at[part]
        at[last] = value
    return made


def stored(folder: Path, name: str, made: object) -> Path:
    path = folder / name
    path.write_text(made if isinstance(made, str) else json.dumps(made))
    return path


def outcome(folder: Path, first: object, second: object, anyway: bool = False) -> tuple[int, list[str]]:
    said: list[str] = []
    paths = [stored(folder, "a.json", first), stored(folder, "b.json", second)]
    return compare.run(paths, said.append, anyway=anyway), said


# what two like records give


def test_each_case_has_both_estimates_their_ratio_and_whether_they_overlap(tmp_path):
    first = record(read(30), read(20, "dot"), decode(100))
    second = record(read(30.6), read(26, "dot"), decode(80, context=127.9), commit="0123456789abcdef", started="later")
    status, lines = outcome(tmp_path, first, second)
    assert status == 0
    assert lines[0] == "A: A machine (cpu), quick of 2026-11-23T05:00:00Z, commit abcdef123456"
    assert "told, not refused: commit: found 0123456789abcdef, wanted abcdef123456789" in lines
    table = [line.split() for line in lines if line.startswith(("read", "decode")) and "differ" not in line]
    assert table[0] == ["read-bandwidth", "sum", "30", "GB/s", "30.6", "GB/s", "1.020", "overlap"]
    assert table[1] == ["read-bandwidth", "dot", "20", "GB/s", "26", "GB/s", "1.300", "apart"]
    assert table[2] == ["decode", "1B", "context=127.5", "10", "tokens/s", "12.5", "tokens/s", "1.250", "apart"]
    assert lines[-2:] == [
        "read-bandwidth: the two runs differ by 16.0% (median of 2 cases)",
        "decode: the two runs differ by 25.0% (median of one case)",
    ]


def test_spreads_are_shares_by_name_and_case():
    first = record(read(30), read(20, "dot"), read(10, "mv"), decode(100))
    second = record(read(33), read(19, "dot"), read(10, "mv"), decode(101))
    found = compare.spreads(first, second)
    read_off = [pytest.approx(0.1), pytest.approx(0.05), 0]
    assert found == {"read-bandwidth": read_off, "decode": [pytest.approx(1 - 100 / 101)]}
    assert compare.spreads(first, first) == {"read-bandwidth": [0, 0, 0], "decode": [0]}


def test_a_ceiling_is_its_fastest_decile_and_a_workload_its_median():
    slow = row("a", "ceiling", [1.0] * 5 + [9.0] * 5, bytes=1e9), row("b", "workload", [1.0] * 4 + [2.0] * 6, bytes=1e9)
    fast = row("a", "ceiling", [1.0] * 10, bytes=1e9), row("b", "workload", [1.0] * 10, bytes=1e9)
    found = compare.spreads(record(*slow), record(*fast))
    assert found == {"a": [pytest.approx(0)], "b": [pytest.approx(1)]}


def test_repetitions_and_work_that_differ_are_rated_by_work():
    one = row("matmul-peak", samples=[0.1] * 5, inner=1, bytes=1e6, flop=1e10, dtype="float32", size=2048)
    other = row("matmul-peak", samples=[0.8] * 5, inner=2, bytes=4e6, flop=8e10, dtype="float32", size=4096)
    (pair,) = compare_cases.pairs(record(one), record(other))
    assert compare_cases.ratio(*pair) == pytest.approx(2)
    (line,) = [line for line in compare.compare(record(one), record(other)) if line.startswith("matmul-peak float32")]
    assert "(B: size=4096)" in line
    assert "100 GFLOP/s" in line


def test_time_is_compared_where_no_work_is_counted():
    (pair,) = compare_cases.pairs(
        record(row("dispatch", samples=[2e-6] * 3)), record(row("dispatch", samples=[1e-6] * 3))
    )
    assert compare_cases.ratio(*pair) == pytest.approx(2)


def test_exact_matches_come_before_those_that_differ_in_what_a_run_settles():
    sizes = [row("m", samples=[0.1] * 3, bytes=1e9, size=size) for size in (1, 2, 3)]
    found = list(compare_cases.pairs(record(*sizes[:2]), record(sizes[2], sizes[0])))
    assert [(a.parameters["size"], b.parameters["size"]) for a, b in found] == [(1, 1), (2, 3)]
    assert list(compare_cases.pairs(record(read(1)), record(read(1, "dot")))) == []


def test_equal_labels_pair_in_their_order_and_parts_of_a_replay_by_what_they_are():
    found = list(compare_cases.pairs(record(read(1), read(2)), record(read(3), read(4))))
    assert [round(compare_cases.ratio(*pair), 3) for pair in found] == [3, 2]
    parts = [row("peer-program", samples=[1.0] * 3, bytes=1e9, program="p", what=what) for what in ("load", "copy")]
    found = list(compare_cases.pairs(record(*parts), record(*reversed(parts))))
    assert [(a.parameters["what"], b.parameters["what"]) for a, b in found] == [("load", "load"), ("copy", "copy")]


def test_cases_of_one_record_alone_are_named_and_skipped_ones_are_not(tmp_path):
    _, lines = outcome(tmp_path, record(read(1), decode(5)), record(read(1), row("x", reason="no"), read(2, "dot")))
    assert "only A measured decode 1B context=127.5" in lines
    assert "only B measured read-bandwidth dot" in lines
    assert not any("only B measured x" in line for line in lines)
    _, lines = outcome(tmp_path, record(read(1)), record(decode(1)))
    assert "the records have no measured case in common" in lines


def test_records_of_the_book_compare(root, capsys):
    paths = sorted((root / "data" / "measurements").glob("*.json"))[:2]
    assert compare.run(paths, print, anyway=True) == 0
    assert "read-bandwidth: the two runs differ by" in capsys.readouterr().out


# conditions


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"machine__name": "Another"}, "machine.name: found Another, wanted A machine"),
        ({"machine__device": "cuda"}, "machine.device: found cuda, wanted cpu"),
        ({"environment__torch": "2.9.1"}, "environment.torch: found 2.9.1, wanted 2.13.0"),
        ({"environment__torch_threads": 1}, "environment.torch_threads: found 1, wanted 2"),
        ({"environment__settings": []}, "environment.settings: found nothing, wanted OMP_NUM_THREADS=2"),
        ({"environment__transparent_huge_pages": "never"}, "transparent_huge_pages: found never, wanted madvise"),
        ({"environment__own_huge_page_bytes": 0}, "found no huge pages in use, wanted huge pages"),
        ({"environment__governor": "powersave"}, "environment.governor: found powersave, wanted not readable"),
        ({"environment__gpu_power_limit": "700 W"}, "environment.gpu_power_limit: found 700 W, wanted nothing"),
        ({"environment__gpu_sm_clock_max": "1980 MHz"}, "gpu_sm_clock_max: found 1980 MHz, wanted nothing"),
    ],
)
def test_other_conditions_are_refused_by_field_unless_asked_for(tmp_path, change, line):
    first, second = record(read(30)), record(read(31), **change)
    status, lines = outcome(tmp_path, first, second)
    assert status == compare.UNLIKE
    assert lines[0].startswith(str(tmp_path / "b.json") + ":")
    assert line in lines[0]
    assert "--anyway" in lines[-1]
    assert len(lines) == 2
    status, lines = outcome(tmp_path, first, second, anyway=True)
    assert status == 0
    assert lines[0].startswith("conditions differ: ")
    assert line in lines[0]
    assert any(one.startswith("read-bandwidth sum") for one in lines)


def test_settings_in_another_order_and_clocks_of_a_moment_are_no_other_conditions(tmp_path):
    first = record(read(30), environment__settings=["A=1", "B=2"], environment__gpu_sm_clock="345 MHz")
    second = record(read(30), environment__settings=["B=2", "A=1"], environment__gpu_sm_clock="1980 MHz")
    status, lines = outcome(tmp_path, first, second)
    assert status == 0
    assert "told, not refused: environment.gpu_sm_clock: found 1980 MHz, wanted 345 MHz" in lines


# files of strangers


def broken(place: str, value: object) -> dict:
    return record(read(30), **{place: value})


def with_case(**fields) -> dict:
    return record(read(30) | fields)


@pytest.mark.parametrize(
    ("made", "message"),
    [
        ("", "file: found no JSON: Expecting value"),
        ("[" * 200_000, "file: found no JSON: it is nested too deeply"),
        ("[1]", "record: found a list, wanted an object"),
        ('{"schema": 1, "x": NaN}', "file: found no JSON: NaN is not a number"),
        ('{"schema": ' + "9" * 5000 + "}", "file: found no JSON: Exceeds the limit"),
        ('{"schema": ' + "9" * 400 + "}", "schema: found a number of 1329 bits, wanted 1; update the suite"),
        (broken("schema", 2), "schema: found 2, wanted 1; update the suite or measure again"),
        (broken("schema", True), "schema: found True, wanted 1"),
        (broken("commit", None), "commit: found nothing, wanted a text"),
        (broken("started", "x" * 5000), "started: found a text of 5000 characters, wanted 1 to 4000"),
        (broken("machine", []), "machine: found a list, wanted an object"),
        (broken("machine__name", 7), "machine.name: found 7, wanted a text"),
        (broken("environment__torch", {"a": 1}), "environment.torch: found an object, wanted a plain value"),
        (broken("environment__settings", [["x"]]), "environment.settings: found a list, wanted a plain value"),
        (broken("environment", {str(n): 1 for n in range(500)}), "environment: found 500 fields, wanted at most 200"),
        (broken("cases", []), "cases: found 0 cases, wanted 1 to 5000"),
        (broken("cases", [3]), "cases.0: found 3, wanted an object"),
        (with_case(name="\x1b[2J"), ""),
        (with_case(name=""), "cases.0.name: found a text of 0 characters"),
        (with_case(status=["measured"]), "cases.0.status: found a list, wanted measured or skipped or failed"),
        (with_case(kind="guess"), "cases.0.kind: found 'guess', wanted ceiling or workload"),
        (with_case(inner=0), "cases.0.inner: found 0, wanted a whole number from 1 to 10^9"),
        (with_case(inner=True), "cases.0.inner: found True"),
        (with_case(samples=[0.1]), "cases.0.samples: found 1, wanted 3 to 10000 of a measured case"),
        (with_case(samples=[0.1, 0.1, 0]), "cases.0.samples.2: found 0, wanted a number from 2e-09 to 86400"),
        (with_case(samples=[0.1, 0.1, "1"]), "cases.0.samples.2: found '1', wanted a number"),
        (with_case(samples=[0.1, 0.1, 10**400]), "cases.0.samples.2: found a number of 1329 bits, wanted a number"),
        (with_case(work={"bytes": -1}), "cases.0.work.bytes: found -1, wanted a number from 0 to 1e+20"),
        (with_case(parameters={"method": ["a"]}), "cases.0.parameters.method: found a list of 1, wanted a plain value"),
        (with_case(parameters={"size": 10**400}), "cases.0.parameters.size: found a number of 1329 bits, wanted"),
        (
            json.dumps(with_case(parameters={"s": 1})).replace('"s": 1', '"s": 1e999'),
            "cases.0.parameters.s: found inf, wanted",
        ),
        (with_case(parameters={"\x1b]0;x\x07": {}}), r"cases.0.parameters.\x1b]0;x\x07: found an object"),
    ],
)
def test_a_malformed_file_is_one_printable_line(tmp_path, made, message):
    status, lines = outcome(tmp_path, record(read(30)), made, anyway=True)
    assert all(line.isprintable() for line in lines)
    if message:
        assert status == compare.UNUSABLE
        assert len(lines) == 1
        assert lines[0].startswith(f"{tmp_path / 'b.json'}:{message}")
        assert "; " in lines[0], "how to mend it"
    else:
        assert status == 0


def test_what_a_hostile_record_says_is_printed_harmlessly(tmp_path):
    evil = "\x1b]0;owned\x07\r\n\u202egnp"
    bad = read(30) | {
        "name": evil,
        "parameters": {"method": evil, "program": evil, "what": evil, "size": 5},
    }
    made = record(bad, machine__name=evil, environment__torch=evil, commit=evil)
    for other in (record(read(30)), made):
        status, lines = outcome(tmp_path, other, made, anyway=True)
        assert status == 0
        assert all(line.isprintable() for line in lines)
        assert max(map(len, lines)) < 1000
    status, lines = outcome(tmp_path, record(read(30)), made)
    assert status == compare.UNLIKE
    assert all(line.isprintable() for line in lines)


def test_a_file_that_is_not_there_or_no_file_or_too_large_is_one_line(tmp_path, monkeypatch):
    there, said = stored(tmp_path, "a.json", record(read(1))), []
    assert compare.run([there, tmp_path / "no\x1b.json"], said.append) == compare.UNUSABLE
    assert said == [f"{tmp_path}/no\\x1b.json:file: found no such file; name a record of data/measurements"]
    assert compare.run([there, tmp_path], said.append) == compare.UNUSABLE
    assert "found no plain file" in said[-1]
    monkeypatch.setattr(compare_file, "LARGEST", 100)
    assert compare.run([there, there], said.append) == compare.UNUSABLE
    assert "found more than 100 bytes" in said[-1]


def test_a_record_as_large_as_allowed_is_compared_in_time():
    many = record(*[read(1 + n / 1000, method=f"m{n}") for n in range(5000)])
    compare_file.check("x", many)
    assert compare.spreads(many, copy.deepcopy(many)) == {"read-bandwidth": [0] * 5000}
    with pytest.raises(Fault, match="found 5001 cases"):
        compare_file.check("x", record(*many["cases"], read(1)))


def test_text_for_a_terminal_is_cut_and_escaped():
    assert printable("a\tb\u2028c") == "a\\tb\\u2028c"
    assert printable("é · µs") == "é · µs"
    assert len(printable("x" * 500)) == 200
    assert len(printable("\x00" * 500)) == 200


def test_a_comparison_needs_nothing_but_the_standard_library(root):
    for name in ("comparing/compare", "comparing/cases", "comparing/file", "result", "estimate", "plan"):
        tree = ast.parse((root / "generators" / "measure" / f"{name}.py").read_text())
        names = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        names |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
        assert not {one for one in names if one.split(".")[0] in ("torch", "pydantic", "numpy")}, name
