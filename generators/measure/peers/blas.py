"""The vendor's matrix products, called directly: the library inside torch and the system's.  Standard library only."""

from __future__ import annotations

import ctypes
import ctypes.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from generators.measure.plan import Unsupported

SYSTEM = ("mkl_rt", "openblas", "blis")
_MARKS = (  # a symbol that only one vendor's library exports, and what it is called
    ("MKL_Get_Version_String", "MKL"),
    ("openblas_get_config", "OpenBLAS"),
    ("bli_info_get_version_str", "BLIS"),
    ("armpl_get_version", "Arm PL"),
    ("appleblas_sgemm", "Accelerate"),
)
_THREADS = ("openblas_set_num_threads", "MKL_Set_Num_Threads", "bli_thread_set_num_threads")
_ROW_MAJOR, _PLAIN = 101, 111  # of the C interface to BLAS


@dataclass(frozen=True)
class Blas:
    """A loaded library of matrix products with the name of its maker."""

    library: ctypes.CDLL
    name: str

    def has(self, *symbols: str) -> bool:
        """Whether the library exports all of these functions."""
        return all(hasattr(self.library, symbol) for symbol in symbols)

    def limit(self, threads: int) -> None:
        """Let a library with a thread pool of its own use as many threads as torch."""
        for symbol in _THREADS:
            if hasattr(self.library, symbol):
                getattr(self.library, symbol)(ctypes.c_int(threads))

    def sgemm(self, size: int, left: int, right: int, out: int) -> Callable[[], object]:
        """A call of out = left @ right, square row-major float32 at these addresses.

        The Fortran interface is column-major, in which row-major matrices appear transposed: (LR)' = R'L'.
        """
        n, one, none = _whole(size), _real(1), _real(0)
        call, no = self.library.sgemm_, ctypes.c_char_p(b"N")
        call.restype = None
        words = (no, no, n, n, n, one, _at(right), n, _at(left), n, none, _at(out), n)
        return lambda: call(*words)

    def sgemv(self, rows: int, columns: int, matrix: int, vector: int, out: int) -> Callable[[], object]:
        """A call of out = matrix @ vector, the matrix row-major float32 (the transpose in Fortran's order)."""
        m, n, step, one, none = _whole(columns), _whole(rows), _whole(1), _real(1), _real(0)
        call, yes = self.library.sgemv_, ctypes.c_char_p(b"T")
        call.restype = None
        words = (yes, m, n, one, _at(matrix), m, _at(vector), step, none, _at(out), step)
        return lambda: call(*words)

    def bf16gemm(self, size: int, left: int, right: int, out: int) -> Callable[[], object]:
        """A call of MKL's bfloat16 product with a float32 result, row-major."""
        call = self.library.cblas_gemm_bf16bf16f32
        call.restype = None
        n, one, none = ctypes.c_int64(size), ctypes.c_float(1), ctypes.c_float(0)
        layout, no = ctypes.c_int(_ROW_MAJOR), ctypes.c_int(_PLAIN)
        words = (layout, no, no, n, n, n, one, _at(left), n, _at(right), n, none, _at(out), n)
        return lambda: call(*words)


def _whole(value: int) -> ctypes._Pointer:
    """A pointer to a whole number that a library with 32-bit and one with 64-bit indices read alike."""
    return ctypes.pointer(ctypes.c_int64(value))


def _real(value: float) -> ctypes._Pointer:
    return ctypes.pointer(ctypes.c_float(value))


def _at(address: int) -> ctypes.c_void_p:
    return ctypes.c_void_p(address)


def name_of(library: ctypes.CDLL, otherwise: str) -> str:
    """The maker of a library, told by a function that only theirs has."""
    return next((name for symbol, name in _MARKS if hasattr(library, symbol)), otherwise)


def inside_torch(torch_folder: Path) -> Blas:
    """The library that torch itself calls, found among the files installed beside it."""
    shipped = [*(torch_folder / "lib").glob("libtorch_cpu.*"), *(torch_folder / "lib").glob("*blas*")]
    shipped += (torch_folder.parent / "torch.libs").glob("*blas*")
    for path in shipped:
        try:
            found = ctypes.CDLL(str(path))
        except OSError:
            continue
        if hasattr(found, "sgemm_"):
            return Blas(found, name_of(found, "BLAS inside torch"))
    raise Unsupported("this build of torch exports no sgemm that can be called directly")


def of_system(threads: int, names: tuple[str, ...] = SYSTEM) -> Blas:
    """The first matrix library that the system has installed."""
    for name in names:
        path = ctypes.util.find_library(name)
        try:
            found = ctypes.CDLL(path) if path else None
        except OSError:
            continue
        if found is not None and hasattr(found, "sgemm_"):
            blas = Blas(found, name_of(found, name))
            blas.limit(threads)
            return blas
    raise Unsupported(f"found no matrix library on this system ({', '.join(names)}); install one, such as libopenblas0")
