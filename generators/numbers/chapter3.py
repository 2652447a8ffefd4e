"""Numbers that only chapter 3 asks for: the critical number of tokens, the fitted knee, and time to first token."""

from generators.comparison.knee import DRAWS, INTERVAL, SHARPNESS
from generators.comparison.phases import Sweep, measured_sweeps, prefill_case, prefills, quoted_sweep
from generators.core import units
from generators.model import phases, work
from generators.model.arith import largest
from generators.model.inputs import Pass
from generators.model.parameters import active_linear_parameters
from generators.numbers.registry import Numbers, number, numbers

# The knee ------------------------------------------------------------------------------------


@number("{model}.{format}.{chip}.mixture-critical-tokens", "tokens")
def mixture_critical(n: Numbers, model: str, format: str, chip: str) -> units.Quantity:
    """Tokens per pass at which the experts of {model} ({format}) turn compute-bound on the {chip}, routing uniform and every expert visited."""
    shape = n.shape(model)
    if shape.experts.value == 0:
        raise KeyError(f"{model} is no mixture of experts")
    return phases.mixture_critical_tokens(n[f"{chip}.critical-tokens.{format}"], shape.experts, shape.active_experts)


def _fit(sweep: Sweep, field: str) -> units.Quantity:
    """A value of a fitted sweep by its name in ids."""
    knee, critical = sweep.knee, units.of(sweep.critical, "tokens")
    floor, slope = units.of(knee.floor, "s"), units.of(knee.slope, "s")
    drawn = [
        units.explained(end, f"{share:.0%} of {DRAWS} fits to points drawn anew are lower")
        for end, share in zip(knee.interval, INTERVAL, strict=True)
    ]
    few, many = units.text(floor, "ms"), units.text(slope, "µs")
    fitted = f"fitted to {len(sweep.points)} points: {few} for few tokens ÷ {many} for each of many"
    tried = f"the best fit of {', '.join(f'{p:g}' for p in SHARPNESS)}"
    return {
        "tokens": lambda: units.of(units.explained(knee.tokens, fitted), "tokens"),
        "low": lambda: units.of(drawn[0], "tokens"),
        "high": lambda: units.of(drawn[1], "tokens"),
        "critical": lambda: critical,
        "sharpness": lambda: units.of(units.explained(knee.sharpness, tried), ""),
        "error": lambda: abs(units.of(float(sweep.critical), "tokens") / units.of(knee.tokens, "tokens") - 1),
        "memory-share": lambda: units.of(sweep.weight_bytes, "byte") / floor / units.of(sweep.bandwidth, "byte/s"),
        "compute-share": lambda: units.of(sweep.flop_per_token, "FLOP") / slope / units.of(sweep.peak, "FLOP/s"),
    }[field]()


@numbers("knee.quoted.{field}")
def quoted_knee(n: Numbers, field: str) -> units.Quantity:
    """The knee fitted to the quoted products on an A100.

    tokens (tokens, 3): Knee fitted to the quoted products on an A100: where the time of few tokens and the time that each of many adds meet.
    low (tokens, 3): 5th percentile of that knee over a bootstrap of the points.
    high (tokens, 3): 95th percentile of that knee over a bootstrap of the points.
    sharpness (, 2): Sharpness of that knee: 1 is the sum of reading and computing, many is their maximum.
    error (%, 2): Error of the critical tokens that the datasheet predicts against that knee, sign dropped.
    memory-share (%, 2): Share of the datasheet's memory roof that the fit of the quoted products reaches.
    compute-share (%, 2): Share of the datasheet's compute roof that the fit of the quoted products reaches.
    """
    return _fit(quoted_sweep(n.catalog), field)


@number("knee.quoted.error-on.{chip}", "%", 2)
def quoted_knee_error_on(n: Numbers, chip: str) -> units.Quantity:
    """The same error were the products run on the {chip}."""
    return abs(n[f"{chip}.critical-tokens.fp16"] / n["knee.quoted.tokens"] - 1)


