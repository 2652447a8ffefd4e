"""The command line: picks device and profile, runs, and leaves a record and a readable summary."""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from generators.measure import case_names, environment, profiles, resume
from generators.measure.accelerators import known_chip
from generators.measure.plan import MeasureError
from generators.measure.progress import PER_BYTE, Progress
from generators.measure.record import RecordFile, only_one_run, public_note
from generators.measure.runner import Runner
from generators.measure.session import Session
from generators.measure.worker_process import Died, WorkerProcess

ROOT = Path(__file__).resolve().parents[2]
UNUSABLE, INTERRUPTED = 2, 130
EXTRA: dict[str, Any] = {}  # what tests add to every command: a smaller buffer
ACTIONS = {
    "quick": "measure the ceilings and three models (the default)",
    "full": "measure everything",
    "peers": "measure beside other programs",
    "list": "show profiles and cases",
    "run": "measure one case: run NAME",
    "compare": "hold two records side by side: compare A B, by id or path",
    "resume": "go on with an interrupted run: resume [PARTIAL]",
    "keep": "close an interrupted run as it is: keep [PARTIAL]",
}


def parser() -> argparse.ArgumentParser:
    """The options, with their defaults in the help."""
    reported = "\n".join(f"  {name:<9} {what}" for name, what in ACTIONS.items())
    made = argparse.ArgumentParser(
        prog="python -m generators.measure",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description=f"Measure this machine into one JSON record.\n\nactions:\n{reported}",
    )
    made.add_argument("action", nargs="?", default="quick", choices=list(ACTIONS), metavar="action")
    made.add_argument("names", nargs="*", help="the case of run; the records of compare, resume and keep")
    devices = ["auto", "cpu", "cuda", "mps"]
    made.add_argument(
        "--device", choices=devices, default="auto", help="default: a CUDA or ROCm GPU where there is one, else cpu"
    )
    made.add_argument("--out", type=Path, default=ROOT / "data/measurements", help="default: data/measurements")
    made.add_argument("--note", default="", help="anything a reader of the record should know")
    made.add_argument(
        "--accelerator", default="", help="the chip's id in data/accelerators, where its name does not tell"
    )
    made.add_argument("--anyway", action="store_true", help="compare records whose conditions differ")
    return made


def main(words: list[str] | None = None) -> int:
    """Run; the exit status is 0 measured, 1 a case failed, 2 not possible, 130 interrupted."""
    reported = parser().parse_intermixed_args(words)
    try:
        _names_fit(reported)
        if reported.action == "list":
            print(case_names.listing())
            return 0
        if reported.action == "compare":
            from generators.measure.comparing import compare
            from generators.measure.comparing.file import located

            return compare.run([located(name, reported.out) for name in reported.names], print, anyway=reported.anyway)
        with only_one_run(), _terminate_as_interrupt():
            return measure(reported)
    except MeasureError as error:
        print(f"measure: {error}", file=sys.stderr)
        return UNUSABLE
    except Died as error:
        print(f"measure: the measuring process does not start: {error}", file=sys.stderr)
        return UNUSABLE
    except KeyboardInterrupt:
        print(
            "measure: interrupted before anything new was measured; an earlier part is gone on with by: resume",
            file=sys.stderr,
        )
        return INTERRUPTED


def _names_fit(reported: argparse.Namespace) -> None:
    """Refuse an action with too few or too many names."""
    least, most = {"run": (1, 1), "compare": (2, 2), "resume": (0, 1), "keep": (0, 1)}.get(reported.action, (0, 0))
    if not least <= len(reported.names) <= most:
        wanted = {"run": "the name of a case; see: list", "compare": "two records"}.get(reported.action, "none")
        raise MeasureError(f"{reported.action}: found {len(reported.names)} names, wanted {wanted}")
    if reported.action == "run":
        case_names.known(reported.names[0])


def measure(reported: argparse.Namespace, worker: WorkerProcess | None = None) -> int:
    """One run as the options say: a new one, or the rest of an interrupted one."""
    note, accelerator = public_note(reported.note), known_chip(reported.accelerator, ROOT)
    old, path = None, None
    if reported.action in ("resume", "keep"):
        path = resume.find(reported.out, reported.names[0] if reported.names else None)
        old = resume.read(path)
        if reported.action == "keep":
            try:
                return Session.of(old, path).conclude(print)
            except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
                why = f"{type(error).__name__}: {error}"[:200]
                raise MeasureError(
                    f"{path}: found a value that nothing can be made of ({why}); {resume.MEND}"
                ) from None
    profile = old["profile"] if old else " ".join([reported.action, *reported.names])
    device = {"rocm": "cuda"}.get(old["machine"]["device"], old["machine"]["device"]) if old else reported.device
    worker = worker or WorkerProcess()
    seed = old["environment"].get("seed") if old else None
    hello = worker.ask({"do": "hello", "device": device, "seed": seed})["hello"]
    moment = datetime.now(UTC)
    head = environment.header(hello, profile, moment, note, accelerator, ROOT)
    if old:
        resume.same(old, head | {"environment": hello["facts"]})
        head, file = {key: old[key] for key in head}, RecordFile.of_partial(path)
    else:
        file = RecordFile(reported.out, head["machine"]["name"], moment)
    print(
        f"{head['machine']['name']}; torch {hello['facts']['torch']}, "
        f"{hello['facts']['torch_threads']} threads; profile {profile}",
        flush=True,
    )
    return _run(reported, worker, hello, Session(head, hello, file, old))


def _run(reported: argparse.Namespace, worker: WorkerProcess, hello: dict[str, Any], session: Session) -> int:
    """Measure the stages of a session and write what comes of them."""
    profile, _, only = session.head["profile"].partition(" ")
    kind = hello["device"]
    stages = profiles.everything(kind) if only else profiles.stages(profile, kind)
    device = {"rocm": "cuda"}.get(kind, kind)
    head = {"device": device, "seed": hello["seed"]} | EXTRA
    progress = Progress(lambda line: print(line, flush=True), per_byte=PER_BYTE if kind == "cpu" else 0.0)
    runner = Runner(worker, head, progress, session.checkpoint, profiles.budget(profile, kind))
    session.runner = runner
    worker.patience = min(worker.patience, profiles.patience(kind))
    try:
        runner.run(stages, session.kept, only)
    finally:
        worker.close()
    with _undisturbed():
        return session.conclude(print)


@contextlib.contextmanager
def _undisturbed() -> Any:
    """Let an interrupt wait while a record is written, which takes no time worth interrupting."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _terminate_as_interrupt() -> Any:
    """Let a polite kill end the run as Ctrl-C does, so that its measurements are written."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
