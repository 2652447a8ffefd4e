"""Numbers of chapter 4 on one batch: what it gains, what bounds it, what others reached, and what experts change."""

from generators.catalog import model_inputs
from generators.comparison import batching as batch_comparison
from generators.core import units
from generators.model import batching, memory, roofline
from generators.model.inputs import Pass
from generators.model.parameters import active_linear_parameters, head_parameters
from generators.numbers.registry import Numbers, number, numbers


@number("batch-slowdown.{model}.{format}.{chip}.b{batch}.s{context}", "×", 3)
def batch_slowdown(n: Numbers, model: str, format: str, chip: str, batch: int, context: int) -> units.Quantity:
    """Time of a decode step of {model} ({format}) on the {chip} at batch {batch} over batch 1, at {context} tokens of context."""
    many = n[f"decode.{model}.{format}.{chip}.b{batch}.s{context}.time"]
    return many / n[f"decode.{model}.{format}.{chip}.b1.s{context}.time"]


@number("{model}.{format}.gain-limit.s{context}", "×", 2)
def gain_limit(n: Numbers, model: str, format: str, context: int) -> units.Quantity:
    """What the throughput of {model} ({format}) over batch 1 tends to in a memory-bound batch, at {context} tokens of context: the balance batch and one."""
    return n[f"{model}.{format}.balance-batch.s{context}"] + 1


@number("{model}.{format}.gain-at-balance.s{context}", "%", 2)
def gain_at_balance(n: Numbers, model: str, format: str, context: int) -> units.Quantity:
    """Share of linear gain that {model} ({format}) keeps at its balance batch, at {context} tokens of context."""
    balance = n[f"{model}.{format}.balance-batch.s{context}"]
    return batching.memory_gain(balance, balance) / balance


@number("{model}.{format}.{chip}.turning-context", "tokens", 2)
def turning_context(n: Numbers, model: str, format: str, chip: str) -> units.Quantity:
    """Longest context at which some batch of {model} ({format}) is compute-bound on the {chip}, attention's FLOP left out."""
    shape, form, ridge = n.shape(model), n.format(format), n[f"{chip}.ridge-point"]
    count = active_linear_parameters(shape) + head_parameters(shape)
    return batching.turning_context(form.mac, count, ridge, memory.kv_bytes_per_token(shape, form))


@number("{model}.{format}.{chip}.turning-context-with-attention", "tokens", 2)
def turning_context_with_attention(n: Numbers, model: str, format: str, chip: str) -> units.Quantity:
    """The same with attention's FLOP counted."""
    device, shape, form = n.chip(chip, format), n.shape(model), n.format(format)
    ridge, low, high = roofline.ridge_point(device.peak, device.bandwidth), 1, 10_000_000
    if roofline.intensity_ceiling(shape, form, Pass(1, 1, high)) > ridge:
        raise KeyError(f"attention alone makes {model} compute-bound on {chip} at any context")
    while high - low > 1:
        middle = (low + high) // 2
        inside = roofline.intensity_ceiling(shape, form, Pass(1, 1, middle)) > ridge
        low, high = (middle, high) if inside else (low, middle)

    def told(tokens: int) -> str:
        return units.text(roofline.intensity_ceiling(shape, form, Pass(1, 1, tokens)), "FLOP/byte", 5)

    return units.of(units.searched(low, (low, high), told), "")


@number("models-under-ridge.{chip}.s{context}", "", 0)
def models_under_ridge(n: Numbers, chip: str, context: int) -> units.Quantity:
    """Models of one kind of layer whose decode is memory-bound on the {chip} at any batch, at {context} tokens of context, 16 bits."""
    ridge = n[f"{chip}.ridge-point"]
    ceilings = [n[f"{model}.bf16.intensity-ceiling.s{context}"] for model in n.catalog.alike]
    under = sum(c.value < ridge.value for c in ceilings)
    return units.of(units.counted(under, len(ceilings), "models"), "")


@number("balance-needed.{tokens}.{size}", "", 2)
def balance_needed(n: Numbers, tokens: int, size: int) -> units.Quantity:
    """The balance batch from which on {tokens} times the throughput costs at most {size} % more time per token."""
    return batching.balance_needed(units.as_quantity(tokens), 1 + size / 100)


