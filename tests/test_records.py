"""A record is data from a stranger: anything odd is one clear line, and nothing in it is run."""

import json

import pytest

from generators.book.record import Case, load_record, quantile
from generators.errors import BookError

GOOD = {
    "schema": 1, "started": "2026-11-23T05:00:00Z", "finished": "2026-11-23T05:01:00Z", "profile": "quick",
    "command": "python -m generators.measure quick", "commit": "abcdef1", "dirty": False,
    "machine": {"name": "A machine", "device": "cpu", "accelerator": ""}, "environment": {"torch": "2.13.0"},
    "cases": [
        {"name": "read-bandwidth", "kind": "ceiling", "parameters": {"method": "sum"}, "status": "measured", "inner": 2,
         "work": {"bytes": 1e9, "flop": 0, "tokens": 0}, "samples": [0.2, 0.22, 0.21]},
        {"name": "decode", "kind": "workload", "parameters": {"model": "x"}, "status": "measured", "inner": 1,
         "work": {"bytes": 9e8, "flop": 1e9, "tokens": 1}, "samples": [0.1, 0.12, 0.11]},
    ],
}  # fmt: skip


def stored(tmp_path, change=None, name="a-machine--2026-11-23T0500Z.json", raw=None):
    row = json.loads(json.dumps(GOOD))
    if change:
        change(row)
    path = tmp_path / name
    path.write_text(raw if raw is not None else json.dumps(row))
    return path


def test_a_good_record_gives_rates_per_repetition(tmp_path):
    record = load_record(stored(tmp_path))
    read = record.measured("read-bandwidth", method="sum")[0]
    assert read.times == [0.1, 0.105, 0.11]
    assert read.seconds == pytest.approx(0.101)
    assert record.measured("decode")[0].seconds == 0.11  # a workload's estimate is the median


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda r: r.update(schema=99), "found 99, wanted 1"),
        (lambda r: r.update(started="yesterday"), "started"),
        (lambda r: r["cases"][0].update(samples=[0.1, -1.0, 0.2]), "above zero"),
        (lambda r: r["cases"][0].update(samples=[0.1]), "at least 3"),
        (lambda r: r["cases"][0].update(status="skipped", samples=[]), "without a reason"),
        (lambda r: r["cases"][1]["work"].update(bytes=9e9), "bytes are miscounted"),
        (lambda r: r["environment"].update(folder="/home/someone/x"), "no host name, user or path"),
        (lambda r: r.update(command="x" * 5000), "at most 4000"),
        (lambda r: r.update(extra="field"), "extra"),
        (lambda r: r.update(cases=[]), "cases"),
        (lambda r: r["cases"][0].update(check={"against": "float64", "worst_relative_error": 1.0, "tolerance": 0.1}), "failed its own"),
        (lambda r: r["machine"].update(device="__import__('os')"), "device"),
    ],
)  # fmt: skip
def test_an_odd_record_is_one_line(tmp_path, change, said):
    with pytest.raises(BookError) as caught:
        load_record(stored(tmp_path, change))
    assert said in str(caught.value)
    assert str(caught.value).startswith("data/measurements/a-machine--2026-11-23T0500Z.json")


@pytest.mark.parametrize("raw", ["", "[]", "not json", '{"schema": NaN}', "[" * 100_000, '{"schema": 1e999}'])
def test_malformed_json_is_one_line(tmp_path, raw):
    with pytest.raises(BookError):
        load_record(stored(tmp_path, raw=raw))


def test_a_file_name_cannot_be_a_path(tmp_path):
    with pytest.raises(BookError, match="file name must be"):
        load_record(stored(tmp_path, name="..--x.json"))


def test_quantiles_are_between_neighbours():
    assert quantile([1.0, 2.0, 3.0], 0.5) == 2.0
    assert quantile([1.0, 2.0], 0.25) == 1.25


def test_a_ceiling_is_the_fast_decile_and_a_workload_the_median():
    common = {"name": "x", "parameters": {}, "status": "measured", "samples": [1.0, 2.0, 3.0, 4.0, 5.0]}
    assert Case(kind="ceiling", **common).seconds == pytest.approx(1.4)
    assert Case(kind="workload", **common).seconds == 3.0


def test_every_committed_record_is_valid_and_under_its_roofs(book):
    assert book.records, "the book shows a measurement of its own; run: nox -s measure"
