"""The ceilings and the empirical roofline at toy size: that kernels are right, counted rightly, and refused when wrong."""

from __future__ import annotations

import time
from functools import partial

import pytest

torch = pytest.importorskip("torch", reason="needs torch >= 2.9, which only the measure session installs")

from torch.utils._python_dispatch import TorchDispatchMode  # noqa: E402
from torch.utils._pytree import tree_leaves  # noqa: E402

from generators.measure import repeated  # noqa: E402
from generators.measure.bench import Bench  # noqa: E402
from generators.measure.cases import (  # noqa: E402
    bandwidth,
    compute,
    fma,
    intensity,
    kernels,
    launch,
    staircase,
)
from generators.measure.counting import kernels as count_kernels  # noqa: E402
from generators.measure.exact import exact, relative_to_largest  # noqa: E402
from generators.measure.plan import Check, CheckFailed, Unsupported  # noqa: E402

BUFFER = 2**20
HEADS = {"heads": 4, "kv_heads": 2, "head_dim": 16}
TOY_KERNELS = {
    "gemv": {"d_in": 96, "d_out": 160},
    "rms-norm": {"rows": 24, "width": 64},
    "softmax": {"rows": 24, "width": 64},
    "attention-decode": HEADS | {"context": 33},
    "attention-prefill": HEADS | {"tokens": 21},
}
FORMATS = [name for name in compute.FORMATS if name not in ("tf32", "float8_e4m3")]  # those a processor has


@pytest.fixture
def bench() -> Bench:
    """A processor bench with a read buffer of one megabyte."""
    return Bench("cpu", seed=11, buffer_bytes=BUFFER)


@pytest.fixture(autouse=True)
def threads():
    """Two threads, so that a set is shared the same way on every machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def eager(monkeypatch):
    """`torch.compile` without a compiler: the graph is captured and run operation by operation."""
    compile = torch.compile
    monkeypatch.setattr(torch, "compile", lambda body, **_: compile(body, backend="eager", dynamic=False))


def toys(bench: Bench) -> list:
    """Every case of this file's modules at toy size, fma apart."""
    return [
        *bandwidth.memory(bench),
        *bandwidth.products(bench),
        *staircase.staircase(bench, 2**14, BUFFER),
        *(compute.matmul_case(bench, name, largest=256) for name in FORMATS),
        launch.dispatch_case(bench),
        *intensity.intensity(bench, rows=(1, 2, 5), d_in=96, d_out=64),
        *kernels.kernels(bench, sizes=TOY_KERNELS),
    ]


def assert_sound(case) -> None:
    """A case verifies, runs, and tells plain values only."""
    kernel = case.prepare()
    for _ in range(3):
        kernel.run()
    assert kernel.check.worst_relative_error <= kernel.check.tolerance
    assert case.name == "dispatch" or kernel.work.bytes > 0, case.label
    reported = case.parameters | kernel.parameters
    assert all(isinstance(value, int | float | bool | str | None) for value in reported.values()), reported
    assert all(len(value) <= 60 for value in reported.values() if isinstance(value, str)), reported
    assert "dtype" in reported or case.name == "dispatch"


def test_every_case_verifies_runs_and_tells_plain_values(bench, monkeypatch):
    monkeypatch.setattr(repeated, "MOVED", {True: 2**21, False: 2**21})
    monkeypatch.setattr(staircase, "reread", lambda *_: 2.0)  # timed in a test of its own
    cases = toys(bench)
    keys = [(case.name, tuple(case.parameters.items())) for case in cases]
    assert len(set(keys)) == len(keys)
    for case in cases:
        try:
            assert_sound(case)
        except Unsupported as error:  # another processor than x86 may lack a product
            assert case.parameters.get("dtype") in ("int8", "float16", "bfloat16"), error
            assert case.name == "matmul-peak", error


