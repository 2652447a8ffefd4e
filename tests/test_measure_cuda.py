"""What the suite does on CUDA, on a stand-in: each fault that two real GPUs found fails here when it is put back.

The stand-in (`fake_cuda`) is no GPU, and nothing here says how fast one is.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import weakref
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="needs torch >= 2.9, which only the measure session installs")

from generators.measure import chatter, graphs, interleaving, profiles, sdpa, summary, timing, triton_kernels  # noqa: E402
from generators.measure.cases import bandwidth, batch, compute, decode, decode_quantised, prefill  # noqa: E402
from generators.measure.counting.count import Shape  # noqa: E402
from generators.measure.estimate import quantile  # noqa: E402
from generators.measure.interleaving import Turns, cases_of  # noqa: E402
from generators.measure.outcome import Outcome  # noqa: E402
from generators.measure.plan import Case, Check, CheckFailed, DeviceLost, Kernel, Stage, Work  # noqa: E402
from generators.measure.progress import Progress  # noqa: E402
from generators.measure.result import Result, measured  # noqa: E402
from generators.measure.runner import Runner  # noqa: E402
from tests import fake_cuda, fakes  # noqa: E402
from tests.fake_cuda import FakeBench  # noqa: E402

CHECK = Check("itself", 0.0, 1.0)
H200 = Path(__file__).resolve().parents[1] / "data/measurements/nvidia-h200--2026-11-27T2239Z.json"


@pytest.fixture
def device(monkeypatch):
    """The stand-in, with the clock that it moves."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # threads that wait for each other take seconds where other programs run
    with fake_cuda.installed(monkeypatch) as made:
        yield made
    torch.set_num_threads(threads)


@pytest.fixture
def bench(device) -> FakeBench:
    return FakeBench()


class Reported:
    """What the run hears: the last row of each case."""

    def __init__(self, rows: dict[str, dict[str, Any]]) -> None:
        self.rows = rows

    def __call__(self, **message: Any) -> dict[str, Any]:
        self.rows.update(message.get("rows", {}))
        return {}


