"""Where a record was taken: processor, memory, system, torch and GPU.  No host name, user or path."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any

from generators.measure import machine
from generators.measure.accelerators import catalog_id
from generators.measure.record import SCHEMA, public_name, stamp

_SETTINGS = (  # environment variables that change kernels or placement; all hold short plain words
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OMP_PROC_BIND",
    "KMP_AFFINITY",
    "ATEN_CPU_CAPABILITY",
    "THP_MEM_ALLOC_ENABLE",
    "ONEDNN_MAX_CPU_ISA",
    "CUDA_VISIBLE_DEVICES",
)
_SHORT = re.compile(r"[\w,.-]{1,60}")
_SMI = {
    "gpu_name": "name",
    "gpu_memory": "memory.total",
    "gpu_driver": "driver_version",
    "gpu_power_limit": "power.limit",
    "gpu_sm_clock": "clocks.sm",
    "gpu_memory_clock": "clocks.mem",
    "gpu_sm_clock_max": "clocks.max.sm",
    "gpu_ecc": "ecc.mode.current",
    "gpu_mig": "mig.mode.current",
}


def machine_facts(root: Path = Path("/")) -> dict[str, Any]:
    """Processor, memory and system; `root` lets tests bring a file tree of their own."""
    info = machine.cpu_info(root)
    return {
        "cpu": " ".join(info.get("model name", "").split()) or machine.cpu_name(root),
        "cpu_family": info.get("cpu family", ""),
        "cpu_model": info.get("model", ""),
        "cpu_flags": machine.told_flags(root),
        "caches": [f"{name} {size} bytes" for name, size in machine.caches(root).items()],
        "logical_cores": os.cpu_count(),
        "usable_cores": machine.usable_cores(),
        "governor": machine.governor(root),
        "memory_bytes": machine.memory_total(root),
        "transparent_huge_pages": machine.huge_pages(root),
        "hypervisor": machine.hypervisor(root),
        "kernel": f"{platform.system()} {platform.release()}",
        "architecture": platform.machine(),
        "python": platform.python_version(),
        "settings": [f"{key}={value}" for key in _SETTINGS if _SHORT.fullmatch(value := os.environ.get(key, ""))],
    }


def torch_facts(torch: ModuleType) -> dict[str, Any]:
    """Version, threads and the few lines of torch's build summary that decide which kernels run."""
    build = torch.__config__.show()
    reported = {
        "torch_blas": re.search(r"BLAS_INFO=(\w+)", build),
        "torch_mkl": re.search(r"Math Kernel Library Version (\S+)", build),
        "torch_onednn": re.search(r"MKL-DNN (v[\d.]+)", build),
        "torch_openmp": re.search(r"OpenMP (\d+)", build),
        "torch_cpu_capability": re.search(r"CPU capability usage: (\S+)", build),
        "torch_commit": re.search(r"COMMIT_SHA=([0-9a-f]{7,40})", build),
    }
    return {
        "torch": torch.__version__,
        "torch_threads": torch.get_num_threads(),
        "torch_float32_matmul_precision": torch.get_float32_matmul_precision(),
        **{key: match[1] if match else "not told" for key, match in reported.items()},
        "torch_cuda": torch.version.cuda or "none",
        "torch_hip": getattr(torch.version, "hip", None) or "none",
    }


def gpu_facts(run: Any = subprocess.run) -> dict[str, str]:
    """What nvidia-smi tells of the first visible GPU; empty without it."""
    query = ["nvidia-smi", f"--query-gpu={','.join(_SMI.values())}", "--format=csv,noheader"]
    first = os.environ.get("CUDA_VISIBLE_DEVICES", "0").split(",")[0]
    if first.isdigit() or re.fullmatch(r"GPU-[\w-]+", first):
        query.append(f"--id={first}")
    try:
        answer = run(query, capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.SubprocessError):
        return {}
    lines = answer.stdout.strip().splitlines()
    if answer.returncode or not lines:
        return {}
    return dict(zip(_SMI, (word.strip() for word in lines[0].split(",")), strict=False))


def header(
    hello: dict[str, Any], profile: str, started: datetime, note: str, accelerator: str, root: Path
) -> dict[str, Any]:
    """The record's fields that are known before anything is timed."""
    commit, dirty = commit_of(root)
    device = {"rocm": "cuda"}.get(hello["device"], hello["device"])
    return {
        "schema": SCHEMA,
        "started": stamp(started),
        "profile": profile,
        "command": f"python -m generators.measure {profile} --device {device}",
        "commit": commit,
        "dirty": dirty,
        "supersedes": "",
        "note": note,
        "machine": {
            "name": public_name(hello["name"]),
            "device": hello["device"],
            "accelerator": accelerator or catalog_id(hello["name"]),
        },
    }


def commit_of(folder: Path) -> tuple[str, bool]:
    """Commit of the clone and whether its files differ from it; ("unknown", True) when git cannot tell."""

    def git(*words: str) -> str:
        done = subprocess.run(["git", "-C", str(folder), *words], capture_output=True, text=True, timeout=20)
        if done.returncode:
            raise OSError(done.stderr)
        return done.stdout.strip()

    try:
        if Path(git("rev-parse", "--show-toplevel")).resolve() != folder.resolve():
            return "unknown", True  # unpacked inside somebody else's repository
        commit = git("rev-parse", "HEAD")
        changed = git("status", "--porcelain", "--untracked-files=no")
        return commit, bool(changed or git("status", "--porcelain", "--", "generators/measure"))
    except (OSError, subprocess.SubprocessError):
        return "unknown", True
