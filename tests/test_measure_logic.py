"""The measuring code without torch: counting, timing, running, recording, naming.  Every clock here is a fake one."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from generators.catalog.case import Case
from generators.measure import __main__ as begin
from generators.measure import case_names, cli, estimate, predict, profiles, result, timing
from generators.measure.accelerators import datasheet_bandwidth
from generators.measure.counting import count
from generators.measure.plan import Check, CheckFailed, Work, label
from generators.measure.result import Result
from generators.measure.roofs import over_roof
from generators.measure.summary import duration, rate_text, sentences, what_next
from generators.measure.taken import Stored
from tests.fakes import FakeDevice, row

ROOT = Path(__file__).resolve().parents[1]
TOY = count.Shape(layers=2, d_model=8, heads=4, kv_heads=2, head_dim=4, d_ff=16, vocab=10)


# counting


def test_parameters_of_a_toy_model_are_those_counted_by_hand():
    attention = 8 * 16 + 2 * 8 * 8 + 16 * 8  # query; key and value; output
    layer = attention + 3 * 8 * 16 + 2 * 8  # and the MLP, and two gains
    assert count.parameters(TOY) == 2 * layer + 8 + 2 * 10 * 8  # last gain, embedding and head


def test_decode_bytes_are_weights_once_one_embedding_row_and_the_cache():
    matrices = 2 * (8 * 16 + 2 * 8 * 8 + 16 * 8 + 3 * 8 * 16) + 10 * 8
    streamed = matrices + (2 * 2 + 1) * 8 + 8  # gains, one row of the embedding
    per_token = 2 * 2 * 2 * 4  # layers, key and value, heads, head_dim
    work = count.decode(TOY, 2, context=100)
    assert work.bytes == 2 * (streamed + per_token * 100 + per_token)  # read 100, write 1
    assert work.flop == 2 * matrices + 2 * 101 * (2 + 2) * 4 * 4  # layers, tokens, scores and sum, heads, head_dim
    assert work.tokens == 1


def test_counts_of_a_published_shape_are_the_published_ones():
    llama_1b = count.Shape(layers=22, d_model=2048, heads=32, kv_heads=4, head_dim=64, d_ff=5632, vocab=32000)
    assert count.parameters(llama_1b) == 1_100_048_384
    assert count.kv_bytes_per_token(llama_1b, 2) == 22_528


def test_copy_counts_read_and_write():
    assert count.copy(10, 4).bytes == 80
    assert count.read(10, 4, 2) == Work(bytes=40, flop=20)


# timing and estimates


@pytest.mark.parametrize("seconds", [1e-7, 3e-4, 0.019, 0.5])
def test_a_sample_lasts_at_least_the_target(seconds):
    device = FakeDevice()
    kernel = device.case("x", seconds).prepare()
    inner, warmups = timing.calibrate(device.time, kernel.run)
    assert warmups[-1] >= timing.TARGET
    assert inner * seconds == pytest.approx(warmups[-1])
    assert inner * seconds < max(2 * timing.TARGET, 1.01 * seconds)


def test_one_disturbed_call_does_not_settle_the_repetitions():
    device, calls = FakeDevice(), []

    def run() -> None:
        calls.append(1)
        device.now += 0.1 if len(calls) == 2 else 0.001

    inner, _ = timing.calibrate(device.time, run)
    assert inner * 0.001 >= timing.TARGET


def test_estimates_are_the_fastest_decile_of_a_ceiling_and_the_median_of_a_workload():
    values = [float(n) for n in range(1, 12)]
    one = Result(row("x", samples=values, inner=2, bytes=8))
    assert (one.seconds, one.bandwidth) == (1.0, 8.0)
    assert Result(one.row | {"kind": "workload"}).seconds == 3.0


def test_estimates_agree_with_the_book_s_own():
    for kind in ("ceiling", "workload"):
        mine = Result(row("toy", kind=kind, samples=[0.03, 0.05, 0.031, 0.04], inner=3, bytes=8e6))
        catalog = Case.model_validate(mine.row)
        assert catalog.seconds == pytest.approx(mine.seconds, rel=1e-9)
        assert catalog.bandwidth == pytest.approx(mine.bandwidth, rel=1e-9)


def test_the_read_roof_is_the_fastest_read():
    slow, fast = (
        Result(row("read-bandwidth", samples=[time] * 3, bytes=1e9, method=m)) for time, m in ((2, "a"), (1, "b"))
    )
    assert result.read_roof([slow, fast]) is fast
    assert result.read_roof([]) is None


def test_drift_compares_the_later_half_with_the_earlier():
    assert estimate.drift([1.0, 1.0, 1.0, 1.1, 1.1, 1.1]) == pytest.approx(0.1)


# what a person sees


def decode_row(model: str, parameters: float, seconds: float, moved: float, **reported: object) -> Result:
    more = {"parameters": parameters, "dtype": "bfloat16", "layers": 2, "mode": "graph", "model": model} | reported
    return Result(row("decode", "workload", samples=[seconds] * 5, bytes=moved, tokens=1, **more))


def test_the_summary_says_what_to_think_of_a_run_before_its_rates():
    read = Result(row("read-bandwidth", samples=[0.05] * 5, bytes=1e9, method="sum"))
    lines = sentences([read, decode_row("0.4B", 4.3e8, 0.1, 1.66e9)], {})
    assert lines == [
        "verdict: quiet",
        "this machine reads 20 GB/s from main memory (best method: sum)",
        "decode of 0.4B, bfloat16, graph: 100 ms per token, 16.6 GB/s, 83% of its read roof",
    ]
    assert rate_text(read) == "20.0 GB/s (50 ms), spread 0%"
    failed = [Result(row(f"x{n}", status="failed", reason="why")) for n in range(15)]
    assert (
        sentences(failed, {})[-1] == "... and 3 more reasons why cases have no result, or a part of one, in the record"
    )
    alike = [Result(row("x", status="failed", reason="why")) for _ in range(15)]
    assert sentences(alike, {})[-1] == "x and 14 more: failed: why"
    assert sentences([read], {"cautions": ["it was loud"]})[0] == (
        "verdict: disturbed in part: it was loud; measure again when the machine is quiet"
    )


def test_a_row_that_is_held_out_is_in_no_sentence():
    """The fastest read and one decode were disturbed: the roof is the quiet read's, and the decode has no rate."""
    read = Result(row("read-bandwidth", samples=[0.05] * 5, bytes=1e9, method="sum"))
    loud = {"noise": {"other_processes_share": 0.5}}
    faster = Result(row("read-bandwidth", samples=[0.01] * 5, bytes=1e9, method="dot") | loud)
    slow = decode_row("LOUD", 4.3e8, 0.2, 1.66e9)
    lines = sentences([read, faster, decode_row("0.4B", 4.3e8, 0.1, 1.66e9), Result(slow.row | loud)], {})
    said = [line for line in lines if not line.startswith(("verdict: ", "held out: ", "what follows"))]
    assert said == [
        "this machine reads 20 GB/s from main memory (best method: sum)",
        "decode of 0.4B, bfloat16, graph: 100 ms per token, 16.6 GB/s, 83% of its read roof",
    ]
    assert "every read of main memory was disturbed, so nothing is said of the machine's bandwidth" in sentences(
        [faster], {}
    )


