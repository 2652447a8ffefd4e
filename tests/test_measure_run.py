"""A whole run in processes of its own: nothing measured is lost when a case, a process or the person ends it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from generators.catalog.record import load_record
from generators.measure import cli, profiles, record, session
from generators.measure.leftovers import sweep
from generators.measure.plan import Stage
from generators.measure.worker_process import WorkerProcess

ROOT = Path(__file__).resolve().parents[1]
WORKER = [sys.executable, "-m", "tests.fake_worker"]


class Fast(session.Session):
    """A session by whose clock a toy device's samples, which take no time, fit into the run."""

    def __init__(self, *reported: Any) -> None:
        super().__init__(*reported, clock=lambda: 100 * time.monotonic())


def stage(name: str, function: str, **settings: Any) -> Stage:
    return Stage(name, f"tests.fake_cases:{function}", settings, expected_seconds=1.0)


@pytest.fixture
def measure(tmp_path, monkeypatch, capsys):
    """Run a profile of fake stages; returns the exit status, the rows by name and what was printed."""

    def run(stages: list[Stage], *words: str, patience: float = 60.0) -> tuple[int, dict[str, Any], str]:
        monkeypatch.setitem(profiles.PROFILES, "quick", lambda kind: stages)
        monkeypatch.setattr(cli, "WorkerProcess", lambda: WorkerProcess(WORKER, patience))
        monkeypatch.setattr(cli, "Session", Fast)
        monkeypatch.setattr(cli, "only_one_run", contextlib.nullcontext)  # whatever else this machine measures
        status = cli.main([*(words or ["quick"]), "--out", str(tmp_path)])
        reported = capsys.readouterr()
        found = sorted(tmp_path.glob("*.json")) or sorted(tmp_path.glob("*.partial"))
        row = json.loads(found[-1].read_text()) if found else {"cases": []}
        return status, {case["name"]: case for case in row.get("cases", [])}, reported.out + reported.err

    return run


def begin(stages: list[Stage], out: Path) -> subprocess.Popen[str]:
    """The same in a process of its own, with a lock of its own."""
    code = (  # a shell's background jobs inherit an ignored Ctrl-C; the run of a person at a terminal does not
        "import signal, sys\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from generators.measure import cli, profiles\nfrom generators.measure.plan import Stage\n"
        "from generators.measure.worker_process import WorkerProcess\n"
        "import contextlib\ncli.only_one_run = contextlib.nullcontext\n"  # whatever else this machine measures
        "from tests.test_measure_run import Fast\ncli.Session = Fast\n"
        f"profiles.PROFILES['quick'] = lambda kind: {stages!r}\ncli.WorkerProcess = lambda: WorkerProcess({WORKER!r})\n"
        f"sys.exit(cli.main(['quick', '--out', {str(out)!r}]))"
    )
    own = os.environ | {"TMPDIR": str(out)}
    return subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env=own, stderr=subprocess.PIPE, text=True)


def wait_for(sign: Path) -> None:
    """Return when the run has come to the case that shows this sign."""
    deadline = time.monotonic() + 30
    while not sign.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert sign.exists()


def interrupt_when(sign: Path, stages: list[Stage], out: Path) -> dict[str, Any]:
    """Run, interrupt at the sign, and return what is kept."""
    process = begin(stages, out)
    wait_for(sign)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=120)
    assert process.returncode == 130
    return json.loads(next(out.glob("*.partial")).read_text())


