"""Numbers of chapter 4 that this book measured, from the record that the chapters tell of, and how the predictions fared."""

from __future__ import annotations

from generators import units
from generators.evidence import batching as batch_evidence
from generators.evidence import serving_runs as serving
from generators.numbers.registry import Numbers, number

# Batches ---------------------------------------------------------------------------------


def _record(n: Numbers, role: str) -> str:
    return f"record:{n.book.speaker(role).id}"


def _steps(n: Numbers, role: str) -> list[batch_evidence.BatchStep]:
    id_ = n.book.speaker(role).id
    found = [step for step in batch_evidence.batch_steps(n.book) if step.record == id_]
    if not found:
        raise KeyError(f"record {id_} has no measured decode-batch")
    return found


def _step(n: Numbers, role: str, batch: int, context: int) -> batch_evidence.BatchStep:
    for step in _steps(n, role):
        if (step.batch, step.context - 1) == (batch, context):
            return step
    raise KeyError(f"the {role}'s record has no decode-batch at batch {batch}, context {context}")


@number("{role}.batch.b{batch}.s{context}.time", "s|ms")
def step_time(n: Numbers, role: str, batch: int, context: int) -> units.Quantity:
    """Time of a decode step measured on the {role}, its model of decode-batch, batch {batch}, {context} tokens of context."""
    return units.of(_step(n, role, batch, context).seconds, "s", _record(n, role))


@number("{role}.batch.b{batch}.s{context}.gain", "×")
def step_gain(n: Numbers, role: str, batch: int, context: int) -> units.Quantity:
    """Throughput over batch 1 at the same context, measured on the {role}, batch {batch}, {context} tokens of context."""
    return batch * n[f"{role}.batch.b1.s{context}.time"] / n[f"{role}.batch.b{batch}.s{context}.time"]


@number("{role}.batch.b{batch}.s{context}.slowdown", "×")
def step_slowdown(n: Numbers, role: str, batch: int, context: int) -> units.Quantity:
    """Time of a step over batch 1 at the same context, measured on the {role}, batch {batch}, {context} tokens of context."""
    return n[f"{role}.batch.b{batch}.s{context}.time"] / n[f"{role}.batch.b1.s{context}.time"]


@number("{role}.batch.weights", "GB", 3)
def weights(n: Numbers, role: str) -> units.Quantity:
    """Weights of the model whose batches were measured on the {role}."""
    case = n.book.speaker(role).measured("decode-batch")[0]
    return units.of(float(case.parameters["weights_bytes"]), "byte", _record(n, role))


@number("{role}.batch.steps", "", 0)
def steps(n: Numbers, role: str) -> units.Quantity:
    """Decode steps of batches measured on the {role}."""
    return units.of(len(_steps(n, role)), "", _record(n, role))


@number("{role}.batch.cache-pace", "GB/s", 2)
def cache_pace(n: Numbers, role: str) -> units.Quantity:
    """Pace at which the cache was read in the measured steps of batch 1: the slope of their time against its bytes."""
    pace = batch_evidence.pace_of(n.book.speaker(role).measured("decode-batch"))
    return units.of(pace.cache, "byte/s", _record(n, role))


@number("{role}.batch.weight-pace", "GB/s", 2)
def weight_pace(n: Numbers, role: str) -> units.Quantity:
    """Pace of the rest of those steps: the weights streamed over the time of a step without a cache."""
    cases = n.book.speaker(role).measured("decode-batch", batch=1)
    least = min(cases, key=lambda case: int(case.parameters["context"]))
    return units.of(least.work.bytes / batch_evidence.pace_of(cases).base, "byte/s", _record(n, role))


@number("{role}.batch-error.{name}", "%", 2)
def batch_error(n: Numbers, role: str, name: str) -> units.Quantity:
    """Error of the predicted time of a step over the batches measured on the {role}: {name}, sign dropped."""
    errors = [abs(step.error) for step in _steps(n, role)]
    if name.startswith("paced"):
        errors = [abs(step.paced / step.seconds - 1) for step in _steps(n, role) if step.paced]
    return units.of(units.statistic(name.removeprefix("paced-"), errors), "", _record(n, role))


@number("{role}.beyond.b{batch}.s{context}.{name}", "GB", 3)
def beyond(n: Numbers, role: str, batch: int, context: int, name: str) -> units.Quantity:
    """Memory that a batch of {batch} at {context} tokens of context did not find on the {role}: {name}."""
    for one in batch_evidence.beyond_memory(n.book):
        if one.machine == n.book.speaker(role).machine.name and (one.batch, one.context - 1) == (batch, context):
            return units.of({"needs": one.needs, "free": one.free}[name], "GB", _record(n, role))
    raise KeyError(f"the {role}'s record skipped no batch {batch} at context {context} for memory")


# Serving ---------------------------------------------------------------------------------


def _runs(n: Numbers, role: str) -> list[serving.Served]:
    found = serving.measured_runs(n.book, role)
    if not found:
        raise KeyError(f"record {n.book.speaker(role).id} has no measured serving")
    return found


