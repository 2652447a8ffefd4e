"""Attention alone: torch's back ends at growing lengths, and one cold cache shared by ever more query heads."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from functools import partial

import torch
import torch.nn.functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel

from generators.measure.attention_kinds import METHODS, Pool
from generators.measure.bench import Bench
from generators.measure.counting import attention as counted
from generators.measure.counting.attention import Heads
from generators.measure.exact import exact
from generators.measure.graphs import mode, timed
from generators.measure.outcome import one_line
from generators.measure.plan import Case, Check, Kernel, Unsupported, Work
from generators.measure.sdpa import BACKENDS, Named, choose, refused, using

OURS = {
    True: ("math", "flash", "efficient"),
    False: ("math", "flash", "efficient", "cudnn"),
}  # by whether it is the processor
BACKENDS = BACKENDS | {"cudnn": SDPBackend.CUDNN_ATTENTION}
PREFILL = (128, 256, 512, 1024, 2048, 4096)
DECODE = (128, 512, 2048, 8192, 16384)
GROUPS = (1, 2, 4, 8, 16, 32, 64)
CALLS, CALL_FLOP = 16, 2**28  # small calls are timed several at a time: choosing a back end costs microseconds
CHECKED_ROWS = 32  # queries of each head that are held against float64
TOLERANCE = {torch.float32: 1e-4, torch.bfloat16: 3e-2, torch.float16: 1e-2}


def attention(
    bench: Bench,
    dtype: str = "",
    prefill: Sequence[int] = PREFILL,
    decode: Sequence[int] = DECODE,
    backends: Sequence[str] = (),
    heads: int = 8,
    kv_heads: int = 8,
    head_dim: int = 64,
    batch: int = 1,
) -> list[Case]:
    """A workload per back end, phase and context: the whole prompt at once and causal, or one query.

    In float32 on a processor and, as the fused kernels of a GPU want, in bfloat16 elsewhere, unless told.
    """
    dtype, backends = dtype or default_dtype(bench), backends or OURS[bench.is_cpu]
    sizes = [Heads(batch, heads, kv_heads, head_dim, context, context) for context in prefill]
    sizes += [Heads(batch, heads, kv_heads, head_dim, 1, context) for context in decode]
    reported = {"dtype": dtype, "batch": batch, "heads": heads, "kv_heads": kv_heads, "head_dim": head_dim}
    return [
        Case(
            "attention",
            "workload",
            {"backend": name, "phase": phase(at), "context": at.context, **reported},
            partial(attention_kernel, bench, name, at, getattr(torch, dtype)),
            # scores and their shares of the plain back end, which the other two only need for a few rows
            needs_bytes=3 * counted.score_bytes(at, getattr(torch, dtype).itemsize) if name == "math" else 2**27,
        )
        for at in sizes
        for name in backends
    ]


def default_dtype(bench: Bench) -> str:
    """The number format in which a device's fused kernels run."""
    return "float32" if bench.is_cpu else "bfloat16"


def phase(at: Heads) -> str:
    """Prefill is causal over many queries, decode is one query."""
    return "prefill" if at.causal else "decode"


def cold_pool(bench: Bench, dtype: torch.dtype, values: int) -> Pool:
    """The read buffer as a source of operands that no cache holds; refuses what it does not hold twice."""
    flat = bench.buffer().view(dtype)
    if 2 * values > flat.numel():
        need, have = 2 * values * dtype.itemsize / 1e9, flat.nbytes / 1e9
        raise Unsupported(f"two sets of operands take {need:.1f} GB, the read buffer has {have:.1f} GB")
    return Pool(flat)


def attention_kernel(bench: Bench, name: str, at: Heads, dtype: torch.dtype) -> Kernel:
    """One back end at one size; every call takes the next query, keys and values of the read buffer."""
    sizes = [(at.batch, at.heads, at.queries, at.head_dim)] + [(at.batch, at.kv_heads, at.context, at.head_dim)] * 2
    pool = cold_pool(bench, dtype, sum(map(math.prod, sizes)))
    shared = {"enable_gqa": True} if at.kv_heads < at.heads else {}
    once = counted.attention(at, dtype.itemsize)
    calls = max(1, min(CALLS, int(CALL_FLOP / once.flop)))

    def call() -> tuple[torch.Tensor, ...]:
        operands = [pool.take(*size) for size in sizes]
        return *operands, F.scaled_dot_product_attention(*operands, is_causal=at.causal, **shared)

    def run() -> None:
        with sdpa_kernel([BACKENDS[name]]):
            for _ in range(calls):
                call()

    with sdpa_kernel([BACKENDS[name]]):
        check = check_rows(bench, at, supported(call))
    reported = {
        "calls_per_repetition": calls,
        "score_bytes": counted.score_bytes(at, dtype.itemsize),
        "working_set_bytes": pool.flat.nbytes,
        "method": "scaled_dot_product_attention",
        "mode": mode(bench),
    }
    if bench.is_cuda:
        reported["peak_memory_bytes"] = peak_memory(run)
    work = Work(once.bytes * calls, once.flop * calls)
    return timed(bench, run, work, check, reported)


