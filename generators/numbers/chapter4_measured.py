"""Numbers of chapter 4 that this book measured, from the record that the chapters tell of, and how the predictions fared."""

from __future__ import annotations

import statistics

from generators import units
from generators.evidence import batching as batch_evidence
from generators.evidence import serving_runs as serving
from generators.evidence.comparison import chapter_record
from generators.numbers.registry import Numbers, number

# Batches ---------------------------------------------------------------------------------


def _record(n: Numbers) -> str:
    return f"record:{chapter_record(n.book).id}"


def _steps(n: Numbers) -> list[batch_evidence.BatchStep]:
    id_ = chapter_record(n.book).id
    found = [step for step in batch_evidence.batch_steps(n.book) if step.record == id_]
    if not found:
        raise KeyError(f"record {id_} has no measured decode-batch")
    return found


def _step(n: Numbers, batch: int, context: int) -> batch_evidence.BatchStep:
    for step in _steps(n):
        if (step.batch, step.context - 1) == (batch, context):
            return step
    raise KeyError(f"the chapter's record has no decode-batch at batch {batch}, context {context}")


@number("cpu.batch.b{batch}.s{context}.time", "s|ms")
def step_time(n: Numbers, batch: int, context: int) -> units.Quantity:
    """Time of a decode step measured on this book's CPU, its model of decode-batch, batch {batch}, {context} tokens of context."""
    return units.of(_step(n, batch, context).seconds, "s", _record(n))


@number("cpu.batch.b{batch}.s{context}.gain", "×")
def step_gain(n: Numbers, batch: int, context: int) -> units.Quantity:
    """Throughput over batch 1 at the same context, measured on this book's CPU, batch {batch}, {context} tokens of context."""
    return batch * n[f"cpu.batch.b1.s{context}.time"] / n[f"cpu.batch.b{batch}.s{context}.time"]


@number("cpu.batch.b{batch}.s{context}.slowdown", "×")
def step_slowdown(n: Numbers, batch: int, context: int) -> units.Quantity:
    """Time of a step over batch 1 at the same context, measured on this book's CPU, batch {batch}, {context} tokens of context."""
    return n[f"cpu.batch.b{batch}.s{context}.time"] / n[f"cpu.batch.b1.s{context}.time"]


@number("cpu.batch.weights", "GB", 3)
def weights(n: Numbers) -> units.Quantity:
    """Weights of the model whose batches were measured on this book's CPU."""
    case = chapter_record(n.book).measured("decode-batch")[0]
    return units.of(float(case.parameters["weights_bytes"]), "byte", _record(n))


@number("cpu.batch.steps", "", 0)
def steps(n: Numbers) -> units.Quantity:
    """Decode steps of batches measured on this book's CPU."""
    return units.of(len(_steps(n)), "", _record(n))


@number("cpu.batch.cache-pace", "GB/s", 2)
def cache_pace(n: Numbers) -> units.Quantity:
    """Pace at which the cache was read in the measured steps of batch 1: the slope of their time against its bytes."""
    pace = batch_evidence.pace_of(chapter_record(n.book).measured("decode-batch"))
    return units.of(pace.cache, "byte", _record(n)) / units.of(1, "s")


@number("cpu.batch.weight-pace", "GB/s", 2)
def weight_pace(n: Numbers) -> units.Quantity:
    """Pace of the rest of those steps: the weights streamed over the time of a step without a cache."""
    cases = chapter_record(n.book).measured("decode-batch", batch=1)
    least = min(cases, key=lambda case: int(case.parameters["context"]))
    return units.of(least.work.bytes / batch_evidence.pace_of(cases).base, "byte", _record(n)) / units.of(1, "s")


@number("cpu.batch-error.{name}", "%", 2)
def batch_error(n: Numbers, name: str) -> units.Quantity:
    """Error of the predicted time of a step over the batches measured on this book's CPU: {name}, sign dropped."""
    errors = [abs(step.error) for step in _steps(n)]
    if name.startswith("paced"):
        errors = [abs(step.paced / step.seconds - 1) for step in _steps(n) if step.paced]
    value = {"median": statistics.median, "worst": max}[name.removeprefix("paced-")](errors)
    return units.of(value, "", _record(n))


