"""A Llama-shaped model that serves: one pass over a mixed batch, each sequence with its own new and cached tokens.

All projections run on the new tokens of all sequences together, so the weights are read once;
attention runs sequence by sequence, over that sequence's part of the cache.  Rows are padded to a
few sizes, as servers do for captured graphs: libraries compile a kernel for each new number of
rows (oneDNN took 6 to 14 ms for each here, half a pass and more), and a trace never repeats itself exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F

from generators.measure.bench import Bench
from generators.measure.counting.count import Shape
from generators.measure.llama import Layer, Llama, rms_norm, rotate
from generators.measure.sdpa import in_order
from generators.measure.serving.scheduler import Segment

_STRIDE = 7919  # prompts of neighboring requests begin this far apart in the pool of tokens
Turn = tuple[torch.Tensor, torch.Tensor]


@dataclass(frozen=True, eq=False)
class Layout:
    """The segments of one pass; slot and place of each new token, and the rows of the last ones that answer."""

    segments: Sequence[Segment]
    slot: torch.Tensor
    place: torch.Tensor
    last: torch.Tensor


class Engine:
    """A model, `slots` places for sequences of up to `capacity` tokens, and what each of them holds."""

    def __init__(self, bench: Bench, shape: Shape, dtype: torch.dtype, slots: int, capacity: int) -> None:
        """Draw weights, prompts, and caches (random, never zeros: old sequences)."""
        self.bench, self.capacity = bench, capacity
        self.model = Llama(bench, shape, dtype, capacity)
        self.cache = bench.normal(shape.layers, 2, slots, shape.kv_heads, capacity, shape.head_dim, dtype=dtype)
        self.pool = torch.randint(shape.vocab, (4 * capacity,), generator=bench.random, device=bench.device)
        self.tokens = self.pool[: capacity + 1].repeat(slots, 1)

    def seconds(self, segments: Sequence[Segment]) -> float:
        """Run one pass and return the seconds it took."""
        return self.bench.time(lambda: self.run(segments), 1)

    def run(self, segments: Sequence[Segment]) -> torch.Tensor:
        """One pass: the logits of the segments that answer, one row each; their greedy tokens join the sequences."""
        return self.compute(self.lay_out(segments))

    def lay_out(self, segments: Sequence[Segment]) -> Layout:
        """What a pass looks up, on the device: made outside a graph, whose replays read it."""
        return Layout(
            segments,
            self._index([one.slot for one in segments for _ in range(one.new)]),
            self._index([one.cached + step for one in segments for step in range(one.new)]),
            self._index(_ends(segments)),
        )

    @torch.inference_mode()
    def compute(self, layout: Layout) -> torch.Tensor:
        """The pass itself, which nothing on the processor takes part in."""
        with in_order(self.bench):
            return self._compute(layout.segments, layout.slot, layout.place, layout.last)

    def _compute(
        self, segments: Sequence[Segment], slot: torch.Tensor, place: torch.Tensor, last: torch.Tensor
    ) -> torch.Tensor:
        for one in segments:
            if one.prompt:
                self._ask(one)
        x = F.pad(self.model.embedding[self.tokens[slot, place]], (0, 0, 0, padded(len(slot)) - len(slot)))
        x = self._layers(x, segments, slot, place)
        if not len(last):
            return x.new_empty(0, self.model.shape.vocab)
        logits = F.linear(rms_norm(x[last], self.model.norm), self.model.head)
        self.tokens[slot[last], place[last] + 1] = logits.argmax(-1)
        return logits

    def _index(self, values: list[int]) -> torch.Tensor:
        """Numbers on the device; pinned on their way to a GPU, so that the launch does not wait for the copy."""
        made = torch.tensor(values, dtype=torch.long, pin_memory=self.tokens.is_cuda)
        return made.to(self.tokens.device, non_blocking=True)

    def _ask(self, one: Segment) -> None:
        """Write the prompt tokens of a segment where the pass looks for them: each request has its own."""
        begin = one.request * _STRIDE % (3 * self.capacity) + one.cached
        self.tokens[one.slot, one.cached : one.cached + one.new] = self.pool[begin : begin + one.new]

    def _layers(
        self, x: torch.Tensor, segments: Sequence[Segment], slot: torch.Tensor, place: torch.Tensor
    ) -> torch.Tensor:
        turn = self.model.cosine[place][:, None], self.model.sine[place][:, None]
        rows, masks = [one.new for one in segments], [_mask(one, x.device) for one in segments]
        tail = x.new_zeros(len(x) - len(slot), self.model.shape.heads * self.model.shape.head_dim)
        for layer, cache in zip(self.model.layers, self.cache, strict=True):
            query, cache[0][slot, :, place], cache[1][slot, :, place] = self._project(layer, x, turn, len(slot))
            mixed = [
                attend(mine, cache[:, one.slot, :, : one.cached + one.new], mask)
                for mine, one, mask in zip(query.split(rows), segments, masks, strict=True)
            ]
            x = x + F.linear(torch.cat([*mixed, tail]), layer.output)
            h = rms_norm(x, layer.mlp_norm)
            x = x + F.linear(F.silu(F.linear(h, layer.gate)) * F.linear(h, layer.up), layer.down)
        return x

    def _project(
        self, layer: Layer, x: torch.Tensor, turn: Turn, count: int
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Queries, keys and values of the `count` new tokens, [tokens, heads, head_dim] each."""
        h, size = rms_norm(x, layer.attention_norm), self.model.shape.head_dim
        query, key, value = (
            F.linear(h, weight)[:count].view(count, -1, size) for weight in (layer.query, layer.key, layer.value)
        )
        return rotate(query, *turn), rotate(key, *turn), value


def padded(rows: int) -> int:
    """Rows that a pass computes for so many tokens: exact up to 8, then multiples of 16, from 256 on of 64."""
    step = 1 if rows <= 8 else 16 if rows <= 256 else 64
    return -(-rows // step) * step


def attend(query: torch.Tensor, cache: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
    """Grouped-query attention of one sequence's new tokens, [tokens, heads, head_dim], over its cache."""
    alone = mask is None and len(query) > 1  # a prompt from its beginning: the plain causal mask
    mixed = F.scaled_dot_product_attention(
        query.transpose(0, 1)[None], cache[0][None], cache[1][None], attn_mask=mask, is_causal=alone, enable_gqa=True
    )
    return mixed[0].transpose(0, 1).reshape(len(query), -1)


def _mask(one: Segment, device: torch.device) -> torch.Tensor | None:
    """Which cached and new tokens each new token sees, where neither "all" nor "causal from the beginning" says it."""
    if one.new == 1 or one.cached == 0:
        return None
    return torch.ones(one.new, one.cached + one.new, dtype=torch.bool, device=device).tril(one.cached)


def _ends(segments: Sequence[Segment]) -> list[int]:
    """The row of the last new token of each segment that answers."""
    ends, end = [], 0
    for one in segments:
        end += one.new
        if one.answers:
            ends.append(end - 1)
    return ends
