"""Decode predicted from a record's own products and its cost of issuing: each part, on rows of round numbers."""

from __future__ import annotations

import json
import statistics

import pytest

from generators.measure import predict
from generators.measure.result import Result, measured
from tests.fakes import row

MIB = 2**20
SHAPE = {"layers": 10, "d_model": 4096, "heads": 32, "kv_heads": 8, "head_dim": 128, "d_ff": 16384, "vocab": 65536}


def product(mib: int, seconds: float, columns: int = 2048) -> Result:
    reported = {"dtype": "bfloat16", "matrix_bytes": mib * MIB, "d_in": columns}
    return Result(row("product-by-size", samples=[seconds] * 3, bytes=mib * MIB, **reported))


def narrow(layers: int, seconds: float, mode: str) -> Result:
    return Result(row("step-overhead", samples=[seconds] * 3, dtype="bfloat16", layers=layers, mode=mode))


def decode(mode: str, seconds: float = 1.0, **reported: object) -> Result:
    return Result(
        row("decode", "workload", samples=[seconds] * 3, tokens=1, dtype="bfloat16", mode=mode, **(SHAPE | reported))
    )


GPU = [
    Result(row("dispatch", samples=[6e-6] * 3, method="add", kernels_per_repetition=1)),
    Result(row("dispatch", samples=[1e-4] * 3, method="graph", kernels_per_repetition=100)),
    *(product(mib, mib * 1e-6) for mib in (1, 8, 32, 128)),  # 1 us a MiB, however large
]


def test_a_step_is_its_matrices():
    """Query, keys, values, output, gate, up, down and head: as many weights as a model has in matrices."""
    weights = sum(times * each for times, each, _ in predict.products(SHAPE))
    attention, mlp = 4096 * 128 * (2 * 32 + 2 * 8), 3 * 4096 * 16384
    assert weights == 10 * (attention + mlp) + 4096 * 65536
    assert {columns for _, _, columns in predict.products(SHAPE)} == {4096, 16384}


@pytest.mark.parametrize(
    ("mode", "each"), [("graph", 1e-6), ("compiled graph", 1e-6), ("eager", 6e-6), ("compiled", 6e-6)]
)
def test_the_dispatch_taken_off_is_that_of_the_mode(mode, each):
    """In a graph a product costs a node; taking off a call from Python left predictions 27 % too fast on an H200."""
    rows = [*GPU, narrow(4, 8e-4, mode), narrow(24, 44e-4, mode)]
    assert predict.overhead(rows, "bfloat16", mode, 10) == pytest.approx(8e-4 + 6 * 18e-5 - 7 * 10 * each)


def test_longer_rows_take_longer_by_what_was_measured():
    """32 MiB in rows of 2048 take 32 us; read as rows of 4096 they took 38."""
    read = row(
        "read-bandwidth", samples=[38e-6] * 3, bytes=32 * MIB, method="gemv-bfloat16", bytes_per_repetition=32 * MIB
    )
    rows = [*GPU, Result(read)]
    for columns, seconds in ((1024, 32e-6), (2048, 32e-6), (3072, 35e-6), (4096, 38e-6), (16384, 38e-6)):
        assert predict.product_seconds(rows, "bfloat16", 32 * MIB, columns) == pytest.approx(seconds), columns
    rows.append(product(128, 140e-6, columns=16384))
    assert predict.product_seconds(rows, "bfloat16", 32 * MIB, 16384) == pytest.approx(44e-6)
    assert predict.seconds_per_byte(rows, "bfloat16", 128 * MIB) * 128 * MIB == pytest.approx(128e-6)


def test_a_read_that_was_quicker_takes_nothing_off():
    read = row(
        "read-bandwidth", samples=[30e-6] * 3, bytes=32 * MIB, method="gemv-bfloat16", bytes_per_repetition=32 * MIB
    )
    assert predict.product_seconds([*GPU, Result(read)], "bfloat16", 32 * MIB, 4096) == pytest.approx(32e-6)