def test_what_is_implausible_or_unsettled_is_named_at_once():
    read = Result(row("read-bandwidth", samples=[0.05] * 7, bytes=1e9, method="sum"))
    cache = Result(row("cache-read-bandwidth", samples=[0.1] * 7, bytes=6e7, method="sum"))
    wide = Result(row("prefill", "workload", samples=[0.1] * 14 + [0.87] * 2, tokens=1))
    steady = [Result(row("prefill", "workload", samples=[0.1] * 7, tokens=1)) for _ in range(2)]
    lines = sentences([read, cache, wide, *steady], {}, datasheet=15e9)
    assert lines[:4] == [
        "verdict: disturbed in part: 1 of 5 results are held out of the book's sentences",
        "held out: cache-read-bandwidth sum: it reads a cache at 0.6 GB/s, more slowly than memory at 20 GB/s",
        "implausible: read-bandwidth sum: 20 GB/s, above the datasheet's 15 GB/s",
        "unsettled: prefill: spread 770%",
    ]


def test_the_summary_says_what_binds_a_step():
    """A step whose issuing takes longer than its bytes is bound by launching, whatever share of a roof it reaches."""
    read = Result(row("read-bandwidth", samples=[0.25] * 5, bytes=1e12, method="sum"))  # 4 TB/s
    narrow = [
        Result(row("step-overhead", samples=[seconds] * 5, layers=n, dtype="bfloat16", mode="graph"))
        for n, seconds in ((1, 2e-3), (3, 4e-3))
    ]
    steps = [decode_row("1B", 1e9, 4e-3, 2e9), decode_row("8B", 8e9, 8e-3, 16e9)]
    reported = steps[1].parameters | {"weights": "int4"}
    steps.append(Result(steps[1].row | {"name": "decode-quantised", "parameters": reported}))
    lines = sentences([read, *narrow, *steps], {}, datasheet=5e12)
    assert lines[1:] == [
        "this machine reads 4 TB/s from main memory (best method: sum), 80% of the datasheet's",
        "decode of 1B, bfloat16, graph: 4 ms per token, launch-bound: issuing takes 75% of it, reading 12%",
        "decode of 8B, bfloat16, graph: 8 ms per token, 2 TB/s, 50% of its read roof, 40% of the datasheet's bound",
        "decode of 8B, int4 weights, graph: 8 ms per token, 2 TB/s, 50% of its read roof, 40% of the datasheet's bound",
        "decode in bfloat16, graph: launch-bound up to 1B",
    ]


