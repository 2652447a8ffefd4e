"""Which stages a profile runs, in the order of their worth, so that a cut run still holds the ceilings.  No torch here."""

from __future__ import annotations

from dataclasses import replace

from generators.measure.plan import ROUNDS, Stage

MEMORY = Stage("memory", "bandwidth:memory", expected_seconds=9)
PRODUCTS = Stage("products by size", "bandwidth:products", expected_seconds=9)
COMPUTE = Stage("compute", "compute:compute", expected_seconds=9)
OVERHEAD = Stage("issuing a step", "decode:overhead", expected_seconds=5)
BOTH = Stage("issuing a step", "decode:overhead", {"modes": ["eager", "compiled"]}, expected_seconds=12)
GRAPHS = Stage("issuing a step", "decode:overhead", {"modes": ["eager", "graph"]}, expected_seconds=8)
SMALL = ["0.1B", "0.4B", "1.1B"]


BOUNDS = ("memory", "compute", "products by size", "issuing a step")  # stages of the ceilings that bound a workload
#: Seconds that the rest of `full` is planned with on a GPU, most worth first; what does not fit any more is left out.
GPU_PLAN = {
    "prefill": 20, "batch by context": 45, "context by attention": 20, "with and without cache": 12, "verifying drafts": 12,
    "rows against one weight": 12, "caches and memory": 12, "kernels": 10, "weights in fewer bits": 20, "serving": 45,
    "interference": 20, "timeline": 8, "fused chains": 25, "attention back ends": 20, "query heads per key": 8,
    "pruned weights": 12, "chains of multiply-adds": 30,
}  # fmt: skip


def decode(
    dtype: str, sizes: list[str], seconds: float, mode: str = "eager", optional: bool = False, rounds: int = ROUNDS
) -> Stage:  # fmt: skip
    """Decode of some model sizes in one number format."""
    told = "" if mode == "eager" else f", {mode}"
    sized = sizes[0] if len(sizes) == 1 else f"{sizes[0]} to {sizes[-1]}"
    settings = {"dtype": dtype, "sizes": sizes, "mode": mode}
    return Stage(f"decode in {dtype}{told}, {sized}", "decode:decode", settings, seconds, optional, rounds)


def quick(kind: str) -> list[Stage]:
    """The small suite: ceilings, then decode of three models."""
    first, second = ("bfloat16", "float32") if kind != "cpu" else ("float32", "bfloat16")
    two = Stage("compute", "compute:compute", {"formats": ["float32", "bfloat16"]}, expected_seconds=6)
    return [MEMORY, decode(first, SMALL, 11), two, PRODUCTS, OVERHEAD,
            decode(second, SMALL, 7, optional=True)]  # fmt: skip


def full(kind: str) -> list[Stage]:
    """Every case but the peers; on a GPU, where the time is dear, by worth."""
    stages = [
        MEMORY, COMPUTE, PRODUCTS, BOTH if kind == "cpu" else GRAPHS, *_decodes(kind), *_sweeps(kind),
        Stage("interference", "interference:interference", expected_seconds=20),
        Stage("serving", "serving:serving", {"loads": [0.5, 0.8, 0.95]}, expected_seconds=45),
        *_rooflines(), *_techniques(),
    ]  # fmt: skip
    return stages if kind == "cpu" else _by_worth(stages)


def _by_worth(stages: list[Stage]) -> list[Stage]:
    """Ceilings and decode as they come, then the rest in the order of `GPU_PLAN`, each left out where it does not fit."""
    first = [stage for stage in stages if stage.name not in GPU_PLAN]
    rest = {stage.name: stage for stage in stages}
    return first + [replace(rest[name], expected_seconds=seconds, optional=True) for name, seconds in GPU_PLAN.items()]


def _decodes(kind: str) -> list[Stage]:
    """Batch-1 decode of all sizes that fit, large ones in a process of their own."""
    small, large = ["10M", "30M", *SMALL], ["3B", "8B"]
    if kind == "cpu":
        return [
            decode("float32", small, 14), decode("bfloat16", small, 13),
            *(decode("bfloat16", [size], seconds, rounds=7) for size, seconds in zip(large, (17, 30), strict=True)),
            decode("bfloat16", ["10M", "0.1B", "0.4B"], 22, "compiled"),
        ]  # fmt: skip
    alone = [*large, "14B", "32B", "70B"]
    return [
        decode("bfloat16", small, 12), *(decode("bfloat16", [size], 8) for size in alone),
        decode("bfloat16", [*small, "3B"], 30, "graph"), decode("bfloat16", ["0.1B", "1.1B"], 60, "compiled"),
    ]  # fmt: skip


def _sweeps(kind: str) -> list[Stage]:
    """Batch, context, prompt, cache and draft length, one at a time; fewer points on a processor, which needs longer."""
    slow = kind == "cpu"
    batches = {"batches": [1, 4, 16, 64, 256]} if slow else {}
    tokens = {"tokens": [1, 4, 16, 64, 128, 256, 512, 1024, 2048]} if slow else {}
    contexts = {} if slow else {"model": "1B", "dtype": "bfloat16", "contexts": [512, 2048, 8192, 32768, 65536]}
    rounds = 7 if slow else ROUNDS
    return [
        Stage("batch by context", "batch:decode_batch", batches, 85, rounds=rounds),
        Stage("prefill", "prefill:prefill", tokens, 45, rounds=rounds),
        Stage("with and without cache", "cache:cache", {}, 30, rounds=rounds),
        Stage("context by attention", "context:decode_context", contexts, 15),
        Stage("verifying drafts", "verify:verify", {}, 18),
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