def test_a_run_leaves_a_record_of_the_schema_and_a_summary(measure, tmp_path):
    status, rows, reported = measure([stage("one", "steady", names=["a", "b"]), stage("two", "replay")])
    assert status == 0
    assert list(rows) == ["reference-read", "a", "b", "trace"]
    found = load_record(next(tmp_path.glob("*.json")))
    assert [case.status for case in found.cases] == ["measured"] * 6
    assert len(found.environment["sessions"]) == 1
    assert "s left] one: 2 cases, timed in turns" in reported
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
        ("lost", "failed", "RuntimeError: CUDA error: device-side assert triggered; the device was lost"),
        ("memory", "failed", "out of memory: it plans with 3.0 GB"),
        ("unsupported", "skipped", "this device has no such unit"),
    ],
)
def test_a_case_that_ends_its_process_takes_no_other_with_it(measure, how, status, reason):
    stages = [stage("one", "faulty", how=how), stage("two", "steady", names=["later"]), stage("three", "none")]
    code, rows, reported = measure(stages, patience=2.0)
    assert code == (1 if status == "failed" else 0)
    assert {name: row["status"] for name, row in rows.items()} == {
        "reference-read": "measured",
        "before": "measured",
        "bad": status,
        "after": "measured",
        "later": "measured",
        "nowhere": "skipped",
    }
    assert rows["bad"]["reason"].startswith(reason)
    assert reason in reported
    assert reported.count("Assertion") == (8 if how == "lost" else 0)
    assert ("and 19992 more lines of the measuring process" in reported) == (how == "lost")


def test_one_process_measures_all_stages_while_all_goes_well(measure, tmp_path):
    log = tmp_path / "log"
    names = [stage(name, "numbered", names=[name], log=str(log)) for name in "abc"]
    assert measure(names)[0] == 0
    processes = log.read_text().split()
    assert (len(processes), len(set(processes))) == (3, 1)


def test_a_case_killed_while_it_is_timed_keeps_its_samples(measure):
    code, rows, reported = measure([stage("one", "dies_after", calls=14), stage("two", "steady", names=["later"])])
    assert code == 0
    assert rows["dies"]["status"] == "measured"
    assert len(rows["dies"]["samples"]) >= 3
    assert re.fullmatch(r"\d+ of 15 rounds; its process was ended by SIGKILL, .*", rows["dies"]["reason"])
    assert f"dies sleep: measured: {rows['dies']['reason']}" in reported
    assert (rows["before"]["status"], rows["later"]["status"]) == ("measured", "measured")


def test_an_answer_that_a_killed_process_has_not_read_does_not_pass_for_the_next_command(measure):
    code, rows, reported = measure([stage("one", "dies_unanswered"), stage("two", "steady", names=["a", "b"])])
    assert code == 1
    assert {name: row["status"] for name, row in rows.items()} == {
        "reference-read": "measured",
        "dies": "failed",
        "a": "measured",
        "b": "measured",
    }
    assert rows["dies"]["reason"].startswith("its process was ended by SIGKILL")
    assert "Traceback" not in reported


def test_killing_the_parent_of_the_measuring_process_loses_nothing(measure):
    """What measures goes on without it, and nobody is blamed at the end."""
    stages = [stage("one", "orphaned"), stage("two", "steady", names=["later"])]
    code, rows, _ = measure(stages)
    assert code == 0
    reported = {name: (row["status"], row["reason"]) for name, row in rows.items()}
    assert reported == dict.fromkeys(["reference-read", "orphan", "later"], ("measured", ""))


def test_a_process_that_dies_before_it_measures_takes_one_case_with_it(measure):
    stages = [stage("one", "steady", names=["a"]), stage("two", "dies_at_once"), stage("three", "steady", names=["b"])]
    code, rows, _ = measure(stages)
    assert code == 1
    assert {name: row["status"] for name, row in rows.items()} == {
        "reference-read": "measured",
        "a": "measured",
        "listed": "failed",
        "b": "measured",
    }


def test_a_case_cut_short_is_measured_again_on_resume_and_the_record_says_so(measure, tmp_path):
    sign = tmp_path / "sign"
    stages = [stage("one", "steady", names=["a"]), stage("two", "slow_later", sign=str(sign))]
    old = interrupt_when(sign, stages, tmp_path)
    cut = next(case for case in old["cases"] if case["name"] == "slow")
    assert cut["status"] == "measured"
    assert re.fullmatch(r"\d of 15 rounds", cut["reason"])
    assert 3 <= len(cut["samples"]) < 15
    status, rows, reported = measure(stages, "resume")
    assert status == 0
    assert (len(rows["slow"]["samples"]), rows["slow"]["reason"]) == (15, "")
    environment = load_record(next(tmp_path.glob("*.json"))).environment
    assert (environment["interrupted"], environment["resumed"], len(environment["sessions"])) == (False, 1, 2)
    assert "the run was interrupted and gone on with at " in " ".join(environment["cautions"])
    assert re.search(r"\n\nverdict: .*the run was interrupted and gone on with", reported)


