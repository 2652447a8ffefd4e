"""Quantised, fused and pruned products at toy size: right, counted rightly, and refused where they are wrong."""

from __future__ import annotations

from functools import partial
from itertools import pairwise

import pytest

torch = pytest.importorskip("torch", reason="needs torch >= 2.9, which only the measure session installs")

from generators.measure import cold_operands, compiling, quantise  # noqa: E402
from generators.measure.bench import Bench  # noqa: E402
from generators.measure.cases import fusion, pruned, quantised  # noqa: E402
from generators.measure.counting import techniques as count  # noqa: E402
from generators.measure.plan import Case, CheckFailed, Kernel, Unsupported  # noqa: E402
from generators.model import memory as model_memory  # noqa: E402

SIZE = 256


@pytest.fixture
def bench() -> Bench:
    """A processor bench with a read buffer of one megabyte."""
    return Bench("cpu", seed=7, buffer_bytes=2**20)


def ready(cases: list[Case]) -> list[tuple[dict, Kernel]]:
    """Every case that this machine can run, prepared and run twice."""
    made = []
    for case in cases:
        try:
            kernel = case.prepare()
        except Unsupported:
            continue
        kernel.run()
        kernel.run()
        made.append((case.parameters | kernel.parameters, kernel))
    return made


@pytest.mark.parametrize("dtype", ["bfloat16", "float32"])
def test_every_weight_format_is_verified_and_counted_as_stored(bench, dtype):
    made = ready(quantised.quantised_cases(bench, rows=(1, 4), size=SIZE, group=32, dtype=dtype))
    assert {reported["weights"] for reported, _ in made} == {"float32", "bfloat16", "int8", "int4"}
    for reported, kernel in made:
        assert kernel.work.flop == 2 * reported["rows"] * SIZE * SIZE
        if reported["method"] != quantised.WIDENED:
            assert kernel.work.bytes == pytest.approx(reported["effective_bits"] / 8 * SIZE * SIZE)


def test_rows_do_not_change_the_bytes_but_widening_does(bench):
    made = ready(quantised.quantised_cases(bench, rows=(1, 8), size=SIZE))
    packed = {
        kernel.work.bytes
        for reported, kernel in made
        if reported["weights"] == "int4" and reported["method"] == quantised.PACKED and reported["dtype"] == "bfloat16"
    }
    widened = {kernel.work.bytes for reported, kernel in made if reported["method"] == quantised.WIDENED}
    assert len(packed) == 1
    assert min(widened) > 4 * SIZE * SIZE > 2 * max(packed)


def test_the_bytes_counted_are_those_of_the_tensors(bench):
    for weights, group in (("int8", 0), ("int4", 32), ("int4", 64)):
        copies = quantised.WeightCopies(bench, weights, torch.bfloat16, SIZE, SIZE, group)
        held = sum(part.numel() * part.element_size() for part in copies.stored.tensors)
        assert held == copies.bytes
        bits = count.effective_bits(copies.bytes, SIZE, SIZE)
        assert (
            bits == model_memory.effective_bits(8, SIZE, 16)
            if weights == "int8"
            else bits == (model_memory.effective_bits(4, group, 32))
        )


def packed(bench, group):
    """int4 in groups of so many weights, one row."""
    copies = quantised.WeightCopies(bench, "int4", torch.bfloat16, SIZE, SIZE, group)
    return quantised.product_case(copies, quantised.PACKED, 1)


def test_smaller_groups_cost_bytes_and_lose_less(bench):
    made = ready([packed(bench, group) for group in (32, 64, 128)])
    assert [reported["effective_bits"] for reported, _ in made] == [5, 4.5, 4.25]
    for (finer, _), (coarser, _) in pairwise(made):
        assert 0.03 < finer["quantisation_error"] < coarser["quantisation_error"] < 0.2


def test_rounding_stays_within_half_a_step(bench):
    matrix = bench.normal(SIZE, SIZE)
    rounded, scales = quantise.int8(matrix, torch.float32)
    assert rounded.abs().amax(1).eq(127).all()
    assert ((matrix - rounded * scales[:, None]).abs() <= 0.5001 * scales[:, None]).all()
    rounded, scales = quantise.int4(matrix, torch.float32, 32)
    steps = scales[..., 0].T.repeat_interleave(32, 1)
    assert rounded.min() == 0
    assert rounded.max() == 15
    assert ((matrix - quantise.from_int4(rounded, scales)).abs() <= 0.5001 * steps).all()


