"""Serving under load: one trace simulated on a chip of the catalog.

The measured scheduler plays both.  What it costs is remembered, since numbers and figures ask for the same runs.
"""

import statistics
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from generators.catalog.load import Catalog
from generators.comparison import simulation
from generators.comparison.simulation import PassTimeModel
from generators.core import disk_cache, fingerprint
from generators.measure.serving import report
from generators.measure.serving.scheduler import Policy, Request, Run, serve
from generators.measure.serving.trace import Lengths, at_once, poisson_trace
from generators.measure.serving.trace import at_rate as at_rate_of

CHIP, MODEL, FORMAT = "h200-sxm", "llama-3.1-8b", "bf16"
BATCH, CHUNK = 16, 256
PROMPTS, ANSWERS = Lengths("exponential", 1024, 32, 4096), Lengths("exponential", 64, 8, 256)
#: Of the trace that figure and table show: its requests come as fast and are as long as the distributions say, within
#: 2 %, and what it says lies near the median of the others.
REQUESTS, SEED = 64, 247
SEEDS = range(1, 13)  # of the traces that each sentence about a simulation is told over
DRAWN = 1  # of them, the one that is drawn request by request: its wait is cut about as much as the median's
SHARES = (0.25, 0.5, 0.75, 0.9, 0.95)  # of what each policy could serve for ever


@dataclass(frozen=True)
class Load:
    """What a policy does to its users at a rate of arrivals: seconds, but for `share`, `rate` (1/s) and `batch` (tokens)."""

    policy: str
    share: float  # of the policy's own capacity
    rate: float
    ttft: float
    queueing: float
    tpot: float
    gap_p95: float
    gap_most: float
    batch: float


def policy_of(name: str, batch: int = BATCH, chunk: int = CHUNK) -> Policy:
    """A policy by its name."""
    return Policy(name, batch, chunk if name == "continuous-chunked" else None)


@cache
def trace(seed: int = SEED) -> list[Request]:
    """The simulated requests, one a second."""
    return poisson_trace(seed, REQUESTS, PROMPTS, ANSWERS)


#: Equal prices as one, so that what a pass of some segments costs is remembered for all traces.
_PRICES: dict[PassTimeModel, PassTimeModel] = {}


def chapter_price(catalog: Catalog) -> PassTimeModel:
    """The price of a pass on the chapter's chip by its datasheet."""
    price = simulation.chip_price(catalog, CHIP, MODEL, FORMAT)
    return _PRICES.setdefault(price, price)


@cache
def _all_at_once(price: PassTimeModel, name: str, chunk: int, seed: int) -> tuple[float, float, float]:
    """Of the trace, several times over and all there from the beginning: requests per second, answer tokens per pass, and the share of the passes that read a part of a prompt, which is their last segment."""
    run = serve(at_once(trace(seed)), policy_of(name, chunk=chunk), price)
    reading = sum(one.segments[-1].prompt for one in run.passes)
    return report.sustained_rate(run), report.mean_batch(run), reading / len(run.passes)


def capacity(price: PassTimeModel, name: str, chunk: int = CHUNK, seed: int = SEED) -> float:
    """Requests per second that a policy could serve for ever."""
    return _all_at_once(price, name, chunk, seed)[0]


def saturated_batch(price: PassTimeModel, name: str, seed: int = SEED) -> float:
    """Answer tokens per pass where the queue never empties."""
    return _all_at_once(price, name, CHUNK, seed)[1]


def carrying(price: PassTimeModel, chunk: int, seed: int) -> float:
    """Share of the passes that read a part of a prompt, of that run with chunks of a size."""
    return _all_at_once(price, "continuous-chunked", chunk, seed)[2]


def taking_turns(price: PassTimeModel) -> PassTimeModel:
    """The same machine, were it to read and compute in turns."""
    turns = replace(price, overlap=False)
    return _PRICES.setdefault(turns, turns)


@cache
def at_share(price: PassTimeModel, name: str, share: float) -> Load:
    """The trace at a share of the policy's own capacity."""
    return _load(price, name, share, share * capacity(price, name))


@cache
def at_rate(price: PassTimeModel, name: str, rate: float, seed: int = SEED) -> Load:
    """The trace at so many requests a second."""
    return _load(price, name, rate / capacity(price, name, seed=seed), rate, seed)


def _load(price: PassTimeModel, name: str, share: float, rate: float, seed: int = SEED) -> Load:
    run = simulation.at_load(trace(seed), policy_of(name), price, 1.0, rate)
    gaps = sorted(report.gaps(run))
    return Load(
        name,
        share,
        rate,
        statistics.mean(report.ttft(run)),
        statistics.mean(report.queueing(run)),
        statistics.mean(report.tpot(run)),
        gaps[int(0.95 * (len(gaps) - 1))],
        gaps[-1],
        report.mean_batch(run),
    )


# Over many traces ------------------------------------------------------------------------


def _beside(price: PassTimeModel, name: str, other: str, share: float, seed: int) -> Load:
    """What a policy does to its users at a share of what another could serve for ever."""
    return at_rate(price, name, share * capacity(price, other, seed=seed), seed)


def _gain(price: PassTimeModel, over: str, name: str, chunk: int, seed: int) -> float:
    return capacity(price, name, chunk, seed) / capacity(price, over, seed=seed)