def test_what_was_cut_short_and_closed_says_so(measure, tmp_path):
    sign = tmp_path / "sign"
    stages = [stage("two", "slow_later", sign=str(sign))]
    interrupt_when(sign, stages, tmp_path)
    _, rows, reported = measure(stages, "keep")
    assert re.fullmatch(r"\d of 15 rounds", rows["slow"]["reason"])
    assert f"slow sleep: measured: {rows['slow']['reason']}" in reported


def test_a_clock_that_is_set_back_does_not_end_a_run_before_it_began(measure, monkeypatch, tmp_path):
    """By a day after the start: the end is the start and what a clock that only goes forward has counted."""
    real, calls = datetime.now, []

    class Clock(datetime):
        @classmethod
        def now(cls, zone: Any = None) -> datetime:
            calls.append(1)
            return real(zone) - timedelta(days=len(calls) > 2)

    for module in (cli, session):
        monkeypatch.setattr(module, "datetime", Clock)
    assert measure([stage("one", "steady", names=["a"])])[0] == 0
    found = load_record(next(tmp_path.glob("*.json")))
    assert found.started <= found.finished


def test_temporary_folders_go_with_a_run_that_is_killed_outright(tmp_path):
    """The measuring process removes them when it finds its run gone."""
    sign = tmp_path / "sign"
    process = begin([stage("one", "slow", sign=str(sign))], tmp_path)
    wait_for(sign)
    assert len(list(tmp_path.glob("measure-*"))) == 1
    process.kill()
    process.communicate()
    deadline = time.monotonic() + 30
    while list(tmp_path.glob("measure-*")) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not list(tmp_path.glob("measure-*"))


def test_leftovers_of_processes_that_are_gone_are_swept(tmp_path):
    """What no process could remove, the next run does; what is younger than a minute may belong to another machine."""
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    names = [f"measure-{gone.pid}-x", f"measure-{os.getpid()}-x", "measure-mine", f"measure-{gone.pid}-young"]
    for name in names:
        (tmp_path / name / "deeper").mkdir(parents=True)
        if "young" not in name:
            os.utime(tmp_path / name, (0, 0))
    sweep(tmp_path, "measure-")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names[1:])


def test_a_device_lost_while_others_are_timed_costs_none_of_them(measure):
    """The fault shows only in a later round: what the others had is measured anew, by a process that can."""
    code, rows, reported = measure([stage("one", "lost_later"), stage("two", "steady", names=["later"])])
    assert code == 1
    assert {name: row["status"] for name, row in rows.items()} == {
        "reference-read": "measured",
        "before": "measured",
        "bad": "failed",
        "after": "measured",
        "later": "measured",
    }
    assert rows["bad"]["reason"].endswith("the device was lost, and its process ended")
    assert rows["bad"]["reason"] in reported


@pytest.mark.parametrize("how", ["exit", "unsupported"])
def test_where_nothing_forks_each_command_has_a_process_of_its_own(measure, monkeypatch, how):
    """Windows and macOS: the process that served a command may still be leaving when the next one comes."""
    monkeypatch.setenv("FAKE_WORKER_FORKS", "no")
    code, rows, _ = measure([stage("one", "faulty", how=how), stage("two", "steady", names=["later"])])
    assert code == (1 if how == "exit" else 0)
    assert {name: row["status"] for name, row in rows.items() if name != "bad"} == dict.fromkeys(
        ["reference-read", "before", "after", "later"], "measured"
    )


def test_a_process_that_never_begins_is_one_line(measure, monkeypatch, capsys):
    monkeypatch.setattr(cli, "only_one_run", contextlib.nullcontext)
    monkeypatch.setattr(cli, "WorkerProcess", lambda: WorkerProcess([sys.executable, "-c", "raise SystemExit(3)"]))
    assert cli.main(["quick"]) == 2
    assert "the measuring process does not start: its process ended with status 3" in capsys.readouterr().err


