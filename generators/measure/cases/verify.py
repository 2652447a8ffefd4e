"""What it costs to verify drafts: k new tokens after a context in one pass, with the scores of all of them."""

from __future__ import annotations

from functools import partial

from generators.measure.batched import Plan
from generators.measure.bench import Bench
from generators.measure.cases.prefill import pass_kernel
from generators.measure.plan import Case
from generators.measure.shared_model import SharedModel

NEW_TOKENS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)


def verify(
    bench: Bench,
    model: str | None = None,
    dtype: str = "bfloat16",
    context: int = 512,
    batch: int = 1,
    new_tokens: list[int] | None = None,
) -> list[Case]:
    """One workload per number of new tokens; one of them is a plain decode step."""
    plans = [Plan(batch, new, context, logits=new) for new in new_tokens or NEW_TOKENS]
    shared = SharedModel(bench, model or ("0.4B" if bench.is_cpu else "8B"), dtype, plans)
    return [
        Case(
            "verify",
            "workload",
            shared.parameters(plan) | {"batch": batch, "new_tokens": plan.new, "context": context},
            partial(pass_kernel, shared, plan),
        )
        for plan in plans
    ]