def test_the_summary_names_the_next_command_and_who_takes_the_record():
    ceilings = [row("read-bandwidth", samples=[0.05] * 7, bytes=1e9), row("matmul-peak", samples=[0.05] * 7, flop=1e9)]

    def stored(id_: str, decodes: int, **more: object) -> Stored:
        cases = ceilings + [row("decode", "workload", samples=[0.1] * 7)] * decodes
        machine = {"name": "toy", "device": "cpu"}
        return Stored(
            id_, {"started": id_, "machine": machine, "environment": {}, "cases": cases, "supersedes": ""} | more
        )

    mine, richer, other = stored("2", 3), stored("1", 9), stored("0", 99, machine={"name": "b", "device": "cpu"})
    assert what_next(mine, [other])[0] == "figures of decode take it"
    assert what_next(mine, [richer])[0] == "no figure takes it: 1 has 9 results of decode, this one 3"
    assert what_next(stored("2", 3, supersedes="1"), [richer])[0] == "figures of decode take it"
    assert what_next(mine, [])[-1] == "next: nox -s write"
    assert what_next(mine, [stored("0", 1)], ["0", "2"])[0].startswith(
        "no figure takes it: 0 speaks for this machine; "
    )
    assert what_next(mine, [], ["2"])[0] == "figures of decode take it"


def test_the_datasheet_s_bandwidth_is_read_from_the_catalog():
    assert datasheet_bandwidth("h200-sxm", ROOT) == 4.8e12
    assert datasheet_bandwidth("", ROOT) is None


def test_a_captured_graph_is_told_by_its_kernels():
    graph = row("dispatch", samples=[1.3e-4] * 3, method="graph", kernels_per_repetition=100)
    lines = sentences([Result(row("dispatch", samples=[4e-6] * 3, method="add")), Result(graph)], {})
    assert lines[1:] == [
        "one operation costs 4 µs before it moves a byte",
        "one operation in a CUDA graph costs 1.3 µs before it moves a byte",
    ]


