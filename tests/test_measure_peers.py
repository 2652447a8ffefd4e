"""This suite's peers: C kernels, vendors' libraries, other programs, and the sentences made of them."""

from __future__ import annotations

import array
import ctypes
import json
import math
import platform
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from generators.measure.counting import count
from generators.measure.counting import kernels as count_kernels
from generators.measure.outcome import brief
from generators.measure.peers import blas as peer_blas
from generators.measure.peers import build as peer_build
from generators.measure.peers import cublas as peer_cublas
from generators.measure.peers import programs as peer_programs
from generators.measure.peers.programs import Task
from generators.measure.peers.ratios import BESIDE, PAST, PLAIN, READ, ratios
from generators.measure.plan import MeasureError, Unsupported
from tests.fakes import row

compiler = pytest.mark.skipif(not shutil.which("cc"), reason="no C compiler on this machine; install gcc or clang")
X86 = platform.machine() in ("x86_64", "AMD64")
NARROWER = ["-mno-avx512f", "-mno-avx"] if X86 else []


def floats(count: int) -> array.array:
    """Random float32 numbers of both signs."""
    return array.array("f", (random.uniform(-1, 1) for _ in range(count)))


def address(values: array.array, element: int = 0) -> int:
    return values.buffer_info()[0] + 4 * element


# our C kernels


@compiler
@pytest.mark.parametrize(("threads", "narrower"), [(1, ""), (3, ""), *[(2, one) for one in NARROWER]])
def test_c_kernels_are_right_at_every_length_and_place(threads, narrower):
    stream = peer_build.build(threads, tuple(narrower.split()))
    for count_, at in ((1, 0), (5, 3), (127, 1), (1000, 15), (4099, 2), (70_001, 1)):
        first, second = floats(count_ + at), floats(count_ + at)
        found = stream.read(address(first, at), count_)
        assert found == pytest.approx(math.fsum(first[at:]), abs=1e-4 * math.sqrt(count_))
        for past in {False, stream.has_past}:
            target = array.array("f", [math.nan] * (count_ + at + 20))
            stream.copy(address(target, at), address(first, at), count_, past)
            assert target[at : at + count_] == first[at:]
            stream.triad(address(target, at), address(first, at), address(second, at), 0.7, count_, past)
            wanted = [a + 0.7 * b for a, b in zip(first[at:], second[at:], strict=True)]
            assert target[at : at + count_].tolist() == pytest.approx(wanted, abs=1e-6)
            assert all(map(math.isnan, [*target[:at], *target[at + count_ :]])), "nothing around it is written"


@compiler
def test_the_build_leaves_nothing_behind_and_tells_how_it_was_made(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    reported = peer_build.build(2).reported()
    assert list(tmp_path.iterdir()) == []
    assert set(reported) == {"compiler", "vector", "threads", "threads_of"}
    assert (reported["threads"], reported["threads_of"]) == (2, "its own")
    assert 0 < len(reported["compiler"]) <= 60
    assert "/" not in reported["compiler"]


def test_without_a_compiler_one_line_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unsupported, match=r"found no C compiler that runs \(cc, gcc, clang\); install one: .*gcc"):
        peer_build.build(2)
    monkeypatch.setenv("CC", "nosuchcc -O1")
    with pytest.raises(Unsupported, match="the one that CC names"):
        peer_build.build(2)


def test_a_compiler_that_refuses_is_quoted_without_paths(tmp_path, monkeypatch):
    put(
        tmp_path,
        "mycc",
        "import sys\nif '--version' in sys.argv: print('mycc 1.0')\n"
        "else: sys.exit('/home/me/stream.c:3: error: unknown type')",
    )
    monkeypatch.setenv("CC", str(tmp_path / "mycc"))
    with pytest.raises(Unsupported) as caught:
        peer_build.build(2)
    assert "refuses the kernel: <path>:3: error: unknown type; try another one" in str(caught.value)


def test_a_compiler_s_name_is_one_that_a_record_may_hold(tmp_path, monkeypatch):
    """A clang built from its repository names an address, which looks like a path."""
    line = "clang version 18.1.8 (https://github.com/llvm/llvm-project 3b5b5c1)"
    put(tmp_path, "owncc", f"print({line!r})")
    monkeypatch.setenv("CC", str(tmp_path / "owncc"))
    name = peer_build.compiler()[1]
    assert name.startswith("clang version 18.1.8 (https:")
    assert "<" not in name
    assert brief("cannot open /opt/a/b.so", 15) == "cannot open"


