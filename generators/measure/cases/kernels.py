"""The kernels of a language model one by one on the roofline, each with cold data."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import cycle
from typing import Any

import torch
import torch.nn.functional as F

from generators.measure.bench import Bench
from generators.measure.counting import kernels as count_kernels
from generators.measure.exact import exact, relative_to_largest
from generators.measure.graphs import timed
from generators.measure.plan import Case, Check, Kernel, Unsupported
from generators.measure.sdpa import Named, choose, using

FORMATS = ("float32", "bfloat16")
EPSILON = 1e-5
CHECKED = 8  # rows or heads of a result that are held against float64
HEADS = {"heads": 32, "kv_heads": 8, "head_dim": 128}
SIZES: dict[bool, dict[str, dict[str, int]]] = {  # by whether it is the processor
    True: {
        "gemv": {"d_in": 4096, "d_out": 4096},
        "rms-norm": {"rows": 512, "width": 4096},
        "softmax": {"rows": 512, "width": 4096},
        "attention-decode": HEADS | {"context": 4096},
        "attention-prefill": HEADS | {"tokens": 1024},
    },
    False: {
        "gemv": {"d_in": 8192, "d_out": 8192},
        "rms-norm": {"rows": 8192, "width": 8192},
        "softmax": {"rows": 8192, "width": 8192},
        "attention-decode": HEADS | {"context": 65536},
        "attention-prefill": HEADS | {"tokens": 4096},
    },
}
TOLERANCE = {torch.float32: 2e-5, torch.bfloat16: 1.5e-2, torch.float16: 5e-3}


def kernels(
    bench: Bench, formats: tuple[str, ...] = FORMATS, sizes: dict[str, dict[str, int]] | None = None
) -> list[Case]:
    """Every kernel in every format; `sizes` replaces the sizes of some kernels, by name."""
    chosen = {name: (sizes or {}).get(name, size) for name, size in SIZES[bench.is_cpu].items()}
    return [
        Case(
            "kernel",
            "workload",
            {"kernel": name, "dtype": dtype, **size},
            partial(MADE[name], bench, getattr(torch, dtype), **size),
            needs_bytes=2**28,
        )
        for name, size in chosen.items()
        for dtype in formats
    ]


def cold(bench: Bench, dtype: torch.dtype, elements: int) -> Iterator[torch.Tensor]:
    """One part of the read buffer after another, for ever."""
    buffer = bench.buffer().view(dtype)
    if buffer.numel() < elements:
        raise Unsupported(f"the read buffer of {buffer.nbytes} bytes holds no operands of {elements} elements")
    return cycle(list(buffer[: buffer.numel() // elements * elements].view(-1, elements)))


def gemv(bench: Bench, dtype: torch.dtype, d_in: int, d_out: int) -> Kernel:
    """A matrix times a vector: a linear layer for one token."""
    matrices, vector = cold(bench, dtype, d_in * d_out), bench.normal(d_in, dtype=dtype)
    fresh = bench.normal(d_out, d_in, dtype=dtype)
    check = _check("all rows", torch.mv(fresh, vector), exact(fresh) @ exact(vector), dtype)
    work = count_kernels.product(1, d_in, d_out, dtype.itemsize)
    return timed(bench, lambda: torch.mv(next(matrices).view(d_out, d_in), vector), work, check, _reported(bench, "mv"))


def rms_norm(bench: Bench, dtype: torch.dtype, rows: int, width: int) -> Kernel:
    """Scale each row to unit root mean square, then each column by its gain."""
    parts, gain = cold(bench, dtype, rows * width), 1 + 0.1 * bench.normal(width).to(dtype)

    def run(x: torch.Tensor) -> torch.Tensor:
        return F.rms_norm(x, (width,), gain, EPSILON)

    fresh = bench.normal(rows, width, dtype=dtype)
    wide, chosen = exact(fresh[:: max(1, rows // CHECKED)]), run(fresh)[:: max(1, rows // CHECKED)]
    wanted = wide / (wide.square().mean(-1, keepdim=True) + EPSILON).sqrt() * exact(gain)
    check = _check("some rows", chosen, wanted, dtype)
    work = count_kernels.rms_norm(rows, width, dtype.itemsize)
    return timed(bench, lambda: run(next(parts).view(rows, width)), work, check, _reported(bench, "F.rms_norm"))


def softmax(bench: Bench, dtype: torch.dtype, rows: int, width: int) -> Kernel:
    """Shares of each row that add up to one."""
    parts = cold(bench, dtype, rows * width)
    out = torch.full((rows, width), float("nan"), dtype=dtype, device=bench.device)

    def run(x: torch.Tensor) -> torch.Tensor:
        return torch.softmax(x, -1, out=out)

    fresh = bench.normal(rows, width, dtype=dtype)
    wide, chosen = exact(fresh[:: max(1, rows // CHECKED)]), run(fresh)[:: max(1, rows // CHECKED)]
    power = (wide - wide.amax(-1, keepdim=True)).exp()
    check = _check("some rows", chosen, power / power.sum(-1, keepdim=True), dtype)
    work = count_kernels.softmax(rows, width, dtype.itemsize)
    return timed(bench, lambda: run(next(parts).view(rows, width)), work, check, _reported(bench, "softmax"))


def attention_decode(
    bench: Bench, dtype: torch.dtype, heads: int, kv_heads: int, head_dim: int, context: int
) -> Kernel:
    """One token's queries over the keys and values of its context, read from a cold cache."""
    caches = cold(bench, dtype, 2 * kv_heads * context * head_dim)
    query = bench.normal(1, heads, 1, head_dim, dtype=dtype)

    def run(cache: torch.Tensor) -> torch.Tensor:
        keys, values = cache.view(2, 1, kv_heads, context, head_dim)
        return F.scaled_dot_product_attention(query, keys, values, enable_gqa=True)

    fresh = bench.normal(2 * kv_heads * context * head_dim, dtype=dtype)
    keys, values = fresh.view(2, kv_heads, context, head_dim)
    named = Named()
    backend = choose(bench, named, lambda: run(fresh))
    run = by_name(named, run)
    check = check_attention(run(fresh)[0], query[0], keys, values, causal=False)
    work = count_kernels.attention_decode(heads, kv_heads, head_dim, context, dtype.itemsize)
    return timed(
        bench, lambda: run(next(caches)), work, check, _reported(bench, "scaled_dot_product_attention") | backend
    )