def test_an_odd_record_gives_no_prediction_rather_than_a_crash():
    """Depths that a stranger gave twice make no line, and what a row says of a cache may be anything."""
    deep = [row("step-overhead", samples=[t] * 3, layers=4, dtype="float32", mode="eager") for t in (1e-3, 2e-3)]
    assert predict.overhead([Result(one) for one in deep], "float32", "eager", 12) is None
    reported = predict.Prediction(1.0, 0.0, 0.0)
    for share, past in (("x", True), (None, True), (0.5, False), (4.0, True)):
        assert predict.is_past_overhead(Result(row("decode", samples=[1.0], weights_vs_llc=share)), reported) is past


def test_a_rate_over_its_roof_is_a_miscount():
    read = Result(row("read-bandwidth", samples=[0.05] * 5, bytes=1e9))
    cached = Result(row("cache-read-bandwidth", samples=[0.01] * 5, bytes=1e9))
    peak = Result(row("matmul-peak", samples=[0.01] * 5, flop=1e9, dtype="float32"))
    slow, fast = (
        Result(row("decode", "workload", samples=[0.1] * 5, bytes=b, dtype="float32")) for b in (2.03e9, 2.05e9)
    )
    assert over_roof([read, cached, peak, slow], cache=2**20) == {}
    assert (
        "over its roof of 20 GB/s in the same record: its bytes are miscounted"
        in over_roof([read, cached, peak, fast], cache=2**20)[3]
    )
    assert over_roof([read, cached, fast], cache=2**30) == {}  # it may come from the cache, which is faster
    many = Result(row("prefill", "workload", samples=[0.01] * 5, flop=1.1e9, dtype="float32"))
    assert "its FLOP are miscounted" in over_roof([peak, many], cache=None)[1]


def test_a_reference_that_claims_to_be_quick_does_not_lift_the_roof_without_end():
    reported = {"samples": [0.1] * 5, "dtype": "float32"}
    read = row("read-bandwidth", samples=[0.05] * 5, bytes=1e9) | {"noise": {"reference_seconds": 0.01}}
    fast = [
        row("decode", "workload", bytes=b, **reported) | {"noise": {"reference_seconds": 1e-5}} for b in (2.9e9, 3.2e9)
    ]
    assert list(over_roof([Result(one) for one in (read, *fast)], cache=2**20)) == [2]


def test_a_label_tells_a_case_from_its_neighbours():
    reported = {"dtype": "float32", "working_set_bytes": 2**31, "rows": 16, "layers": 4}
    assert label("rows-sweep", reported) == "rows-sweep float32 2 GiB rows=16"


def test_durations_have_a_fitting_unit():
    assert duration(0.0215) == "21.5 ms"
    assert duration(3e-9) == "3 ns"


def test_list_and_wrong_names_need_no_torch(capsys):
    assert cli.main(["list"]) == 0
    assert "decode" in capsys.readouterr().out
    assert cli.main(["run", "nonsense"]) == 2
    assert "unknown case 'nonsense'; the cases are read-bandwidth" in capsys.readouterr().err
    assert cli.main(["run"]) == 2
    assert cli.main(["quick", "decode"]) == 2
    assert set(profiles.BUDGETS) <= set(case_names.PROFILES)


@pytest.mark.parametrize(("profile", "minutes"), [("full", 8), ("quick", 1)])
def test_a_gpu_is_measured_within_the_minutes_told(profile, minutes):
    """What must run is planned well within them, what may run is left out where it would pass them, and decode comes first."""
    stages, budget = profiles.stages(profile, "cuda"), profiles.budget(profile, "cuda")
    must = sum(stage.expected_seconds for stage in stages if not stage.optional)
    assert must <= budget <= 60 * minutes - 10  # loading torch and closing the record
    whole = profiles.stages("full", "cuda")
    last = max(index for index, stage in enumerate(whole) if not stage.optional)
    assert not any(stage.optional for stage in whole[:last])
    assert {stage.name for stage in whole} >= {
        stage.name for stage in profiles.stages("full", "cpu") if "decode" not in stage.name
    }


