"""Numbers that only chapter 2 asks for: the cache's size, what it costs in time, what fits."""

from generators.catalog import model_inputs
from generators.comparison.cache import context_pairs
from generators.comparison.comparison import quoted_decodes
from generators.core import units
from generators.model import cache, memory, roofline
from generators.model.inputs import Format, Pass
from generators.numbers.passes import both_times
from generators.numbers.registry import Numbers, number, numbers

#: Caches of fewer bits: (bits, values that share a scale and a zero, bits of both together).
KV_BITS = {"8-bit": (8.0, 128.0, 0.0), "4-bit-g32": (4.0, 32.0, 32.0), "2-bit-g32": (2.0, 32.0, 32.0)}


@numbers("{model}.{field}")
def naive(n: Numbers, model: str, field: str, context: int = 0) -> units.Quantity:
    """The naive formula's cache of {model} beside the one it keeps.

    naive-error (×, 3): The naive formula's KV cache of one token over the one {model} adds while no window is full.
    naive-error.s{context} (×, 3): The naive formula's KV cache of {context} tokens over the one that {model} keeps.
    kv-naive.s{context} (TB|GB|MB): KV cache of one sequence of {context} tokens in {model}, by the naive formula.
    kv-binary.s{context} (GiB|MiB): KV cache of one sequence of {context} tokens in {model} at 16 bits, in binary units.
    """
    return {
        "naive-error": lambda: n[f"{model}.kv-per-token-naive"] / n[f"{model}.kv-per-token"],
        "naive-error.s{context}": lambda: n[f"{model}.kv-naive.s{context}"] / n[f"{model}.kv.s{context}"],
        "kv-naive.s{context}": lambda: context * n[f"{model}.kv-per-token-naive"],
        "kv-binary.s{context}": lambda: n[f"{model}.kv.s{context}"],
    }[field]()


@number("naive-misses.s{context}", "", 0)
def naive_misses(n: Numbers, context: int) -> units.Quantity:
    """Models of one kind of layer for which the naive formula is off by more than a hundredth at {context} tokens."""
    errors = [n[f"{model}.naive-error.s{context}"] for model in n.catalog.alike]
    return units.of(units.counted(sum(abs(e.value - 1) > 0.01 for e in errors), len(errors), "models"), "")


@number("models-count", "", 0)
def models_count(n: Numbers) -> units.Quantity:
    """Models of the catalog whose layers are all of one kind, some of them within a window."""
    count = units.counted(len(n.catalog.alike), len(n.catalog.models), "models in the catalog")
    return units.of(count, "", *(model.source for model in n.catalog.alike.values()))


@number("{model}.{format}.half-rate-context", "tokens", 3)
def half_rate_context(n: Numbers, model: str, format: str) -> units.Quantity:
    """Context at which the cache of one sequence of {model} is as many bytes as its weights ({format}), no window counted: a step takes twice as long."""
    return memory.balance(n[f"{model}.{format}.streamed"], n[f"{model}.kv-per-token"])


@number("context-share.{model}.{format}.{chip}.s{context}", "%", 2)
def context_share(n: Numbers, model: str, format: str, chip: str, context: int) -> units.Quantity:
    """Decode rate of {model} ({format}) on the {chip} at {context} tokens of context over that at none, batch 1."""
    empty = n[f"decode.{model}.{format}.{chip}.b1.s1.time"]
    return empty / n[f"decode.{model}.{format}.{chip}.b1.s{context}.time"]


@number("prefill-over-decode.{model}.flop.s{tokens}", "×", 2)
def recompute_flop(n: Numbers, model: str, tokens: int) -> units.Quantity:
    """FLOP of a step without a cache over those of a step with it, {model} at {tokens} tokens."""
    return n[f"prefill.{model}.bf16.s{tokens}.flop"] / n[f"decode.{model}.bf16.b1.s{tokens}.flop"]


@number("without-cache-turns.{model}.{format}.{chip}", "tokens", 0)
def uncached_turns(n: Numbers, model: str, format: str, chip: str) -> units.Quantity:
    """Longest context at which a step of {model} ({format}) on the {chip} without a cache is still memory-bound."""
    shape, form, device = (
        model_inputs.shape(n.catalog.models[model]),
        n.catalog.formats[format],
        n.catalog.accelerators[chip],
    )
    found, stored = model_inputs.device(device, form.rate), model_inputs.number_format(form)

    def step(tokens: int) -> roofline.Step:
        return cache.uncached_step(shape, stored, found, float(tokens))

    turn = next(t for t in range(1, 1_000_000) if step(t).binds == "compute")
    return units.of(units.searched(turn - 1, (turn - 1, turn), lambda t: both_times(step(t))), "")


@number("weight-share.{model}.{format}.b{batch}.s{context}", "%", 2)
def weight_share(n: Numbers, model: str, format: str, batch: int, context: int) -> units.Quantity:
    """Share of the bytes of a decode step of {model} ({format}) that are weights, at batch {batch} and {context} tokens of context."""
    traffic = memory.step_bytes(n.shape(model), n.format(format), Pass(batch, 1, context))
    return traffic.weights / traffic.total


