"""Decode with five kinds of attention at toy size: right against float64, counted as the book counts, cold."""

from __future__ import annotations

from dataclasses import asdict

import pytest

torch = pytest.importorskip("torch", reason="needs torch >= 2.9, which only the measure session installs")

from generators.measure import attention_kinds  # noqa: E402
from generators.measure.attention_reference import reference_logits  # noqa: E402
from generators.measure.bench import Bench  # noqa: E402
from generators.measure.cases import context  # noqa: E402
from generators.measure.counting import attention as counted  # noqa: E402
from generators.measure.counting import count  # noqa: E402
from generators.measure.plan import CheckFailed  # noqa: E402
from generators.model import inputs, memory, parameters, work  # noqa: E402

TOY = count.Shape(layers=2, d_model=32, heads=4, kv_heads=2, head_dim=8, d_ff=48, vocab=64)
WINDOW = 6
KINDS = counted.kinds(TOY, WINDOW)


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    """A processor bench with a read buffer of one megabyte and few random numbers to draw weights from."""
    monkeypatch.setattr("generators.measure.bench.POOL", 2**16 - 3)
    return Bench("cpu", seed=7, buffer_bytes=2**20)


def sweep_of(bench: Bench, dtype: str = "float32", contexts: tuple[int, ...] = (4, 20), method: str | None = None):
    return context.decode_context(bench, "toy", dtype, contexts, window=WINDOW, method=method, shape=asdict(TOY))


def decoder(bench: Bench, name: str, dtype=torch.float64, method: str = "products") -> attention_kinds.Decoder:
    pool = attention_kinds.Pool(bench.weight(2000, 32, dtype=dtype).view(-1))
    kind = KINDS[name]
    rope = attention_kinds.Rope(bench, kind.rope_dim or TOY.head_dim, 64, dtype)
    return attention_kinds.Decoder(bench, TOY, kind, pool, rope, method)


def book_shape(kind: counted.Kind) -> inputs.Shape:
    """The same model as the book's own arithmetic has it."""
    latent = {"kv_rank": kind.latent_rank, "rope_dim": kind.rope_dim, "nope_dim": TOY.head_dim, "v_dim": TOY.head_dim}
    window = {"window": kind.window, "window_layers": TOY.layers}
    return inputs.Shape(
        **asdict(TOY) | {"kv_heads": kind.kv_heads},
        **(latent if kind.latent_rank else {}),
        **(window if kind.window else {}),
    )


class Products(torch.utils._python_dispatch.TorchDispatchMode):
    """FLOP of the products that torch is asked for, call by call."""

    def __init__(self) -> None:
        super().__init__()
        self.flop = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        found = function(*args, **(kwargs or {}))
        aten = torch.ops.aten
        if function.overloadpacket in (aten.mv, aten.mm, aten.bmm):
            self.flop += 2 * found.numel() * args[0].shape[-1]
        return found


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("method", attention_kinds.METHODS)
def test_every_kind_decodes_as_the_whole_sequence_without_a_cache_does(bench, name, method):
    model = decoder(bench, name, method=method)
    check = context.check_steps(bench, model)
    assert check.worst_relative_error < 1e-12
    assert ("seeing" in check.against) == (name == "window")


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_step_at_the_wrong_position_is_noticed(bench, name, dtype):
    model = decoder(bench, name, dtype)
    context.check_steps(bench, model)
    step = model.step
    model.step = lambda token, position, cache: step(token, max(position - 1, 0), cache)
    with pytest.raises(CheckFailed, match="off by"):
        context.check_steps(bench, model)


def test_a_window_forgets_what_lies_behind_it_and_nothing_else(bench):
    model = decoder(bench, "window")
    tokens = [5, 9, 9, 31, 2, 48, 0, 17, 5, 33]

    def last(ring: int, drawn: list[int]) -> torch.Tensor:
        cache = torch.full(model.cache_size(ring), float("nan"), dtype=model.dtype)
        return [model.step(torch.tensor([token]), at, cache) for at, token in enumerate(drawn)][-1]

    torch.testing.assert_close(last(4, tokens), reference_logits(model, tokens, 4)[-1])
    assert (last(4, tokens) - last(5, tokens)).abs().max() > 1e-3
    # Two layers of a window of 4 hear of six earlier tokens; the first of ten is out of hearing.
    torch.testing.assert_close(last(4, tokens), last(4, [1, *tokens[1:]]))
    assert (last(4, tokens) - last(4, [*tokens[:3], 1, *tokens[4:]])).abs().max() > 1e-9