def attention_prefill(
    bench: Bench, dtype: torch.dtype, heads: int, kv_heads: int, head_dim: int, tokens: int
) -> Kernel:
    """Causal attention of a whole prompt."""
    sizes = [heads * tokens * head_dim, kv_heads * tokens * head_dim, kv_heads * tokens * head_dim]
    parts = cold(bench, dtype, sum(sizes))

    def split(part: torch.Tensor) -> list[torch.Tensor]:
        return [one.view(1, -1, tokens, head_dim) for one in part.split(sizes)]

    def run(part: torch.Tensor) -> torch.Tensor:
        return F.scaled_dot_product_attention(*split(part), is_causal=True, enable_gqa=True)

    fresh = bench.normal(sum(sizes), dtype=dtype)
    query, keys, values = (one[0] for one in split(fresh))
    named = Named()
    backend = choose(bench, named, lambda: run(fresh))
    run = by_name(named, run)
    check = check_attention(run(fresh)[0], query, keys, values, causal=True)
    work = count_kernels.attention_prefill(heads, kv_heads, head_dim, tokens, dtype.itemsize)
    return timed(
        bench, lambda: run(next(parts)), work, check, _reported(bench, "scaled_dot_product_attention") | backend
    )


def by_name(named: Named, run: Callable[[torch.Tensor], torch.Tensor]) -> Callable[[torch.Tensor], torch.Tensor]:
    """The same by the attention back end that was chosen."""

    def chosen(x: torch.Tensor) -> torch.Tensor:
        with using(named.backend):
            return run(x)

    return chosen


def check_attention(
    found: torch.Tensor, query: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, causal: bool
) -> Check:
    """Every fourth head written out in float64: scores, mask, shares, sum.  All are [heads, tokens, head_dim]."""
    group, worst = query.shape[0] // keys.shape[0], 0.0
    for head in range(0, query.shape[0], max(1, query.shape[0] // CHECKED)):
        scores = exact(query[head]) @ exact(keys[head // group]).T / query.shape[-1] ** 0.5
        if causal:
            scores.masked_fill_(torch.ones_like(scores, dtype=torch.bool).triu(1), float("-inf"))
        error = relative_to_largest(found[head], scores.softmax(-1) @ exact(values[head // group]))
        worst = error if not error <= worst else worst  # keeps NaN
    against = "float64 on some heads of fresh normal numbers, relative to the largest result"
    return Check(against, worst, TOLERANCE[query.dtype])


def _check(what: str, found: torch.Tensor, wanted: torch.Tensor, dtype: torch.dtype) -> Check:
    against = f"float64 on {what} of fresh normal numbers, relative to the largest result"
    return Check(against, relative_to_largest(found, wanted), TOLERANCE[dtype])


def _reported(bench: Bench, method: str) -> dict[str, Any]:
    return {"method": method, "working_set_bytes": bench.buffer().nbytes}


MADE: dict[str, Callable[..., Kernel]] = {
    "gemv": gemv,
    "rms-norm": rms_norm,
    "softmax": softmax,
    "attention-decode": attention_decode,
    "attention-prefill": attention_prefill,
}
