"""One decode step by its operators, from the profiler: each one's time, bytes and FLOP, and what lies outside them."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch.profiler import ProfilerActivity, profile, record_function

from generators.measure.bench import Bench
from generators.measure.cases.decode import check_steps
from generators.measure.counting import count, techniques
from generators.measure.llama import Layer, Llama, rms_norm
from generators.measure.plan import Check, CheckFailed, MeasureError, Part, Replay, Script, Unsupported, Work
from generators.measure.sdpa import choose, using
from generators.measure.shapes import shape

CONTEXT, PLAYS = 128, 15
PREFIX = "part of a step: "
OUTSIDE, WHOLE, ALONE = "outside operators", "whole step", "whole step without the profiler"
#: The lighter of torch's two ways to name a range, where it is there: hundreds of them lie in one step.
RANGE = getattr(torch._C._profiler, "_RecordFunctionFast", record_function)
QKV, GATE_UP = "query, key and value products", "gate and up products"
Tensor = torch.Tensor


class Ranged(Llama):
    """The same model with every operator of its step in a named range, when `watched`."""

    watched = False

    def part(self, name: str) -> AbstractContextManager:
        """A range of the profiler, or nothing."""
        return RANGE(PREFIX + name) if self.watched else nullcontext()

    @torch.inference_mode()
    def ranged_step(self, token: Tensor, position: int) -> Tensor:
        """The next token after `token`: operation by operation what `Llama.step` and a choice of the largest do."""
        with self.part("embedding"):
            x = self.embedding.index_select(0, token).view(-1)
        for layer, cache in zip(self.layers, self.cache, strict=True):
            with self.part("attention norm"):
                h = rms_norm(x, layer.attention_norm)
            mixed = self._ranged_attention(layer, cache, h, position)
            with self.part("residual add"):
                x = x + mixed
            with self.part("mlp norm"):
                h = rms_norm(x, layer.mlp_norm)
            mixed = self._ranged_mlp(layer, h)
            with self.part("residual add"):
                x = x + mixed
        with self.part("last norm"):
            h = rms_norm(x, self.norm)
        with self.part("head"):
            logits = torch.mv(self.head, h)
        with self.part("argmax"):
            return logits.argmax(0, keepdim=True)

    def _ranged_attention(self, layer: Layer, cache: Tensor, h: Tensor, position: int) -> Tensor:
        size = self.shape.head_dim
        with self.part(QKV):
            query, key, value = (torch.mv(matrix, h).view(-1, size) for matrix in (layer.query, layer.key, layer.value))
        with self.part("rope"):
            query, key = self._rotate(query, position), self._rotate(key, position)
        with self.part("cache write"):
            cache[0, :, position], cache[1, :, position] = key, value
        with self.part("attention"):
            keys, values = cache[:, None, :, : position + 1]
            with using(self.backend):
                mixed = F.scaled_dot_product_attention(query[None, :, None], keys, values, enable_gqa=True).reshape(-1)
        with self.part("output product"):
            return torch.mv(layer.output, mixed)

    def _ranged_mlp(self, layer: Layer, h: Tensor) -> Tensor:
        with self.part(GATE_UP):
            gate, up = torch.mv(layer.gate, h), torch.mv(layer.up, h)
        with self.part("activation"):
            h = F.silu(gate) * up
        with self.part("down product"):
            return torch.mv(layer.down, h)


def timeline(
    bench: Bench, model: str = "0.4B", dtype: str = "float32", context: int = CONTEXT, plays: int = PLAYS
) -> list[Replay]:
    """Decode steps of one model, one of them profiled in each play."""
    dimensions, number = shape(model), getattr(torch, dtype)
    reported = {"model": model, "dtype": dtype, "context": context, "batch": 1}
    needs = count.parameters(dimensions) * number.itemsize + count.kv_bytes_per_token(dimensions, 4) * context + 2**29
    return [Replay("step-operator", reported, partial(step_script, bench, model, number, context), plays, needs)]


@dataclass(eq=False)
class Steps:
    """A verified model that takes the same step over and over."""

    bench: Bench
    model: Ranged
    context: int
    token: Tensor

    def seconds(self, watched: bool) -> float:
        """Wall time of one step, issued and ended."""
        self.model.watched = watched
        self.bench.wait()
        start = time.perf_counter()
        self.model.ranged_step(self.token, self.context)
        self.bench.wait()
        return time.perf_counter() - start

    def play(self) -> list[Part]:
        """A step alone, then a step under the profiler; its operators and the rest sum to its wall time."""
        self.seconds(watched=False)  # so that caches hold what a step before leaves there
        alone = self.seconds(watched=False)
        with profile(activities=activities(self.bench), acc_events=True) as profiler:
            whole = self.seconds(watched=True)
        spent = by_operator(profiler.events(), on_device=not self.bench.is_cpu)
        counted = techniques.step_operators(self.model.shape, self.model.dtype.itemsize, self.context)
        if spent.keys() != counted.keys():
            raise MeasureError(f"the profiler saw {', '.join(sorted(spent.keys() ^ counted.keys()))} wrongly or not")
        parts = [
            Part(_reported(name, one.calls, True) | {"activation_bytes": one.activation_bytes}, one.work, spent[name])
            for name, one in counted.items()
        ]
        total = count.decode(self.model.shape, self.model.dtype.itemsize, self.context)
        return [
            *parts,
            Part(_reported(OUTSIDE, 1, True), Work(), max(whole - sum(spent.values()), 1e-9)),
            Part(_reported(WHOLE, 1, False), total, whole),
            Part(_reported(ALONE, 1, False), total, alone),
        ]


def _reported(operator: str, calls: int, summed: bool) -> dict[str, Any]:
    return {"operator": operator, "calls": calls, "part_of_step": summed}


def step_script(bench: Bench, model: str, dtype: torch.dtype, context: int) -> Script:
    """Build the model, verify its step and the ranged one, and count the profiler's overhead beforehand."""
    if not (bench.is_cpu or bench.is_cuda):
        raise Unsupported("torch's profiler times operators on processors and CUDA only")
    os.environ.setdefault("KINETO_LOG_LEVEL", "99")  # else it prints a line at each start and stop
    ranged = Ranged(bench, shape(model), dtype, capacity=context + 1)
    token = torch.ones(1, dtype=torch.long, device=bench.device)
    backend = choose(bench, ranged, lambda: ranged.step(token, context))
    check = check_ranged(bench, ranged)
    steps = Steps(bench, ranged, context, token)
    steps.play()  # the first profile of a process starts the profiler
    reported = {
        "timed": "kernels on the device" if bench.is_cuda else "operations on the processor",
        "bytes_counted": "weights and cache once; activations are told apart",
    } | backend
    return Script(steps.play, check, reported)


