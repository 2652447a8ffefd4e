"""Numbers of chapter 4 on many requests: simulated on a chip of the catalogue, and measured beside their simulation."""

from __future__ import annotations

import math

from generators import units
from generators.evidence import serving
from generators.measure.serving.scheduler import POLICIES
from generators.numbers.registry import Numbers, number


def _sources(n: Numbers) -> frozenset[str]:
    """What the simulation rests on: the chip, the model, the format."""
    rate, size = n[f"{serving.CHIP}.ridge-point"], n[f"{serving.MODEL}.{serving.FORMAT}.stored"]
    return rate.sources | size.sources


def _simulated(n: Numbers, value: float, unit: str) -> units.Quantity:
    """What the simulation of the chapter's example gave."""
    model, chip = n.book.models[serving.MODEL].name, n.book.accelerators[serving.CHIP].name
    words = f"simulated pass by pass: {serving.REQUESTS} requests, at most {serving.BATCH} at once, {model} in {serving.FORMAT.upper()} on the {chip}"
    return units.of(units.Reported(value, ("words", words)), unit, *_sources(n))


def _load(n: Numbers, name: str, size: int) -> serving.Load:
    if name not in POLICIES:
        raise KeyError(f"{name!r} is no policy; wanted one of {', '.join(POLICIES)}")
    return serving.at_share(serving.chapter_price(n.book), name, size / 100)


@number("serving.{name}.capacity", "requests/s")
def capacity(n: Numbers, name: str) -> units.Quantity:
    """Requests per second that the policy {name} could serve for ever, simulated, in the chapter's example."""
    return _simulated(n, serving.capacity(serving.chapter_price(n.book), name), "requests/s")


@number("serving.{name}.capacity-over.static", "×", 2)
def capacity_gain(n: Numbers, name: str) -> units.Quantity:
    """Capacity of the policy {name} over that of static batching, simulated."""
    return n[f"serving.{name}.capacity"] / n["serving.static.capacity"]


@number("serving.chunks.{size}.capacity-over.whole", "×", 3)
def chunk_gain(n: Numbers, size: int) -> units.Quantity:
    """Capacity of continuous batching with chunks of {size} prompt tokens over that with whole prompts, simulated."""
    price = serving.chapter_price(n.book)
    gain = serving.capacity(price, "continuous-chunked", size) / serving.capacity(price, "continuous")
    return _simulated(n, gain, "")


@number("serving.chunks.{size}.added.capacity-over.whole", "×", 3)
def chunk_loss(n: Numbers, size: int) -> units.Quantity:
    """The same on a machine of the same two rates whose reading and computing take turns instead of overlapping."""
    price = serving.taking_turns(serving.chapter_price(n.book))
    gain = serving.capacity(price, "continuous-chunked", size) / serving.capacity(price, "continuous")
    return _simulated(n, gain, "")


@number("serving.chunks.{size}.carrying", "%", 2)
def carrying(n: Numbers, size: int) -> units.Quantity:
    """Share of passes that read a part of a prompt when the queue never empties, chunks of {size} tokens, simulated."""
    return _simulated(n, serving.carrying(serving.chapter_price(n.book), size), "")


def _over_seeds(n: Numbers, what: str, name: str) -> units.Quantity:
    """The lowest, median or highest over the traces; `name` is what it is told of and which of them."""
    of, _, which = name.rpartition("-")
    if f"{what}.{of}" not in serving.TOLD or which not in ("lowest", "median", "highest"):
        raise KeyError(f"{what}.{name} is not told of; wanted lowest, median or highest of {', '.join(serving.TOLD)}")
    found = serving.over_seeds(serving.chapter_price(n.book), f"{what}.{of}")
    return units.of(
        units.statistic(which, found), {"capacity": "requests/s", "wait": "s", "gap": "s"}.get(what, ""), *_sources(n)
    )


@number("serving.seeds", "", 0)
def seeds(n: Numbers) -> units.Quantity:
    """Traces of one distribution, drawn with different seeds, over which the sentences about the simulation are told."""
    return units.of(len(serving.SEEDS), "")


@number("over-seeds.capacity.{name}", "requests/s")
def capacity_over_seeds(n: Numbers, name: str) -> units.Quantity:
    """Requests per second that a policy could serve for ever, simulated, over the traces: {name}."""
    return _over_seeds(n, "capacity", name)


@number("over-seeds.gain.{name}", "×", 3)
def gain_over_seeds(n: Numbers, name: str) -> units.Quantity:
    """Capacity of continuous over static batching, or with chunks over whole prompts, or a figure of the two at low load, simulated, over the traces: {name}."""
    return _over_seeds(n, "gain", name)


@number("over-seeds.occupied.{name}", "%", 2)
def occupied_over_seeds(n: Numbers, name: str) -> units.Quantity:
    """Share of the places that give a token in a pass when the queue never empties, simulated, over the traces: {name}."""
    return _over_seeds(n, "occupied", name)


@number("over-seeds.wait.{name}", "s|ms")
def wait_over_seeds(n: Numbers, name: str) -> units.Quantity:
    """Mean time to first token at nine tenths of what static batching could serve of the same trace, simulated, over the traces: {name}."""
    return _over_seeds(n, "wait", name)


@number("over-seeds.gap.{name}", "ms")
def gap_over_seeds(n: Numbers, name: str) -> units.Quantity:
    """Longest time between two tokens at nine tenths of what continuous batching could serve of the same trace, simulated, over the traces: {name}."""
    return _over_seeds(n, "gap", name)


