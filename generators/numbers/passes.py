"""Numbers of one pass of a model: decode steps, prefills, and a training step; with a chip, their times."""

from __future__ import annotations

from generators import units
from generators.model import memory, roofline, work
from generators.model.arith import largest
from generators.model.inputs import Pass
from generators.numbers.registry import Numbers, number

DECODE = "decode.{model}.{format}.b{batch}.s{context}"
DECODE_ON = "decode.{model}.{format}.{chip}.b{batch}.s{context}"
PREFILL = "prefill.{model}.{format}.s{tokens}"
PREFILL_ON = "prefill.{model}.{format}.{chip}.s{tokens}"


@number(DECODE + ".bytes", "GB|MB", 4)
def decode_bytes(n: Numbers, model: str, format: str, batch: int, context: int) -> units.Quantity:
    """Least bytes that one decode step of {model} ({format}) moves at batch {batch} and {context} tokens of context."""
    return memory.step_bytes(n.shape(model), n.format(format), Pass(batch, 1, context)).total


@number(DECODE + ".kv-share", "%", 2)
def decode_kv_share(n: Numbers, model: str, format: str, batch: int, context: int) -> units.Quantity:
    """KV bytes over weight bytes in that step."""
    traffic = memory.step_bytes(n.shape(model), n.format(format), Pass(batch, 1, context))
    return (traffic.kv_read + traffic.kv_written) / traffic.weights


@number(DECODE + ".flop", "TFLOP|GFLOP")
def decode_flop(n: Numbers, model: str, format: str, batch: int, context: int) -> units.Quantity:
    """FLOP of one decode step of {model} at batch {batch} and {context} tokens of context."""
    return work.step_flop(n.shape(model), n.format(format), Pass(batch, 1, context))


@number(DECODE + ".intensity", "FLOP/byte")
def decode_intensity(n: Numbers, model: str, format: str, batch: int, context: int) -> units.Quantity:
    """Arithmetic intensity of one decode step of {model} ({format}) at batch {batch} and {context} tokens of context."""
    moved = n[f"decode.{model}.{format}.b{batch}.s{context}.bytes"]
    return n[f"decode.{model}.{format}.b{batch}.s{context}.flop"] / moved


@number("{model}.{format}.intensity-ceiling.s{context}", "FLOP/byte")
def intensity_ceiling(n: Numbers, model: str, format: str, context: int) -> units.Quantity:
    """What the intensity of decode of {model} tends to as the batch grows, at {context} tokens of context."""
    return roofline.intensity_ceiling(n.shape(model), n.format(format), Pass(1, 1, context))


@number(DECODE_ON + ".memory-time", "s|ms|µs")
def decode_memory_time(n: Numbers, model: str, format: str, chip: str, batch: int, context: int) -> units.Quantity:
    """Time to move the bytes of one decode step of {model} ({format}) at the peak bandwidth of the {chip}."""
    return n[f"decode.{model}.{format}.b{batch}.s{context}.bytes"] / n[f"{chip}.bandwidth-in-full"]


@number(DECODE_ON + ".compute-time", "s|ms|µs")
def decode_compute_time(n: Numbers, model: str, format: str, chip: str, batch: int, context: int) -> units.Quantity:
    """Time for the FLOP of one decode step of {model} at the peak of the {chip}."""
    return n[f"decode.{model}.{format}.b{batch}.s{context}.flop"] / n[f"{chip}.peak-for.{format}"]


@number(DECODE_ON + ".time", "s|ms|µs")
def decode_time(n: Numbers, model: str, format: str, chip: str, batch: int, context: int) -> units.Quantity:
    """Least time of one decode step of {model} ({format}) on the {chip}."""
    compute = n[f"decode.{model}.{format}.{chip}.b{batch}.s{context}.compute-time"]
    moving = n[f"decode.{model}.{format}.{chip}.b{batch}.s{context}.memory-time"]
    return largest(compute, moving)


