"""What the KV cache saves: one more token by a pass over the whole sequence, or over the newest token alone."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from generators.measure.batched import Plan
from generators.measure.bench import Bench
from generators.measure.cases.prefill import pass_kernel
from generators.measure.plan import Case, Kernel
from generators.measure.shared_model import SharedModel

CONTEXTS = (16, 32, 64, 128, 256, 512, 1024, 2048)


def cache(
    bench: Bench, models: list[str] | None = None, dtype: str = "bfloat16", contexts: list[int] | None = None
) -> list[Case]:
    """Two workloads per model and context, which here counts the newest token too: both attend to the same tokens."""
    cases = []
    for model in models or (["30M", "0.1B"] if bench.is_cpu else ["0.1B", "1.1B"]):
        pairs = [
            (name, Plan(1, new, length - new, keeps=keeps))
            for length in contexts or CONTEXTS
            for name, new, keeps in (("step-without-cache", length, False), ("step-with-cache", 1, True))
        ]
        shared = SharedModel(bench, model, dtype, [plan for _, plan in pairs])
        cases += [
            Case(
                name,
                "workload",
                shared.parameters(plan) | {"batch": 1, "new_tokens": plan.new, "context": plan.capacity},
                partial(one_token, shared, plan),
            )
            for name, plan in pairs
        ]
    return cases


def one_token(shared: SharedModel, plan: Plan) -> Kernel:
    """A pass that yields one token, however many it goes over."""
    kernel = pass_kernel(shared, plan)
    return replace(kernel, work=replace(kernel.work, tokens=1))
