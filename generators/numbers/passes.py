"""Numbers of one pass of a model: decode steps, prefills, and a training step; with a chip, their times."""

from generators.core import units
from generators.model import memory, roofline, work
from generators.model.arith import largest
from generators.model.inputs import Pass
from generators.numbers.registry import Numbers, number, numbers

DECODE = "decode.{model}.{format}.b{batch}.s{context}"
DECODE_ON = "decode.{model}.{format}.{chip}.b{batch}.s{context}"
PREFILL = "prefill.{model}.{format}.s{tokens}"
PREFILL_ON = "prefill.{model}.{format}.{chip}.s{tokens}"


def both_times(step: roofline.Step) -> str:
    """What a pass takes for its bytes and for its math, for a search of where the larger one changes."""
    moving, computing = (units.text(units.of(one, "s"), "ms", 4) for one in (step.memory, step.compute))
    return f"{moving} for bytes and {computing} for math"


@numbers(DECODE + ".{field}")
def decode(n: Numbers, model: str, format: str, batch: int, context: int, field: str) -> units.Quantity:
    """One decode step, whatever runs it.

    bytes (GB|MB, 4): Least bytes that one decode step of {model} ({format}) moves at batch {batch} and {context} tokens of context.
    kv-share (%, 2): KV bytes over weight bytes in that step.
    flop (TFLOP|GFLOP): FLOP of one decode step of {model} at batch {batch} and {context} tokens of context.
    intensity (FLOP/byte): Arithmetic intensity of one decode step of {model} ({format}) at batch {batch} and {context} tokens of context.
    """
    if field == "intensity":
        moved = n[f"decode.{model}.{format}.b{batch}.s{context}.bytes"]
        return n[f"decode.{model}.{format}.b{batch}.s{context}.flop"] / moved
    of = n.shape(model), n.format(format), Pass(batch, 1, context)
    if field == "flop":
        return work.step_flop(*of)
    traffic = memory.step_bytes(*of)
    return traffic.total if field == "bytes" else (traffic.kv_read + traffic.kv_written) / traffic.weights


@number("{model}.{format}.intensity-ceiling.s{context}", "FLOP/byte")
def intensity_ceiling(n: Numbers, model: str, format: str, context: int) -> units.Quantity:
    """What the intensity of decode of {model} tends to as the batch grows, at {context} tokens of context."""
    return roofline.intensity_ceiling(n.shape(model), n.format(format), Pass(1, 1, context))


@numbers(DECODE_ON + ".{field}")
def decode_on(n: Numbers, model: str, format: str, chip: str, batch: int, context: int, field: str) -> units.Quantity:
    """One decode step on a chip, by its datasheet.

    memory-time (s|ms|µs): Time to move the bytes of one decode step of {model} ({format}) at the peak bandwidth of the {chip}.
    compute-time (s|ms|µs): Time for the FLOP of one decode step of {model} at the peak of the {chip}.
    time (s|ms|µs): Least time of one decode step of {model} ({format}) on the {chip}.
    compute-share (%, 2): Share of the step in which the {chip} could have done all its arithmetic.
    tokens-per-s (tokens/s): Most tokens per second, all sequences together, that {model} ({format}) can decode on the {chip} at batch {batch}.
    compute-rate (tokens/s, 2): Tokens per second that the arithmetic of {model} ({format}) alone would allow on the {chip}, if bytes cost nothing.
    """
    step = f"decode.{model}.{format}.b{batch}.s{context}"
    on = f"decode.{model}.{format}.{chip}.b{batch}.s{context}"
    return {
        "memory-time": lambda: n[f"{step}.bytes"] / n[f"{chip}.bandwidth-in-full"],
        "compute-time": lambda: n[f"{step}.flop"] / n[f"{chip}.peak-for.{format}"],
        "time": lambda: largest(n[f"{on}.compute-time"], n[f"{on}.memory-time"]),
        "compute-share": lambda: n[f"{on}.compute-time"] / n[f"{on}.time"],
        "tokens-per-s": lambda: batch / n[f"{on}.time"],
        "compute-rate": lambda: batch / n[f"{on}.compute-time"],
    }[field]()


@number(DECODE + ".memory-needed", "TB|GB", 3)
def memory_needed(n: Numbers, model: str, format: str, batch: int, context: int) -> units.Quantity:
    """Memory for {model} ({format}) and the KV cache of {batch} sequences of {context} tokens."""
    return n[f"{model}.{format}.stored"] + n[f"{model}.kv.b{batch}.s{context}"]


@number("{model}.{format}.{chip}.largest-batch.s{context}", "", 0)
def largest_batch(n: Numbers, model: str, format: str, chip: str, context: int) -> units.Quantity:
    """Sequences of {context} tokens whose KV cache fits beside {model} ({format}) on the {chip}."""
    if n.catalog.accelerators[chip].capacity is None:
        raise KeyError(f"data/accelerators/{chip}.toml gives no memory.capacity")
    fits = memory.largest_batch(n.shape(model), n.format(format), n.chip(chip, format), context)
    if fits < 0:
        raise KeyError(f"{model} in {format} does not fit on {chip}")
    return fits.whole()


@numbers(PREFILL + ".{field}")
def prefill(n: Numbers, model: str, format: str, tokens: int, field: str) -> units.Quantity:
    """One prefill, whatever runs it.

    flop (PFLOP|TFLOP|GFLOP): FLOP of the prefill of {tokens} tokens through {model}.
    bytes (GB|MB): Least bytes moved by the prefill of {tokens} tokens through {model} ({format}): weights in, the cache of its tokens out.
    intensity (FLOP/byte): Arithmetic intensity of the prefill of {tokens} tokens through {model} ({format}).
    """
    if field == "intensity":
        return n[f"prefill.{model}.{format}.s{tokens}.flop"] / n[f"prefill.{model}.{format}.s{tokens}.bytes"]
    of = n.shape(model), n.format(format), Pass(1, tokens, tokens)
    return work.step_flop(*of) if field == "flop" else memory.step_bytes(*of).total


@number(PREFILL_ON + ".time", "s|ms|µs")
def prefill_time(n: Numbers, model: str, format: str, chip: str, tokens: int) -> units.Quantity:
    """Least time of the prefill of {tokens} tokens through {model} ({format}) on the {chip}."""
    compute = n[f"prefill.{model}.{format}.s{tokens}.flop"] / n[f"{chip}.peak-for.{format}"]
    moving = n[f"prefill.{model}.{format}.s{tokens}.bytes"] / n[f"{chip}.bandwidth-in-full"]
    return largest(compute, moving)
