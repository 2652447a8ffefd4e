"""One JSON object a line between the run and the process that measures; each is answered before the next one is sent.

The measuring process waits for the answer, so that nothing else of the run works while a kernel is timed.
"""

from __future__ import annotations

import json
import os
from typing import IO, Any


class Closed(Exception):
    """The other side is gone."""


class Channel:
    """Two raw streams, no read-ahead: a forked process goes on exactly where its parent stopped."""

    def __init__(self, incoming: IO[bytes], outgoing: int) -> None:
        """`incoming` is unbuffered, `outgoing` a file descriptor."""
        self.incoming, self.outgoing = incoming, outgoing

    def send(self, message: dict[str, Any]) -> None:
        """Write one message; `Closed` when nobody reads any more."""
        data = memoryview(json.dumps(message, allow_nan=False).encode() + b"\n")
        try:
            while data:
                data = data[os.write(self.outgoing, data) :]
        except OSError:
            raise Closed from None

    def receive(self) -> dict[str, Any]:
        """The next message; `Closed` when there will be none."""
        line = self.incoming.readline()
        if not line.endswith(b"\n"):
            raise Closed
        return json.loads(line)

    def tell(self, **message: Any) -> dict[str, Any]:
        """Send a message and wait for the answer."""
        self.send(message)
        return self.receive()
