"""Finding torch, or saying in one line how to get it.  Importing this module does not import torch."""

from __future__ import annotations

import os
import re
import sys
import warnings
from types import ModuleType

from generators.measure.plan import MeasureError

OLDEST = (2, 9)
WANTED = "'torch>=2.9'"


def load_torch() -> ModuleType:
    """torch, new enough, with huge pages asked for; raises `MeasureError` otherwise.

    torch's processor allocator asks for transparent huge pages only when told so before its
    first allocation.  They take page walks out of the measurement and fill memory faster; a
    value set by the person stays, and the record says what was used.
    """
    os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")
    warnings.filterwarnings("ignore", message=".*NumPy.*")  # not needed here
    try:
        import torch
    except ImportError as error:
        if error.name not in (None, "torch"):
            raise MeasureError(f"PyTorch does not load: {error}; reinstall it: {_install('torch')}") from None
        raise MeasureError(f"this Python has no PyTorch; install it: {_install(WANTED)}") from None
    except Exception as error:  # a library that is missing or does not fit raises anything
        first = (str(error).strip() or "no message").splitlines()[0][:200]
        why = f"{type(error).__name__}: {first}"
        raise MeasureError(f"PyTorch does not load: {why}; reinstall it: {_install('torch')}") from None
    found = tuple(int(part) for part in re.findall(r"\d+", torch.__version__)[:2])
    if found < OLDEST:
        wanted = ".".join(map(str, OLDEST))
        raise MeasureError(f"found torch {torch.__version__}, wanted {wanted} or newer: {_install('-U torch')}")
    return torch


def _install(what: str) -> str:
    return f"{sys.executable or 'python'} -m pip install {what}"
