"""Names and one-line descriptions of profiles and cases, readable without torch."""

from __future__ import annotations

from generators.measure.plan import MeasureError

PROFILES = {
    "quick": "memory, compute and decode ceilings and three small models, in about a minute",
    "full": "every case below but the peers, in under ten minutes on two cores; planned for eight on a large GPU",
    "peers": "this suite beside C kernels, the vendor's library and other benchmarks, in turns",
}
CASES = {
    "read-bandwidth": "GB/s of reading main memory by sum, amax, dot and GEMV; the best is decode's roof",
    "copy-bandwidth": "GB/s of a copy in main memory, bytes read plus written",
    "triad-bandwidth": "GB/s of a = b + s c in main memory, bytes read plus written",
    "cache-read-bandwidth": "GB/s of reading within the last-level cache",
    "read-by-size": "GB/s of reading one working set again and again: the staircase of caches and memory",
    "copy-by-size": "the same for a copy",
    "triad-by-size": "the same for a = b + s c",
    "product-by-size": "GB/s of matrix-vector products with cold matrices of half a megabyte to 128 MiB",
    "matmul-peak": "FLOP/s of square products in each number format, best size",
    "dispatch": "seconds of one operation on one element, and on a GPU of one in a captured graph",
    "step-overhead": "seconds of issuing a decode step whose widths move next to nothing, at two depths",
    "rows-sweep": "FLOP/s of 1 to 4096 rows times a cold weight: the measured roofline and its knee",
    "fma-chain": "FLOP/s and GB/s of growing chains of multiply-adds per element, compiled",
    "kernel": "GEMV, RMSNorm, softmax and attention of a layer's size under the roofline",
    "decode": "seconds per token of random-weight Llama shapes from 10 M up, batch 1: eager, compiled, as a graph",
    "decode-quantised": "seconds per token with the layers' weights in 8 and 4 bits, 8B and 70B (GPU)",
    "decode-batch": "seconds of one step for 1 to 256 sequences at four contexts, until memory is full",
    "decode-context": "whole decode steps at growing contexts with five kinds of attention",
    "prefill": "seconds of one pass over 1 to 4096 new tokens",
    "step-with-cache": "one more token by a pass over the newest token alone",
    "step-without-cache": "one more token by a pass over the whole sequence again",
    "verify": "one pass over k new tokens with scores for all of them: the cost of checking a draft",
    "interference": "seconds of each pass while a prompt lands among decoding sequences, read whole and in chunks",
    "serving": "TTFT and finish of each request of one arrival trace under three policies, at three loads",
    "step-operator": "the parts of one decode step from the profiler, with their bytes and FLOP",
    "quantised-product": "products with weights in 32, 16, 8 and 4 bits",
    "fusion": "chains of elementwise operations, eager and compiled, over a large and a tiny tensor",
    "attention": "scaled_dot_product_attention alone in each of torch's back ends, prompt and one query, by context",
    "attention-heads": "one token's attention over a cold cache with 1 to 64 query heads per key head",
    "pruned-product": "matrix-vector products with zeros kept, masked, stored as CSR or 2:4, and rows removed",
    "peer-read": "GB/s of our C read and torch's reads over the same cold buffer, in turns",
    "peer-copy": "GB/s of a copy in C with plain and with non-temporal stores, and by torch",
    "peer-triad": "GB/s of a = b + s c in C with plain and with non-temporal stores, and by torch",
    "peer-gemv": "GB/s of torch.mv and of the library's sgemv called directly",
    "peer-product": "FLOP/s of torch.mm and of the vendor's and the system's product called directly",
    "peer-program": "likwid-bench, BabelStream and llama-bench beside our C read, where installed",
}


def known(name: str) -> str:
    """The name of a case, or one line that lists the names."""
    if name not in CASES:
        raise MeasureError(f"unknown case {name!r}; the cases are {', '.join(CASES)}")
    return name


def listing() -> str:
    """What `list` prints."""
    profiles = [f"  {name:<22}{reported}" for name, reported in PROFILES.items()]
    cases = [f"  {name:<22}{reported}" for name, reported in CASES.items()]
    return "\n".join(["profiles (run many cases)", *profiles, "cases (run NAME)", *cases])
