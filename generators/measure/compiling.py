"""torch.compile where a compiler is at hand, with its caches kept out of the way.  Needs torch."""

from __future__ import annotations

import logging
import os
import tempfile
import time
import warnings
from collections.abc import Callable
from functools import cache
from itertools import count
from types import FunctionType
from typing import Any

import torch

from generators.measure.plan import Unsupported

_serial = count()


def compiled(function: FunctionType, *sample: Any) -> tuple[Callable[..., Any], dict[str, float]]:
    """`function` compiled for arguments like `sample`, and the seconds it took as parameters of a case.

    The first compilation of a process also loads the compiler; that time is told apart by
    compiling something trivial first.  Raises `Unsupported` where torch cannot compile here.
    """
    device = sample[0].device
    started = _start(device.type)
    made, seconds = _compile(function, *sample)
    return made, {"compile_seconds": round(seconds, 3), "compiler_start_seconds": round(started, 3)}


@cache
def _start(device: str) -> float:
    """Load the compiler and build something trivial; the seconds it took."""
    _caches()
    return _compile(lambda x: x + 1, torch.ones(2, device=device))[1]


@cache
def _caches() -> tempfile.TemporaryDirectory:
    """A directory of this process for compiled code, removed at its end."""
    made = tempfile.TemporaryDirectory(prefix="compiled-", ignore_cleanup_errors=True)
    os.environ["TORCHINDUCTOR_CACHE_DIR"], os.environ["TRITON_CACHE_DIR"] = made.name, f"{made.name}/triton"
    return made


def _compile(function: FunctionType, *sample: Any) -> tuple[Callable[..., Any], float]:
    """One function compiled from nothing.

    No worker processes, which would go on using the machine while others are timed; and a code
    object of its own, because torch keeps what it compiled by code object, tries one after the
    other at each call, and gives up after eight.
    """
    code = function.__code__.replace(co_name=f"{function.__name__.strip('<>')}_{next(_serial)}")
    own = FunctionType(code, function.__globals__, code.co_name, function.__defaults__, function.__closure__)
    start = time.perf_counter()
    try:
        from torch._inductor import config

        logging.getLogger("torch._inductor").setLevel(logging.ERROR)
        with warnings.catch_warnings(action="ignore"), config.patch(compile_threads=1, force_disable_caches=True):
            made = torch.compile(own, dynamic=False, fullgraph=True)
            made(*sample)
    except Exception as error:  # whatever a missing or broken compiler raises
        first = (str(error).strip().splitlines() or ["no message"])[0]
        raise Unsupported(f"torch.compile does not work here: {first[:160]}") from error
    return made, time.perf_counter() - start
