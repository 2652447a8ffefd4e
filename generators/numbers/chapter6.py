"""Numbers of chapter 6: kernels under their own roofs, what fusing saves, and what attention moves with and without its scores."""

from generators.catalog import model_inputs
from generators.comparison import kernels
from generators.comparison.comparison import decode_case, measured_shape, repeat_record
from generators.core import units
from generators.measure.plan import Work
from generators.numbers.registry import Numbers, number, numbers


def _from_model(n: Numbers, model: str, value: float, unit: str) -> units.Quantity:
    return units.of(value, unit, n.catalog.models[model].source)


@number("{role}.roof-share.{name}", "%", 2)
def roof_share(n: Numbers, role: str, name: str) -> units.Quantity:
    """Fastest matrix product measured on the {role} in {name} over the dense peak of its datasheet."""
    return n[f"{role}.product.{name}"] / n[f"{n.catalog.speaker(role).machine.accelerator}.peak.{name}"]


@number("{role}.prefill.{name}.s{tokens}.part.{part}", "ms")
def prefill_part(n: Numbers, role: str, name: str, tokens: int, part: str) -> units.Quantity:
    """Part of that prefill on the {role}, each kernel under the roof measured in the same run ({name}, {tokens} tokens): {part}.
    "products" and "attention" at the best matrix product, "small" operations at the copy bandwidth, "gaps" those of a decode step as a graph; "math" is the first two, "sum" all of these, "left" what the pass took longer.
    """
    return n.measured(role, kernels.prefill_parts(n.catalog.speaker(role), name, tokens)[part], "s")


@number("{role}.prefill.{name}.s{tokens}.share.{part}", "%", 2)
def prefill_share(n: Numbers, role: str, name: str, tokens: int, part: str) -> units.Quantity:
    """Share of that prefill on the {role} that a part explains, each kernel under its own measured roof ({name}, {tokens} tokens): {part} is math, products and attention, or sum, all kernels with the gaps."""
    at = f"{role}.prefill.{name}.s{tokens}"
    return n[f"{at}.part.{part}"] / n[f"{at}.time"]


@number("{role}.prefill.{name}.s{tokens}.fusing-saves", "ms|µs")
def fusing_saves(n: Numbers, role: str, name: str, tokens: int) -> units.Quantity:
    """What the bytes that fusing saves in a pass of {tokens} tokens take at the copy bandwidth of the {role}: {name}, an estimate."""
    shape = measured_shape(decode_case(n.catalog.speaker(role), name, "graph"))
    plain, fused = (kernels.small_bytes(shape, tokens, way) for way in ("plain", "fused"))
    return n.measured(role, plain - fused, "byte") / n[f"{role}.copy-bandwidth"]


@number("{role}.compiling-saves.{name}.step", "ms")
def compiling_saves_step(n: Numbers, role: str, name: str) -> units.Quantity:
    """What compiling the layers saves in a whole decode step as a CUDA graph on the {role}: {name}, measured."""
    return n[f"{role}.decode.{name}.graph.time"] - n[f"{role}.decode.{name}.compiled-graph.time"]


@number("{role}.fusing-turns.{name}", "tokens", 2)
def fusing_turns(n: Numbers, role: str, name: str) -> units.Quantity:
    """Tokens in a pass from which on the bytes that fusing saves take longer than what compiling saves at one token, on the {role}: {name}."""
    tokens = n[f"{role}.compiling-saves.{name}.step"] / n[f"{role}.prefill.{name}.s1.fusing-saves"]
    return tokens * units.of(1, "tokens")


