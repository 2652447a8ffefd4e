"""How much of a machine's native read bandwidth the browser probe sees: both on this machine, in turns, in one go.

``nox -s probe`` runs it.  The browser is Chromium, headless, on the book's own scripts; the native side is the suite's C
read kernel (generators/measure/peers/stream.c), built here, one thread per private buffer as the browser's workers have.
Writes one JSON file to ``data/probes/``; it holds no host name, user or path.
"""

from __future__ import annotations

import ctypes
import json
import mmap
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from generators.browser.scripts import scripts
from generators.catalog.load import ROOT, load_catalog
from generators.measure import machine
from generators.measure.peers import build
from generators.measure.plan import Unsupported
from generators.measure.record import public_name

MIB = 1 << 20
SIZES = (
    MIB,
    4 * MIB,
    16 * MIB,
    64 * MIB,
    256 * MIB,
)  # bytes that each thread reads; below it a call from Python costs too much
ROUNDS = 7
SPAN = 0.14  # seconds of a round, as the button's
AT_ONCE = 4 * MIB  # bytes between two looks at the clock
PAGE = '<!doctype html><meta charset="utf-8"><title>probe</title><script src="start.js"></script><mb-live kind="probe"></mb-live>'


@dataclass
class Native:
    """One thread's buffer and its own copy of the kernel, which then shares no lock with another's."""

    stream: build.Stream
    memory: mmap.mmap
    address: int
    count: int  # float32 in the buffer

    @classmethod
    def of(cls, size: int) -> Native:
        """Room for `size` bytes, written once so that every page is there."""
        memory = mmap.mmap(-1, size)
        address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
        ctypes.memset(address, 1, size)
        return cls(build.build(1), memory, address, size // 4)

    def read(self, begin: float) -> float:
        """Bytes per second from `begin` (of the monotonic clock) on for one span."""
        part = min(self.count, AT_ONCE // 4)
        starts = [self.address + 4 * at for at in range(0, self.count - part + 1, part)]
        each = AT_ONCE // (4 * part)  # calls between two looks at the clock
        done, turn, end = 0, 0, begin
        while time.perf_counter() < begin:
            pass
        while end < begin + SPAN:
            for _ in range(each):
                self.stream.read(starts[turn], part)
                turn = (turn + 1) % len(starts)
            done += 4 * part * each
            end = time.perf_counter()
        return done / (end - begin)


def native_round(threads: list[Native], pool: ThreadPoolExecutor) -> float:
    """Bytes per second of all threads through one span."""
    begin = time.perf_counter() + 0.01
    return sum(pool.map(lambda one: one.read(begin), threads))


def browser_round(page, threads: int, size: int, plain: bool) -> float:
    """The same through the page's own probe."""
    plan = {
        "small": False,
        "workers": threads,
        "one": size,
        "each": size,
        "plain": plain,
        "gpu": False,
        "one_rounds": 1,
        "all_rounds": 1,
        "span": 1e3 * SPAN,
    }
    return page.evaluate("plan => memoryBound.measureBrowser(plan).then(probe => probe.all.best)", plan)


def measure(page, say) -> list[dict[str, object]]:
    """Rows of threads, bytes per thread, way, and its rounds in byte/s; the ways take turns within each round."""
    rows = []
    for threads in sorted({1, machine.usable_cores()}):
        for size in SIZES:
            natives = [Native.of(size) for _ in range(threads)]
            found: dict[str, list[float]] = {"native": [], "wasm-simd": [], "javascript": []}
            with ThreadPoolExecutor(threads) as pool:
                for _ in range(ROUNDS):
                    found["native"].append(native_round(natives, pool))
                    found["wasm-simd"].append(browser_round(page, threads, size, False))
                    found["javascript"].append(browser_round(page, threads, size, True))
            best = {way: max(rates) / 1e9 for way, rates in found.items()}
            say(f"{threads} x {size // 1024} KiB: " + ", ".join(f"{way} {rate:.1f} GB/s" for way, rate in best.items()))
            rows += [
                {"threads": threads, "bytes": size, "way": way, "rates": [round(rate) for rate in rates]}
                for way, rates in found.items()
            ]
    return rows


def main(arguments: list[str]) -> int:
    """Measure and write; the folder may be named."""
    from playwright.sync_api import sync_playwright

    from generators.core.chromium import CHROMIUM, FLAGS, WHOLE, missing, served

    if why := missing():
        print(f"the probe needs a browser: {why}", file=sys.stderr)
        return 1
    started = time.gmtime()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright, served(Path(folder)) as origin:
        for name, text in scripts(load_catalog(ROOT)).items():
            (Path(folder) / name).write_text(text, encoding="utf-8")
        (Path(folder) / "index.html").write_text(PAGE, encoding="utf-8")
        browser = playwright.chromium.launch(executable_path=WHOLE or CHROMIUM, args=FLAGS)
        page = browser.new_page()
        page.goto(origin)
        page.wait_for_selector("mb-live[data-ready]", state="attached", timeout=20_000)
        try:
            rows = measure(page, lambda words: print(words, flush=True))
        except Unsupported as error:
            print(f"the native side cannot run: {error}", file=sys.stderr)
            return 1
        reported = f"Chromium {browser.version.split('.')[0]}, headless"
        browser.close()
    facts = {
        "schema": 1,
        "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", started),
        "machine": public_name(machine.cores(machine.cpu_name())),
        "browser": reported,
        "caches": [f"{name} {size} bytes" for name, size in machine.caches().items()],
        "rows": rows,
    }
    target = Path(arguments[0]) if arguments else ROOT / "data" / "probes"
    target.mkdir(parents=True, exist_ok=True)
    name = "".join(letter if letter.isalnum() else "-" for letter in facts["machine"].lower())
    path = target / f"{'-'.join(filter(None, name.split('-')))}--{time.strftime('%Y-%m-%dT%H%MZ', started)}.json"
    path.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    print(f"wrote {path.name}; next: nox -s write")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
