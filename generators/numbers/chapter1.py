"""Numbers that only chapter 1 asks for."""

import re

from generators.catalog import model_inputs
from generators.comparison import accuracy
from generators.comparison.comparison import Quoted, quoted_decodes
from generators.core import units
from generators.model import roofline
from generators.model.inputs import Pass
from generators.model.work import accepted_tokens, linear_flop, step_flop
from generators.numbers.passes import both_times
from generators.numbers.registry import Numbers, number, numbers


@number("batch-gain.{model}.{format}.{chip}.b{batch}.s{context}", "×")
def batch_gain(n: Numbers, model: str, format: str, chip: str, batch: int, context: int) -> units.Quantity:
    """Throughput of {model} at batch {batch} over batch 1, at {context} tokens of context, as the roofline allows."""
    many = n[f"decode.{model}.{format}.{chip}.b{batch}.s{context}.tokens-per-s"]
    return many / n[f"decode.{model}.{format}.{chip}.b1.s{context}.tokens-per-s"]


@number("prefill-over-decode.{model}.{format}.{chip}.s{tokens}", "×")
def recompute_cost(n: Numbers, model: str, format: str, chip: str, tokens: int) -> units.Quantity:
    """A step without a KV cache over one with it: a prefill of {tokens} tokens against one decode step at that context."""
    return n[f"prefill.{model}.{format}.{chip}.s{tokens}.time"] / n[f"decode.{model}.{format}.{chip}.b1.s{tokens}.time"]


@number("prefill.{model}.attention-share.s{tokens}", "%", 2)
def attention_share(n: Numbers, model: str, tokens: int) -> units.Quantity:
    """Share of a prefill's FLOP in attention, {model}, {tokens} tokens."""
    shape, form, whole = n.shape(model), n.format("bf16"), Pass(1, tokens, tokens)
    return 1 - linear_flop(shape, form, whole) / step_flop(shape, form, whole)


@number("quotes.{name}", "%", 2)
def quotes_of_bound(n: Numbers, name: str) -> units.Quantity:
    """Share of the datasheet bound that the quoted batch-1 decode runs reach: {name}."""
    rows = quoted_decodes(n.catalog)
    if name == "median-without-that-engine":
        rows = [q for q in rows if not _most_quoted(q)]
        name = "median"
    shares = [q.reached / q.bound for q in rows]
    value = units.statistic(name, shares)
    return units.of(value, "", *(source for q in rows for source in q.sources))


@numbers("quotes-{field}")
def quotes_counted(n: Numbers, field: str) -> units.Quantity:
    """How many quoted decode runs there are.

    count (, 0): How many quoted decode runs at batch 1 are held against their bound.
    of-one-engine (, 0): How many of the quoted decode runs are the calm engine on one RTX 4090.
    """
    rows = [q for q in quoted_decodes(n.catalog) if field == "count" or _most_quoted(q)]
    among = len(n.catalog.published) if field == "count" else len(quoted_decodes(n.catalog))
    count = units.counted(len(rows), among, "quoted values" if field == "count" else "quoted runs")
    return units.of(count, "", *(q.row.source for q in rows))


_MAKES = {
    "instinct": re.compile("Instinct"),
    "data-center": re.compile(r"\b(?:GH|GB|H|B)[1-3]00\b|\bH20\b|Rubin"),
}


@numbers("one-user-runs.{field}")
def one_user_runs(n: Numbers, field: str) -> units.Quantity:
    """Published runs of one user as a share of what their device's datasheet allows.

    count (, 0): Decode runs of one user in data/published/runs.
    devices (, 0): Devices of these runs.
    median (%, 2): Share of its device's limit that the median of these runs reaches.
    highest (%, 2): Largest share of its device's limit that one of these runs reaches.
    instinct (, 0): How many of these runs are on AMD Instincts.
    data-center (, 0): How many are on data-center GPUs that NVIDIA has sold since the H100.
    gh200-lowest (%, 2): Smallest share of its limit that a whole request of one user reaches in TensorRT-LLM on a GH200, taken as the one of 141 GB.
    gh200-highest (%, 2): The largest share of its limit that such a request reaches.
    """
    on_gh200 = field.startswith("gh200-")
    kind, engine = (accuracy.WHOLE, "TensorRT-LLM") if on_gh200 else (accuracy.DECODE, "")
    found = [run for run in accuracy.runs(n.catalog) if run.kind == kind and run.engine.startswith(engine)]
    found = [run for run in found if not on_gh200 or run.device.id == "gh200-141gb"]
    sources = {run.source for run in found}
    if field == "count":
        return units.of(units.counted(len(found), len(accuracy.runs(n.catalog)), "quoted runs"), "", *sources)
    if field == "devices":
        devices = {run.device.key for run in found}
        return units.of(units.explained(len(devices), f"counted over {len(found):,} runs"), "", *sources)
    if field in _MAKES:
        names = [n.catalog.accelerators[run.device.id].name if run.device.id else run.device.name for run in found]
        made = sum(bool(_MAKES[field].search(name)) for name in names)
        return units.of(units.counted(made, len(found), "runs"), "", *sources)
    shares = [run.bound / run.seconds for run in found]
    return units.of(units.statistic(field.removeprefix("gh200-"), shares), "", *sources)