@compiler
def test_a_compiler_that_does_not_know_this_processor_still_builds(tmp_path, monkeypatch):
    real = shutil.which("cc")
    put(
        tmp_path,
        "oldcc",
        f"import os, sys\nif any('native' in w for w in sys.argv): sys.exit('error: bad value')\n"
        f"os.execv({real!r}, [{real!r}, *sys.argv[1:]])",
    )
    monkeypatch.setenv("CC", f"{tmp_path / 'oldcc'} -O1")
    values = floats(999)
    assert peer_build.build(2).read(address(values), 999) == pytest.approx(math.fsum(values), abs=1e-4)


# vendors' libraries

NAIVE = r"""
#include <stdint.h>
/* column-major, as BLAS defines it; SKIP leaves out columns at the end */
#ifndef SKIP
#define SKIP 0
#endif
void sgemm_(const char *ta, const char *tb, const int *m, const int *n, const int *k, const float *alpha, const float *a,
            const int *lda, const float *b, const int *ldb, const float *beta, float *c, const int *ldc)
{
    for (int j = 0; j < *n - SKIP; j++) for (int i = 0; i < *m; i++) {
        double sum = 0;
        for (int l = 0; l < *k; l++) sum += (double)a[i + (long)l * *lda] * b[l + (long)j * *ldb];
        c[i + (long)j * *ldc] = *alpha * sum + (*beta ? *beta * c[i + (long)j * *ldc] : 0);
    }
}
void sgemv_(const char *t, const int *m, const int *n, const float *alpha, const float *a, const int *lda,
            const float *x, const int *incx, const float *beta, float *y, const int *incy)
{
    for (int j = 0; j < *n - SKIP; j++) {
        double sum = 0;
        for (int i = 0; i < *m; i++) sum += (double)a[i + (long)j * *lda] * x[i * *incx];
        y[j * *incy] = *alpha * sum + (*beta ? *beta * y[j * *incy] : 0);
    }
}
int cublasGemmEx(void *handle, int ta, int tb, int m, int n, int k, const void *alpha, const void *a, int ta2, int lda,
                 const void *b, int tb2, int ldb, const void *beta, void *c, int tc, int ldc, int compute, int algo)
{
    if (handle != (void *)0x1234567890 || ta || tb || ta2 || tb2 || tc || compute != 68 || algo != -1) return 7;
    sgemm_("N", "N", &m, &n, &k, alpha, a, &lda, b, &ldb, beta, c, &ldc);
    return 0;
}
int openblas_get_config(void) { return 0; }
"""


def naive_blas(folder: Path, skip: int = 0) -> ctypes.CDLL:
    """A library of products written after the definition, to hold our calls against."""
    (folder / "naive.c").write_text(NAIVE)
    path = folder / f"libnaive{skip}.so"
    words = ["cc", "-O2", "-shared", "-fPIC", f"-DSKIP={skip}", "-o", str(path), str(folder / "naive.c")]
    subprocess.run(words, check=True, capture_output=True)
    return ctypes.CDLL(str(path))


def product(left: array.array, right: array.array, n: int) -> list[float]:
    return [math.fsum(left[i * n + l] * right[l * n + j] for l in range(n)) for i in range(n) for j in range(n)]  # noqa: E741


@compiler
def test_products_are_called_with_operands_and_addresses_in_their_places(tmp_path):
    blas = peer_blas.Blas(naive_blas(tmp_path), "naive")
    n, left, right, out = 7, floats(49), floats(49), array.array("f", [math.nan] * 49)
    blas.sgemm(n, address(left), address(right), address(out))()
    assert out.tolist() == pytest.approx(product(left, right, n), abs=1e-5)
    matrix, vector, result = floats(5 * 9), floats(9), array.array("f", [math.nan] * 5)
    blas.sgemv(5, 9, address(matrix), address(vector), address(result))()
    wanted = [math.fsum(matrix[9 * i + j] * vector[j] for j in range(9)) for i in range(5)]
    assert result.tolist() == pytest.approx(wanted, abs=1e-5)