@numbers("context-pairs{field}")
def pairs(n: Numbers, field: str, name: str = "") -> units.Quantity:
    """The quoted pairs of a short and a long context.

    .{name} (%, 2): Error of the slow-down that bytes predict between a short and a long context, over the quoted pairs: {name}, sign dropped.
    -added.{name} (%, 2): Error of the time that bytes say a long context adds to a short one's step, over the quoted pairs: {name}, sign dropped.
    -count (, 0): Pairs of quoted runs that differ in their context alone.
    -count.{name} (, 0): Of those pairs at eight and four bits, such whose slow-down is {name} what the bytes say, with the rounding of the printed rates; or all at fp16.
    """
    quoted = context_pairs(n.catalog)
    if field.startswith("-count"):
        quoted = [pair for pair in quoted if not name or (pair.format == "fp16") == (name == "fp16")]
        found = [pair for pair in quoted if name in ("", "fp16", "quantized", pair.verdict)]
        among = len(context_pairs(n.catalog))
        value = (
            units.counted(len(found), among, "pairs")
            if name
            else units.explained(among, f"counted among {len(quoted_decodes(n.catalog))} quoted runs")
        )
    else:
        less = 1 if field.startswith("-added") else 0
        value = units.statistic(name, [abs((p.predicted - less) / (p.observed - less) - 1) for p in quoted])
    return units.of(value, "", *(source for pair in quoted for source in pair.sources))


# What fits -------------------------------------------------------------------------------


def _fits(n: Numbers, model: str, format: str, capacity: units.Quantity, context: int) -> units.Quantity:
    """Whole sequences that fit; KeyError where the weights alone do not."""
    found = cache.batch_that_fits(n.shape(model), n.format(format), capacity, context)
    if found < 0:
        raise KeyError(f"{model} in {format} does not fit")
    return found.whole()


@number("{model}.{format}.fits.gb{size}.s{context}", "", 0)
def fits_decimal(n: Numbers, model: str, format: str, size: int, context: int) -> units.Quantity:
    """Sequences of {context} tokens that fit beside {model} ({format}) in {size} GB, powers of ten."""
    return _fits(n, model, format, units.of(size, "GB"), context)


@number("{model}.{format}.fits.gib{size}.s{context}", "", 0)
def fits_binary(n: Numbers, model: str, format: str, size: int, context: int) -> units.Quantity:
    """Sequences of {context} tokens that fit beside {model} ({format}) in {size} GiB, powers of two."""
    return _fits(n, model, format, units.of(size, "GiB"), context)


@number("{model}.{format}.fits-in.{quote}.times.{quote2}.s{context}", "", 0)
def fits_in_share(n: Numbers, model: str, format: str, quote: str, quote2: str, context: int) -> units.Quantity:
    """Sequences of {context} tokens that fit beside {model} ({format}); memory: {quote}; of it, {quote2}."""
    return _fits(n, model, format, n[f"quoted.{quote}"] * n[f"quoted.{quote2}"], context)


@number("memory.gib{size}-in-gb", "GB", 3)
def gib_in_gb(n: Numbers, size: int) -> units.Quantity:
    """{size} GiB in powers of ten."""
    return units.of(units.explained(size, f"{size} × {units.of(1, 'GiB').value:,.0f} bytes"), "GiB")


@number("full-step.{chip}", "ms")
def full_step(n: Numbers, chip: str) -> units.Quantity:
    """Time of a decode step on the {chip} when weights and cache fill its memory: all of it is read once."""
    return cache.full_step_time(n[f"{chip}.capacity"], n[f"{chip}.bandwidth-in-full"])


# Fewer bits ------------------------------------------------------------------------------


def _with_kv(form: Format, name: str) -> Format:
    """A format whose cache is kept in fewer bits."""
    bits, group, scales = KV_BITS[name]
    kv = units.of(memory.effective_bits(bits, group, scales), "bits")
    return Format(form.weight, form.other, kv, form.activation, form.mac)


@number("kv-bits.{name}", "bits", 3)
def kv_bits(n: Numbers, name: str) -> units.Quantity:
    """Bits per cached value, scales counted, where the KV cache is {name}."""
    return memory.effective_bits(*KV_BITS[name]) * units.of(1, "bits")


@numbers("kv-bits.{name}.{model}.{format}.{chip}.b{batch}.s{context}.{field}")
def kv_bits_step(
    n: Numbers, name: str, model: str, format: str, chip: str, batch: int, context: int, field: str
) -> units.Quantity:
    """A decode step where the KV cache is {name}.

    time (s|ms|µs): Least time of a decode step of {model} ({format}) on the {chip} where the KV cache is {name}: batch {batch}, {context} tokens of context.
    speedup (×, 3): How much faster a decode step of {model} ({format}) on the {chip} can be where the KV cache is {name} than with 16 bits: batch {batch}, {context} tokens of context.
    """
    at = f"{model}.{format}.{chip}.b{batch}.s{context}.time"
    if field == "speedup":
        return n[f"decode.{at}"] / n[f"kv-bits.{name}.{at}"]
    small = _with_kv(n.format(format), name)
    return roofline.step(n.shape(model), small, n.chip(chip, format), Pass(batch, 1, context)).time


@number("kv-bits.{name}.{model}.{format}.{chip}.largest-batch.s{context}", "", 0)
def kv_bits_batch(n: Numbers, name: str, model: str, format: str, chip: str, context: int) -> units.Quantity:
    """Sequences of {context} tokens that fit beside {model} ({format}) on the {chip} where the KV cache is {name}."""
    found = cache.batch_that_fits(n.shape(model), _with_kv(n.format(format), name), n[f"{chip}.capacity"], context)
    return found.whole()
