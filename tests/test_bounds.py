"""A bound is below every run there is: each quoted and each measured one is held against its own."""

import tomllib

import pytest

from generators.catalog.load import load_catalog
from generators.catalog.possible import RATES, bound, impossible
from generators.comparison import batching, phases
from generators.comparison.comparison import ceilings, predicted, quoted_decodes
from generators.core.errors import BookErrors

pytestmark = pytest.mark.usefixtures("read_once")

STEPS = ("decode", "decode-batch", "decode-context", "prefill", "step-with-cache", "step-without-cache", "verify")


def test_no_quoted_run_is_beyond_its_bound_but_the_one_that_says_why(catalog):
    asked = {id_: bound(catalog, row) for id_, row in catalog.published.items()}
    held = {id_: value for id_, value in asked.items() if value is not None}
    metrics = {catalog.published[id_].metric for id_ in held}
    assert metrics == {*RATES, "latency"} and len(held) > 80, "a rule that finds no rows shows nothing"
    beyond = []
    for id_, value in held.items():
        found = catalog.published[id_].quantity.value
        if found < value if catalog.published[id_].metric == "latency" else found > value:
            beyond.append(id_)
    assert (
        beyond
        == ["gpt-fast-70b-int4-speculative"]
        == [id_ for id_, row in catalog.published.items() if row.above_bound]
    )


def test_no_quoted_decode_offline_run_or_kernel_is_beyond_the_bound_that_the_pages_print(catalog):
    """Those with a 16-bit cache, the prompt's time counted, and a product's weights read once."""
    assert all(q.reached < q.bound for q in quoted_decodes(catalog))
    assert all(run.reached < run.bound for run in batching.offline_runs(catalog))
    sweep = phases.quoted_sweep(catalog)
    for tokens, seconds, *_ in sweep.points:
        assert seconds > max(sweep.weight_bytes / sweep.bandwidth, sweep.flop_per_token * tokens / sweep.peak), tokens


def test_no_measured_row_of_any_record_is_faster_than_its_chip_or_the_best_of_its_machine(catalog):
    """All rows with bytes or FLOP; what fits the last-level cache may be read faster than memory."""
    held = 0
    for record in catalog.records.values():
        chip = catalog.accelerators.get(record.machine.accelerator)
        alike = [one for one in catalog.records.values() if one.machine == record.machine]
        best = [case for one in alike for case in one.cases if case.kind == "ceiling" and case.samples]
        reads = [case.bandwidth for case in best if case.work.bytes > record.last_level_cache]
        if not chip and not reads:
            continue  # a part of a run, which has no ceiling to be held against
        memory = 1.02 * (chip.bandwidth.value if chip else max(reads))  # the margin of what is refused at the door
        peak = 1.02 * (
            max(p.quantity.value for p in chip.peaks().values()) if chip else max(case.flops for case in best)
        )
        for case in (case for case in record.cases if case.status == "measured"):
            held += 1
            at = (record.id, case.name, case.parameters)
            assert case.flops <= peak and (case.bandwidth <= memory or case.work.bytes <= record.last_level_cache), at
    assert held > 1000, "a rule that finds no rows shows nothing"


def test_no_measured_step_is_faster_than_the_ceilings_of_its_record(catalog):
    """Unless its weights fit the last-level cache, from which a machine may read faster than from memory."""
    held = 0
    for record in catalog.current_records.values():
        if not record.measured("read-bandwidth") or not record.measured("matmul-peak"):
            continue
        roof, cache = ceilings(record), record.last_level_cache
        for case in (case for name in STEPS for case in record.measured(name)):
            peak = roof.products.get(str(case.parameters["dtype"])) or max(roof.products.values())
            least = max(case.work.bytes / roof.read, case.work.flop / peak)
            held += 1
            assert case.seconds > least or case.work.bytes < cache, (record.id, case.name, case.parameters)
        for case in record.measured("decode"):
            assert case.seconds > predicted(record, case).memory or case.work.bytes < cache, (
                record.id,
                case.parameters,
            )
    assert held > 100


@pytest.mark.parametrize(
    ("change", "reported"),
    [
        ("104.9", "204.9"),
        ("1397.31", "2397.31"),
        ('above_bound = "the draft', '# "the draft'),
        (
            'value = "76.33 tokens/s"\nmetric = "decode_tokens_per_s"\nas_printed = "76.33"',
            'value = "76330 tokens/s"\nmetric = "decode_tokens_per_s"\nas_printed = "76330"',
        ),
        (
            'value = "271.2 TFLOP/s"\nmetric = "achieved_flops"\nas_printed = "271.2',
            'value = "371.2 TFLOP/s"\nmetric = "achieved_flops"\nas_printed = "371.2',
        ),
        ('value = "38 %"\nmetric = "mfu"\nas_printed = "38', 'value = "138 %"\nmetric = "mfu"\nas_printed = "138'),
        ('value = "1028.70 GB/s"', 'value = "1028700 GB/s"'),  # rows of one die, which name no chip
    ],
)
def test_a_run_that_no_chip_can_do_is_refused(data_copy, change, reported):
    path = data_copy / "data/published/chapter1.toml"
    text = path.read_text(encoding="utf-8")
    assert change in text
    path.write_text(text.replace(change, reported), encoding="utf-8")
    with pytest.raises(BookErrors, match=r"data/published/chapter1\.toml:.*allows .* at best; .*above_bound"):
        load_catalog(data_copy)


def test_a_reason_that_no_run_needs_is_refused(data_copy):
    path = data_copy / "data/published/chapter1.toml"
    text = path.read_text(encoding="utf-8").replace(
        "[gpt-fast-7b-int8]\n", '[gpt-fast-7b-int8]\nabove_bound = "x"\n', 1
    )
    path.write_text(text, encoding="utf-8")
    assert tomllib.loads(text)["gpt-fast-7b-int8"]["above_bound"] == "x"
    with pytest.raises(BookErrors, match="within its bound; remove it"):
        load_catalog(data_copy)


def test_a_latency_below_its_bound_is_told(catalog):
    row = catalog.published["trt-7b-a100-p2048"]
    assert impossible(catalog, row) is None
    assert "at best" in impossible(catalog, row.model_copy(update={"value": "80 ms"}))
