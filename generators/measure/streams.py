"""Standard streams that may close or fill up without ending a run: what is printed then goes nowhere."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import Any


class Steady:
    """A text stream whose first fault, such as a reader that is gone or a full disk, is its last word."""

    def __init__(self, stream: Any) -> None:
        """`stream` is what is written to while it takes it; None is a stream that was closed from the start."""
        self._stream = stream or _nowhere()

    def write(self, text: str) -> int:
        """Write and flush; after a fault, nowhere."""
        try:
            written = self._stream.write(text)
            self._stream.flush()
            return written
        except (OSError, ValueError):
            self._give_up()
            return len(text)

    def flush(self) -> None:
        """Nothing is held back."""

    def _give_up(self) -> None:
        """Point the descriptor nowhere, so that the interpreter's own flush at its end does not fail either."""
        nowhere = _nowhere()
        with contextlib.suppress(OSError, ValueError, AttributeError):
            os.dup2(nowhere.fileno(), self._stream.fileno())
        self._stream = nowhere

    def __getattr__(self, name: str) -> Any:
        """Everything else is the stream's own."""
        return getattr(self._stream, name)


def steady() -> None:
    """Open what is closed among the first three descriptors, so that no file of the run gets their numbers; wrap the rest."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
        setattr(sys, name, Steady(stream))


def _nowhere() -> Any:
    return Path(os.devnull).open("w")
