"""Other people's benchmarks, each run as a whole process where it is installed; their reports are read strictly.

Formats followed: likwid-bench of LIKWID 5.5.1, BabelStream 4.0, 5.0 and 6.0-rc (--csv), llama-bench of llama.cpp
build 5163 (-o json).  Nothing is downloaded; llama-bench needs a model file that the person names.
"""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from generators.measure.outcome import brief, one_line, word
from generators.measure.plan import MeasureError, Unsupported, Work

LONGEST = 120  # seconds one process may take
LARGEST = 2**20  # characters of a report
AGREE = 0.01  # how far a program's rate may lie from its own bytes over its own time
MODEL = "LLAMA_BENCH_MODEL"  # the environment variable that names a GGUF file


@dataclass(frozen=True)
class Reading:
    """One figure of a report: what it is of, its work, its seconds, and how far its parts disagree (a share)."""

    what: str
    work: Work
    seconds: float
    disagreement: float
    parameters: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Task:
    """What a program is asked: threads, bytes of memory to pass over, vector instructions there are, a model."""

    threads: int
    bytes: int
    flags: tuple[str, ...] = ()
    model: str = ""


@dataclass(frozen=True)
class Program:
    """A program by the names it is installed under, and how its figures are had."""

    name: str
    executables: tuple[str, ...]
    readings: Callable[[str, Task], list[Reading]]

    def path(self) -> str:
        """Where it is installed; `Unsupported` where it is not."""
        for name in self.executables:
            if found := shutil.which(name):
                return found
        raise Unsupported(f"{self.name} is not installed (looked for {', '.join(self.executables)} on PATH)")


def report(name: str, words: list[str]) -> str:
    """What a process prints; a fault is one line without paths."""
    try:
        done = subprocess.run(
            words,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=LONGEST,
            stdin=subprocess.DEVNULL,
            env=os.environ | {"LC_ALL": "C"},
        )
    except subprocess.TimeoutExpired:
        raise MeasureError(f"{name} took longer than {LONGEST} s and was ended") from None
    except OSError as error:
        raise MeasureError(f"{name} does not start: {error.strerror}") from None
    wrong = [line for line in (done.stderr + done.stdout).splitlines() if re.search("validation", line, re.IGNORECASE)]
    if done.returncode or wrong:
        last = (wrong or done.stderr.strip().splitlines() or ["it printed no reason"])[-1]
        how = f"ended with status {done.returncode}" if done.returncode else "found its own result wrong"
        raise MeasureError(f"{name} {how}: {brief(last, 200)}")
    return done.stdout[:LARGEST]


def likwid(path: str, task: Task) -> list[Reading]:
    """A load and a copy past the cache, each a process of its own, with the widest kernel both sides know."""
    listed = {line.split()[0] for line in report("likwid-bench", [path, "-a"]).splitlines() if line.strip()}
    return [likwid_reading(path, kernel, task) for kernel in likwid_kernels(listed, task.flags)]


def likwid_kernels(listed: set[str], flags: tuple[str, ...]) -> list[str]:
    """One read and one copy among the kernels that the program lists, as wide as the processor allows."""
    wide = [end for end, flag in (("_avx512", "avx512f"), ("_avx", "avx")) if flag in flags] + ["_neon", "_sse", ""]
    chosen = []
    for what in ("load", "copy_mem"):
        there = [what + end for end in wide if what + end in listed]
        chosen += there[:1]
    if not chosen:
        raise MeasureError("likwid-bench: found neither a load nor a copy_mem among the tests that -a lists")
    return chosen


def likwid_reading(path: str, kernel: str, task: Task) -> Reading:
    """One run over the whole node's cores; the report's volume, time and rate must agree."""
    text = report("likwid-bench", [path, "-t", kernel, "-W", f"N:{task.bytes // 10**6}MB:{task.threads}"])
    got = {
        key: _number("likwid-bench", key, re.findall(rf"^{re.escape(key)}:\s+(\S+)(?: sec)?\s*$", text, re.MULTILINE))
        for key in ("Time", "Data volume (Byte)", "MByte/s")
    }
    volume, seconds = got["Data volume (Byte)"], got["Time"]
    return Reading(kernel, Work(bytes=volume), seconds, _apart(got["MByte/s"] * 1e6, volume / seconds))


