"""Which of torch's attention back ends runs, on a GPU by name.

Left to itself torch may take cuDNN's there, which makes a plan for every new shape: on an H100 some
40 ms for each new cache length, which a median over a growing cache then tells of.  cuDNN's is
therefore taken only where it is asked for by name.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils._python_dispatch import TorchDispatchMode

from generators.measure.bench import Bench
from generators.measure.plan import Unsupported

BACKENDS = {  # in the order of preference; the last one runs anything
    "flash": SDPBackend.FLASH_ATTENTION,
    "efficient": SDPBackend.EFFICIENT_ATTENTION,
    "math": SDPBackend.MATH,
}


class Attends(Protocol):
    """What runs attention by the back end that its `backend` names; None is torch's own choice."""

    backend: str | None


@dataclass
class Named:
    """A name to be chosen, for what has no attributes of its own."""

    backend: str | None = None


def using(backend: str | None) -> AbstractContextManager[Any]:
    """Attention inside goes by this back end alone; by torch's own choice where none is named."""
    return sdpa_kernel([BACKENDS[backend]]) if backend else nullcontext()


def in_order(bench: Bench) -> AbstractContextManager[Any]:
    """On a GPU each call inside takes the first of these back ends that runs it: for passes whose calls differ in kind."""
    return nullcontext() if bench.is_cpu else sdpa_kernel(list(BACKENDS.values()), set_priority=True)


def choose(bench: Bench, one: Attends, attempt: Callable[[], object]) -> dict[str, str]:
    """Name the first back end with which `attempt` runs, as a parameter of a case; on a processor leave it to torch."""
    one.backend = None
    if not bench.is_cuda:
        return {}
    for name in BACKENDS:
        one.backend = name
        try:
            with using(name):
                attempt()
        except torch.OutOfMemoryError:
            raise
        except RuntimeError as error:
            if not refused(error):
                raise
        else:
            return {"attention_backend": name}
    raise Unsupported(f"none of torch's attention back ends runs this: {', '.join(BACKENDS)}")


class _Watch(TorchDispatchMode):
    """Notes which back ends' operations torch issues; the one named math is made of plain ones, a softmax among them."""

    def __init__(self) -> None:
        super().__init__()
        self.met: dict[str, None] = {}

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = str(function)
        found = [one for one in ("flash", "efficient", "cudnn") if f"scaled_dot_product_{one}" in name]
        self.met |= dict.fromkeys(found or (["math"] if "softmax" in name else []))
        with self:  # in inference mode torch hands over what it puts together of other operations as a whole
            made = function.decompose(*args, **(kwargs or {}))
        return function(*args, **(kwargs or {})) if made is NotImplemented else made


def ran(run: Callable[[], object]) -> str:
    """The back ends by which `run`, which is not captured yet, runs attention, in the order in which it met them."""
    with _Watch() as watch:
        run()
    return ", ".join(watch.met)


def refused(error: RuntimeError) -> bool:
    """Whether torch says that a back end does not run this, and no more than that."""
    return "backend" in str(error) or "available kernel" in str(error)
