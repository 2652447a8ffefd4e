"""What the measuring process prints beside its messages: a few lines of each command are passed on, the rest is counted.

A failed assertion on a GPU prints a line for every thread that met it, 25 MB in one run seen.
"""

from __future__ import annotations

import io
import sys
import threading
from collections.abc import Callable
from typing import Any

MOST = 8  # lines passed on between two calls of `begin`
WIDEST = 240  # characters of a line


def to_stderr(line: str) -> None:
    """Print a line where faults are printed."""
    print(line, file=sys.stderr, flush=True)


class Chatter:
    """Reads a stream to its end in a thread of its own, so that whoever writes to it never waits."""

    def __init__(self, stream: Any, say: Callable[[str], None] = to_stderr) -> None:
        """`stream` is raw, as of a pipe without a buffer; `say` takes one line without its end."""
        self.stream, self.say = stream, say
        self._lock = threading.Lock()
        self._lines = self._bytes = 0
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def begin(self) -> None:
        """Something new is done: say how much was cut of what came before, and pass on lines again."""
        with self._lock:
            cut = self._lines - MOST
            if cut > 0:
                self.say(f"... and {cut} more lines of the measuring process, {self._bytes / 1e6:.2g} MB, not shown")
            self._lines = self._bytes = 0

    def end(self) -> None:
        """The writer is gone: read what is left, and say how much was cut."""
        self._thread.join(timeout=10)
        self.begin()

    def _read(self) -> None:
        with io.BufferedReader(self.stream) as stream:
            while line := stream.readline(2**16):
                with self._lock:
                    self._lines += 1
                    if self._lines <= MOST:
                        self.say(line.decode(errors="replace").rstrip()[:WIDEST])
                    else:
                        self._bytes += len(line)
