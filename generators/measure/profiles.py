"""Which stages a profile runs, in the order of their worth, so that a cut run still holds the ceilings.  No torch here."""

from __future__ import annotations

from dataclasses import replace

from generators.measure.plan import ROUNDS, Stage

MEMORY = Stage("memory", "bandwidth:memory", expected_seconds=12)
PRODUCTS = Stage("products by size", "bandwidth:products", expected_seconds=9)
COMPUTE = Stage("compute", "compute:compute", expected_seconds=10)
SMALL = ["0.1B", "0.4B", "1.1B"]
THREE = ["eager", "graph", "compiled graph"]  # ways to run a step on CUDA
ONE = {"dtypes": ["bfloat16"]}
BOUNDS = ("memory", "compute", "products by size", "issuing a step")  # stages of the ceilings that bound a workload
#: Seconds that the rest of `full` is planned with on a GPU, most worth first; what does not fit any more is left out.
GPU_PLAN = {
    "prefill": 20,
    "batch by context": 35,
    "context by attention": 20,
    "with and without cache": 12,
    "verifying drafts": 12,
    "rows against one weight": 12,
    "caches and memory": 12,
    "kernels": 10,
    "weights in fewer bits": 20,
    "serving": 30,
    "interference": 20,
    "timeline": 8,
    "fused chains": 25,
    "attention back ends": 20,
    "query heads per key": 8,
    "pruned weights": 12,
    "chains of multiply-adds": 30,
}


def overhead(modes: list[str], seconds: float, **more: object) -> Stage:
    """Issuing a step in some modes; each compiled one is compiled at two depths."""
    return Stage("issuing a step", "decode:overhead", {"modes": modes, **more}, expected_seconds=seconds)


def decode(
    dtype: str,
    sizes: list[str],
    seconds: float,
    modes: tuple[str, ...] | list[str] = ("eager",),
    optional: bool = False,
    rounds: int = ROUNDS,
) -> Stage:
    """Decode of some model sizes in one number format, every mode of a size by the same model."""
    reported = "" if tuple(modes) == ("eager",) else f", {', '.join(modes)}"
    sized = sizes[0] if len(sizes) == 1 else f"{sizes[0]} to {sizes[-1]}"
    settings = {"dtype": dtype, "sizes": sizes, "modes": list(modes)}
    return Stage(f"decode in {dtype}{reported}, {sized}", "decode:decode", settings, seconds, optional, rounds)


def quick(kind: str) -> list[Stage]:
    """The small suite: ceilings, then decode of three models."""
    first, second = ("bfloat16", "float32") if kind != "cpu" else ("float32", "bfloat16")
    two = Stage("compute", "compute:compute", {"formats": ["float32", "bfloat16"]}, expected_seconds=6)
    if kind in ("cuda", "rocm"):
        return [
            MEMORY,
            decode(first, ["8B"], 5, THREE[:2]),
            two,
            PRODUCTS,
            overhead(THREE[:2], 4, **ONE),
            decode(first, SMALL, 8, THREE[:2], optional=True),
        ]
    return [
        MEMORY,
        decode(first, SMALL, 11),
        two,
        PRODUCTS,
        overhead(["eager"], 5),
        decode(second, SMALL, 7, optional=True),
    ]


def full(kind: str) -> list[Stage]:
    """Every case but the peers; on a GPU, where the time is dear, by worth."""
    if kind == "cpu":
        return [
            MEMORY,
            COMPUTE,
            PRODUCTS,
            overhead(["eager", "compiled"], 12),
            *_decodes(),
            *_sweeps(kind),
            *_served(kind),
            *_rooflines(),
            *_techniques(),
        ]
    largest = [decode("bfloat16", [size], seconds, THREE) for size, seconds in (("14B", 10), ("32B", 14))]
    return _by_worth(
        [
            MEMORY,
            COMPUTE,
            PRODUCTS,
            overhead(THREE, 14, **ONE),
            decode("bfloat16", ["8B"], 9, THREE),
            decode("bfloat16", [*SMALL, "3B"], 25, THREE),
            *largest,
            Stage("decode in fewer bits", "decode_quantised:decode_quantised", expected_seconds=25, optional=True),
            *_sweeps(kind),
            *_rooflines(),
            *_techniques(),
            *_served(kind),
        ]
    )


def _by_worth(stages: list[Stage]) -> list[Stage]:
    """Ceilings and decode as they come, then the rest in the order of `GPU_PLAN`, each left out where it does not fit."""
    first = [stage for stage in stages if stage.name not in GPU_PLAN]
    rest = {stage.name: stage for stage in stages}
    return first + [replace(rest[name], expected_seconds=seconds, optional=True) for name, seconds in GPU_PLAN.items()]


