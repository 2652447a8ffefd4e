"""Numbers of chapter 2 from this book's own measurements: steps with and without a cache."""

from __future__ import annotations

import statistics

from generators import units
from generators.evidence.cache import StepCase, cache_steps
from generators.evidence.comparison import chapter_record, repeat_record
from generators.numbers.registry import Numbers, number


def mine(n: Numbers, steps: list[StepCase]) -> list[StepCase]:
    """The steps of the chapter's record; KeyError where it has none."""
    record = chapter_record(n.book).id
    found = [step for step in steps if step.record == record]
    if not found:
        raise KeyError(f"{record} holds no such steps; measure the full profile and set CHAPTER_RECORD")
    return found


def sourced(value: float, unit: str, n: Numbers) -> units.Quantity:
    """A measured value in a unit, with the chapter's record as its source."""
    return units.of(value, unit, f"record:{chapter_record(n.book).id}")


def _largest(n: Numbers) -> list[StepCase]:
    """The steps of the largest model measured."""
    steps = mine(n, cache_steps(n.book))
    label = max(steps, key=lambda step: step.bytes - step.cached_bytes).label
    return [step for step in steps if step.label == label]


def contexts(n: Numbers) -> list[int]:
    """Contexts at which the largest model was measured with a cache and without; none where the record has no such steps."""
    try:
        steps = _largest(n)
    except KeyError:
        return []
    with_it, without = ({int(s.context) for s in steps if s.kind == kind} for kind in ("cache", "no cache"))
    return sorted(with_it & without)


def _at(n: Numbers, name: str, context: int) -> StepCase:
    kind = {"with": "cache", "without": "no cache"}[name]
    found = [step for step in _largest(n) if step.kind == kind and int(step.context) == context]
    if not found:
        raise KeyError(f"no step {name} a cache was measured at a context of {context}")
    return found[0]


@number("cpu.cache-step.{name}.s{context}.time", "s|ms")
def step_time(n: Numbers, name: str, context: int) -> units.Quantity:
    """Time of a step {name} the cache at {context} tokens of context, measured on this book's CPU, the largest model measured."""
    return sourced(_at(n, name, context).seconds, "s", n)


@number("cpu.cache-step.{name}.s{context}.predicted", "s|ms")
def step_predicted(n: Numbers, name: str, context: int) -> units.Quantity:
    """Time of that step as the record's own ceilings predict it: {name} the cache, {context} tokens of context."""
    return sourced(_at(n, name, context).predicted, "s", n)


@number("cpu.cache-step.s{context}.ratio", "×", 2)
def step_ratio(n: Numbers, context: int) -> units.Quantity:
    """A step without the cache over one with it at {context} tokens of context, measured on this book's CPU."""
    return n[f"cpu.cache-step.without.s{context}.time"] / n[f"cpu.cache-step.with.s{context}.time"]


@number("cpu.cache-steps.error.{name}", "%", 2)
def cache_error(n: Numbers, name: str) -> units.Quantity:
    """Median error of the predicted time of a step on this book's CPU, sign dropped: {name} the cache."""
    kind = {"with": "cache", "without": "no cache"}[name]
    errors = [abs(step.error) for step in mine(n, cache_steps(n.book)) if step.kind == kind]
    return sourced(statistics.median(errors), "", n)


@number("cpu.cache-step.repeat.s{context}.ratio", "×", 2)
def step_ratio_again(n: Numbers, context: int) -> units.Quantity:
    """The same ratio at {context} tokens of context in the second whole run on this book's CPU."""
    record, model = repeat_record(n.book), str(_largest(n)[0].label).split(",")[0]
    without, with_it = (
        record.measured(f"step-{name}-cache", model=model, context=context) for name in ("without", "with")
    )
    if not (without and with_it):
        raise KeyError(f"{record.id} holds no steps of {model} at a context of {context}")
    return units.of(without[0].seconds / with_it[0].seconds, "", f"record:{record.id}")


@number("cpu.cache-steps.predicted-ratio.s{context}", "×", 2)
def step_predicted_ratio(n: Numbers, context: int) -> units.Quantity:
    """A step without the cache over one with it at {context} tokens of context, as predicted for this book's CPU."""
    return n[f"cpu.cache-step.without.s{context}.predicted"] / n[f"cpu.cache-step.with.s{context}.predicted"]


@number("cpu.cache-step.added.{name}", "ms", 2)
def step_added(n: Numbers, name: str) -> units.Quantity:
    """Time that the longest context adds to the step with the cache at the shortest, on this book's CPU: {name}."""
    steps = sorted((s for s in _largest(n) if s.kind == "cache"), key=lambda s: s.context)
    first, last = ({"measured": s.seconds, "predicted": s.predicted}[name] for s in (steps[0], steps[-1]))
    return sourced(last - first, "s", n)


@number("cpu.causal-attention.s{context}", "GFLOP/s", 3)
def causal_attention(n: Numbers, context: int) -> units.Quantity:
    """FLOP/s of PyTorch's fused causal attention over {context} tokens in FP32, timed alone on this book's CPU."""
    rows = chapter_record(n.book).measured("attention", backend="flash", phase="prefill", context=context)
    return sourced(max(case.flops for case in rows) / 1e9, "GFLOP/s", n)