@numbers("{model}.{field}.{name}.s{tokens}")
def beside_products(n: Numbers, model: str, name: str, tokens: int, field: str) -> units.Quantity:
    """What passes through memory beside products and attention.

    norm (MB|kB): Bytes that one RMSNorm of {model} moves for {tokens} tokens in BF16, {name}: plain PyTorch is six kernels, fused is one.
    small (GB|MB): Bytes that everything beside products and attention moves in a pass of {tokens} tokens through {model} in BF16: {name}.
    """
    shape = model_inputs.shape(n.catalog.models[model])
    if field == "small":
        parts = kernels.small_operations(shape, tokens)
        return n.shape(model).layers * sum(units.of(getattr(one, name), "byte") for one in parts)
    once = tokens * n.shape(model).d_model * units.of(kernels.WIDTH, "bytes")
    return getattr(kernels.norm(shape, tokens), name) / once.value * once


@number("{model}.scores.s{tokens}", "TB|GB|MB")
def scores(n: Numbers, model: str, tokens: int) -> units.Quantity:
    """The matrix of scores of one layer of {model} for a prompt of {tokens} tokens, 16 bits each, all heads."""
    shape = n.shape(model)
    return shape.heads * tokens * tokens * units.of(kernels.WIDTH, "bytes")


@number("{model}.attention.{phase}.{way}.s{tokens}.intensity", "FLOP/byte")
def attention_intensity(n: Numbers, model: str, phase: str, way: str, tokens: int) -> units.Quantity:
    """Arithmetic intensity of attention of one layer of {model}, {phase} at {tokens} tokens, {way}: plain writes the scores down, fused does not."""
    work = _attention(n, model, phase, way, tokens)
    return _from_model(n, model, work.flop, "FLOP") / units.of(work.bytes, "byte")


@number("{model}.attention.{phase}.{way}.{chip}.s{tokens}.time", "ms|µs")
def attention_time(n: Numbers, model: str, phase: str, way: str, chip: str, tokens: int) -> units.Quantity:
    """Time of attention of one layer of {model} by the datasheet of the {chip}, {phase} at {tokens} tokens: fused, a limit; plain, an estimate in which each score crosses memory four times ({way})."""
    work, device = _attention(n, model, phase, way, tokens), n.chip(chip)
    moved, flop = _from_model(n, model, work.bytes, "byte"), _from_model(n, model, work.flop, "FLOP")
    return (moved / device.bandwidth).largest(flop / device.peak)


def _attention(n: Numbers, model: str, phase: str, way: str, tokens: int) -> Work:
    return kernels.attention(model_inputs.shape(n.catalog.models[model]), phase, way, tokens)


@number("suite.attention.{phase}.{way}.{chip}.s{tokens}.time", "µs")
def suite_attention_time(n: Numbers, phase: str, way: str, chip: str, tokens: int) -> units.Quantity:
    """Time of the suite's attention, eight heads of 64 channels in BF16, by the datasheet of the {chip}, {phase} at {tokens} tokens: fused, a limit; plain, an estimate in which each score crosses memory four times ({way})."""
    work, device = kernels.attention(kernels.SUITE, phase, way, tokens), n.chip(chip)
    return (units.of(work.bytes, "byte") / device.bandwidth).largest(units.of(work.flop, "FLOP") / device.peak)


@numbers("suite.attention.{phase}.{way}.s{tokens}.{field}")
def suite_attention(n: Numbers, phase: str, way: str, tokens: int, field: str) -> units.Quantity:
    """The suite's attention, eight heads of 64 channels in BF16.

    bytes (MB): Bytes that the suite's attention moves, eight heads of 64 channels in BF16, {phase} at {tokens} tokens, {way}.
    memory (MB): Memory of the suite's attention beyond its operands, {phase} at {tokens} tokens, {way}: its result, and plain the scores and their shares at once.
    """
    shape, rows = kernels.SUITE, tokens if phase == "prefill" else 1
    if field == "bytes":
        each = f"{shape.heads:.0f} heads × {shape.head_dim:.0f} values × {kernels.WIDTH} bytes"
        words = f"{each} × 2 × {rows + tokens:,} tokens"
        words += f", and {kernels.SCORE_PASSES} passes over the scores" * (way == "plain")
        return units.of(units.explained(kernels.attention(shape, phase, way, tokens).bytes, words), "byte")
    result, scores = (shape.heads * rows * width * kernels.WIDTH for width in (shape.head_dim, tokens))
    return units.of(result if way == "fused" else 2 * scores, "byte")


