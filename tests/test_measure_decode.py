"""Decode in its modes, batches, prefills, cache on and off, drafts verified: right, counted rightly, refused when broken."""

from __future__ import annotations

from functools import partial
from itertools import pairwise

import pytest

torch = pytest.importorskip("torch", reason="needs torch >= 2.9, which only the measure session installs")

from generators.measure import batched, shapes, shared_model  # noqa: E402
from generators.measure.batched import Batched, Plan  # noqa: E402
from generators.measure.bench import Bench  # noqa: E402
from generators.measure.cases import batch, cache, decode, decode_modes, decode_quantised, prefill, verify  # noqa: E402
from generators.measure.counting import count  # noqa: E402
from generators.measure.llama import Llama, Weights, reference_logits  # noqa: E402
from generators.measure.plan import CheckFailed, MeasureError, Unsupported  # noqa: E402
from generators.measure.shared_model import SharedModel, check_all_layers  # noqa: E402
from generators.model import inputs, memory, parameters, work  # noqa: E402

TOY, OTHER = shapes.shape("toy"), count.Shape(3, 24, heads=6, kv_heads=3, head_dim=16, d_ff=40, vocab=50)
DTYPES = ["float32", "bfloat16"]
FUNCTIONS = {
    "decode": partial(decode.decode, sizes=["toy"], context=24),
    "overhead": lambda bench, dtype: decode.overhead(bench, [dtype], layers=[1, 3], context=24),
    "batch": partial(batch.decode_batch, model="toy", contexts=[1, 40], batches=[1, 2, 5]),
    "prefill": partial(prefill.prefill, model="toy", tokens=[1, 2, 33]),
    "cache": partial(cache.cache, models=["toy"], contexts=[1, 2, 40]),
    "verify": partial(verify.verify, model="toy", context=24, batch=2, new_tokens=[1, 2, 7]),
}


@pytest.fixture
def bench() -> Bench:
    """A processor bench with a read buffer of one megabyte."""
    return Bench("cpu", seed=11, buffer_bytes=2**20)


@pytest.fixture
def aot(monkeypatch):
    """torch.compile without the compiler of machine code, which takes half a minute the first time; a recompilation fails."""
    monkeypatch.setattr(torch, "compile", partial(torch.compile, backend="aot_eager"))
    with torch._dynamo.config.patch(error_on_recompile=True):
        yield


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_case_is_verified_counted_and_runs_again_and_again(bench, name, dtype):
    cases = FUNCTIONS[name](bench, dtype=dtype)
    assert len({(case.name, *map(str, case.parameters.items())) for case in cases}) == len(cases)
    for case in cases:
        kernel = case.prepare()
        for _ in range(3):
            kernel.run()
        reported = case.parameters | kernel.parameters | (kernel.closing(3)[1] if kernel.closing else {})
        assert kernel.work.bytes > 0 < kernel.work.flop
        assert 0 < kernel.check.worst_relative_error <= kernel.check.tolerance
        assert reported["dtype"] == dtype
        assert reported["context"] >= 0
        assert all(len(value) <= 60 for value in reported.values() if isinstance(value, str))
        assert all(value is None or isinstance(value, (str, int, float)) for value in reported.values())


def test_cases_say_how_many_tokens_a_repetition_yields(bench):
    assert [case.prepare().work.tokens for case in FUNCTIONS["batch"](bench, dtype="float32")] == [1, 2, 5] * 2
    assert [case.prepare().work.tokens for case in FUNCTIONS["prefill"](bench, dtype="float32")] == [1, 2, 33]
    assert {case.prepare().work.tokens for case in FUNCTIONS["cache"](bench, dtype="float32")} == {1}
    assert [case.prepare().work.tokens for case in FUNCTIONS["verify"](bench, dtype="float32")] == [2, 4, 14]


PASSES = [
    Plan(),
    Plan(context=128),
    Plan(batch=256, context=8192),
    Plan(new=4096),
    Plan(new=8, context=512, logits=8, batch=3),
]


