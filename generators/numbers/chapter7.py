"""Numbers of chapter 7: weights in fewer bits, pruned matrices, and smaller models."""

from generators.comparison import smaller
from generators.core import units
from generators.measure.counting import techniques
from generators.model.memory import effective_bits
from generators.model.parameters import head_parameters
from generators.numbers.registry import Numbers, number, numbers

INDEX_BITS = 32  # of a column in CSR, as PyTorch and the vendors' libraries take it


@numbers("{role}.fewer-bits.{name}.{field}")
def fewer_bits(n: Numbers, role: str, name: str, field: str) -> units.Quantity:
    """A decode step of the 8B model with layers in {name}.

    bytes (GB): Bytes that a decode step of the 8B model moves as the suite packs it, layers in {name}, embedding and head in 16 bits ({role}).
    time (ms): Estimate of that step as a CUDA graph on the {role}, layers in {name}: each product as long as a cold BF16 matrix of as many bytes took, cache and gaps as in BF16.
    """
    reported = smaller.step(n.catalog.speaker(role), "8b", name)
    if field == "bytes":
        return n.measured(role, reported.bytes, "byte")
    return n.measured(role, reported.kernels, "s") + units.of(reported.gaps, "s")


@number("{role}.fewer-bits.{name}.bound", "ms")
def fewer_bits_bound(n: Numbers, role: str, name: str) -> units.Quantity:
    """Least time of that step by the datasheet of the {role}: layers in {name}."""
    return n[f"{role}.fewer-bits.{name}.bytes"] / n[f"{n.catalog.speaker(role).machine.accelerator}.bandwidth-in-full"]


@number("{role}.fewer-bits.{name}.less.{part}", "×", 2)
def fewer_bits_less(n: Numbers, role: str, name: str, part: str) -> units.Quantity:
    """How many times less than in BF16 that step takes on the {role}, layers in {name}: {part}."""
    return n[f"{role}.fewer-bits.bfloat16.{part}"] / n[f"{role}.fewer-bits.{name}.{part}"]


@numbers("{role}.packed.{name}.r{size}.{field}")
def packed(n: Numbers, role: str, name: str, size: int, field: str) -> units.Quantity:
    """A product of {size} rows by a packed matrix in {name}.

    gain (×, 2): How many times as fast as BF16 a packed kernel multiplies {size} rows by a 4,096 × 4,096 matrix in {name} on the {role}.
    rate (GB/s): Bandwidth that this product reaches on the {role}, weights as stored: {name}, {size} rows.
    flops (TFLOP/s|GFLOP/s): Math rate that this product reaches on the {role}: {name}, {size} rows.
    """
    plain, found = (smaller.product(n.catalog.speaker(role), weights, size) for weights in ("bfloat16", name))
    reported = {
        "gain": (units.explained(units.of(plain.seconds, "s") / units.of(found.seconds, "s")), ""),
        "rate": (found.bandwidth, "byte/s"),
        "flops": (found.flops, "FLOP/s"),
    }
    return n.measured(role, *reported[field])


@numbers("quoted.{quote}.{field}")
def by_bits(n: Numbers, quote: str, field: str, size: int = 0) -> units.Quantity:
    """Time per token of a quoted run, and what fewer bits would make of it: {quote}.

    rest (ms): Time per token of a quoted run beyond its bytes over the datasheet's bandwidth: {quote}.
    most-by-bits (×, 2): How many times as fast a quoted run would be with weights of no bits at all, if the rest of its time stayed: {quote}.
    in-bits.{size} (ms): Time per token of a quoted 16-bit run if its bytes took {size} bits for each 16 and the rest of its time stayed: {quote}.
    """
    if field == "rest":
        return 1 / n[f"quoted.{quote}"] - 1 / n[f"quoted.{quote}.bound"]
    if field == "most-by-bits":
        return 1 / n[f"quoted.{quote}"] / n[f"quoted.{quote}.rest"]
    return size / 16 / n[f"quoted.{quote}.bound"] + n[f"quoted.{quote}.rest"]


@number("{model}.{format}.head-share", "%", 2)
def head_share(n: Numbers, model: str, format: str) -> units.Quantity:
    """Share of the output head in the bytes that a token of {model} reads in {format}."""
    return head_parameters(n.shape(model)) * n.format(format).other / n[f"{model}.{format}.one-token"]


@number("decode-speedup.{model}.{format}.{format2}.{chip}.b{batch}.s{context}", "×")
def format_speedup(
    n: Numbers, model: str, format: str, format2: str, chip: str, batch: int, context: int
) -> units.Quantity:
    """How much faster a decode step of {model} can be in {format2} than in {format} on the {chip}: batch {batch}, {context} tokens of context."""
    at = f"{chip}.b{batch}.s{context}.time"
    return n[f"decode.{model}.{format}.{at}"] / n[f"decode.{model}.{format2}.{at}"]


@number("csr-break-even.{size}", "%", 2)
def csr_break_even(n: Numbers, size: int) -> units.Quantity:
    """Share of zeros from which on CSR with 32-bit columns takes fewer bytes than a plain matrix of {size}-bit weights, row pointers left out."""
    return units.of(INDEX_BITS, "bits") / (units.of(size, "bits") + units.of(INDEX_BITS, "bits"))


@number("csr-share.{size}.{size2}", "%", 2)
def csr_share(n: Numbers, size: int, size2: str) -> units.Quantity:
    """Bytes in CSR over those of the plain matrix, {size}-bit weights, {size2} percent of them zeros, 4,096 × 4,096."""
    wide, values = 4096, size / 8
    kept = wide * wide * (1 - units.of(int(size2) / 100, ""))
    return techniques.csr(wide, kept, values, INDEX_BITS // 8).bytes / (wide * wide * values)


@number("sparse24.share.{size}", "%", 4)
def two_of_four(n: Numbers, size: int) -> units.Quantity:
    """Bytes of a 2:4-pruned matrix of {size}-bit weights over the dense one: half the values, and two bits of index for each."""
    return effective_bits(units.of(size, "", "nvidia-ampere-whitepaper"), 1, 2) / 2 / size
