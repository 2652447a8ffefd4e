"""Numbers of one model: its size, its bytes in a format, its KV cache."""

from generators.catalog import model_inputs
from generators.core import units
from generators.model import batching, memory, parameters
from generators.model.inputs import Pass
from generators.numbers.registry import Numbers, number, numbers


@numbers("{model}.{field}")
def size(n: Numbers, model: str, field: str) -> units.Quantity:
    """The size of {model}.

    parameters (billion parameters): Parameters of {model}, counted from its shape.
    active-parameters (billion parameters): Parameters of {model} that one token uses.
    layers (, 0): Layers of {model}.
    """
    shape = n.shape(model)
    if field == "layers":
        told = units.explained(shape.layers.value, "as the published configuration gives it")
        return units.of(told, "", *shape.layers.sources)
    count = parameters.parameter_count if field == "parameters" else parameters.active_parameter_count
    return count(shape)


@number("{model}.context", "tokens", 0)
def context(n: Numbers, model: str) -> units.Quantity:
    """Longest context {model} is published for, in tokens."""
    row = n.catalog.models[model]
    return units.of(units.explained(row.context, "as the published configuration gives it"), "", row.source)


@numbers("{model}.{format}.{field}")
def stored(n: Numbers, model: str, format: str, field: str) -> units.Quantity:
    """Bytes that {model} occupies in {format}.

    stored (TB|GB|MB, 4): Bytes that {model} occupies in {format}.
    stored-binary (GiB, 4): Bytes that {model} occupies in {format}, in binary units.
    """
    return memory.weight_bytes_stored(n.shape(model), n.format(format))


@number("{model}.{format}.streamed", "TB|GB|MB", 4)
def streamed(n: Numbers, model: str, format: str) -> units.Quantity:
    """Weight bytes that one decode step of {model} in {format} reads at batch 1."""
    return memory.weight_bytes_streamed(n.shape(model), n.format(format), Pass(1, 1, 1))


@numbers("{model}.embedding-{field}")
def embedding(n: Numbers, model: str, field: str) -> units.Quantity:
    """The input embedding table of {model}, of which a token reads one row.

    share (%, 2): Share of the parameters of {model} in its input embedding table, of which a token reads one row.
    bytes (GB|MB): Bytes of the input embedding table of {model} at 16 bits.
    """
    count = parameters.embedding_parameters(n.shape(model))
    return count / parameters.parameter_count(n.shape(model)) if field == "share" else count * n.format("bf16").other


@number("{model}.kv-per-token", "MB/token|kB/token")
def kv_per_token(n: Numbers, model: str) -> units.Quantity:
    """KV cache that one token of context adds in {model} at 16 bits, before any window is full."""
    return memory.kv_bytes_per_token(n.shape(model), n.format("bf16"))


@numbers("{model}.{field}")
def kv(n: Numbers, model: str, field: str, context: int, batch: int = 1) -> units.Quantity:
    """KV cache of {context} tokens in {model} at 16 bits.

    kv.s{context} (TB|GB|MB|kB): KV cache of one sequence of {context} tokens in {model} at 16 bits.
    kv.b{batch}.s{context} (TB|GB|MB): KV cache of {batch} sequences of {context} tokens in {model} at 16 bits.
    kv-layer.s{context} (MB, 2): KV cache of {context} tokens in one layer of {model} at 16 bits.
    """
    if field.startswith("kv-layer"):
        return n[f"{model}.kv-per-token"] * context / n[f"{model}.layers"]
    if field.startswith("kv.b"):
        return batch * n[f"{model}.kv.s{context}"]
    return memory.kv_bytes(n.shape(model), n.format("bf16"), context)


@number("{model}.kv-per-token-naive", "MB/token|kB/token")
def kv_per_token_naive(n: Numbers, model: str) -> units.Quantity:
    """What 2 × layers × d_model × KV heads ÷ heads × 2 bytes would give for {model}: it assumes heads of size d_model ÷ heads."""
    shape = n.shape(model)
    return 2.0 * shape.layers * shape.d_model * shape.kv_heads / shape.heads * n.format("bf16").kv


@number("{model}.{format}.balance-batch.s{context}", "", 2)
def balance_batch(n: Numbers, model: str, format: str, context: int) -> units.Quantity:
    """Batch at which the KV cache of {model} at {context} tokens of context is as many bytes as its weights."""
    if any(part.experts > 0 for part in model_inputs.shape(n.catalog.models[model]).parts):
        raise KeyError(f"{model} is a mixture of experts: the weights it reads grow with the batch")
    return memory.balance_batch(n.shape(model), n.format(format), Pass(1, 1, context))


@number("{model}.expert-share.b{batch}", "%")
def expert_share(n: Numbers, model: str, batch: int) -> units.Quantity:
    """Share of a layer's experts that a batch of {batch} is expected to read in {model}, routing uniform."""
    shape = n.shape(model)
    return parameters.expected_share(shape.experts, shape.active_experts, batch)


@number("{format}.effective-bits", "bits/parameter")
def effective_bits(n: Numbers, format: str) -> units.Quantity:
    """Bits per weight of {format}, scales counted."""
    row = n.catalog.formats[format]
    bits, scale = (units.of(one, "bits/parameter", row.source) for one in (row.bits, row.scale_bits + row.zero_bits))
    return memory.effective_bits(bits, row.group, scale) if row.group else bits


@number("{model}.attention-intensity", "FLOP/byte")
def attention_intensity(n: Numbers, model: str) -> units.Quantity:
    """Arithmetic intensity of decode attention in {model} over a long 16-bit cache: FLOP over bytes of the cache read."""
    shape, form, long = n.shape(model), n.format("bf16"), Pass(1, 1, 100_000)
    return batching.attention_intensity(shape, form, long)


@number("{format}.head-bits", "bits/parameter", 5)
def head_bits(n: Numbers, format: str) -> units.Quantity:
    """Bits per weight in which {format} files keep the output head."""
    row = n.catalog.formats[format]
    return units.of(units.explained(row.other_bits, "as the format's files keep it"), "bits/parameter", row.source)
