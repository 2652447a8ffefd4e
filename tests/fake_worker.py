"""The measuring process without torch: run as a module, it serves the run with cases of `fake_cases`."""

import atexit
import os
import sys
import time
from typing import Any

from generators.measure import environment, worker
from generators.measure.plan import Stage
from tests.fakes import FakeDevice


def hello(channel: Any, command: dict[str, Any], torch: Any) -> None:
    """A toy machine."""
    facts = environment.machine_facts() | {"torch": "2.13.0", "torch_threads": 2}
    reported = {
        "name": "toy machine",
        "device": "cpu",
        "seed": command.get("seed") or 1,
        "facts": facts,
        "last_level_cache": 2**20,
    }
    channel.send({"hello": reported})


if __name__ == "__main__":
    worker.load_torch = lambda: None
    if os.environ.get("FAKE_WORKER_FORKS") == "no":  # as on Windows and macOS: one command, and slow to leave
        worker.FORKS = False
        atexit.register(time.sleep, 0.3)
    worker._bench = lambda command: FakeDevice()
    worker._hello = hello
    worker.REFERENCE = Stage("reference", "tests.fake_cases:reference")
    sys.exit(worker.main())