@compiler
def test_cublas_gets_its_words_in_order_and_a_status_is_no_silence(tmp_path):
    library = naive_blas(tmp_path)
    n, left, right, out = 6, floats(36), floats(36), array.array("f", [math.nan] * 36)
    addresses = address(left), address(right), address(out)
    peer_cublas.gemm(library, 0x1234567890, "float32", n, *addresses)()
    assert out.tolist() == pytest.approx(product(left, right, n), abs=1e-5)
    with pytest.raises(RuntimeError, match="status 7"):
        peer_cublas.gemm(library, 0x99, "float32", n, *addresses)()
    with pytest.raises(Unsupported, match="not for float8"):
        peer_cublas.gemm(library, 1, "float8", n, *addresses)
    with pytest.raises(Unsupported, match="found no cuBLAS"):
        peer_cublas.load(("libnosuch.so.1",))


@compiler
def test_libraries_are_found_and_named_by_what_they_export(tmp_path, monkeypatch):
    library = naive_blas(tmp_path)
    assert peer_blas.name_of(library, "else") == "OpenBLAS"
    monkeypatch.setattr(ctypes.util, "find_library", lambda name: library._name if name == "openblas" else None)
    assert peer_blas.of_system(2).name == "OpenBLAS"
    with pytest.raises(Unsupported, match=r"found no matrix library on this system \(nosuch\); install one"):
        peer_blas.of_system(2, ("nosuch",))
    with pytest.raises(Unsupported, match="exports no sgemm"):
        peer_blas.inside_torch(tmp_path)


# other people's programs, played by small ones that print what the real ones print

LIKWID = r"""
import re, sys
words = sys.argv[1:]
if words == ["-a"]:
    print("clload - Double-precision cacheline load\nload - Double-precision load\nload_avx - AVX load\ncopy_mem_avx - x")
    sys.exit()
test, group = words[words.index("-t") + 1], words[words.index("-W") + 1]
domain, size, threads = group.split(":")
assert domain == "N" and test in ("load_avx", "copy_mem_avx")
volume = int(re.fullmatch(r"(\d+)MB", size)[1]) * 10**6 * 20
rate = 33e9 if test == "load_avx" else 30e9
print("Allocate: Process running on hwthread 0 (Domain N) - Vector length 1/8 Offset 0 Alignment 1")
print("Initialization: Each thread in domain initializes its own stream chunks")
print("-" * 80 + f"\nLIKWID MICRO BENCHMARK\nTest: {test}\n" + "-" * 80)
print(f"Using 1 work groups\nUsing {threads} threads\n" + "-" * 80 + "\n" + "-" * 80)
print(f"Cycles:\t\t\t3385423526\nCPU Clock:\t\t2600000000\nCycle Clock:\t\t2600000000\nTime:\t\t\t{volume / rate:e} sec")
print(f"Iterations:\t\t40\nIterations per thread:\t20\nSize (Byte):\t\t{volume // 20}\nNumber of Flops:\t0\nMFlops/s:\t\t0.00")
print(f"Data volume (Byte):\t{volume}\nMByte/s:\t\t{rate / 1e6:.2f}\nCycles per update:\t0.6\nUOPs:\t\t\t1")
"""
BABEL = r"""
import sys
words = sys.argv[1:]
assert words[:2] == ["--csv", "--arraysize"] and words[3:] == ["--numtimes", "10"]
n = int(words[2])
assert n % 1024 == 0
UNIT
print(f"function,num_times,n_elements,sizeof,{unit},min_runtime,max_runtime,avg_runtime")
for name, arrays, rate in (("Copy", 2, 30e9), ("Mul", 2, 30e9), ("Add", 3, 31e9), ("Triad", 3, 31e9), ("Dot", 2, 33e9)):
    t = 8 * arrays * n / rate
    print(f"{name},10,{n},8,{rate / 1e6:.6g},{t:.6g},{1.2 * t:.6g},{1.1 * t:.6g}")
"""
NEW_BABEL = BABEL.replace("UNIT", "unit = 'max_MB_per_sec'")
OLD_BABEL = BABEL.replace(
    "UNIT", "unit = 'max_mbytes_per_sec'\nprint(f'phase,n_elements,sizeof,{unit},runtime\\nInit,{n},8,9000.1,0.1')"
)
LLAMA = r"""
import json, sys
words = dict(zip(sys.argv[1::2], sys.argv[2::2]))
assert words["-o"] == "json" and words["-ngl"] == "0" and words["-m"].endswith(".gguf")
def result(prompt, made, times):
    rates = [1e9 * (prompt + made) / t for t in times]
    return {
        "build_commit": "8cf427ff", "build_number": 5163, "cpu_info": "AMD Ryzen 7 7800X3D 8-Core Processor", "gpu_info": "",
        "backends": "CPU", "model_filename": words["-m"], "model_type": "qwen2 7B Q4_K - Medium", "model_size": 4677120000,
        "model_n_params": 7615616512, "n_batch": 2048, "n_threads": int(words["-t"]), "n_prompt": prompt, "n_gen": made,
        "n_depth": 0, "test_time": "2025-04-24T11:58:50Z", "avg_ns": sum(times) // len(times), "stddev_ns": 1453752,
        "avg_ts": sum(rates) / len(rates), "stddev_ts": 140.3, "samples_ns": times, "samples_ts": rates,
    }
print(json.dumps([result(int(words["-p"]), 0, [3 * 10**9, 4 * 10**9]), result(0, int(words["-n"]), [5 * 10**9, 6 * 10**9])]))
"""


