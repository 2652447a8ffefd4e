"""Numbers of chapter 4 on many requests: simulated on a chip of the catalog, and measured beside their simulation."""

import math

from generators.comparison import serving
from generators.core import units
from generators.measure.serving.scheduler import POLICIES
from generators.numbers.registry import Numbers, number, numbers


def _simulated(n: Numbers, value: float, unit: str) -> units.Quantity:
    """What the simulation of the chapter's example gave."""
    model, chip = n.catalog.models[serving.MODEL].name, n.catalog.accelerators[serving.CHIP].name
    words = f"simulated pass by pass: {serving.REQUESTS} requests, at most {serving.BATCH} at once, {model} in {serving.FORMAT.upper()} on the {chip}"
    return units.of(units.explained(value, words), unit)


def _reported(n: Numbers, load: serving.Load, field: str) -> units.Quantity:
    value = {
        "ttft": load.ttft,
        "queueing": load.queueing,
        "tpot": load.tpot,
        "gap": load.gap_p95,
        "longest-gap": load.gap_most,
        "batch": load.batch,
    }[field]
    return _simulated(n, value, "" if field == "batch" else "s")


@numbers("serving.{name}.p{size}.{field}")
def load(n: Numbers, name: str, size: int, field: str) -> units.Quantity:
    """The policy {name} at {size} % of its own capacity, simulated.

    ttft (s|ms): Mean time to first token under the policy {name} at {size} % of its own capacity, simulated.
    queueing (s|ms): Mean time in the queue under the policy {name} at {size} % of its own capacity, simulated.
    tpot (ms): Mean time per output token under the policy {name} at {size} % of its own capacity, simulated.
    gap (ms): 95th percentile of the time between two tokens under the policy {name} at {size} % of its own capacity, simulated.
    longest-gap (ms): Longest time between two tokens under the policy {name} at {size} % of its own capacity, simulated.
    batch (tokens, 2): Answer tokens per pass under the policy {name} at {size} % of its own capacity, simulated.
    """
    if name not in POLICIES:
        raise KeyError(f"{name!r} is no policy; wanted one of {', '.join(POLICIES)}")
    return _reported(n, serving.at_share(serving.chapter_price(n.catalog), name, size / 100), field)


@number("serving.{name}.capacity", "requests/s")
def capacity(n: Numbers, name: str) -> units.Quantity:
    """Requests per second that the policy {name} could serve for ever, simulated, in the chapter's example."""
    return _simulated(n, serving.capacity(serving.chapter_price(n.catalog), name), "requests/s")


@number("serving.{name}.capacity-over.static", "×", 2)
def capacity_gain(n: Numbers, name: str) -> units.Quantity:
    """Capacity of the policy {name} over that of static batching, simulated."""
    return n[f"serving.{name}.capacity"] / n["serving.static.capacity"]


@number("serving.chunks.{size}.capacity-over.whole", "×", 3)
def chunk_gain(n: Numbers, size: int) -> units.Quantity:
    """Capacity of continuous batching with chunks of {size} prompt tokens over that with whole prompts, simulated."""
    price = serving.chapter_price(n.catalog)
    gain = serving.capacity(price, "continuous-chunked", size) / serving.capacity(price, "continuous")
    return _simulated(n, gain, "")


