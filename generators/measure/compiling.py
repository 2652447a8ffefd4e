"""torch.compile where a compiler is at hand: from nothing, in this process, with the seconds it took.  Needs torch.

What it compiles goes where the run says (`worker_process`), to a folder that is gone when the run ends.
"""

from __future__ import annotations

import logging
import time
import warnings
from collections.abc import Callable
from functools import cache
from itertools import count
from types import FunctionType
from typing import Any

import torch

from generators.measure.outcome import brief
from generators.measure.plan import Unsupported

Made = Callable[..., Any]
_serial = count()


def compiled(
    function: FunctionType, first: Callable[[Made], object], device: torch.device, options: dict[str, Any] | None = None
) -> tuple[Made, dict[str, float]]:
    """`function` compiled, and the seconds until `first` has called it, as parameters of a case.

    The first compilation of a process also loads the compiler, which finds out about the machine;
    that time is told apart by compiling something trivial first.  Raises `Unsupported` where torch
    cannot compile here.
    """
    started = _start(device.type)
    made, seconds = _compile(function, first, options)
    return made, {"compile_seconds": round(seconds, 3), "compiler_start_seconds": round(started, 3)}


@cache
def _start(device: str) -> float:
    """Load the compiler and build something trivial; the seconds it took."""
    return _compile(lambda x: x + 1, lambda made: made(torch.ones(2, device=device)), None)[1]


def _compile(
    function: FunctionType, first: Callable[[Made], object], options: dict[str, Any] | None
) -> tuple[Made, float]:
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
            made = torch.compile(own, dynamic=False, fullgraph=True, options=options)
            first(made)
    except Exception as error:  # whatever a missing or broken compiler raises
        raise Unsupported(f"torch.compile does not work here: {_reason(error)}") from error
    return made, time.perf_counter() - start


def _reason(error: BaseException) -> str:
    """The first line of the innermost cause that says something, short and without paths."""
    while error.__cause__ is not None and str(error.__cause__).strip():
        error = error.__cause__
    first = (str(error).strip() or type(error).__name__).splitlines()[0]
    return brief(first, 200)
