"""The command line: picks device and profile, runs, and leaves a record and a readable summary."""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from generators.measure import catalogue, environment, machine
from generators.measure.plan import MeasureError
from generators.measure.progress import Progress
from generators.measure.record import SCHEMA, RecordFile, only_one_run, public_name, public_note, stamp
from generators.measure.runner import Runner
from generators.measure.summary import sentences
from generators.measure.torch_setup import load_torch

if TYPE_CHECKING:
    from generators.measure.bench import Bench

ROOT = Path(__file__).resolve().parents[2]
FAILED, UNUSABLE, INTERRUPTED = 1, 2, 130


def parser() -> argparse.ArgumentParser:
    """The options, with their defaults in the help."""
    told = "Measure this machine into one JSON record."
    made = argparse.ArgumentParser(prog="python -m generators.measure", description=told)
    made.add_argument("action", nargs="?", default="quick", choices=["quick", "list", "run"], help="default: quick")
    made.add_argument("name", nargs="?", help="the case, with run")
    made.add_argument("--device", choices=["cpu", "cuda"], default="cpu", help="default: cpu")
    made.add_argument("--out", type=Path, default=ROOT / "data/measurements", help="default: data/measurements")
    made.add_argument("--note", default="", help="anything a reader of the record should know")
    return made


def main(words: list[str] | None = None) -> int:
    """Run; the exit status is 0 measured, 1 a case failed, 2 not possible, 130 interrupted."""
    told = parser().parse_args(words)
    try:
        if told.action == "list":
            print(catalogue.listing())
            return 0
        if (told.action == "run") != (told.name is not None):
            raise MeasureError("run needs the name of a case, and nothing else takes one; see: list")
        if told.action == "run":
            catalogue.known(told.name)
        return measure(told)
    except MeasureError as error:
        print(f"measure: {error}", file=sys.stderr)
        return UNUSABLE
    except KeyboardInterrupt:
        print("measure: interrupted before anything was measured; nothing is written", file=sys.stderr)
        return INTERRUPTED


def measure(told: argparse.Namespace) -> int:
    """One run as the options say."""
    note = public_note(told.note)
    torch = load_torch()
    from generators.measure import bandwidth, profiles
    from generators.measure.bench import Bench

    with only_one_run(), _terminate_as_interrupt():
        bench = Bench(told.device)
        stages = profiles.quick(bench)
        if told.action == "run":
            stages = profiles.only(stages, told.name)
        profile = f"run {told.name}" if told.action == "run" else told.action
        started = datetime.now(UTC)
        file = RecordFile(told.out, bench.name, started)
        threads = torch.get_num_threads()
        print(f"{bench.name}; torch {torch.__version__}, {threads} threads; profile {profile}", flush=True)
        head = header(bench, profile, started, note)
        facts = environment.machine_facts() | environment.torch_facts(torch) | {"seed": bench.seed}
        facts |= environment.gpu_facts() if bench.is_cuda else {}
        runner = Runner(
            bench,
            Progress(lambda line: print(line, flush=True)),
            lambda _: file.checkpoint(assemble(head, facts, runner)),
            catalogue.BUDGET.get(told.action, float("inf")),
        )
        runner.run(stages, bandwidth.reference_case(bench))
        return conclude(runner, file, lambda: assemble(head, facts, runner))


def header(bench: Bench, profile: str, started: datetime, note: str) -> dict[str, Any]:
    """The record's fields that are known before anything is timed."""
    commit, dirty = environment.commit_of(ROOT)
    return {
        "schema": SCHEMA,
        "started": stamp(started),
        "profile": profile,
        "command": f"python -m generators.measure {profile} --device {bench.device.type}",
        "commit": commit,
        "dirty": dirty,
        "supersedes": "",
        "note": note,
        "machine": {"name": public_name(bench.name), "device": bench.kind, "accelerator": ""},
    }


def assemble(head: dict[str, Any], facts: dict[str, Any], runner: Runner) -> dict[str, Any]:
    """The record as it stands now."""
    drift = runner.drift()
    late = facts | {
        "own_huge_page_bytes": machine.own_huge_pages(),
        "reference_drift": None if drift is None else round(drift, 4),
        "cautions": runner.cautions(),
        "interrupted": runner.interrupted,
    }
    cases = [outcome.as_row() for outcome in runner.outcomes]
    return head | {"finished": stamp(datetime.now(UTC)), "environment": late, "cases": cases}


def conclude(runner: Runner, file: RecordFile, row: Callable[[], dict[str, Any]]) -> int:
    """Write the record, say what it holds and where it lies."""
    if runner.interrupted and not any(one.status == "measured" for one in runner.outcomes):
        file.discard()
        raise KeyboardInterrupt
    lies = file.finish(row())
    print()
    for line in sentences(runner.outcomes, runner.cautions()):
        print(line)
    print(f"record: {_near(lies)}")
    if runner.interrupted:
        print("interrupted: what was measured until then is in the record", file=sys.stderr)
        return INTERRUPTED
    return FAILED if any(one.failed for one in runner.outcomes) else 0


def _near(path: Path) -> str:
    """A path relative to the working folder where that is shorter."""
    with contextlib.suppress(ValueError):
        return str(path.resolve().relative_to(Path.cwd()))
    return str(path)


@contextlib.contextmanager
def _terminate_as_interrupt() -> Any:
    """Let a polite kill end the run as Ctrl-C does, so that its measurements are written."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