@number("two-roofs.{name}", "%", 2)
def two_roofs_error(n: Numbers, name: str) -> units.Quantity:
    """How far prefill over decode of one engine lies from the critical tokens of its chip, over the chips of the table: {name} of those within a fiftieth (near) or beyond it (far)."""
    errors = {
        row.accelerator: n[f"quoted.{id_}.over.{id_.removesuffix('-prefill')}"]
        / n[f"{row.accelerator}.critical-tokens.fp16"]
        - 1
        for id_, row in n.catalog.published.items()
        if id_.startswith("llama-cpp-7b-f16-") and id_.endswith("-prefill")
    }
    near, far = ([abs(e.value) for e in errors.values() if (abs(e.value) < 0.02) is close] for close in (True, False))
    place, _, which = name.partition("-")
    return units.of(units.statistic(which, {"near": near, "far": far}[place]), "")


@number("quoted-rate.vidur.t{tokens}", "TFLOP/s")
def quoted_rate(n: Numbers, tokens: int) -> units.Quantity:
    """Rate of the quoted product over {tokens} tokens: its FLOP over its time."""
    row = n.catalog.published[f"vidur-70b-up-{tokens}"]
    flop = quoted_sweep(n.catalog).flop_per_token * tokens
    return units.of(flop, "FLOP") / row.quantity


@numbers("{role}.knee.{name}.{field}")
def measured_knee(n: Numbers, role: str, name: str, field: str) -> units.Quantity:
    """The knee fitted to the products measured on the {role} in {name}.

    tokens (tokens, 3): Knee fitted to the products measured on the {role} in {name}.
    low (tokens, 3): 5th percentile of the knee of the products measured in {name}, over a bootstrap of points and samples.
    high (tokens, 3): 95th percentile of the knee of the products measured in {name}, over a bootstrap of points and samples.
    critical (tokens, 3): Critical tokens of the {role} in {name}, from its own best product over its own read bandwidth.
    sharpness (, 2): Sharpness of the knee measured on the {role} in {name}: 1 is the sum of reading and computing, many is their maximum.
    memory-share (%, 2): Share of the best read bandwidth of the same record that the fit of the products in {name} reaches over few tokens.
    compute-share (%, 2): Share of the best product of the same record that the fit of the products in {name} reaches over many tokens.
    """
    return _fit(_measured(n, role, name), field)


@number("{role}.rows.{name}.t{tokens}", "ms|µs", 3)
def measured_rows(n: Numbers, role: str, name: str, tokens: int) -> units.Quantity:
    """Time of one product of {tokens} tokens with a cold weight measured on the {role} in {name}."""
    sweep = _measured(n, role, name)
    return units.of(next(point[1] for point in sweep.points if point[0] == tokens), "s", f"record:{sweep.record}")


def _measured(n: Numbers, role: str, name: str) -> Sweep:
    for sweep in measured_sweeps(n.catalog, role):
        if sweep.format.lower() == name:
            return sweep
    raise KeyError(f"{n.catalog.speaker(role).id} has no sweep of products in {name}")


# Time to first token -------------------------------------------------------------------------


@number("{model}.attention-parity", "tokens", 3)
def attention_parity(n: Numbers, model: str) -> units.Quantity:
    """Prompt at which causal attention is as many FLOP as the layers' matrix products in {model}, no window counted."""
    shape = n.shape(model)
    products = active_linear_parameters(shape)
    return phases.attention_parity(products, shape.layers, shape.heads, shape.head_dim)


@number("products-time.{model}.{format}.{chip}.s{tokens}", "s|ms")
def products_time(n: Numbers, model: str, format: str, chip: str, tokens: int) -> units.Quantity:
    """Least time of the prefill of {tokens} tokens through {model} ({format}) on the {chip} if attention were no work."""
    flop = work.linear_flop(n.shape(model), n.format(format), Pass(1, tokens, tokens))
    return flop / n[f"{chip}.peak-for.{format}"]


