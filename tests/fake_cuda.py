"""A stand-in for `torch.cuda` where there is no GPU: what the suite relies on there, and what it fell over.

Tensors lie in the processor's memory, and a clock of its own runs instead of the real one:

- Issuing an operation takes the processor `LAUNCH` seconds, starting a graph `START`, and `START_NODE`
  more for each of its operations where a driver works through them; the device works through what was
  issued, `NODE` seconds and its bytes over `BANDWIDTH` for each operation.
- A graph holds what was captured by address.  It owns what was made during the capture and nothing
  else: memory given back since is somebody else's, and a replay reads their numbers.
- Nothing is computed during a capture, and nothing may wait for the device in one.
- An index out of range, met on the device, is told by the next call that waits; from then on every
  call fails with it.
- Nothing is compiled: what would be runs as it is.
- Attention by cuDNN makes a plan for every new shape, which takes `PLAN` seconds.

It shows what the suite does with such a device, not what a device does: nothing here ran on a GPU.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import torch
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode, _disable_current_modes
from torch.utils._pytree import tree_leaves, tree_map

from generators.measure.bench import Bench

LAUNCH, START, NODE, PLAN = 6e-6, 10e-6, 1.2e-6, 40e-3  # seconds
START_NODE = 0.0  # seconds
BANDWIDTH = 4e12  # byte/s
L2 = 2**18  # bytes, small as the toys that are measured here
LOST = "CUDA error: device-side assert triggered"
CAPTURING = "CUDA error: operation not permitted when stream is capturing"
aten = torch.ops.aten
Tensor = torch.Tensor


@dataclass
class Place:
    """A tensor as a graph knows it: where it lies and how; the memory is the graph's own, or somebody's."""

    kind: torch.dtype
    size: tuple[int, ...]
    steps: tuple[int, ...]
    offset: int
    own: Tensor | None
    other: StorageWeakRef | None

    def find(self) -> Tensor:
        """What lies there now: the tensor, or numbers of whoever was given the memory since."""
        storage = self.own.untyped_storage() if self.own is not None else _alive(self.other)
        if storage is None:
            if self.kind.is_floating_point:
                return torch.full(self.size, 1e3).to(self.kind)
            return torch.full(self.size, 2**40 if self.kind == torch.int64 else 77).to(self.kind)
        return torch.empty(0, dtype=self.kind).set_(storage, self.offset, self.size, self.steps)


def _alive(one: StorageWeakRef) -> torch.UntypedStorage | None:
    return None if one.expired() else torch.UntypedStorage._new_with_weak_ptr(one.cdata)


@dataclass
class Node:
    """One captured operation."""

    function: Any
    args: Any
    kwargs: Any
    made: list[tuple[Tensor, int]]  # fresh results, with their place among all results
    bytes: int


class Graph:
    """`torch.cuda.CUDAGraph`."""

    device: Device

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.owned: set[int] = set()  # storages made during the capture

    def replay(self) -> None:
        """Issue everything at once."""
        self.device.alive()
        self.device.host += START + START_NODE * len(self.nodes)
        for node in self.nodes:
            self.device.work(node.bytes)
            if self.device.computes and not self.device.fault:
                self.device.guarded(node)

    def reset(self) -> None:
        self.nodes = []


@dataclass
class Event:
    """`torch.cuda.Event`."""

    device: Device
    at: float = 0.0

    def record(self) -> None:
        self.at = max(self.device.host, self.device.busy_until)

    def elapsed_time(self, later: Event) -> float:
        return (later.at - self.at) * 1e3


@dataclass
class Device:
    """The clocks, the fault, the capture under way, and the plans made."""

    host: float = 0.0
    busy_until: float = 0.0
    fault: str = ""
    capture: Graph | None = None
    plans: set[tuple] = field(default_factory=set)
    computes: bool = True  # whether replays do more than pass the time

    def alive(self) -> None:
        """Raise the fault of this process, if it met one."""
        if self.fault:
            raise RuntimeError(f"{self.fault}\nCompile with `TORCH_USE_CUDA_DSA` to enable device-side assertions.")

    def work(self, moved: float) -> None:
        """The device does one operation after what it has to do already."""
        self.busy_until = max(self.busy_until, self.host) + NODE + moved / BANDWIDTH

    def plan(self, args: Any) -> None:
        """Attention of a new shape, where cuDNN may be chosen."""
        key = tuple(tuple(x.shape) for x in args if isinstance(x, Tensor))
        if torch.backends.cuda.cudnn_sdp_enabled() and key not in self.plans:
            self.plans.add(key)
            self.host += PLAN

    def synchronize(self, *_: Any) -> None:
        """Wait, and tell what went wrong."""
        if self.capture:
            raise RuntimeError(CAPTURING)
        self.host = max(self.host, self.busy_until)
        self.alive()

    def guarded(self, node: Node) -> None:
        """One captured operation on what lies at its addresses; a wild index is told later."""
        with _disable_current_modes(), torch.inference_mode():  # the device's own work, which nobody issues
            args, kwargs = tree_map(_found, (node.args, node.kwargs))
            try:
                results = tree_leaves(node.function(*args, **kwargs))
            except (IndexError, RuntimeError):
                self.fault = LOST
                return
            for tensor, at in node.made:
                tensor.copy_(results[at])

    def record(self, function: Any, args: Any, kwargs: Any) -> Any:
        """Capture: the results' memory is the graph's, and holds nothing yet."""
        if function in (aten._local_scalar_dense.default, aten.is_nonzero.default):
            raise RuntimeError(CAPTURING)
        owned = self.capture.owned
        places = tree_map(lambda x: _place(x, owned), (args, kwargs))
        changed = [(x, x.clone()) for x in _written(function, args, kwargs)]
        result = function(*args, **kwargs)
        with torch.inference_mode():
            for tensor, before in changed:
                tensor.copy_(before)
        old = {
            x.untyped_storage()._cdata
            for x in tree_leaves((args, kwargs))
            if isinstance(x, Tensor) and x.layout == torch.strided
        }
        made = [
            (x, at)
            for at, x in enumerate(tree_leaves(result))
            if isinstance(x, Tensor) and x.untyped_storage()._cdata not in old
        ]
        for tensor, _ in made:
            owned.add(tensor.untyped_storage()._cdata)
            if tensor.is_floating_point():
                with torch.inference_mode():
                    tensor.fill_(float("nan"))
        if made or changed:
            moved = _bytes((args, kwargs, result))
            self.capture.nodes.append(Node(function, *places, made, moved))
        return result


class Watch(TorchDispatchMode):
    """Every operation of torch, as the device gets it."""

    def __init__(self, device: Device) -> None:
        super().__init__()
        self.device = device

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs, device = kwargs or {}, self.device
        device.alive()
        with self:  # what torch puts together of other operations, some of which are views only now and then
            found = function.decompose(*args, **kwargs)
        if found is not NotImplemented:
            return found
        if getattr(function, "is_view", False):
            return function(*args, **kwargs)
        if "scaled_dot_product" in str(function) or "_flash_attention" in str(function):
            device.plan(args)
        device.host += LAUNCH
        if device.capture:
            return device.record(function, args, kwargs)
        if function == aten._local_scalar_dense.default:
            device.synchronize()
        result = function(*args, **kwargs)
        device.work(_bytes((args, kwargs, result)))
        return result


def _found(leaf: Any) -> Any:
    return leaf.find() if isinstance(leaf, Place) else leaf


def _place(leaf: Any, owned: set[int]) -> Any:
    if not isinstance(leaf, Tensor) or leaf.layout != torch.strided:
        return leaf  # sparse tensors are held, which a graph does not do
    storage = leaf.untyped_storage()
    own = leaf if storage._cdata in owned else None
    other = None if own is not None else StorageWeakRef(storage)
    return Place(leaf.dtype, tuple(leaf.shape), tuple(leaf.stride()), leaf.storage_offset(), own, other)


def _written(function: Any, args: Any, kwargs: Any) -> list[Tensor]:
    """The arguments that an operation writes."""
    named = zip(function._schema.arguments, args, strict=False)
    both = [*named, *((x, kwargs[x.name]) for x in function._schema.arguments if x.name in kwargs)]
    return [v for x, v in both if x.alias_info and x.alias_info.is_write and isinstance(v, Tensor)]


def _bytes(tree: Any) -> int:
    return sum(x.numel() * x.element_size() for x in tree_leaves(tree) if isinstance(x, Tensor))


class FakeBench(Bench):
    """A bench of the stand-in: CUDA in everything but where its tensors lie."""

    def __init__(self, seed: int = 7, buffer_bytes: int = 2**22, free: float = 8e9) -> None:
        super().__init__("cpu", seed, buffer_bytes)
        self.kind, self.free = "cuda", free

    is_cuda = property(lambda self: True)
    is_cpu = property(lambda self: False)
    name = property(lambda self: "stand-in")

    def free_bytes(self) -> float:
        return self.free


@contextlib.contextmanager
def installed(patch: Any) -> Iterator[Device]:
    """`torch.cuda` and the clock replaced through `patch` (pytest's monkeypatch), every operation watched."""
    device = Device()
    stream = SimpleNamespace(wait_stream=lambda other: None, synchronize=device.synchronize)

    @contextlib.contextmanager
    def graph(one: Graph, pool: Any = None, stream: Any = None, capture_error_mode: str = "global") -> Iterator[None]:
        device.synchronize()
        device.capture = one
        try:
            yield
        finally:
            device.capture = None

    faked = {
        "is_available": lambda: True,
        "synchronize": device.synchronize,
        "Stream": lambda *_, **__: stream,
        "current_stream": lambda *_: stream,
        "stream": lambda _: contextlib.nullcontext(),
        "Event": lambda **_: Event(device),
        "CUDAGraph": type("CUDAGraph", (Graph,), {"device": device}),
        "graph": graph,
        "graph_pool_handle": lambda: "pool",
        "empty_cache": lambda: None,
        "is_current_stream_capturing": lambda: device.capture is not None,
        "get_device_properties": lambda _=0: SimpleNamespace(L2_cache_size=L2, multi_processor_count=4),
        "get_device_capability": lambda *_: (9, 0),
        "get_device_name": lambda *_: "stand-in",
        "mem_get_info": lambda *_: (8 * 10**9, 16 * 10**9),
        "memory_allocated": lambda *_: 0,
        "memory_reserved": lambda *_: 0,
        "reset_peak_memory_stats": lambda *_: None,
        "max_memory_allocated": lambda *_: 0,
    }
    for name, fake in faked.items():
        patch.setattr(torch.cuda, name, fake)
    clock = SimpleNamespace(perf_counter=lambda: device.host)
    for module in ("bench", "graphs"):
        patch.setattr(f"generators.measure.{module}.time", clock)
    patch.setattr("generators.measure.graphs.side_stream", lambda: stream)
    patch.setattr(
        "generators.measure.compiling._compile", lambda function, first, _: (first(function), (function, 0.0))[1]
    )
    with Watch(device):
        yield device
