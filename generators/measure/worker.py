"""The process that measures: loads torch once, then does what it is asked, each time in a fork of itself.

A fork that runs out of memory or crashes takes nothing with it: the run hears how it ended and
goes on with the next case.  Where forking is not safe (Windows, macOS) the process serves one
command and is started anew.  Run by `worker_process`, not by a person.
"""

from __future__ import annotations

import contextlib
import gc
import os
import shutil
import signal
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from generators.measure import environment, machine
from generators.measure.channel import Channel, Closed
from generators.measure.outcome import brief
from generators.measure.plan import DeviceLost, MeasureError, Stage
from generators.measure.torch_setup import load_torch

LOST = 70  # exit status of a process whose device answers no more
FORKS = sys.platform.startswith("linux")
REFERENCE = Stage("reference", "bandwidth:reference_case")


def main() -> int:
    """Serve commands until the run closes its end; where the run was killed, remove its temporary folder."""
    run = os.getppid()
    try:
        return _main()
    finally:
        if os.getppid() != run and (folder := os.environ.get("TORCHINDUCTOR_CACHE_DIR")):
            shutil.rmtree(folder, ignore_errors=True)


def _main() -> int:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the run decides when to stop
    outgoing = os.dup(1)
    os.dup2(2, 1)  # what a library prints must not pass for a message
    channel = Channel(open(0, "rb", buffering=0), outgoing)  # noqa: SIM115  lives as long as the process
    with contextlib.suppress(Closed):
        try:
            torch = load_torch()
        except MeasureError as error:
            channel.send({"fault": str(error)})
            return 2
        channel.send({"ready": True})
        while True:
            ended = _serve(channel, channel.receive(), torch)
            last = not FORKS or ended != 0  # an answer that a dead fork has not read would pass for the next command
            channel.send({"ended": ended, "last": last})
            if last:
                return 0
    return 0


def _serve(channel: Channel, command: dict[str, Any], torch: Any) -> int:
    """Perform one command in a fork and return its exit code, negative for the signal that killed it."""
    if not FORKS:
        return perform(channel, command, torch)
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            _first_to_be_killed()
            status = perform(channel, command, torch)
        finally:
            sys.stderr.flush()
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _first_to_be_killed() -> None:
    """When memory runs out the system shall take this process, not the run that holds the results."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")


def perform(channel: Channel, command: dict[str, Any], torch: Any) -> int:
    """One command, `hello`, `list` or `stages`; a fault is told in one line."""
    try:
        {"hello": _hello, "list": _list, "stages": _stages}[command["do"]](channel, command, torch)
    except Closed:
        return 0
    except DeviceLost:
        return LOST  # nothing else can be done in this process; the case at fault has been told
    except MeasureError as error:
        channel.send({"fault": str(error)})
    except Exception as error:  # whatever a case's module raises must reach the person as one line
        first = (str(error).strip() or "no message").splitlines()[0]
        channel.send({"fault": brief(f"{type(error).__name__}: {first}", 400)})
    return 0


def _bench(command: dict[str, Any]) -> Any:
    from generators.measure.bench import Bench

    return Bench(command["device"], command.get("seed"), command.get("buffer_bytes"))


def _hello(channel: Channel, command: dict[str, Any], torch: Any) -> None:
    if command["device"] == "auto":
        command["device"] = "cuda" if torch.cuda.is_available() else "cpu"
        if command["device"] == "cpu" and (gpu := environment.gpu_facts()):
            raise MeasureError(
                f"found a GPU ({gpu['gpu_name']}, driver {gpu['gpu_driver']}) that torch {torch.__version__} cannot use, "
                "wanted a torch built for that driver; install one, or measure the processor: --device cpu"
            )
    bench = _bench(command)
    facts = environment.machine_facts() | environment.torch_facts(torch)
    facts |= environment.gpu_facts() if bench.is_cuda else {}
    reported = {"name": bench.name, "device": bench.kind, "seed": bench.seed, "facts": facts}
    reported["last_level_cache"] = bench.last_level_cache
    channel.send({"hello": reported})


def _list(channel: Channel, command: dict[str, Any], torch: Any) -> None:
    from generators.measure.interleaving import cases_of

    bench = _bench(command)
    listed = []
    for stage in command["stages"]:
        cases = cases_of(bench, Stage(**stage))
        listed.append(
            [
                {
                    "name": c.name,
                    "kind": c.kind,
                    "parameters": c.parameters,
                    "needs_bytes": c.needs_bytes,
                    "label": c.label,
                }
                for c in cases
            ]
        )
    channel.send({"listed": listed})


def _stages(channel: Channel, command: dict[str, Any], torch: Any) -> None:
    """One stage after another, as the run hands them out, until it has no more: libraries load and kernels build once."""
    from generators.measure.interleaving import Turns, cases_of

    bench = _bench(command)
    reference = cases_of(bench, REFERENCE)[0]
    reference = replace(reference, prepare=cache(reference.prepare))  # verified once in a process
    while reported := channel.tell(what="next", own_huge_page_bytes=machine.own_huge_pages()):
        stage = Stage(**reported["stage"])
        try:
            cases = cases_of(bench, stage)
            chosen = {index: cases[index] for index in reported["indices"]}
            Turns(bench, channel.tell, stage.rounds).run(chosen, reference, reported["reference_inner"])
        except (Closed, DeviceLost):
            raise
        except Exception as error:  # between two cases; what was done last is to blame, as the run knows
            if bench.lost():
                raise DeviceLost from error
            raise
        cases = chosen = None  # with what they allocated
        gc.collect()
        bench.tidy()


if __name__ == "__main__":
    sys.exit(main())