@pytest.mark.parametrize("weights", ["int8", "int4"])
def test_widening_gives_the_matrix_that_the_weights_stand_for(bench, weights):
    stored = quantise.Stored.drawn(bench, weights, torch.float32, (SIZE, SIZE), 32, packed=False)
    wide = torch.full((SIZE, SIZE), float("nan"))
    quantise.widen(weights, stored.tensors, wide)
    assert cold_operands.norm_error(wide, stored.dequantised) < 1e-6


@pytest.mark.parametrize("fault", ["one output", "one zero point", "scaled"])
def test_a_wrong_int4_product_is_refused(bench, monkeypatch, fault):
    right = quantised.KERNELS["int4", True]

    def wrong(activations: torch.Tensor, operand: tuple) -> torch.Tensor:
        if fault == "one zero point":
            scales = operand[1].clone()
            scales[0, :, 1] = 0
            return right(activations, (operand[0], scales))
        found = right(activations, operand).clone()
        found[0, 0] += 3 * found.abs().max() if fault == "one output" else 0
        return found * (1.02 if fault == "scaled" else 1)

    case = packed(bench, 32)
    case.prepare()
    monkeypatch.setitem(quantised.KERNELS, ("int4", True), wrong)
    with pytest.raises(CheckFailed, match="off by"):
        case.prepare()


def test_a_torch_without_the_private_kernel_is_told_as_unsupported(bench, monkeypatch):
    def gone(activations: torch.Tensor, operand: tuple) -> torch.Tensor:
        raise AttributeError("module 'torch' has no attribute '_weight_int8pack_mm'")

    monkeypatch.setitem(quantised.KERNELS, ("int8", True), gone)
    case = next(
        one
        for one in quantised.quantised_cases(bench, rows=(1,), size=SIZE)
        if one.parameters["weights"] == "int8" and one.parameters["method"] == quantised.PACKED
    )
    with pytest.raises(Unsupported, match=r"no int8 kernel for torch.bfloat16 here: module 'torch'"):
        case.prepare()


