"""Attention alone at toy size on the processor: back ends, shared keys, and graphs as far as they run without CUDA."""

from __future__ import annotations

from dataclasses import replace

import pytest

torch = pytest.importorskip("torch", reason="needs torch >= 2.9, which only the measure session installs")

from generators.measure import attention_kinds  # noqa: E402
from generators.measure.bench import Bench  # noqa: E402
from generators.measure.cases import attention  # noqa: E402
from generators.measure.counting import attention as counted  # noqa: E402
from generators.measure.counting.attention import Heads  # noqa: E402
from generators.measure.plan import CheckFailed, Unsupported  # noqa: E402


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    """A processor bench with a read buffer of one megabyte and few random numbers to draw weights from."""
    monkeypatch.setattr("generators.measure.bench.POOL", 2**16 - 3)
    return Bench("cpu", seed=7, buffer_bytes=2**20)


def test_attention_is_counted_by_pair():
    prefill, decode = Heads(2, 4, 2, 8, 10, 10), Heads(2, 4, 2, 8, 1, 10)
    allowed = torch.ones(10, 10).tril().sum().item()
    assert counted.pairs(prefill) == allowed == 55
    assert counted.attention(prefill, 4).flop == 2 * 4 * 55 * 2 * 2 * 8
    assert counted.attention(decode, 4).flop == 2 * 4 * 10 * 2 * 2 * 8
    assert counted.attention(decode, 4).bytes == 4 * 2 * (4 * 8 + 10 * 2 * 8 * 2 + 4 * 8)
    assert counted.score_bytes(prefill, 2) == 2 * 4 * 100 * 2
    chunk = replace(prefill, queries=3)  # a prompt's last three tokens
    assert counted.pairs(chunk) == 8 + 9 + 10


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("kv_heads", [4, 2])
def test_every_back_end_of_a_processor_verifies_and_runs(bench, dtype, kv_heads):
    cases = attention.attention(bench, dtype, (5, 48), (48,), ("math", "flash"), 4, kv_heads, 16, batch=2)
    assert [case.parameters["phase"] for case in cases] == ["prefill"] * 4 + ["decode"] * 2
    for case in cases:
        kernel = case.prepare()
        kernel.run()
        calls = kernel.parameters["calls_per_repetition"]
        at = Heads(
            2,
            4,
            kv_heads,
            16,
            1 if case.parameters["phase"] == "decode" else case.parameters["context"],
            case.parameters["context"],
        )
        assert kernel.work.flop == calls * counted.attention(at, 4).flop
        assert kernel.parameters["score_bytes"] == counted.score_bytes(at, getattr(torch, dtype).itemsize)


def test_a_back_end_that_torch_lacks_is_told_with_torch_s_reason(bench):
    (case,) = attention.attention(bench, prefill=(16,), decode=(), backends=("efficient",))
    with pytest.raises(Unsupported, match=r"^torch: .*ackend") as refused:
        case.prepare()
    assert "\n" not in str(refused.value)


def test_other_errors_of_an_attention_call_are_not_taken_for_a_missing_back_end():
    def broken() -> None:
        raise RuntimeError("the size of tensor a must match")

    with pytest.raises(RuntimeError, match="must match"):
        attention.supported(broken)


def test_operands_that_do_not_fit_the_read_buffer_are_told(bench):
    (case,) = attention.attention(bench, prefill=(2048,), decode=(), backends=("flash",))
    with pytest.raises(Unsupported, match="the read buffer has"):
        case.prepare()


@pytest.mark.parametrize("queries", [1, 32])
def test_attention_with_a_wrong_mask_or_scale_is_noticed(bench, queries):
    at = Heads(1, 4, 4, 16, queries, 32)
    query, keys, values = (bench.normal(1, 4, length, 16) for length in (queries, 32, 32))
    right = torch.nn.functional.scaled_dot_product_attention(query, keys, values, is_causal=at.causal)
    attention.check_rows(bench, at, (query, keys, values, right))
    wrong = torch.nn.functional.scaled_dot_product_attention(
        query, keys, values, is_causal=queries == 1, scale=None if queries > 1 else 0.24
    )
    with pytest.raises(CheckFailed):
        attention.check_rows(bench, at, (query, keys, values, wrong))


def test_growing_groups_multiply_the_flop_but_not_the_cache(bench):
    cases = attention.attention_heads(bench, groups=(1, 4), kv_heads=2, head_dim=16, context=64)
    kernels = {
        (case.parameters["method"], case.parameters["query_heads_per_kv_head"]): case.prepare() for case in cases
    }
    assert len(kernels) == 2 * len(attention_kinds.METHODS)
    for kernel in kernels.values():
        kernel.run()
    one, four = kernels["products", 1].work, kernels["products", 4].work
    assert four.flop == 4 * one.flop
    assert four.bytes - one.bytes == 2 * 6 * 16 * 4  # six more queries, six more rows of output


def test_a_group_that_reads_another_group_s_keys_is_noticed(bench, monkeypatch):
    def crossed(query, keys, values):
        return attention_kinds._fused(query.flip(0), keys, values)

    monkeypatch.setitem(attention_kinds.METHODS, "fused", crossed)
    (case,) = attention.attention_heads(bench, "float32", (2,), ("fused",), 2, 16, 64)
    with pytest.raises(CheckFailed):
        case.prepare()
