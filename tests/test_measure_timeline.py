"""The operators of a decode step: counted so that they sum to the step, timed so that they sum to its wall time."""

from __future__ import annotations

from dataclasses import asdict
from types import SimpleNamespace

import pytest

torch = pytest.importorskip("torch", reason="needs torch >= 2.9, which only the measure session installs")

from generators.measure import shapes  # noqa: E402
from generators.measure.bench import Bench  # noqa: E402
from generators.measure.cases import timeline  # noqa: E402
from generators.measure.counting import count, techniques  # noqa: E402
from generators.measure.plan import CheckFailed, MeasureError, Unsupported  # noqa: E402
from generators.model.inputs import Format, Pass  # noqa: E402
from generators.model.inputs import Shape as Model  # noqa: E402
from generators.model.operators import operators  # noqa: E402

TOY, CONTEXT = "toy", 20


@pytest.fixture
def bench() -> Bench:
    """A processor bench with a read buffer of one megabyte."""
    return Bench("cpu", seed=7, buffer_bytes=2**20)


def prepared(bench: Bench):
    """A toy timeline made ready."""
    return timeline.timeline(bench, TOY, context=CONTEXT)[0].prepare()


@pytest.mark.parametrize("name", ["toy", "0.4B", "1.1B", "8B"])
@pytest.mark.parametrize("context", [0, 128])
def test_the_operators_sum_to_the_step(name, context):
    parts = techniques.step_operators(shapes.shape(name), 2, context).values()
    whole = count.decode(shapes.shape(name), 2, context)
    assert sum(one.work.bytes for one in parts) == whole.bytes
    assert sum(one.work.flop for one in parts) == whole.flop


def test_the_operators_are_those_of_the_book():
    """FLOP against the model that the book's figures come from, which counts the new token as context."""
    shape = shapes.shape("8B")
    sizes = {key: float(value) for key, value in asdict(shape).items()}
    mine = techniques.step_operators(shape, 2, 128)
    catalog = {one.name: one for one in operators(Model(**sizes), Format(2.0, 2.0, 2.0), Pass(1.0, 1.0, 129.0))}
    for name, parts in {
        "attention projections": ["query, key and value products", "output product"],
        "attention over the KV cache": ["attention"],
        "MLP": ["gate and up products", "down product"],
        "output head": ["head"],
    }.items():
        assert sum(mine[part].work.flop for part in parts) == catalog[name].flop
    assert mine["head"].work.bytes == catalog["output head"].bytes_moved


def test_a_timeline_sums_to_the_wall_time_of_its_step(bench):
    script = prepared(bench)
    for _ in range(3):
        parts = script.play()
        by_name = {part.parameters["operator"]: part for part in parts}
        summed = [part for part in parts if part.parameters["part_of_step"]]
        whole = by_name[timeline.WHOLE]
        assert sum(part.seconds for part in summed) == pytest.approx(whole.seconds, rel=1e-6)
        assert (
            sum(part.work.bytes for part in summed)
            == whole.work.bytes
            == count.decode(shapes.shape(TOY), 4, CONTEXT).bytes
        )
        assert all(part.seconds > 0 for part in parts)
        assert by_name[timeline.OUTSIDE].seconds < whole.seconds


def test_two_plays_have_the_same_parts(bench):
    script = prepared(bench)
    first, second = ([(part.parameters, part.work) for part in script.play()] for _ in range(2))
    assert first == second
    assert len(first) == 18


def test_calls_are_those_of_the_kernels(bench):
    """Products, attention and cache writes counted call by call."""
    seen = {"mv": 0, "scaled_dot_product": 0, "copy_": 0}

    class Watch(torch.utils._python_dispatch.TorchDispatchMode):
        def __torch_dispatch__(self, function, types, args=(), kwargs=None):
            for name in seen:
                seen[name] += f"aten.{name}" in str(function) or f"aten._{name}" in str(function)
            return function(*args, **(kwargs or {}))

    model = timeline.Ranged(bench, shapes.shape(TOY), torch.float32, capacity=CONTEXT + 1)
    with Watch():
        model.ranged_step(torch.tensor([3]), CONTEXT)
    reported = techniques.step_operators(model.shape, 4, CONTEXT)
    products = [one.calls for name, one in reported.items() if "product" in name or name == "head"]
    assert seen == {
        "mv": sum(products),
        "scaled_dot_product": reported["attention"].calls,
        "copy_": reported["cache write"].calls,
    }


def test_a_ranged_step_that_is_not_the_models_is_refused(bench, monkeypatch):
    right = timeline.Ranged._ranged_mlp
    monkeypatch.setattr(timeline.Ranged, "_ranged_mlp", lambda self, layer, h: right(self, layer, h) * 0.5)
    with pytest.raises(CheckFailed, match="not the model's own step"):
        prepared(bench)


def test_an_operator_that_the_profiler_misses_is_told(bench, monkeypatch):
    script = prepared(bench)
    right = timeline.Ranged.part
    monkeypatch.setattr(timeline.Ranged, "part", lambda self, name: right(self, name.replace("rope", "spin")))
    with pytest.raises(MeasureError, match="rope, spin"):
        script.play()


def test_kernel_time_is_that_of_the_operations_in_a_range_on_a_gpu():
    """Events as the profiler gives them on CUDA, where a range appears on the device too."""
    processor, gpu = torch.autograd.DeviceType.CPU, torch.autograd.DeviceType.CUDA
    product = SimpleNamespace(device_time_total=30.0, cpu_time_total=5.0)
    ranges = [
        SimpleNamespace(name=timeline.PREFIX + "head", device_type=processor, cpu_children=[product, product]),
        SimpleNamespace(name=timeline.PREFIX + "head", device_type=gpu, cpu_children=[]),
        SimpleNamespace(name="aten::mv", device_type=processor, cpu_children=[]),
    ]
    assert timeline.by_operator(ranges, on_device=True) == {"head": pytest.approx(60e-6)}
    assert timeline.by_operator(ranges, on_device=False) == {"head": pytest.approx(10e-6)}


def test_a_device_that_the_profiler_does_not_know_is_unsupported(bench, monkeypatch):
    monkeypatch.setattr(Bench, "is_cpu", property(lambda self: False))
    with pytest.raises(Unsupported, match="processors and CUDA only"):
        prepared(bench)
