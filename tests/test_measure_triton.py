"""Our Triton kernels compute what they say, in Triton's interpreter; how fast they are only a GPU can tell."""

from __future__ import annotations

import os

import pytest

os.environ.setdefault("TRITON_INTERPRET", "1")  # read when the kernels are defined
torch = pytest.importorskip("torch", reason="needs torch >= 2.9, which only the measure session installs")
pytest.importorskip("triton", reason="needs Triton, which torch's builds for processors leave out")

from generators.measure import triton_kernels  # noqa: E402
from generators.measure.triton_kernels import ALIGNED, SHAPES, Kernels  # noqa: E402


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("passes", [1, 5])
def test_a_read_adds_up_every_number_in_every_pass(shape, passes):
    made, source = Kernels(2, shape, torch.device("cpu")), torch.rand(ALIGNED * 21)
    wanted = passes * source.double().sum()
    assert abs(made.read(source, passes).double().sum() / wanted - 1) < 1e-6
    source[-1] = 1e6  # the last number counts as often as the others
    assert made.read(source, passes).double().sum() > wanted + passes * 0.99e6


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_copy_leaves_nothing_out(shape):
    made, source = Kernels(2, shape, torch.device("cpu")), torch.rand(ALIGNED * 7)
    assert torch.equal(made.copy(torch.full_like(source, float("nan")), source), source)


def test_a_stretch_that_is_no_whole_number_of_blocks_is_refused():
    with pytest.raises(ValueError, match="wanted a multiple of"):
        Kernels(2, SHAPES[0], torch.device("cpu")).read(torch.rand(SHAPES[0].block + 1))
    assert all(ALIGNED % shape.block == 0 for shape in triton_kernels.SHAPES)