def check_ranged(bench: Bench, model: Ranged) -> Check:
    """The model's own step against float64, and the ranged step against it: the same token from the same cache."""
    check = check_steps(bench, model)
    drawn = torch.randint(model.shape.vocab, (4,), generator=bench.random, device=bench.device)
    for at in range(len(drawn)):
        token = drawn[at : at + 1]
        before = model.cache.clone()
        wanted, kept = model.step(token, at).argmax(0, keepdim=True), model.cache.clone()
        model.cache.copy_(before)
        found = model.ranged_step(token, at)
        if not torch.equal(found, wanted) or not torch.equal(model.cache, kept):
            raise CheckFailed("the step with named ranges is not the model's own step: token or cache differ")
    return check


def activities(bench: Bench) -> Sequence[ProfilerActivity]:
    """What the profiler watches."""
    return [ProfilerActivity.CPU, *((ProfilerActivity.CUDA,) if bench.is_cuda else ())]


def by_operator(events: Sequence[Any], on_device: bool) -> dict[str, float]:
    """Seconds of each operator: its ranges' operations, or the kernels that these launched.

    Only what lies directly in a range is summed, for an operation's time includes that of the
    ones it calls; Python between operations belongs to no operator.
    """
    spent: dict[str, float] = {}
    for event in events:
        name = event.name.removeprefix(PREFIX)
        if name == event.name or event.device_type != torch.autograd.DeviceType.CPU:
            continue  # on a GPU a range has a second event of its own there
        inside = (one.device_time_total if on_device else one.cpu_time_total for one in event.cpu_children)
        spent[name] = spent.get(name, 0.0) + sum(inside) / 1e6
    return spent