@number("cpu.beyond.b{batch}.s{context}.{name}", "GB", 3)
def beyond(n: Numbers, batch: int, context: int, name: str) -> units.Quantity:
    """Memory that a batch of {batch} at {context} tokens of context did not find on this book's CPU: {name}."""
    for one in batch_evidence.beyond_memory(n.book):
        if one.machine == chapter_record(n.book).machine.name and (one.batch, one.context - 1) == (batch, context):
            return units.of({"needs": one.needs, "free": one.free}[name], "GB", _record(n))
    raise KeyError(f"no record skipped batch {batch} at context {context} for memory")


# Serving ---------------------------------------------------------------------------------


def _runs(n: Numbers) -> list[serving.Served]:
    found = serving.measured_runs(n.book)
    if not found:
        raise KeyError(f"record {chapter_record(n.book).id} has no measured serving")
    return found


def _run(n: Numbers, name: str, size: int) -> serving.Served:
    for one in _runs(n):
        if one.policy.name == name and round(100 * one.load) == size:
            return one
    raise KeyError(f"the chapter's record has no serving under {name!r} at {size} % load")


@number("cpu.serving.{name}.p{size}.ttft", "s|ms")
def measured_ttft(n: Numbers, name: str, size: int) -> units.Quantity:
    """Mean time to first token measured on this book's CPU under the policy {name} at {size} % of what continuous batching sustained."""
    return units.of(_run(n, name, size).mean_ttft, "s", _record(n))


@number("cpu.serving.{name}.p{size}.simulated", "s|ms")
def simulated_ttft(n: Numbers, name: str, size: int) -> units.Quantity:
    """The same simulated, passes priced with the two rates fitted to the record's interference runs: {name}, {size} %."""
    one = _run(n, name, size)
    return units.of(one.mean_ttft * (1 + one.error("ttft")), "s", _record(n))


@number("cpu.serving.{name}.p{size}.batch", "tokens", 2)
def measured_batch(n: Numbers, name: str, size: int) -> units.Quantity:
    """Answer tokens per pass measured on this book's CPU under the policy {name} at that load, {size} %."""
    return units.of(_run(n, name, size).mean_batch, "tokens", _record(n))


@number("cpu.serving.{name}.p{size}.busy", "s|ms")
def measured_busy(n: Numbers, name: str, size: int) -> units.Quantity:
    """Time in which a pass was running, over the whole trace, measured on this book's CPU under the policy {name} at that load, {size} %."""
    return units.of(_run(n, name, size).whole["busy"].seconds, "s", _record(n))


@number("cpu.chunks-busy.{name}", "×", 3)
def chunked_busy(n: Numbers, name: str) -> units.Quantity:
    """Time busy with chunked prompts over that with whole ones, same requests, measured on this book's CPU: {name} of the loads."""
    loads = sorted({round(100 * one.load) for one in _runs(n)})
    whole = [_run(n, "continuous", size).whole["busy"].seconds for size in loads]
    chunked = [_run(n, "continuous-chunked", size).whole["busy"].seconds for size in loads]
    ratios = [c / w for c, w in zip(chunked, whole, strict=True)]
    return units.of({"lowest": min, "highest": max}[name](ratios), "", _record(n))


@number("cpu.serving.chunk", "tokens", 0)
def measured_chunk(n: Numbers) -> units.Quantity:
    """Prompt tokens that a pass took at most in the measured runs with chunks."""
    return units.of(next(one.policy.chunk_tokens for one in _runs(n) if one.policy.chunk_tokens), "tokens", _record(n))


@number("cpu.serving.places", "", 0)
def measured_places(n: Numbers) -> units.Quantity:
    """Sequences that the measured server takes at once."""
    return units.of(_runs(n)[0].policy.batch, "", _record(n))


@number("cpu.serving.requests", "", 0)
def measured_requests(n: Numbers) -> units.Quantity:
    """Requests of the measured trace."""
    return units.of(len(_runs(n)[0].ttft), "", _record(n))


@number("cpu.serving-error.{name}", "%", 2)
def serving_error(n: Numbers, name: str) -> units.Quantity:
    """Error of the simulation over the runs measured on this book's CPU: {name}, sign dropped."""
    metric, _, of = name.partition("-")
    errors = [abs(one.error(metric)) for one in _runs(n)]
    return units.of({"median": statistics.median, "worst": max}[of](errors), "", _record(n))
