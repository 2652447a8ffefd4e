"""Cases for a measuring process without torch: steady ones, and some that fail in every way a process can."""

import inspect
import os
import signal
import time
from pathlib import Path
from typing import Any

from generators.measure.channel import Channel
from generators.measure.plan import Case, Kernel, MeasureError, Part, Replay, Script, Unsupported, Work
from tests.fakes import CHECK, LOST


def reference(device: Any) -> list[Case]:
    """The read that is timed around every round."""
    return [device.case("reference-read", 0.05)]


def steady(device: Any, names: list[str], log: str = "") -> list[Case]:
    """Cases that always work; each preparation is noted in a file."""

    def prepare(name: str) -> Kernel:
        if log:
            with Path(log).open("a") as file:
                file.write(f"{name}\n")
        return device.case(name, 0.03).prepare()

    return [Case(name, "ceiling", {"method": name}, lambda name=name: prepare(name)) for name in names]


def faulty(device: Any, how: str) -> list[Case]:
    """One case that comes to nothing between two that work."""

    def act() -> None:
        if how == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if how == "exit":
            os._exit(7)
        if how == "hang":
            time.sleep(60)
        if how == "lost":  # a line for each thread, as a failed assertion on a GPU prints them
            os.write(
                2, b"Indexing.cu:1: indexSelect: block: [0,0,0], thread: [0,0,0] Assertion `i < n` failed.\n" * 20000
            )
            device.gone = True
            raise RuntimeError(LOST)
        if how == "unsupported":
            raise Unsupported("this device has no such unit")
        raise MemoryError

    def prepare() -> Kernel:
        act()
        raise AssertionError

    bad = Case("bad", "workload", {"method": how}, prepare, needs_bytes=3e9)
    return [device.case("before", 0.03), bad, device.case("after", 0.03)]


def lost_later(device: Any) -> list[Case]:
    """A case that loses the device when it is timed in turns, after both of its neighbors were made ready."""
    calls: list[int] = []

    def run() -> None:
        calls.append(1)
        device.now += 0.03
        if len(calls) > 6:
            device.gone = True
            raise RuntimeError(LOST)

    bad = Case("bad", "workload", {"method": "late"}, lambda: Kernel(run, Work(bytes=1), CHECK))
    return [device.case("before", 0.03), bad, device.case("after", 0.03)]


def slow(device: Any, sign: str) -> list[Case]:
    """A case that shows a sign when it is timed and then takes real time, for the test that interrupts it."""

    def run() -> None:
        device.now += 0.03
        Path(sign).touch()
        time.sleep(0.05)

    return [Case("slow", "workload", {"method": "sleep"}, lambda: Kernel(run, Work(bytes=1), CHECK))]


def numbered(device: Any, names: list[str], log: str) -> list[Case]:
    """Steady cases that note which process prepared them."""

    def prepare(name: str) -> Kernel:
        with Path(log).open("a") as file:
            file.write(f"{os.getpid()}\n")
        return device.case(name, 0.03).prepare()

    return [Case(name, "ceiling", {"method": name}, lambda name=name: prepare(name)) for name in names]


def late(device: Any, names: list[str]) -> list[Case]:
    """Cases whose first takes longer to prepare than the profile has."""

    def prepare(name: str) -> Kernel:
        time.sleep(1.5)
        return device.case(name, 0.03).prepare()

    return [Case(name, "ceiling", {"method": name}, lambda name=name: prepare(name)) for name in names]


def dies_after(device: Any, calls: int) -> list[Case]:
    """A case whose process is killed when it has run so often, after one that works."""
    done: list[int] = []

    def run() -> None:
        device.now += 0.03
        done.append(1)
        if len(done) > calls:
            os.kill(os.getpid(), signal.SIGKILL)

    dies = Case("dies", "workload", {"method": "sleep"}, lambda: Kernel(run, Work(bytes=1), CHECK))
    return [device.case("before", 0.03), dies]


def dies_unanswered(device: Any) -> list[Case]:
    """A case whose process is killed between a question to the run and reading its answer."""

    def run() -> None:
        device.now += 0.03
        Channel.receive = lambda self: (time.sleep(0.3), os.kill(os.getpid(), signal.SIGKILL))

    return [Case("dies", "workload", {"method": "sleep"}, lambda: Kernel(run, Work(bytes=1), CHECK))]


def orphaned(device: Any) -> list[Case]:
    """A case that ends the process that started its own, in its first call."""
    done: list[int] = []

    def run() -> None:
        device.now += 0.03
        if not done:
            os.kill(os.getppid(), signal.SIGKILL)
        done.append(1)

    return [Case("orphan", "workload", {"method": "sleep"}, lambda: Kernel(run, Work(bytes=1), CHECK))]


def dies_at_once(device: Any) -> list[Case]:
    """A stage that can be listed, but whose process dies when it is about to measure it."""
    if any(frame.function == "_stages" for frame in inspect.stack()):
        os.kill(os.getpid(), signal.SIGKILL)
    return [device.case("listed", 0.03)]


def slow_later(device: Any, sign: str) -> list[Case]:
    """A case that shows a sign when it has run often and then takes real time, the first time it is run."""
    found, calls = Path(sign), []
    fresh = not found.exists()

    def run() -> None:
        device.now += 0.03
        calls.append(1)
        if fresh and len(calls) > 12:
            found.touch()
            time.sleep(0.2)

    return [Case("slow", "workload", {"method": "sleep"}, lambda: Kernel(run, Work(bytes=1), CHECK))]


def replay(device: Any, shifting: bool = False) -> list[Replay]:
    """A sequence of three parts."""
    plays: list[int] = []

    def play() -> list[Part]:
        plays.append(1)
        shift = len(plays) if shifting else 0
        return [Part({"step": step + shift}, Work(tokens=step), 0.001 * (step + 1)) for step in range(3)]

    return [Replay("trace", {"policy": "fifo"}, lambda: Script(play, CHECK, {"seed": 5}))]


def replay_until(device: Any, sign: str) -> list[Replay]:
    """A sequence that shows a sign after its first play and then takes real time, the first time it is run."""
    found = Path(sign)
    slow = not found.exists()

    def play() -> list[Part]:
        if slow and found.exists():
            time.sleep(0.5)
        if slow and script.plays:
            found.touch()
        script.plays += 1
        return [Part({"step": 0}, Work(tokens=1), 0.001)]

    script = Counted()
    return [Replay("trace", {"policy": "fifo"}, lambda: Script(play, CHECK))]


class Counted:
    """How often a sequence was played."""

    plays = 0


def refused(device: Any) -> list[Case]:
    """A stage that cannot even say what it holds."""
    raise MeasureError("no such thing here")


def none(device: Any) -> list[Case]:
    """A stage of which nothing can be measured here."""
    return [device.case("nowhere", 0.03, needs_bytes=1e15)]