def test_what_is_compiled_lies_in_a_folder_of_the_run_and_goes_with_it():
    """A fork that measures leaves without cleaning up, so the run does."""
    code = (
        "import json, os, pathlib\nat = os.environ['TORCHINDUCTOR_CACHE_DIR']\npathlib.Path(at, 'code').touch()\n"
        "for line in ({'ready': 1}, {'at': at}, {'ended': 0}): print(json.dumps(line), flush=True)\ninput()"
    )
    worker = WorkerProcess([sys.executable, "-c", code])
    folder = Path(worker.ask({})["at"])
    assert (folder / "code").exists()
    assert not folder.resolve().is_relative_to(ROOT)
    worker.close()
    del worker
    assert not folder.exists()


def test_a_chip_that_the_catalog_lacks_is_refused_before_anything_is_measured(measure):
    status, rows, reported = measure([stage("one", "steady", names=["a"])], "quick", "--accelerator", "H200 SXM")
    assert (status, rows) == (2, {})
    assert "--accelerator: found 'H200 SXM', wanted the id of a chip in data/accelerators, such as h200-sxm" in reported


def test_an_interrupt_waits_while_the_record_is_written(measure, monkeypatch):
    real = cli.Session.conclude

    def interrupted(self: cli.Session, say: Any) -> int:
        os.kill(os.getpid(), signal.SIGINT)
        return real(self, say)

    monkeypatch.setattr(cli.Session, "conclude", interrupted)
    status, rows, _ = measure([stage("one", "steady", names=["a"])])
    assert (status, rows["a"]["status"]) == (0, "measured")


def test_a_disk_that_fills_up_everywhere_is_said_once_and_the_run_goes_on(measure, monkeypatch, tmp_path):
    real, calls = record._write, []

    def full(path: Path, *rest: Any) -> Path:
        calls.append(path)
        if len(calls) < 6 or path.suffix == ".json":  # a write is tried in up to five places
            raise OSError(28, "No space left on device")
        return real(path, *rest)

    monkeypatch.setattr(record, "_write", full)
    status, _, reported = measure([stage("one", "steady", names=["a"])])
    assert status == 2
    assert reported.count("cannot keep what is measured so far") == 1
    assert "No space left on device; " in reported
    assert "has what was kept last; make room, then: keep" in reported
    monkeypatch.setattr(record, "_write", real)
    assert measure([], "keep")[1]["a"]["status"] == "measured"


def test_the_bytes_held_from_the_start_are_used_when_the_disk_is_full(measure, monkeypatch, tmp_path):
    """A disk on which the record fits once the reserved bytes are given back, and not before."""
    real, files = record._write, []
    keep = record.RecordFile._reserve
    monkeypatch.setattr(record.RecordFile, "_reserve", lambda self: (keep(self), files.append(self))[0])

    def full(path: Path, *rest: Any) -> Path:
        if files[0]._room:
            raise OSError(28, "No space left on device")
        return real(path, *rest)

    monkeypatch.setattr(record, "_write", full)
    status, rows, reported = measure([stage("one", "steady", names=["a"])])
    assert (status, rows["a"]["status"]) == (0, "measured")
    assert "cannot keep" not in reported
    assert "no room" not in reported


def test_what_finds_no_room_is_kept_in_another_folder(measure, monkeypatch, tmp_path):
    other, real = tmp_path / "other", record._write
    other.mkdir()
    monkeypatch.chdir(other)

    def full(path: Path, *rest: Any) -> Path:
        if path.parent == tmp_path:
            raise OSError(28, "No space left on device")
        return real(path, *rest)

    monkeypatch.setattr(record, "_write", full)
    status, _, reported = measure([stage("one", "steady", names=["a"])])
    assert status == 0
    assert reported.count("no room in ") == 1
    assert "there was no room for it in " in reported
    assert [path.suffix for path in other.iterdir()] == [".json"]
    assert [case.status for case in load_record(next(other.iterdir())).cases] == ["measured"] * 2


