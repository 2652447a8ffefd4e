"""A record is data from a stranger: anything odd is one clear line, and nothing in it is run."""

import json
from dataclasses import replace

import pytest

from generators.catalog.record import Case, load_record, quantile, record_errors
from generators.comparison import comparison
from generators.core.errors import BookError
from generators.site import reference_records
from tests import fakes
from tests.fakes import CHECKED, row

NAME = "a-machine--2026-11-23T0500Z"
GOOD = fakes.record()
GOOD["cases"][1]["parameters"]["context"] = 127.5
GOOD["cases"].append(row("cache-read-bandwidth", samples=[1.0, 1.0, 1.0], inner=10, bytes=2e9, method="sum"))
READ, DECODE, PEAK, CACHE = range(4)
PRODUCT = row("product-by-size", samples=[0.1, 0.1, 0.1], bytes=1e6)


def stored(tmp_path, change=None, name=f"{NAME}.json", raw=None):
    row = json.loads(json.dumps(GOOD))
    if change:
        change(row)
    path = tmp_path / name
    path.write_text(raw if raw is not None else json.dumps(row))
    return path


def put(dotted, value):
    """A change of a record: the field under a dotted path, such as cases.1.parameters.layers, set or (None) removed."""

    def change(row):
        *way, last = [int(part) if part.isdigit() else part for part in dotted.split(".")]
        for part in way:
            row = row[part]
        if value is None:
            del row[last]
        else:
            row[last] = value

    return change


def fault(tmp_path, change=None, raw=None):
    """The one line that a changed record is refused with."""
    with pytest.raises(BookError) as caught:
        load_record(stored(tmp_path, change, raw=raw))
    line = str(caught.value)
    assert line.startswith(f"data/measurements/{NAME}.json")
    assert line.isprintable(), "one line, without control characters"
    return line


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
        (
            lambda r: r["cases"][0].update(check={"against": "float64", "worst_relative_error": 1.0, "tolerance": 0.1}),
            "failed its own",
        ),
        (lambda r: r["machine"].update(device="__import__('os')"), "device"),
        (lambda r: r.update({"odd\nfield\x1b[31m": 1}), "odd\\nfield"),
    ],
)
def test_an_odd_record_is_one_line(tmp_path, change, said):
    assert said in fault(tmp_path, change)


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        ("note", "a <b>note</b>", "angle brackets"),
        ("note", "two\nlines", "one line without control"),
        ("command", "red \x1b[31m", "one line without control"),
        ("command", "turned \u202e round", "one line without control"),
        ("environment.flags", ["avx", "<i>"], "angle brackets"),
        ("cases.1.parameters.model", "x\x00", "one line without control"),
        ("cases.1.reason", "lost <b>", "angle brackets"),
        ("machine.name", "x" * 81, "1 to 80"),
        ("machine.name", "[a](javascript:b)", "1 to 80"),
        ("machine.name", "", "1 to 80"),
        ("machine.accelerator", "H100 SXM", "an id such as"),
        ("machine.accelerator", "h100--sxm", "an id such as"),
        ("machine.accelerator", "x" * 61, "an id such as"),
        ("cases.3.name", "Cache Read", "a case name of 1 to 60"),
        ("cases.3.name", "x" * 61, "a case name of 1 to 60"),
        ("cases.1.parameters.a|b", 1, "a name of 1 to 60"),
        ("environment.a:b", "x", "a name of 1 to 60"),
        ("cases.1.noise", {"`x`": 1}, "a name of 1 to 60"),
        ("environment", {"x" * 61: 1}, "a name of 1 to 60"),
        ("profile", "x" * 81, "at most 80"),
    ],
)
def test_texts_are_bounded_and_plain(tmp_path, place, value, said):
    assert said in fault(tmp_path, put(place, value))


@pytest.mark.parametrize(
    "name", ["AMD EPYC 7B13, 2 cores", "NVIDIA H100 80GB HBM3", "Prüfstand Ω (1+1) @ 3.1 GHz w/ X_1"]
)
def test_names_of_real_machines_pass(tmp_path, name):
    assert load_record(stored(tmp_path, put("machine.name", name))).machine.name == name


