"""The measuring code without torch: counting, timing, running, recording, naming.  Every clock here is a fake one."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from generators.book.record import Record
from generators.measure import catalogue, cli, count, environment, estimate, timing
from generators.measure.plan import Case, Check, CheckFailed, Kernel, Outcome, Stage, Work
from generators.measure.progress import Progress, duration
from generators.measure.runner import Runner
from generators.measure.summary import rate_text, sentences

ROOT = Path(__file__).resolve().parents[1]
TOY = count.Shape(layers=2, d_model=8, heads=4, kv_heads=2, head_dim=4, d_ff=16, vocab=10)


class FakeDevice:
    """Time passes only when a kernel says so."""

    def __init__(self, free: float = 1e12) -> None:
        self.now, self.free = 0.0, free

    def clock(self) -> float:
        return self.now

    def time(self, run: Callable[[], object], inner: int) -> float:
        return timing.wall_time(run, inner, self.clock)

    def free_bytes(self) -> float:
        return self.free

    def release(self) -> None:
        pass

    def case(self, name: str, seconds: float, kind: str = "ceiling", **more: object) -> Case:
        """A case whose repetition takes so long and moves a gigabyte."""

        def run() -> None:
            self.now += seconds

        check = Check("itself", 0.0, 1e-6)
        return Case(name, kind, {"method": name}, lambda: Kernel(run, Work(bytes=1e9), check), **more)


def run_stages(device: FakeDevice, *stages: list[Case], **options: object) -> tuple[Runner, list[str]]:
    """Run lists of cases as stages on a fake device; return the runner and the printed lines."""
    said: list[str] = []
    runner = Runner(device, Progress(said.append, device.clock), lambda outcomes: None, **options)
    made = [Stage(f"stage {n}", lambda _, mine=cases: mine, 1.0) for n, cases in enumerate(stages)]
    runner.run(made, device.case("reference-read", 0.05))
    return runner, said


def record_of(runner: Runner) -> Record:
    """The run as a record of the book's schema; raises where it does not satisfy it."""
    head = {
        "id": "x", "schema": 1, "started": "2026-11-23T00:00:00Z", "profile": "quick", "command": "c",
        "commit": "unknown", "dirty": True, "machine": {"name": "toy", "device": "cpu"},
    }  # fmt: skip
    row = cli.assemble(head, environment.machine_facts(), runner)
    return Record.model_validate(json.loads(json.dumps(row, allow_nan=False)))


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
    one = Outcome(FakeDevice().case("x", 1), samples=values, inner=2, work=Work(bytes=8))
    assert estimate.seconds(one) == 1.0
    assert estimate.bandwidth(one) == 8.0
    one.case = FakeDevice().case("x", 1, kind="workload")
    assert estimate.seconds(one) == 3.0


def test_estimates_agree_with_the_book_s_own():
    device = FakeDevice()
    runner, _ = run_stages(device, [device.case("read-bandwidth", 0.03), device.case("toy", 0.04, kind="workload")])
    for one, case in zip(runner.outcomes, record_of(runner).cases, strict=True):
        assert case.seconds == pytest.approx(estimate.seconds(one), rel=1e-6)
        assert case.bandwidth == pytest.approx(estimate.bandwidth(one), rel=1e-6)


def test_formats_are_ordered_by_their_matrix_vector_product():
    device = FakeDevice()
    slow = Outcome(
        Case("read-bandwidth", "ceiling", {"method": "gemv-a"}, device.release), work=Work(1), samples=[2.0] * 3
    )
    fast = Outcome(
        Case("read-bandwidth", "ceiling", {"method": "gemv-b"}, device.release), work=Work(1), samples=[1.0] * 3
    )
    assert estimate.dtypes_by_gemv([slow, fast], ("a", "b")) == ["b", "a"]
    assert estimate.dtypes_by_gemv([], ("a", "b")) == ["a", "b"]
    assert estimate.read_roof([slow, fast]) is fast


def test_drift_compares_the_later_half_with_the_earlier():
    assert estimate.drift([1.0, 1.0, 1.0, 1.1, 1.1, 1.1]) == pytest.approx(0.1)


# running


