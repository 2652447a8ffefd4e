"""One language model: its shape from the published configuration, and the totals it is checked against."""

from __future__ import annotations

from pydantic import Field, model_validator

from generators.book.datum import Row, datum
from generators.book.record_field import Name

Count = datum("parameters", 1e6, 1e13)


class Experts(Row):
    """A mixture of experts: how many exist, how many a token visits, and the layers that stay dense."""

    experts: int = Field(gt=1)
    active: int = Field(gt=0)
    shared: int = Field(default=0, ge=0)
    d_ff: int = Field(gt=0)
    dense_layers: int = Field(default=0, ge=0)
    biases: bool = False


class Latent(Row):
    """Multi-head latent attention: what is cached is one compressed vector and one rotary key per token."""

    kv_rank: int = Field(gt=0)
    q_rank: int = Field(default=0, ge=0)
    rope_dim: int = Field(gt=0)
    nope_dim: int = Field(gt=0)
    v_dim: int = Field(gt=0)


class Window(Row):
    """Sliding-window attention: `layers` layers see only the last `size` tokens."""

    size: int = Field(gt=0)
    layers: int = Field(gt=0)


class Shape(Row):
    """The dimensions that decide bytes and FLOP."""

    layers: int = Field(gt=0)
    d_model: int = Field(gt=0)
    heads: int = Field(gt=0)
    kv_heads: int = Field(gt=0)
    head_dim: int = Field(gt=0)
    d_ff: int = Field(gt=0)
    vocab: int = Field(gt=0)
    tied_embeddings: bool
    gated_mlp: bool = True
    qkv_bias: bool = False
    output_bias: bool = False
    mlp_bias: bool = False
    norm_bias: bool = False
    norms_per_layer: int = Field(default=2, ge=0)
    qk_norm: bool = False
    attention_sinks: bool = False
    position_embeddings: int = Field(default=0, ge=0)
    moe: Experts | None = None
    mla: Latent | None = None
    window: Window | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Shape:
        if self.heads % self.kv_heads:
            raise ValueError(
                f"found heads = {self.heads}, wanted a multiple of kv_heads = {self.kv_heads}; correct one"
            )
        if self.moe and self.moe.active > self.moe.experts:
            raise ValueError(_too_many("moe.active", self.moe.active, "moe.experts", self.moe.experts))
        if self.moe and self.moe.dense_layers > self.layers:
            raise ValueError(_too_many("moe.dense_layers", self.moe.dense_layers, "layers", self.layers))
        if self.window and self.window.layers > self.layers:
            raise ValueError(_too_many("window.layers", self.window.layers, "layers", self.layers))
        return self


def _too_many(part: str, found: int, whole: str, wanted: int) -> str:
    return f"found {part} = {found}, wanted at most {whole} = {wanted}; correct one of them"


class LanguageModel(Row):
    """One file of `data/models/`; its name is the id."""

    id: str
    name: Name
    short: Name
    publisher: Name
    family: Name
    year: int = Field(ge=2018, le=2030)
    context: int = Field(gt=0, le=10**9)
    source: str
    parameters: Count
    active_parameters: Count | None = None
    kv_bytes_per_token: datum("bytes/token", 1, 1e8) | None = None
    shape: Shape
    note: str = ""

    @property
    def attention(self) -> str:
        """The kind of attention in the field's terms, such as "GQA, 1:1 sliding window"."""
        shape = self.shape
        kind = (
            "MLA" if shape.mla else "MHA" if shape.kv_heads == shape.heads else "MQA" if shape.kv_heads == 1 else "GQA"
        )
        return f"{kind}, window {shape.window.size}" if shape.window else kind
