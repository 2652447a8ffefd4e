"""The serving scheduler, its traces and reports, and its simulation by the book's model.  No torch."""

import random
import statistics
import sys
from dataclasses import replace
from itertools import pairwise

import pytest

from generators.catalog.case import Case, Check
from generators.catalog.record import Record
from generators.comparison import comparison, serving, simulation
from generators.core.errors import BookError
from generators.measure.counting import count
from generators.measure.counting import serving as count_serving
from generators.measure.serving import report
from generators.measure.serving.plans import Landing, reported
from generators.measure.serving.scheduler import POLICIES, Policy, Request, Run, Scheduler, Segment, serve
from generators.measure.serving.trace import Draws, Lengths, at_once, at_rate, poisson_trace
from generators.model import roofline, work
from generators.model.inputs import Chip, Format, Pass, Shape

SEEDS = range(30)
SMALL = count.Shape(layers=3, d_model=24, heads=6, kv_heads=3, head_dim=16, d_ff=40, vocab=50)
SHAPE = Shape(3.0, 24.0, 6.0, 3.0, 16.0, 40.0, 50.0)
FORMAT = Format(2.0, 2.0, 2.0)


def policies(draw: random.Random) -> list[Policy]:
    """The three policies with a batch and a chunk drawn."""
    batch, chunk = draw.randint(1, 6), draw.randint(1, 40)
    return [Policy(name, batch, chunk if name == "continuous-chunked" else None) for name in POLICIES]


def drawn(seed: int) -> list[tuple[Run, Policy]]:
    """A random trace played under each policy with random times of passes."""
    draw = random.Random(seed)
    clock, requests = 0.0, []
    for _ in range(draw.randint(1, 30)):
        clock += draw.choice([0.0, draw.expovariate(0.3)])
        prompt = draw.randint(1, 60)
        requests.append(Request(clock, prompt, draw.randint(1, 20), draw.choice([0, draw.randrange(prompt)])))
    return [(serve(requests, one, lambda _: draw.uniform(0.1, 3)), one) for one in policies(draw)]


@pytest.mark.parametrize("seed", SEEDS)
def test_every_request_gets_its_whole_prompt_read_and_exactly_its_answer(seed):
    for run, _ in drawn(seed):
        for number, one in enumerate(run.requests):
            mine = [part for done in run.passes for part in done.segments if part.request == number]
            assert len(run.times[number]) == one.answer == sum(part.answers for part in mine)
            assert mine[0].cached == one.cached
            assert all(late.cached == early.cached + early.new for early, late in pairwise(mine))
            assert sum(part.new for part in mine if part.prompt) == one.prompt - one.cached
            assert [part.new for part in mine if not part.prompt] == [1] * (one.answer - 1)
            assert all(part.answers == (part.cached + part.new >= one.prompt) for part in mine)
            assert len({part.slot for part in mine}) == 1


@pytest.mark.parametrize("seed", SEEDS)
def test_no_pass_exceeds_its_places_or_its_chunk_and_places_are_not_shared(seed):
    for run, policy in drawn(seed):
        for done in run.passes:
            assert len(done.segments) <= policy.batch
            slots = [part.slot for part in done.segments]
            assert len(set(slots)) == len(slots)
            assert set(slots) <= set(range(policy.batch))
            read = sum(part.new for part in done.segments if part.prompt)
            assert policy.chunk_tokens is None or read <= policy.chunk_tokens
        held: dict[int, tuple[int, int]] = {}  # place: (request, tokens still to answer)
        for part in (part for done in run.passes for part in done.segments):
            owner, left = held.get(part.slot, (part.request, run.requests[part.request].answer))
            if left == 0:
                owner, left = part.request, run.requests[part.request].answer
            assert owner == part.request
            held[part.slot] = owner, left - part.answers


@pytest.mark.parametrize("seed", SEEDS)
def test_first_come_is_first_served(seed):
    for run, _ in drawn(seed):
        assert report.begun(run) == sorted(report.begun(run))
        firsts = [times[0] for times in run.times]
        assert firsts == sorted(firsts)