def put(folder: Path, name: str, source: str) -> None:
    """An executable of this Python on the folder."""
    path = folder / name
    path.write_text(f"#!{sys.executable}\n{source}\n")
    path.chmod(0o755)


@pytest.fixture
def programs(tmp_path, monkeypatch) -> Path:
    """A folder that alone is on PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


TASK = Task(threads=2, bytes=48 * 10**6, flags=("avx", "avx512f"), model="m.gguf")


def readings(name: str) -> list[peer_programs.Reading]:
    program = next(one for one in peer_programs.PROGRAMS if one.name == name)
    return program.readings(program.path(), TASK)


def test_likwid_runs_the_widest_kernels_it_lists_and_its_report_is_read(programs):
    put(programs, "likwid-bench", LIKWID)
    load, copy = readings("likwid-bench")
    assert (load.what, copy.what) == ("load_avx", "copy_mem_avx")
    assert load.work.bytes == 20 * 48e6
    assert load.work.bytes / load.seconds == pytest.approx(33e9, rel=1e-5)
    assert load.disagreement < 1e-5


def test_likwid_kernels_fit_the_processor():
    listed = {"load", "load_sse", "load_avx", "load_avx512", "copy_mem_sse", "copy_mem_avx512"}
    assert peer_programs.likwid_kernels(listed, ("avx", "avx512f")) == ["load_avx512", "copy_mem_avx512"]
    assert peer_programs.likwid_kernels(listed, ("avx",)) == ["load_avx", "copy_mem_sse"]
    assert peer_programs.likwid_kernels({"load", "load_neon"}, ()) == ["load_neon"]
    with pytest.raises(MeasureError, match="neither a load nor a copy_mem"):
        peer_programs.likwid_kernels({"peakflops"}, ())


@pytest.mark.parametrize("report", [NEW_BABEL, OLD_BABEL], ids=["6.0", "5.0"])
def test_babelstream_is_read_in_its_old_and_its_new_format(programs, report):
    put(programs, "omp-stream", report)
    found = {one.what: one for one in readings("BabelStream")}
    assert list(found) == ["Copy", "Mul", "Add", "Triad", "Dot"]
    elements = 48 * 10**6 // 24 // 1024 * 1024
    assert found["Triad"].work.bytes == 3 * 8 * elements
    assert found["Dot"].work.bytes / found["Dot"].seconds == pytest.approx(33e9, rel=1e-4)
    assert max(one.disagreement for one in found.values()) < 1e-4


def test_llama_bench_is_read_per_token_with_its_model_and_without_its_path(programs):
    put(programs, "llama-bench", LLAMA)
    prefill, decode = readings("llama-bench")
    assert (prefill.what, decode.what) == ("prefill of 128 tokens", "decode of 32 tokens")
    assert (decode.work.tokens, decode.seconds) == (32, 5.5)
    assert decode.parameters == {"model": "qwen2 7B Q4_K - Medium", "model_bytes": 4677120000}
    assert decode.disagreement < 1e-9


def test_a_program_that_is_absent_or_has_no_model_is_skipped_with_the_reason(programs):
    with pytest.raises(Unsupported, match="likwid-bench is not installed"):
        readings("likwid-bench")
    put(programs, "llama-bench", LLAMA)
    with pytest.raises(Unsupported, match="name a GGUF file in the environment variable LLAMA_BENCH_MODEL"):
        peer_programs.llama(str(programs / "llama-bench"), Task(2, 10**6))


@pytest.mark.parametrize(
    ("name", "executable", "source", "message"),
    [
        (
            "likwid-bench",
            "likwid-bench",
            LIKWID.replace("MByte/s:", "MBytes:"),
            "MByte/s: found '0 of them', wanted one",
        ),
        ("likwid-bench", "likwid-bench", LIKWID + "print('MByte/s:\\t1.0')", "MByte/s: found '2 of them', wanted one"),
        (
            "likwid-bench",
            "likwid-bench",
            LIKWID.replace("{volume}\\n", "nan\\n"),
            "Data volume .*found 'nan', wanted one",
        ),
        (
            "likwid-bench",
            "likwid-bench",
            "import sys; sys.exit('Error: /opt/x/y \\x1b[31m red')",
            "ended with status 1: Error: <path>  .31m red",
        ),
        ("BabelStream", "babelstream", "print('Running Classic kernels')", "found no line 'function,num_times"),
        (
            "BabelStream",
            "babelstream",
            NEW_BABEL.replace("max_MB_per", "max_MiB_per"),
            "found no column max_mbytes_per_sec",
        ),
        (
            "BabelStream",
            "babelstream",
            NEW_BABEL.replace("'Mul'", "'X'").replace('"Mul"', '"Evil\\x1b"'),
            "found the row 'Evil",
        ),
        (
            "BabelStream",
            "babelstream",
            NEW_BABEL + "print('FAILED validation of a: 1 != 2', file=sys.stderr)",
            "found its own result wrong: FAILED validation of a",
        ),
        ("llama-bench", "llama-bench", "print('| model | size |')", "found no JSON in its output"),
        ("llama-bench", "llama-bench", "print('{}')", "found no list of results"),
        ("llama-bench", "llama-bench", "print('[' * 100000)", "found no JSON in its output"),
        ("llama-bench", "llama-bench", LLAMA.replace('"avg_ns"', '"mean_ns"'), "avg_ns: found None, wanted one number"),
        ("llama-bench", "llama-bench", LLAMA.replace('"samples_ns"', '"times"'), "without samples_ns"),
    ],
)
def test_a_report_that_is_not_as_documented_is_one_line(programs, name, executable, source, message):
    put(programs, executable, source)
    with pytest.raises(MeasureError, match=message) as caught:
        readings(name)
    assert str(caught.value).isprintable()
    assert str(caught.value).startswith(name)


def test_a_program_that_hangs_is_ended(programs, monkeypatch):
    monkeypatch.setattr(peer_programs, "LONGEST", 0.2)
    put(programs, "llama-bench", "import time; time.sleep(30)")
    with pytest.raises(MeasureError, match=r"took longer than 0\.2 s and was ended"):
        readings("llama-bench")


# counting and sentences


def test_bytes_and_flop_of_the_peers_are_those_of_the_definitions():
    assert count_kernels.triad(10, 4) == count.Work(bytes=120, flop=20)
    assert count_kernels.product(2, 3, 5, 2, 4) == count.Work(bytes=2 * (6 + 15) + 40, flop=60)


def steady(name: str, rate: float, method: str = "", **more) -> dict:
    """A row that moves a gigabyte at a rate in GB/s, with a slow sample at the end."""
    reported = {"method": method} if method else {}
    return row(name, samples=[1 / rate] * 9 + [2 / rate], bytes=1e9, **reported, **more)


def test_sentences_say_who_reaches_how_much_of_whom():
    lines = ratios(
        [
            steady("peer-read", 33.1, READ),
            steady("peer-read", 32.5, "torch, amax-float32"),
            steady("peer-read", 29.0, "torch, gemv-float32", dtype="float32"),
            steady("peer-copy", 25, PLAIN),
            steady("peer-copy", 40, PAST),
            steady("peer-copy", 26, "torch, copy"),
            steady("peer-gemv", 29.0, "torch.mv", dtype="float32"),
            steady("peer-gemv", 29.2, "MKL sgemv called directly", dtype="float32"),
            steady("read-bandwidth", 99.0, "of another stage"),
        ]
    )
    assert lines == [
        "best torch read (amax-float32) reaches 98 % of the C read (32.5 of 33.1 GB/s; turn by turn 98 %)",
        "GEMV in float32 reaches 88 % of the C read (29.0 of 33.1 GB/s; turn by turn 88 %)",
        "torch.mv reaches 99 % of MKL sgemv called directly (29.0 of 29.2 GB/s; turn by turn 99 %): "
        "the library's own kernel reads no faster, at 88 % of the C read",
        "best torch copy (copy) reaches 65 % of the C copy (non-temporal stores) (26.0 of 40.0 GB/s; turn by turn 65 %): "
        "35.0 % below, more than the 3 % aimed at",
        "non-temporal stores make the C copy 1.60 times as fast as plain ones, which read the line they overwrite",
        "with plain stores alike, torch's copy reaches 104 % of C's (26.0 of 25.0 GB/s; turn by turn 104 %)",
    ]


def test_a_slow_way_to_a_fast_library_is_torchs_own_cost():
    lines = ratios(
        [
            steady("peer-read", 33, READ),
            steady("peer-gemv", 20, "torch.mv"),
            steady("peer-gemv", 32, "MKL sgemv called directly"),
        ]
    )
    assert lines[0].endswith("the library alone reaches 97 % of the C read, so torch's way to it costs the rest")


def test_products_are_compared_within_their_format_and_size():
    def gemm(method: str, rate: float, dtype: str, size: int, **more) -> dict:
        return row(
            "peer-product", samples=[2e9 / rate] * 5, flop=2e9, bytes=1e6, method=method, dtype=dtype, size=size, **more
        )

    lines = ratios(
        [
            gemm("torch.mm", 391e9, "float32", 2048),
            gemm("MKL sgemm called directly", 395e9, "float32", 2048),
            gemm("the system's sgemm", 300e9, "float32", 2048, library="OpenBLAS"),
            gemm("torch.mm", 2000e9, "bfloat16", 2048),
            gemm("MKL x", 2100e9, "bfloat16", 1024),
        ]
    )
    assert lines == [
        "torch.mm in float32 of size 2048 reaches 99 % of MKL sgemm called directly (391 of 395 GFLOP/s; turn by turn 99 %)",
        "torch.mm in float32 of size 2048 reaches 130 % of the system's sgemm (OpenBLAS) (391 of 300 GFLOP/s; turn by turn 130 %)",
    ]


def test_programs_are_told_beside_our_read_and_what_is_missing_with_its_reason():
    def part(rate: float, program: str, what: str) -> dict:
        return steady("peer-program", rate, program=program, what=what)

    lines = ratios(
        [
            part(33, "likwid-bench", BESIDE),
            part(32, "likwid-bench", "load_avx512"),
            part(30, "llama-bench", BESIDE),
            row(
                "peer-program",
                samples=[5.5] * 5,
                tokens=32,
                program="llama-bench",
                what="decode of 32 tokens",
                model_bytes=4.4e9,
            ),
            row("peer-program", reason="BabelStream is not installed", program="BabelStream"),
            row("peer-read", reason="found no C compiler", method=READ),
        ]
    )
    assert lines == [
        "likwid-bench: load_avx512 moves 32.0 GB/s, 97 % of the C read beside it (33.0 GB/s)",
        "llama-bench: decode of 32 tokens at 5.8 tokens/s, at most 25.6 GB/s of weights, beside a C read of 30.0 GB/s",
        "not measured: BabelStream: BabelStream is not installed",
        "not measured: C, sum: found no C compiler",
    ]


def test_a_record_without_peers_says_nothing():
    assert ratios([steady("read-bandwidth", 30, "sum")]) == []


# with torch


@pytest.fixture
def bench():
    """A processor bench with a read buffer of one megabyte."""
    pytest.importorskip("torch", reason="needs torch >= 2.9, which only the measure session installs")
    from generators.measure.bench import Bench

    return Bench("cpu", seed=7, buffer_bytes=2**20)


def prepared(cases: list) -> dict[tuple[str, str], object]:
    """Each case's kernel, or the reason why there is none."""
    made = {}
    for case in cases:
        try:
            made[case.name, case.parameters["method"]] = case.prepare()
        except Unsupported as error:
            made[case.name, case.parameters["method"]] = str(error)
    return made


