"""A number printed beside a formula is that formula's value: the TeX of the page is evaluated with the page's inputs."""

import re

import pytest

from generators.core import units
from generators.formulas import FORMULAS
from generators.model import parameters
from generators.numbers.registry import printed

A100, H100, H200, L2, L3 = "a100-sxm4-80gb", "h100-sxm5-80gb", "h200-sxm", "llama-2-7b", "llama-3.1-8b"
CHIP = {"P": f"{A100}.peak-in-full", r"\beta": f"{A100}.bandwidth-in-full"}
RUNNING = {"P": f"{H200}.peak-in-full", r"\beta": f"{H200}.bandwidth-in-full"}
TWO, THREE = ({"W": f"{m}.bf16.streamed", "k": f"{m}.kv-per-token"} for m in (L2, L3))
CRITICAL = {r"T_{\text{crit}}": f"{H200}.critical-tokens.bf16"}


def shaped(model: str, *names: str, head: bool = False) -> dict[str, str]:
    """Symbols of a shape: N counts the layers' products, with the output head or without, as the page says."""
    return {name: f"shape {model} {name}{'+head' if head and name == 'N' else ''}" for name in names}


#: (chapter, formula, printed number, symbols).  Symbols are numbers of the book, parts of a shape, or plain values.
#: `scale` multiplies the formula's value where the page prints a multiple of it, `over` divides by a second value of it.
CASES = [
    (
        1,
        "intensity",
        f"prefill.{L3}.bf16.s4096.intensity",
        {"F": f"prefill.{L3}.bf16.s4096.flop", "Q": f"prefill.{L3}.bf16.s4096.bytes"},
    ),
    (
        1,
        "decode-time",
        f"decode.{L3}.bf16.{H200}.b1.s1.time",
        RUNNING | THREE | {"B": 1, "S": 1, "F": f"decode.{L3}.bf16.b1.s1.flop", "t_o": 0},
    ),
    (7, "effective-bits", "mxfp4.effective-bits", {"n_w": 4 / 8, "n_s": 8 / 8, "g": 32}),
    (7, "effective-bits", "int4-g128-bf16.effective-bits", {"n_w": 4 / 8, "n_s": 32 / 8, "g": 128}),
    (1, "matrix-intensity", f"{H200}.ridge-point", {"T": f"{H200}.critical-tokens.bf16", "b": 2}),
    (1, "expected-experts", "mixtral-8x7b.expert-share.b16", {"k_E": 2, "E": 8, "B": 16}),
    (2, "kv-per-token", f"{L3}.kv-per-token", shaped(L3, "H_{kv}", "d_h", "L") | {"b": 2}),
    (2, "kv-per-token", "falcon-7b.kv-per-token", shaped("falcon-7b", "H_{kv}", "d_h", "L") | {"b": 2}),
    (2, "kv-of-context", f"{L2}.kv.s2048", TWO | {"B": 1, "S": 2048}),
    (2, "step-with-cache", f"decode.{L3}.bf16.{H200}.b1.s4096.time", RUNNING | THREE | {"S": 4096}),
    (
        2,
        "step-without-cache",
        f"prefill.{L3}.bf16.{H200}.s4096.time",
        RUNNING | THREE | shaped(L3, "N", "L", "H", "d_h") | {"S": 4096},
    ),
    (2, "kv-naive", "deepseek-v3.kv-per-token-naive", shaped("deepseek-v3", "d", "H_{kv}", "H", "L") | {"b": 2}),
    (2, "full-step", f"full-step.{A100}", CHIP | {"C": f"{A100}.capacity"}),
    (2, "wasted-share", "paging.waste.16", {"s_b": 16, r"\bar{S}": "paging.held.16"}),
    (
        2,
        "shared-prefix",
        f"prefix.{L3}.b32.p2048.s512.kept",
        {"S_p": 2048, "S_o": 512, "B": 32, "scale": f"{L3}.kv-per-token"},
    ),
    (
        2,
        "break-even-link",
        f"break-even-link.{L3}.bf16.{H200}.s4096",
        RUNNING | THREE | shaped(L3, "N", "L", "H", "d_h") | {"S": 4096},
    ),
    (3, "critical-tokens", f"{A100}.critical-tokens.fp16", {r"I_{\text{ridge}}": f"{A100}.ridge-point", "b": 2}),
    (
        3,
        "critical-tokens",
        f"{A100}.critical-tokens.int4-g128",
        {r"I_{\text{ridge}}": f"{A100}.ridge-point", "b": "int4-g128.effective-bits"},
    ),
    (
        3,
        "first-token",
        f"prefill.{L3}.bf16.{H200}.s4096.time",
        RUNNING | THREE | shaped(L3, "N", "L", "H", "d_h") | {"T": 4096, "t_q": 0},
    ),
    (3, "attention-parity", f"{L3}.attention-parity", shaped(L3, "N", "L", "H", "d_h")),
    (
        3,
        "mixed-pass",
        f"landing.{L3}.bf16.{H200}.b32.s2048.p8192.whole.before",
        RUNNING | THREE | shaped(L3, "N", head=True) | {"B": 32, "S": 2048, "c": 0},
    ),
    (
        3,
        "free-tokens",
        f"free-tokens.{L3}.bf16.{H200}.b32.s2048",
        THREE | {r"T_{\text{crit}}": f"{H200}.critical-tokens.bf16", "B": 32, "S": 2048},
    ),
    (3, "mixture-critical-tokens", f"mixtral-8x7b.bf16.{H200}.mixture-critical-tokens", CRITICAL | {"E": 8, "k_E": 2}),
    (3, "token-cost", f"token-cost.{L3}.bf16.{H200}.b1.s2048", CRITICAL | THREE | {"B": 1, "S": 2048}),
    (3, "token-cost", f"token-cost.{L3}.bf16.{H200}.b32.s2048", CRITICAL | THREE | {"B": 32, "S": 2048}),
    (
        3,
        "move-time",
        f"move.{L2}.connectx-7-port.s32768",
        TWO | {"S": 32768, r"\beta_{\text{link}}": "quoted.connectx-7-port"},
    ),
    (
        4,
        "batch-rate",
        f"batch-gain.{L3}.bf16.{H200}.b32.s8192",
        RUNNING | THREE | shaped(L3, "N", head=True) | {"B": 32, "S": 8192, "over": {"B": 1}},
    ),
    (4, "balance-batch", f"{L3}.bf16.balance-batch.s2048", THREE | {"S": 2048}),
    (
        4,
        "memory-gain",
        f"{L3}.bf16.gain-at-balance.s4096",
        {
            "B": f"{L3}.bf16.balance-batch.s4096",
            "B^{*}": f"{L3}.bf16.balance-batch.s4096",
            "scale": f"1/{L3}.bf16.balance-batch.s4096",
        },
    ),
    (
        4,
        "memory-slowdown",
        f"batch-slowdown.{L3}.bf16.{H200}.b32.s8192",
        {"B": 32, "B^{*}": f"{L3}.bf16.balance-batch.s8192"},
    ),
    (
        4,
        "ceiling-by-parts",
        f"{L2}.bf16.intensity-ceiling.s2048",
        TWO | shaped(L2, "N", head=True) | {"S": 2048, r"I_{\text{att}}": f"{L2}.attention-intensity"},
    ),
    (
        4,
        "ceiling-by-parts",
        f"{L3}.bf16.intensity-ceiling.s2048",
        THREE | shaped(L3, "N", head=True) | {"S": 2048, r"I_{\text{att}}": f"{L3}.attention-intensity"},
    ),
    (
        4,
        "turning-context",
        f"{L3}.bf16.{H200}.turning-context",
        THREE | shaped(L3, "N", head=True) | {r"I_{\text{ridge}}": f"{H200}.ridge-point"},
    ),
    (
        4,
        "turning-context",
        f"{L2}.bf16.{H200}.turning-context",
        TWO | shaped(L2, "N", head=True) | {r"I_{\text{ridge}}": f"{H200}.ridge-point"},
    ),
    (4, "occupied-share", "static-occupied.16", {r"\bar{A}": 1, r"\bar{A}_{\max}": sum(1 / i for i in range(1, 17))}),
    (4, "tokens-per-expert", "mixtral-8x7b.tokens-per-expert.b16", {"B": 16, "E": 8, "k_E": 2}),
    (4, "tokens-per-expert", "deepseek-v3.tokens-per-expert.b256", {"B": 256, "E": 256, "k_E": 8}),
    (8, "accepted-tokens", "accepted.7.4", {r"\alpha": 0.7, r"\gamma": 4}),
    (8, "speculative-gain", "accepted.6.2.c10", {r"\bar{a}": "accepted.6.2", r"\gamma": 2, "c_d": 0.1, "c_v": 1}),
]
#: A printed number that is the last whole one at which a formula keeps below a value: (chapter, formula, number, symbol, symbols, value).
LAST = [
    (
        2,
        "step-without-cache",
        f"without-cache-turns.{L3}.bf16.{H200}",
        "S",
        RUNNING | THREE | shaped(L3, "N", "L", "H", "d_h"),
        "W/β",
    ),
    (
        4,
        "memory-slowdown",
        f"batch-within.{L3}.bf16.{H200}.s128.10",
        "B",
        {"B^{*}": f"{L3}.bf16.balance-batch.s128"},
        1.1,
    ),
    (
        4,
        "memory-slowdown",
        f"batch-within.{L3}.bf16.{H200}.s2048.10",
        "B",
        {"B^{*}": f"{L3}.bf16.balance-batch.s2048"},
        1.1,
    ),
    (
        4,
        "memory-slowdown",
        f"batch-within.{L3}.bf16.{H200}.s8192.10",
        "B",
        {"B^{*}": f"{L3}.bf16.balance-batch.s8192"},
        1.1,
    ),
]
#: Formulas with no number of their own beside them, and why.
WITHOUT = {
    "attainable": "drawn",
    "knee": "fitted: the page prints its parameters",
    "slow-down": "solved for the context at which it is two, below",
    "prefill-share": "the table counts attention as well, and says so",
}


