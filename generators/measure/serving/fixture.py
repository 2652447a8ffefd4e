"""What the serving cases share: the model under test, and that it answers a mixed batch as each sequence alone."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property, partial
from typing import Any

import torch

from generators.measure.bench import Bench
from generators.measure.counting import count
from generators.measure.counting.count import Shape
from generators.measure.exact import exact
from generators.measure.llama import reference_logits
from generators.measure.plan import Check
from generators.measure.ragged import Engine
from generators.measure.sdpa import ran
from generators.measure.serving.scheduler import Policy, Request, Scheduler, Segment

SHAPES = {
    "38M": Shape(layers=4, d_model=768, heads=12, kv_heads=4, head_dim=64, d_ff=2048, vocab=8192),
    "1.1B": Shape(layers=22, d_model=2048, heads=32, kv_heads=4, head_dim=64, d_ff=5632, vocab=32000),
}
TOLERANCE = {"float32": 1e-4, "bfloat16": 1e-1, "float16": 2e-2, "float64": 1e-9}
KINDS = {  # of attention in a pass, one segment of each: torch may run them by different back ends
    "one token": Segment(0, 0, 1, 8, False, True),
    "prompt": Segment(0, 0, 8, 0, True, True),
    "chunk": Segment(0, 0, 4, 4, True, True),
}
CHECKED = (Request(0, 5, 3), Request(0, 2, 4), Request(0, 9, 2), Request(0, 1, 3))  # in chunks of 4, two slots


def chosen_model(bench: Bench, model: str, shape: dict[str, int] | None) -> tuple[str, Shape]:
    """Name and shape: given, or one whose decode pass is not mere overhead on the device."""
    if shape:
        return model or "own", Shape(**shape)
    name = model or ("38M" if bench.is_cpu else "1.1B")
    return name, SHAPES[name]


class ServingFixture:
    """What the cases of one list share: the model, that it is right, and how fast it serves; made when first needed."""

    def __init__(self, bench: Bench, shape: Shape, dtype: str, slots: int, room: int) -> None:
        """`slots` sequences of up to `room` tokens each, and at least what the check takes."""
        self.bench, self.shape, self.dtype = bench, shape, dtype
        self.slots, self.room = max(slots, 2), max(room, 16)

    @property
    def needs_bytes(self) -> float:
        """Weights, caches, a random pool, and the largest matrix widened during the check."""
        size = getattr(torch, self.dtype).itemsize
        cache = count.kv_bytes_per_token(self.shape, size) * (self.slots + 1) * self.room
        return count.parameters(self.shape) * size + cache + 16 * self.shape.vocab * self.shape.d_model + 2**28

    @cached_property
    def engine(self) -> Engine:
        """The model with its slots."""
        return Engine(self.bench, self.shape, getattr(torch, self.dtype), self.slots, self.room)

    @cached_property
    def check(self) -> Check:
        """The engine against each sequence alone."""
        return check_engine(self.engine)

    @cached_property
    def _backends(self) -> dict[str, str]:
        return {kind: ran(partial(self.engine.run, [one])) for kind, one in KINDS.items()}

    def attention(self, chunked: bool) -> dict[str, str]:
        """As a parameter of a case, which of torch's back ends ran each kind of attention; torch's own choice on a processor."""
        if self.bench.is_cpu:
            return {}
        reported = [f"{kind}: {name}" for kind, name in self._backends.items() if chunked or kind != "chunk"]
        return {"attention_backend": "; ".join(reported)}

    def facts(self) -> dict[str, Any]:
        """Parameters that tell the model."""
        weights = count.parameters(self.shape) * self.engine.model.dtype.itemsize
        cache = self.bench.last_level_cache
        return self.shape.as_parameters() | {
            "weights_vs_llc": round(weights / cache, 3) if cache else None,
            "method": "eager, attention per sequence, padded rows",
        }


def check_engine(engine: Engine) -> Check:
    """Prompts in chunks beside decoding sequences, slots reused: logits of each answer against its sequence alone."""
    scheduler, rows, spoken = Scheduler(Policy("continuous-chunked", 2, 4)), defaultdict(list), {}
    for one in CHECKED:
        scheduler.submit(one)
    while segments := scheduler.plan():
        logits = iter(exact(engine.run(segments)))
        for one in segments:
            spoken[one.request] = engine.tokens[one.slot, : one.cached + one.new].clone()
            if one.answers:
                rows[one.request].append(next(logits))
        scheduler.complete(segments)
    worst = 0.0
    for number, one in enumerate(CHECKED):
        wanted = reference_logits(engine.model, spoken[number].tolist())[one.prompt - 1 :]
        found = torch.stack(rows[number])
        worst = max(worst, ((found - wanted).norm(dim=-1) / wanted.norm(dim=-1)).max().item())
    return Check(
        f"float64 logits of {len(CHECKED)} sequences, each alone without a cache; norm of the difference, worst token",
        worst,
        TOLERANCE[str(engine.model.dtype).removeprefix("torch.")],
    )