@number("quoted-prefill.{quote}.bound", "s|ms")
def prefill_bound(n: Numbers, quote: str) -> units.Quantity:
    """Least time that the datasheet allows for this prefill: {quote}."""
    row = n.catalog.published[quote]
    if not row.metric.startswith(("latency", "prefill")) or not row.context:
        raise KeyError(f"{quote!r} is no prefill of a known length")
    return n[f"prefill.{row.model}.{row.format}.{row.accelerator}.s{row.context:.0f}.time"]


@number("quoted-prefill.{quote}.of-bound", "%", 2)
def prefill_of_bound(n: Numbers, quote: str) -> units.Quantity:
    """Share of its bound that a quoted prefill reaches: {quote}."""
    row = n.catalog.published[quote]
    taken = row.quantity if row.metric == "latency" else row.context / row.quantity
    return n[f"quoted-prefill.{quote}.bound"] / taken


@number("prefill-of-training.{model}.s{tokens}", "%", 2)
def third_of_training(n: Numbers, model: str, tokens: int) -> units.Quantity:
    """FLOP of the prefill of {tokens} tokens through {model} over those of a training step on them."""
    shape, form, whole = n.shape(model), n.format("bf16"), Pass(1, tokens, tokens)
    return work.step_flop(shape, form, whole) / work.training_flop(shape, form, whole)


@numbers("{role}.prefill.{name}.s{tokens}.{field}")
def measured_prefill(n: Numbers, role: str, name: str, tokens: int, field: str) -> units.Quantity:
    """A prefill measured on the {role} beside its datasheet.

    tokens-per-s (tokens/s): Prompt tokens per second of that prefill on the {role}: {name}, a prompt of {tokens} tokens.
    bound (ms): Least time that the datasheet of the {role} allows for that prefill: the longer of its FLOP over the peak and its bytes over the bandwidth; {name}, {tokens} tokens.
    of-bound (%, 2): Share of the datasheet's bound that this prefill reaches on the {role}: {name}, {tokens} tokens.
    """
    at = f"{role}.prefill.{name}.s{tokens}"
    if field == "tokens-per-s":
        return tokens / n[f"{at}.time"]
    if field == "of-bound":
        return n[f"{at}.bound"] / n[f"{at}.time"]
    record = n.catalog.speaker(role)
    moved, chip = prefill_case(record, name, tokens).work, record.machine.accelerator
    computing = n.measured(role, moved.flop, "FLOP") / n[f"{chip}.peak-in-full"]
    return largest(computing, n.measured(role, moved.bytes, "byte") / n[f"{chip}.bandwidth-in-full"])


@number("{role}.writing-over-reading.{name}.{mode}.s{tokens}", "×")
def writing_over_reading(n: Numbers, role: str, name: str, mode: str, tokens: int) -> units.Quantity:
    """Time to decode a token over the time to prefill one, as one of {tokens}, both measured on the {role}: {name}, decode as {mode}."""
    return (
        n[f"{role}.decode.{name}.{mode}.time"]
        * n[f"{role}.prefill.{name}.s{tokens}.tokens-per-s"]
        / units.of(1, "tokens")
    )


@number("{role}.prefill-error.{name}", "%", 2)
def measured_prefill_error(n: Numbers, role: str, name: str) -> units.Quantity:
    """Error of the prefills of the {role}'s record predicted from its own ceilings: {name} (turns: the median when reading and computing take turns), sign dropped."""
    mine = [row for row in prefills(n.catalog) if row.record == n.catalog.speaker(role).id]
    errors = [abs(row.error) for row in mine]
    turns = [abs(row.summed / row.seconds - 1) for row in mine]
    value = units.statistic("median", turns) if name == "turns" else units.statistic(name, errors)
    return units.of(value, "", f"record:{mine[0].record}")
