"""Timing the cases of one stage in turns, inside the measuring process.  No torch, and a clock of our own."""

from __future__ import annotations

from typing import Any

import pytest

from generators.measure.interleaving import Turns
from generators.measure.plan import Case, Check, Kernel, Work
from tests.fake_cases import replay
from tests.fakes import CHECK, FakeDevice


class Reported:
    """What the run would hear: messages, and the last row of each case."""

    def __init__(self, late: bool = False) -> None:
        self.messages: list[dict[str, Any]] = []
        self.rows: dict[str, dict[str, Any]] = {}
        self.late = late

    def __call__(self, **message: Any) -> dict[str, Any]:
        self.messages.append(message)
        self.rows |= message.get("rows", {})
        return {"late": self.late}


def run(device: FakeDevice, cases: list, rounds: int = 15, late: bool = False) -> Reported:
    reported = Reported(late)
    Turns(device, reported, rounds).run(dict(enumerate(cases)), device.case("reference-read", 0.05))
    return reported


def test_cases_of_a_stage_are_timed_in_turns_with_the_reference_between():
    device, order = FakeDevice(), []

    def kernel(name: str) -> Kernel:
        def act() -> None:
            order.append(name)
            device.now += 0.03

        return Kernel(act, Work(bytes=1), Check("itself", 0, 1))

    cases = {n: Case(name, "ceiling", {}, lambda name=name: kernel(name)) for n, name in enumerate("ab")}
    reported = Reported()
    Turns(device, reported, 3).run(cases, Case("r", "ceiling", {}, lambda: kernel("r")))
    assert "".join(order)[-10:] == "rabrabrabr"
    assert len(reported.messages[-1]["reference"]["samples"]) == 4


def test_a_failing_case_has_its_reason_and_the_others_survive():
    device, calls = FakeDevice(), []

    def broken() -> Kernel:
        raise RuntimeError("no kernel for /opt/secret/kernels.so\nsecond line")

    def wrong() -> Kernel:
        return Kernel(device.clock, Work(), Check("float64", 0.5, 1e-6))

    def fragile() -> None:
        calls.append(1)
        device.now += 0.03
        if len(calls) > 9:
            raise MemoryError

    cases = [
        device.case("good", 0.03),
        Case("broken", "ceiling", {}, broken),
        Case("wrong", "ceiling", {}, wrong),
        Case("fragile", "workload", {}, lambda: Kernel(fragile, Work(), CHECK)),
        device.case("huge", 0.03, needs_bytes=2e12),
    ]
    rows = list(run(device, cases).rows.values())
    got = {row["name"]: row for row in rows}
    assert {name: row["status"] for name, row in got.items()} == {
        "good": "measured",
        "broken": "failed",
        "wrong": "failed",
        "fragile": "failed",
        "huge": "skipped",
    }
    assert got["broken"]["reason"] == "RuntimeError: no kernel for <path>"
    assert "off by 0.5 relative to float64" in got["wrong"]["reason"]
    assert not got["wrong"]["samples"]
    assert got["huge"]["reason"] == "needs 2000.0 GB of memory, 1000.0 GB are free"
    assert len(got["good"]["samples"]) == 15


def test_every_round_from_the_third_is_told_before_the_next_begins():
    device = FakeDevice()
    reported = run(device, [device.case("x", 0.03)], rounds=5)
    counts = [len(m["rows"]["0"]["samples"]) for m in reported.messages if m["what"] == "round" and m["rows"]]
    assert counts == [3, 4, 5]


def test_timed_repetitions_decide_work_and_parameters_at_the_end():
    device, seen = FakeDevice(), []

    def act() -> None:
        device.now += 0.008

    def closing(repetitions: int) -> tuple[Work, dict[str, float]]:
        seen.append(repetitions)
        return Work(bytes=7), {"context": 128.0}

    case = Case("decode", "workload", {}, lambda: Kernel(act, Work(), CHECK, {"a": 1}, closing))
    row = run(device, [case]).rows["0"]
    assert seen[-1] == 15 * row["inner"]
    assert row["work"]["bytes"] == 7
    assert row["parameters"] == {"a": 1, "context": 128.0}


def test_rounds_are_cut_but_not_below_the_least_when_late():
    device = FakeDevice()
    assert len(run(device, [device.case("slow", 5.0)], late=True).rows["0"]["samples"]) == 7


def test_each_part_of_a_replay_is_a_row_with_one_sample_a_play():
    rows = run(FakeDevice(), replay(None)).rows
    assert list(rows) == ["0.0", "0.1", "0.2"]
    assert [row["parameters"]["step"] for row in rows.values()] == [0, 1, 2]
    assert all(row["parameters"]["policy"] == "fifo" and row["parameters"]["seed"] == 5 for row in rows.values())
    assert all(len(row["samples"]) == 5 and row["status"] == "measured" for row in rows.values())
    assert rows["0.2"]["samples"] == pytest.approx([0.003] * 5)
    assert rows["0.2"]["work"]["tokens"] == 2


def test_a_replay_whose_parts_change_is_refused():
    rows = run(FakeDevice(), replay(None, shifting=True)).rows
    assert rows["0"]["status"] == "failed"
    assert "two plays of this sequence had different parts" in rows["0"]["reason"]