def test_a_gpu_reads_while_the_next_operation_is_issued():
    """An eager step there takes the longer of the two; on a processor it takes both."""
    rows = [*GPU, narrow(4, 8e-3, "eager"), narrow(24, 28e-3, "eager")]
    reported = predict.decode(rows, decode("eager"))
    assert reported.total == pytest.approx(14e-3)
    slow = [*rows[:2], *(product(mib, mib * 1e-5) for mib in (1, 128)), *rows[-2:]]
    reported = predict.decode(slow, decode("eager"))
    assert reported.overhead == 0
    assert reported.total == pytest.approx(reported.products + reported.cache)
    processor = [one for one in rows if one.parameters.get("method") != "graph"]
    reported = predict.decode(processor, decode("eager"))
    assert reported.total == pytest.approx(reported.products + reported.cache + 14e-3 - 7 * 10 * 6e-6)


def test_a_compiled_graph_is_predicted_with_or_without_a_narrow_step_of_its_own():
    estimated = predict.decode(GPU, decode("compiled graph"))
    assert estimated.overhead == pytest.approx((predict.FUSED_LAYER * 10 + predict.FUSED_STEP) * 1e-6)
    rows = [*GPU, narrow(4, 2e-4, "compiled graph"), narrow(24, 12e-4, "compiled graph")]
    assert predict.decode(rows, decode("compiled graph")).overhead == pytest.approx(5e-4 - 70e-6)
    assert predict.decode(GPU, decode("graph")) is None  # a plain graph without its narrow step is not guessed at


def test_packed_layers_are_predicted_by_the_packed_kernel_and_a_bf16_head():
    """At one pace of all bytes a step is its bytes; a kernel twice as slow doubles the layers and leaves the head."""
    shape = {"weights": "int4", "group": 128, "mode": "graph", **SHAPE}
    step = Result(row("decode-quantised", "workload", samples=[1.0] * 3, tokens=1, dtype="bfloat16", **shape))
    rows = [*GPU, narrow(4, 8e-4, "graph"), narrow(24, 44e-4, "graph")]
    assert predict.decode(rows, step) is None  # no packed kernel was measured
    layers = 10 * (4096 * 128 * (2 * 32 + 2 * 8) + 3 * 4096 * 16384) * (4 + 2 * 16 / 128) / 8
    for factor in (1, 2):
        packed = {"weights": "int4", "method": "packed kernel", "dtype": "bfloat16", "rows": 1, "d_in": 4096}
        kernel = row("quantised-product", "workload", samples=[factor * 8e-6] * 3, bytes=8 * MIB, **packed)
        reported = predict.decode([*rows, Result(kernel)], step)
        assert reported.products == pytest.approx((factor * layers + 2 * 4096 * 65536) / MIB * 1e-6)
        assert reported.overhead == pytest.approx(predict.overhead(rows, "bfloat16", "graph", 10))


def test_a_graph_is_judged_at_any_share_of_issuing_and_a_compiled_one_never():
    reported = predict.Prediction(1.0, 0.0, 9.0)
    for mode, past in (("eager", False), ("graph", True), ("compiled graph", False), ("compiled", False)):
        assert predict.is_past_overhead(decode(mode, weights_vs_llc=2.0), reported) is past
    assert not predict.is_past_overhead(decode("graph", weights_vs_llc=0.5), reported)


def test_the_graphs_of_the_h200_record_are_predicted_from_its_own_products(root, monkeypatch):
    """Medians and worst of a record that is never edited; each cause put back makes them worse."""
    record = json.loads((root / "data/measurements/nvidia-h200--2026-11-27T2239Z.json").read_text())
    rows = [Result(one) for one in record["cases"]]

    def errors(model: str = "") -> list[float]:
        steps = [one for one in measured(rows, "decode", mode="graph") if one.parameters["model"].endswith(model)]
        return [abs(predict.decode(rows, one).total / one.seconds - 1) for one in steps]

    assert len(errors()) == 9
    assert statistics.median(errors()) < 0.02
    large = [error for model in ("3B", "8B", "14B", "32B") for error in errors(model)]
    assert max(large) < 0.031
    with monkeypatch.context() as patch:
        patch.setattr(predict, "longer_rows", lambda *_: [(0.0, 0.0)])
        assert max(error for model in ("8B", "14B") for error in errors(model)) > 0.08
    monkeypatch.setattr(predict, "dispatch", lambda results, mode, own=predict.dispatch: own(results, "eager"))
    assert statistics.median(errors()) > 0.2
