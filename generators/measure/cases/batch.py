"""Decode of many sequences at once: one new token each, over contexts of a few lengths."""

from __future__ import annotations

from functools import partial

import torch

from generators.measure.batched import Plan
from generators.measure.bench import Bench
from generators.measure.graphs import mode, timed
from generators.measure.plan import Case, Kernel
from generators.measure.sdpa import choose
from generators.measure.shared_model import SharedModel

BATCHES = (1, 2, 4, 8, 16, 32, 64, 128, 256)
CONTEXTS = (128, 512, 2048, 8192)


def decode_batch(
    bench: Bench,
    model: str | None = None,
    dtype: str = "bfloat16",
    contexts: list[int] | None = None,
    batches: list[int] | None = None,
) -> list[Case]:
    """One workload per context and batch; those whose cache does not fit say in their reason how much they need.

    The model's weights exceed the last-level cache of the machine at hand, so that they come from
    memory in every step.  Weights and the storage of the caches are shared by all cases.
    """
    plans = [Plan(batch, 1, context) for context in contexts or CONTEXTS for batch in batches or BATCHES]
    shared = SharedModel(bench, model or ("0.4B" if bench.is_cpu else "8B"), dtype, plans)
    return [
        Case(
            "decode-batch",
            "workload",
            shared.parameters(plan) | {"batch": plan.batch, "context": plan.context},
            partial(batch_kernel, shared, plan),
        )
        for plan in plans
    ]


class Generation:
    """Greedy steps of a batch: every step feeds the tokens chosen by the last and writes the same slot of the cache."""

    def __init__(self, shared: SharedModel, plan: Plan) -> None:
        """Take the pass of the shared model."""
        self.shared, self.plan, self.made = shared, plan, shared.ready(plan)
        self.tokens = shared.tokens(plan.batch, 1)
        past = partial(self.made.hidden, self.tokens, plan.context, (0,))
        self.backend = choose(shared.bench, self.made, past)
        self.method = self.made.choose_product(shared.bench, self.tokens, plan.context)

    @torch.inference_mode()
    def __call__(self) -> None:
        """One token for every sequence."""
        self.tokens.copy_(self.made.forward(self.tokens, self.plan.context).argmax(-1))


def batch_kernel(shared: SharedModel, plan: Plan) -> Kernel:
    """One repetition is one step of the whole batch."""
    step = Generation(shared, plan)
    check = shared.check(plan, step.made)
    reported = step.backend | {"method": f"{step.method}, fused attention, {mode(shared.bench)}"}
    return timed(shared.bench, step, shared.work(plan), check, reported)
