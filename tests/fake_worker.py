"""The measuring process without torch: run as a module, it serves the run with cases of `fake_cases`."""

from __future__ import annotations

import sys
from typing import Any

from generators.measure import environment, worker
from generators.measure.plan import Stage
from tests.fakes import FakeDevice


def hello(channel: Any, command: dict[str, Any], torch: Any) -> None:
    """A toy machine."""
    facts = environment.machine_facts() | {"torch": "2.13.0", "torch_threads": 2}
    told = {"name": "toy machine", "device": "cpu", "seed": 1, "facts": facts, "last_level_cache": 2**20}
    channel.send({"hello": told})


if __name__ == "__main__":
    worker.load_torch = lambda: None
    worker._bench = lambda command: FakeDevice()
    worker._hello = hello
    worker.REFERENCE = Stage("reference", "tests.fake_cases:reference")
    sys.exit(worker.main())
