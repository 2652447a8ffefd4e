"""Errors found in other published references, each a test that this book does not repeat it.

The first line of each test says what was printed elsewhere.
"""

import re

import pytest

from generators.catalog import model_inputs
from generators.catalog.possible import impossible
from generators.comparison import accuracy
from generators.model import memory, parts, roofline, work
from generators.model.inputs import Format, Pass

BF16 = Format(2.0, 2.0, 2.0)
FP8 = Format(1.0, 1.0, 2.0)


def shape(catalog, name):
    return model_inputs.shape(catalog.models[name])


def test_no_fp8_on_an_a100(catalog):
    """An accelerator table listed FP8 at 624 TFLOP/s for an A100, which has none."""
    for name in ("a100-sxm4-80gb", "a100-pcie-80gb", "a100-sxm4-40gb", "a100-pcie-40gb"):
        assert "fp8" not in catalog.accelerators[name].peaks()
        assert model_inputs.device(catalog.accelerators[name], "fp8") is None


@pytest.mark.parametrize(("name", "factor"), [("qwen3-0.6b", 2.0), ("qwen3-32b", 1.6), ("gpt-oss-120b", 1.42)])
def test_head_size(catalog, name, factor):
    """A KV formula used hidden_size × kv_heads / heads, too low where head_dim is not hidden / heads."""
    s = shape(catalog, name)
    wrong = 2 * s.layers * (s.d_model * s.kv_heads / s.heads) * 2
    assert memory.kv_bytes_per_token(s, BF16) / wrong == pytest.approx(factor, rel=0.005)


def test_kv_heads(catalog):
    """A calculator asked for attention heads and showed 0.5 GiB where Llama-3-8B keeps 0.125 GiB at 1,024 tokens."""
    assert memory.kv_bytes(shape(catalog, "llama-3.1-8b"), BF16, 1024.0) == 0.125 * 2**30


def test_bandwidth_head_flop_and_key_width(catalog):
    """A viewer had 3,072 GB/s for the H100 SXM, one FLOP per head weight, and K projections of width d × kv / heads."""
    assert catalog.accelerators["h100-sxm5-80gb"].bandwidth.to("GB/s") == pytest.approx(3350)
    s = shape(catalog, "qwen3-0.6b")
    assert work.head_flop(s, BF16, Pass(1.0, 1.0, 1.0)) == 2 * s.vocab * s.d_model
    assert parts.parts_of(s)[0].mixer == s.d_model * s.head_dim * (2 * s.heads + 2 * s.kv_heads)


def test_deepseek_v3_has_128_heads(catalog):
    """A registry stamped "verified" gave DeepSeek-V3 56 heads."""
    assert catalog.models["deepseek-v3"].shape.heads == 128


def test_one_card_is_too_small(catalog):
    """A page gave about 4.2 ms per token for Llama-2-70B on "H100": one card reads 14 GB in that time."""
    chip, s = model_inputs.device(catalog.accelerators["h100-sxm5-80gb"]), shape(catalog, "llama-2-70b")
    step = roofline.step(s, FP8, chip, Pass(1.0, 1.0, 1.0))
    assert step.memory == pytest.approx(20.6e-3, rel=0.02)
    assert memory.weight_bytes_stored(s, BF16) > chip.capacity


def test_intensity_grows(catalog):
    """Posted outputs had B / (1 + 0.1 B), never above 10: the KV term at 2k is under 2 % of the weights, not 10 %."""
    s = shape(catalog, "llama-3.1-8b")
    step = memory.step_bytes(s, BF16, Pass(1.0, 1.0, 2048.0))
    assert 0.016 < step.kv_read / step.weights < 0.019
    assert roofline.intensity(s, BF16, Pass(256.0, 1.0, 2048.0)) > 40
    assert 55 < roofline.intensity_ceiling(s, BF16, Pass(1.0, 1.0, 2048.0)) < 64


def test_one_bandwidth_per_chip_in_one_unit(catalog):
    """A book printed one bandwidth as 8.1e11 and 8.2e11 in different places, and TiB/s for TB/s."""
    for chip in catalog.accelerators.values():
        assert chip.memory.bandwidth.value.split()[1] in ("GB/s", "TB/s", "PB/s"), chip.id


def test_dense_rates(catalog):
    """Calculators gave H100 and H200 the rate that their datasheets print with sparsity."""
    for name in ("h100-sxm5-80gb", "h200-sxm"):
        peak = catalog.accelerators[name].peak.bf16
        assert peak.printed_basis == "sparse" and peak.quantity.value == pytest.approx(989.5e12)


def test_one_name_three_cards(catalog):
    """Tables gave "H100" one bandwidth: its three cards differ by two thirds."""
    cards = [
        catalog.accelerators[name].bandwidth.value for name in ("h100-pcie-80gb", "h100-sxm5-80gb", "h100-nvl-94gb")
    ]
    assert cards == sorted(cards) and cards[-1] / cards[0] > 1.6


def test_binary_prefix(catalog):
    """A tool took 2,039 GB/s times 2^30: 2,189 GB/s, and every time that memory bounds came out 7% short."""
    bandwidth = catalog.accelerators["a100-sxm4-80gb"].bandwidth.value
    assert bandwidth == 2039e9
    assert 2039 * 2**30 / bandwidth == pytest.approx(1.0737, abs=1e-4)


def test_cache_once(catalog):
    """A library charged the whole cache twice a step, as if each step wrote it anew."""
    s, p = shape(catalog, "llama-2-7b"), Pass(16.0, 1.0, 2048.0)
    step = memory.step_bytes(s, BF16, p)
    assert step.kv_read + step.kv_written == pytest.approx(16 * memory.kv_bytes(s, BF16, 2048.0))
    assert step.kv_written == pytest.approx(16 * memory.kv_bytes_per_token(s, BF16))


def test_table_not_read(catalog):
    """A library read the input table whole in each step, and the head not at all."""
    s, p = shape(catalog, "llama-3.1-8b"), Pass(1.0, 1.0, 1.0)
    left = memory.weight_bytes_stored(s, BF16) - memory.weight_bytes_streamed(s, BF16, p)
    assert left == (s.vocab - 1) * s.d_model * 2


def test_scales_count(catalog):
    """Calculators took 4 bits for a weight of Q4_0, whose blocks of 32 hold a scale of 16 bits: 12% too fast."""
    assert catalog.formats["q4-0"].effective_bits == 4.5


def test_faster_than_memory(catalog):
    """A copy test of 3.8 times a card's bandwidth was printed as memory's: such a row is refused here."""
    row = catalog.published["gpt-fast-7b-bf16-bandwidth"]
    fast = row.model_copy(update={"value": "7750 GB/s"})
    assert impossible(catalog, row) is None and "at best" in impossible(catalog, fast)


def test_one_point(catalog):
    """A tool was called validated by one run: here constants that fit one device are off on others, and the page says by how much."""
    lone = [one for one in accuracy.scored(catalog) if one.run.kind == accuracy.DECODE and not one.probes]
    assert min(abs(one.error) for one in lone) < 0.01 < 0.2 < max(abs(one.error) for one in lone)
    assert len({one.run.device.key for one in lone}) > 30


def test_every_test_that_the_page_names_is_here(root):
    """And the page names no error that nothing tests."""
    page = (root / "docs/reference/common_errors.md").read_text(encoding="utf-8")
    named = re.findall(r"\| `(\w+)` \|$", page, re.MULTILINE)
    assert len(named) == page.count("\n| ") - 2, "each entry names its test"
    assert [name for name in named if f"test_{name}" not in globals()] == []