@pytest.mark.parametrize("seed", SEEDS)
def test_nobody_is_served_before_arriving_and_no_time_passes_idle_while_someone_waits(seed):
    for run, _ in drawn(seed):
        assert all(wait >= 0 for wait in report.queueing(run))
        for early, late in pairwise(run.passes):
            assert late.start >= early.end
            if late.start > early.end:  # idle: whoever is not done had not arrived
                done = sum(times[-1] <= early.end for times in run.times)
                assert done == sum(one.arrival < late.start for one in run.requests)
                assert late.start == run.requests[done].arrival


@pytest.mark.parametrize("seed", SEEDS)
def test_a_static_batch_lets_nobody_in_before_its_last_answer_and_continuous_ones_fill_free_places(seed):
    (static, _), *others = drawn(seed)
    begun, last = report.begun(static), [times[-1] for times in static.times]
    for number, start in enumerate(begun):
        assert all(last[other] <= start for other in range(number) if begun[other] < start)
    for run, policy in others:
        for done in run.passes:
            full = len(done.segments) == policy.batch
            read = sum(part.new for part in done.segments if part.prompt)
            assert full or not done.waiting or read == policy.chunk_tokens


@pytest.mark.parametrize("seed", SEEDS)
def test_a_decoding_sequence_gets_a_token_from_every_pass(seed):
    for run, _ in drawn(seed):
        ends = [done.end for done in run.passes]
        for times in run.times:
            first = ends.index(times[0])
            assert times == ends[first : first + len(times)]


def test_chunks_change_neither_the_answers_nor_the_flop_of_a_trace():
    for run, _ in [pair for seed in SEEDS for pair in drawn(seed)]:
        flop = sum(count_serving.mixed_pass(SMALL, 2, done.segments).flop for done in run.passes)
        assert flop == count_serving.trace_flop(SMALL, run.requests)


def test_two_requests_by_hand():
    """Two places, passes of one second: the first answers 1, 2, 3; the second comes at 0.5 and answers at 2, 3."""
    run = serve([Request(0, 4, 3), Request(0.5, 2, 2)], Policy("continuous", 2), lambda _: 1.0)
    assert run.times == [[1, 2, 3], [2, 3]]
    assert report.ttft(run) == [1, 1.5]
    assert report.finish(run) == [3, 2.5]
    assert report.tpot(run) == [1, 1]
    assert report.queueing(run) == [0, 0.5]
    assert report.throughput(run) == report.mean_batch(run) == 5 / 3
    assert report.queue(run) == [(0, 0), (1, 0), (2, 0)]
    static = serve(run.requests, Policy("static", 2), lambda _: 1.0)
    assert static.times == [[1, 2, 3], [4, 5]]
    assert report.queue(static) == [(0, 0), (1, 1), (2, 1), (3, 0), (4, 0)]
    chunked = serve(run.requests, Policy("continuous-chunked", 2, 3), lambda _: 1.0)
    assert [sum(part.new for part in done.segments) for done in chunked.passes] == [3, 3, 2, 1]
    assert chunked.times == [[2, 3, 4], [2, 3]]


def test_what_is_no_request_and_no_policy_is_refused():
    for wrong in ({"prompt": 0}, {"answer": 0}, {"cached": 4}, {"arrival": -1.0}):
        with pytest.raises(ValueError, match="wanted"):
            Request(**({"arrival": 0.0, "prompt": 4, "answer": 1} | wrong))
    for wrong in (("fair", 1, None), ("static", 0, None), ("static", 2, 8), ("continuous-chunked", 2, None)):
        with pytest.raises(ValueError, match="wanted"):
            Policy(*wrong)
    with pytest.raises(ValueError, match="sorted by arrival"):
        serve([Request(1, 1, 1), Request(0, 1, 1)], Policy("static", 1), lambda _: 1.0)


# Traces


def test_the_generator_gives_the_published_numbers():
    draws = Draws(1234567)
    assert [draws.bits() for _ in range(3)] == [6457827717110365317, 3203168211198807973, 9817491932198370423]


