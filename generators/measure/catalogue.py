"""Names and one-line descriptions of profiles and cases, readable without torch."""

from __future__ import annotations

from generators.measure.plan import MeasureError

PROFILES = {"quick": "memory, compute and decode ceilings and three small models, in 40 to 90 seconds"}
BUDGET = {"quick": 85.0}  # seconds, after which optional stages are left out
CASES = {
    "read-bandwidth": "GB/s of reading main memory by sum, amax, dot and GEMV; the best is decode's roof",
    "copy-bandwidth": "GB/s of a copy in main memory, bytes read plus written",
    "cache-read-bandwidth": "GB/s of reading within the last-level cache",
    "product-by-size": "GB/s of matrix-vector products with cold matrices of half a megabyte to 128 MiB",
    "matmul-peak": "FLOP/s of square products in float32 and bfloat16, best size",
    "dispatch": "seconds of one operation on one element: the overhead of a call",
    "decode": "seconds per token of random-weight Llama shapes of 0.1, 0.4 and 1.1 billion parameters, batch 1",
}


def known(name: str) -> str:
    """The name of a case, or one line that lists the names."""
    if name not in CASES:
        raise MeasureError(f"unknown case {name!r}; the cases are {', '.join(CASES)}")
    return name


def listing() -> str:
    """What `list` prints."""
    profiles = [f"  {name:<22}{told}" for name, told in PROFILES.items()]
    cases = [f"  {name:<22}{told}" for name, told in CASES.items()]
    return "\n".join(["profiles (run all their cases)", *profiles, "cases (run NAME)", *cases])