@compiler
def test_every_peer_of_memory_verifies_runs_and_counts(bench):
    from generators.measure.cases import bandwidth, peers

    kernels = prepared(peers.peers(bench))
    missing = {key: why for key, why in kernels.items() if isinstance(why, str) and "sgemv" not in why}
    assert missing == {}
    assert {name for name, _ in kernels} == {"peer-read", "peer-copy", "peer-triad", "peer-gemv"}
    assert len(kernels) == 8 + len(bandwidth.read_cases(bench)) + 1
    for kernel in kernels.values():
        if not isinstance(kernel, str):
            for _ in range(bandwidth.CHUNKS + 1):
                kernel.run()
            assert kernel.work.bytes > 0
            assert all(len(str(value)) <= 60 for value in kernel.parameters.values())
    read = kernels["peer-read", READ]
    assert read.parameters["threads_of"] == "torch's OpenMP"
    assert read.work.bytes == read.parameters["bytes_per_repetition"] == 2**20 // bandwidth.CHUNKS
    assert bench.buffer().isfinite().all(), "the triads keep off the buffer"


@compiler
def test_the_c_read_passes_over_the_whole_buffer(bench, monkeypatch):
    from generators.measure.peers.build import Stream
    from generators.measure.peers.memory import read_kernel

    kernel, seen = read_kernel(bench, 8), set()
    monkeypatch.setattr(Stream, "read", lambda self, source, count: seen.update(range(source, source + 4 * count, 4)))
    for _ in range(8):
        kernel.run()
    first = bench.buffer().data_ptr()
    assert seen == set(range(first, first + 2**20, 4))