def supported(call: Callable[[], tuple[torch.Tensor, ...]]) -> tuple[torch.Tensor, ...]:
    """The call's result, or `Unsupported` with the reasons that torch gives, as warnings beside its error."""
    with warnings.catch_warnings(record=True) as given:
        warnings.simplefilter("always")
        try:
            return call()
        except torch.OutOfMemoryError:
            raise
        except RuntimeError as error:
            if not refused(error):
                raise
            reported = [str(one.message).split("(Triggered")[0].strip() for one in given]
            raise Unsupported(one_line(" ".join(["torch:", str(error).splitlines()[0], *reported]))[:400]) from None


def peak_memory(run: Callable[[], None]) -> int:
    """Bytes that a call allocates at its height, its result included, beyond what was there before (CUDA)."""
    torch.cuda.synchronize()
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    run()
    torch.cuda.synchronize()
    return torch.cuda.max_memory_allocated() - before


def check_rows(bench: Bench, at: Heads, done: tuple[torch.Tensor, ...]) -> Check:
    """Some queries of every head, the first and last among them, against float64: difference over size, worst row."""
    query, keys, values, found = done
    rows = torch.randint(at.queries, (min(CHECKED_ROWS, at.queries),), generator=bench.random, device=bench.device)
    rows[0], rows[-1] = 0, at.queries - 1
    group = at.heads // at.kv_heads
    wide = [exact(x).repeat_interleave(group, 1) for x in (keys, values)]
    scores = torch.einsum("bhqd,bhkd->bhqk", exact(query[:, :, rows]), wide[0]) / at.head_dim**0.5
    if at.causal:
        place = torch.arange(at.context, device=scores.device)
        scores = scores.masked_fill(place > rows.to(place.device)[:, None], float("-inf"))
    wanted = torch.einsum("bhqk,bhkd->bhqd", scores.softmax(-1), wide[1])
    worst = ((exact(found[:, :, rows]) - wanted).norm(dim=-1) / wanted.norm(dim=-1)).max().item()
    return Check(f"float64 on {len(rows)} queries of every head, worst row", worst, TOLERANCE[query.dtype])


def attention_heads(
    bench: Bench,
    dtype: str = "",
    groups: Sequence[int] = GROUPS,
    methods: Sequence[str] = tuple(METHODS),
    kv_heads: int = 2,
    head_dim: int = 128,
    context: int = 8192,
) -> list[Case]:
    """One token's attention with ever more query heads over the same keys, in each way to write it."""
    dtype = dtype or default_dtype(bench)
    reported = {"dtype": dtype, "batch": 1, "context": context, "kv_heads": kv_heads, "head_dim": head_dim}
    return [
        Case(
            "attention-heads",
            "workload",
            {"method": name, "query_heads_per_kv_head": group, "heads": group * kv_heads, **reported},
            partial(heads_kernel, bench, name, Heads(1, group * kv_heads, kv_heads, head_dim, 1, context), dtype),
        )
        for group in groups
        for name in methods
    ]


def heads_kernel(bench: Bench, name: str, at: Heads, dtype: str) -> Kernel:
    """Attention of one fresh query per head over the next cold stretch of the read buffer."""
    kind, attend = getattr(torch, dtype), METHODS[name]
    size = (2, at.kv_heads, at.context, at.head_dim)
    pool = cold_pool(bench, kind, math.prod(size))
    query = bench.normal(at.kv_heads, at.heads // at.kv_heads, at.head_dim, dtype=kind)
    scaled = query * at.head_dim**-0.5

    named = Named()

    def run() -> torch.Tensor:
        with using(named.backend):
            return attend(scaled, *pool.take(*size))

    backend = choose(bench, named, run) if name != "products" else {}
    keys, values = pool.take(*size)
    heads = (1, at.heads, 1, at.head_dim)
    with using(named.backend):
        found = attend(scaled, keys, values).reshape(heads)
    check = check_rows(bench, at, (query.view(heads), keys[None], values[None], found))
    work, stretches = counted.attention(at, kind.itemsize), pool.flat.numel() // math.prod(size)
    reported = {"working_set_bytes": stretches * math.prod(size) * kind.itemsize, "mode": mode(bench)}
    return timed(bench, run, work, check, reported | backend)