def test_the_stages_hold_the_names_that_the_book_asks_for(bench):
    assert {case.name for case in bandwidth.memory(bench)} == {
        "read-bandwidth",
        "copy-bandwidth",
        "triad-bandwidth",
        "cache-read-bandwidth",
    }
    products = bandwidth.products(bench)
    assert {case.parameters["dtype"] for case in products} == {"float32", "bfloat16"}
    assert sorted({case.parameters["matrix_bytes"] for case in products}) == [2**19, 2**21, 2**23, 2**25, 2**27]
    assert [case.name for case in compute.compute(bench)] == ["matmul-peak"] * 6 + ["dispatch"] * 2


class Moved(TorchDispatchMode):
    """Bytes of the tensors that go into operations and come out of them, a repeated view as often as it repeats."""

    def __init__(self) -> None:
        super().__init__()
        self.bytes = 0.0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        if not getattr(function, "is_view", False) and function.overloadpacket is not torch.ops.aten.split:
            out = (kwargs or {}).get("out")
            read = list(args) if function.overloadpacket is not torch.ops.aten.copy_ else list(args[1:])
            seen = [one for one in tree_leaves(read) if isinstance(one, torch.Tensor)]
            written = out if out is not None else tree_leaves(result)[0]
            self.bytes += sum(one.numel() * one.itemsize for one in [*seen, written])
        return result


@pytest.mark.parametrize("size", [2**14, 2**17, 2**20])
@pytest.mark.parametrize("method", ["read", "copy", "triad"])
def test_the_staircase_counts_what_torch_is_handed(bench, method, size, monkeypatch):
    monkeypatch.setattr(repeated, "MOVED", {True: 2**20, False: 2**20})
    monkeypatch.setattr(staircase, "reread", lambda *_: 2.0)
    kernel = staircase.KERNELS[method](bench, size)
    with Moved() as moved:
        kernel.run()
    sums = 8 if method == "read" else 0  # one sum a thread is written too
    assert moved.bytes == kernel.work.bytes + sums
    assert kernel.parameters["bytes_of_the_set"] == pytest.approx(size, rel=0.02)
    assert (kernel.parameters["passes"] > 1) == (size < 2**20)