def run(
    bench: FakeBench, cases: list, rounds: int = 5, rows: dict[str, Any] | None = None
) -> dict[str, dict[str, Any]]:
    """The rows of some cases, timed in turns as the suite does, in shorter samples; `rows` is filled on the way."""
    reported = Reported({} if rows is None else rows)
    (reference,) = cases_of(bench, Stage("reference", "bandwidth:reference_case"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(interleaving, "calibrate", partial(timing.calibrate, target=1e-3))
        Turns(bench, reported, rounds).run(dict(enumerate(cases)), reference)
    return reported.rows


# The first fault: a replay that does not own what it replays.


def lookup(bench: FakeBench) -> tuple[Any, weakref.ref, torch.Tensor]:
    """A run that reads a row of a table by an index that nothing else holds, the index, and the result."""
    index, table, found = torch.tensor([3]), bench.normal(8, 4), torch.zeros(1, 4)
    return (lambda: found.copy_(table.index_select(0, index))), weakref.ref(index), found


def test_a_replay_owns_its_operands(device, bench):
    call, index, found = lookup(bench)
    replay = graphs.capture(call, 2)
    wanted = found.clone()
    del call
    gc.collect()
    assert index() is not None
    found.zero_()
    replay()
    bench.wait()
    assert torch.equal(found, wanted)
    del replay
    gc.collect()
    assert index() is None  # and gives them back with itself


def test_a_replay_that_owns_nothing_loses_the_device(device, bench):
    """As it was: the index's memory is somebody else's, an assertion on the device fails, and every later call too."""
    call, index, _ = lookup(bench)
    replay = graphs.capture(call, 2)
    replay.owned.clear()
    del call
    gc.collect()
    assert index() is None
    replay()
    for later in (bench.wait, partial(torch.ones, 3)):
        with pytest.raises(RuntimeError, match="device-side assert"):
            later()
    assert bench.lost()
    device.fault = ""  # the next process


def test_a_replay_owns_what_a_run_replaces(device, bench):
    """A step that chooses its next token gives the first one back while it is captured."""

    class Steps:
        token = torch.tensor([1])
        table = bench.normal(8, 8)

        def __call__(self) -> None:
            self.token = self.table.index_select(0, self.token).argmax(1)

    steps = Steps()
    replay = graphs.capture(steps, 3)
    gc.collect()
    for _ in range(3):
        replay()
    bench.wait()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            graphs.Keeper, "__torch_dispatch__", lambda self, f, types, args=(), kwargs=None: f(*args, **(kwargs or {}))
        )
        replay = graphs.capture(steps, 3)
    gc.collect()
    replay()
    with pytest.raises(RuntimeError, match="device-side assert"):
        bench.wait()
    device.fault = ""


def test_nothing_is_computed_in_a_capture_and_nothing_may_wait(device, bench):
    total = torch.zeros(1)
    graphs.capture(lambda: total.add_(1), 5, warmups=1)
    assert total.item() == 1
    with pytest.raises(RuntimeError, match="not permitted when stream is capturing"):
        graphs.capture(lambda: total.add_(1).item(), 1, warmups=0)
    kernel = graphs.timed(bench, lambda: total.add_(1).item(), Work(bytes=4), CHECK)
    assert kernel.parameters["mode"] == "eager"
    assert kernel.parameters["not_captured"].startswith("CUDA error: operation not permitted")


# The second: a device's errors are sticky.


def loses_the_device() -> list[Case]:
    """A case whose replay meets a wild index, between two that work; it is captured while all is well."""
    wild = torch.zeros(1, dtype=torch.int64)
    bad = Kernel(graphs.capture(lambda: torch.zeros(3).index_select(0, wild), warmups=0), Work(), CHECK)
    wild.fill_(2**40)
    fine = partial(Kernel, partial(torch.ones, 3), Work(bytes=1), CHECK)
    return [Case("a", "ceiling", {}, fine), Case("bad", "ceiling", {}, lambda: bad), Case("b", "ceiling", {}, fine)]


def test_a_lost_device_ends_the_stage_at_the_case_that_lost_it(device, bench):
    cases, rows = loses_the_device(), {}
    with pytest.raises(DeviceLost):
        run(bench, cases, rounds=3, rows=rows)
    assert rows["1"]["status"] == "failed"
    assert "device-side assert triggered; the device was lost" in rows["1"]["reason"]
    assert "2" not in rows  # not reached in this process, and no failure of its own
    device.fault = ""


def test_a_process_that_goes_on_without_its_device_blames_the_rest(device, bench, monkeypatch):
    """As it was: the case after the one at fault fails with an error that is not its own."""
    cases, rows = loses_the_device(), {}
    monkeypatch.setattr(bench, "lost", lambda: False)
    with pytest.raises(RuntimeError, match="device-side assert"):  # of the reference, which nobody guards
        run(bench, cases, rounds=3, rows=rows)
    assert [rows[key]["status"] for key in "12"] == ["failed", "failed"]
    assert "device-side assert" in rows["2"]["reason"]
    device.fault = ""


@pytest.mark.parametrize("is_cut", [True, False])
def test_what_a_lost_device_prints_is_cut(monkeypatch, is_cut):
    """As it was: a line for every thread that met the assertion reaches the person."""
    if not is_cut:
        monkeypatch.setattr(chatter, "MOST", 10**9)
    line, said = b"Indexing.cu:1: thread: [0,0,0] Assertion `i < n` failed.\n", []
    end, begin = os.pipe()
    heard = chatter.Chatter(os.fdopen(end, "rb", buffering=0), said.append)
    with os.fdopen(begin, "wb") as stream:
        stream.write(5000 * line)
    heard.end()
    assert (len(said) <= 10) is is_cut
    assert len(said) == (9 if is_cut else 5000)


def test_a_fault_that_leaves_the_device_well_ends_nothing(device, bench):
    def wrong() -> Kernel:
        raise RuntimeError("CUDA error: invalid argument")

    rows = run(
        bench,
        [
            Case("bad", "ceiling", {}, wrong),
            Case("b", "ceiling", {}, lambda: Kernel(partial(torch.ones, 3), Work(bytes=1), CHECK)),
        ],
    )
    assert [rows[key]["status"] for key in "01"] == ["failed", "measured"]


# The third: an eager pass times its launches.

PASSES = {
    "prefill": Stage("prefill", "prefill:prefill", {"model": "toy", "tokens": [1, 7, 16]}),
    "batch": Stage("batch", "batch:decode_batch", {"model": "toy", "contexts": [8, 24], "batches": [1, 3]}),
    "cache": Stage("cache", "cache:cache", {"models": ["toy"], "contexts": [4, 12]}),
    "verify": Stage("verify", "verify:verify", {"model": "toy", "context": 20, "new_tokens": [1, 2, 3]}),
    "context": Stage(
        "context",
        "context:decode_context",
        {"contexts": [16, 40], "window": 8, "dtype": "bfloat16", "shape": Shape(2, 64, 4, 2, 16, 96, 128).__dict__},
    ),
    "products": Stage("products", "bandwidth:products"),
    "memory": Stage("memory", "bandwidth:memory"),
    "kernels": Stage(
        "kernels",
        "kernels:kernels",
        {
            "sizes": {
                "gemv": {"d_in": 64, "d_out": 64},
                "rms-norm": {"rows": 16, "width": 64},
                "softmax": {"rows": 16, "width": 64},
                "attention-decode": {"heads": 4, "kv_heads": 2, "head_dim": 16, "context": 64},
                "attention-prefill": {"heads": 4, "kv_heads": 2, "head_dim": 16, "tokens": 32},
            }
        },
    ),
    "intensity": Stage("intensity", "intensity:intensity", {"rows": [1, 4, 16], "d_in": 64, "d_out": 64}),
    "quantised": Stage("quantised", "quantised:quantised_cases", {"rows": [1, 4], "size": 256, "dtype": "float32"}),
    "pruned": Stage("pruned", "pruned:pruned_cases", {"size": 64, "sparsities": [0.5]}),
    "attention": Stage(
        "attention", "attention:attention", {"prefill": [16], "decode": [32], "heads": 4, "kv_heads": 4, "head_dim": 16}
    ),
    "heads": Stage("heads", "attention:attention_heads", {"groups": [1, 4], "context": 64, "head_dim": 16}),
    "staircase": Stage("staircase", "staircase:staircase", {"smallest": 2**15, "largest": 2**19}),
}


@pytest.mark.parametrize("name", PASSES)
def test_launching_is_a_small_share_of_whatever_is_no_launch(device, bench, name):
    """Every case that is measured runs as a graph, cold where it is meant to be, with less than 2 % of launching."""
    device.computes = False
    rows = run(bench, cases_of(bench, PASSES[name]), rounds=3).values()
    done = [row for row in rows if row["status"] == "measured"]
    assert len(done) >= len(rows) / 2, [row["reason"] for row in rows]
    assert all(row["status"] != "failed" for row in rows), [row["reason"] for row in rows]
    for row in done:
        reported = row["parameters"]
        assert reported["mode"] == "graph", reported
        assert reported["launch_share"] <= 0.02, reported
        assert row["inner"] % reported["runs_in_a_graph"] == 0
        if name in ("products", "kernels", "intensity", "context"):
            assert reported["runs_in_a_graph"] * row["work"]["bytes"] >= 4 * fake_cuda.L2, reported


@pytest.mark.parametrize("module", [prefill, batch])
def test_an_eager_pass_would_time_its_launches(device, bench, monkeypatch, module):
    """As it was: what a pass takes is what issuing it takes, some ten times what the device needs."""
    name, device.computes = module.__name__.rsplit(".", 1)[1], False
    cases = cases_of(bench, PASSES[name])
    rows = run(bench, cases, rounds=3)
    monkeypatch.setattr(module, "timed", lambda bench, run, work, check, reported: Kernel(run, work, check, reported))
    eager = run(bench, cases_of(bench, PASSES[name]), rounds=3)
    for key, row in rows.items():
        graph, plain = (quantile(one["samples"], 0.5) / one["inner"] for one in (row, eager[key]))
        assert plain > 4 * graph
    device.fault = ""


def test_a_start_that_costs_by_the_operation_does_not_lengthen_a_graph_without_end(device, bench, monkeypatch):
    """Its share stays what it is however long the graph: a pass of a thousand operations would be captured for minutes."""
    monkeypatch.setattr(fake_cuda, "START_NODE", 0.2e-6)
    total, device.computes = torch.zeros(1), False
    run = lambda: [total.add_(1) for _ in range(20)]  # noqa: E731
    reported = graphs.timed(bench, run, Work(bytes=4), CHECK, cold=False).parameters
    assert reported["launch_share"] > graphs.LAUNCHING
    assert reported["runs_in_a_graph"] * 20 * fake_cuda.NODE < 2 * graphs.LONG


# The fourth: a plan for each new length of the cache.


def test_no_plan_is_timed(device, bench):
    """Every length of the cache comes by a back end that was named, and has come before it is timed."""
    (row,) = run(bench, decode.decode(bench, "bfloat16", ["toy"], context=16)).values()
    assert row["parameters"]["attention_backend"] == "flash"
    assert max(row["samples"]) < 1.05 * quantile(row["samples"], 0.5)


def test_a_back_end_of_torch_s_choice_would_time_its_plans(device, bench, monkeypatch):
    """As it was: the lengths that no warm-up met are planned while they are timed, and the median tells of it."""
    mended = run(bench, decode.decode(bench, "bfloat16", ["toy"], context=16))["0"]
    device.plans.clear()
    monkeypatch.setattr(decode, "choose", lambda *_: {})
    monkeypatch.setattr(decode.Walk, "warm", lambda self: None)
    monkeypatch.setattr(torch.backends.cuda, "cudnn_sdp_enabled", lambda: True)
    row = run(bench, decode.decode(bench, "bfloat16", ["toy"], context=16))["0"]
    planned, named = (quantile(one["samples"], 0.5) / one["inner"] for one in (row, mended))
    assert planned - named > fake_cuda.PLAN / 2


@pytest.mark.parametrize("warm", [True, False])
def test_each_length_of_the_cache_is_warm(device, bench, warm, monkeypatch):
    """Whatever plans by shape has planned before anything is timed: all lengths have been seen."""
    if not warm:
        monkeypatch.setattr(decode.Walk, "warm", lambda self: None)
    monkeypatch.setattr(torch.backends.cuda, "cudnn_sdp_enabled", lambda: True)
    (case,) = decode.decode(bench, "bfloat16", ["toy"], context=16)
    kernel = case.prepare()
    before = len(device.plans)
    for _ in range(decode.WINDOW):
        kernel.run()
    assert (len(device.plans) == before) is warm


# The fifth: large models as graphs, and as compiled layers in one.


TESTS_THE_BOUND = {"8B", "14B", "32B"}


def decoded(mode: str) -> set[str]:
    """Sizes whose decode `full` measures on a GPU in a mode."""
    stages = [one for one in profiles.full("cuda") if one.cases == "decode:decode" and mode in one.settings["modes"]]
    return {size for one in stages for size in one.settings["sizes"]}


def test_decode_is_measured_up_to_where_memory_binds():
    for mode in ("graph", "compiled graph"):
        assert {"0.1B", "1.1B"} | TESTS_THE_BOUND <= decoded(mode)
    assert {"0.1B", "1.1B", "8B", "32B"} <= decoded("eager")


def test_a_profile_without_large_graphs_does_not_reach_the_bound(monkeypatch):
    """As it was: graphs up to 3B.  Of the H200's steps these are the launch-bound ones, and nothing else is seen."""
    own = profiles.decode
    monkeypatch.setattr(
        profiles,
        "decode",
        lambda dtype, sizes, seconds, modes=("eager",), **more: own(
            dtype, sizes, seconds, ["eager"] if TESTS_THE_BOUND & set(sizes) else modes, **more
        ),
    )
    assert "3B" in decoded("graph")
    assert not TESTS_THE_BOUND & decoded("graph")
    rows = [Result(row) for row in json.loads(H200.read_text())["cases"]]
    small = [one for one in rows if one.name != "decode" or one.parameters["model"] in decoded("graph")]
    ends = [summary.decodes(some, summary.read_roof(some), 4.8e12)[-1] for some in (rows, small)]
    assert "launch-bound up to 3B" in ends[0]
    assert "launch-bound at every size" in ends[1]


@pytest.mark.parametrize("mode", ["graph", "compiled graph"])
def test_a_captured_step_is_right_when_it_is_replayed(device, bench, mode):
    """Its logits are held against float64 by replays, at tokens and positions of the check's choice."""
    cases = decode.decode(bench, "float32", ["toy"], context=16, modes=["eager", mode])
    rows = run(bench, cases, rounds=3)
    assert [row["status"] for row in rows.values()] == ["measured"] * 2, [row["reason"] for row in rows.values()]
    assert rows["1"]["check"]["worst_relative_error"] < 1e-4
    device.computes = False  # a replay of nothing leaves the poison where its logits should be
    (case,) = decode.decode(bench, "float32", ["toy"], context=16, modes=[mode])
    with pytest.raises(CheckFailed, match="off by nan"):
        case.prepare()


def test_decode_in_8_bits_is_a_graph_too(device, bench):
    """What does not fit is refused by arithmetic: 70B in 8 bits on a card of 80 GB, in 4 bits not."""
    (eight, four) = decode_quantised.decode_quantised(bench, ["toy"], context=16, group=32)
    assert Outcome(four).as_row()["parameters"]["weights"] == "int4"
    kernel = eight.prepare()
    assert kernel.parameters["mode"] == "compiled graph"  # torch's own kernel has one thread for a whole row
    assert kernel.check.worst_relative_error < 0.1
    large = decode_quantised.decode_quantised(bench, ["70B"])
    assert [case.needs_bytes < 0.9 * 80e9 for case in large] == [False, True]
    assert all(case.needs_bytes < 0.9 * 141e9 for case in large)
    small = FakeBench(free=80e9)
    rows = run(small, [large[0]], rounds=3)
    assert rows["0"]["reason"] == "needs 82.7 GB of memory, 80.0 GB are free"


TOY = {"layers": 2, "d_model": 32, "heads": 4, "kv_heads": 2, "head_dim": 8, "d_ff": 48, "vocab": 64}


def test_the_passes_of_a_landing_prompt_are_graphs(device, bench):
    """They are known beforehand; what they look up is laid out before they are captured."""
    stage = Stage(
        "interference",
        "interference:interference",
        {
            "sequences": 2,
            "cached": 6,
            "prompt": 9,
            "chunks": [4],
            "arrives": 1,
            "after": 1,
            "plays": 3,
            "shape": TOY,
        },
    )
    rows = run(bench, cases_of(bench, stage)).values()
    assert {row["status"] for row in rows} == {"measured"}, {row["reason"] for row in rows}
    assert {row["parameters"]["mode"] for row in rows} == {"graph"}
    kinds = {row["parameters"]["policy"]: row["parameters"]["attention_backend"] for row in rows}
    assert kinds["whole"] == "one token: flash; prompt: flash"
    assert kinds["chunked"].startswith(kinds["whole"] + "; chunk: ")


@pytest.mark.parametrize("name", ["flash", "math"])
def test_a_row_of_serving_names_the_back_end_that_ran(device, bench, monkeypatch, name):
    """Not the one that was preferred: where another is all there is, the row says so."""
    monkeypatch.setattr(sdpa, "BACKENDS", {name: sdpa.BACKENDS[name]})
    lengths = {"kind": "fixed", "mean": 6}
    stage = Stage(
        "serving",
        "serving:serving",
        {
            "loads": [0.5],
            "requests": 2,
            "batch": 2,
            "chunk_tokens": 4,
            "plays": 3,
            "shape": TOY,
            "prompts": lengths,
            "answers": lengths,
        },
    )
    rows = run(bench, cases_of(bench, stage)).values()
    assert {row["status"] for row in rows} == {"measured"}, {row["reason"] for row in rows}
    whole = f"one token: {name}; prompt: {name}"
    assert {(row["parameters"]["policy"], row["parameters"]["attention_backend"]) for row in rows} == {
        ("static", whole),
        ("continuous", whole),
        ("continuous-chunked", f"{whole}; chunk: {name}"),
    }


# The sixth: a stage cost 7 to 9 s before its first sample.


@pytest.mark.parametrize("profile", ["quick", "full"])
def test_the_plan_of_a_profile_fits_its_budget(profile):
    assert sum(stage.expected_seconds for stage in profiles.stages(profile, "cuda")) <= profiles.budget(profile, "cuda")


STARTING = 7.0  # seconds in which a further process loads its libraries; the first one does before the clock runs


class PlannedWorkshop:
    """A process whose stages take what is planned, in one process, or each in a new one that takes `STARTING` first."""

    def __init__(self, each: bool) -> None:
        self.each, self.now, self.handed = each, 0.0, 0

    def ask(self, command: dict[str, Any]) -> dict[str, Any]:
        """One case of each stage."""
        case = {"kind": "ceiling", "parameters": {}, "needs_bytes": 0}
        return {"listed": [[case | {"name": one["name"], "label": one["name"]}] for one in command["stages"]]}

    def work(self, command: dict[str, Any], answer: Any) -> None:
        """Every stage that is handed out."""
        while reported := answer({"what": "next", "own_huge_page_bytes": None}):
            self.now += reported["stage"]["expected_seconds"] + (STARTING if self.each and self.handed else 0.0)
            self.handed += 1
            rows = {"0": fakes.row(reported["stage"]["name"], samples=[1.0] * 3)}
            answer(
                {"what": "timed", "index": 0, "rows": rows, "reference": fakes.row("reference-read") | {"noise": {}}}
            )


@pytest.mark.parametrize("profile", ["quick", "full"])
@pytest.mark.parametrize("each", [False, True])
def test_a_process_for_every_stage_would_leave_some_out(profile, each):
    """As it was: the budget went into starting.  By one process all stages fit, and the run ends in time."""
    shop = PlannedWorkshop(each)
    stages, limit = profiles.stages(profile, "cuda"), profiles.budget(profile, "cuda")
    one = Runner(shop, {}, Progress(lambda _: None, lambda: shop.now), lambda: None, limit)
    one.run(stages)
    left_out = [row for row in one.rows.values() if "would not hold it" in row["reason"]]
    assert len(left_out) + sum(row["status"] == "measured" for row in one.rows.values()) == len(stages)
    assert bool(left_out) is each
    assert each or shop.now <= limit


# The seventh: a ceiling that is none.


class Passes(SimpleNamespace):
    """Our own kernel as the device meets it: one operation that reads its source so often."""

    reported: dict[str, Any] = {}  # noqa: RUF012

    def read(self, source: torch.Tensor, passes: int = 1) -> torch.Tensor:
        return source.expand(passes, -1).sum(1)

    def copy(self, target: torch.Tensor, source: torch.Tensor) -> torch.Tensor:
        return target.copy_(source)


def test_one_small_reduction_is_no_ceiling_of_a_cache(device, bench, monkeypatch):
    """As it was: a read of a part of the cache ends before it is begun; many passes in one kernel reach what there is."""
    monkeypatch.setattr(triton_kernels, "require", lambda bench: None)
    monkeypatch.setattr(triton_kernels, "fastest", lambda *_: Passes())
    monkeypatch.setattr(bandwidth, "PASSED", 2**27)

    def best() -> float:
        cases = [case for case in bandwidth.memory(bench) if case.name == "cache-read-bandwidth"]
        rows = run(bench, cases, rounds=3).values()
        assert {row["status"] for row in rows} == {"measured"}, [row["reason"] for row in rows]
        return max(Result(row).bandwidth for row in rows)

    assert best() > 0.9 * fake_cuda.BANDWIDTH
    monkeypatch.setattr(bandwidth, "fast_cache_case", bandwidth.cache_case)
    assert best() < 0.1 * fake_cuda.BANDWIDTH


@pytest.mark.parametrize("slower", ["cuBLAS", "cuBLASLt"])
def test_a_product_is_timed_by_the_faster_of_two_libraries(device, bench, monkeypatch, slower):
    """As it was: by the one that torch prefers, which was 11 % behind for one format and size."""
    monkeypatch.setattr(compute, "by_library", lambda name, run: (lambda: (run(), run())) if name == slower else run)
    monkeypatch.setattr(compute, "using_library", lambda _: contextlib.nullcontext())
    monkeypatch.setattr(compute, "GPU_SIZES", (64, 128))
    kernel = compute.matmul_kernel(bench, "float32")
    assert {kernel.parameters["library"], slower} == {"cuBLAS", "cuBLASLt"}


@pytest.mark.parametrize("lost", [False, True])
def test_a_library_that_does_not_run_leaves_the_other_one_s_product(device, bench, monkeypatch, lost):
    """As where torch's way to cuBLASLt refuses a format or a size; not where the device is lost by it."""

    def by(library: str, multiply: Any) -> Any:
        def run() -> Any:
            if library == "cuBLASLt":
                device.fault = fake_cuda.LOST if lost else ""
                raise RuntimeError("CUDA error: CUBLAS_STATUS_NOT_SUPPORTED")
            return multiply()

        return run

    monkeypatch.setattr(compute, "by_library", by)
    monkeypatch.setattr(compute, "using_library", lambda _: contextlib.nullcontext())
    monkeypatch.setattr(compute, "GPU_SIZES", (64, 128))
    if lost:
        with pytest.raises(RuntimeError, match="NOT_SUPPORTED"):
            compute.matmul_kernel(bench, "float32")
        device.fault = ""
    else:
        assert compute.matmul_kernel(bench, "float32").parameters["library"] == "cuBLAS"


def test_a_roof_is_read_by_a_kernel_that_lasts(device, bench, monkeypatch):
    """As it was: a kernel for each eighth of the buffer, of some 65 us, of which beginning and ending it took a part."""
    monkeypatch.setattr(triton_kernels, "require", lambda bench: None)
    monkeypatch.setattr(triton_kernels, "fastest", lambda *_: Passes())
    ways = [(case.name, case.parameters["method"], case) for case in bandwidth.memory(bench)]
    assert {name for name, method, _ in ways if method == bandwidth.FAST} == {
        "read-bandwidth",
        "copy-bandwidth",
        "cache-read-bandwidth",
    }
    whole = [
        case for name, method, case in ways if name in ("read-bandwidth", "copy-bandwidth") and "gemv" not in method
    ]
    assert len(whole) == 6
    assert {case.prepare().work.bytes for case in whole} == {bench.working_set()}


# The eighth: a share of a roof where something else binds.


@pytest.mark.parametrize("binds", [True, False])
def test_a_share_of_a_roof_does_not_tell_what_binds(monkeypatch, binds):
    """As it was: of a step that waits for its launches the summary tells a share of the read roof, and no cause."""
    rows = [Result(row) for row in json.loads(H200.read_text())["cases"]]
    small = [one for one in rows if one.name != "decode" or one.parameters["model"] == "0.1B"]
    if not binds:
        monkeypatch.setattr(summary, "_issuing", lambda *_: 0.0)
    lines = summary.decodes(small, summary.read_roof(small), 4.8e12)
    steps = [line for line in lines if line.startswith("decode of 0.1B")]
    assert len(steps) == len(measured(small, "decode")) > 1
    assert all(("launch-bound: issuing takes" in line) is binds for line in steps), steps
    assert all(("of its read roof" in line) is not binds for line in steps), steps