@compiler
@pytest.mark.parametrize("granted", [1, 2, 3])
def test_slices_are_all_done_whatever_threads_a_runtime_grants(granted):
    """A runtime that runs the body one thread after another, with as many threads as it likes."""
    number, body = [0], ctypes.CFUNCTYPE(None, ctypes.c_void_p)

    @ctypes.CFUNCTYPE(None, body, ctypes.c_void_p, ctypes.c_uint, ctypes.c_uint)
    def parallel(work, data, threads, flags):
        assert (threads, flags) == (3, 0)
        for number[0] in range(granted):
            work(data)

    own = ctypes.CFUNCTYPE(ctypes.c_int)(lambda: number[0])
    granted_ = ctypes.CFUNCTYPE(ctypes.c_int)(lambda: granted)
    openmp = [ctypes.cast(one, ctypes.c_void_p) for one in (parallel, own, granted_)]
    stream, values = peer_build.build(3, openmp=openmp), floats(5000)
    assert stream.threads_of == "torch's OpenMP"
    assert stream.read(address(values), 5000) == pytest.approx(math.fsum(values), abs=1e-3)
    target = array.array("f", [math.nan] * 5000)
    stream.copy(address(target), address(values), 5000)
    assert target == values


@compiler
@pytest.mark.parametrize(
    ("function", "change", "kernel", "words"),
    [
        ("read", lambda real: lambda self, source, count: real(self, source, count - 1), "read", ()),
        (
            "copy",
            lambda real: lambda self, to, source, count, past: real(self, to, source, count - 1, past),
            "copy",
            (True,),
        ),
        (
            "copy",
            lambda real: lambda self, to, source, count, past: real(self, to, source, count + 1, past),
            "copy",
            (False,),
        ),
        (
            "copy",
            lambda real: lambda self, to, source, count, past: real(self, to, source + 4, count, past),
            "copy",
            (False,),
        ),
        (
            "triad",
            lambda real: lambda self, a, b, c, f, n, past: real(self, a, b, c, f * 1.00001, n, past),
            "triad",
            ("C", True),
        ),
        (
            "triad",
            lambda real: lambda self, a, b, c, f, n, past: real(self, a, b, c, f, n - 3, past),
            "triad",
            ("C", False),
        ),
    ],
)
def test_a_c_kernel_that_errs_is_not_timed(bench, monkeypatch, function, change, kernel, words):
    from generators.measure.peers import memory as peer_memory
    from generators.measure.peers.build import Stream
    from generators.measure.plan import CheckFailed

    monkeypatch.setattr(Stream, function, change(getattr(Stream, function)))
    with pytest.raises(CheckFailed):
        getattr(peer_memory, f"{kernel}_kernel")(bench, 8, *words)


