"""The estimate of time left, held against runs whose every second is known.  The clock is a fake one."""

from __future__ import annotations

from typing import Any

import pytest

from generators.measure.plan import Stage
from generators.measure.progress import PER_BYTE, Progress
from tests.fakes import row

GB = 10**9


class Run:
    """A run over stages, each (name, planned seconds, bytes of its models, seconds to build, seconds to time)."""

    def __init__(self, stages: list[tuple[str, float, list[float], float, float]], per_byte: float) -> None:
        self.now, self.lines, self.estimates = 0.0, [], []
        self.progress = Progress(self.lines.append, lambda: self.now, per_byte)
        self.reported = stages
        self.stages = [Stage(name, "x:y", expected_seconds=planned) for name, planned, *_ in stages]
        self.cases = [
            [self._case(name, n, size) for n, size in enumerate(sizes or [0])] for name, _, sizes, *_ in stages
        ]

    def _case(self, name: str, number: int, size: float) -> dict[str, Any]:
        reported = {"model": f"{name} {number}", "dtype": "bfloat16"} | ({"weights_bytes": size} if size else {})
        return {"name": "decode", "parameters": reported, "wanted": True}

    def go(self) -> None:
        """Let it all happen, and note (seconds so far, seconds left by the estimate) at each stage's start and end."""
        self.progress.begin(self.stages, self.cases, float("inf"))
        for stage, cases, (_, _, sizes, building, timing) in zip(self.stages, self.cases, self.reported, strict=True):
            self.estimates.append((self.now, self.progress.left()))
            self.progress.stage(stage, cases)
            for case, size in zip(cases, sizes or [1], strict=True):
                self.now += building * size / sum(sizes or [1])
                made = row("decode", "workload", samples=[0.1] * 3, **case["parameters"])
                made |= {"warmups": [0.1], "check": {"worst_relative_error": 0.0}}
                self.progress.heard(stage, {"what": "prepared", "rows": {"0": made}})
                self.estimates.append((self.now, self.progress.left()))
            for done in range(1, 8):
                self.now += timing / 7
                self.progress.heard(stage, {"what": "round", "rows": {}, "done": done, "rounds": 7})
            self.progress.finished(stage, [])


@pytest.mark.parametrize("slow", [1.0, 2.0, 4.0])
def test_building_large_models_counts_in_the_estimate(slow):
    """Small stages as planned, models of 2 to 16 GB that take as long to build as their bytes: it was off by a factor of six."""
    build = slow * PER_BYTE
    stages = [("memory", 9.0, [], 5.0 * slow, 4.0 * slow)]
    for name, planned, size in (("1.1B", 13.0, 2.2 * GB), ("3B", 17.0, 6.4 * GB), ("8B", 30.0, 16.1 * GB)):
        stages.append((name, planned, [size], build * size, 0.4 * planned * slow))
    run = Run(stages, PER_BYTE)
    run.go()
    after = [(now, left) for now, left in run.estimates if now > 9 * slow - 1 and run.now - now > 5]
    assert len(after) >= 4
    for now, left in after:
        assert 1 / 1.3 <= left / (run.now - now) <= 1.3


def test_a_stage_says_what_it_took_and_what_was_planned():
    run = Run([("memory", 9.0, [], 5.0, 6.5)], 0.0)
    run.go()
    assert run.lines[0].endswith("1 stages; about 9 s in all")
    assert run.lines[-1].endswith("memory: took 11.5 s, planned 9 s")


def test_on_a_machine_without_a_first_guess_the_plan_is_the_estimate():
    run = Run([("8B", 10.0, [16.1 * GB], 6.0, 4.0)], 0.0)
    run.go()
    assert run.estimates[0][1] == pytest.approx(10.0)
