"""cuBLAS called directly, beside torch.mm which calls it too.  Written after NVIDIA's interface."""

from __future__ import annotations

import ctypes
from collections.abc import Callable

from generators.measure.plan import Unsupported

#: cudaDataType of the operands and result, and cublasComputeType, by torch's name of the format.
KINDS = {"float32": (0, 68), "float16": (2, 68), "bfloat16": (14, 68)}
_PLAIN, _DEFAULT = 0, -1  # cublasOperation_t, cublasGemmAlgo_t
NAMES = ("libcublas.so.13", "libcublas.so.12", "libcublas.so.11")


def load(names: tuple[str, ...] = NAMES) -> ctypes.CDLL:
    """The library that torch has loaded already; its versioned name finds it again in this process."""
    for name in names:
        try:
            return ctypes.CDLL(name)
        except OSError:
            continue
    raise Unsupported(f"found no cuBLAS beside torch ({', '.join(names)})")


def gemm(
    library: ctypes.CDLL, handle: int, dtype: str, size: int, left: int, right: int, out: int
) -> Callable[[], object]:
    """A call of out = left @ right, square and row-major, accumulated in float32, on the handle's stream.

    cuBLAS is column-major, where row-major matrices appear transposed, so the operands change places.
    Nothing synchronizes; a status other than 0 raises.
    """
    if dtype not in KINDS:
        raise Unsupported(f"the direct cuBLAS product is written for {', '.join(KINDS)}, not for {dtype}")
    kind, compute = map(ctypes.c_int, KINDS[dtype])
    n, plain = ctypes.c_int(size), ctypes.c_int(_PLAIN)
    one, none = ctypes.pointer(ctypes.c_float(1)), ctypes.pointer(ctypes.c_float(0))
    first, second, third = map(ctypes.c_void_p, (right, left, out))
    words = (
        ctypes.c_void_p(handle),
        plain,
        plain,
        n,
        n,
        n,
        one,
        first,
        kind,
        n,
        second,
        kind,
        n,
        none,
        third,
        kind,
        n,
        compute,
        ctypes.c_int(_DEFAULT),
    )
    call = library.cublasGemmEx

    def run() -> None:
        if status := call(*words):
            raise RuntimeError(f"cublasGemmEx answered with status {status}")

    return run
