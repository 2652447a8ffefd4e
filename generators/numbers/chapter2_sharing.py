"""Numbers of chapter 2 on where the cache lies: blocks, shared prefixes, and the host's memory."""

from __future__ import annotations

from generators import catalogue, units
from generators.evidence import paging
from generators.model import cache
from generators.numbers.registry import Numbers, number


def _counted(value: float, unit: str) -> units.Quantity:
    words = f"counted in a simulated trace of {paging.REQUESTS} requests"
    return units.of(units.Reported(value, ("words", words)), unit)


@number("paging.waste.{size}", "%", 2)
def paging_predicted(n: Numbers, size: int) -> units.Quantity:
    """Share of allocated KV memory that half a block per sequence leaves empty, blocks of {size} tokens."""
    return units.of(cache.wasted_share(float(size), paging.serve(size).held), "")


@number("paging.measured.{size}", "%", 2)
def paging_measured(n: Numbers, size: int) -> units.Quantity:
    """Share of allocated KV memory that holds nothing, counted in this book's allocator with blocks of {size} tokens."""
    return _counted(paging.serve(size).waste, "")


@number("paging.error.{size}", "%", 2)
def paging_error(n: Numbers, size: int) -> units.Quantity:
    """Error of the predicted waste at blocks of {size} tokens, sign dropped."""
    ratio = n[f"paging.waste.{size}"] / n[f"paging.measured.{size}"]
    return abs(ratio - 1)


@number("paging.batch.{size}", "sequences", 2)
def paging_batch(n: Numbers, size: int) -> units.Quantity:
    """Sequences in flight on average in this book's allocator, blocks of {size} tokens."""
    return _counted(paging.serve(size).batch, "sequences")


def _over_seeds(found: list[float], name: str) -> units.Quantity:
    return units.of(units.statistic(name, found), "")


@number("paging.waste-over-seeds.{name}.{size}", "%", 2)
def paging_waste_over_seeds(n: Numbers, name: str, size: int) -> units.Quantity:
    """Share of allocated KV memory that holds nothing, blocks of {size} tokens, over a dozen traces of made-up requests: {name}."""
    return _over_seeds([paging.serve(size, seed=seed).waste for seed in paging.SEEDS], name)


@number("paging.gain-over-seeds.{name}.{size}", "×", 2)
def paging_gain_over_seeds(n: Numbers, name: str, size: int) -> units.Quantity:
    """Sequences in flight with blocks of {size} tokens over those with a reservation of the longest, over the same traces: {name}."""
    runs = [(paging.serve(size, seed=s).batch, paging.serve(paging.LONGEST, seed=s).batch) for s in paging.SEEDS]
    return _over_seeds([many / few for many, few in runs], name)


@number("paging.gain.{size}", "×", 2)
def paging_gain(n: Numbers, size: int) -> units.Quantity:
    """Sequences in flight with blocks of {size} tokens over those with a reservation of the longest."""
    return n[f"paging.batch.{size}"] / n[f"paging.batch.{paging.LONGEST}"]


@number("paging.held.{size}", "tokens", 3)
def paging_held(n: Numbers, size: int) -> units.Quantity:
    """Tokens that a sequence in flight holds on average in this book's allocator, blocks of {size} tokens."""
    return _counted(paging.serve(size).held, "tokens")


@number("paging.requests", "", 0)
def paging_requests(n: Numbers) -> units.Quantity:
    """Requests of the allocator's trace."""
    return units.of(paging.REQUESTS, "")


@number("kv-block.{model}.{size}", "MB|kB", 3)
def block_bytes(n: Numbers, model: str, size: int) -> units.Quantity:
    """Bytes of a block of {size} tokens in {model} at 16 bits, all layers."""
    return size * n[f"{model}.kv-per-token"]


# Prefixes --------------------------------------------------------------------------------


@number("prefix.{model}.b{batch}.p{tokens}.s{size}.kept", "GB|MB")
def prefix_kept(n: Numbers, model: str, batch: int, tokens: int, size: int) -> units.Quantity:
    """KV cache of {batch} sequences of {model} that share a prefix of {tokens} tokens and have {size} of their own."""
    return n[f"{model}.kv-per-token"] * cache.shared_tokens(batch, tokens, size)


@number("prefix.{model}.b{batch}.p{tokens}.s{size}.unshared", "GB|MB")
def prefix_unshared(n: Numbers, model: str, batch: int, tokens: int, size: int) -> units.Quantity:
    """The same when each sequence keeps the prefix for itself."""
    return n[f"{model}.kv-per-token"] * (batch * (tokens + size))


@number("prefix.{model}.{format}.{chip}.b{batch}.p{tokens}.prefill-saved", "s|ms")
def prefix_prefill(n: Numbers, model: str, format: str, chip: str, batch: int, tokens: int) -> units.Quantity:
    """Prefill time that {batch} sequences save when the prefix of {tokens} tokens is computed once, {model} ({format}) on the {chip}."""
    return (batch - 1) * n[f"prefill.{model}.{format}.{chip}.s{tokens}.time"]


