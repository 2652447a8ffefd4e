"""What a measured case must hold so that the book can compute with it, by the case's name."""

from collections.abc import Callable

DTYPES = ("float32", "bfloat16", "float16")
Rule = tuple[Callable[[object], bool], str]  # whether a value will do, and in words what would
Needs = tuple[str, dict[str, Rule], tuple[str, ...]]


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


POSITIVE: Rule = (lambda value: _is_number(value) and 0 < value <= 1e15, "a number above zero")
COUNT: Rule = (lambda value: _is_number(value) and 0 <= value <= 1e15, "a number of zero or more")
PARAMETERS: Rule = (lambda value: _is_number(value) and 1 <= value <= 1e15, "a number from 1 to 1e15")
CONTEXT: Rule = (lambda value: _is_number(value) and 0 <= value <= 1e9, "a number from 0 to 1e9")  # a mean over steps
COUNT_OR_NONE: Rule = (lambda value: value is None or COUNT[0](value), COUNT[1])
TRUTH: Rule = (lambda value: isinstance(value, bool), "true or false")
WORD: Rule = (lambda value: isinstance(value, str) and 0 < len(value) <= 60, "a word")
DTYPE: Rule = (lambda value: value in DTYPES, f"one of {', '.join(DTYPES)}")
SIZE: Rule = (
    lambda value: _is_number(value) and 1 <= value <= 1e9 and value == int(value),
    "a whole number from 1 to 1e9",
)
SHAPE = dict.fromkeys(["layers", "d_model", "heads", "kv_heads", "head_dim", "d_ff", "vocab"], SIZE)
MODEL = SHAPE | {"dtype": DTYPE, "batch": SIZE, "context": CONTEXT}
MOVED = ("bytes", "flop", "tokens")

#: By case name: its kind, its parameters, and the work that cannot be zero.
NEEDS: dict[str, Needs] = {
    "read-bandwidth": ("ceiling", {"method": WORD}, ("bytes",)),
    "matmul-peak": ("ceiling", {"dtype": WORD}, ("flop",)),
    "product-by-size": ("ceiling", {"matrix_bytes": POSITIVE, "dtype": DTYPE}, ("bytes",)),
    "step-overhead": ("ceiling", SHAPE | {"dtype": DTYPE, "mode": WORD}, ()),
    "rows-sweep": ("workload", {"dtype": DTYPE, "rows": SIZE, "d_in": SIZE, "d_out": SIZE}, ("bytes", "flop")),
    "decode": (
        "workload",
        MODEL | {"parameters": PARAMETERS, "tied": TRUTH, "aten_ops_per_step": COUNT_OR_NONE},
        MOVED,
    ),
    "decode-batch": ("workload", MODEL | {"model": WORD}, MOVED),
    "decode-context": ("workload", MODEL | {"attention": WORD}, MOVED),
    "prefill": ("workload", SHAPE | {"model": WORD, "dtype": DTYPE, "tokens": SIZE}, MOVED),
    "verify": ("workload", MODEL | {"model": WORD, "new_tokens": SIZE}, MOVED),
    "step-with-cache": ("workload", MODEL | {"model": WORD}, MOVED),
    "step-without-cache": ("workload", MODEL | {"model": WORD}, MOVED),
    "interference": (
        "workload",
        SHAPE
        | {
            "policy": WORD,
            "batch": SIZE,
            "cached": CONTEXT,
            "prompt_tokens": SIZE,
            "step": COUNT,
            "decode_tokens": COUNT,
            "prefill_tokens": COUNT,
            "dtype": DTYPE,
        },
        ("bytes", "flop"),
    ),
    "serving": (
        "workload",
        {"policy": WORD, "load": POSITIVE, "batch": SIZE, "requests": SIZE, "metric": WORD, "dtype": DTYPE},
        (),
    ),
}