@number("{model}.{format}.context-for.{tokens}.{size}", "tokens", 2)
def context_for(n: Numbers, model: str, format: str, tokens: int, size: int) -> units.Quantity:
    """Longest context at which {model} ({format}) gives {tokens} times the throughput of batch 1 at {size} % more time per token."""
    return (
        memory.balance(n[f"{model}.{format}.streamed"], n[f"{model}.kv-per-token"])
        / n[f"balance-needed.{tokens}.{size}"]
    )


@number("batch-within.{model}.{format}.{chip}.s{context}.{size}", "", 0)
def batch_within(n: Numbers, model: str, format: str, chip: str, context: int, size: int) -> units.Quantity:
    """Largest batch of {model} ({format}) on the {chip} whose step takes at most {size} % longer than that of batch 1, at {context} tokens of context."""
    shape, stored = model_inputs.shape(n.catalog.models[model]), n.catalog.formats[format]
    form, device = model_inputs.number_format(stored), model_inputs.device(n.catalog.accelerators[chip], stored.rate)

    def slowdown(b: int) -> float:
        return batching.slowdown(shape, form, device, float(b), float(context))

    beyond = next(b for b in range(2, 100_000) if slowdown(b) > 1 + size / 100)

    def told(b: int) -> str:
        return f"{units.number_text(100 * (slowdown(b) - 1), 3)}% longer"

    return units.of(units.searched(beyond - 1, (beyond - 1, beyond), told), "")


@number("batch-in.{model}.{format}.{chip}.s{context}.ms{size}", "", 0)
def batch_in(n: Numbers, model: str, format: str, chip: str, context: int, size: int) -> units.Quantity:
    """Largest batch of {model} ({format}) on the {chip} whose step takes at least {size} ms or less, at {context} tokens of context."""
    shape, form, device = n.shape(model), n.format(format), n.chip(chip, format)
    most, within = units.of(size, "ms"), 0

    def time(b: int) -> units.Quantity:
        return roofline.step(shape, form, device, Pass(b, 1, context)).time

    while time(within + 1).value <= most.value:
        within += 1
    return units.of(units.searched(within, (within, within + 1), lambda b: units.text(time(b), "ms", 4)), "")


@number("prompts-together.{model}.{format}.{chip}.b{batch}.s{tokens}.time", "s|ms")
def prompts_together(n: Numbers, model: str, format: str, chip: str, batch: int, tokens: int) -> units.Quantity:
    """Least time of one pass that reads {batch} prompts of {tokens} tokens each through {model} ({format}) on the {chip}: the earliest first token of any of them."""
    return roofline.step(n.shape(model), n.format(format), n.chip(chip, format), Pass(batch, tokens, tokens)).time


# Others' offline runs --------------------------------------------------------------------


def _offline(n: Numbers, quote: str) -> batch_comparison.Offline:
    if quote not in batch_comparison.OFFLINE:
        raise KeyError(f"{quote!r} is not an offline run of generators/comparison/batching.py")
    return batch_comparison.offline_run(n.catalog, quote)


@numbers("offline.{quote}.{field}")
def offline(n: Numbers, quote: str, field: str) -> units.Quantity:
    """A quoted offline run beside its bound: {quote}.

    bound (tokens/s): Most answer tokens per second that the datasheet allows this run, its prompts read before: {quote}.
    of-bound (%, 2): Share of that bound that was reached: {quote}.
    of-estimate (%, 2): Share reached of an estimate, no bound, in which each activation crosses memory once: {quote}.
    needs (GB, 3): Memory for weights and cache when the last token is out: {quote}.
    prefill (%, 2): Share of the least time that reads prompts: {quote}.
    """
    if field == "of-bound":
        return n[f"quoted.{quote}"] / n[f"offline.{quote}.bound"]
    one = _offline(n, quote)
    if field == "of-estimate":
        return units.of(one.reached, "tokens/s") / units.of(one.estimate, "tokens/s")
    value, unit = {
        "bound": (one.bound, "tokens/s"),
        "needs": (one.needs, "byte"),
        "prefill": (one.prefill, ""),
    }[field]
    return units.of(value, unit)