@pytest.mark.parametrize(
    ("fault", "line"),
    [
        ("ImportError('none here', name='torch')", "this Python has no PyTorch; install it: "),
        (
            "OSError('libcudart.so.12: cannot open shared object file')",
            "PyTorch does not load: OSError: libcudart.so.12: ",
        ),
        ("ValueError('second\\nline')", "PyTorch does not load: ValueError: second; reinstall it: "),
    ],
)
def test_a_torch_that_does_not_load_is_one_line(tmp_path, fault, line):
    (tmp_path / "torch.py").write_text(f"raise {fault}\n")
    done = command(tmp_path, "--out", str(tmp_path / "out"))
    assert done.returncode == 2
    assert done.stderr.startswith(f"measure: {line}")
    assert done.stderr.count("\n") == 1


def command(folder: Path, *words: str, shell: str = "") -> subprocess.CompletedProcess[str]:
    """The command as a person types it, with modules of a folder before all others and a lock of its own."""
    (folder / "sitecustomize.py").write_text(
        f"import pathlib\nfrom generators.measure import record\nrecord.LOCKS = pathlib.Path({str(folder)!r})\n"
    )
    own = os.environ | {"PYTHONPATH": f"{folder}:{ROOT}"}
    line = " ".join([sys.executable, "-m", "generators.measure", *words, shell])
    return subprocess.run(["bash", "-c", line], cwd=ROOT, env=own, capture_output=True, text=True, timeout=60)


def test_a_python_that_is_too_old_is_told_how_to_fetch_one():
    """As on rented machines of 2022's systems, whose Python 3.10 ends at an import; what answers must be read by it."""
    assert begin.too_old(sys.version_info) == ""
    assert "found Python 3.10, wanted 3.11 or newer; fetch one" in begin.too_old((3, 10, 12))
    for path in ("__init__.py", "measure/__init__.py", "measure/__main__.py", "measure/streams.py"):
        ast.parse((ROOT / "generators" / path).read_text(), feature_version=(3, 8))


@pytest.mark.parametrize("shell", ["| head -1", ">/dev/full", "2>&-", ">&-", "2>/dev/full", "<&- >&- 2>&-"])
@pytest.mark.parametrize("word", ["list", "--help", "run nonsense", "quick"])
def test_output_that_nobody_takes_ends_nothing(tmp_path, word, shell):
    (tmp_path / "torch.py").write_text("raise ImportError('none here', name='torch')\n")
    done = command(tmp_path, *word.split(), "--out", str(tmp_path / "out"), shell=shell)
    assert "Traceback" not in done.stdout + done.stderr
    assert "Exception" not in done.stdout + done.stderr
    if "|" not in shell:
        assert done.returncode == (0 if word in ("list", "--help") else 2)


def test_the_package_imports_nothing_beyond_itself_and_the_standard_library():
    allowed = set(sys.stdlib_module_names) | {"torch", "triton"}  # which comes with torch where there are GPUs
    for path in (ROOT / "generators/measure").rglob("*.py"):
        for line in path.read_text().splitlines():
            words = line.split()
            if words[:1] in (["import"], ["from"]) and not line.lstrip().startswith("from generators.measure"):
                assert words[1].split(".")[0].rstrip(",") in allowed, f"{path.name}: {line}"


def test_a_check_above_its_tolerance_or_not_a_number_is_refused():
    with pytest.raises(CheckFailed, match=r"off by 0\.01"):
        Check("float64", 0.01, 1e-3)
    with pytest.raises(CheckFailed):
        Check("float64", float("nan"), 1e-3)
