"""Rows of `data/` as inputs of the model: plain floats for sweeps, or quantities with units and sources for numbers."""

from dataclasses import fields, is_dataclass, replace

from generators.catalog.accelerator import Accelerator
from generators.catalog.llm import LanguageModel
from generators.catalog.number_format import NumberFormat
from generators.core import reading, units
from generators.model.inputs import Chip, Format, Part, Shape
from generators.model.parts import parts_of

#: Bytes of one cached key or value: two, unless a figure says otherwise.
SIXTEEN_BITS = 2.0
#: Fields of a row's shape that the model's shape calls alike.
_ALIKE = (
    *("layers", "d_model", "heads", "kv_heads", "head_dim", "d_ff", "vocab"),
    *("qkv_bias", "output_bias", "mlp_bias", "qk_norm"),
)


def shape(model: LanguageModel) -> Shape:
    """A model's shape as floats, its parts worked out."""
    return with_parts(described(model))


def with_parts(plain: Shape) -> Shape:
    """A shape with its parts worked out, which else every pass over it does again."""
    return replace(plain, parts=tuple(parts_of(plain)))


def described(model: LanguageModel) -> Shape:
    """The same as its row describes it, by fields."""
    reading.read(model.source)
    if model.shape is None:
        return model.read.shape
    row = model.shape
    counts = {name: getattr(row, name) for name in _ALIKE}
    counts |= {
        "mlp_matrices": 3 if row.gated_mlp else 2,
        "norm_vectors": row.norms_per_layer * (1 + row.norm_bias),
        "final_norm_vectors": 1 + row.norm_bias,
        "sinks": row.attention_sinks,
        "positions": row.position_embeddings,
    }
    if moe := row.moe:
        counts |= {"experts": moe.experts, "active_experts": moe.active, "shared_experts": moe.shared}
        counts |= {"expert_d_ff": moe.d_ff, "expert_bias": moe.biases, "dense_layers": moe.dense_layers}
    if row.mla:
        counts |= dict(row.mla)
    if row.window:
        counts |= {"window": row.window.size, "window_layers": row.window.layers}
    return Shape(**{name: float(count) for name, count in counts.items()}, tied=row.tied_embeddings)


def sourced_shape(model: LanguageModel) -> Shape:
    """The same shape as counts that carry the model's source."""
    return _sourced(shape(model), model.source)


def _sourced(value: object, source: str) -> object:
    """Every count in a shape and in its parts, with the source; an index alone is described in bytes."""
    if isinstance(value, tuple):
        return tuple(_sourced(part, source) for part in value)
    if is_dataclass(value):
        given = {f.name: _sourced(getattr(value, f.name), source) for f in fields(value)}
        if isinstance(value, Part):
            given["index"] = units.of(value.index, "bytes", source)
        return type(value)(**given)
    return value if isinstance(value, bool) or value is None else units.of(float(value), "", source)  # type: ignore[arg-type]


def number_format(row: NumberFormat, kv_bytes: float = SIXTEEN_BITS) -> Format:
    """A storage format as bytes per value; keys and values stay at 16 bits unless told otherwise."""
    reading.read(row.source)
    kv = 4.0 if row.rate == "fp32" else kv_bytes
    return Format(
        weight=row.effective_bits / 8.0,
        other=row.other_bits / 8.0,
        kv=kv,
        state=max(kv, SIXTEEN_BITS),
        attention=row.attention_bits / 8.0,
        expert=row.expert_bits / 8.0,
        embedding=row.embedding_bits / 8.0,
    )


def charging_activations(form: Format) -> Format:
    """The same format for an estimate, no bound: each activation, of 16 bits or FP32, crosses main memory once."""
    return replace(form, activation=max(form.kv, SIXTEEN_BITS))


def sourced_format(row: NumberFormat, kv_bytes: float = SIXTEEN_BITS) -> Format:
    """The same format in bytes and FLOP that carry the format's source."""
    plain = number_format(row, kv_bytes)
    return Format(
        **{
            kind: units.of(getattr(plain, kind), "bytes", row.source)
            for kind in ("weight", "other", "attention", "expert", "embedding")
        },
        kv=units.of(plain.kv, "bytes"),
        activation=units.of(plain.activation, "bytes"),
        state=units.of(plain.state, "bytes"),
        mac=units.of(2.0, "FLOP"),
    )


def rate_on(chip: Accelerator, rate: str) -> str | None:
    """The precision whose peak applies on a chip: the format's own, or the chip's other 16-bit one; None if it has none."""
    if rate in chip.peaks():
        return rate
    return chip.half_precision if rate in ("bf16", "fp16") else None


def device(chip: Accelerator, rate: str = "bf16") -> Chip | None:
    """A chip as floats at the peak of `rate`; None where it has no such peak (never a fallback to a wider rate)."""
    chosen = sourced_device(chip, rate)
    if chosen is None:
        return None
    return Chip(chosen.bandwidth.value, chosen.peak.value, chosen.capacity.value, 0.0)


def sourced_device(chip: Accelerator, rate: str = "bf16") -> Chip | None:
    """A chip as quantities that carry their sources."""
    precision = rate_on(chip, rate)
    if precision is None:
        return None
    capacity = chip.capacity or units.of(0, "byte")
    return Chip(chip.bandwidth, chip.peaks()[precision].quantity, capacity, units.of(0, "s"))