@numbers("over-seeds.{field}.{name}")
def over_seeds(n: Numbers, name: str, field: str) -> units.Quantity:
    """The lowest, median or highest over the traces; `name` is what it is told of and which of them.

    capacity (requests/s): Requests per second that a policy could serve for ever, simulated, over the traces: {name}.
    gain (×, 3): Capacity of continuous over static batching, or with chunks over whole prompts, or a figure of the two at low load, simulated, over the traces: {name}.
    occupied (%, 2): Share of the slots that give a token in a pass when the queue never empties, simulated, over the traces: {name}.
    carrying (%, 2): Share of passes that read a part of a prompt when the queue never empties, simulated, over the traces: {name}.
    tpot (ms): Mean time per output token under static batching at nine tenths of its own capacity, or continuous at half, simulated, over the traces: {name}.
    wait (s|ms): Mean time to first token at nine tenths of what static batching could serve of the same trace, simulated, over the traces: {name}.
    gap (ms): Longest time between two tokens at nine tenths of what continuous batching could serve of the same trace, simulated, over the traces: {name}.
    """
    of, _, which = name.rpartition("-")
    if f"{field}.{of}" not in serving.TOLD or which not in ("lowest", "median", "highest"):
        raise KeyError(f"{field}.{name} is not told of; wanted lowest, median or highest of {', '.join(serving.TOLD)}")
    found = serving.over_seeds(serving.chapter_price(n.catalog), f"{field}.{of}")
    unit = {"capacity": "requests/s", "wait": "s", "gap": "s", "tpot": "s"}.get(field, "")
    return units.of(units.statistic(which, found), unit)


@numbers("serving.{field}")
def constants(n: Numbers, field: str) -> units.Quantity:
    """What the chapter's simulation takes as given.

    seeds (, 0): Traces of one distribution, drawn with different seeds, over which the sentences about the simulation are told.
    places (, 0): Sequences that the chapter's simulated server takes at once.
    chunk (tokens, 0): Prompt tokens that a pass of the chapter's simulated server takes at most, when it chunks.
    requests (, 0): Requests of the simulated trace.
    """
    given = {"seeds": len(serving.SEEDS), "places": serving.BATCH, "chunk": serving.CHUNK, "requests": serving.REQUESTS}
    return units.of(units.explained(given[field], "chosen for the example"), "")


@numbers("serving.{name}.at-{field}")
def at_load(n: Numbers, name: str, size: int, field: str) -> units.Quantity:
    """The policy {name} at a share of what another could serve, simulated.

    static.p{size}.ttft (s|ms): Mean time to first token under the policy {name} at {size} % of what static batching could serve, simulated.
    continuous.p{size}.ttft (s|ms): Mean time to first token under the policy {name} at {size} % of what continuous batching with whole prompts could serve, simulated.
    continuous.p{size}.gap (ms): 95th percentile of the time between two tokens under the policy {name} at that load, {size} %, simulated.
    continuous.p{size}.longest-gap (ms): Longest time between two tokens under the policy {name} at that load, {size} %, simulated.
    """
    price, (policy, _, reported) = serving.chapter_price(n.catalog), field.split(".")
    return _reported(n, serving.at_rate(price, name, size / 100 * serving.capacity(price, policy)), reported)


@number("serving.{name}.saturated-batch", "tokens", 2)
def saturated_batch(n: Numbers, name: str) -> units.Quantity:
    """Answer tokens per pass under the policy {name} when the queue never empties, simulated."""
    return _simulated(n, serving.saturated_batch(serving.chapter_price(n.catalog), name), "")


@number("serving.{name}.occupied", "%", 2)
def occupied(n: Numbers, name: str) -> units.Quantity:
    """Share of the slots that give a token in a pass under the policy {name} when the queue never empties, simulated."""
    return n[f"serving.{name}.saturated-batch"] / n["serving.places"]


@number("serving.mean-{name}", "tokens", 2)
def mean_length(n: Numbers, name: str) -> units.Quantity:
    """Mean length of a request's {name} in the simulated trace."""
    lengths = {"prompt": [r.prompt for r in serving.trace()], "answer": [r.answer for r in serving.trace()]}[name]
    return units.of(sum(lengths), "tokens") / len(lengths)


@number("static-occupied.{batch}", "%", 2)
def static_occupied(n: Numbers, batch: int) -> units.Quantity:
    """Share of the slots of a static batch of {batch} in use when answers have exponentially distributed lengths: their mean over the mean of the longest."""
    total = math.fsum(1 / i for i in range(1, batch + 1))
    return units.of(units.explained(1 / total, f"1 ÷ (1 + 1/2 + … + 1/{batch}), which is 1 ÷ {total:.3g}"), "")
