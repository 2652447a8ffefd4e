"""Which record of a machine a figure takes, and what is said of one that it passes over.  No torch here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from generators.measure.result import Result
from generators.measure.taken import passed_over, taken
from tests.fakes import row

CEILINGS = [row("read-bandwidth", samples=[0.05] * 7, bytes=1e9), row("matmul-peak", samples=[0.05] * 7, flop=1e9)]


@dataclass
class Run:
    id: str
    rows: list[dict[str, Any]]
    environment: dict[str, Any] = field(default_factory=dict)

    @property
    def started(self) -> str:
        return self.id

    @property
    def results(self) -> list[Result]:
        return [Result(one) for one in self.rows]


def run(id_: str, decodes: int, ceilings: list[dict[str, Any]] = CEILINGS, others: float = 0.0) -> Run:
    """A record with so many decode cases, disturbed where others took so much of its processors."""
    rows = [*ceilings, *(row("decode", "workload", samples=[0.1] * 7, model=str(n)) for n in range(decodes))]
    return Run(id_, [one | {"noise": {"other_processes_share": others}} for one in rows])


QUICK, LATER, MANY = run("1 quick", 6), run("2 quick again", 6), run("3 run decode", 15)


@pytest.mark.parametrize(
    ("runs", "wanted"),
    [
        ([QUICK, LATER], LATER),  # the newest of equals
        ([MANY, run("4 quick", 6)], MANY),  # the one with the most results, were it older
        ([QUICK, MANY], MANY),  # single cases count, as long as they come with their ceilings
        ([QUICK, run("9 loud", 15, others=0.5)], QUICK),  # an undisturbed one before a disturbed one
        ([QUICK, run("9 without a product", 15, CEILINGS[:1])], QUICK),
        ([run("9 without a product", 15, CEILINGS[:1])], None),
    ],
)
def test_a_figure_takes_the_best_record_of_a_machine(runs, wanted):
    assert taken(runs, "decode") is wanted


@pytest.mark.parametrize(
    ("one", "among", "why"),
    [
        (QUICK, [MANY], "3 run decode has 15 results of decode, this one 6"),
        (QUICK, [LATER], "2 quick again has as many results and is newer"),
        (run("9", 15, CEILINGS[:1]), [QUICK], "it has no sound matmul-peak, which a figure of decode needs"),
        (run("9", 6, others=0.5), [QUICK], "it has no sound decode, which a figure of decode needs"),
        (MANY, [QUICK], ""),
    ],
)
def test_a_record_that_no_figure_takes_is_told_why(one, among, why):
    assert passed_over(one, [one, *among]) == why


def test_a_run_half_disturbed_stands_behind_a_quiet_one():
    loud = run("9", 20)
    loud.rows[2:10] = [one | {"noise": {"steal_share": 0.3}} for one in loud.rows[2:10]]
    assert taken([loud, QUICK], "decode") is QUICK
    assert passed_over(loud, [loud, QUICK]) == "it was disturbed, and 1 quick was not"