def _decodes() -> list[Stage]:
    """Batch-1 decode of all sizes that a processor takes, large ones in a stage of their own."""
    small, large = ["10M", "30M", *SMALL], ["3B", "8B"]
    return [
        decode("float32", small, 14),
        decode("bfloat16", small, 13),
        *(decode("bfloat16", [size], seconds, rounds=7) for size, seconds in zip(large, (17, 30), strict=True)),
        decode("bfloat16", ["10M", "0.1B", "0.4B"], 22, ["compiled"]),
    ]


def _served(kind: str) -> list[Stage]:
    """Passes over mixed batches; on a GPU at fewer loads, for its passes are issued one operation at a time."""
    slow = kind == "cpu"
    return [
        Stage("interference", "interference:interference", expected_seconds=20),
        Stage("serving", "serving:serving", {"loads": [0.5, 0.8, 0.95] if slow else [0.8]}, expected_seconds=45),
    ]


def _sweeps(kind: str) -> list[Stage]:
    """Batch, context, prompt, cache and draft length, one at a time; fewer points on a processor, which needs longer."""
    slow = kind == "cpu"
    batches = {"batches": [1, 4, 16, 64, 256]} if slow else {}
    tokens = {"tokens": [1, 4, 16, 64, 128, 256, 512, 1024, 2048]} if slow else {}
    contexts = {} if slow else {"model": "1B", "dtype": "bfloat16", "contexts": [512, 2048, 8192, 32768, 65536]}
    seconds = (85, 45, 30, 15, 18) if slow else (35, 15, 18, 20, 12)
    return [
        Stage("batch by context", "batch:decode_batch", batches, seconds[0], rounds=7),
        Stage("prefill", "prefill:prefill", tokens, seconds[1], rounds=7),
        Stage("with and without cache", "cache:cache", {}, seconds[2], rounds=7),
        Stage("context by attention", "context:decode_context", contexts, seconds[3], rounds=ROUNDS if slow else 7),
        Stage("verifying drafts", "verify:verify", {}, seconds[4], rounds=ROUNDS if slow else 7),
    ]


def _rooflines() -> list[Stage]:
    """The empirical roofline and the kernels under it."""
    return [
        Stage("rows against one weight", "intensity:intensity", expected_seconds=22, rounds=7),
        Stage("caches and memory", "staircase:staircase", expected_seconds=16, rounds=7),
        Stage("kernels", "kernels:kernels", expected_seconds=15),
        Stage("chains of multiply-adds", "fma:fma", expected_seconds=30, optional=True, rounds=7),
    ]


def _techniques() -> list[Stage]:
    """Ways to move fewer bytes, and where a step's time goes."""
    return [
        Stage("weights in fewer bits", "quantised:quantised_cases", expected_seconds=20),
        Stage("timeline", "timeline:timeline", expected_seconds=8),
        Stage("fused chains", "fusion:fusion_cases", expected_seconds=35, optional=True, rounds=7),
        Stage("attention back ends", "attention:attention", expected_seconds=18, optional=True, rounds=7),
        Stage("query heads per key", "attention:attention_heads", expected_seconds=8, optional=True),
        Stage("pruned weights", "pruned:pruned_cases", expected_seconds=12, optional=True),
    ]


def peers(kind: str) -> list[Stage]:
    """This suite beside others, in turns."""
    return [
        Stage("reads and copies in C", "peers:peers", expected_seconds=20),
        Stage("products called directly", "peers:products", expected_seconds=10),
        Stage("other programs", "peers:programs", expected_seconds=10),
    ]


#: Seconds after which optional stages are left out and rounds cut: on a processor, and on a GPU.
BUDGETS = {"quick": (85.0, 50.0), "full": (590.0, 450.0)}


def budget(profile: str, kind: str) -> float:
    """Seconds that a profile is to take on a kind of device; without end where nothing is planned."""
    slow, quick = BUDGETS.get(profile, (float("inf"), float("inf")))
    return slow if kind == "cpu" else quick


def patience(kind: str) -> float:
    """Seconds without a word after which a case is taken for stuck: on a GPU no case may take a quarter of the whole."""
    return 300.0 if kind == "cpu" else 120.0


PROFILES = {"quick": quick, "full": full, "peers": peers}


def stages(profile: str, kind: str) -> list[Stage]:
    """A profile's stages on a kind of device."""
    return PROFILES[profile](kind)


def everything(kind: str) -> list[Stage]:
    """All stages that exist, each once, the ceilings first: what `run NAME` picks from."""
    return full(kind) + peers(kind)
