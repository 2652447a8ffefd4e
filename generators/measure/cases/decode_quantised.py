"""Batch-1 decode with the layers' weights in 8 or 4 bits, by torch's weight-only kernels; on CUDA a graph of one step.

In 8 bits on CUDA the layers are compiled, so that their products read the weights as stored (`quantised` says why).

Embedding and output head stay in bfloat16, as checkpoints of this kind keep them.  The layers of a
model share their numbers, each in memory of its own, so that a check widens every matrix once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from types import SimpleNamespace
from typing import Any

import torch

from generators.measure.bench import Bench
from generators.measure.cases.decode import CONTEXT, WINDOW, Walk, check_steps, draw_tokens
from generators.measure.cases.decode_modes import StaticWalk, layer_step
from generators.measure.cases.quantised import KERNELS, fused, is_fused
from generators.measure.counting import count, techniques
from generators.measure.counting.count import Shape
from generators.measure.graphs import mode
from generators.measure.llama import Layer, Llama, random_cache, reference_logits, rope_tables
from generators.measure.plan import Case, Kernel, Unsupported, Work
from generators.measure.quantise import Stored
from generators.measure.sdpa import choose
from generators.measure.shapes import shape
from generators.measure.weight_copies import Operand

WEIGHTS = ("int8", "int4")
SIZES = ("8B", "70B")
GROUP = 128  # inputs that share a scale and a zero point in 4 bits
DTYPE = torch.bfloat16


def decode_quantised(
    bench: Bench,
    sizes: Sequence[str] = SIZES,
    weights: Sequence[str] = WEIGHTS,
    context: int = CONTEXT,
    group: int = GROUP,
) -> list[Case]:
    """One workload per model and number of bits; what does not fit says how much it needs."""
    return [_case(bench, name, bits, context, group) for name in sizes for bits in weights]


def sizes_of(dimensions: Shape) -> dict[str, tuple[int, int]]:
    """Outputs and inputs of each matrix of a layer."""
    d, wide = dimensions.d_model, dimensions.d_ff
    query, keys = dimensions.heads * dimensions.head_dim, dimensions.kv_heads * dimensions.head_dim
    return {
        "query": (query, d),
        "key": (keys, d),
        "value": (keys, d),
        "output": (d, query),
        "gate": (wide, d),
        "up": (wide, d),
        "down": (d, wide),
    }


def stored_bytes(dimensions: Shape, weights: str, group: int) -> float:
    """Bytes of all layers' matrices as they are stored, with scales and zero points."""
    each = sum(
        techniques.stored_bytes(weights, inputs, outputs, group if weights == "int4" else 0, DTYPE.itemsize)
        for outputs, inputs in sizes_of(dimensions).values()
    )
    return dimensions.layers * each


def plain_bytes(dimensions: Shape) -> int:
    """Bytes of those matrices in bfloat16."""
    return DTYPE.itemsize * dimensions.layers * sum(a * b for a, b in sizes_of(dimensions).values())


def _case(bench: Bench, name: str, weights: str, context: int, group: int) -> Case:
    dimensions, cache = shape(name), bench.last_level_cache
    held = (
        count.parameters(dimensions) * DTYPE.itemsize
        - plain_bytes(dimensions)
        + stored_bytes(dimensions, weights, group)
    )
    kv_bytes = count.kv_cache_bytes(dimensions, DTYPE.itemsize, 1, context + WINDOW)
    largest = max(a * b for a, b in sizes_of(dimensions).values())
    reported = {
        "model": name,
        "weights": weights,
        "dtype": "bfloat16",
        "batch": 1,
        **dimensions.as_parameters(),
        "parameters": count.parameters(dimensions),
        "weights_bytes": held,
        "group": group if weights == "int4" else None,
        "weights_vs_llc": round(held / cache, 3) if cache else None,
    }
    dense = 4 * sum(a * b for a, b in set(sizes_of(dimensions).values()))
    needs = held + kv_bytes + dense + 32 * largest + 2**28  # while a matrix is rounded it lies there in float64, too
    return Case(
        "decode-quantised", "workload", reported, partial(kernel, bench, dimensions, weights, context, group), needs
    )


def by(kernel: Callable[[torch.Tensor, Operand], torch.Tensor], matrix: Operand, x: torch.Tensor) -> torch.Tensor:
    """The matrix times one vector by a kernel that takes rows of activations."""
    return kernel(x[None], matrix).view(-1)


def fused_step(
    x: torch.Tensor,
    weights: tuple[Any, ...],
    cache: torch.Tensor,
    position: torch.Tensor,
    turn: tuple[torch.Tensor, torch.Tensor],
    mask: torch.Tensor,
) -> torch.Tensor:
    """`layer_step` for the compiler, whose products widen int8 weights on the way."""
    return layer_step(x, weights, cache, position, turn, mask, fused)