def test_on_a_gpu_the_c_kernels_say_where_they_run(bench, monkeypatch):
    from generators.measure.bench import Bench
    from generators.measure.cases import peers

    monkeypatch.setattr(Bench, "is_cpu", property(lambda self: False))
    reasons = set(prepared([c for c in peers.peers(bench) if "C," in c.parameters["method"]]).values())
    assert reasons == {"the C kernels read main memory; measure them with --device cpu"}


def test_products_verify_and_count(bench):
    from generators.measure.cases import peers

    kernels = prepared(peers.products(bench, size=96))
    done = {key[1]: kernel for key, kernel in kernels.items() if not isinstance(kernel, str)}
    assert "torch.mm" in done
    for kernel in done.values():
        kernel.run()
        assert kernel.work.flop == 2 * 96**3


@compiler
@pytest.mark.parametrize("skip", [0, 1])
def test_a_library_that_leaves_a_column_out_is_not_timed(bench, tmp_path, monkeypatch, skip):
    from generators.measure.peers import products as peer_products
    from generators.measure.plan import CheckFailed

    blas = peer_blas.Blas(naive_blas(tmp_path, skip), "naive")
    monkeypatch.setattr(peer_products, "inside_torch", lambda: blas)
    monkeypatch.setattr(peer_blas, "of_system", lambda threads: blas)
    made = (
        lambda: peer_products.direct_kernel(bench, "float32", 64),
        lambda: peer_products.system_kernel(bench, 64),
        lambda: peer_products.gemv_kernel(bench, "sgemv", 8),
    )
    for prepare in made:
        if skip:
            with pytest.raises(CheckFailed):
                prepare()
        else:
            prepare().run()
    with pytest.raises(Unsupported, match="naive exports no product in bfloat16"):
        peer_products.direct_kernel(bench, "bfloat16", 64)