@pytest.mark.parametrize("plan", PASSES)
@pytest.mark.parametrize("shape", [OTHER, shapes.shape("0.4B"), shapes.shape("8B")])
@pytest.mark.parametrize("size", [2, 4])
def test_bytes_and_flop_are_those_of_the_books_model(shape, plan, size):
    """To the last byte and FLOP."""
    s = inputs.Shape(*map(float, vars(shape).values()))
    f = inputs.Format(weight=size, other=size, kv=size)
    p = inputs.Pass(batch=plan.batch, new=plan.new, context=plan.capacity, logits=plan.logits)
    found = count.forward(shape, size, plan.batch, plan.new, plan.context, plan.logits)
    catalog = memory.step_bytes(s, f, p)
    assert found.bytes == pytest.approx(catalog.total, rel=1e-12)
    assert found.flop == pytest.approx(work.step_flop(s, f, p), rel=1e-12)
    assert count.parameters(shape) == parameters.parameter_count(s)
    keeps_nothing = count.forward(shape, size, plan.batch, plan.new, 0, plan.logits, keeps=False)
    assert keeps_nothing.bytes == pytest.approx(catalog.weights, rel=1e-12)


def test_a_decode_step_is_a_pass_of_one_token():
    assert count.decode(TOY, 2, 127.5) == count.forward(TOY, 2, batch=1, new=1, context=127.5)


@pytest.mark.parametrize("name", ["linear", "weight @ x.T"])
@pytest.mark.parametrize("plan", [Plan(batch=3, context=9), Plan(new=5), Plan(batch=2, new=3, context=6, logits=3)])
def test_the_counted_products_are_those_torch_executes(bench, plan, name):
    seen = []

    class Watch(torch.utils._python_dispatch.TorchDispatchMode):
        def __torch_dispatch__(self, function, types, args=(), kwargs=None):
            if function.overloadpacket is torch.ops.aten.mm:
                seen.append(2 * args[0].shape[0] * args[0].shape[1] * args[1].shape[1])
            if function.overloadpacket is torch.ops.aten.linear:
                seen.append(2 * args[0].numel() * args[1].shape[0])
            if function.overloadpacket is torch.ops.aten.mv:
                seen.append(2 * args[0].numel())
            return function(*args, **(kwargs or {}))

    made = Batched(bench, Weights(bench, OTHER, torch.float32), plan)
    made.product = batched.PRODUCTS[name]
    with Watch():
        made.forward(torch.ones(plan.batch, plan.new, dtype=torch.long), plan.context, plan.logits)
    counted = count.forward(OTHER, 4, plan.batch, plan.new, plan.context, plan.logits).flop
    pairs = plan.batch * sum(plan.context + at + 1 for at in range(plan.new))
    assert sum(seen) + 4 * OTHER.layers * OTHER.heads * OTHER.head_dim * pairs == counted


@pytest.mark.parametrize("name", ["linear", "weight @ x.T"])
def test_passes_of_any_cut_are_the_whole_sequence(bench, name):
    weights = Weights(bench, OTHER, torch.float64)
    tokens = torch.randint(50, (2, 9))
    wanted = torch.stack([reference_logits(weights, row.tolist()) for row in tokens])
    for cuts in ([0, 9], [0, 1, 2, 9], [0, 4, 5, 6, 9]):
        made = Batched(bench, weights, Plan(batch=2, new=9))
        made.product = batched.PRODUCTS[name]
        pairs = list(pairwise(cuts))
        found = torch.cat([made.forward(tokens[:, a:b], a, b - a) for a, b in pairs], 1)
        torch.testing.assert_close(found, wanted, rtol=1e-9, atol=1e-9)
    alone = Batched(bench, weights, Plan(batch=2, new=9, keeps=False))
    torch.testing.assert_close(alone.forward(tokens, 0, 9, keeps=False), wanted, rtol=1e-9, atol=1e-9)