def test_a_reason_may_hold_the_mark_that_the_suite_puts_for_a_path(tmp_path):
    late = {"name": "dispatch", "kind": "ceiling", "parameters": {}, "status": "failed", "reason": "no file <path>"}
    assert load_record(stored(tmp_path, lambda r: r["cases"].append(late))).cases[-1].reason == "no file <path>"


@pytest.mark.parametrize("number", ["1e400", "-1e400", "1" + "0" * 400, str(2**53 + 1), "1" * 5000])
@pytest.mark.parametrize(
    "place",
    [
        "environment.n",
        "cases.1.parameters.weights_vs_llc",
        "cases.1.parameters.layers",
        "cases.1.noise",
        "cases.1.inner",
        "cases.0.work.bytes",
        "cases.1.work.tokens",
        "cases.0.samples.1",
        "cases.0.check.tolerance",
    ],
)
def test_numbers_beyond_reason_are_one_line(tmp_path, place, number):
    def change(row):
        row["cases"][0]["check"] = {"against": "x", "worst_relative_error": 0.0, "tolerance": 0.1}
        put(place, {"n": "@"} if place.endswith("noise") else "@")(row)

    row = json.loads(json.dumps(GOOD))
    change(row)
    said = fault(tmp_path, raw=json.dumps(row).replace('"@"', number))
    assert place in said or "not readable as JSON" in said


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        ("cases.0.samples", [5e-324] * 3, "at least 1 ns"),
        ("cases.0.inner", 10**9, "at least 1 ns"),
        ("cases.0.samples", [1e308] * 4, "at most a day"),
        ("cases.0.warmups", [0], "above zero"),
    ],
)
def test_times_are_those_of_a_clock(tmp_path, place, value, said):
    assert said in fault(tmp_path, put(place, value))


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        ("started", "2026-02-30T05:00:00Z", "no calendar or clock"),
        ("started", "2026-11-23T05:61:00Z", "no calendar or clock"),
        ("started", "٢٠٢٦-11-23T05:00:00Z", "wanted a UTC time"),
        ("finished", "2026-11-23T05:00:60Z", "no calendar or clock"),
        ("finished", "2026-11-23T04:59:59Z", "before it started"),
        ("started", "2026-11-23T04:57:59Z", "within two minutes"),
        ("supersedes", NAME, "names the record itself"),
        ("supersedes", "the first one", "a record's file name"),
    ],
)
def test_times_and_predecessors_are_real(tmp_path, place, value, said):
    assert said in fault(tmp_path, put(place, value))


def test_a_file_name_with_seconds_is_the_start_too(tmp_path):
    path = stored(tmp_path, name="a-machine--2026-11-23T050100Z.json")
    assert load_record(path).started == "2026-11-23T05:00:00Z"
    with pytest.raises(BookError, match=r"2026-13-23T05:00:00Z.*no calendar"):
        load_record(stored(tmp_path, name="a-machine--2026-13-23T0500Z.json"))
    with pytest.raises(BookError, match="file name must be"):
        load_record(stored(tmp_path, name="a-machine--2026-11-23T05001Z.json"))


def _later(row):
    """A record a minute later, with times of its own."""
    row.update(started="2026-11-23T05:01:00Z", finished="2026-11-23T05:02:00Z")
    for case in row["cases"]:
        case["samples"] = [sample * 1.001 for sample in case["samples"]]


def test_a_predecessor_must_be_there_and_older(tmp_path):
    old = load_record(stored(tmp_path))
    later = "a-machine--2026-11-23T0501Z"

    def newer(supersedes):
        change = put("supersedes", supersedes)
        return load_record(stored(tmp_path, lambda r: (_later(r), change(r)), f"{later}.json"))

    assert record_errors({old.id: old, later: newer(old.id)}, {}) == []
    (unknown,) = record_errors({later: newer(old.id)}, {})
    assert str(unknown).startswith(f"data/measurements/{later}.json:supersedes: found {NAME!r}, which is not in")
    cycle = {old.id: load_record(stored(tmp_path, put("supersedes", later))), later: newer(old.id)}
    assert [error.path for error in record_errors(cycle, {})] == [f"data/measurements/{NAME}.json"]