@compiler
def test_programs_are_replayed_beside_our_own_read(bench, tmp_path, monkeypatch):
    from generators.measure.cases import peers

    put(tmp_path, "likwid-bench", LIKWID.replace("load_avx", "load").replace("copy_mem_avx", "copy_mem"))
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    replays = {one.parameters["program"]: one for one in peers.programs(bench)}
    assert list(replays) == ["likwid-bench", "BabelStream", "llama-bench"]
    monkeypatch.setattr(type(bench), "working_set", lambda self: 2 * 10**6)
    script = replays["likwid-bench"].prepare()
    first, second = script.play(), script.play()
    assert [part.parameters["what"] for part in first] == [BESIDE, "load", "copy_mem"]
    assert [part.parameters for part in first] == [part.parameters for part in second]
    assert all(part.work.bytes > 0 and part.seconds > 0 for part in first)


def test_a_program_that_disagrees_with_itself_is_refused(bench, tmp_path, monkeypatch):
    from generators.measure.cases import peers
    from generators.measure.plan import CheckFailed

    put(tmp_path, "likwid-bench", LIKWID.replace("{rate / 1e6:.2f}", "{rate / 1e6 * 1.05:.2f}"))
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr(type(bench), "working_set", lambda self: 2 * 10**6)
    monkeypatch.setattr("generators.measure.machine.told_flags", lambda: ["avx"])
    with pytest.raises(CheckFailed, match="against the rate it prints"):
        peers.programs(bench)[0].prepare()


def test_names_of_every_row_fit_the_schema_of_records(bench):
    from generators.measure.cases import peers

    for case in [*peers.peers(bench), *peers.products(bench, 32), *peers.programs(bench)]:
        assert case.kind == "ceiling"
        assert json.loads(json.dumps(case.parameters)) == case.parameters
        assert all(isinstance(value, (str, int)) and len(str(value)) <= 60 for value in case.parameters.values())
