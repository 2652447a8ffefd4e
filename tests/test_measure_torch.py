"""The kernels that are timed, at toy size on the processor: that they are right, counted rightly and survive faults."""

from __future__ import annotations

import contextlib
import json
from types import SimpleNamespace

import pytest

torch = pytest.importorskip("torch", reason="needs torch >= 2.9, which only the measure session installs")


from generators.catalog.record import load_record  # noqa: E402
from generators.measure import case_names, cli, environment, profiles, quality, worker  # noqa: E402
from generators.measure.bench import Bench  # noqa: E402
from generators.measure.cases import bandwidth, compute, decode  # noqa: E402
from generators.measure.counting import count  # noqa: E402
from generators.measure.interleaving import cases_of  # noqa: E402
from generators.measure.llama import Llama, reference_logits  # noqa: E402
from generators.measure.outcome import Outcome  # noqa: E402
from generators.measure.plan import CheckFailed, MeasureError  # noqa: E402
from generators.measure.shapes import shape  # noqa: E402

TOY = count.Shape(layers=2, d_model=32, heads=4, kv_heads=2, head_dim=8, d_ff=48, vocab=64)
OTHER = count.Shape(layers=3, d_model=24, heads=6, kv_heads=3, head_dim=16, d_ff=40, vocab=50)


@pytest.fixture
def bench() -> Bench:
    """A processor bench with a read buffer of one megabyte."""
    return Bench("cpu", seed=7, buffer_bytes=2**20)


@pytest.mark.parametrize("shape", [TOY, OTHER])
def test_decode_with_its_cache_is_the_whole_sequence_without_one(bench, shape):
    model = Llama(bench, shape, torch.float64, capacity=12)
    tokens = [5, 9, 9, 31, 2, 48, 0, 17, 5, 33]
    stepped = torch.stack([model.step(torch.tensor([token]), at) for at, token in enumerate(tokens)])
    whole = reference_logits(model, tokens)
    # The tables of RoPE are made in float32, hence the tolerance.
    torch.testing.assert_close(stepped, whole, rtol=1e-5, atol=1e-5 * whole.abs().max().item())
    assert (stepped[1] - stepped[2]).abs().max() > 1e-3  # the same token elsewhere is answered otherwise


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_wrong_cache_is_noticed(bench, dtype):
    model = Llama(bench, TOY, dtype, capacity=20)
    decode.check_steps(bench, model)
    step = model.step
    model.step = lambda token, position: step(token, max(position - 1, 0))
    with pytest.raises(CheckFailed, match="off by"):
        decode.check_steps(bench, model)


@pytest.mark.parametrize("shape", [TOY, OTHER, shape("0.1B")])
def test_the_counted_parameters_are_those_of_the_tensors(bench, shape):
    model = Llama(bench, shape, torch.bfloat16, capacity=4)
    layers = sum(tensor.numel() for layer in model.layers for tensor in vars(layer).values())
    assert count.parameters(shape) == layers + sum(x.numel() for x in (model.embedding, model.norm, model.head))
    assert model.cache[:, :, :, 0].numel() * 2 == count.kv_bytes_per_token(shape, 2)


def test_the_counted_flop_are_those_torch_executes(bench):
    """One step's matrix-vector products and attention, counted call by call."""
    seen = []

    class Watch(torch.utils._python_dispatch.TorchDispatchMode):
        def __torch_dispatch__(self, function, types, args=(), kwargs=None):
            if function.overloadpacket is torch.ops.aten.mv:
                seen.append(2 * args[0].numel())
            if "scaled_dot_product" in str(function):
                query, keys = args[:2]
                seen.append(4 * query.shape[1] * keys.shape[-2] * query.shape[-1])
            return function(*args, **(kwargs or {}))

    model = Llama(bench, OTHER, torch.float32, capacity=20)
    with Watch():
        model.step(torch.tensor([3]), 16)
    assert sum(seen) == count.decode(OTHER, 4, context=16).flop


