"""Numbers of chapter 4 that this book measured, from the record that the chapters tell of, and how the predictions fared."""

from generators.comparison import batching as batch_comparison
from generators.comparison import serving_runs as serving
from generators.comparison import simulation
from generators.core import units
from generators.numbers.registry import Numbers, number, numbers

# Batches ---------------------------------------------------------------------------------


def _steps(n: Numbers, role: str) -> list[batch_comparison.BatchStep]:
    id_ = n.catalog.speaker(role).id
    found = [step for step in batch_comparison.batch_steps(n.catalog) if step.record == id_]
    if not found:
        raise KeyError(f"record {id_} has no measured decode-batch")
    return found


def _step(n: Numbers, role: str, batch: int, context: int) -> batch_comparison.BatchStep:
    for step in _steps(n, role):
        if (step.batch, step.context - 1) == (batch, context):
            return step
    raise KeyError(f"the {role}'s record has no decode-batch at batch {batch}, context {context}")


@numbers("{role}.batch.b{batch}.s{context}.{field}")
def step(n: Numbers, role: str, batch: int, context: int, field: str) -> units.Quantity:
    """A decode step of a batch measured on the {role}, beside that of batch 1.

    time (s|ms): Time of a decode step measured on the {role}, its model of decode-batch, batch {batch}, {context} tokens of context.
    gain (×): Throughput over batch 1 at the same context, measured on the {role}, batch {batch}, {context} tokens of context.
    slowdown (×): Time of a step over batch 1 at the same context, measured on the {role}, batch {batch}, {context} tokens of context.
    """
    if field == "time":
        return n.measured(role, _step(n, role, batch, context).seconds, "s")
    one, many = f"{role}.batch.b1.s{context}.time", f"{role}.batch.b{batch}.s{context}.time"
    return batch * n[one] / n[many] if field == "gain" else n[many] / n[one]


@numbers("{role}.batch.{field}")
def batches(n: Numbers, role: str, field: str) -> units.Quantity:
    """What the batches measured on the {role} read, and how fast.

    weights (GB, 3): Weights of the model whose batches were measured on the {role}.
    cache-pace (GB/s, 2): Pace at which the cache was read in the measured steps of batch 1: the slope of their time against its bytes.
    weight-pace (GB/s, 2): Pace of the rest of those steps: the weights streamed over the time of a step without a cache.
    """
    cases = n.catalog.speaker(role).measured("decode-batch")
    if field == "weights":
        weights, count = (float(cases[0].parameters[name]) for name in ("weights_bytes", "parameters"))
        words = f"counted by the suite: {count:,.0f} parameters of {weights / count:g} bytes"
        return n.measured(role, units.explained(weights, words), "byte")
    single = [case for case in cases if case.parameters["batch"] == 1]
    pace = batch_comparison.effective_bandwidth(single)
    if field == "cache-pace":
        return n.measured(role, units.explained(pace.cache, f"slope of a line fitted to {len(single)} steps"), "byte/s")
    least = min(single, key=lambda case: int(case.parameters["context"]))
    return n.measured(role, least.work.bytes, "byte") / units.of(pace.base, "s")


@number("{role}.batch-error.{name}", "%", 2)
def batch_error(n: Numbers, role: str, name: str) -> units.Quantity:
    """Error of the predicted time of a step over the batches measured on the {role}: {name}, sign dropped."""
    errors = [abs(step.error) for step in _steps(n, role)]
    if name.startswith("paced"):
        errors = [abs(step.fitted / step.seconds - 1) for step in _steps(n, role) if step.fitted]
    return n.measured(role, units.statistic(name.removeprefix("paced-"), errors), "")


@number("{role}.beyond.b{batch}.s{context}.{name}", "GB", 3)
def beyond(n: Numbers, role: str, batch: int, context: int, name: str) -> units.Quantity:
    """Memory that a batch of {batch} at {context} tokens of context did not find on the {role}: {name}."""
    for one in batch_comparison.beyond_memory(n.catalog):
        if one.machine == n.catalog.speaker(role).machine.name and (one.batch, one.context - 1) == (batch, context):
            return n.measured(role, {"needs": one.needs, "free": one.free}[name], "GB")
    raise KeyError(f"the {role}'s record skipped no batch {batch} at context {context} for memory")


