"""Prefill: a prompt in one pass over an empty cache, with the scores of its last token only."""

from __future__ import annotations

from functools import partial

from generators.measure.batched import Plan
from generators.measure.bench import Bench
from generators.measure.graphs import mode, timed
from generators.measure.plan import Case, Kernel
from generators.measure.sdpa import choose
from generators.measure.shared_model import SharedModel

TOKENS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096)


def prefill(
    bench: Bench, model: str | None = None, dtype: str = "bfloat16", tokens: list[int] | None = None
) -> list[Case]:
    """One workload per length of the prompt; FLOP are those of causal attention, each pair of tokens once.

    On a processor the longest prompt is left out unless asked for: compute is long saturated, and
    one pass would take seconds.
    """
    plans = [Plan(1, length, 0) for length in tokens or (TOKENS[:-1] if bench.is_cpu else TOKENS)]
    shared = SharedModel(bench, model or ("0.4B" if bench.is_cpu else "8B"), dtype, plans)
    return [
        Case(
            "prefill",
            "workload",
            shared.parameters(plan) | {"batch": 1, "tokens": plan.new, "context": 0},
            partial(pass_kernel, shared, plan),
        )
        for plan in plans
    ]


def pass_kernel(shared: SharedModel, plan: Plan) -> Kernel:
    """One repetition is one pass over the same random tokens."""
    made = shared.ready(plan)
    tokens = shared.tokens(plan.batch, plan.new)
    backend = choose(shared.bench, made, partial(made.hidden, tokens, plan.context, (0,), plan.keeps))
    method = made.choose_product(shared.bench, tokens, plan.context, plan.keeps)
    check = shared.check(plan, made)
    run = partial(made.forward, tokens, plan.context, plan.logits, plan.keeps)
    return timed(
        shared.bench,
        run,
        shared.work(plan),
        check,
        backend | {"method": f"{method}, fused attention, {mode(shared.bench)}"},
    )