@pytest.mark.parametrize(
    "field",
    [
        "layers",
        "d_model",
        "heads",
        "kv_heads",
        "head_dim",
        "d_ff",
        "vocab",
        "tied",
        "dtype",
        "batch",
        "context",
        "parameters",
    ],
)
@pytest.mark.parametrize("value", [None, -1, [], "x"])
def test_decode_has_the_parameters_that_a_prediction_takes(tmp_path, field, value):
    said = fault(tmp_path, put(f"cases.1.parameters.{field}", value))
    assert field in said
    assert value == [] or "case 'decode': parameters." in said


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            put("cases.1.parameters.layers", True),
            "'decode': parameters.layers: found True, wanted a whole number from 1 to 1e9",
        ),
        (put("cases.1.parameters.tied", 1), "'decode': parameters.tied: found 1, wanted true or false"),
        (put("cases.1.parameters.dtype", "int4"), "wanted one of float32, bfloat16, float16"),
        (put("cases.1.parameters.aten_ops_per_step", "many"), "'decode': parameters.aten_ops_per_step"),
        (put("cases.1.work.tokens", 0), "'decode': work.tokens: found 0"),
        (put("cases.1.kind", "ceiling"), "'decode': kind: found 'ceiling'"),
        (put("cases.0.kind", "workload"), "'read-bandwidth': kind: found 'workload'"),
        (put("cases.0.parameters", {}), "'read-bandwidth': parameters.method: found nothing"),
        (put("cases.2.parameters", {}), "'matmul-peak': parameters.dtype: found nothing"),
        (put("cases.2.work.flop", 0), "'matmul-peak': work.flop"),
        (lambda r: r["cases"].append(PRODUCT), "'product-by-size': parameters.matrix_bytes: found nothing"),
        (put("cases.0", None), "measured decode but no measured read-bandwidth"),
        (put("cases.2", None), "measured decode but no measured matmul-peak"),
        (lambda r: r.update(cases=r["cases"][1:2]), "no measured ceiling"),
        (
            lambda r: r.update(cases=[r["cases"][1] | {"name": "toy-workload"}]),
            "measured toy-workload and no measured ceiling",
        ),
    ],
)
def test_cases_hold_what_the_book_computes_with(tmp_path, change, said):
    assert said in fault(tmp_path, change)


def test_a_run_of_which_every_row_was_disturbed_is_a_record_and_repeats_nothing(catalog, tmp_path):
    """It is told as disturbed, on a page of its own, instead of being refused for ceilings that it lacks."""
    loud = lambda r: [case.setdefault("noise", {}).update(other_processes_share=0.5) for case in r["cases"]]  # noqa: E731
    record = load_record(stored(tmp_path, loud))
    assert record.verdict.word == "disturbed" and not record.measured("read-bandwidth")
    page = reference_records._one(record, catalog)
    assert "disturbed" in page.lower(), page
    speaker = catalog.speaker("cpu")
    later = record.model_copy(
        update={"id": "later", "machine": speaker.machine, "profile": speaker.profile, "started": "2027"}
    )
    with_it = replace(catalog, records=catalog.records | {"later": later})
    assert comparison.repeat_record(with_it).id == comparison.repeat_record(catalog).id


@pytest.mark.parametrize("part", [{"profile": "run decode"}, {"environment": {"interrupted": True}}])
def test_a_part_of_a_run_may_lack_ceilings_and_is_told_from_a_whole_one(tmp_path, part):
    record = load_record(stored(tmp_path, lambda r: r.update(part, cases=[r["cases"][DECODE], r["cases"][READ]])))
    assert not record.is_whole
    with pytest.raises(BookError, match=f"{NAME}.json:cases: found no measured matmul-peak"):
        comparison.predicted(record, record.measured("decode")[0])
    alone = load_record(stored(tmp_path, lambda r: r.update(part, cases=[r["cases"][DECODE]])))
    with pytest.raises(BookError, match=f"{NAME}.json:cases: found no measured read-bandwidth"):
        comparison.ceilings(alone)


def test_a_prediction_follows_from_the_record_s_own_ceilings(tmp_path):
    record = load_record(stored(tmp_path, put("cases.1.parameters.aten_ops_per_step", 0)))
    step = comparison.predicted(record, record.measured("decode")[0])
    assert step.memory == pytest.approx(step.traffic.total / record.measured("read-bandwidth")[0].bandwidth)