def value(tex: str, symbols: dict[str, float]) -> float:
    """The right-hand side of a formula as printed, with these values."""
    text = re.split(r"=|\\approx|\\ge", tex, maxsplit=1)[1]
    names = sorted(symbols, key=len, reverse=True)
    for at, name in enumerate(names):
        text = re.sub(rf"(?<![A-Za-z\\]){re.escape(name)}(?![A-Za-z_{{])", f"@{at}@", text)
    text = text.replace(r"\left(", "(").replace(r"\right)", ")").replace(r"\,", "*").replace(r"\cdot", "*")
    text = text.replace(r"\max", "max").replace(r"\min", "min").replace(",\\ ", ",")
    while (found := re.sub(r"\\frac\{([^{}]*)\}\{([^{}]*)\}|\^\{([^{}]*)\}", _fraction_or_power, text)) != text:
        text = found
    assert "\\" not in text and "{" not in text, f"{tex}: {text} is left of it"
    return eval(re.sub(r"@(\d+)@", lambda m: f"({symbols[names[int(m[1])]]!r})", text))  # a formula of our own


def _fraction_or_power(found: re.Match[str]) -> str:
    return f"**({found[3]})" if found[3] else f"(({found[1]})/({found[2]}))"


@pytest.fixture
def known(numbers):
    """The value of a symbol, in base units."""

    def of(symbol: object) -> float:
        if not isinstance(symbol, str):
            return float(symbol)
        if symbol.startswith("shape "):
            _, model, name = symbol.split()
            return _of_shape(numbers.shape(model), name)
        return 1 / numbers[symbol[2:]].value if symbol.startswith("1/") else numbers[symbol].value

    return of