@numbers("{role}.attention.{phase}.s{tokens}.{name}.{field}")
def attention_measured(n: Numbers, role: str, phase: str, tokens: int, name: str, field: str) -> units.Quantity:
    """The suite's attention measured on the {role}.

    time (ms|µs): Time of the suite's attention measured on the {role}, {phase} at {tokens} tokens, back end {name}.
    memory (MB): Memory that a call of the suite's attention takes at its height on the {role}, {phase} at {tokens} tokens, back end {name}.
    """
    cases = n.catalog.speaker(role).measured("attention", phase=phase, context=tokens, backend=name)
    if not cases:
        raise KeyError(f"{role} has no measured attention of back end {name!r}, {phase} at {tokens} tokens")
    reported = cases[0].parameters
    if field == "memory":
        return n.measured(role, float(reported["peak_memory_bytes"]), "byte")
    return n.measured(role, cases[0].seconds, "s") / float(reported["calls_per_repetition"])


@number("{role}.attention.{phase}.s{tokens}.gain", "×")
def attention_gain(n: Numbers, role: str, phase: str, tokens: int) -> units.Quantity:
    """How much longer PyTorch's plain attention takes on the {role} than its fused one, {phase} at {tokens} tokens."""
    at = f"{role}.attention.{phase}.s{tokens}"
    return n[f"{at}.math.time"] / n[f"{at}.flash.time"]


@numbers("{role}.{field}")
def fusion(n: Numbers, role: str, field: str, name: str = "", mode: str = "") -> units.Quantity:
    """Elementwise operations and RMSNorm as one kernel.

    chain.{name}.gain (×): How many times as fast a chain of {name} elementwise operations runs on the {role} as one kernel instead of one for each, on tensors beyond the caches.
    chain.{name}.small.{mode} (µs): Time of a chain of {name} elementwise operations on a tensor of a kilobyte on the {role}, {mode} PyTorch.
    norm.gain (×, 2): How many times as fast RMSNorm runs on the {role} as one kernel instead of four passes, on tensors beyond the caches.
    """
    reported = {"kernel": "chain", "operations": int(name), "resident": bool(mode)} if name else {"kernel": "RMSNorm"}

    def time(mode: str) -> units.Quantity:
        (case,) = n.catalog.speaker(role).measured("fusion", mode=mode, method="into tensors at hand", **reported)
        return n.measured(role, case.seconds, "s")

    return time(mode) if mode else time("eager") / time("compiled")


@number("{role}.read-of.{size}", "GB/s")
def read_of(n: Numbers, role: str, size: int) -> units.Quantity:
    """Bandwidth of reading a working set of {size} bytes again and again on the {role}."""
    (case,) = n.catalog.speaker(role).measured("read-by-size", working_set_bytes=size)
    return n.measured(role, case.bandwidth, "byte/s")


@number("{role}.decode-attention.{name}", "×", 3)
def decode_attention_gain(n: Numbers, role: str, name: str) -> units.Quantity:
    """How much longer decode attention as two plain products takes in the {role}'s second run than as one fused kernel, {name} query heads for each cached key."""
    record = repeat_record(n.catalog, role)
    plain, fused = (
        units.of(case.seconds, "s", f"record:{record.id}")
        for way in ("products", "fused")
        for case in record.measured("attention-heads", query_heads_per_kv_head=int(name), method=way)
    )
    return plain / fused


@number("{model}.{chip}.cached-tokens", "tokens", 2)
def cached_tokens(n: Numbers, model: str, chip: str) -> units.Quantity:
    """Tokens whose widest tensor, between the matrices of the MLP of {model} in BF16, just fills the last-level cache of the {chip}."""
    row = n.shape(model).d_ff * units.of(kernels.WIDTH, "bytes")
    return n[f"{chip}.last-level-cache"] / row * units.of(1, "tokens")