@number(DECODE_ON + ".compute-share", "%", 2)
def decode_compute_share(n: Numbers, model: str, format: str, chip: str, batch: int, context: int) -> units.Quantity:
    """Share of the step in which the {chip} could have done all its arithmetic."""
    compute = n[f"decode.{model}.{format}.{chip}.b{batch}.s{context}.compute-time"]
    return compute / n[f"decode.{model}.{format}.{chip}.b{batch}.s{context}.time"]


@number(DECODE_ON + ".tokens-per-s", "tokens/s")
def decode_rate(n: Numbers, model: str, format: str, chip: str, batch: int, context: int) -> units.Quantity:
    """Most tokens per second, all sequences together, that {model} ({format}) can decode on the {chip} at batch {batch}."""
    return batch / n[f"decode.{model}.{format}.{chip}.b{batch}.s{context}.time"]


@number(DECODE + ".memory-needed", "TB|GB", 3)
def memory_needed(n: Numbers, model: str, format: str, batch: int, context: int) -> units.Quantity:
    """Memory for {model} ({format}) and the KV cache of {batch} sequences of {context} tokens."""
    return n[f"{model}.{format}.stored"] + n[f"{model}.kv.b{batch}.s{context}"]


@number("{model}.{format}.{chip}.largest-batch.s{context}", "", 0)
def largest_batch(n: Numbers, model: str, format: str, chip: str, context: int) -> units.Quantity:
    """Sequences of {context} tokens whose KV cache fits beside {model} ({format}) on the {chip}."""
    if n.book.accelerators[chip].capacity is None:
        raise KeyError(f"data/accelerators/{chip}.toml gives no memory.capacity")
    fits = memory.largest_batch(n.shape(model), n.format(format), n.chip(chip, format), context)
    if fits < 0:
        raise KeyError(f"{model} in {format} does not fit on {chip}")
    return fits.whole()


@number(PREFILL + ".flop", "PFLOP|TFLOP|GFLOP")
def prefill_flop(n: Numbers, model: str, format: str, tokens: int) -> units.Quantity:
    """FLOP of the prefill of {tokens} tokens through {model}."""
    return work.step_flop(n.shape(model), n.format(format), Pass(1, tokens, tokens))


@number(PREFILL + ".bytes", "GB|MB")
def prefill_bytes(n: Numbers, model: str, format: str, tokens: int) -> units.Quantity:
    """Least bytes moved by the prefill of {tokens} tokens through {model} ({format}): weights in, the cache of its tokens out."""
    return memory.step_bytes(n.shape(model), n.format(format), Pass(1, tokens, tokens)).total


@number(PREFILL + ".intensity", "FLOP/byte")
def prefill_intensity(n: Numbers, model: str, format: str, tokens: int) -> units.Quantity:
    """Arithmetic intensity of the prefill of {tokens} tokens through {model} ({format})."""
    return n[f"prefill.{model}.{format}.s{tokens}.flop"] / n[f"prefill.{model}.{format}.s{tokens}.bytes"]


@number(PREFILL_ON + ".time", "s|ms|µs")
def prefill_time(n: Numbers, model: str, format: str, chip: str, tokens: int) -> units.Quantity:
    """Least time of the prefill of {tokens} tokens through {model} ({format}) on the {chip}."""
    compute = n[f"prefill.{model}.{format}.s{tokens}.flop"] / n[f"{chip}.peak-for.{format}"]
    moving = n[f"prefill.{model}.{format}.s{tokens}.bytes"] / n[f"{chip}.bandwidth-in-full"]
    return largest(compute, moving)


@number("training.{model}.{format}.b{batch}.s{context}.intensity", "FLOP/byte")
def training_intensity(n: Numbers, model: str, format: str, batch: int, context: int) -> units.Quantity:
    """Arithmetic intensity of the forward pass of a training step of {model}: {batch} sequences of {context} tokens, all scored."""
    every = Pass(batch, context, context, context)
    return roofline.intensity(n.shape(model), n.format(format), every)
