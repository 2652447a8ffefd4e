"""The models that are measured, by name: Llama-shaped, with random weights and an output head of its own.  No torch."""

from __future__ import annotations

from generators.measure.counting.count import Shape
from generators.measure.plan import MeasureError

SHAPES = {
    # for tests and for trying a stage out
    "toy": Shape(layers=3, d_model=32, heads=4, kv_heads=2, head_dim=8, d_ff=48, vocab=64),
    # so small that operations cost more than bytes; a small vocabulary, so that layers stay most of the model
    "10M": Shape(layers=8, d_model=256, heads=4, kv_heads=2, head_dim=64, d_ff=704, vocab=8000),
    "30M": Shape(layers=12, d_model=384, heads=6, kv_heads=2, head_dim=64, d_ff=1024, vocab=16000),
    "0.1B": Shape(layers=12, d_model=768, heads=12, kv_heads=4, head_dim=64, d_ff=2048, vocab=32000),
    "0.4B": Shape(layers=24, d_model=1024, heads=16, kv_heads=4, head_dim=64, d_ff=4096, vocab=32000),
    "1.1B": Shape(layers=22, d_model=2048, heads=32, kv_heads=4, head_dim=64, d_ff=5632, vocab=32000),
    "3B": Shape(layers=28, d_model=3072, heads=24, kv_heads=8, head_dim=128, d_ff=8192, vocab=32000),
    # Llama-3.1-8B
    "8B": Shape(layers=32, d_model=4096, heads=32, kv_heads=8, head_dim=128, d_ff=14336, vocab=128256),
    # Qwen2.5-14B and Qwen2.5-32B without their biases
    "14B": Shape(layers=48, d_model=5120, heads=40, kv_heads=8, head_dim=128, d_ff=13824, vocab=152064),
    "32B": Shape(layers=64, d_model=5120, heads=40, kv_heads=8, head_dim=128, d_ff=27648, vocab=152064),
    # Llama-3.1-70B
    "70B": Shape(layers=80, d_model=8192, heads=64, kv_heads=8, head_dim=128, d_ff=28672, vocab=128256),
}


def shape(name: str) -> Shape:
    """The dimensions of a model; raises `MeasureError` with the names there are."""
    if name not in SHAPES:
        raise MeasureError(f"unknown model {name!r}; the models are {', '.join(SHAPES)}")
    return SHAPES[name]


def without_width(layers: int) -> Shape:
    """A decoder so narrow that its bytes hardly matter, with the heads of the 0.4B model.

    A step issues the same operations per layer as every other shape here, so that the times at
    two depths tell the overhead of a layer and that of a step apart.
    """
    return Shape(layers=layers, d_model=64, heads=16, kv_heads=4, head_dim=64, d_ff=128, vocab=512)
