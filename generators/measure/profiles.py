"""Which stages a profile runs, in the order of their worth, so that a cut run still holds the ceilings."""

from __future__ import annotations

from functools import partial

import torch

from generators.measure import bandwidth, compute, decode
from generators.measure.bench import Bench
from generators.measure.count import Shape
from generators.measure.estimate import dtypes_by_gemv
from generators.measure.plan import Case, Outcome, Stage

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}


def quick(
    bench: Bench, shapes: dict[str, Shape] | None = None, context: int = decode.CONTEXT, largest: int = 16384
) -> list[Stage]:
    """The small suite.

    Memory first, then decode in the format whose GEMV comes nearest the read roof, compute, and
    decode in the other format.  `shapes`, `context` and `largest` (size of a product) let tests
    run the same code at toy size.
    """

    def move(_: list[Outcome]) -> list[Case]:
        reads, products = bandwidth.read_cases(bench), bandwidth.product_cases(bench)
        return [*reads, bandwidth.copy_case(bench), bandwidth.cache_case(bench), *products]

    def calculate(_: list[Outcome]) -> list[Case]:
        products = [compute.matmul_case(bench, dtype, largest) for dtype in DTYPES.values()]
        return [*products, compute.dispatch_case(bench)]

    def generate(place: int, outcomes: list[Outcome]) -> list[Case]:
        name = dtypes_by_gemv(outcomes, tuple(DTYPES))[place]
        return decode.decode_cases(bench, DTYPES[name], shapes, context)

    return [
        Stage("memory", move, expected_seconds=10),
        Stage("decode", partial(generate, 0), expected_seconds=20),
        Stage("compute", calculate, expected_seconds=5),
        Stage("decode, other number format", partial(generate, 1), expected_seconds=10, optional=True),
    ]


def only(stages: list[Stage], name: str) -> list[Stage]:
    """The same stages with nothing but the cases of one name."""

    def chosen(stage: Stage, outcomes: list[Outcome]) -> list[Case]:
        return [case for case in stage.cases(outcomes) if case.name == name]

    return [
        Stage(stage.name, partial(chosen, stage), stage.expected_seconds, stage.optional)
        for stage in stages
        if chosen(stage, [])
    ]
