"""A pass held against float64 at the batch, context and number of tokens at which it will be timed.

All layers in float64 at a context of thousands would take longer than the measurement, so one
layer drawn at random is checked at full size, together with embedding and head; that the layers
chain rightly is checked apart, on short sequences (`shared_model.check_all_layers`).
"""

from __future__ import annotations

import random

import torch

from generators.measure.batched import Batched, Plan
from generators.measure.bench import Bench
from generators.measure.plan import Check
from generators.measure.reference import Wide, rms_norm64, rotate64

SEQUENCES, PLACES = 2, 4  # how many sequences and, in each, tokens are compared
TOLERANCE = {torch.float32: 2e-5, torch.bfloat16: 3e-2, torch.float64: 1e-9}


@torch.inference_mode()
def check_pass(bench: Bench, made: Batched, tokens: torch.Tensor, plan: Plan, draw: random.Random) -> Check:
    """Hidden states and scores of some tokens of some sequences; the last sequence and the last token among them.

    Cache slots that the pass must write are filled with NaN first.
    """
    place = draw.randrange(made.shape.layers)
    rows = sorted({*draw.sample(range(plan.batch), min(plan.batch, SEQUENCES) - 1), plan.batch - 1})
    spots = sorted({*draw.sample(range(plan.new), min(plan.new, PLACES) - 1), plan.new - 1})
    cache = made.caches[place]
    before = cache[:, rows, :, : plan.context].clone()
    if plan.keeps:
        cache[:, :, :, plan.context : plan.capacity] = float("nan")
    found = made.hidden(tokens, plan.context, (place,), plan.keeps)
    scored = made.scores(found[:, -plan.logits :])
    if plan.keeps:  # whatever came out, other cases share this storage
        cache[:, :, :, plan.context : plan.capacity].nan_to_num_(1.0)
    wide = Wide(bench.device)
    wanted = reference_layer(wide, made, place, tokens[rows], before, spots)
    heard = [spot for spot in spots if spot >= plan.new - plan.logits]
    scores = scored[rows][:, [spot - plan.new + plan.logits for spot in heard]]
    head = rms_norm64(wanted[:, [spots.index(spot) for spot in heard]], wide(made.weights.norm))
    worst = max(
        distance(wide(found[rows][:, spots]), wanted),
        distance(wide(scores), wide.linear(head.flatten(0, 1), made.weights.head).view(*head.shape[:2], -1)),
    )
    reported = "float64 states and logits after one random layer at this size; norm of the difference, worst token"
    return Check(reported, worst, TOLERANCE[made.weights.dtype])


def distance(found: torch.Tensor, wanted: torch.Tensor) -> float:
    """Norm of the difference over the norm wanted, worst vector."""
    return ((found - wanted).norm(dim=-1) / wanted.norm(dim=-1)).max().item()


def reference_layer(
    wide: Wide, made: Batched, index: int, tokens: torch.Tensor, before: torch.Tensor, spots: list[int]
) -> torch.Tensor:
    """What leaves one layer, in float64, for some of the new tokens of each sequence: [sequences, spots, d_model].

    `before` is the cache [2, sequences, heads, cached, head_dim] that the new tokens follow.
    """
    shape, layer = made.shape, made.weights.layers[index]
    group, cached, new = shape.heads // shape.kv_heads, before.shape[3], tokens.shape[1]
    positions = torch.arange(cached, cached + new, device=wide.device)
    wanted = torch.tensor(spots, device=wide.device)
    left = []
    for row, old in zip(tokens, before.unbind(1), strict=True):
        x = wide(made.weights.embedding[row])
        h = rms_norm64(x, wide(layer.attention_norm))
        key = rotate64(wide.linear(h, layer.key).view(new, -1, shape.head_dim), positions)
        value = wide.linear(h, layer.value).view(new, -1, shape.head_dim)
        keys, values = (
            torch.cat((wide(then).transpose(0, 1), now)).repeat_interleave(group, 1)
            for then, now in zip(old, (key, value), strict=True)
        )
        query = rotate64(wide.linear(h[wanted], layer.query).view(len(spots), -1, shape.head_dim), positions[wanted])
        scores = torch.einsum("qhd,khd->hqk", query, keys) / shape.head_dim**0.5
        later = torch.arange(cached + new, device=wide.device) > positions[wanted][:, None]
        mixed = torch.einsum("hqk,khd->qhd", scores.masked_fill(later, float("-inf")).softmax(-1), values)
        x = x[wanted] + wide.linear(mixed.reshape(len(spots), -1), layer.output)
        left.append(x + wide.mlp(rms_norm64(x, wide(layer.mlp_norm)), layer.gate, layer.up, layer.down))
    return torch.stack(left)
