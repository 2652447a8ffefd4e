"""Numbers of chapter 3 on prefill and decode that share a machine, or do not: chunks, cost, and the cache that moves."""

from generators.comparison import shares, simulation
from generators.comparison.prefill_interference import Landed, interference, land
from generators.core import units
from generators.model import phases, work
from generators.model.inputs import Pass
from generators.model.memory import kv_bytes, weight_bytes_streamed
from generators.numbers.registry import Numbers, number, numbers

ON = "{model}.{format}.{chip}.b{batch}.s{context}"


# A prompt among others -----------------------------------------------------------------------


@numbers("landing." + ON + ".p{tokens}.{field}")
def landing(
    n: Numbers,
    model: str,
    format: str,
    chip: str,
    batch: int,
    context: int,
    tokens: int,
    field: str,
    name: str = "",
    size: int | None = None,
) -> units.Quantity:
    """A prompt of {tokens} tokens that comes among {batch} sequences of {context} tokens.

    whole.{name} (s|ms): A prompt of {tokens} tokens read whole among {batch} sequences of {context} tokens, {model} ({format}) on the {chip}: {name}.
    c{size}.{name} (s|ms): The same with the prompt read in chunks of {size}: {name}.
    delay.c{size} (%, 2): How much later the first token of the prompt comes when it is read in chunks of {size} instead of whole.
    """
    if not name:
        of = f"landing.{model}.{format}.{chip}.b{batch}.s{context}.p{tokens}"
        return n[f"{of}.c{size}.ttft"] / n[f"{of}.whole.ttft"] - 1
    landed = land(simulation.chip_price(n.catalog, chip, model, format), batch, context, tokens, size)
    reported = units.explained(_reported(landed, name), "simulated pass by pass")
    return units.of(reported, "s")


def _reported(landed: Landed, name: str) -> float:
    """What a name asks of a landing: the longest inter-token latency, the prompt's TTFT, or the latency before it came."""
    return {"worst": landed.worst, "ttft": landed.first_token, "before": landed.before}[name]


@number("landing." + ON + ".p{tokens}.stall", "×", 2)
def landing_stall(
    n: Numbers, model: str, format: str, chip: str, batch: int, context: int, tokens: int
) -> units.Quantity:
    """Longest inter-token latency while a prompt of {tokens} tokens is read whole over that before it came."""
    of = f"landing.{model}.{format}.{chip}.b{batch}.s{context}.p{tokens}.whole"
    return n[f"{of}.worst"] / n[f"{of}.before"]


@number("free-tokens." + ON, "tokens", 2)
def free_tokens(n: Numbers, model: str, format: str, chip: str, batch: int, context: int) -> units.Quantity:
    """Prompt tokens that ride along at no cost with a decode step of {batch} sequences of {context} tokens, {model} ({format}) on the {chip}."""
    shape, form = n.shape(model), n.format(format)
    kv, weights = batch * kv_bytes(shape, form, context), weight_bytes_streamed(shape, form, Pass(1, 1, 1))
    return phases.free_tokens(n[f"{chip}.critical-tokens.{format}"], batch, kv, weights)


@number("chunk-within." + ON + ".p{tokens}.ms{size}", "tokens", 0)
def chunk_within(
    n: Numbers, model: str, format: str, chip: str, batch: int, context: int, tokens: int, size: int
) -> units.Quantity:
    """Largest last chunk of a prompt of {tokens} tokens that keeps a pass with {batch} decoding sequences of {context} tokens within {size} ms, {model} ({format}) on the {chip}."""
    shape, form, device = n.shape(model), n.format(format), n.chip(chip, format)
    limit, decode = units.of(size, "ms"), Pass(batch, 1, context)

    def time(chunk: int) -> units.Quantity:
        return phases.mixed(shape, form, device, decode, Pass(1, chunk, tokens)).time

    def fits(chunk: int) -> bool:
        return time(chunk) <= limit

    if not fits(1):
        raise KeyError(f"the decode step alone takes longer than {size} ms")
    low, high = 1, tokens
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(middle) else (low, middle - 1)
    return units.of(units.searched(low, (low, low + 1), lambda one: units.text(time(one), "ms", 5)), "tokens")