class Quantised(Llama):
    """The decoder of `llama` with packed matrices in its layers; `dense` is what they stand for, in float32."""

    def __init__(self, bench: Bench, dimensions: Shape, weights: str, group: int, capacity: int) -> None:
        """Draw, round and pack each size of matrix once, and copy it for every layer."""
        self.shape, self.dtype, self.capacity, self.backend = dimensions, DTYPE, capacity, None
        self.cosine, self.sine = rope_tables(bench, dimensions, DTYPE, capacity)
        size = (dimensions.layers, 2, dimensions.kv_heads, capacity, dimensions.head_dim)
        self.cache = random_cache(bench, torch.Size(size).numel(), DTYPE).view(size)
        made = {each: packed(bench, weights, each, group) for each in set(sizes_of(dimensions).values())}
        chosen = {name: made[each] for name, each in sizes_of(dimensions).items()}
        gains = [
            [(1 + 0.1 * bench.normal(dimensions.d_model)).to(DTYPE) for _ in range(2)] for _ in range(dimensions.layers)
        ]
        self.layers = [
            _layer(norms, {name: tuple(part.clone() for part in one) for name, (one, _) in chosen.items()})
            for norms in gains
        ]
        self.embedding, self.head = (bench.weight(dimensions.vocab, dimensions.d_model, dtype=DTYPE) for _ in range(2))
        self.norm = (1 + 0.1 * bench.normal(dimensions.d_model)).to(DTYPE)
        self.dense = SimpleNamespace(
            shape=dimensions,
            dtype=DTYPE,
            embedding=self.embedding,
            head=self.head,
            norm=self.norm,
            layers=[_layer(norms, {name: one for name, (_, one) in chosen.items()}) for norms in gains],
        )


def _layer(norms: list[torch.Tensor], matrices: dict[str, Any]) -> Layer:
    return Layer(attention_norm=norms[0], mlp_norm=norms[1], **matrices)


def packed(bench: Bench, weights: str, size: tuple[int, int], group: int) -> tuple[Operand, torch.Tensor]:
    """A matrix with rows of about unit length as a kernel reads it, and what it stands for in float32.

    It is drawn with unit numbers; a power of two in its scales, which rounds nothing, makes the rows short.
    """
    stored = Stored.drawn(bench, weights, DTYPE, size, group, packed=True)
    factor = 2.0 ** -round(torch.tensor(float(size[1])).log2().item() / 2)
    rounded, scales = stored.tensors
    return (rounded, scales * factor), (stored.dequantised * factor).float()


def kernel(bench: Bench, dimensions: Shape, weights: str, context: int, group: int) -> Kernel:
    """Build the model, verify its steps, and make one repetition one decode step over all slots of the cache."""
    fuses, product = is_fused(bench, weights), partial(by, KERNELS[weights, bench.is_cpu])
    way = "compiled graph" if fuses else mode(bench)
    try:
        tried, _ = packed(bench, weights, (256, 256), min(group, 256))
        (fused if fuses else product)(tried, bench.normal(256, dtype=DTYPE))
        bench.wait()
    except (RuntimeError, AttributeError, TypeError) as error:  # NotImplementedError is a RuntimeError
        reason = (str(error).strip().splitlines() or ["no message"])[0][:160]
        raise Unsupported(f"this torch has no {weights} kernel here: {reason}") from error
    model = Quantised(bench, dimensions, weights, group, context + WINDOW)
    walk = Walk(model, context)
    static = StaticWalk(bench, model, walk.first, walk.last, way)
    static.layer = fused_step if fuses else partial(layer_step, product=product)
    backend = choose(bench, static, static.issue)
    static.make()
    drawn = draw_tokens(bench, dimensions)
    wanted = drawn, reference_logits(model.dense, drawn.tolist())
    check = check_steps(bench, model, static.step, wanted)
    del model.dense
    plain = count.decode(dimensions, DTYPE.itemsize, model.capacity - 1)
    moved = plain.bytes - plain_bytes(dimensions) + stored_bytes(dimensions, weights, group)
    reported = {
        "method": f"{'products that widen on the way' if fuses else 'packed kernels'}, mask over the cache",
        "mode": way,
        "compile_seconds": static.compile_seconds,
        "cache_slots_read": model.capacity,
        "context": (walk.first + walk.last) / 2,
        "bytes_counted": "weights as stored, with scales and zero points",
    }
    return Kernel(static, Work(moved, plain.flop, 1), check, reported | backend)