def test_the_context_is_the_mean_over_the_steps_timed_last(bench):
    walk = decode.Walk(Llama(bench, TOY, torch.float32, capacity=64), context=40)
    assert [walk.position(step) for step in (0, 15, 16)] == [32, 47, 32]
    for _ in range(18):
        walk()
    assert walk.mean_context(3) == (47 + 32 + 33) / 3
    assert walk.mean_context(16) == pytest.approx(39.5)


def test_operations_per_step_are_counted_without_views(bench):
    walk = decode.Walk(Llama(bench, TOY, torch.float32, capacity=64), context=40)
    deeper = decode.Walk(Llama(bench, OTHER, torch.float32, capacity=64), context=40)
    per_layer = decode.count_operations(deeper) - decode.count_operations(walk)
    assert 20 < per_layer < 60  # at least seven products, two norms, two rotations, attention


def test_bfloat16_pairs_of_the_buffer_are_float32_numbers_without_zeros(bench):
    wide = bench.buffer().view(torch.float32)
    assert bench.buffer().isfinite().all()
    assert wide.isfinite().all()
    assert 2**-11 < wide.abs().min() <= wide.abs().max() < 2
    assert (wide < 0).float().mean() == pytest.approx(0.5, abs=0.05)


def test_reads_pass_over_the_whole_buffer_before_they_return(bench, monkeypatch):
    seen = []
    method, dtype, flop = bandwidth.METHODS["sum-float32"]

    def watched(chunk: torch.Tensor, vector: torch.Tensor) -> torch.Tensor:
        seen.append((chunk.data_ptr(), chunk.numel()))
        return method(chunk, vector)

    monkeypatch.setitem(bandwidth.METHODS, "sum-float32", (watched, dtype, flop))
    kernel = bandwidth.read_kernel(bench, "sum-float32")
    seen.clear()
    for _ in range(bandwidth.CHUNKS):
        kernel.run()
    assert len({start for start, _ in seen}) == bandwidth.CHUNKS
    assert sum(size for _, size in seen) * 4 == 2**20 == kernel.parameters["working_set_bytes"]


@pytest.mark.parametrize("name", bandwidth.METHODS)
def test_a_read_that_misses_a_thirtieth_is_noticed(bench, name, monkeypatch):
    method, dtype, flop = bandwidth.METHODS[name]
    bandwidth.check_method(bench, name)

    def lossy(chunk: torch.Tensor, vector: torch.Tensor) -> torch.Tensor:
        found = method(chunk, vector)
        return found if chunk.dtype == torch.float64 else found * 0.97

    monkeypatch.setitem(bandwidth.METHODS, name, (lossy, dtype, flop))
    with pytest.raises(CheckFailed):
        bandwidth.check_method(bench, name)


def test_weights_are_random_rows_of_about_unit_length(bench):
    weight = bench.weight(300, 64, dtype=torch.float32)
    assert weight.norm(dim=1).mean().item() == pytest.approx(1, abs=0.1)
    assert weight.unique().numel() > 0.9 * weight.numel()