def test_a_disk_that_is_full_at_the_start_is_one_line(measure, monkeypatch):
    monkeypatch.setattr(
        record.os, "urandom", lambda count: (_ for _ in ()).throw(OSError(28, "No space left on device"))
    )
    status, rows, reported = measure([stage("one", "steady", names=["a"])])
    assert (status, rows) == (2, {})
    assert "No space left on device; make room for 4 MB, or choose a folder with --out" in reported


def test_a_finished_record_is_never_gone_on_with(measure, tmp_path):
    """Its name would be taken for that of the checkpoint, and the record overwritten."""
    stages = [stage("one", "steady", names=["a"]), stage("two", "steady", names=["b"])]
    measure(stages[:1])
    done = next(tmp_path.glob("*.json"))
    before = done.read_bytes()
    status, _, reported = measure(stages, "resume", str(done))
    assert status == 2
    assert "found a file of another name, wanted an interrupted run" in reported
    done.with_name(done.name + ".partial").write_bytes(before)  # killed after writing, before deleting
    assert "is written already" in measure(stages, "resume", f"{done}.partial")[2]
    assert "found no interrupted run" in measure(stages, "resume")[2]
    assert done.read_bytes() == before


def test_a_replay_that_was_cut_short_is_played_again(measure, tmp_path):
    """Parts played once or twice are no measurement, and a resumed run must not take them for one."""
    sign = tmp_path / "sign"
    stages = [stage("one", "steady", names=["a"]), stage("two", "replay_until", sign=str(sign))]
    interrupt_when(sign, stages, tmp_path)
    status, rows, _ = measure(stages, "resume")
    assert status == 0
    assert rows["trace"]["status"] == "measured"
    assert len(rows["trace"]["samples"]) == 5


def test_the_reference_and_the_seed_of_an_earlier_part_stay(measure, tmp_path):
    sign = tmp_path / "sign"
    stages = [stage("one", "steady", names=["a"]), stage("two", "slow", sign=str(sign))]
    old = interrupt_when(sign, stages, tmp_path)
    first = next(case for case in old["cases"] if case["name"] == "reference-read")["samples"]
    partial = next(tmp_path.glob("*.partial"))
    partial.write_text(json.dumps(old | {"environment": old["environment"] | {"seed": 4711}}))
    status, rows, _ = measure(stages, "resume")
    assert status == 0
    assert rows["reference-read"]["samples"][: len(first)] == first
    assert len(rows["reference-read"]["samples"]) > len(first)
    assert json.loads(next(tmp_path.glob("*.json")).read_text())["environment"]["seed"] == 4711


def test_a_replay_that_breaks_off_leaves_one_row(measure):
    code, rows, _ = measure([stage("one", "replay", shifting=True), stage("two", "steady", names=["a"])])
    assert code == 1
    assert rows["trace"]["reason"] == "two plays of this sequence had different parts; they cannot be compared"


def test_a_stage_that_cannot_be_listed_is_one_line(measure):
    status, rows, reported = measure([stage("one", "refused")])
    assert (status, rows) == (2, {})
    assert "measure: no such thing here" in reported


def test_an_interrupted_run_is_gone_on_with_where_it_stopped(measure, tmp_path):
    """A real process, a real Ctrl-C in the second stage, then the rest in another one."""
    sign, log = tmp_path / "sign", tmp_path / "log"
    stages = [
        stage("one", "steady", names=["a", "b"], log=str(log)),
        stage("two", "slow", sign=str(sign)),
        stage("three", "steady", names=["c"], log=str(log)),
    ]
    process = begin(stages, tmp_path)
    wait_for(sign)
    process.send_signal(signal.SIGINT)
    _, reported = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "3 of 5 cases are kept" in reported
    assert "go on with them: resume" in reported
    partial = next(tmp_path.glob("*.partial"))
    assert not list(tmp_path.glob("*.json"))

    status, rows, said = measure(stages, "resume", str(partial))
    assert status == 0
    assert "one: measured before" in said
    assert {name: row["status"] for name, row in rows.items()} == dict.fromkeys(
        ["reference-read", "a", "b", "slow", "c"], "measured"
    )
    assert log.read_text().split() == ["a", "b", "c"]  # a and b were not measured twice
    assert len(load_record(next(tmp_path.glob("*.json"))).environment["sessions"]) == 2
    assert not partial.exists()


