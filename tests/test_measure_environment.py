"""What the measuring code tells of a machine, and that it tells no host, user or path.  No torch here."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
from pathlib import Path

import pytest

from generators.measure import accelerators, environment, machine, noise
from generators.measure.outcome import one_line, without_paths
from generators.measure.plan import MeasureError
from generators.measure.record import public_name, public_note

ROOT = Path(__file__).resolve().parents[1]


def test_the_environment_names_no_host_user_or_path():
    text = json.dumps(environment.machine_facts())
    assert "/home/" not in text
    assert "/root" not in text
    assert str(ROOT) not in text
    user = os.environ.get("USER") or os.environ.get("LOGNAME")
    for private in (socket.gethostname(), user):
        assert not private or not re.search(rf"\b{re.escape(private)}\b", text)


def linux_tree(root: Path) -> Path:
    """The files of a small Linux machine."""
    files = {
        "proc/cpuinfo": "model: 1\nmodel name\t: AMD EPYC 7763 64-Core Processor\nflags: fpu avx2 hypervisor\n\n",
        "proc/meminfo": "MemTotal:        8000 kB\nMemFree: 1 kB\nMemAvailable:    6000 kB\n",
        "proc/loadavg": "0.50 0.40 0.30 1/100 999\n",
        "proc/stat": "cpu  10 0 10 70 0 0 0 10 5 0\ncpu0 1\n",
        "proc/self/smaps_rollup": "Rss: 9 kB\nAnonHugePages:      2048 kB\n",
        "sys/kernel/mm/transparent_hugepage/enabled": "always [madvise] never\n",
        "sys/fs/cgroup/memory.max": "4096000\n",
        "sys/fs/cgroup/memory.current": "1024000\n",
    }
    for index, (level, kind, size) in enumerate([(1, "Data", "32K"), (1, "Instruction", "32K"), (3, "Unified", "32M")]):
        folder = f"sys/devices/system/cpu/cpu0/cache/index{index}/"
        files |= {f"{folder}level": f"{level}\n", f"{folder}type": f"{kind}\n", f"{folder}size": f"{size}\n"}
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def test_a_linux_machine_is_read_from_its_files(tmp_path):
    root = linux_tree(tmp_path)
    facts = environment.machine_facts(root)
    assert machine.cpu_name(root) == "AMD EPYC 7763"
    assert machine.caches(root) == {"L1d": 32768, "L3": 33554432}
    assert machine.last_level_cache(root) == 33554432
    assert machine.memory_free(root) == 4096000 - 1024000  # the container's limit, below what is available
    assert facts["transparent_huge_pages"] == "madvise"
    assert facts["governor"] == "not readable"
    assert facts["cpu_flags"] == ["avx2"]
    assert facts["hypervisor"] is True
    assert machine.own_huge_pages(root) == 2048 * 1024


def test_a_processor_named_without_a_number_gets_its_model(tmp_path):
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/cpuinfo").write_text("model\t: 167\nmodel name\t: Intel(R) Xeon(R) Processor\n\n")
    assert machine.cpu_name(tmp_path) == "Intel Xeon model 167"


def test_a_machine_that_tells_nothing_still_has_an_environment(tmp_path):
    facts = environment.machine_facts(tmp_path)
    assert facts["cpu_flags"] == []
    assert facts["caches"] == []
    assert machine.own_huge_pages(tmp_path) is None
    assert machine.memory_free(tmp_path) > 0
    assert noise.read_noise(tmp_path).steal is None


def test_a_program_that_a_case_runs_is_no_other_process(tmp_path, monkeypatch):
    """Other benchmarks are children: their time must not pass for a disturbance."""
    monkeypatch.setattr(os, "times", lambda: (1.0, 2.0, 30.0, 4.0, 99.0))
    assert noise.read_noise(linux_tree(tmp_path)).own == 37 * os.sysconf("SC_CLK_TCK")


def test_noise_is_the_share_of_all_time_that_others_took_between_two_readings(tmp_path):
    before = noise.read_noise(linux_tree(tmp_path), own=5)
    (tmp_path / "proc/stat").write_text("cpu  40 0 20 120 0 0 0 20 5 0\n")
    after = noise.read_noise(tmp_path, own=25)
    # Of 100 ticks 10 were stolen; 40 were busy, of which 20 in this process.
    assert noise.between(before, after) == {
        "load_1min_before": 0.5,
        "load_1min_after": 0.5,
        "steal_share": 0.1,
        "other_processes_share": 0.2,
    }
    assert noise.between(before, before)["steal_share"] is None


def test_nvidia_smi_is_read_and_its_absence_is_no_error(monkeypatch):
    line = "NVIDIA H100 80GB HBM3, 81559 MiB, 550.54, 700.00 W, 345 MHz, 2619 MHz, 1980 MHz, Enabled, Disabled"
    answer = subprocess.CompletedProcess([], 0, stdout=line + "\n")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "GPU-12ab-34cd,GPU-56ef")
    asked: list[str] = []
    facts = environment.gpu_facts(lambda words, **options: asked.extend(words) or answer)
    assert asked[-1] == "--id=GPU-12ab-34cd"
    assert facts["gpu_power_limit"] == "700.00 W"
    assert facts["gpu_ecc"] == "Enabled"

    def absent(*words: object, **options: object) -> None:
        raise FileNotFoundError("nvidia-smi")

    assert environment.gpu_facts(absent) == {}


def test_a_folder_that_is_no_clone_has_an_unknown_commit(tmp_path):
    assert environment.commit_of(tmp_path) == ("unknown", True)


def test_paths_are_taken_out_of_reasons_and_refused_in_notes():
    assert without_paths("cannot open '/home/joe/x.so', 21.3 GB/s") == "cannot open '<path>', 21.3 GB/s"
    assert without_paths(r"lost C:\Users\joe\x.dll today") == "lost <path> today"
    assert public_note("quiet machine, 12 W/core") == "quiet machine, 12 W/core"
    for odd in ("two\nlines", "a <b>"):
        with pytest.raises(MeasureError, match="one plain line"):
            public_note(odd)
    assert public_name(" [AMD] Eng Sample: 7B13*\t" + "x" * 90) == "AMD Eng Sample 7B13 " + "x" * 60
    assert public_name("***") == "unknown"
    assert one_line("'<' not\tsupported") == "'‹' not supported"
    with pytest.raises(MeasureError, match="--note"):
        public_note("see /home/joe/log")


def test_every_known_gpu_is_a_chip_of_the_catalog(catalog):
    assert set(accelerators.KNOWN.values()) <= set(catalog.accelerators)
    assert accelerators.catalog_id("NVIDIA H200") == "h200-sxm"
    assert accelerators.catalog_id("Some GPU") == ""
