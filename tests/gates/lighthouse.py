"""Gate: Lighthouse gives the page at least 95 for performance and 100 for all else, as on a phone with a slow link.

Its own default profile: a phone's window, a link of 1.6 Mbit/s with 150 ms there and back, and a processor four times slower
than this one, all simulated from one load, so that the link of the machine does not count.  The processor does: where
this machine is slower than a desk's, it is slowed less, so that the page is judged on one and the same phone everywhere.
Three runs a page, one after another, and the median of each score counts.
"""

import json
import os
import statistics
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from generators.core.chromium import CHROMIUM, FLAGS
from tests.gates import node
from tests.gates.axe import has_a_figure, pages
from tests.gates.host import hosted, size

WANTED = {"performance": 95, "accessibility": 100, "best-practices": 100, "seo": 100}
RUNS = 3
#: Lighthouse's own measure of a machine, about: a desk's machine has 1,500 and more, and is slowed four times; a shared
#: machine of two cores has 500 to 1,000.  Its documentation derives the slowing from this number in the same way.
DESK, SLOWED = 1500, 4
NEAR = 0.15  # a run slowed by so much too little or too much is judged as it is
_slowed: list[float] = [SLOWED]  # what the runs so far asked for
SHOWN = {
    "first-contentful-paint": "first words",
    "largest-contentful-paint": "largest part",
    "total-blocking-time": "blocked",
    "cumulative-layout-shift": "shift",
    "speed-index": "speed index",
}


@dataclass(frozen=True)
class Reported:
    """What Lighthouse says of one page: each category's median score, the middle of its times, and audits that fail."""

    page: str
    scores: dict[str, int]
    times: str
    failed: list[str]

    def __str__(self) -> str:
        scores = ", ".join(f"{name} {score}" for name, score in self.scores.items())
        return f"{self.page or 'index.html'}: {scores} ({self.times})"


def chosen(site: Path) -> list[str]:
    """The pages that are judged: the front page, the heaviest chapter, the explorer."""
    chapters = [one for one in pages(site) if one[:2].isdigit() and has_a_figure(site, one)]
    return ["", max(chapters, key=lambda one: size(site / one / "index.html")), "explorer/"]


def judge(site: Path, addresses: Iterable[str], runs: int = RUNS) -> list[Reported]:
    """Lighthouse on each page, `runs` times."""
    with hosted(site) as origin:
        return [_median(one, [_run(origin + one) for _ in range(runs)]) for one in addresses]


def check(reported: Iterable[Reported]) -> list[str]:
    """Each score that is too low, one line each, with the audits that fail."""
    return [
        f"{one.page or 'index.html'}: {name} {one.scores[name]}, wanted {least}; {one.times}; see {', '.join(one.failed) or 'the times'}"
        for one in reported
        for name, least in WANTED.items()
        if one.scores[name] < least
    ]


def _run(url: str) -> dict:
    """One run's report.  A machine slower than a desk's is slowed less: as much less as the run before needed, else again."""
    report = _lighthouse(url, used := _slowed[-1])
    wanted = min(SLOWED, max(1.0, SLOWED * report["environment"]["benchmarkIndex"] / DESK))
    if abs(wanted / used - 1) <= NEAR:
        return report
    _slowed.append(wanted)
    return _lighthouse(url, wanted)


def _lighthouse(url: str, slowed: float) -> dict:
    flags = " ".join(["--headless", *FLAGS])
    arguments = [
        url,
        "--quiet",
        "--output=json",
        "--output-path=stdout",
        f"--only-categories={','.join(WANTED)}",
        f"--throttling.cpuSlowdownMultiplier={slowed:.2f}",
        f"--chrome-flags={flags}",
        "--no-enable-error-reporting",
    ]
    done = node.run("lighthouse", *arguments, timeout=180, env=os.environ | {"CHROME_PATH": CHROMIUM or ""})
    if done.returncode or not done.stdout.startswith("{"):
        raise subprocess.CalledProcessError(done.returncode, "lighthouse", done.stdout[-500:], done.stderr[-2000:])
    report = json.loads(done.stdout)
    if "runtimeError" in report:
        raise RuntimeError(f"{url}: {report['runtimeError']['message']}")
    return report


def _median(page: str, reports: list[dict]) -> Reported:
    """What holds of most runs."""
    scores = {
        name: round(100 * statistics.median(report["categories"][name]["score"] or 0 for report in reports))
        for name in WANTED
    }
    middle = sorted(reports, key=lambda report: report["categories"]["performance"]["score"] or 0)[len(reports) // 2]
    audits = middle["audits"]
    times = [f"{words} {audits[id_].get('displayValue', '?')}".replace("\u00a0", " ") for id_, words in SHOWN.items()]
    times.append(f"machine {middle['environment']['benchmarkIndex']:.0f}")
    return Reported(page, scores, ", ".join(times), _failed(middle))


def _failed(report: dict) -> list[str]:
    """Audits of the last three categories that fail; those of performance are told by the times."""
    audits, categories = report["audits"], [report["categories"][name] for name in WANTED if name != "performance"]
    weighed = [ref["id"] for one in categories for ref in one["auditRefs"] if ref["weight"]]
    return [id_ for id_ in weighed if audits[id_]["score"] is not None and audits[id_]["score"] < 1]