def broken_mask(made: Batched, new: int, end: int) -> torch.Tensor:
    """One that lets every new token see the next one too."""
    mask = torch.full((new, end), float("-inf")).triu(end - new + 2).to(made.weights.dtype)
    return mask.repeat(made.shape.heads // made.shape.kv_heads, 1)


FAULTS = {
    "a mask one too wide": ("mask", broken_mask),
    "positions off by one": ("_rotate", lambda self, x, a, b, real=Batched._rotate: real(self, x, max(a - 1, 0), b)),
    "no rotation": ("_rotate", lambda self, x, a, b: x),
    "heads in another order": (
        "_attend",
        lambda self, q, k, v, real=Batched._attend: real(self, q, k.flip(1), v.flip(1)),
    ),
    "a cache that is not read": (
        "_attend",
        lambda self, q, k, v, real=Batched._attend: real(self, q, k[:, :, -3:], v[:, :, -3:]),
    ),
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_broken_pass_is_refused(bench, monkeypatch, fault, dtype):
    shared = SharedModel(bench, "toy", dtype, [plan := Plan(batch=2, new=3, context=29, logits=3)])
    made = shared.ready(plan)
    shared.check(plan, made)
    monkeypatch.setattr(Batched, *FAULTS[fault])
    with pytest.raises((CheckFailed, RuntimeError)):
        made.masks.clear()
        shared.check(plan, made)


def test_a_cache_that_is_not_written_is_refused(bench, monkeypatch):
    shared = SharedModel(bench, "toy", "float32", [plan := Plan(batch=2, context=8)])
    made = shared.ready(plan)
    hidden = made.hidden
    monkeypatch.setattr(made, "hidden", lambda t, past, layers, keeps: hidden(t, past - 1, layers, keeps))
    with pytest.raises(CheckFailed):
        shared.check(plan, made)
    assert shared.storage.isfinite().all()  # which other cases go on reading


def test_layers_chained_wrongly_are_refused(bench, monkeypatch):
    weights, tokens = Weights(bench, TOY, torch.float32), torch.randint(64, (2, 6))
    check_all_layers(bench, weights, tokens)
    hidden = Batched.hidden
    monkeypatch.setattr(
        Batched, "hidden", lambda self, t, past, layers, keeps=True: hidden(self, t, past, [0, 2, 1], keeps)
    )
    with pytest.raises(CheckFailed):
        check_all_layers(bench, weights, tokens)


def test_what_does_not_fit_says_how_much_it_needs_and_the_rest_is_measured(bench, monkeypatch):
    monkeypatch.setattr(bench, "free_bytes", lambda: 4 * 10**8)
    outcomes = []
    for case in batch.decode_batch(bench, "toy", "float32", contexts=[8, 2**17], batches=[1, 2, 64]):
        try:
            outcomes.append(case.prepare().work.tokens)
        except Unsupported as error:
            outcomes.append(str(error))
    assert outcomes[:4] == [1, 2, 64, 1]
    assert outcomes[5] == "needs 3.5 GB of memory, 0.4 GB were free"


def test_a_model_that_does_not_fit_at_all_says_so_before_it_is_drawn(bench, monkeypatch):
    monkeypatch.setattr(bench, "free_bytes", lambda: 10**9)
    with pytest.raises(Unsupported, match=r"needs 1\d\.\d GB of memory, 1\.0 GB are free"):
        prefill.prefill(bench, "8B", tokens=[1])[0].prepare()


def test_caches_of_a_case_do_not_overlap_and_lie_in_the_shared_storage(bench):
    plans = [Plan(batch=2, context=5), Plan(batch=1, context=40)]
    shared = SharedModel(bench, "toy", "float32", plans)
    for plan in plans:
        caches = shared.ready(plan).caches
        starts = [cache.data_ptr() for cache in caches]
        assert len(caches) == TOY.layers
        assert all(b - a == caches[0].numel() * 4 for a, b in pairwise(starts))
        assert starts[0] == shared.storage.data_ptr()
    assert shared.storage.numel() * 4 == count.kv_cache_bytes(TOY, 4, 1, 41)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("shape", [TOY, OTHER])
def test_a_step_that_stays_in_place_is_the_eager_step(bench, shape, dtype):
    model = Llama(bench, shape, dtype, capacity=32)
    static = decode_modes.StaticWalk(bench, model, 8, 23, "graph")
    decode.check_steps(bench, model, static.step)
    static.slots += 1  # the mask then hides the newest token
    with pytest.raises(CheckFailed):
        decode.check_steps(bench, model, static.step)


def test_position_and_token_advance_on_the_device_and_start_over(bench):
    static = decode_modes.StaticWalk(bench, Llama(bench, TOY, torch.float32, capacity=32), 8, 11, "graph")
    seen = []
    for _ in range(9):
        seen.append(static.position.item())
        static()
    assert seen == [8, 9, 10, 11, 8, 9, 10, 11, 8]
    assert static.token.item() == static.logits.argmax().item()


def test_one_compilation_serves_all_layers_and_positions(bench, aot):
    for case in decode.decode(bench, "float32", ["toy"], context=24, mode="compiled"):
        kernel = case.prepare()
        for _ in range(20):
            kernel.run()
        assert kernel.parameters["compile_seconds"] > 0
        assert kernel.work == count.decode(TOY, 4, kernel.parameters["cache_slots_read"] - 1)
        assert kernel.parameters["context"] == 23.5


def test_models_compiled_beside_each_other_keep_their_programs(bench, aot):
    kernels = [case.prepare() for case in decode.overhead(bench, ["float32"], ["compiled"], [1, 2], context=8)]
    for kernel in kernels:
        kernel.run()


def test_one_compilation_serves_all_layers_in_8_bits(bench, aot):
    """Whose matrices are pairs of weights and scales; its steps are held against float64 of what those stand for."""
    model = decode_quantised.Quantised(bench, TOY, "int8", 32, capacity=8)
    static = decode_modes.StaticWalk(bench, model, 4, 7, "compiled")
    static.layer = decode_quantised.fused_step
    static.make()
    drawn = decode.draw_tokens(bench, TOY)
    wanted = drawn, reference_logits(model.dense, drawn.tolist())
    assert 0 < decode.check_steps(bench, model, static.step, wanted).worst_relative_error < 0.1


def test_a_machine_that_cannot_compile_skips_in_one_line(bench, monkeypatch):
    def refuse(*_, **__):
        raise RuntimeError("no compiler found\nlong story")

    monkeypatch.setattr(torch, "compile", refuse)
    with pytest.raises(Unsupported, match=r"^torch\.compile does not work here: no compiler found$"):
        decode.decode(bench, "float32", ["toy"], mode="compiled")[0].prepare()


@pytest.mark.parametrize("mode", ["graph", "compiled graph"])
def test_graphs_are_skipped_without_a_cuda_device(bench, mode):
    with pytest.raises(Unsupported, match="CUDA graphs need a CUDA device"):
        decode.decode(bench, "float32", ["8B"], mode=mode)[0].prepare()


def test_unknown_names_are_told_in_one_line(bench):
    with pytest.raises(MeasureError, match="unknown model '9B'; the models are toy, 10M"):
        decode.decode(bench, sizes=["9B"])
    with pytest.raises(MeasureError, match="unknown mode 'fast' of decode; the modes are eager, compiled"):
        decode.decode(bench, sizes=["toy"], mode="fast")


def test_a_narrow_step_issues_the_operations_of_a_wide_one(bench):
    def operations(shape: count.Shape) -> int:
        return decode.count_operations(decode.Walk(Llama(bench, shape, torch.float32, capacity=64), context=40))

    assert operations(shapes.without_width(3)) == operations(TOY)
    weights = [count.parameters(shapes.without_width(layers)) * 4 for layers in decode.DEPTHS]
    assert max(weights) < 20e6  # a few megabytes even in float32


def test_models_are_as_large_as_their_names():
    assert count.parameters(shapes.shape("8B")) == 8_030_261_248  # of the checkpoint's index
    assert count.parameters(shapes.shape("70B")) == 70_553_706_496
    unit = {"M": 1e6, "B": 1e9}
    for name in (name for name in shapes.SHAPES if name != "toy"):
        assert count.parameters(shapes.shape(name)) == pytest.approx(float(name[:-1]) * unit[name[-1]], rel=0.25), name


def test_the_largest_case_decides_nothing_about_small_ones(bench):
    """A toy's check must not depend on what the storage held before it."""
    plans = [Plan(batch=4, context=30), Plan(batch=1, context=3)]
    shared = SharedModel(bench, "toy", "bfloat16", plans)
    for plan in (*plans, *plans):
        made = shared.ready(plan)
        assert shared.check(plan, made).worst_relative_error < shared_model.TOLERANCE[torch.bfloat16]
        made.forward(shared.tokens(plan.batch, 1), plan.context)