def sized(size, seconds, caches):
    """A decode case of so many bytes and seconds on a processor with such caches, and a cache read at 20 GB/s."""

    def change(row):
        row["environment"].update(caches=caches)
        row["cases"][DECODE]["work"].update(bytes=size, flop=1e6)
        row["cases"][DECODE].update(samples=[seconds] * 3)
        row["cases"][DECODE]["parameters"].update(weights_vs_llc=0.01)  # what it says of itself counts for nothing

    return change


L3 = ["L2 2000 bytes", "L3 1000000 bytes"]


def test_a_model_of_under_four_caches_may_pass_the_memory_roof_but_not_the_cache_s(tmp_path):
    assert load_record(stored(tmp_path, sized(3.9e6, 3.9e6 / 15e9, L3))).measured("decode")
    assert "over its roof of 20 GB/s" in fault(tmp_path, sized(3.9e6, 3.9e6 / 21e9, L3))


def test_a_gpu_s_own_cache_counts_as_the_suite_counted_it(tmp_path):
    """Else a record that the run itself found right would be refused here."""

    def gpu(size):
        return lambda row: (
            sized(3.9e6, 3.9e6 / 15e9, [])(row),
            row["machine"].update(device="cuda"),
            row["environment"].update(last_level_cache_bytes=size),
        )

    assert load_record(stored(tmp_path, gpu(1_000_000))).measured("decode")
    for odd in (900_000, 2**40, "1000000", None):
        assert "over its roof of 9.901 GB/s" in fault(tmp_path, gpu(odd))


@pytest.mark.parametrize(
    ("size", "caches", "device"),
    [
        (4.1e6, L3, "cpu"),
        (3.9e6, [], "cpu"),
        (3.9e6, "L3 1000000 bytes", "cpu"),
        (3.9e6, ["L3 999999999999999 bytes"], "cpu"),
        (3.9e6, ["L3 huge"], "cpu"),
        (3.9e6, L3, "cuda"),  # the processor's cache is not the device's
    ],
)
def test_any_other_model_may_not_pass_the_memory_roof(tmp_path, size, caches, device):
    change = sized(size, size / 15e9, caches)
    said = fault(tmp_path, lambda r: (change(r), r["machine"].update(device=device)))
    assert "reaches 15 GB/s, over its roof of 9.901 GB/s" in said


@pytest.mark.parametrize("place", [READ, DECODE, CACHE])
def test_nothing_computes_faster_than_the_product_peak(tmp_path, place):
    change = put(f"cases.{place}.work.flop", 1.03e11 * GOOD["cases"][place]["samples"][1])
    assert "over its roof of 100 GFLOP/s in the same record: its FLOP are miscounted" in fault(tmp_path, change)


@pytest.mark.parametrize(
    "raw", ["", "[]", "not json", '{"schema": NaN}', "[" * 100_000, '{"schema": 1e999}', '{"schema": "\\ud800"}']
)
def test_malformed_json_is_one_line(tmp_path, raw):
    assert fault(tmp_path, raw=raw)


def test_a_file_name_cannot_be_a_path(tmp_path):
    with pytest.raises(BookError, match="file name must be"):
        load_record(stored(tmp_path, name="..--x.json"))


def test_only_a_plain_file_is_read(tmp_path):
    (tmp_path / f"{NAME}.json").mkdir()
    with pytest.raises(BookError, match="wanted a plain file"):
        load_record(tmp_path / f"{NAME}.json")


def test_quantiles_are_between_neighbours():
    assert quantile([1.0, 2.0, 3.0], 0.5) == 2.0
    assert quantile([1.0, 2.0], 0.25) == 1.25


def test_a_ceiling_is_the_fast_decile_and_a_workload_the_median():
    common = {
        "name": "x",
        "parameters": {},
        "status": "measured",
        "samples": [1.0, 2.0, 3.0, 4.0, 5.0],
        "check": CHECKED,
    }
    assert Case(kind="ceiling", **common).seconds == pytest.approx(1.4)
    assert Case(kind="workload", **common).seconds == 3.0


