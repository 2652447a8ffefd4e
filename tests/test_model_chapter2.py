"""The cache's own functions against the step model and hand-worked values; the allocator against what it must keep."""

import json
import statistics

import pytest

from generators.catalog import model_inputs
from generators.catalog.load import load_catalog
from generators.comparison import cache as kv_comparison
from generators.comparison import paging
from generators.model import cache, memory, parameters, roofline, work
from generators.model.inputs import Chip, Format, Pass, Shape
from generators.weave import figures
from tests.fakes import CHECKED

BF16 = Format(2.0, 2.0, 2.0)
TINY = Shape(layers=2.0, d_model=8.0, heads=4.0, kv_heads=2.0, head_dim=4.0, d_ff=16.0, vocab=32.0)


def test_the_naive_formula_by_hand():
    assert cache.naive_bytes_per_token(TINY, BF16) == 2 * 8 * 2 / 4 * 2 * 2
    assert cache.naive_error(TINY, BF16, 10.0) == 0.5  # heads of 4 where width over heads is 2


def test_the_short_formulas_are_the_step_model_without_its_small_terms(catalog):
    """Weights, cache and products alone give the times of the full count to 2 % (activations, head and diagonal left out)."""
    s, chip = (
        model_inputs.shape(catalog.models["llama-2-7b"]),
        model_inputs.device(catalog.accelerators["a100-sxm4-80gb"]),
    )
    weights = memory.weight_bytes_streamed(s, BF16, Pass(1.0, 1.0, 1.0))
    short = cache.cached_step_time(weights, 2048.0, memory.kv_bytes_per_token(s, BF16), chip.bandwidth)
    assert short == pytest.approx(roofline.step(s, BF16, chip, Pass(1.0, 1.0, 2048.0)).time, rel=0.02)
    flop = cache.prefill_flop(2.0, parameters.linear_parameters(s), s.layers, s.heads, s.head_dim, 2048.0)
    assert flop == pytest.approx(work.step_flop(s, BF16, Pass(1.0, 2048.0, 2048.0)), rel=0.002)
    long = cache.uncached_step_time(weights, flop, chip.peak, chip.bandwidth)
    assert long == pytest.approx(roofline.step(s, BF16, chip, Pass(1.0, 2048.0, 2048.0)).time, rel=0.002)
    per = cache.prefill_flop_per_token(2.0, parameters.linear_parameters(s), s.layers, s.heads, s.head_dim, 2048.0)
    assert per * 2048 == pytest.approx(flop)
    link = cache.break_even_bandwidth(memory.kv_bytes_per_token(s, BF16), chip.peak, per)
    assert link == pytest.approx(cache.break_even_link(s, BF16, chip, 2048.0), rel=0.002)


def test_fetching_and_computing_take_equally_long_at_the_break_even():
    chip = Chip(bandwidth=1e6, peak=1e8)
    for context in (2.0, 64.0, 4096.0):
        link = cache.break_even_link(TINY, BF16, chip, context)
        assert cache.fetch_time(TINY, BF16, context, link) == pytest.approx(
            cache.recompute_time(TINY, BF16, chip, context)
        )


def test_a_doubled_step_has_as_many_bytes_of_cache_as_of_weights():
    in_flight = memory.balance(1000.0, 8.0)
    assert cache.slow_down(1000.0, 1.0, in_flight, 8.0) == cache.slow_down(1000.0, 5.0, in_flight / 5.0, 8.0) == 2.0


def test_what_fits_fills_the_memory(catalog):
    s = model_inputs.shape(catalog.models["llama-2-7b"])
    batch = cache.batch_that_fits(s, BF16, 80e9, 2048.0)
    assert memory.memory_needed(s, BF16, batch, 2048.0) == pytest.approx(80e9)
    assert cache.full_step_time(80e9, 2e12) == 0.04


def test_sharing_and_waste_by_hand():
    assert cache.shared_tokens(32.0, 2048.0, 512.0) == 2048 + 32 * 512
    assert cache.wasted_share(1.0, 100.0) == 0.0
    assert cache.wasted_share(16.0, 67.5) == 0.1


@pytest.mark.parametrize("block", [1, 16, 100, 2048])
def test_the_allocator_hands_no_block_out_twice_and_gets_all_back(block):
    """At every step the blocks of running sequences and the free ones are the pool, each once, and each sequence has room."""
    server = paging.Server(block, paging.POOL, paging.requests())
    pool = set(server.free)
    server.admit()
    for _ in range(300):
        server.step()
        server.admit()
        taken = [block_ for one in server.running for block_ in one.blocks]
        assert len(taken) == len(set(taken)) and set(taken) | set(server.free) == pool
        assert not set(taken) & set(server.free)
        for one in server.running:
            assert one.held(server.now) <= len(one.blocks) * block
    assert paging.serve(block).leaked == 0