def _run(n: Numbers, role: str, name: str, size: int) -> serving.Served:
    for one in _runs(n, role):
        if one.policy.name == name and round(100 * one.load) == size:
            return one
    raise KeyError(f"the {role}'s record has no serving under {name!r} at {size} % load")


@number("{role}.serving.{name}.p{size}.ttft", "s|ms")
def measured_ttft(n: Numbers, role: str, name: str, size: int) -> units.Quantity:
    """Mean time to first token measured on the {role} under the policy {name} at {size} % of what continuous batching sustained."""
    one = _run(n, role, name, size)
    return units.of(
        units.Reported(one.mean_ttft, ("words", f"mean of {len(one.ttft)} requests")), "s", _record(n, role)
    )


@number("{role}.serving.{name}.p{size}.simulated", "s|ms")
def simulated_ttft(n: Numbers, role: str, name: str, size: int) -> units.Quantity:
    """The same simulated, passes priced with the two rates fitted to the record's interference runs: {name}, {size} %."""
    one = _run(n, role, name, size)
    return units.of(one.mean_ttft * (1 + one.error("ttft")), "s", _record(n, role))


@number("{role}.serving.{name}.p{size}.batch", "tokens", 2)
def measured_batch(n: Numbers, role: str, name: str, size: int) -> units.Quantity:
    """Answer tokens per pass measured on the {role} under the policy {name} at that load, {size} %."""
    return units.of(_run(n, role, name, size).mean_batch, "tokens", _record(n, role))


@number("{role}.serving.{name}.p{size}.busy", "s|ms")
def measured_busy(n: Numbers, role: str, name: str, size: int) -> units.Quantity:
    """Time in which a pass was running, over the whole trace, measured on the {role} under the policy {name} at that load, {size} %."""
    return units.of(_run(n, role, name, size).whole["busy"].seconds, "s", _record(n, role))


@number("{role}.chunks-busy.{name}", "×", 3)
def chunked_busy(n: Numbers, role: str, name: str) -> units.Quantity:
    """Time busy with chunked prompts over that with whole ones, same requests, measured on the {role}: {name} of the loads."""
    loads = sorted({round(100 * one.load) for one in _runs(n, role)})
    whole = [_run(n, role, "continuous", size).whole["busy"].seconds for size in loads]
    chunked = [_run(n, role, "continuous-chunked", size).whole["busy"].seconds for size in loads]
    ratios = [c / w for c, w in zip(chunked, whole, strict=True)]
    return units.of(units.statistic(name, ratios), "", _record(n, role))


@number("{role}.serving.chunk", "tokens", 0)
def measured_chunk(n: Numbers, role: str) -> units.Quantity:
    """Prompt tokens that a pass took at most in the measured runs with chunks."""
    return units.of(
        next(one.policy.chunk_tokens for one in _runs(n, role) if one.policy.chunk_tokens), "tokens", _record(n, role)
    )


@number("{role}.serving.places", "", 0)
def measured_places(n: Numbers, role: str) -> units.Quantity:
    """Sequences that the measured server takes at once."""
    return units.of(_runs(n, role)[0].policy.batch, "", _record(n, role))


@number("{role}.serving.requests", "", 0)
def measured_requests(n: Numbers, role: str) -> units.Quantity:
    """Requests of the measured trace."""
    return units.of(len(_runs(n, role)[0].ttft), "", _record(n, role))


@number("{role}.serving.{name}.p{size}.offered", "requests/s")
def offered(n: Numbers, role: str, name: str, size: int) -> units.Quantity:
    """Requests per second that arrived in the run measured on the {role} under the policy {name} at that load, {size} %."""
    return units.of(_run(n, role, name, size).rate, "requests/s", _record(n, role))


@number("{role}.serving.{name}.p{size}.served", "requests/s")
def served(n: Numbers, role: str, name: str, size: int) -> units.Quantity:
    """Requests per second of the same run from its beginning to its last token."""
    one = _run(n, role, name, size)
    return units.of(len(one.ttft) / one.whole["makespan"].seconds, "requests/s", _record(n, role))


@number("{role}.serving.byte-rate", "GB/s", 2)
def fitted_byte_rate(n: Numbers, role: str) -> units.Quantity:
    """Bytes per second that the fit to the interference runs measured on the {role} gives the price of a pass."""
    price = serving.serving_price(n.book.speaker(role))
    return units.of(price.chip.bandwidth, "byte/s", _record(n, role))


@number("{role}.serving-error.{name}", "%", 2)
def serving_error(n: Numbers, role: str, name: str) -> units.Quantity:
    """Error of the simulation over the runs measured on the {role}: {name}, sign dropped."""
    metric, _, of = name.partition("-")
    errors = [abs(one.error(metric)) for one in _runs(n, role)]
    return units.of(units.statistic(of, errors), "", _record(n, role))
