"""A whole run in processes of its own: nothing measured is lost when a case, a process or the person ends it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from generators.book.record import load_record
from generators.measure import cli, profiles
from generators.measure.plan import Stage
from generators.measure.workshop import Workshop

ROOT = Path(__file__).resolve().parents[1]
WORKER = [sys.executable, "-m", "tests.fake_worker"]


def stage(name: str, function: str, **settings: Any) -> Stage:
    return Stage(name, f"tests.fake_cases:{function}", settings, expected_seconds=1.0)


@pytest.fixture
def measure(tmp_path, monkeypatch, capsys):
    """Run a profile of fake stages; returns the exit status, the rows by name and what was printed."""

    def run(stages: list[Stage], *words: str, patience: float = 60.0) -> tuple[int, dict[str, Any], str]:
        monkeypatch.setitem(profiles.PROFILES, "quick", lambda kind: stages)
        monkeypatch.setattr(cli, "Workshop", lambda: Workshop(WORKER, patience))
        monkeypatch.setattr(cli, "only_one_run", contextlib.nullcontext)  # whatever else this machine measures
        status = cli.main([*(words or ["quick"]), "--out", str(tmp_path)])
        told = capsys.readouterr()
        found = sorted(tmp_path.glob("*.json")) or sorted(tmp_path.glob("*.partial"))
        row = json.loads(found[-1].read_text()) if found else {"cases": []}
        return status, {case["name"]: case for case in row["cases"]}, told.out + told.err

    return run


def test_a_run_leaves_a_record_of_the_schema_and_a_summary(measure, tmp_path):
    status, rows, told = measure([stage("one", "steady", names=["a", "b"]), stage("two", "replay")])
    assert status == 0
    assert list(rows) == ["reference-read", "a", "b", "trace"]
    record = load_record(next(tmp_path.glob("*.json")))
    assert [case.status for case in record.cases] == ["measured"] * 6
    assert len(record.environment["sessions"]) == 1
    assert "s left] one: 2 cases, timed in turns" in told
    assert not list(tmp_path.glob("*.partial"))


@pytest.mark.parametrize(
    ("how", "status", "reason"),
    [
        (
            "kill",
            "failed",
            "its process was ended by SIGKILL, as the system does when memory runs out; it plans with 3.0 GB",
        ),
        ("exit", "failed", "its process ended with status 7; it plans with 3.0 GB"),
        ("hang", "failed", "it said nothing for 2 s and was ended; it plans with 3.0 GB"),
        ("memory", "failed", "out of memory: it plans with 3.0 GB"),
        ("unsupported", "skipped", "this device has no such unit"),
    ],
)
def test_a_case_that_ends_its_process_takes_no_other_with_it(measure, how, status, reason):
    stages = [stage("one", "faulty", how=how), stage("two", "steady", names=["later"]), stage("three", "none")]
    code, rows, told = measure(stages, patience=2.0)
    assert code == (1 if status == "failed" else 0)
    assert {name: row["status"] for name, row in rows.items()} == {
        "reference-read": "measured", "before": "measured", "bad": status, "after": "measured", "later": "measured",
        "nowhere": "skipped",
    }  # fmt: skip
    assert rows["bad"]["reason"].startswith(reason)
    assert reason in told


def test_a_stage_that_cannot_be_listed_is_one_line(measure):
    status, rows, told = measure([stage("one", "refused")])
    assert (status, rows) == (2, {})
    assert "measure: no such thing here" in told


def test_an_interrupted_run_is_gone_on_with_where_it_stopped(measure, tmp_path):
    """A real process, a real Ctrl-C in the second stage, then the rest in another one."""
    sign, log = tmp_path / "sign", tmp_path / "log"
    stages = [stage("one", "steady", names=["a", "b"], log=str(log)), stage("two", "slow", sign=str(sign)),
              stage("three", "steady", names=["c"], log=str(log))]  # fmt: skip
    code = (
        "import sys\nfrom generators.measure import cli, profiles\nfrom generators.measure.plan import Stage\n"
        "from generators.measure.workshop import Workshop\n"
        f"profiles.PROFILES['quick'] = lambda kind: {stages!r}\ncli.Workshop = lambda: Workshop({WORKER!r})\n"
        f"sys.exit(cli.main(['quick', '--out', {str(tmp_path)!r}]))"
    )
    own = os.environ | {"TMPDIR": str(tmp_path)}
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env=own, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 30
    while not sign.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "3 of 5 cases are kept" in told
    assert "go on with them: resume" in told
    partial = next(tmp_path.glob("*.partial"))
    assert not list(tmp_path.glob("*.json"))

    status, rows, said = measure(stages, "resume", str(partial))
    assert status == 0
    assert "one: measured before" in said
    assert {name: row["status"] for name, row in rows.items()} == dict.fromkeys(
        ["reference-read", "a", "b", "slow", "c"], "measured"
    )
    assert log.read_text().split() == ["a", "b", "c"]  # a and b were not measured twice
    record = load_record(next(tmp_path.glob("*.json")))
    assert len(record.environment["sessions"]) == 2
    assert not partial.exists()


def test_a_run_that_is_killed_outright_leaves_its_checkpoint(measure, tmp_path):
    sign = tmp_path / "sign"
    stages = [stage("one", "steady", names=["a"]), stage("two", "slow", sign=str(sign))]
    code = (
        "import sys\nfrom generators.measure import cli, profiles\nfrom generators.measure.plan import Stage\n"
        "from generators.measure.workshop import Workshop\n"
        f"profiles.PROFILES['quick'] = lambda kind: {stages!r}\ncli.Workshop = lambda: Workshop({WORKER!r})\n"
        f"sys.exit(cli.main(['quick', '--out', {str(tmp_path)!r}]))"
    )
    own = os.environ | {"TMPDIR": str(tmp_path)}
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env=own)
    while not sign.exists():
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    status, rows, _ = measure(stages, "keep")
    assert status == 0
    assert rows["a"]["status"] == "measured"
    assert rows["slow"]["reason"] == "not reached before the run ended"
    assert load_record(next(tmp_path.glob("*.json"))).environment["interrupted"] is True


def test_another_machine_does_not_go_on_with_a_run(measure, tmp_path):
    measure([stage("one", "steady", names=["a"])])
    done = next(tmp_path.glob("*.json"))
    row = json.loads(done.read_text())
    row["environment"]["torch"] = "2.9.0"
    partial = done.with_name(done.name + ".partial")
    partial.write_text(json.dumps(row))
    status, _, told = measure([stage("one", "steady", names=["a"])], "resume")
    assert status == 2
    assert "environment.torch: the interrupted run has '2.9.0', this one '2.13.0'" in told
    partial.write_text("{}")
    assert "found no partial record in it" in measure([], "resume")[2]


def test_an_optional_stage_is_left_out_when_time_is_short(measure, monkeypatch):
    monkeypatch.setitem(cli.catalogue.BUDGET, "quick", 0.0)
    more = Stage("more", "tests.fake_cases:steady", {"names": ["b"]}, 9.0, optional=True)
    _, rows, told = measure([stage("one", "steady", names=["a"]), more])
    assert rows["b"]["reason"] == "the profile's 0 s would not hold it"
    assert "more: left out" in told