def test_a_run_that_is_killed_outright_leaves_its_checkpoint(measure, tmp_path):
    sign = tmp_path / "sign"
    stages = [stage("one", "steady", names=["a"]), stage("two", "slow", sign=str(sign))]
    process = begin(stages, tmp_path)
    wait_for(sign)
    process.kill()
    process.communicate()
    status, rows, _ = measure(stages, "keep")
    assert status == 0
    assert rows["a"]["status"] == "measured"
    assert rows["slow"]["reason"] == "not reached before the run ended"
    assert load_record(next(tmp_path.glob("*.json"))).environment["interrupted"] is True


def test_another_machine_does_not_go_on_with_a_run(measure, tmp_path, capsys):
    measure([stage("one", "steady", names=["a"])])
    done = next(tmp_path.glob("*.json"))
    row = json.loads(done.read_text())
    row["environment"]["torch"] = "2.9.0"
    partial = done.with_name(done.name + ".partial")
    partial.write_text(json.dumps(row))
    done.unlink()
    status, _, reported = measure([stage("one", "steady", names=["a"])], "resume")
    assert status == 2
    assert "environment.torch: the interrupted run has '2.9.0', this one '2.13.0'" in reported
    hollow = row | {"cases": [{key: value for key, value in row["cases"][0].items() if key != "reason"}]}
    for odd in ({}, [], row | {"profile": 5}, hollow):
        partial.write_text(json.dumps(odd))
        for action in ("resume", "keep"):
            assert cli.main([action, "--out", str(tmp_path)]) == 2
            reported = capsys.readouterr().err
            assert reported.startswith(f"measure: {partial}:")
            assert ", wanted " in reported
            assert reported.count("\n") == 1


def test_a_record_that_the_rules_of_the_book_refuse_says_why():
    pytest.importorskip("pydantic", reason="the rules need pydantic, which a run does without")
    assert "found 0, wanted 1" in session.refused({"schema": 0}, "machine--2026-01-01T0000Z.json")


def test_one_case_is_measured_after_the_ceilings_that_bound_it(measure, monkeypatch, tmp_path):
    """A record of a single workload then has what a figure predicts it from."""
    first = [
        stage("memory", "steady", names=["a"]),
        stage("compute", "steady", names=["b"]),
        stage("more", "steady", names=["c"]),
    ]
    monkeypatch.setattr(profiles, "everything", lambda kind: [*first, stage("two", "slow", sign=os.devnull)])
    monkeypatch.setattr(cli.case_names, "known", lambda name: name)
    assert list(measure([], "run", "slow")[1]) == ["reference-read", "a", "b", "slow"]
    next(tmp_path.glob("*.json")).unlink()
    assert list(measure([], "run", "c")[1]) == ["reference-read", "a", "c"]


def test_an_optional_stage_that_outlasts_the_profile_keeps_what_it_has(measure, monkeypatch):
    """Cases that were not begun say so; those at hand are timed three rounds and kept."""
    monkeypatch.setitem(profiles.BUDGETS, "quick", (1.0, 1.0))
    late = Stage("more", "tests.fake_cases:late", {"names": ["b", "c", "d"]}, 0.1, optional=True)
    code, rows, _ = measure([late])
    assert code == 0
    assert (rows["b"]["status"], len(rows["b"]["samples"])) == ("measured", 3)
    assert {rows[name]["reason"] for name in "cd"} == {"not begun within the profile's 1 s"}


def test_an_optional_stage_is_left_out_when_time_is_short(measure, monkeypatch):
    monkeypatch.setitem(profiles.BUDGETS, "quick", (0.0, 0.0))
    more = Stage("more", "tests.fake_cases:steady", {"names": ["b"]}, 9.0, optional=True)
    _, rows, reported = measure([stage("one", "steady", names=["a"]), more])
    assert rows["b"]["reason"] == "the profile's 0 s would not hold it"
    assert "more: left out" in reported
