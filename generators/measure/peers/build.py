"""Builds stream.c with the machine's own C compiler and calls it.  Standard library only; nothing stays on the disk."""

from __future__ import annotations

import ctypes
import functools
import os
import platform
import shlex
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from generators.measure.outcome import brief, word
from generators.measure.plan import Unsupported

SOURCE = Path(__file__).with_name("stream.c")
COMPILERS = ("cc", "gcc", "clang")
FIXED = ("-O3", "-std=gnu11", "-shared", "-fPIC", "-pthread")
OPENMP = (
    "GOMP_parallel",
    "omp_get_thread_num",
    "omp_get_num_threads",
)  # as GCC's and, on Linux, LLVM's runtime names them
LONGEST = 120  # seconds a compiler may take
INSTALL = "install one: the package gcc or clang, or on macOS: xcode-select --install"


@dataclass(frozen=True)
class Stream:
    """The loaded library with its pool of threads; addresses are of float32 arrays, counts in elements."""

    library: ctypes.CDLL
    compiler: str
    threads: int
    threads_of: str

    @property
    def vector(self) -> str:
        """The width of the vector registers it was built for, in words."""
        return f"{8 * self.library.stream_vector_bytes()} bit"

    @property
    def has_past(self) -> bool:
        """Whether stores past the cache were built in."""
        return bool(self.library.stream_has_past())

    def reported(self) -> dict[str, str | int | bool]:
        """What a record should say of how this was built."""
        return {
            "compiler": self.compiler,
            "vector": self.vector,
            "threads": self.threads,
            "threads_of": self.threads_of,
        }

    def read(self, source: int, count: int) -> float:
        """The sum of an array."""
        return self.library.stream_read(source, count)

    def copy(self, target: int, source: int, count: int, past: bool = False) -> None:
        """Copy an array, with plain stores or past the cache."""
        self.library.stream_copy(target, source, count, past)

    def triad(self, target: int, first: int, second: int, factor: float, count: int, past: bool = False) -> None:
        """target = first + factor * second, with plain stores or past the cache."""
        self.library.stream_triad(target, first, second, factor, count, past)


@functools.cache
def load(threads: int, torch_folder: Path | None = None) -> Stream:
    """Build and load the library once per process; `Unsupported` says what is missing."""
    return build(threads, openmp=openmp_of(torch_folder) if torch_folder else None)


def openmp_of(torch_folder: Path) -> list[ctypes.c_void_p] | None:
    """Where the OpenMP runtime that torch has loaded starts a region and numbers its threads; None where it hides that."""
    for path in (torch_folder / "lib").glob("libtorch_cpu.*"):
        try:
            library = ctypes.CDLL(str(path))  # a look-up there also finds what it depends on
            return [ctypes.cast(getattr(library, name), ctypes.c_void_p) for name in OPENMP]
        except (OSError, AttributeError):
            continue
    return None


def build(threads: int, extra: tuple[str, ...] = (), openmp: list[ctypes.c_void_p] | None = None) -> Stream:
    """Compile into a folder that is gone afterwards: a loaded library needs its file no longer."""
    command, name = compiler()
    with tempfile.TemporaryDirectory(prefix="stream-", ignore_cleanup_errors=True) as folder:
        path = Path(folder) / "stream.so"
        compile_source(command, path, extra)
        try:
            library = ctypes.CDLL(str(path))
        except OSError as error:
            why = brief(str(error), 120)
            raise Unsupported(
                f"the C kernel does not load: {why}; set TMPDIR to a folder that may hold programs"
            ) from None
    declare(library)
    if library.stream_start(threads, *(openmp or [None] * len(OPENMP))) != 0:
        raise Unsupported(f"the C kernel could not start {threads} threads; allow this user more of them: ulimit -u")
    return Stream(library, name, threads, "torch's OpenMP" if openmp else "its own")


def compiler() -> tuple[list[str], str]:
    """The command of the first C compiler that is there and runs, and how it names itself."""
    chosen = os.environ.get("CC", "").strip()
    for words in [shlex.split(chosen)] if chosen else [[name] for name in COMPILERS]:
        if not shutil.which(words[0]):
            continue
        try:
            reported = subprocess.run([*words, "--version"], capture_output=True, text=True, timeout=20)
        except (OSError, subprocess.SubprocessError):
            continue
        if reported.returncode == 0 and reported.stdout.strip():
            return words, word(reported.stdout.strip().splitlines()[0])
    looked = "the one that CC names" if chosen else ", ".join(COMPILERS)
    raise Unsupported(f"found no C compiler that runs ({looked}); {INSTALL}")


def compile_source(command: list[str], path: Path, extra: tuple[str, ...] = ()) -> None:
    """Compile for this very processor, or for its family where the compiler does not know how."""
    native = "-mcpu=native" if platform.machine().lower() in ("aarch64", "arm64") else "-march=native"
    why = ""
    for tuned in ((native,), ()):
        words = [*command, *FIXED, *tuned, *extra, "-o", str(path), str(SOURCE)]
        try:
            done = subprocess.run(words, capture_output=True, text=True, timeout=LONGEST)
        except (OSError, subprocess.SubprocessError) as error:
            raise Unsupported(f"the C compiler does not end well: {type(error).__name__}; {INSTALL}") from None
        if done.returncode == 0:
            return
        errors = [line for line in done.stderr.splitlines() if "error" in line.lower()] or ["no message"]
        why = brief(errors[0], 160)
    raise Unsupported(f"the C compiler refuses the kernel: {why}; try another one: CC=clang")


def declare(library: ctypes.CDLL) -> None:
    """The types of the library's functions, so that addresses are not cut to 32 bits."""
    address, size, whole = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int
    library.stream_start.argtypes = [whole, address, address, address]
    library.stream_read.argtypes, library.stream_read.restype = [address, size], ctypes.c_double
    library.stream_copy.argtypes, library.stream_copy.restype = [address, address, size, whole], None
    library.stream_triad.argtypes = [address, address, address, ctypes.c_float, size, whole]
    library.stream_triad.restype = None
    library.stream_stop.restype = None