def test_a_weight_larger_than_the_pool_is_filled_to_its_end(bench, monkeypatch):
    monkeypatch.setattr("generators.measure.bench.POOL", 1001)
    weight = bench.weight(100, 64, dtype=torch.bfloat16)
    assert (weight != 0).all(dim=1).float().mean() > 0.99
    assert not torch.equal(weight[0], weight[1001 // 64])


def test_the_product_size_is_the_fastest_that_fits(bench):
    kernel = compute.matmul_kernel(bench, "float32", largest=512)
    assert kernel.parameters["sizes_tried"] == "256 512"
    size = kernel.parameters["size"]
    assert kernel.work == count.Work(bytes=3 * size**2 * 4, flop=2 * size**3)


@pytest.fixture
def alone(monkeypatch):
    """Whatever else this machine measures."""
    monkeypatch.setattr(cli, "only_one_run", contextlib.nullcontext)


def test_a_machine_without_cuda_says_so(capsys, tmp_path, alone):
    if torch.cuda.is_available():
        pytest.skip("this machine has a CUDA device")
    assert cli.main(["--device", "cuda", "--out", str(tmp_path)]) == 2
    assert "--device cpu" in capsys.readouterr().err


def test_the_command_runs_a_case_and_says_where_the_record_lies(bench, capsys, tmp_path, monkeypatch, alone):
    monkeypatch.setattr(cli, "EXTRA", {"buffer_bytes": 2**20})
    monkeypatch.setattr(quality, "_doubt", lambda *_: "")  # a disturbed machine holds its rows out of the summary
    assert cli.main(["run", "dispatch", "--out", str(tmp_path), "--note", "toy"]) in (0, 1)
    out = capsys.readouterr().out
    (path,) = tmp_path.iterdir()
    assert f"record: {path}" in out
    assert "one operation costs" in out
    record = load_record(path)
    assert record.note == "toy"
    assert {case.name for case in record.cases} >= {"reference-read", "read-bandwidth", "dispatch"}
    assert not record.measured("decode")


def test_an_outcome_without_samples_is_told_as_skipped(bench):
    assert Outcome(bandwidth.copy_case(bench)).as_row()["reason"] == "stopped after 0 samples, wanted at least 3"


@pytest.mark.parametrize("kind", ["cpu", "cuda"])
@pytest.mark.parametrize("profile", ["quick", "full", "peers"])
def test_every_stage_lists_its_cases_without_allocating_anything(bench, kind, profile, monkeypatch):
    monkeypatch.setattr(Bench, "normal", None)
    monkeypatch.setattr(Bench, "weight", None)
    monkeypatch.setattr(Bench, "buffer", None)
    stages = profiles.stages(profile, kind)
    cases = [case for stage in stages for case in cases_of(bench, stage)]
    names = {case.name for case in cases}
    assert names <= set(case_names.CASES)
    if profile == "full":
        gpu = {"decode-quantised"} if kind == "cpu" else set()  # a processor's time goes to other cases
        assert names >= {name for name in case_names.CASES if not name.startswith("peer-")} - gpu
    labels = [(case.name, json.dumps(case.parameters, sort_keys=True)) for case in cases]
    repeated = {pair for pair in labels if labels.count(pair) > 1}
    assert not repeated, "two cases of one profile that a resumed run could not tell apart"


def test_the_processor_is_measured_where_there_is_no_gpu():
    reported = []
    worker._hello(SimpleNamespace(send=reported.append), {"device": "auto"}, torch)
    assert reported[0]["hello"]["device"] == ("cuda" if torch.cuda.is_available() else "cpu")


def test_a_gpu_that_this_torch_cannot_use_is_no_reason_to_measure_the_processor(monkeypatch):
    """As with a build for processors, or for a newer driver: the run would take its minutes for something else."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(environment, "gpu_facts", lambda: {"gpu_name": "NVIDIA H100", "gpu_driver": "535.1"})
    with pytest.raises(MeasureError, match=r"found a GPU \(NVIDIA H100, driver 535.1\) that torch .* --device cpu"):
        worker._hello(SimpleNamespace(send=None), {"device": "auto"}, torch)


def test_what_torch_holds_unused_on_a_gpu_may_still_be_allocated(bench, monkeypatch):
    """After a case that ended, torch keeps its memory: the next one must not be skipped for want of it."""
    monkeypatch.setattr(Bench, "is_cuda", True)
    for name, value in (("mem_get_info", (10, 80)), ("memory_reserved", 60), ("memory_allocated", 20)):
        monkeypatch.setattr(torch.cuda, name, lambda value=value: value)
    assert bench.free_bytes() == 50