def _most_quoted(quote: Quoted) -> bool:
    """Whether a run is of the engine and card that the catalog quotes most."""
    return (quote.row.engine, quote.row.accelerator) == ("calm", "rtx-4090")


@number("{model}.{format}.{chip}.compute-bound-batch.s{context}", "", 0)
def compute_bound_batch(n: Numbers, model: str, format: str, chip: str, context: int) -> units.Quantity:
    """Least batch at which decode of {model} ({format}) on the {chip} is compute-bound, at {context} tokens of context."""
    shape, form, device = n.shape(model), n.format(format), n.chip(chip, format)
    ceiling = roofline.intensity_ceiling(shape, form, Pass(1, 1, context))
    if ceiling <= roofline.ridge_point(device.peak, device.bandwidth):
        raise KeyError(f"decode of {model} on {chip} is not compute-bound at any batch")
    row = n.catalog.formats[format]  # in plain floats, as many batches are tried
    given = model_inputs.shape(n.catalog.models[model]), model_inputs.number_format(row)
    plain = model_inputs.device(n.catalog.accelerators[chip], row.rate)

    def step(batch: int) -> roofline.Step:
        return roofline.step(*given, plain, Pass(batch, 1, context))

    batch = next(b for b in range(1, 1_000_000) if step(b).binds == "compute")
    return units.of(units.searched(batch, (batch - 1, batch), lambda b: both_times(step(b))), "")


@number("slope.{quote}.{quote2}", "×", 4)
def predicted_slowdown(n: Numbers, quote: str, quote2: str) -> units.Quantity:
    """Slow-down by context that the bytes predict between two quoted runs: {quote}; {quote2}."""
    return n[f"quoted.{quote}.bound"] / n[f"quoted.{quote2}.bound"]


@number("accepted.{name}.{tokens}", "", 3)
def tokens_per_verification(n: Numbers, name: str, tokens: int) -> units.Quantity:
    """Tokens expected per verification pass of {tokens} drafts when each is accepted with probability 0.{name} (Leviathan et al., equation 1)."""
    return accepted_tokens(units.of(float(f"0.{name}"), "", "leviathan-2023"), tokens)


@number("stream-rate.{model}.{format}.{chip}", "tokens/s")
def stream_rate(n: Numbers, model: str, format: str, chip: str) -> units.Quantity:
    """Tokens per second that the bandwidth of the {chip} allows {model} ({format}) at batch 1, weights alone."""
    return n[f"{chip}.bandwidth-in-full"] / n[f"{model}.{format}.streamed"]


@numbers("head-sum.{model}.{field}")
def head_sum(n: Numbers, model: str, field: str, chip: str = "") -> units.Quantity:
    """The sum that is done in the head.

    bytes (GB, 2): Parameters of {model} to one digit, two bytes each: the sum that is done in the head.
    {chip}.time (ms, 2): Time in which the {chip} reads them: {model}, parameters to one digit, two bytes each.
    {chip}.tokens-per-s (tokens/s, 1): Passes over them per second on the {chip}, to one digit: {model}.
    """
    if field.endswith("time"):
        return n[f"head-sum.{model}.bytes"] / n[f"{chip}.bandwidth"]
    if field.endswith("tokens-per-s"):
        return 1 / n[f"head-sum.{model}.{chip}.time"]
    count = n[f"{model}.parameters"]
    billions = float(f"{count.to('billion parameters'):.0e}")
    return units.of(units.explained(billions * 2.0, f"{billions:,g} billion × 2 bytes"), "GB", *count.sources)


@number("{model}.{format}.one-token", "GB|MB")
def one_token_bytes(n: Numbers, model: str, format: str) -> units.Quantity:
    """Bytes that one token of {model} ({format}) moves at batch 1 and next to no context."""
    return n[f"decode.{model}.{format}.b1.s1.bytes"]


@number("{model}.{format}.balance-tokens", "tokens")
def balance_tokens(n: Numbers, model: str, format: str) -> units.Quantity:
    """Tokens of context, over all users, whose KV cache is as many bytes as the weights of {model} ({format}) that a step reads."""
    return n[f"{model}.{format}.streamed"] / n[f"{model}.kv-per-token"]