def test_every_committed_record_is_valid_and_under_its_roofs(root, catalog):
    paths = sorted((root / "data" / "measurements").glob("*.json"))
    assert paths, "the book shows a measurement of its own; run: nox -s measure"
    assert record_errors({path.stem: load_record(path) for path in paths}, catalog.accelerators) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (put("started", "2099-11-23T05:00:00Z"), "wanted a time that has come"),
        (put("finished", "2099-11-23T05:00:00Z"), "wanted a time that has come"),
        (put("cases.0.samples", [500.0, 500.0, 1000.0]), "wanted at least the 2,00"),
        (put("finished", "2026-11-23T05:00:00Z"), "wanted at least the 4.26 s that its samples took"),
        (put("cases.0.check", None), "measured without a check"),
        (put("cases.0.check.tolerance", 1), "tolerance: found 1, wanted a number of at most 0.2"),
        (put("cases.1.work.flop", 1e-300), "flop: found 1e-300, wanted 0 or a count of at least 1"),
        (put("cases.0.work.bytes", 1e15), None),
        (put("cases.2.work.flop", 1e15), None),
        (put("cases.1.parameters.layers", 1e-300), "wanted a whole number from 1 to 1e9"),
        (put("cases.1.parameters.d_ff", 1e15), "wanted a whole number from 1 to 1e9"),
        (put("cases.1.parameters.batch", 1e-300), "wanted a whole number from 1 to 1e9"),
        (put("cases.1.parameters.context", 1e15), "wanted a number from 0 to 1e9"),
        (put("cases.1.parameters.parameters", 1e-300), "wanted a number from 1 to 1e15"),
    ],
)
def test_an_impossible_record_is_refused(tmp_path, change, said):
    if said:
        assert said in fault(tmp_path, change)
    else:  # within what a room of machines reaches, and beyond what a processor does
        record = load_record(stored(tmp_path, change))
        (error,) = record_errors({record.id: record}, {})
        assert "which any cpu device can reach" in str(error)


def test_a_record_is_of_the_chip_that_it_claims_and_no_copy(tmp_path, catalog):
    chips = catalog.accelerators
    claims = load_record(stored(tmp_path, put("machine.accelerator", "h100-sxm5-80gb")))
    (error,) = record_errors({claims.id: claims}, chips)
    assert "for a device measured as 'cpu', wanted the chip that was measured" in str(error)
    slow = load_record(stored(tmp_path, lambda r: r["machine"].update(device="cuda", accelerator="h100-sxm5-80gb")))
    assert any("which h100-sxm5-80gb can reach" in str(error) for error in record_errors({slow.id: slow}, chips))
    for other in ("mi300x", "tpu-v4", "epyc-9654", "m1-max"):
        claims = load_record(stored(tmp_path, lambda r: r["machine"].update(device="cuda", accelerator=other)))  # noqa: B023
        (error,) = record_errors({claims.id: claims}, chips)
        assert "for a device measured as 'cuda', wanted the chip that was measured" in str(error)
    first = load_record(stored(tmp_path))
    later = "a-machine--2026-11-23T0501Z"
    moved = {"started": "2026-11-23T05:01:00Z", "finished": "2026-11-23T05:02:00Z"}
    second = load_record(stored(tmp_path, lambda r: r.update(moved), f"{later}.json"))
    (error,) = record_errors({first.id: first, later: second}, chips)
    assert "no two runs take the same; delete the copy" in str(error)


def test_committed_records_and_predictions_are_never_edited(root):
    """Append-only: what a file held when it was added, it holds now.  A clone without history proves nothing."""
    import subprocess

    def git(*arguments):
        return subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True)

    if git("rev-parse", "--is-shallow-repository").stdout.strip() != "false":
        pytest.skip("no git history here, so there is nothing to compare with")
    for path in [path for kind in ("measurements", "predictions") for path in (root / "data" / kind).glob("*.json")]:
        shown = f"data/{path.parent.name}/{path.name}"
        added = git("log", "--diff-filter=A", "--format=%H", "--", shown).stdout.split()
        if added:  # a record that is not committed yet has no history
            assert git("show", f"{added[-1]}:{shown}").stdout == path.read_text(), (
                f"{shown} was edited; add a newer file"
            )