def test_cases_of_a_stage_are_timed_in_turns_with_the_reference_between():
    device, order = FakeDevice(), []

    def kernel(name: str) -> Kernel:
        def run() -> None:
            order.append(name)
            device.now += 0.03

        return Kernel(run, Work(bytes=1), Check("itself", 0, 1))

    cases = [Case(name, "ceiling", {}, lambda name=name: kernel(name)) for name in "ab"]
    runner = Runner(device, Progress(lambda _: None, device.clock), lambda _: None, rounds=3)
    runner.run([Stage("s", lambda _: cases, 1.0)], Case("r", "ceiling", {}, lambda: kernel("r")))
    assert "".join(order)[-10:] == "rabrabrabr"
    assert len(runner.reference.samples) == 4


def test_a_failing_case_is_recorded_with_its_reason_and_the_others_survive():
    device = FakeDevice()

    def broken() -> Kernel:
        raise RuntimeError("no kernel for /opt/secret/kernels.so\nsecond line")

    def wrong() -> Kernel:
        return Kernel(device.release, Work(), Check("float64", 0.5, 1e-6))

    calls = []

    def fragile() -> None:
        calls.append(1)
        device.now += 0.03
        if len(calls) > 9:
            raise MemoryError

    cases = [
        device.case("good", 0.03),
        Case("broken", "ceiling", {}, broken),
        Case("wrong", "ceiling", {}, wrong),
        Case("fragile", "workload", {}, lambda: Kernel(fragile, Work(), Check("itself", 0, 1))),
        device.case("huge", 0.03, needs_bytes=2e12),
    ]
    runner, said = run_stages(device, cases)
    got = {case.name: case for case in record_of(runner).cases}
    assert {name: case.status for name, case in got.items()} == {
        "reference-read": "measured", "good": "measured", "broken": "failed",
        "wrong": "failed", "fragile": "failed", "huge": "skipped",
    }  # fmt: skip
    assert got["broken"].reason == "RuntimeError: no kernel for <path>"
    assert "off by 0.5 relative to float64" in got["wrong"].reason
    assert not got["wrong"].samples
    assert got["huge"].reason == "needs 2000.0 GB of memory, 1000.0 GB are free"
    assert len(got["good"].samples) == 15
    assert any("broken: failed" in line for line in said)


def test_an_interrupt_keeps_what_was_measured_and_lists_the_rest():
    device, calls = FakeDevice(), []

    def impatient() -> None:
        calls.append(1)
        device.now += 0.03
        if len(calls) == 9:
            raise KeyboardInterrupt

    late = Case("late", "workload", {"method": "x"}, lambda: Kernel(impatient, Work(), Check("itself", 0, 1)))
    runner, _ = run_stages(
        device, [device.case("first", 0.03)], [late, device.case("beside", 0.03)], [device.case("never", 1)]
    )
    got = {case.name: case for case in record_of(runner).cases}
    assert runner.interrupted
    assert len(got["first"].samples) == 15
    assert got["late"].status == "measured"
    assert 3 <= len(got["late"].samples) < 15
    assert got["never"].reason == "interrupted before it was measured"
    assert record_of(runner).environment["interrupted"] is True


def test_what_is_measured_is_saved_while_the_stage_still_runs():
    device, saved = FakeDevice(), []
    runner = Runner(
        device, Progress(lambda _: None, device.clock), lambda outcomes: saved.append(len(outcomes[1].samples))
    )
    runner.run([Stage("s", lambda _: [device.case("x", 0.03)], 1.0)], device.case("reference-read", 0.05))
    assert saved == [*range(3, 16), 15]


def test_timed_repetitions_decide_work_and_parameters_at_the_end():
    device, told = FakeDevice(), []

    def run() -> None:
        device.now += 0.008

    def closing(repetitions: int) -> tuple[Work, dict[str, float]]:
        told.append(repetitions)
        return Work(bytes=7), {"context": 128.0}

    case = Case("decode", "workload", {}, lambda: Kernel(run, Work(), Check("itself", 0, 1), {"a": 1}, closing))
    runner, _ = run_stages(device, [case])
    one = runner.outcomes[1]
    assert told[-1] == 15 * one.inner
    assert one.as_row()["work"]["bytes"] == 7
    assert one.as_row()["parameters"] == {"a": 1, "context": 128.0}