def test_a_trace_is_the_same_everywhere():
    trace = poisson_trace(7, 3, Lengths("exponential", 128, 16, 384), Lengths("uniform", low=4, high=9))
    assert trace == poisson_trace(7, 3, Lengths("exponential", 128, 16, 384), Lengths("uniform", low=4, high=9))
    assert [(one.arrival, one.prompt, one.answer) for one in trace] == [
        (0.0, 71, 4),
        (2.310220978, 114, 6),
        (2.597145367, 87, 5),
    ]


def test_arrivals_are_poisson_and_lengths_follow_their_distribution():
    trace = poisson_trace(3, 20000, Lengths("exponential", 50, 10), Lengths("uniform", low=3, high=9))
    between = [late.arrival - early.arrival for early, late in pairwise(trace)]
    assert statistics.mean(between) == pytest.approx(1, abs=4 / 20000**0.5)
    assert statistics.pstdev(between) == pytest.approx(1, abs=0.05)
    assert sum(gap > 1 for gap in between) / 20000 == pytest.approx(0.3679, abs=0.014)
    assert statistics.mean(one.prompt for one in trace) == pytest.approx(50, abs=4 * 40 / 20000**0.5)
    answers = [one.answer for one in trace]
    assert set(answers) == set(range(3, 10))
    assert statistics.mean(answers) == pytest.approx(6, abs=4 * 2 / 20000**0.5)
    assert {Lengths("fixed", 5).draw(Draws(1)) for _ in range(3)} == {5}
    with pytest.raises(ValueError, match="wanted one of"):
        Lengths("normal", 5)


def test_a_trace_at_a_rate_keeps_its_requests_and_at_once_repeats_them():
    trace = poisson_trace(3, 50, Lengths("exponential", 50, 10), Lengths("fixed", 3))
    fast = at_rate(trace, 4.0)
    assert [one.arrival * 4 for one in fast] == [one.arrival for one in trace]
    assert [(one.prompt, one.answer) for one in fast] == [(one.prompt, one.answer) for one in trace]
    assert at_once(trace, 2) == [replace(one, arrival=0.0) for one in trace] * 2


# Queueing theory