@number("offline-runs.{name}", "%", 2)
def offline_all(n: Numbers, name: str) -> units.Quantity:
    """Share of the bound that the quoted offline runs reach: {name}."""
    runs = batch_comparison.offline_runs(n.catalog)
    value = units.statistic(name, (r.reached / r.bound for r in runs))
    return units.of(value, "")


# Others' sweep of batches ----------------------------------------------------------------


def _gain(n: Numbers, quote: str) -> batch_comparison.Gain:
    for one in batch_comparison.sweep_gains(n.catalog):
        if one.id == quote:
            return one
    raise KeyError(f"{quote!r} is no batch beyond 1 of the sweep in generators/comparison/batching.py")


@number("sweep-gain.{quote}", "×", 3)
def quoted_gain(n: Numbers, quote: str) -> units.Quantity:
    """Tokens per second over those of batch 1 at the same lengths: {quote}."""
    one = _gain(n, quote)
    return units.of(one.quoted, "", n.catalog.published[quote].source)


@number("sweep-gain.{quote}.predicted", "×", 3)
def predicted_gain(n: Numbers, quote: str) -> units.Quantity:
    """The same ratio of the least times that the datasheet allows: {quote}."""
    one = _gain(n, quote)
    return units.of(one.predicted, "")


@number("sweep-error.{name}", "%", 2)
def sweep_error(n: Numbers, name: str) -> units.Quantity:
    """Error of the predicted gains of the quoted sweep: {name}, sign dropped."""
    gains = batch_comparison.sweep_gains(n.catalog)
    value = units.statistic(name, (abs(one.error) for one in gains))
    return units.of(value, "")


# Experts ---------------------------------------------------------------------------------


@numbers("{model}.{format}.{field}.b{batch}")
def experts_read(n: Numbers, model: str, format: str, batch: int, field: str) -> units.Quantity:
    """Weight bytes of a decode step of {model} ({format}) at batch {batch}, routed uniformly.

    weights-per-token (GB|MB): Weight bytes that a decode step of {model} ({format}) reads for each token of a batch of {batch}, routed uniformly.
    weight-reuse (×, 2): How many times fewer weight bytes per token {model} ({format}) reads at batch {batch} than at batch 1.
    step-bytes-growth (×, 2): Weight bytes of a decode step of {model} ({format}) at batch {batch} over batch 1, routed uniformly.
    """
    at = f"{model}.{format}.weights-per-token"
    return {
        "weights-per-token": lambda: batching.weight_bytes_per_token(n.shape(model), n.format(format), batch),
        "weight-reuse": lambda: n[f"{at}.b1"] / n[f"{at}.b{batch}"],
        "step-bytes-growth": lambda: batch / n[f"{model}.{format}.weight-reuse.b{batch}"],
    }[field]()


@number("{model}.tokens-per-expert.b{batch}", "tokens", 2)
def tokens_per_expert(n: Numbers, model: str, batch: int) -> units.Quantity:
    """Tokens that share one reading of an expert of {model}, of those that a batch of {batch} visits, routed uniformly."""
    s = n.shape(model)
    return units.as_quantity(batching.tokens_per_expert(s.experts, s.active_experts, batch))


@number("{model}.{format}.batch-for-reuse.{size}", "", 0)
def batch_for_reuse(n: Numbers, model: str, format: str, size: int) -> units.Quantity:
    """Least batch at which {model} ({format}) reads {size} times fewer weight bytes per token than at batch 1, to a hundredth, routed uniformly."""
    shape, form = n.shape(model), n.format(format)
    one = batching.weight_bytes_per_token(shape, form, 1.0)

    def fewer(b: int) -> float:
        return (one / batching.weight_bytes_per_token(shape, form, float(b))).value

    batch = next(b for b in range(1, 100_000) if fewer(b) >= 0.99 * size)
    near = units.searched(batch, (batch - 1, batch), lambda b: f"{units.number_text(fewer(b), 4)} times fewer")
    return units.of(near, "")