@pytest.mark.parametrize("method", ["copy", "triad"])
def test_a_repeating_pass_covers_its_set_and_nothing_else(bench, method):
    how = repeated.plan(bench, method, 2**15)
    assert how.depth >= 2
    base = torch.zeros(how.set_bytes // 4 + 64)
    for view in repeated.spans(base, how):
        view.fill_(1.0)
    assert base[: how.set_bytes // 4].all()
    assert not base[how.set_bytes // 4 :].any()


def test_a_small_set_is_really_read_again(bench):
    kernel = staircase.read_kernel(bench, 2**16)
    assert kernel.parameters["time_of_twice_the_passes"] >= 1.5


def test_a_read_that_is_not_repeated_is_refused(bench, monkeypatch):
    monkeypatch.setattr(staircase, "fastest", lambda bench, run, tries: 1.0)
    with pytest.raises(CheckFailed, match="not read again"):
        staircase.reread(bench, lambda: None, lambda: None)


def test_a_slow_spell_does_not_make_a_repeated_read_look_like_one(bench, monkeypatch):
    times = iter([1.9, 2.0, 1.8, 2.0, 1.9, 2.0, 1.9, 2.0, 1.0, 2.0])  # the one, the other, in turn
    monkeypatch.setattr(staircase, "fastest", lambda bench, run, tries: next(times))
    assert staircase.reread(bench, lambda: None, lambda: None) == 2.0


@pytest.mark.parametrize("method", ["read", "copy", "triad"])
def test_a_pass_that_leaves_out_a_share_is_refused(bench, method, monkeypatch):
    made = getattr(staircase, f"{method}_pass")

    def lazy(base, how):
        return made(base, staircase.replace(how, share=how.share - how.share // 8))

    monkeypatch.setattr(staircase, f"{method}_pass", lazy)
    with pytest.raises((CheckFailed, RuntimeError)):
        staircase.KERNELS[method](bench, 2**16)


def test_sets_that_do_not_fit_are_told(bench):
    with pytest.raises(Unsupported, match="does not fit the read buffer"):
        staircase.read_kernel(bench, 4 * BUFFER)
    with pytest.raises(Unsupported, match="too few for"):
        repeated.plan(bench, "triad", 64)


def test_the_sizes_are_steps_of_four_and_the_caches(bench, monkeypatch):
    monkeypatch.setattr(staircase.machine, "caches", lambda: {"L1d": 49152, "L3": 2**40})
    assert staircase.sizes(bench, 2**15, 2**21) == [2**15, 49152, 2**17, 2**19, 2**21]


@pytest.mark.parametrize("name", FORMATS)
def test_a_product_that_is_wrong_in_one_column_is_refused(bench, name):
    form = compute.FORMATS[name]
    left, right, _ = compute.operands(bench, form, 64)

    def wrong(a, b, out):
        form.multiply(a, b, out)
        out[:, 7] += 3 if form.result == torch.int32 else 3.0
        return out

    broken = compute.Format(form.operand, form.result, wrong, form.tolerance, form.by_columns)
    with pytest.raises(CheckFailed):
        compute.check_product(bench, broken, left, right)
    compute.check_product(bench, form, left, right)


def test_a_product_left_unwritten_is_refused(bench):
    form = compute.FORMATS["float32"]
    lazy = compute.Format(form.operand, form.result, lambda left, right, out: out, form.tolerance)
    with pytest.raises(CheckFailed):
        compute.check_product(bench, lazy, *compute.operands(bench, form, 64)[:2])


def test_formats_without_a_product_are_told(bench, monkeypatch):
    with pytest.raises(Unsupported, match="TF32 needs an NVIDIA GPU"):
        compute.matmul_kernel(bench, "tf32")
    with pytest.raises(Unsupported, match="captured graph"):
        launch.graph_kernel(bench)

    def absent(*_):
        raise NotImplementedError("no kernel for this")

    form = compute.FORMATS["int8"]
    monkeypatch.setitem(compute.FORMATS, "int8", compute.Format(form.operand, form.result, absent, 0))
    with pytest.raises(Unsupported, match="no int8 product for this device: no kernel"):
        compute.matmul_kernel(bench, "int8")
    monkeypatch.setattr(compute, "fastest", lambda bench, run: 1.0)
    with pytest.raises(Unsupported, match="only emulates float32"):
        compute.matmul_kernel(bench, "float32")


def test_tf32_is_set_inside_and_put_back(bench):
    settings = torch.backends.cuda.matmul
    with pytest.raises(ZeroDivisionError), compute.tf32():
        assert settings.fp32_precision == "tf32"
        assert settings.allow_tf32  # the older way to ask, which raises where the two disagree
        _ = 1 / 0
    assert settings.fp32_precision != "tf32"
    assert not settings.allow_tf32


def test_the_captured_additions_add_up_and_begin_anew(bench):
    start, step = torch.tensor([2.0]), torch.tensor([0.5])
    total = torch.full((1,), float("nan"))
    for _ in range(2):
        launch.add_in_a_row(start, step, total)
        assert total.item() == 2 + launch.CAPTURED / 2


def flop_of(run) -> int:
    """FLOP of the products in a call, as torch counts them."""
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        run()
    return counter.get_total_flops()


@pytest.mark.parametrize("rows", [1, 5])
def test_the_sweep_counts_what_torch_is_handed(bench, rows):
    (case,) = intensity.intensity(bench, rows=(rows,), formats=("bfloat16",), d_in=96, d_out=64)
    kernel = case.prepare()
    assert flop_of(kernel.run) == kernel.work.flop
    with Moved() as moved:
        kernel.run()
    assert moved.bytes == kernel.work.bytes
    assert kernel.parameters["working_set_bytes"] == BUFFER // (96 * 64 * 2) * 96 * 64 * 2


def test_the_sweep_goes_round_all_weights(bench, monkeypatch):
    seen = []
    real = intensity.multiply
    monkeypatch.setattr(
        intensity, "multiply", lambda x, weight, out: (seen.append(weight.data_ptr()), real(x, weight, out))[1]
    )
    (case,) = intensity.intensity(bench, rows=(2,), formats=("float32",), d_in=128, d_out=128)
    kernel = case.prepare()
    seen.clear()
    for _ in range(16):
        kernel.run()
    assert len(set(seen)) == 16 == BUFFER // (128 * 128 * 4)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_a_sweep_with_a_row_left_out_is_refused(bench, dtype, monkeypatch):
    real = intensity.multiply
    monkeypatch.setattr(intensity, "multiply", lambda x, weight, out: (real(x[:-1], weight, out[:-1]), out)[1])
    for case in intensity.intensity(bench, rows=(4,), formats=(dtype,), d_in=96, d_out=64):
        with pytest.raises(CheckFailed):
            case.prepare()


def test_weights_larger_than_the_buffer_are_told(bench):
    (case,) = intensity.intensity(bench, rows=(1,), formats=("float32",), d_in=2048, d_out=2048)
    with pytest.raises(Unsupported, match="holds no weight of 2048 x 2048"):
        case.prepare()


@pytest.mark.parametrize("name", ["gemv", "softmax", "attention-decode", "attention-prefill"])
def test_the_kernels_count_what_torch_is_handed(bench, name):
    kernel = kernels.MADE[name](bench, torch.float32, **TOY_KERNELS[name])
    with Moved() as moved:
        kernel.run()
    extra = 0
    if "attention" in name:  # torch's processor kernel also returns a float32 a query for its backward pass
        extra = moved.bytes - kernel.work.bytes
        assert extra in (0, 4 * HEADS["heads"] * TOY_KERNELS[name].get("tokens", 1))
    assert moved.bytes == kernel.work.bytes + extra


def test_attention_counts_every_pair_that_the_mask_leaves():
    tokens, pairs = 21, torch.ones(21, 21).tril().sum().item()
    wanted = (
        pairs * HEADS["heads"] * HEADS["head_dim"] * 2 * 2
    )  # scores and weighted sum, a multiplication and an addition
    assert count_kernels.attention_prefill(4, 2, 16, tokens, 2).flop == wanted
    assert count_kernels.attention_decode(4, 2, 16, tokens, 2).flop == 21 * 4 * 16 * 4


def test_counts_of_kernels_by_hand():
    assert vars(count_kernels.product(3, 5, 7, 2)) == {"bytes": 2 * (35 + 15 + 21), "flop": 210, "tokens": 0}
    assert count_kernels.product(2, 2, 2, 1, 4).bytes == 4 + 4 + 16
    assert vars(count_kernels.triad(10, 4)) == {"bytes": 120, "flop": 20, "tokens": 0}
    assert vars(count_kernels.rms_norm(2, 3, 4)) == {"bytes": 4 * 15, "flop": 24, "tokens": 0}
    assert vars(count_kernels.softmax(2, 3, 4)) == {"bytes": 48, "flop": 30, "tokens": 0}
    assert vars(count_kernels.fma_chain(10, 4, 16, 8)) == {"bytes": 80, "flop": 390, "tokens": 0}


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("name", TOY_KERNELS)
def test_a_wrong_kernel_is_refused(bench, name, dtype, monkeypatch):
    make = partial(kernels.MADE[name], bench, dtype, **TOY_KERNELS[name])
    make()
    attend = kernels.F.scaled_dot_product_attention
    if name == "attention-prefill":  # the mask forgotten
        broken = lambda q, k, v, is_causal, enable_gqa: attend(q, k, v, enable_gqa=True)  # noqa: E731
        monkeypatch.setattr(kernels.F, "scaled_dot_product_attention", broken)
    elif name == "attention-decode":  # the last token forgotten
        broken = lambda q, k, v, enable_gqa: attend(q, k[:, :, :-1], v[:, :, :-1], enable_gqa=True)  # noqa: E731
        monkeypatch.setattr(kernels.F, "scaled_dot_product_attention", broken)
    elif name == "gemv":
        mv = torch.mv
        monkeypatch.setattr(torch, "mv", lambda matrix, vector: mv(matrix[:, :-1], vector[:-1]))
    elif name == "softmax":
        softmax = torch.softmax
        monkeypatch.setattr(torch, "softmax", lambda x, axis, out: softmax(x, axis, out=out).mul_(0.97))
    else:
        norm = kernels.F.rms_norm
        monkeypatch.setattr(kernels.F, "rms_norm", lambda x, size, gain, small: norm(x, size, None, small))
    with pytest.raises(CheckFailed):
        make()


def test_operands_larger_than_the_buffer_are_told(bench):
    with pytest.raises(Unsupported, match="holds no operands"):
        kernels.gemv(bench, torch.float32, 1024, 1024)


@pytest.mark.parametrize("count", fma.FMA)
def test_a_chain_holds_as_many_multiplications_and_additions_as_are_counted(count):
    seen = []

    class Watch(TorchDispatchMode):
        def __torch_dispatch__(self, function, types, args=(), kwargs=None):
            seen.append(function.overloadpacket.__name__)
            return function(*args, **(kwargs or {}))

    ones = torch.ones(4)
    with Watch():
        fma.chain(ones, count)
    assert seen.count("mul") == count
    assert len(seen) == count_kernels.fma_chain(1, 4, count, fma.chains_of(count)).flop


def test_chains_verify_and_rotate(bench, eager):
    for case in fma.fma(bench, counts=(1, 9), formats=("float32", "bfloat16"), part=2**14):
        assert_sound(case)
        assert case.prepare().parameters["compile_seconds"] >= 0


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("count", [1, 16, 64])
def test_a_chain_that_is_one_short_is_refused(bench, dtype, count):
    def run(x, out, short=0):
        out.copy_(fma.chain(x.float(), count - short))

    target = torch.empty(2**14, dtype=dtype)
    fma.check_chain(bench, run, dtype, count, target)
    if dtype == torch.float32:
        with pytest.raises(CheckFailed):
            fma.check_chain(bench, partial(run, short=1), dtype, count, target)
    with pytest.raises(CheckFailed, match="unwritten"):
        fma.check_chain(bench, lambda x, out: out[1:].copy_(fma.chain(x, count)[1:]), dtype, count, target)


def test_a_machine_without_a_compiler_is_told_once(bench, monkeypatch):
    calls = []

    def missing(body, **_):
        calls.append(1)
        raise RuntimeError("No working C++ compiler found")

    monkeypatch.setattr(torch, "compile", missing)
    for case in fma.fma(bench, counts=(1, 4), part=2**14):
        with pytest.raises(Unsupported, match="No working C"):
            case.prepare()
    assert len(calls) == 1


@pytest.mark.skipif(not hasattr(__import__("signal"), "setitimer"), reason="this system has no alarms")
def test_a_compiler_that_takes_for_ever_is_cut_off(bench, monkeypatch):
    monkeypatch.setattr(fma, "LONGEST", 0.2)
    monkeypatch.setattr(torch, "compile", lambda body, **_: lambda *_: time.sleep(30))
    (case,) = fma.fma(bench, counts=(1,), part=2**14)
    start = time.perf_counter()
    with pytest.raises(Unsupported, match=r"took over 0\.2 s"):
        case.prepare()
    assert time.perf_counter() - start < 5


def test_chains_longer_than_the_buffer_are_told(bench):
    (case,) = fma.fma(bench, counts=(1,), part=2**20)
    with pytest.raises(Unsupported, match="does not hold"):
        case.prepare()


def test_a_triad_with_another_factor_is_refused(bench, monkeypatch):
    bandwidth.check_triad(bench)
    add = torch.add
    monkeypatch.setattr(torch, "add", lambda left, right, alpha, out: add(left, right, alpha=alpha * 1.001, out=out))
    with pytest.raises(CheckFailed):
        bandwidth.check_triad(bench)


def test_the_triad_leaves_the_buffer_as_it_was(bench):
    before = bench.buffer().clone()
    kernel = bandwidth.triad_kernel(bench)
    for _ in range(bandwidth.CHUNKS + 1):
        kernel.run()
    assert torch.equal(before.view(torch.int16), bench.buffer().view(torch.int16))


def test_nan_in_a_result_is_an_error_that_no_tolerance_allows():
    wanted = torch.tensor([1.0, 1.0], dtype=torch.float64)
    with pytest.raises(CheckFailed):
        Check("two ones", relative_to_largest(torch.tensor([1.0, float("nan")]), wanted), tolerance=1e9)
    assert exact(torch.ones(1)).dtype == torch.float64