def _of_shape(shape, name: str) -> float:
    if name.startswith("N"):
        products = parameters.active_linear_parameters(shape)
        return (products + (parameters.head_parameters(shape) if name == "N+head" else 0)).value
    field = {"L": "layers", "d": "d_model", "H": "heads", "H_{kv}": "kv_heads", "d_h": "head_dim"}[name]
    return getattr(shape, field).value


def page(root, chapter: int) -> str:
    return next((root / "docs").glob(f"{chapter:02}_*.md")).read_text(encoding="utf-8")


@pytest.mark.parametrize(("chapter", "formula", "id_", "symbols"), CASES, ids=lambda v: v if isinstance(v, str) else "")
def test_a_number_beside_a_formula_is_its_value(root, numbers, known, chapter, formula, id_, symbols):
    text = page(root, chapter)
    shown = re.search(rf"\[([^\]]+)\]\(reference/numbers\.md#{re.escape(id_)}\)", text)
    assert f"<!-- formula: {formula} -->" in text and shown, f"chapter {chapter} no longer prints {id_}"
    given = {name: known(one) for name, one in symbols.items() if name not in ("scale", "over")}
    found = value(FORMULAS[formula], given)
    if "over" in symbols:
        found /= value(FORMULAS[formula], given | symbols["over"])
    found *= known(symbols.get("scale", 1))
    quantity, family = numbers[id_], numbers._find(id_)[0]
    assert printed(units.Quantity(found, quantity.dims), family) == shown[1]


@pytest.mark.parametrize(("chapter", "formula", "id_", "symbol", "symbols", "most"), LAST)
def test_a_number_that_a_formula_is_solved_for_is_the_last_that_keeps_it(
    root, numbers, known, chapter, formula, id_, symbol, symbols, most
):
    assert f"#{id_})" in page(root, chapter)
    given = {name: known(one) for name, one in symbols.items()}
    limit = given["W"] / given[r"\beta"] if most == "W/β" else most
    last, next_ = (value(FORMULAS[formula], given | {symbol: numbers[id_].value + more}) for more in (0, 1))
    assert last <= limit < next_


def test_a_step_takes_twice_as_long_at_the_printed_context(numbers, known):
    for model, of in ((L2, TWO), (L3, THREE)):
        given = {name: known(one) for name, one in of.items()} | {
            "B": 1,
            "S": numbers[f"{model}.bf16.half-rate-context"].value,
        }
        assert value(FORMULAS["slow-down"], given) == pytest.approx(2.0)


def test_every_formula_of_the_chapters_is_evaluated_or_says_why_not(root):
    for chapter in sorted(int(path.name[:2]) for path in (root / "docs").glob("0?_*.md")):
        for name in re.findall(r"<!-- formula: (\S+) -->", page(root, chapter)):
            asked = {case[1] for case in (*CASES, *LAST) if case[0] == chapter}
            assert name in asked or name in WITHOUT, f"chapter {chapter}: {name} has no number to hold it to"


def test_a_number_that_is_not_the_formula_s_is_found():
    """The audit's: 66 sequences were printed where the formula gives 90."""
    assert value(FORMULAS["memory-slowdown"], {"B": 66.0, "B^{*}": 894.0}) < 1.08
    assert value(r"t = \max\left(\frac{2\, N}{P},\ x^{2} + 1\right)", {"N": 3.0, "P": 2.0, "x": 2.0}) == 5.0