def babelstream(path: str, task: Task) -> list[Reading]:
    """The five classic kernels on float64 arrays; each figure is the fastest of nine passes."""
    elements = max(task.bytes // 24 // 1024 * 1024, 1024)
    text = report("BabelStream", [path, "--csv", "--arraysize", str(elements), "--numtimes", "10"])
    lines = [line.strip().split(",") for line in text.splitlines()]
    start = next((at for at, line in enumerate(lines) if line[0] == "function"), None)
    if start is None or lines[start][1:4] != ["num_times", "n_elements", "sizeof"]:
        raise MeasureError(
            "BabelStream: found no line 'function,num_times,n_elements,sizeof,…', wanted --csv of 4.0 to 6.0"
        )
    if lines[start][4:6] not in (["max_mbytes_per_sec", "min_runtime"], ["max_MB_per_sec", "min_runtime"]):
        raise MeasureError(
            "BabelStream: found no column max_mbytes_per_sec before min_runtime, wanted --csv of 4.0 to 6.0"
        )
    return [_babel_row(line) for line in lines[start + 1 :] if line != [""]]


def _babel_row(line: list[str]) -> Reading:
    arrays = {"Copy": 2, "Mul": 2, "Add": 3, "Triad": 3, "Dot": 2}.get(line[0])
    if arrays is None or len(line) != 8:
        raise MeasureError(
            f"BabelStream: found the row {one_line(','.join(line))[:60]!r}, wanted 8 columns of a kernel"
        )
    count, size, rate, seconds = (_number("BabelStream", line[0], [word]) for word in line[2:6])
    moved = arrays * count * size
    return Reading(line[0], Work(bytes=moved), seconds, _apart(rate * 1e6, moved / seconds), {"dtype": "float64"})


def llama(path: str, task: Task) -> list[Reading]:
    """Prefill of 128 tokens and decode of 32, on the processor, with the model file that the person names."""
    if not task.model:
        raise Unsupported(f"llama-bench needs a model: name a GGUF file in the environment variable {MODEL}")
    words = ["-m", task.model, "-p", "128", "-n", "32", "-r", "2", "-t", str(task.threads), "-ngl", "0", "-o", "json"]
    try:
        rows = json.loads(report("llama-bench", [path, *words]))
    except (ValueError, RecursionError):
        raise MeasureError("llama-bench: found no JSON in its output, wanted that of -o json") from None
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise MeasureError("llama-bench: found no list of results, wanted that of -o json")
    return [_llama_row(row) for row in rows]


def _llama_row(row: dict[str, Any]) -> Reading:
    prompt, made, size = (
        int(_number("llama-bench", key, [row.get(key)], 0)) for key in ("n_prompt", "n_gen", "model_size")
    )
    average, rate = (_number("llama-bench", key, [row.get(key)]) for key in ("avg_ns", "avg_ts"))
    samples = row.get("samples_ns")
    if not isinstance(samples, list) or not samples or not prompt + made:
        raise MeasureError("llama-bench: found a result without samples_ns or without tokens, wanted that of -o json")
    times = [_number("llama-bench", "samples_ns", [value]) for value in samples]
    rates = [1e9 * (prompt + made) / value for value in times]
    apart = max(_apart(rate, sum(rates) / len(rates)), _apart(average, sum(times) / len(times)))
    what = f"prefill of {prompt} tokens" if prompt else f"decode of {made} tokens"
    reported = {"model": word(str(row.get("model_type"))), "model_bytes": size}
    return Reading(what, Work(tokens=prompt + made), average / 1e9, apart, reported)


def _number(program: str, key: str, found: list[Any], above: float = -1) -> float:
    """The one positive finite number that a report must hold under a key (`above` 0: zero will do)."""
    text = found[0] if len(found) == 1 else f"{len(found)} of them"
    try:
        value = float(text)
    except (TypeError, ValueError):
        value = math.nan
    if not (0 < value < 1e18 or (above == 0 and value == 0)):
        raise MeasureError(f"{program}: {key}: found {one_line(repr(text))[:60]}, wanted one number above zero")
    return value


def _apart(found: float, wanted: float) -> float:
    return abs(found / wanted - 1)


PROGRAMS = (
    Program("likwid-bench", ("likwid-bench",), likwid),
    Program("BabelStream", ("babelstream", "omp-stream", "tbb-stream", "std-data-stream"), babelstream),
    Program("llama-bench", ("llama-bench",), llama),
)