@pytest.mark.parametrize("spoil", [lambda query: query.roll(1, 0), lambda query: query * 1.05])
def test_latent_attention_with_heads_mixed_up_or_a_scale_slightly_off_is_noticed(bench, spoil):
    model = decoder(bench, "mla", torch.float32)
    context.check_steps(bench, model)
    part = model.layers[1].attention
    attend = part.attend
    part.attend = lambda query, entries: attend(spoil(query), entries)
    with pytest.raises(CheckFailed):
        context.check_steps(bench, model)


@pytest.mark.parametrize("name", KINDS)
def test_counts_are_those_of_the_book_s_model(name):
    kind, shape = KINDS[name], book_shape(KINDS[name])
    storage = inputs.Format(4.0, 4.0, 4.0)
    for before in (3, WINDOW - 1, 40):
        one = inputs.Pass(1.0, 1.0, before + 1.0)
        done = counted.decode(TOY, kind, 4, before)
        assert done.bytes == memory.step_bytes(shape, storage, one).total
        assert done.flop == work.step_flop(shape, storage, one)
    assert counted.parameters(TOY, kind) == parameters.parameter_count(shape)
    assert counted.cache_values_per_token(TOY, kind) * 4 == memory.kv_bytes_per_token(shape, storage)


@pytest.mark.parametrize("name", KINDS)
def test_the_counted_flop_are_those_of_the_products_torch_is_asked_for(bench, name):
    model, before = decoder(bench, name), 20
    cache = bench.normal(*model.cache_size(counted.attended(KINDS[name], before)), dtype=model.dtype)
    with Products() as seen:
        model.step(torch.tensor([3]), before, cache)
    assert seen.flop == counted.decode(TOY, KINDS[name], 8, before).flop


@pytest.mark.parametrize("name", KINDS)
def test_the_counted_bytes_are_those_of_the_tensors_and_of_the_cache(bench, name):
    model, kind = decoder(bench, name), KINDS[name]
    tensors = [model.norm, model.head, model.embedding]
    for layer in model.layers:
        for part in (layer, layer.attention):
            tensors += [value for value in vars(part).values() if isinstance(value, torch.Tensor)]
    assert sum(x.numel() for x in tensors) == counted.parameters(TOY, kind)
    assert len({x.data_ptr() for x in tensors}) == len(tensors)
    for before in (3, 40):
        cells = torch.empty(model.cache_size(counted.attended(kind, before))).numel()
        done = counted.decode(TOY, kind, 8, before)
        assert done.bytes == 8 * (counted.weights_read(TOY, kind) + cells)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_every_context_case_verifies_runs_and_tells_its_bytes(bench, dtype):
    cases = sweep_of(bench, dtype)
    assert [case.parameters["attention"] for case in cases] == [*KINDS, *KINDS]
    for case in cases:
        kernel = case.prepare()
        kernel.run()
        reported = case.parameters | kernel.parameters
        size = getattr(torch, dtype).itemsize
        seen = min(reported["context"] + 1, reported["window"] or 1000)
        assert reported["cache_read_bytes"] == (seen - 1) * reported["cache_bytes_per_token"]
        assert (
            kernel.work.bytes
            == reported["weights_read_bytes"] + reported["cache_read_bytes"] + reported["cache_bytes_per_token"]
        )
        assert reported["weights_bytes"] == reported["parameters"] * size
        assert kernel.work.flop > 0 < kernel.work.tokens
        assert reported["method"] == (
            "latent products"
            if case.parameters["attention"] == "mla"
            else "products"
            if dtype == "float32"
            else "fused"
        )


def test_steps_take_other_weights_and_other_cache_each_time(bench, monkeypatch):
    seen = []
    step = attention_kinds.Decoder.step

    def watched(self, token, position, cache):
        seen.append((self.head.data_ptr(), cache.data_ptr()))
        return step(self, token, position, cache)

    case = next(case for case in sweep_of(bench, contexts=(20,)) if case.parameters["attention"] == "gqa")
    kernel = case.prepare()
    monkeypatch.setattr(attention_kinds.Decoder, "step", watched)
    for _ in range(context.MOST_COPIES):
        kernel.run()
    heads, caches = zip(*seen, strict=True)
    assert len(set(heads)) == len(set(caches)) == context.MOST_COPIES


def test_a_cache_larger_than_the_read_buffer_gets_memory_of_its_own(bench):
    case = sweep_of(bench, contexts=(3000,))[0]
    kernel = case.prepare()
    kernel.run()
    assert kernel.parameters["cache_read_bytes"] > 2**20 / 2


def test_attention_that_leaves_out_the_far_end_of_a_long_cache_is_noticed(bench, monkeypatch):
    def short(query, keys, values):
        return attention_kinds._fused(query, keys[:, :12], values[:, :12])

    monkeypatch.setitem(attention_kinds.METHODS, "products", short)
    with pytest.raises(CheckFailed, match="attention to 21 entries"):
        sweep_of(bench, contexts=(20,))[0].prepare()
