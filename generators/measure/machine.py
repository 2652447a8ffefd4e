"""The processor as the operating system describes it.  Standard library only; no host name, user or path."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from pathlib import Path

_TOLD_FLAGS = re.compile(r"^(avx.*|amx.*|fma|f16c|neon|asimd.*|sve.*|bf16|i8mm|fphp|dotprod)$")


def cpu_info(root: Path = Path("/")) -> dict[str, str]:
    """The first processor's fields of /proc/cpuinfo, lower-case; empty where there is none."""
    try:
        first = (root / "proc/cpuinfo").read_text().split("\n\n")[0]
    except OSError:
        return {}
    pairs = (line.split(":", 1) for line in first.splitlines() if ":" in line)
    return {key.strip().lower(): value.strip() for key, value in pairs}


def cpu_name(root: Path = Path("/")) -> str:
    """The processor's name without marks and filler; the model number joins it where the name holds none."""
    info = cpu_info(root)
    raw = info.get("model name") or _sysctl("machdep.cpu.brand_string") or platform.processor() or platform.machine()
    name = re.sub(r"\((R|TM|tm|C)\)|\bCPU\b|\bProcessor\b|@.*$|\d+-Core\b|with .*$", " ", raw or "unknown")
    name = " ".join(name.split())
    if not re.search(r"\d", name) and info.get("model", "").isdigit():
        name += f" model {info['model']}"
    return name


def cores(name: str) -> str:
    """A machine's name with its logical processors, such as ``Intel Xeon model 167, 2 cores``."""
    count = usable_cores()
    return f"{name}, {count} core{'' if count == 1 else 's'}"


def usable_cores() -> int:
    """Logical processors this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def told_flags(root: Path = Path("/")) -> list[str]:
    """The vector and matrix instructions that decide which kernels a library picks."""
    info = cpu_info(root)
    flags = (info.get("flags") or info.get("features") or "").split()
    return sorted(flag for flag in set(flags) if _TOLD_FLAGS.match(flag))


def caches(root: Path = Path("/")) -> dict[str, int]:
    """Bytes of each data cache the first core sees, such as ``{"L1d": 49152, "L3": 503316480}``."""
    found: dict[str, int] = {}
    for index in sorted((root / "sys/devices/system/cpu/cpu0/cache").glob("index*")):
        try:
            level, kind = _line(index / "level"), _line(index / "type")
            size = re.fullmatch(r"(\d+)([KMG]?)", _line(index / "size"))
        except OSError:
            continue
        if kind != "Instruction" and size:
            found[f"L{level}{'d' if kind == 'Data' else ''}"] = int(size[1]) * 1024 ** " KMG".index(size[2] or " ")
    if not found:
        for name, key in (("L1d", "hw.l1dcachesize"), ("L2", "hw.perflevel0.l2cachesize"), ("L3", "hw.l3cachesize")):
            if (value := _sysctl(key)).isdigit() and int(value):
                found[name] = int(value)
    return found


def last_level_cache(root: Path = Path("/")) -> int | None:
    """Bytes of the largest cache, or None where the system does not tell."""
    return max(caches(root).values(), default=None)


def memory_total(root: Path = Path("/")) -> int | None:
    """Bytes of main memory, or None where the system does not tell."""
    if value := _meminfo("MemTotal", root):
        return value
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError, AttributeError):
        return None


def memory_free(root: Path = Path("/")) -> int:
    """Bytes this process may still take: what the kernel calls available, or what its container has left."""
    free = _meminfo("MemAvailable", root) or (memory_total(root) or 4 * 2**30) // 2
    try:
        group = root / "sys/fs/cgroup"
        free = min(free, int(_line(group / "memory.max")) - int(_line(group / "memory.current")))
    except (OSError, ValueError):
        pass  # no container, or one without a limit ("max")
    return max(free, 0)


def governor(root: Path = Path("/")) -> str:
    """The frequency governor of the first core, or "not readable"."""
    return _chosen(root / "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")


def huge_pages(root: Path = Path("/")) -> str:
    """Whether transparent huge pages are "always", "madvise" or "never" given, or "not readable"."""
    return _chosen(root / "sys/kernel/mm/transparent_hugepage/enabled")


def own_huge_pages(root: Path = Path("/")) -> int | None:
    """Bytes of this process that lie in huge pages now, or None where the system does not tell."""
    try:
        text = (root / "proc/self/smaps_rollup").read_text()
    except OSError:
        return None
    match = re.search(r"AnonHugePages:\s+(\d+) kB", text)
    return int(match[1]) * 1024 if match else None


def hypervisor(root: Path = Path("/")) -> bool:
    """Whether the processor says that it is a guest's."""
    return "hypervisor" in cpu_info(root).get("flags", "").split()


def _meminfo(field: str, root: Path) -> int | None:
    try:
        match = re.search(rf"^{field}:\s+(\d+) kB", (root / "proc/meminfo").read_text(), re.MULTILINE)
    except OSError:
        return None
    return int(match[1]) * 1024 if match else None


def _line(path: Path) -> str:
    return path.read_text().strip()


def _chosen(path: Path) -> str:
    """A setting file's content; where it lists choices, the bracketed one."""
    try:
        text = _line(path)
    except OSError:
        return "not readable"
    match = re.search(r"\[(\w+)\]", text)
    return match[1] if match else text


def _sysctl(key: str) -> str:
    """A macOS setting, or an empty string elsewhere."""
    if platform.system() != "Darwin":
        return ""
    try:
        return subprocess.run(["sysctl", "-n", key], capture_output=True, text=True, timeout=5).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""