# Serving ---------------------------------------------------------------------------------


def _runs(n: Numbers, role: str) -> list[serving.Served]:
    found = serving.measured_runs(n.catalog, role)
    if not found:
        raise KeyError(f"record {n.catalog.speaker(role).id} has no measured serving")
    return found


def _run(n: Numbers, role: str, name: str, size: int) -> serving.Served:
    for one in _runs(n, role):
        if one.policy.name == name and round(100 * one.load) == size:
            return one
    raise KeyError(f"the {role}'s record has no serving under {name!r} at {size} % load")


@numbers("{role}.serving.{name}.p{size}.{field}")
def run(n: Numbers, role: str, name: str, size: int, field: str) -> units.Quantity:
    """A load served by the {role} under the policy {name}, {size} % of what continuous batching sustained.

    ttft (s|ms): Mean time to first token measured on the {role} under the policy {name} at {size} % of what continuous batching sustained.
    simulated (s|ms): The same simulated, passes priced with the two rates fitted to the record's interference runs: {name}, {size} %.
    offered (requests/s): Requests per second that arrived in the run measured on the {role} under the policy {name} at that load, {size} %.
    served (requests/s): Requests per second of the same run from its beginning to its last token.
    """
    one = _run(n, role, name, size)
    value, unit = {
        "ttft": (one.mean_ttft, "s"),
        "simulated": (units.Reported(one.mean_ttft * (1 + one.error("ttft")), one.simulated_mean("ttft").how), "s"),
        "offered": (one.rate, "requests/s"),
        "served": (one.served, "requests/s"),
    }[field]
    return n.measured(role, value, unit)


@number("{role}.chunks-busy.{name}", "×", 3)
def chunked_busy(n: Numbers, role: str, name: str) -> units.Quantity:
    """Time busy with chunked prompts over that with whole ones, same requests, measured on the {role}: {name} of the loads."""
    loads = sorted({round(100 * one.load) for one in _runs(n, role)})
    whole = [_run(n, role, "continuous", size).whole["busy"].seconds for size in loads]
    chunked = [_run(n, role, "continuous-chunked", size).whole["busy"].seconds for size in loads]
    ratios = [c / w for c, w in zip(chunked, whole, strict=True)]
    return n.measured(role, units.statistic(name, ratios), "")


@numbers("{role}.serving.{field}")
def server(n: Numbers, role: str, field: str) -> units.Quantity:
    """What the measured server takes, and the price of its passes.

    chunk (tokens, 0): Prompt tokens that a pass took at most in the measured runs with chunks.
    places (, 0): Sequences that the measured server takes at once.
    requests (, 0): Requests of the measured trace.
    byte-rate (GB/s, 2): Bytes per second that the fit to the interference runs measured on the {role} gives the price of a pass.
    """
    if field == "byte-rate":
        record = n.catalog.speaker(role)
        words = f"fitted to {len(simulation.landing_passes(record))} measured passes"
        return n.measured(role, units.explained(serving.serving_price(record).chip.bandwidth, words), "byte/s")
    runs = _runs(n, role)
    chunk = next(one.policy.chunk_tokens for one in runs if one.policy.chunk_tokens)
    given = {"chunk": chunk, "places": runs[0].policy.batch, "requests": len(runs[0].ttft)}
    return n.measured(role, units.explained(given[field], "chosen for the suite"), "")


@number("{role}.serving-error.{name}", "%", 2)
def serving_error(n: Numbers, role: str, name: str) -> units.Quantity:
    """Error of the simulation over the runs measured on the {role}: {name}, sign dropped."""
    metric, _, of = name.partition("-")
    errors = [abs(one.error(metric)) for one in _runs(n, role)]
    return n.measured(role, units.statistic(of, errors), "")
