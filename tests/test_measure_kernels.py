"""Chapter 6's count of a pass's small operations, held against the operations that PyTorch in fact runs for one."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="needs torch >= 2.9, which only the measure session installs")

from torch.nn.attention import SDPBackend, sdpa_kernel  # noqa: E402
from torch.utils._python_dispatch import TorchDispatchMode  # noqa: E402
from torch.utils._pytree import tree_leaves  # noqa: E402

from generators.comparison import kernels  # noqa: E402
from generators.measure.batched import Batched, Plan  # noqa: E402
from generators.measure.bench import Bench  # noqa: E402
from generators.measure.counting import count  # noqa: E402
from generators.measure.llama import Weights  # noqa: E402

SHAPE = count.Shape(layers=1, d_model=256, heads=8, kv_heads=2, head_dim=32, d_ff=896, vocab=64)
VIEWS = ("reshape", "view", "slice", "chunk", "transpose", "select", "expand")  # these move nothing


class Traffic(TorchDispatchMode):
    """Bytes of the tensors that each operation reads and writes, by its name."""

    def __init__(self) -> None:
        super().__init__()
        self.moved: dict[str, int] = {}

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result, name = function(*args, **(kwargs or {})), function.overloadpacket.__name__
        given = [one for one in tree_leaves((args, kwargs)) if isinstance(one, torch.Tensor)]
        given = given[1:] if name == "copy_" else given  # the first is only written
        made = [one for one in tree_leaves(result) if isinstance(one, torch.Tensor)]
        if name not in VIEWS:
            self.moved[name] = self.moved.get(name, 0) + sum(one.nbytes for one in [*given, *made])
        return result


def test_a_layer_moves_the_bytes_that_the_chapter_counts():
    bench, tokens = Bench("cpu", seed=7, buffer_bytes=2**20), 64
    one = Batched(bench, Weights(bench, SHAPE, torch.bfloat16), Plan(1, tokens, 0))
    with Traffic() as seen, torch.inference_mode():
        one.hidden(torch.randint(SHAPE.vocab, (1, tokens)), 0, range(1))
    large = ("linear", "scaled_dot_product_attention", "index_select")
    moved = sum(bytes_ for name, bytes_ in seen.moved.items() if name not in large)
    counted = sum(small.plain for small in kernels.small_operations(SHAPE, tokens))
    assert counted == pytest.approx(moved, rel=0.015), seen.moved  # gains and tables are left out


def test_plain_attention_writes_a_scaled_copy_of_all_keys():
    query, keys = torch.randn(1, 8, 1, 64), torch.randn(1, 8, 1024, 64)
    with Traffic() as seen, sdpa_kernel([SDPBackend.MATH]):
        torch.nn.functional.scaled_dot_product_attention(query, keys, keys)
    assert seen.moved["mul"] == 2 * (query.nbytes + keys.nbytes)
