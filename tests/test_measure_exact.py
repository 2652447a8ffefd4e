"""A device without float64 (MPS): every check widens through `exact` and `Wide`, which do so on the processor."""

from __future__ import annotations

from collections.abc import Callable

import pytest

torch = pytest.importorskip("torch", reason="needs torch >= 2.9, which only the measure session installs")

from generators.measure.bench import Bench  # noqa: E402
from generators.measure.cases import (  # noqa: E402
    attention,
    batch,
    context,
    decode,
    fusion,
    intensity,
    interference,
    kernels,
    peers,
    pruned,
    quantised,
    serving,
)
from generators.measure.counting.count import Shape  # noqa: E402
from generators.measure.plan import Unsupported  # noqa: E402

TOY = Shape(layers=1, d_model=32, heads=4, kv_heads=2, head_dim=8, d_ff=48, vocab=64).as_parameters()
TOY.pop("tied")
SHORT = {"kind": "fixed", "mean": 3}
LISTS: dict[str, Callable[[Bench], list]] = {
    "attention": lambda b: attention.attention(b, "float32", (5,), (9,), ("math",), 4, 2, 16),
    "heads": lambda b: attention.attention_heads(b, groups=(2,), methods=("fused",), head_dim=16, context=16),
    "batch": lambda b: batch.decode_batch(b, "toy", "float32", [4], [2]),
    "context": lambda b: context.decode_context(b, contexts=(16,), window=4, shape=TOY),
    "decode": lambda b: decode.decode(b, "float32", ["toy"], context=8),
    "fusion": lambda b: fusion.fusion_cases(b, (2,), 2**13, modes=("eager",)),
    "intensity": lambda b: intensity.intensity(b, rows=(2,), d_in=64, d_out=64),
    "interference": lambda b: interference.interference(b, shape=TOY, sequences=2, cached=4, prompt=8, chunks=()),
    "kernels": lambda b: kernels.kernels(b, sizes={"gemv": {"d_in": 64, "d_out": 64}})[:2],
    "peers": lambda b: [*peers.peers(b), *peers.products(b, size=64)],
    "pruned": lambda b: pruned.pruned_cases(b, sparsities=(0.5,), size=128),
    "quantised": lambda b: quantised.quantised_cases(b, rows=(1,), size=256),
    "serving": lambda b: serving.serving(b, shape=TOY, prompts=SHORT, answers=SHORT, loads=[0.5], requests=9, batch=2)[
        :1
    ],
}


@pytest.mark.parametrize("name", LISTS)
def test_every_check_widens_in_the_one_place_that_knows_devices_without_float64(name, monkeypatch):
    def refuse(*_: object, **__: object) -> None:
        raise TypeError("Cannot convert a MPS Tensor to float64 dtype as the MPS framework doesn't support float64")

    monkeypatch.setattr(torch.Tensor, "double", refuse)
    done = 0
    for case in LISTS[name](Bench("cpu", seed=5, buffer_bytes=2**20)):
        try:
            case.prepare()
        except Unsupported:
            continue
        done += 1
    assert done
