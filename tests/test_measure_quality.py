"""Which rows of a record are held out of sentences, and the verdict on a run.  No torch here."""

from __future__ import annotations

import pytest

from generators.catalog.record import Record
from generators.measure.quality import held_out, oddities, verdict
from generators.measure.result import Result
from tests.fakes import row


def read(seconds: float = 0.05, **noise: float) -> Result:
    return Result(row("read-bandwidth", samples=[seconds] * 15, bytes=1e9, method="sum") | {"noise": noise})


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (read(), ""),
        (read(other_processes_share=0.1), ""),
        (read(other_processes_share=0.52), "other processes took 52% of the processors' time"),
        (read(steal_share=0.2), "the hypervisor took 20% of the processors' time"),
        (Result(row("decode", "workload", samples=[0.1] * 14 + [0.9], model="8B")), ""),  # one slow sample
        (
            Result(row("decode", "workload", samples=[0.1] * 8 + [0.2] * 7, model="8B")),
            "the middle half of its samples differ by 100% of their median",
        ),
        (Result(row("serving", "workload", samples=[0.1, 0.1, 0.2, 0.2, 0.2])), ""),  # five plays have no quartiles
        (
            Result(row("cache-read-bandwidth", samples=[0.1] * 7, bytes=6e7)),
            "it reads a cache at 0.6 GB/s, more slowly than memory at 20 GB/s",
        ),
    ],
)
def test_a_row_is_held_out_for_one_of_three_reasons(one, why):
    assert held_out([read(), one]).get(1, "") == why


def test_a_row_that_came_to_nothing_is_not_held_out():
    assert held_out([Result(row("decode", status="failed", reason="why"))]) == {}


def test_the_verdict_has_three_words():
    loud, quiet = read(other_processes_share=0.5), read()
    many = [Result(row("decode", "workload", samples=[0.1] * 7, model=str(n))) for n in range(4)]
    assert verdict([quiet, *many], {}).word == "quiet"
    reported = verdict([quiet, loud, *many], {"cautions": ["it was loud"]})
    assert (reported.word, reported.disturbed) == ("disturbed in part", False)
    assert reported.why == "1 of 6 results are held out of the book's sentences; it was loud"
    assert verdict([quiet, *many], {"cautions": "a stranger's text"}).word == "disturbed in part"
    assert verdict([loud, *many], {}).disturbed  # every read of memory
    assert verdict([quiet, loud, loud, *many[:1]], {}).disturbed  # more than a quarter of the rows


def test_a_spread_beyond_half_is_named_the_widest_first():
    wide = [
        Result(row("decode", "workload", samples=[0.1] * 14 + [slow] * 2, model=m))
        for m, slow in (("a", 0.3), ("b", 0.9))
    ]
    assert oddities([read(), *wide]) == ["decode b: spread 800%", "decode a: spread 200%"]


def test_a_record_gives_sentences_its_sound_rows_and_figures_the_pale_ones(catalog):
    whole = next(iter(catalog.records.values()))
    cases = [
        case.model_copy(update={"noise": {"other_processes_share": share}})
        for case, share in zip(whole.measured("read-bandwidth")[:2], (0.01, 0.4), strict=True)
    ]
    record = Record.model_construct(cases=cases, environment={})
    assert record.measured("read-bandwidth") == cases[:1]
    assert record.pale("read-bandwidth") == [(cases[1], "other processes took 40% of the processors' time")]