#: What the sentences tell of a simulation, as a function of the price of a pass and the trace's seed.
TOLD: dict[str, Callable[[PassTimeModel, int], float]] = {
    "capacity.static": lambda p, s: capacity(p, "static", seed=s),
    "capacity.continuous": lambda p, s: capacity(p, "continuous", seed=s),
    "gain.continuous": lambda p, s: _gain(p, "static", "continuous", CHUNK, s),
    "occupied.static": lambda p, s: saturated_batch(p, "static", s) / BATCH,
    "occupied.continuous": lambda p, s: saturated_batch(p, "continuous", s) / BATCH,
    "wait.static": lambda p, s: _beside(p, "static", "static", 0.9, s).ttft,
    "wait.continuous": lambda p, s: _beside(p, "continuous", "static", 0.9, s).ttft,
    "cut.wait": lambda p, s: TOLD["wait.static"](p, s) / TOLD["wait.continuous"](p, s),
    "cut.drawn-wait": lambda p, s: small_wait(p, "static", s) / small_wait(p, "continuous", s),
    "tpot.static": lambda p, s: _beside(p, "static", "static", 0.9, s).tpot,
    "tpot.continuous": lambda p, s: _beside(p, "continuous", "continuous", 0.5, s).tpot,
    "gap.whole": lambda p, s: _beside(p, "continuous", "continuous", 0.9, s).gap_most,
    "gap.chunked": lambda p, s: _beside(p, "continuous-chunked", "continuous", 0.9, s).gap_most,
    "gain.early-wait": lambda p, s: _quarter(p, s, "ttft"),
    "gain.early-gap": lambda p, s: _quarter(p, s, "gap_p95"),
    "gain.chunks-256": lambda p, s: _gain(p, "continuous", "continuous-chunked", 256, s),
    "gain.chunks-512": lambda p, s: _gain(p, "continuous", "continuous-chunked", 512, s),
    "gain.chunks-64": lambda p, s: _gain(p, "continuous", "continuous-chunked", 64, s),
    "gain.turns-512": lambda p, s: _gain(taking_turns(p), "continuous", "continuous-chunked", 512, s),
    "gain.turns-256": lambda p, s: _gain(taking_turns(p), "continuous", "continuous-chunked", 256, s),
    "gain.turns-128": lambda p, s: _gain(taking_turns(p), "continuous", "continuous-chunked", 128, s),
    "carrying.chunks-256": lambda p, s: carrying(p, 256, s),
    "carrying.chunks-512": lambda p, s: carrying(p, 512, s),
}


def _quarter(price: PassTimeModel, seed: int, what: str) -> float:
    """A figure of chunks over that of whole prompts, at a quarter of what continuous batching could serve."""
    loads = (_beside(price, name, "continuous", 0.25, seed) for name in ("continuous-chunked", "continuous"))
    chunked, whole = (getattr(load, what) for load in loads)
    return chunked / whole


#: What the simulations rest on beside the price of a pass, and where the results lie from run to run.
CODE = Path(__file__).resolve().parents[2]
RESTS_ON = ("comparison/serving.py", "comparison/simulation.py", "measure/serving", "model")
KEPT = CODE / ".cache" / "simulations.json"


def over_seeds(price: PassTimeModel, what: str) -> list[float]:
    """One of `TOLD` over all seeds, smallest first."""
    return _over_seeds(price)[what]


@cache
def _over_seeds(price: PassTimeModel) -> dict[str, list[float]]:
    """All of `TOLD`; simulated anew, which takes two seconds, only where the price or the simulation has changed."""
    code = fingerprint.of_files(*(CODE / "generators" / path for path in RESTS_ON), ending=".py")
    key = fingerprint.of_values(sys.version, price, code)
    found = disk_cache.load(KEPT, key)
    if found is None:
        found = {what: sorted(of(price, seed) for seed in SEEDS) for what, of in TOLD.items()}
        disk_cache.save(KEPT, key, found)
    return found


# A picture of a few requests -------------------------------------------------------------


SLOTS, FIRST = 3, 8


@cache
def small_run(price: PassTimeModel, name: str, seed: int = DRAWN) -> Run:
    """The first requests of a trace with few slots, at nine tenths of what continuous batching could serve for ever, to be drawn one by one."""
    rate = 0.9 * simulation.capacity(trace(seed), Policy("continuous", SLOTS), price)
    return serve(at_rate_of(trace(seed), rate)[:FIRST], Policy(name, SLOTS), price)


def small_wait(price: PassTimeModel, name: str, seed: int = DRAWN) -> float:
    """Mean time to first token of those requests, seconds."""
    return statistics.mean(one.first - one.arrival for one in moments(small_run(price, name, seed)))


@dataclass(frozen=True)
class Moments:
    """When a request came, was taken up, gave its first token and its last (seconds), and its answer's tokens."""

    arrival: float
    begun: float
    first: float
    finish: float
    answer: int


def moments(run: Run) -> list[Moments]:
    """The moments of each request of a run."""
    reported = zip(run.requests, report.begun(run), run.times, strict=True)
    return [Moments(one.arrival, begun, times[0], times[-1], one.answer) for one, begun, times in reported]