@number("serving.{name}.p{size}.ttft", "s|ms")
def ttft(n: Numbers, name: str, size: int) -> units.Quantity:
    """Mean time to first token under the policy {name} at {size} % of its own capacity, simulated."""
    return _simulated(n, _load(n, name, size).ttft, "s")


@number("serving.{name}.p{size}.queueing", "s|ms")
def queueing(n: Numbers, name: str, size: int) -> units.Quantity:
    """Mean time in the queue under the policy {name} at {size} % of its own capacity, simulated."""
    return _simulated(n, _load(n, name, size).queueing, "s")


@number("serving.{name}.p{size}.tpot", "ms")
def tpot(n: Numbers, name: str, size: int) -> units.Quantity:
    """Mean time per output token under the policy {name} at {size} % of its own capacity, simulated."""
    return _simulated(n, _load(n, name, size).tpot, "s")


@number("serving.{name}.p{size}.gap", "ms")
def gap(n: Numbers, name: str, size: int) -> units.Quantity:
    """95th percentile of the time between two tokens under the policy {name} at {size} % of its own capacity, simulated."""
    return _simulated(n, _load(n, name, size).gap_p95, "s")


@number("serving.{name}.p{size}.longest-gap", "ms")
def longest_gap(n: Numbers, name: str, size: int) -> units.Quantity:
    """Longest time between two tokens under the policy {name} at {size} % of its own capacity, simulated."""
    return _simulated(n, _load(n, name, size).gap_most, "s")


@number("serving.{name}.p{size}.batch", "tokens", 2)
def batch(n: Numbers, name: str, size: int) -> units.Quantity:
    """Answer tokens per pass under the policy {name} at {size} % of its own capacity, simulated."""
    return _simulated(n, _load(n, name, size).batch, "")


@number("serving.{name}.at-static.p{size}.ttft", "s|ms")
def ttft_at_static(n: Numbers, name: str, size: int) -> units.Quantity:
    """Mean time to first token under the policy {name} at {size} % of what static batching could serve, simulated."""
    price = serving.chapter_price(n.book)
    rate = size / 100 * serving.capacity(price, "static")
    return _simulated(n, serving.at_rate(price, name, rate).ttft, "s")


def _at_continuous(n: Numbers, name: str, size: int) -> serving.Load:
    price = serving.chapter_price(n.book)
    return serving.at_rate(price, name, size / 100 * serving.capacity(price, "continuous"))


@number("serving.{name}.at-continuous.p{size}.ttft", "s|ms")
def ttft_at_continuous(n: Numbers, name: str, size: int) -> units.Quantity:
    """Mean time to first token under the policy {name} at {size} % of what continuous batching with whole prompts could serve, simulated."""
    return _simulated(n, _at_continuous(n, name, size).ttft, "s")


@number("serving.{name}.at-continuous.p{size}.gap", "ms")
def gap_at_continuous(n: Numbers, name: str, size: int) -> units.Quantity:
    """95th percentile of the time between two tokens under the policy {name} at that load, {size} %, simulated."""
    return _simulated(n, _at_continuous(n, name, size).gap_p95, "s")


@number("serving.{name}.at-continuous.p{size}.longest-gap", "ms")
def longest_gap_at_continuous(n: Numbers, name: str, size: int) -> units.Quantity:
    """Longest time between two tokens under the policy {name} at that load, {size} %, simulated."""
    return _simulated(n, _at_continuous(n, name, size).gap_most, "s")


@number("serving.{name}.saturated-batch", "tokens", 2)
def saturated_batch(n: Numbers, name: str) -> units.Quantity:
    """Answer tokens per pass under the policy {name} when the queue never empties, simulated."""
    return _simulated(n, serving.saturated_batch(serving.chapter_price(n.book), name), "")


@number("serving.{name}.occupied", "%", 2)
def occupied(n: Numbers, name: str) -> units.Quantity:
    """Share of the places that give a token in a pass under the policy {name} when the queue never empties, simulated."""
    return n[f"serving.{name}.saturated-batch"] / n["serving.places"]


@number("serving.places", "", 0)
def places(n: Numbers) -> units.Quantity:
    """Sequences that the chapter's simulated server takes at once."""
    return units.of(serving.BATCH, "")


@number("serving.chunk", "tokens", 0)
def chunk(n: Numbers) -> units.Quantity:
    """Prompt tokens that a pass of the chapter's simulated server takes at most, when it chunks."""
    return units.of(serving.CHUNK, "")


@number("serving.requests", "", 0)
def requests(n: Numbers) -> units.Quantity:
    """Requests of the simulated trace."""
    return units.of(serving.REQUESTS, "")


@number("serving.mean-{name}", "tokens", 2)
def mean_length(n: Numbers, name: str) -> units.Quantity:
    """Mean length of a request's {name} in the simulated trace."""
    lengths = {"prompt": [r.prompt for r in serving.trace()], "answer": [r.answer for r in serving.trace()]}[name]
    return units.of(sum(lengths) / len(lengths), "tokens")


@number("static-occupied.{batch}", "%", 2)
def static_occupied(n: Numbers, batch: int) -> units.Quantity:
    """Share of the places of a static batch of {batch} in use when answers have exponentially distributed lengths: their mean over the mean of the longest."""
    return units.of(1 / math.fsum(1 / i for i in range(1, batch + 1)), "")