def test_every_request_gets_its_whole_answer():
    """Tokens generated over the run are those asked for, preempted or not."""
    wanted = paging.requests()
    server = paging.Server(16, paging.POOL, wanted)
    server.admit()
    made = 0
    while server.running:
        before = len(server.running)
        server.step()
        made += before
        server.admit()
    assert made == sum(answer for _, answer in wanted)


def test_the_trace_is_the_same_everywhere_and_within_the_reservation():
    assert paging.requests()[:2] == [(98, 305), (192, 104)]
    assert all(prompt + answer <= paging.LONGEST for prompt, answer in paging.requests())


def fake_steps(row):
    """Measured cases with and without a cache, and at growing contexts, that take 1.25 times their bytes or FLOP."""
    shape = {
        "layers": 12,
        "d_model": 384,
        "heads": 6,
        "kv_heads": 2,
        "head_dim": 64,
        "d_ff": 1024,
        "vocab": 16000,
        "tied": False,
    }
    reported = {"model": "30M", "dtype": "float32", "batch": 1, "mode": "eager", **shape}

    def case(name, seconds, work, **more):
        return {
            "name": name,
            "kind": "workload",
            "parameters": reported | more,
            "status": "measured",
            "check": CHECKED,
            "samples": [seconds * f for f in (0.9, 1.0, 1.1)],
            "work": work,
            "inner": 1,
            "warmups": [],
            "noise": {},
        }

    cases = []
    for context in (16, 128, 1024):
        cases.append(case("step-with-cache", 2e-3, {"bytes": 5e7, "flop": 4e7, "tokens": 1}, context=context))
        cases.append(
            case(
                "step-without-cache",
                2e-3 * context,
                {"bytes": 5e7, "flop": 4e7 * context, "tokens": 1},
                context=context,
            )
        )
        for kind in ("mha", "gqa", "mqa", "mla", "window"):
            moved = 5e7 + 1e4 * context
            cases.append(
                case(
                    "decode-context",
                    moved / 2e10,
                    {"bytes": moved, "flop": 4e7 + 5e3 * context, "tokens": 1},
                    context=context,
                    attention=kind,
                    cache_read_bytes=1e4 * context,
                )
            )
    return row | {
        "cases": [c for c in row["cases"] if not c["name"].startswith(("step-with", "decode-context"))] + cases
    }


@pytest.fixture
def measured(copy):
    """A book of which one record holds such cases, and no other, whatever others there are."""
    for path in (copy / "data/measurements").glob("*.json"):
        row = fake_steps(json.loads(path.read_text()))
        if path.stem != "intel-xeon-model-167-2-cores--2026-11-23T0758Z":
            row["cases"] = [c for c in row["cases"] if not c["name"].startswith(("step-with", "decode-context"))]
        path.write_text(json.dumps(row))
    return load_catalog(copy)


def test_measured_steps_are_predicted_from_their_own_record(measured):
    steps = kv_comparison.cache_steps(measured)
    assert {step.kind for step in steps} == {"cache", "no cache"} and len(steps) >= 6
    assert all(step.predicted > 0 for step in steps)
    long = [step for step in steps if step.kind == "no cache" and step.context == 1024]
    assert all(step.binds == "compute" for step in long)
    assert all(step.cached_bytes == 2 * 4 * 12 * 2 * 64 * step.context for step in steps if step.kind == "cache")
    contexts = kv_comparison.context_steps(measured)
    assert {step.rows for step in contexts} == {3.0}, "six query heads on two KV heads"
    assert {step.kind for step in contexts} == {"mha", "gqa", "mqa", "mla", "window"}
    assert statistics.median(step.context for step in contexts) == 129, "the newest token counts"


@pytest.mark.parametrize("name", ["cache_on_a_processor", "context_on_a_processor"])
def test_the_figures_draw_measured_rows_where_a_record_has_them(name, measured, rendered):
    figure = figures.figure(name, measured)
    assert figure.data.where(mark="measured") and figure.data.records
    assert rendered(figure)[1] == []


def test_the_chapters_tables_show_measured_steps_or_say_that_they_are_awaited(catalog, measured):
    from generators.numbers.everything import all_numbers
    from generators.tables.registry import table

    full = all_numbers(measured)
    assert table("cache-steps", full, ()).count("\n") == 2 + 3 - 1 and "1,024" in table("cache-steps", full, ())
    assert (
        table("context-steps", full, ()).count("×") == 2 * 5
        and table("context-steps", full, ()).count("FLOP/byte") == 5
    )
    for name, case in (("cache-steps", "step-with-cache"), ("context-steps", "decode-context")):
        awaited = "awaited" in table(name, all_numbers(catalog), ())
        assert awaited is not bool(catalog.speaker("cpu").measured(case))
