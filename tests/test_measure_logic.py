"""The measuring code without torch: counting, timing, running, recording, naming.  Every clock here is a fake one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from generators.book.case import Case
from generators.measure import catalogue, cli, estimate, predict, result, timing
from generators.measure.counting import count
from generators.measure.plan import Check, CheckFailed, Work, label
from generators.measure.result import Result
from generators.measure.roofs import over_roof
from generators.measure.summary import duration, rate_text, sentences
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


def test_copy_counts_read_and_write_and_matmul_two_flop_per_product():
    assert count.copy(10, 4).bytes == 80
    assert count.matmul(10, 2) == Work(bytes=600, flop=2000)
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
        book = Case.model_validate(mine.row)
        assert book.seconds == pytest.approx(mine.seconds, rel=1e-9)
        assert book.bandwidth == pytest.approx(mine.bandwidth, rel=1e-9)


def test_the_read_roof_is_the_fastest_read():
    slow, fast = (
        Result(row("read-bandwidth", samples=[time] * 3, bytes=1e9, method=m)) for time, m in ((2, "a"), (1, "b"))
    )
    assert result.read_roof([slow, fast]) is fast
    assert result.read_roof([]) is None


def test_drift_compares_the_later_half_with_the_earlier():
    assert estimate.drift([1.0, 1.0, 1.0, 1.1, 1.1, 1.1]) == pytest.approx(0.1)


# what a person sees


def test_the_summary_says_rate_and_share_of_the_roof():
    read = Result(row("read-bandwidth", samples=[0.05] * 5, bytes=1e9, method="sum"))
    told = {"parameters": 430_000_000, "dtype": "bfloat16", "layers": 2}
    decode = Result(row("decode", "workload", samples=[0.1] * 5, bytes=1.66e9, tokens=1, **told))
    lines = sentences([read, decode], [])
    assert lines[0] == "this machine reads 20.0 GB/s from main memory (best method: sum)"
    assert lines[1] == (
        "decode of a 0.43 B model in bfloat16 runs at 10.0 tokens/s, 83% of what its read bandwidth allows"
    )
    assert rate_text(read) == "20.0 GB/s (50 ms), spread 0%"
    failed = [Result(row(f"x{n}", status="failed", reason="why")) for n in range(15)]
    assert sentences(failed, [])[-1].startswith("... and 3 more cases without a result")
    assert sentences([read], ["it was loud"])[-2:] == [
        "caution: it was loud",
        "measure again when the machine is quiet",
    ]


def test_a_captured_graph_is_told_by_its_kernels():
    graph = row("dispatch", samples=[1.3e-4] * 3, method="graph", kernels_per_repetition=100)
    lines = sentences([Result(row("dispatch", samples=[4e-6] * 3, method="add")), Result(graph)], [])
    assert lines == [
        "one operation costs 4 µs before it moves a byte",
        "one operation in a CUDA graph costs 1.3 µs before it moves a byte",
    ]


def test_an_odd_record_gives_no_prediction_rather_than_a_crash():
    """Depths that a stranger gave twice make no line, and what a row says of a cache may be anything."""
    deep = [row("step-overhead", samples=[t] * 3, layers=4, dtype="float32", mode="eager") for t in (1e-3, 2e-3)]
    assert predict.overhead([Result(one) for one in deep], "float32", "eager", 12) is None
    told = predict.Prediction(1.0, 0.0, 0.0)
    for share, past in (("x", True), (None, True), (0.5, False), (4.0, True)):
        assert predict.is_past_overhead(Result(row("decode", samples=[1.0], weights_vs_llc=share)), told) is past


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
    told = {"samples": [0.1] * 5, "dtype": "float32"}
    read = row("read-bandwidth", samples=[0.05] * 5, bytes=1e9) | {"noise": {"reference_seconds": 0.01}}
    fast = [row("decode", "workload", bytes=b, **told) | {"noise": {"reference_seconds": 1e-5}} for b in (2.9e9, 3.2e9)]
    assert list(over_roof([Result(one) for one in (read, *fast)], cache=2**20)) == [2]


def test_a_label_tells_a_case_from_its_neighbours():
    told = {"dtype": "float32", "working_set_bytes": 2**31, "rows": 16, "layers": 4}
    assert label("rows-sweep", told) == "rows-sweep float32 2 GiB rows=16"


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
    assert set(catalogue.BUDGET) <= set(catalogue.PROFILES)


def test_without_torch_one_line_says_how_to_get_it(tmp_path):
    (tmp_path / "torch.py").write_text("raise ImportError('none here', name='torch')\n")
    own = os.environ | {"PYTHONPATH": str(tmp_path), "TMPDIR": str(tmp_path)}
    words = [sys.executable, "-m", "generators.measure", "--out", str(tmp_path / "out")]
    done = subprocess.run(words, cwd=ROOT, env=own, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert done.stderr.startswith("measure: this Python has no PyTorch; install it: ")
    assert done.stderr.count("\n") == 1


def test_the_package_imports_nothing_beyond_itself_and_the_standard_library():
    allowed = set(sys.stdlib_module_names) | {"torch"}
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