def waits(rate: float, answers: Lengths, count_: int = 20000) -> tuple[list[Request], float, float]:
    """Trace, mean wait and its standard error (from means of 40 stretches) with one place and passes of one second."""
    trace = at_rate(poisson_trace(11, count_, Lengths("fixed", 1), answers), rate)
    values = report.queueing(serve(trace, Policy("continuous", 1), lambda _: 1.0))
    stretches = [statistics.mean(values[i : i + count_ // 40]) for i in range(0, count_, count_ // 40)]
    return trace, statistics.mean(values), statistics.stdev(stretches) / 40**0.5


@pytest.mark.parametrize("load", [0.3, 0.7, 0.85])
def test_one_place_and_equal_requests_wait_as_m_d_1_says(load):
    _, found, error = waits(load, Lengths("fixed", 1))
    wanted = load / (2 * (1 - load))
    assert error < 0.15 * wanted
    assert found == pytest.approx(wanted, abs=4 * error)
    assert abs(found - load / (1 - load)) > 4 * error  # not M/M/1


def test_one_place_and_unequal_answers_wait_as_pollaczek_and_khinchine_say():
    trace, found, error = waits(0.1, Lengths("uniform", low=1, high=13))
    first = statistics.mean(one.answer for one in trace)
    second = statistics.mean(one.answer**2 for one in trace)
    wanted = 0.1 * second / (2 * (1 - 0.1 * first))
    assert error < 0.15 * wanted
    assert found == pytest.approx(wanted, abs=4 * error)


def test_with_a_place_for_everyone_a_request_waits_half_a_pass_when_passes_never_stop():
    trace = at_rate(poisson_trace(5, 8000, Lengths("fixed", 1), Lengths("fixed", 20)), 2.0)
    run = serve(trace, Policy("continuous", 10**4), lambda _: 1.0)
    assert statistics.mean(report.queueing(run)) == pytest.approx(0.5, abs=0.015)
    assert report.mean_batch(run) == pytest.approx(2.0 * 20, rel=0.05)  # Little's law


def test_the_sustained_rate_is_places_over_passes_of_a_request():
    run = serve(at_once([Request(0, 3, 5)] * 8, 4), Policy("continuous", 4), lambda _: 0.5)
    assert report.sustained_rate(run) == pytest.approx(4 / (5 * 0.5))
    with pytest.raises(ValueError, match="more requests than slots"):
        report.sustained_rate(serve([Request(0, 3, 5)], Policy("continuous", 4), lambda _: 0.5))


def test_continuous_batching_sustains_more_than_static_where_answers_differ_and_as_much_where_they_do_not():
    for answers, gain in ((Lengths("exponential", 20, 1), 1.5), (Lengths("fixed", 20), 1.0)):
        trace = at_once(poisson_trace(2, 200, Lengths("fixed", 10), answers), 1)
        static, continuous = (
            report.throughput(serve(trace, Policy(name, 8), lambda _: 1.0)) for name in ("static", "continuous")
        )
        assert continuous >= gain * static
        assert gain > 1 or continuous == static


# Work and price


def test_a_pass_of_one_token_counts_as_a_decode_step():
    assert count_serving.mixed_pass(SMALL, 2, [Segment(0, 0, 1, 16, False, True)]) == count.decode(SMALL, 2, 16)


def test_a_mixed_pass_reads_weights_once_and_the_head_only_to_answer():
    decode = [Segment(n, n, 1, 10 + n, False, True) for n in range(3)]
    alone = [count.decode(SMALL, 2, 10 + n) for n in range(3)]
    found = count_serving.mixed_pass(SMALL, 2, decode)
    shared = (count.matrix_parameters(SMALL) + count.norm_parameters(SMALL)) * 2
    assert found.bytes == sum(one.bytes for one in alone) - 2 * shared
    assert found.flop == sum(one.flop for one in alone)
    assert found.tokens == 3
    silent, heard = (count_serving.mixed_pass(SMALL, 2, [Segment(0, 0, 4, 4, True, says)]) for says in (False, True))
    assert heard.bytes - silent.bytes == SMALL.vocab * SMALL.d_model * 2
    assert heard.flop - silent.flop == SMALL.vocab * SMALL.d_model * 2
    assert (silent.tokens, heard.tokens) == (0, 1)


@pytest.mark.parametrize(("batch", "new", "context"), [(1, 1, 9), (5, 1, 300), (1, 64, 64), (3, 16, 80)])
def test_the_price_of_equal_sequences_is_the_step_of_the_model(batch, new, context):
    chip = Chip(1e9, 3e10, 0.0, 1e-6)
    price = simulation.PassTimeModel(SHAPE, FORMAT, chip)
    step = roofline.step(SHAPE, FORMAT, chip, Pass(float(batch), float(new), float(context)))
    found = price.step([Segment(n, n, new, context - new, new > 1, True) for n in range(batch)])
    assert found.flop == pytest.approx(step.flop)
    assert found.bytes == pytest.approx(step.traffic.total)
    assert (found.time, found.binds) == (pytest.approx(step.time), step.binds)
    added = replace(price, overlap=False)([Segment(n, n, new, context - new, new > 1, True) for n in range(batch)])
    assert added == pytest.approx(step.compute + step.memory + step.overhead)


def test_the_model_prices_the_work_that_the_suite_counts():
    """FLOP and bytes to the last."""
    segments = [*(Segment(n, n, 1, 50 * n, False, True) for n in range(1, 4)), Segment(9, 5, 20, 40, True, False)]
    flop, moved = simulation.PassTimeModel(SHAPE, FORMAT, Chip(1.0, 1.0)).work(segments)
    counted = count_serving.mixed_pass(SMALL, 2, segments)
    passes = [Pass(1.0, float(one.new), float(one.cached + one.new), float(one.answers)) for one in segments]
    assert flop == counted.flop == sum(work.step_flop(SHAPE, FORMAT, one) for one in passes)
    assert moved == pytest.approx(counted.bytes, rel=1e-12)


@pytest.mark.parametrize("policy", [Policy("static", 4), Policy("continuous", 4), Policy("continuous-chunked", 4, 8)])
@pytest.mark.parametrize("overlap", [True, False])
def test_passes_priced_together_take_what_they_take_one_by_one(policy, overlap):
    """To the last bit: several decode steps of the same sequences are priced at once, arrivals between them included."""
    price = simulation.PassTimeModel(SHAPE, FORMAT, Chip(1e9, 1e10, 0.0, 1e-7), overlap)
    trace = poisson_trace(5, 60, Lengths("exponential", 40, 3, 200), Lengths("exponential", 30, 1, 90))
    for requests in (at_once(trace), at_rate(trace, 0.5 * simulation.capacity(trace, policy, price))):
        together, alone = (serve(requests, policy, seconds) for seconds in (price, lambda segments: price(segments)))
        assert together.times == alone.times
        for mine, other in zip(together.passes, alone.passes, strict=True):
            assert (mine.start, mine.seconds, mine.waiting) == (other.start, other.seconds, other.waiting)
        assert len({id(one.segments) for one in together.passes}) < 0.9 * len(alone.passes)  # some were


def test_a_chunk_that_answers_nothing_is_not_charged_for_the_head():
    price = simulation.PassTimeModel(SHAPE, FORMAT, Chip(1.0, 1.0))
    silent, heard = (price.work([Segment(0, 0, 4, 4, True, says)])[1] for says in (False, True))
    assert heard - silent == pytest.approx(50 * 24 * 2)


def test_prices_come_from_the_catalog(catalog):
    price = simulation.chip_price(catalog, "h100-sxm5-80gb", "llama-3.1-8b", "bf16")
    one = price.step([Segment(0, 0, 1, 1000, False, True)])
    assert one.binds == "memory"
    assert one.time == pytest.approx(15.1e9 / 3.35e12, rel=0.02)  # 15.0 GB of weights, 0.13 GB of cache
    assert price.step([Segment(0, 0, 2048, 0, True, True)]).binds == "compute"
    assert 200 < simulation.largest_batch(price, 2048) < 280
    assert simulation.largest_batch(simulation.chip_price(catalog, "t4", "llama-3.1-70b", "fp16"), 10) == 0
    with pytest.raises(BookError, match=r"a100-sxm4-80gb.toml:compute: found no fp8 peak"):
        simulation.chip_price(catalog, "a100-sxm4-80gb", "llama-3.1-8b", "fp8")


def test_on_a_big_chip_chunks_trade_time_to_first_token_for_steady_tokens(catalog):
    """Review row 22: continuous batching shortens queueing; chunked prefill bounds the gap and costs some TTFT."""
    price = simulation.chip_price(catalog, "a100-sxm4-80gb", "llama-3.1-8b", "bf16")
    trace = poisson_trace(4, 160, Lengths("exponential", 1500, 100, 6000), Lengths("exponential", 150, 10, 800))
    kinds = [Policy("static", 32), Policy("continuous", 32), Policy("continuous-chunked", 32, 256)]
    rate = simulation.capacity(trace, kinds[1], price)
    static, whole, chunked = (simulation.at_load(trace, one, price, 0.7, of=rate) for one in kinds)
    assert statistics.median(report.ttft(whole)) < 0.1 * statistics.median(report.ttft(static))
    assert max(report.gaps(chunked)) < 0.2 * max(report.gaps(whole))
    assert statistics.median(report.ttft(chunked)) > statistics.median(report.ttft(whole))
    assert report.throughput(simulation.at_load(trace, kinds[1], price, 3.0)) > 1.3 * report.throughput(
        simulation.at_load(trace, kinds[0], price, 3.0, of=rate)
    )


# A prompt that lands, and what a record tells


@pytest.mark.parametrize(("chunk", "passes"), [(None, 1), (64, 8), (200, 3)])
def test_a_landing_prompt_joins_when_it_should_and_is_read_in_its_chunks(chunk, passes):
    warm, watched = Landing(4, 256, 512, chunk, arrives=5, after=3).passes()
    rows = [reported(segments) for segments in watched]
    assert len(warm) == 4
    assert len(rows) == 5 + passes + 3
    assert [row["prefill_tokens"] for row in rows[:5]] == [0] * 5
    assert sum(row["prefill_tokens"] for row in rows[5 : 5 + passes]) == 512
    assert all(0 < row["prefill_tokens"] <= (chunk or 512) for row in rows[5 : 5 + passes])
    assert [row["prefilled"] for row in rows[5 : 5 + passes]] == [n * (chunk or 0) for n in range(passes)]
    assert [row["decode_tokens"] for row in rows] == [4] * (5 + passes) + [5] * 3
    assert rows[0]["context"] == 257
    longest = max(part.cached + part.new for segments in watched for part in segments)
    assert longest <= Landing(4, 256, 512, chunk, 5, 3).capacity
    with pytest.raises(ValueError, match="wanted chunks"):
        Landing(4, 256, 512, 3, 5, 3)


def record_of(price: simulation.PassTimeModel) -> Record:
    """A record as the suite would write it, were the machine as fast as a price says."""
    shape = SMALL.as_parameters() | {"dtype": "bfloat16"}
    held = Check(against="float64", worst_relative_error=0.0, tolerance=0.1)
    cases = [
        Case(
            name="read-bandwidth",
            kind="ceiling",
            status="measured",
            check=held,
            parameters={"method": "x"},
            work={"bytes": price.chip.bandwidth},
            samples=[1.0] * 3,
        ),
        Case(
            name="matmul-peak",
            kind="ceiling",
            status="measured",
            check=held,
            parameters={"dtype": "bfloat16"},
            work={"flop": price.chip.peak},
            samples=[1.0] * 3,
        ),
    ]
    for chunk in (None, 32):
        given = {"batch": 4, "cached": 64, "prompt_tokens": 100, "chunk_tokens": chunk, "dtype": "bfloat16"}
        given["policy"] = "chunked" if chunk else "whole"
        for step, segments in enumerate(Landing(4, 64, 100, chunk, 2, 1).passes()[1]):
            own = shape | given | {"step": step} | reported(segments)
            cases.append(
                Case(
                    name="interference",
                    kind="workload",
                    status="measured",
                    check=held,
                    parameters=own,
                    work={"bytes": 1, "flop": 1},
                    samples=[price(segments)] * 3,
                )
            )
    trace = at_rate(poisson_trace(1, 5, Lengths("fixed", 7), Lengths("fixed", 3)), 100.0)
    for number, one in reversed(list(enumerate(trace))):
        own = {
            "policy": "continuous-chunked",
            "load": 0.5,
            "requests": 5,
            "batch": 2,
            "chunk_tokens": 16,
            "metric": "ttft",
            "dtype": "bfloat16",
        }
        own |= {"request": number, "arrival_s": one.arrival, "prompt_tokens": one.prompt, "answer_tokens": one.answer}
        cases.append(
            Case(name="serving", kind="workload", status="measured", check=held, parameters=own, samples=[0.1] * 3)
        )
    return Record.model_construct(id="toy", cases=cases)


def test_calibration_finds_the_rates_of_the_machine_that_was_measured():
    true = simulation.PassTimeModel(SHAPE, FORMAT, Chip(2e9, 5e10), overlap=False)
    passes = simulation.landing_passes(record_of(true))
    found = simulation.calibrated(replace(true, chip=Chip(1.0, 1.0), overlap=True), passes)
    assert (found.chip.bandwidth, found.chip.peak) == (pytest.approx(2e9), pytest.approx(5e10))
    assert not found.overlap
    same = [pair for pair in passes if pair == passes[0]]
    with pytest.raises(ValueError, match="do not tell reading from computing"):
        simulation.calibrated(true, same)


def test_a_record_gives_back_the_runs_it_measured():
    price = simulation.PassTimeModel(SHAPE, FORMAT, Chip(2e9, 5e10), overlap=False)
    record = record_of(price)
    landings = simulation.landing_cases(record)
    assert [landing for landing, _ in landings] == [Landing(4, 64, 100, None, 2, 1), Landing(4, 64, 100, 32, 2, 1)]
    assert all(price(segments) == seconds for segments, seconds in simulation.landing_passes(record))
    policy, requests = simulation.measured_trace(record, "continuous-chunked", 0.5)
    assert policy == Policy("continuous-chunked", 2, 16)
    assert requests == at_rate(poisson_trace(1, 5, Lengths("fixed", 7), Lengths("fixed", 3)), 100.0)
    with pytest.raises(BookError, match=r"no measured serving under static at load 0\.5"):
        simulation.measured_trace(record, "static", 0.5)
    for lost in (3, -1):  # a pass, and a request
        part = Record.model_construct(id="toy", cases=[case for case in record.cases if case is not record.cases[lost]])
        with pytest.raises(BookError, match=r"found \d+ (passes|measured requests)"):
            simulation.landing_passes(part)
            simulation.measured_trace(part, "continuous-chunked", 0.5)
    case = record.measured("interference")[0]
    ceilings = simulation.machine_price(record, case)
    assert (ceilings.chip.bandwidth, ceilings.chip.peak) == (2e9, 5e10)
    assert (ceilings.shape, ceilings.format) == (comparison.measured_shape(case), FORMAT)
    with pytest.raises(BookError, match="no measured matmul-peak in float32"):
        other = case.model_copy(update={"parameters": case.parameters | {"dtype": "float32"}})
        simulation.machine_price(record, other)


def test_the_scheduler_can_be_driven_pass_by_pass():
    scheduler = Scheduler(Policy("continuous", 1))
    assert scheduler.plan() == []
    assert [scheduler.submit(Request(0, 2, 2)), scheduler.submit(Request(0, 1, 1))] == [0, 1]
    first = scheduler.plan()
    assert first == [Segment(0, 0, 2, 0, True, True)]
    assert scheduler.waiting == 1
    scheduler.complete(first)
    assert scheduler.plan() == [Segment(0, 0, 1, 2, False, True)]


def test_a_kept_simulation_rests_on_nothing_but_its_price_and_the_code_in_its_key(catalog):
    price, ran = serving.chapter_price(catalog), set()
    price = replace(price, chip=replace(price.chip, peak=price.chip.peak / 3))  # so that nothing is remembered of it
    here = str(serving.CODE / "generators")
    sys.setprofile(lambda frame, event, _: ran.add(frame.f_code.co_filename) if event == "call" else None)
    try:
        for told in serving.TOLD.values():
            told(price, 1)
    finally:
        sys.setprofile(None)
    ours = {name[len(here) + 1 :] for name in ran if name.startswith(here)}
    assert len(ours) > 5 and [name for name in sorted(ours) if not name.startswith(serving.RESTS_ON)] == []


def test_a_simulation_is_kept_until_its_price_or_its_code_changes(catalog, monkeypatch, tmp_path):
    asked, other = [], serving.taking_turns(serving.chapter_price(catalog))
    monkeypatch.setattr(serving, "KEPT", tmp_path / "cache" / "kept.json")
    monkeypatch.setattr(serving, "TOLD", {"it": lambda price, seed: asked.append(seed) or seed / 7})
    anew = serving._over_seeds.__wrapped__
    for price, times in [(other, 1), (other, 1), (serving.chapter_price(catalog), 2), (other, 3), (other, 3)]:
        assert anew(price) == {"it": [seed / 7 for seed in serving.SEEDS]}
        assert len(asked) == times * len(serving.SEEDS)
    monkeypatch.setattr(serving, "RESTS_ON", serving.RESTS_ON[1:])
    anew(other)
    assert len(asked) == 4 * len(serving.SEEDS)
    serving.KEPT.write_text(serving.KEPT.read_text()[:-3])
    anew(other)
    assert len(asked) == 5 * len(serving.SEEDS)