def test_cases_of_one_format_take_cold_operands_in_turn(bench):
    copies = quantised.WeightCopies(bench, "int8", torch.bfloat16, SIZE, SIZE)
    places = [next(copies.turns)[0].data_ptr() for _ in range(17)]
    assert len(set(places)) == 16 == -(-cold_operands.cold_bytes(bench) // copies.bytes)
    assert places[0] == places[16]


def test_eager_chains_and_norms_are_verified_and_counted_pass_by_pass(bench):
    made = ready(fusion.fusion_cases(bench, operations=(1, 3), elements=2**14, modes=("eager",)))
    assert len(made) == 7
    for reported, kernel in made:
        passes = 7 if reported["kernel"] == "RMSNorm" else 2 * reported["operations"]
        assert kernel.work.bytes == passes * reported["elements"] * 4


@pytest.mark.parametrize("operations", [1, 2, 3])
def test_the_passes_counted_are_those_torch_executes(bench, operations):
    """Bytes of whole tensors that each operation reads and writes, call by call."""
    room = fusion.Room(bench, 2**14, torch.float32, resident=False)
    whole, seen = 2**14 * 4, []
    run, norm, source, target, _ = (
        fusion.into(room, operations),
        fusion.norm_into(room),
        room.sources[0],
        room.targets[0],
        room.gain,
    )

    class Watch(torch.utils._python_dispatch.TorchDispatchMode):
        def __torch_dispatch__(self, function, types, args=(), kwargs=None):
            made = function(*args, **(kwargs or {}))
            if not function.is_view:
                read = [one for one in args if isinstance(one, torch.Tensor) and one.numel() == 2**14]
                seen.append((len(read) + (made.numel() == 2**14)) * whole)
            return made

    with Watch():
        run(source, target)
    assert sum(seen) == count.chain(operations, 2**14, 4, fused=False).bytes
    seen.clear()
    with Watch():
        norm(source, target)
    square_reads_one_tensor_twice = whole
    assert sum(seen) - square_reads_one_tensor_twice == count.rms_norm(2**14, 4, fused=False).bytes


def test_a_chain_that_skips_an_operation_is_refused(bench, monkeypatch):
    right = fusion.into
    monkeypatch.setattr(fusion, "into", lambda room, operations: right(room, operations - 1))
    with pytest.raises(CheckFailed, match="off by"):
        ready(fusion.fusion_cases(bench, operations=(4,), elements=2**14, modes=("eager",)))


def test_a_chain_that_leaves_its_target_unwritten_is_refused(bench):
    room = fusion.Room(bench, 2**14, torch.float32, resident=False)

    def lazy(source: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        target[:-1] = fusion.chain(source, 2)[:-1]
        return target

    with pytest.raises(CheckFailed, match="off by nan"):
        fusion.check_run(room, lazy, lambda x: fusion.chain(x, 2))


def test_without_a_compiler_the_compiled_chain_is_unsupported(bench, monkeypatch):
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("No working C++ compiler found\nsecond line")

    monkeypatch.setattr(torch, "compile", broken)
    compiling._start.cache_clear()
    with pytest.raises(Unsupported, match=r"torch.compile does not work here: No working C.. compiler found$"):
        fusion.fusion_cases(bench, operations=(2,), elements=2**14)[1].prepare()
    compiling._start.cache_clear()


def test_compiled_chains_are_captured_whole_and_counted_as_one_pass(bench, monkeypatch):
    """With the compiler's capture but not its code, which takes a C++ compiler and tens of seconds."""
    monkeypatch.setattr(torch, "compile", partial(torch.compile, backend="eager"))
    compiling._start.cache_clear()
    cases = fusion.fusion_cases(bench, operations=range(1, 11), elements=2**14, modes=("compiled",))
    made = ready(cases[:10] + cases[-1:])
    compiling._start.cache_clear()
    assert len(made) == 11  # torch gives up after eight functions that share their code
    for reported, kernel in made:
        assert kernel.work.bytes == 2 * reported["elements"] * 4
        assert reported["compile_seconds"] > 0


def test_every_storage_is_verified_and_counted(bench):
    made = ready(pruned.pruned_cases(bench, sparsities=(0.5, 0.9), masked=(0.9,), size=SIZE))
    works = {(reported["storage"], reported["sparsity"]): kernel.work for reported, kernel in made}
    dense = SIZE * SIZE * 4
    assert works["dense", 0].bytes == works["masked", 0.9].bytes == dense
    assert works["rows", 0.5].bytes == dense / 2
    assert works["csr", 0.5].bytes == pytest.approx(dense, rel=0.03)  # an index is as wide as a value
    assert works["csr", 0.9].bytes == pytest.approx(dense / 5, rel=0.05)


def test_a_csr_matrix_holds_what_is_counted(bench):
    operands, same, work, reported = pruned.csr(pruned.Matrix(bench, SIZE, SIZE, torch.float32, "csr", 0.75))
    parts = (operands[0].values(), operands[0].col_indices(), operands[0].crow_indices())
    assert sum(part.numel() * part.element_size() for part in parts) == work.bytes
    assert (same != 0).sum() == reported["nonzero"] == work.flop / 2
    assert len({one.values().data_ptr() for one in operands}) == len(operands) > 4


def test_a_csr_product_with_a_lost_weight_is_refused(bench):
    matrix = pruned.Matrix(bench, SIZE, SIZE, torch.float32, "csr", 0.5)
    operands, same, *_ = pruned.csr(matrix)
    pruned.check_product(matrix, torch.mv, operands[0], same, (SIZE,))
    same[tuple(same.nonzero()[100])] = 0
    with pytest.raises(CheckFailed, match="off by"):
        pruned.check_product(matrix, torch.mv, operands[0], same, (SIZE,))


def test_csr_without_a_kernel_and_2_4_without_a_gpu_are_unsupported(bench):
    with pytest.raises(Unsupported, match=r"torch cannot do this here: .*BFloat16"):
        pruned.csr(pruned.Matrix(bench, SIZE, SIZE, torch.bfloat16, "csr", 0.5))
    with pytest.raises(Unsupported, match="sparse tensor cores"):
        pruned.pruned_cases(bench, size=SIZE)[-1].prepare()


def test_two_of_each_four_weights_stay_the_larger_ones(bench):
    weights = bench.normal(8, 16)
    kept = pruned.keep_two_of_four(weights)
    fours, sizes = kept.view(-1, 4), weights.abs().view(-1, 4)
    assert ((fours != 0).sum(1) == 2).all()
    assert torch.equal(fours.abs().sum(1), sizes.sort(1).values[:, 2:].flip(1).sum(1))
    assert count.two_to_four(16, 8, 2).bytes == 0.5625 * count.dense(16, 8, 2).bytes