@number("prefix.{model}.{format}.{chip}.b{batch}.p{tokens}.s{size}.answer", "tokens", 2)
def prefix_answer(n: Numbers, model: str, format: str, chip: str, batch: int, tokens: int, size: int) -> units.Quantity:
    """Tokens of answer per sequence that {batch} sequences of {model} on the {chip} decode in the prefill time that they save, at a context of {tokens} shared and {size} own tokens."""
    saved = n[f"prefix.{model}.{format}.{chip}.b{batch}.p{tokens}.prefill-saved"]
    return saved / n[f"decode.{model}.{format}.{chip}.b{batch}.s{tokens + size}.time"]


# Links -----------------------------------------------------------------------------------


@number("link.{quote}", "GB/s", 2)
def link(n: Numbers, quote: str) -> units.Quantity:
    """Bandwidth of one direction: {quote}."""
    return n[f"quoted.{quote}"] / (2 if quote.endswith("both-ways") else 1)


@number("fetch.{model}.{quote}.s{context}", "s|ms|µs", 3)
def fetch(n: Numbers, model: str, quote: str, context: int) -> units.Quantity:
    """Time to bring the cache of {context} tokens of {model} over one direction: {quote}."""
    return n[f"{model}.kv.s{context}"] / n[f"link.{quote}"]


@number("fetch-gain.{model}.{format}.{chip}.{quote}.s{tokens}", "×", 2)
def fetch_gain(n: Numbers, model: str, format: str, chip: str, quote: str, tokens: int) -> units.Quantity:
    """Least time to compute the cache of {tokens} tokens of {model} again on the {chip} over the time to fetch it: {quote}."""
    return n[f"prefill.{model}.{format}.{chip}.s{tokens}.time"] / n[f"fetch.{model}.{quote}.s{tokens}"]


@number("break-even-reached.{model}.{format}.{chip}.s{context}", "GB/s", 2)
def break_even_reached(n: Numbers, model: str, format: str, chip: str, context: int) -> units.Quantity:
    """The same break-even if the prefill reaches the share of its bound that a quoted one of 2,048 tokens on an A100 does."""
    share = n["quoted-prefill.trt-7b-a100-p2048.of-bound"]
    return n[f"break-even-link.{model}.{format}.{chip}.s{context}"] * share


@number("break-even-link.{model}.{format}.{chip}.s{tokens}", "GB/s", 2)
def break_even_link(n: Numbers, model: str, format: str, chip: str, tokens: int) -> units.Quantity:
    """The link on which fetching the cache of {tokens} tokens of {model} takes as long as computing it again on the {chip}."""
    return n[f"{model}.kv.s{tokens}"] / n[f"prefill.{model}.{format}.{chip}.s{tokens}.time"]


@number("{role}.break-even-link.{model}.{name}.s{tokens}", "GB/s", 2)
def measured_break_even_link(n: Numbers, role: str, model: str, name: str, tokens: int) -> units.Quantity:
    """The same break-even for {model} at {tokens} tokens, with the prefill measured on the {role} of the random-weight model of its shape: {name}."""
    return n[f"{model}.kv.s{tokens}"] / n[f"{role}.prefill.{name}.s{tokens}.time"]


@number("recompute-ends.{model}.{format}.{chip}.{quote}", "tokens", 2)
def recompute_ends(n: Numbers, model: str, format: str, chip: str, quote: str) -> units.Quantity:
    """Longest context, to a hundredth, whose cache {model} on the {chip} computes again sooner than it comes: {quote}."""
    crossing = _crossings(n, model, format, chip, quote)[1]
    return crossing


@number("recompute-begins.{model}.{format}.{chip}.{quote}", "tokens", 2)
def recompute_begins(n: Numbers, model: str, format: str, chip: str, quote: str) -> units.Quantity:
    """Shortest context, to a hundredth, whose cache {model} on the {chip} computes again sooner than it comes: {quote}."""
    return _crossings(n, model, format, chip, quote)[0]


def _crossings(n: Numbers, model: str, format: str, chip: str, quote: str) -> tuple[units.Quantity, units.Quantity]:
    """First and last context at which computing again beats fetching; KeyError where it never does.

    In plain floats, because it asks for a thousand contexts.
    """
    stored, rate = n.book.formats[format], n[f"link.{quote}"]
    shape, form = catalogue.shape(n.book.models[model]), catalogue.number_format(stored)
    device = catalogue.device(n.book.accelerators[chip], stored.rate)
    contexts = [8.0 * 1.01**power for power in range(1100)]
    slower = [c for c in contexts if cache.break_even_link(shape, form, device, c) > rate.value]
    if not slower:
        raise KeyError(f"fetching always wins for {model} on {chip} over {quote}")
    sources = n[f"break-even-link.{model}.{format}.{chip}.s1024"].sources | rate.sources
    return tuple(units.Quantity(c, sources=sources) for c in (slower[0], slower[-1]))
