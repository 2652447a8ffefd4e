"""The engine that serves a mixed batch and the cases that time it, at toy size on the processor."""

from __future__ import annotations

from collections import Counter

import pytest

torch = pytest.importorskip("torch", reason="needs torch >= 2.9, which only the measure session installs")

from generators.measure import ragged  # noqa: E402
from generators.measure.bench import Bench  # noqa: E402
from generators.measure.cases.interference import interference  # noqa: E402
from generators.measure.cases.serving import serving  # noqa: E402
from generators.measure.counting import count  # noqa: E402
from generators.measure.counting import serving as count_serving  # noqa: E402
from generators.measure.plan import CheckFailed  # noqa: E402
from generators.measure.ragged import Engine, padded  # noqa: E402
from generators.measure.serving import fixture as serving_fixture  # noqa: E402
from generators.measure.serving import report  # noqa: E402
from generators.measure.serving.scheduler import POLICIES, Policy, Request, Segment, serve  # noqa: E402

TOY = count.Shape(layers=2, d_model=32, heads=4, kv_heads=2, head_dim=8, d_ff=48, vocab=64)
OTHER = count.Shape(layers=3, d_model=24, heads=6, kv_heads=3, head_dim=16, d_ff=40, vocab=50)
TOY_SETTINGS = {key: value for key, value in TOY.as_parameters().items() if key != "tied"}
SHORT = {"kind": "uniform", "low": 2, "high": 12}


@pytest.fixture
def bench() -> Bench:
    """A processor bench with a read buffer of one megabyte."""
    return Bench("cpu", seed=7, buffer_bytes=2**20)


@pytest.mark.parametrize("shape", [TOY, OTHER])
def test_in_float64_a_mixed_batch_answers_as_each_sequence_alone(bench, shape):
    found = serving_fixture.check_engine(Engine(bench, shape, torch.float64, 2, 16))
    assert found.worst_relative_error < 1e-6  # RoPE tables are made in float32


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_check_passes_in_the_formats_that_are_timed(bench, dtype):
    found = serving_fixture.check_engine(Engine(bench, TOY, dtype, 2, 16))
    assert 0 < found.worst_relative_error <= found.tolerance / 3


def sees_the_future(one: Segment, device: torch.device) -> torch.Tensor:
    return torch.ones(one.new, one.cached + one.new, dtype=torch.bool, device=device)


def sees_one_too_few(one: Segment, device: torch.device) -> torch.Tensor:
    return sees_the_future(one, device).tril(max(one.cached - 1, 0))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("_mask", sees_the_future),
        ("_mask", sees_one_too_few),
        ("_ends", lambda segments: [n for n, one in enumerate(segments) if one.answers]),
        ("rotate", lambda x, *turn: x),
    ],
)
def test_a_wrong_engine_is_refused(bench, monkeypatch, dtype, name, wrong):
    monkeypatch.setattr(ragged, name, wrong)
    with pytest.raises(CheckFailed, match="off by"):
        serving_fixture.check_engine(Engine(bench, TOY, dtype, 2, 16))


def test_a_cache_written_to_the_wrong_place_is_refused(bench):
    engine = Engine(bench, TOY, torch.float32, 3, 16)
    run = engine.run
    engine.run = lambda segments: run(
        [Segment(o.request, 2 - o.slot % 2, o.new, o.cached, o.prompt, o.answers) if o.prompt else o for o in segments]
    )
    with pytest.raises(CheckFailed, match="off by"):
        serving_fixture.check_engine(engine)


def test_padding_rows_changes_no_answer(bench, monkeypatch):
    engine = Engine(bench, OTHER, torch.float64, 3, 40)
    mixed = [Segment(0, 0, 1, 9, False, True), Segment(1, 1, 21, 0, True, False), Segment(2, 2, 5, 8, True, True)]
    before = engine.cache.clone(), engine.tokens.clone()
    with_padding = engine.run(mixed)
    after = engine.cache.clone()
    engine.cache.copy_(before[0])
    engine.tokens.copy_(before[1])
    monkeypatch.setattr(ragged, "padded", lambda rows: rows)
    torch.testing.assert_close(engine.run(mixed), with_padding)
    torch.testing.assert_close(engine.cache, after)


def test_rows_are_padded_to_few_sizes_and_never_cut():
    assert [padded(rows) for rows in (1, 8, 9, 16, 17, 256, 257, 320, 321)] == [1, 8, 16, 16, 32, 256, 320, 320, 384]
    assert len({padded(rows) for rows in range(1, 1025)}) == 8 + 16 + 12