def test_an_optional_stage_is_left_out_when_time_is_short():
    device = FakeDevice()
    runner = Runner(device, Progress(lambda _: None, device.clock), lambda _: None, budget=10)
    stages = [
        Stage("slow", lambda _: [device.case("slow", 0.3)], 1.0),
        Stage("more", lambda _: [device.case("more", 0.3)], 9.0, optional=True),
    ]
    runner.run(stages, device.case("reference-read", 0.05))
    assert [one.status for one in runner.outcomes] == ["measured", "measured", "skipped"]
    assert runner.outcomes[2].reason == "the profile's 10 s would not hold it"


def test_rounds_are_cut_but_not_below_the_least_when_late():
    device = FakeDevice()
    runner, _ = run_stages(device, [device.case("slow", 5.0)], budget=10)
    assert len(runner.outcomes[1].samples) == 7


def test_a_drifting_or_shared_machine_is_called_so():
    device = FakeDevice()
    runner, _ = run_stages(device, [device.case("x", 1)], [device.case("y", 1)])
    assert runner.drift() == pytest.approx(0)
    runner.marks = {"memory": [1.0] * 5, "decode": [1.0, 1.2, 1.2], "compute": [1.0]}
    runner.noises = {"decode": {"other_processes_share": 0.31, "steal_share": 0.01}, "compute": {"steal_share": None}}
    told = [
        "other processes took 31% of the processors' time during: decode",
        "the reference read differs by 20% between stages",
    ]
    assert record_of(runner).environment["cautions"] == told
    assert sentences(runner.outcomes, runner.cautions())[-3:] == [
        *(f"caution: {line}" for line in told), "measure again when the machine is quiet",
    ]  # fmt: skip


# what a person sees


def test_the_summary_says_rate_and_share_of_the_roof():
    device = FakeDevice()
    read = Outcome(device.case("read-bandwidth", 1), samples=[0.05] * 5, work=Work(bytes=1e9))
    told = {"parameters": 430_000_000, "dtype": "bfloat16"}
    decode = Outcome(Case("decode", "workload", told, device.release), samples=[0.1] * 5, work=Work(1.66e9, 0, 1))
    lines = sentences([read, decode], [])
    assert lines[0] == "this machine reads 20.0 GB/s from main memory (best method: read-bandwidth)"
    assert lines[1] == (
        "decode of a 0.4 B model in bfloat16 runs at 10.0 tokens/s, 83% of what its read bandwidth allows"
    )
    decode.work = Work(2.1e9, 0, 1)
    assert "bytes are miscounted" in sentences([read, decode], [])[1]
    decode.parameters = {"weights_vs_llc": 0.5}
    assert "stays in the cache" in sentences([read, decode], [])[1]
    assert rate_text(read) == "20.0 GB/s, spread 0%"


def test_progress_lines_tell_time_passed_and_left():
    device = FakeDevice()
    _, said = run_stages(device, [device.case("a", 0.03)], [device.case("b", 0.03)])
    assert all(line.startswith("[") and "s left]" in line for line in said)
    assert any("a a: verified" in line for line in said)
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
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from generators.measure.cli import main\n"
        f"sys.exit(main(['--out', {str(tmp_path)!r}]))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert done.stderr.startswith("measure: this Python has no PyTorch; install it: ")
    assert done.stderr.count("\n") == 1


def test_the_package_imports_nothing_beyond_itself_and_the_standard_library():
    allowed = set(sys.stdlib_module_names) | {"torch"}
    for path in (ROOT / "generators/measure").glob("*.py"):
        for line in path.read_text().splitlines():
            words = line.split()
            if words[:1] in (["import"], ["from"]) and not line.lstrip().startswith("from generators.measure"):
                assert words[1].split(".")[0].rstrip(",") in allowed, f"{path.name}: {line}"


def test_a_check_above_its_tolerance_or_not_a_number_is_refused():
    with pytest.raises(CheckFailed, match=r"off by 0\.01"):
        Check("float64", 0.01, 1e-3)
    with pytest.raises(CheckFailed):
        Check("float64", float("nan"), 1e-3)
