"""Starts the measuring process, hands it commands, and hears how it ended.  No torch here."""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

from generators.measure.channel import Channel, Closed
from generators.measure.chatter import Chatter
from generators.measure.leftovers import own, sweep
from generators.measure.plan import MeasureError

PATIENCE = 300.0  # seconds without a word, after which a case is taken for stuck
FOLDER = "measure-"  # prefix of the run's temporary folder
ROOT = Path(__file__).resolve().parents[2]
Answer = Callable[[dict[str, Any]], dict[str, Any]]


class Died(Exception):
    """The measuring process ended before its work did; the text says how."""


class WorkerProcess:
    """One measuring process at a time; started when needed, replaced when it is gone."""

    def __init__(self, command: list[str] | None = None, patience: float = PATIENCE) -> None:
        """`command` lets tests bring a process of their own."""
        self.command = command or [sys.executable, "-m", "generators.measure.worker"]
        self.patience = patience
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: str | None = None
        self._chatter: Chatter | None = None

    def ask(self, command: dict[str, Any]) -> dict[str, Any]:
        """Send a command and return its one answer; `MeasureError` tells a fault in one line, `Died` an end."""
        found: list[dict[str, Any]] = []
        self.work(command, lambda message: found.append(message) or {})
        if not found:
            raise Died("the measuring process gave no answer")
        return found[0]

    def work(self, command: dict[str, Any], answer: Answer) -> None:
        """Send a command and answer its messages until it ends."""
        channel = self._channel()
        self._chatter.begin()
        try:
            channel.send(command)
            while True:
                message = self._hear(channel)
                if "fault" in message:
                    self._ended(channel)
                    raise MeasureError(message["fault"])
                if "ended" in message:
                    self._judge(message)
                    return
                reported = answer(message)
                if "what" in message or "own_huge_page_bytes" in message:
                    channel.send(reported)
        except Closed:
            raise Died(_how(self.close())) from None
        except KeyboardInterrupt:
            self.close()
            raise

    def close(self) -> int:
        """End the process, whatever it does; its exit code."""
        if self._process is None:
            return 0
        with contextlib.suppress(OSError):
            if hasattr(os, "killpg"):
                os.killpg(self._process.pid, signal.SIGKILL)  # its forks too
            else:
                self._process.kill()
        code = self._process.wait()
        self._process = None
        self._chatter.end()
        return code

    def _channel(self) -> Channel:
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(
                self.command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=ROOT,
                bufsize=0,
                start_new_session=True,
                env=os.environ | self._places(),
            )  # in a session of its own, so that Ctrl-C reaches the run alone
            self._chatter = Chatter(self._process.stderr)
            self._open = Channel(self._process.stdout, self._process.stdin.fileno())
            first = self._hear(self._open)
            if "fault" in first:
                self.close()
                raise MeasureError(first["fault"])
        return self._open

    def _places(self) -> dict[str, str]:
        """Where the process puts what is to be gone with the run, however either ended: what torch compiles, scratch files."""
        if self._folder is None:
            sweep(Path(tempfile.gettempdir()), FOLDER)
            self._folder = tempfile.mkdtemp(prefix=own(FOLDER))
            weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        return {
            "TORCHINDUCTOR_CACHE_DIR": self._folder,
            "TRITON_CACHE_DIR": str(Path(self._folder, "triton")),
            "TMPDIR": self._folder,
        }

    def _hear(self, channel: Channel) -> dict[str, Any]:
        if hasattr(os, "fork") and not select.select([channel.incoming], [], [], self.patience)[0]:
            self.close()
            raise Died(f"it said nothing for {self.patience:.0f} s and was ended")
        try:
            return channel.receive()
        except Closed:
            raise Died(_how(self.close())) from None
        except ValueError:
            self.close()
            raise Died("it wrote something that is no message") from None

    def _ended(self, channel: Channel) -> None:
        """After a fault the fork still tells that it ended."""
        with contextlib.suppress(Died):
            self._judge(self._hear(channel))

    def _judge(self, message: dict[str, Any]) -> None:
        if message.get("last"):  # it serves one command only: the next one must not go to a process about to leave
            self._leave()
        if message.get("ended"):
            raise Died(_how(message["ended"]))

    def _leave(self) -> None:
        """Let the process end by itself, so that it can clean up."""
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            self._process.stdin.close()
            self._process.wait(self.patience)
            self._process = None
            self._chatter.end()
        self.close()


def _how(code: int) -> str:
    """An exit code in words."""
    if code < 0:
        name = signal.Signals(-code).name if -code in {one.value for one in signal.Signals} else f"signal {-code}"
        why = ", as the system does when memory runs out" if -code == 9 else ""
        return f"its process was ended by {name}{why}"
    return f"its process ended with status {code}"