@number("chunk-cost." + ON + ".c{size}", "%", 2)
def chunk_cost(n: Numbers, model: str, format: str, chip: str, batch: int, context: int, size: int) -> units.Quantity:
    """How much longer a decode step of {batch} sequences of {context} tokens takes with the first {size} tokens of a prompt in it, {model} ({format}) on the {chip}."""
    shape, form, device = n.shape(model), n.format(format), n.chip(chip, format)
    together = phases.mixed(shape, form, device, Pass(batch, 1, context), Pass(1, size, size)).time
    return together / n[f"decode.{model}.{format}.{chip}.b{batch}.s{context}.time"] - 1


@number("chunk-estimate.{model}.{format}.{chip}.b{batch}.ms{size}", "tokens", 3)
def chunk_estimate(n: Numbers, model: str, format: str, chip: str, batch: int, size: int) -> units.Quantity:
    """Prompt tokens that the peak of the {chip} multiplies in {size} ms beside {batch} decoding ones, attention left out: {model} ({format})."""
    each = work.linear_flop(n.shape(model), n.format(format), Pass(1, 1, 1))
    return n[f"{chip}.peak-for.{format}"] * units.of(size, "ms") / each - batch


@numbers("{role}.landing.{field}")
def measured_landing(n: Numbers, role: str, field: str, name: str = "", size: int = 0) -> units.Quantity:
    """A prompt that landed among others on the {role}.

    error (%, 2): Median error of the chunked passes predicted from the whole landing of the same record, sign dropped.
    {name}.{size} (ms, 3): Longest inter-token latency, time to first token, or median latency before the prompt, measured on the {role} while a prompt lands in chunks of {size} tokens (0: whole): {name}.
    """
    mine = [one for one in interference(n.catalog) if one.record == n.catalog.speaker(role).id]
    if not mine:
        raise KeyError(f"{n.catalog.speaker(role).id} has no whole landing")
    if field == "error":
        return n.measured(role, mine[0].error, "")
    landed = next(one for one in mine[0].measured if (one.chunk or 0) == size)
    return n.measured(role, _reported(landed, name), "s")


# What each costs -----------------------------------------------------------------------------


@number("cost-share.{model}.{format}.{chip}.b{batch}.p{tokens}.a{size}", "%", 2)
def cost_share(n: Numbers, model: str, format: str, chip: str, batch: int, tokens: int, size: int) -> units.Quantity:
    """Share of the machine time of a request in its prefill: prompt of {tokens} tokens, answer of {size} as one of {batch} sequences, {model} ({format}) on the {chip}."""
    shape, form, device = n.shape(model), n.format(format), n.chip(chip, format)
    return phases.request_share(shape, form, device, float(batch), 0.0, float(tokens), float(size))


@number("pool-ratio.{model}.{format}.{chip}.b{batch}.p{tokens}.a{size}", "", 2)
def pool_ratio(n: Numbers, model: str, format: str, chip: str, batch: int, tokens: int, size: int) -> units.Quantity:
    """Machines that prefill for each machine that decodes, at a prompt of {tokens} tokens and an answer of {size} in batches of {batch}, {model} ({format}) on the {chip}."""
    share = n[f"cost-share.{model}.{format}.{chip}.b{batch}.p{tokens}.a{size}"]
    return share / (1 - share)


@number("token-cost." + ON, "", 2)
def token_cost(n: Numbers, model: str, format: str, chip: str, batch: int, context: int) -> units.Quantity:
    """Prompt tokens that cost as much machine time as one answer token: {model} ({format}) on the {chip}, batch {batch}, {context} tokens of context."""
    shape, form = n.shape(model), n.format(format)
    kv, weights = batch * kv_bytes(shape, form, context), weight_bytes_streamed(shape, form, Pass(1, 1, 1))
    return phases.token_cost_ratio(n[f"{chip}.critical-tokens.{format}"], batch, kv, weights)


