"""One language model: its shape from the published configuration, and the totals it is checked against."""

from __future__ import annotations

import json
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from pydantic import Field, model_validator

from generators.catalog.config_json import Read, Refused, read_config
from generators.catalog.config_rules import Rules, load_rules
from generators.catalog.datum import Row, datum
from generators.catalog.record_field import Name

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
    """One file of `data/models/`; its name is the id.

    `shape` describes a model whose layers are alike; of any other, `config` holds the keys of its published
    config.json that the rules of `data/config_rules.toml` read.
    """

    id: str
    name: Name
    short: Name
    publisher: Name
    family: Name
    year: int = Field(ge=2018, le=2030)
    context: int = Field(ge=128, le=10**8)
    source: str
    parameters: Count
    active_parameters: Count | None = None
    kv_bytes_per_token: datum("bytes/token", 1, 1e8) | None = None
    shape: Shape | None = None
    config: dict[str, Any] | None = None
    note: str = ""

    @model_validator(mode="after")
    def _described_once(self) -> LanguageModel:
        if (self.shape is None) == (self.config is None):
            raise ValueError(f"found {'both' if self.shape else 'neither of'} shape and config, wanted one of them")
        if self.config is not None:
            try:
                _ = self.read
            except Refused as error:
                raise ValueError(f"config: {error}") from None
        return self

    @cached_property
    def read(self) -> Read:
        """What the rules make of `config`; `Refused` where they make nothing of it."""
        return read_config(json.dumps(self.config), _rules())

    @model_validator(mode="after")
    def _window_within_context(self) -> LanguageModel:
        window = self.shape.window if self.shape else None
        if window and window.size > self.context:
            raise ValueError(
                f"shape.window.size: found {window.size:,}, wanted at most the context of {self.context:,}; correct one of them"
            )
        return self

    @property
    def attention(self) -> str:
        """The kind of attention in the field's terms, such as "GQA, 1:1 sliding window"."""
        if self.shape is None:
            return _attention(self.read)
        shape = self.shape
        kind = (
            "MLA" if shape.mla else "MHA" if shape.kv_heads == shape.heads else "MQA" if shape.kv_heads == 1 else "GQA"
        )
        return f"{kind}, window {shape.window.size}" if shape.window else kind


@cache
def _rules() -> Rules:
    return load_rules(Path(__file__).resolve().parents[2])


def _attention(read: Read) -> str:
    """The same of a model of several kinds of layers: heads, then what each kind remembers."""
    shape, parts = read.shape, read.shape.parts
    attending = [part for part in parts if part.pair > 0]
    heads = "MHA" if shape.kv_heads == shape.heads else "MQA" if shape.kv_heads == 1 else "GQA"
    said = ["MLA" if any(part.expanded > 0 for part in attending) else heads] if attending else []
    said += [f"window {part.window:.0f}" for part in attending if part.window > 0][:1]
    said += [f"chunks of {part.chunk:.0f}" for part in attending if part.chunk > 0][:1]
    said += [f"the {part.top:.0f} best by an index" for part in attending if part.top > 0][:1]
    recurrent = sum(part.count for part in parts if part.state > 0)
    said += [f"recurrent in {recurrent:.0f} of {shape.layers:.0f} layers"] if recurrent else []
    return ", ".join(said)
