"""Numbers of chapter 2 on where the cache lies: blocks, shared prefixes, and the host's memory."""

from generators.comparison import paging
from generators.core import units
from generators.model import cache
from generators.numbers.registry import Numbers, number, numbers


@numbers("paging.{field}.{size}")
def paged(n: Numbers, size: int, field: str) -> units.Quantity:
    """This book's allocator with blocks of {size} tokens.

    waste (%, 2): Share of allocated KV memory that half a block per sequence leaves empty, blocks of {size} tokens.
    measured (%, 2): Share of allocated KV memory that holds nothing, counted in this book's allocator with blocks of {size} tokens.
    held (tokens, 3): Tokens that a sequence in flight holds on average in this book's allocator, blocks of {size} tokens.
    """
    usage = paging.serve(size)
    if field == "waste":
        return cache.wasted_share(float(size), units.of(usage.held, ""))
    words = f"counted in a simulated trace of {paging.REQUESTS} requests"
    return units.of(units.explained(usage.held if field == "held" else usage.waste, words), "")


@numbers("paging.{field}-over-seeds.{name}.{size}")
def over_seeds(n: Numbers, name: str, size: int, field: str) -> units.Quantity:
    """The {name} of a dozen traces of made-up requests, blocks of {size} tokens.

    waste (%, 2): Share of allocated KV memory that holds nothing, blocks of {size} tokens, over a dozen traces of made-up requests: {name}.
    gain (×, 2): Sequences in flight with blocks of {size} tokens over those with a reservation of the longest, over the same traces: {name}.
    """
    if field == "waste":
        return units.of(units.statistic(name, [paging.serve(size, seed=seed).waste for seed in paging.SEEDS]), "")
    runs = [(paging.serve(size, seed=s).batch, paging.serve(paging.LONGEST, seed=s).batch) for s in paging.SEEDS]
    return units.of(units.statistic(name, [many / few for many, few in runs]), "")


@number("paging.requests", "", 0)
def paging_requests(n: Numbers) -> units.Quantity:
    """Requests of the allocator's trace."""
    return units.of(units.explained(paging.REQUESTS, "chosen for the example"), "")


# Prefixes --------------------------------------------------------------------------------


@numbers("prefix.{model}.b{batch}.p{tokens}.s{size}.{field}")
def prefix(n: Numbers, model: str, batch: int, tokens: int, size: int, field: str) -> units.Quantity:
    """{batch} sequences of {model} that share a prefix of {tokens} tokens and have {size} of their own.

    kept (GB|MB): KV cache of {batch} sequences of {model} that share a prefix of {tokens} tokens and have {size} of their own.
    unshared (GB|MB): The same when each sequence keeps the prefix for itself.
    """
    count = cache.shared_tokens(batch, tokens, size) if field == "kept" else batch * (tokens + size)
    return n[f"{model}.kv-per-token"] * count


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


@number("break-even-link.{model}.{format}.{chip}.s{tokens}", "GB/s", 2)
def break_even_link(n: Numbers, model: str, format: str, chip: str, tokens: int) -> units.Quantity:
    """The link on which fetching the cache of {tokens} tokens of {model} takes as long as computing it again on the {chip}."""
    return n[f"{model}.kv.s{tokens}"] / n[f"prefill.{model}.{format}.{chip}.s{tokens}.time"]


@number("{role}.break-even-link.{model}.{name}.s{tokens}", "GB/s", 2)
def measured_break_even_link(n: Numbers, role: str, model: str, name: str, tokens: int) -> units.Quantity:
    """The same break-even for {model} at {tokens} tokens, with the prefill measured on the {role} of the random-weight model of its shape: {name}."""
    return n[f"{model}.kv.s{tokens}"] / n[f"{role}.prefill.{name}.s{tokens}.time"]