@number("least-token-cost.{model}.{format}.{chip}.s{context}", "", 2)
def least_token_cost(n: Numbers, model: str, format: str, chip: str, context: int) -> units.Quantity:
    """Prompt tokens that an answer token of {model} ({format}) costs at least on the {chip}, however large the batch: its own cache of {context} tokens is read for it alone."""
    weights = weight_bytes_streamed(n.shape(model), n.format(format), Pass(1, 1, 1))
    kv = kv_bytes(n.shape(model), n.format(format), context)
    return phases.least_token_cost(n[f"{chip}.critical-tokens.{format}"], kv, weights)


@number("even-ratio.{model}.{format}.{chip}.b{batch}.of{tokens}", "", 2)
def even_ratio(n: Numbers, model: str, format: str, chip: str, batch: int, tokens: int) -> units.Quantity:
    """Prompt tokens per answer token at which prefill and decode of a request of {tokens} tokens cost the same machine time: {model} ({format}) on the {chip}, answers in batches of {batch}."""
    ratio = shares.even_ratio(n.catalog, model, format, chip, float(batch), float(tokens))
    given = n.shape(model), n.format(format), n.chip(chip, format), float(batch), float(tokens)
    words = f"bisected: at {ratio:.4g}, prefill takes {100 * shares.share(*given, ratio).value:.3g}% of the time"
    return units.of(units.explained(ratio, words), "")


@number("workload.{name}.ratio", "", 3)
def workload_ratio(n: Numbers, name: str) -> units.Quantity:
    """Prompt tokens for each answer token in a quoted workload: {name}."""
    return n[f"quoted.{name}-prompt"] / n[f"quoted.{name}-answer"]


@number("agent-step.{name}", "", 3)
def agent_ratio(n: Numbers, name: str) -> units.Quantity:
    """Prompt tokens for each answer token of a coding agent's call, of its medians: {name}."""
    new, kept = n["quoted.agent-step-append"], n["quoted.agent-step-prefix"]
    prompt = {"reused": new, "unused": new + kept}[name]
    return prompt / n["quoted.agent-step-answer"]


@number("agent-share.{name}.{model}.{format}.{chip}.b{batch}", "%", 2)
def agent_share(n: Numbers, name: str, model: str, format: str, chip: str, batch: int) -> units.Quantity:
    """Share of prefill in the machine time of a coding agent's call of median lengths, with its prefix {name}: {model} ({format}) on the {chip}, answers in batches of {batch}."""
    new, kept, answer = (n[f"quoted.agent-step-{what}"] for what in ("append", "prefix", "answer"))
    cached, prompt = {"reused": (kept, new), "unused": (units.of(0, "tokens"), kept + new)}[name]
    return phases.request_share(
        n.shape(model), n.format(format), n.chip(chip, format), float(batch), cached, prompt, answer
    )


# The cache that moves ------------------------------------------------------------------------


@number("move.{model}.{quote}.s{context}", "s|ms|µs", 3)
def move(n: Numbers, model: str, quote: str, context: int) -> units.Quantity:
    """Time to move the cache of {context} tokens of {model}: {quote}."""
    return n[f"{model}.kv.s{context}"] / n[f"quoted.{quote}"]


@number("move-share.{model}.{format}.{chip}.{quote}.s{tokens}", "%", 2)
def move_share(n: Numbers, model: str, format: str, chip: str, quote: str, tokens: int) -> units.Quantity:
    """Time to move the cache of {tokens} tokens of {model} over the least time to compute it on the {chip}: {quote}."""
    return n[f"move.{model}.{quote}.s{tokens}"] / n[f"prefill.{model}.{format}.{chip}.s{tokens}.time"]