def test_the_counted_flop_are_those_torch_executes(bench):
    """A mixed batch of few rows, which are not padded: products call by call, attention by its causal pairs."""
    seen, attention = [], []

    class Watch(torch.utils._python_dispatch.TorchDispatchMode):
        def __torch_dispatch__(self, function, types, args=(), kwargs=None):
            if function.overloadpacket in (torch.ops.aten.mm, torch.ops.aten.linear):
                out = args[1].shape[function.overloadpacket is torch.ops.aten.mm]
                seen.append(2 * args[0].numel() * out)
            if "scaled_dot_product" in str(function):
                attention.append((args[0].shape[2], args[1].shape[2]))
            return function(*args, **(kwargs or {}))

    engine = Engine(bench, OTHER, torch.float32, 3, 40)
    mixed = [Segment(0, 0, 1, 9, False, True), Segment(1, 1, 3, 0, True, False), Segment(2, 2, 4, 8, True, True)]
    with Watch():
        engine.run(mixed)
    assert Counter(attention) == {(1, 10): OTHER.layers, (3, 3): OTHER.layers, (4, 12): OTHER.layers}
    pairs = sum(new * (keys - new) + new * (new + 1) // 2 for new, keys in attention)
    assert sum(seen) + 4 * OTHER.heads * OTHER.head_dim * pairs == count_serving.mixed_pass(OTHER, 4, mixed).flop


def test_an_engine_reads_the_same_prompt_for_the_same_request(bench):
    engine = Engine(bench, TOY, torch.float64, 2, 30)
    whole = engine.run([Segment(3, 0, 20, 0, True, True)])
    engine.run([Segment(3, 1, 13, 0, True, False)])
    in_chunks = engine.run([Segment(3, 1, 7, 13, True, True)])
    torch.testing.assert_close(in_chunks, whole, rtol=1e-6, atol=1e-9)
    assert not torch.allclose(engine.run([Segment(4, 1, 20, 0, True, True)]), whole)


def test_a_landing_prompt_is_a_row_per_pass_and_every_play_has_the_same(bench):
    settings = {"dtype": "float32", "sequences": 3, "cached": 8, "prompt": 20, "chunks": [8], "arrives": 2, "after": 2}
    whole, chunked = interference(bench, shape=TOY_SETTINGS, **settings)
    assert "whole" in whole.label
    assert "chunk_tokens=8" in chunked.label
    for replay, passes in ((whole, 5), (chunked, 7)):
        script = replay.prepare()
        assert script.check.worst_relative_error <= script.check.tolerance
        first, second = script.play(), script.play()
        assert [part.parameters for part in first] == [part.parameters for part in second]
        assert [part.parameters["step"] for part in first] == list(range(passes))
        assert sum(part.parameters["prefill_tokens"] for part in first) == 20
        assert all(part.seconds > 0 and part.work.bytes > 0 and part.work.flop > 0 for part in first)
        assert first[-1].work.tokens == 4
        assert script.parameters["layers"] == TOY.layers


def test_a_trace_is_served_under_every_policy_with_the_same_rows_in_every_play(bench):
    settings = {"dtype": "float32", "loads": [0.7], "requests": 8, "batch": 3, "chunk_tokens": 6}
    replays = serving(bench, shape=TOY_SETTINGS, prompts=SHORT, answers=SHORT, **settings)
    assert [one.parameters["policy"] for one in replays] == list(POLICIES)
    arrivals, flop = set(), set()
    for replay in replays:
        script = replay.prepare()
        first, second = script.play(), script.play()
        assert [part.parameters for part in first] == [part.parameters for part in second]
        asked = [part for part in first if part.parameters["metric"] == "ttft"]
        ended = [part for part in first if part.parameters["metric"] == "finish"]
        assert [part.parameters["request"] for part in asked] == list(range(8))
        assert all(0 < one.seconds < two.seconds for one, two in zip(asked, ended, strict=True))
        whole = {part.parameters["metric"]: part for part in first if "request" not in part.parameters}
        assert set(whole) == {"makespan", "busy", "pass", "queueing", "gap-median", "gap-p95", "gap-most"}
        assert whole["makespan"].work.tokens == sum(part.work.tokens for part in ended)
        assert 1 <= whole["pass"].work.tokens <= 3
        assert whole["busy"].seconds <= whole["makespan"].seconds
        arrivals.add(tuple(part.parameters["arrival_s"] for part in asked))
        flop.add(whole["makespan"].work.flop)
        assert script.parameters["capacity_requests_per_s"] > 0
    assert len(arrivals) == len(flop) == 1  # one capacity, one trace, one amount of work for all policies


def test_a_measured_run_is_the_simulated_one_where_passes_take_what_was_priced(bench, monkeypatch):
    """The engine changes nothing but the seconds: with a fixed price, play and simulation agree to the last digit."""

    def price(segments):
        return 0.01 + 0.001 * sum(one.new for one in segments)

    def priced(engine, segments):
        engine.run(segments)
        return price(segments)

    monkeypatch.setattr(Engine, "seconds", priced)
    (replay,) = [
        one
        for one in serving(
            bench, shape=TOY_SETTINGS, dtype="float32", loads=[0.9], requests=9, batch=2, prompts=SHORT, answers=SHORT
        )
        if one.parameters["policy"] == "continuous"
    ]
    parts = replay.prepare().play()
    reported = [part.parameters for part in parts if part.parameters["metric"] == "ttft"]
    requests = [Request(one["arrival_s"], one["prompt_tokens"], one["answer_tokens"]) for one in reported]
    run = serve(requests, Policy("continuous", 2), price)
    assert [part.seconds for part in parts if part.parameters["metric"] == "finish"] == pytest.approx(
        report.finish(run)
    )
    assert [part.seconds for part in parts if part.parameters["metric"] == "ttft"] == pytest.approx(report.ttft(run))
    (busy,) = [part.seconds for part in parts if part.parameters["metric"] == "busy"]
    assert busy == pytest.approx(report.busy(run))


def test_nothing_is_allocated_before_a_case_is_prepared(bench, monkeypatch):
    monkeypatch.setattr(Engine, "__init__", lambda *args: pytest.fail("allocated too early"))
    cases = [*interference(bench), *serving(bench)]
    assert len(cases) == 4 + 9
    assert all(50e6 < one.needs_bytes < 2e9 for one in cases)
    assert {one.parameters["model"] for one in cases} == {"38M"}
    assert count.parameters(serving_fixture.SHAPES["38M"]) == pytest.approx(38e6, rel=0.02)
