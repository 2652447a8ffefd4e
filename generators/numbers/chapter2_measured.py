"""Numbers of chapter 2 from this book's own measurements: steps with and without a cache, and at growing contexts."""

from __future__ import annotations

import statistics
from collections.abc import Callable

from generators import units
from generators.comparison import chapter_record, repeat_record
from generators.kv_evidence import SlowDown, StepCase, cache_steps, context_steps, slow_downs
from generators.numbers.registry import Numbers, number


def _mine(n: Numbers, steps: list[StepCase]) -> list[StepCase]:
    """The steps of the chapter's record; KeyError where it has none."""
    record = chapter_record(n.book).id
    found = [step for step in steps if step.record == record]
    if not found:
        raise KeyError(f"{record} holds no such steps; measure the full profile and set CHAPTER_RECORD")
    return found


def _sourced(value: float, unit: str, n: Numbers) -> units.Quantity:
    return units.of(value, unit, f"record:{chapter_record(n.book).id}")


def _largest(n: Numbers) -> list[StepCase]:
    """The steps of the largest model measured."""
    steps = _mine(n, cache_steps(n.book))
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
    return _sourced(_at(n, name, context).seconds, "s", n)


@number("cpu.cache-step.{name}.s{context}.predicted", "s|ms")
def step_predicted(n: Numbers, name: str, context: int) -> units.Quantity:
    """Time of that step as the record's own ceilings predict it: {name} the cache, {context} tokens of context."""
    return _sourced(_at(n, name, context).predicted, "s", n)


@number("cpu.cache-step.s{context}.ratio", "×", 2)
def step_ratio(n: Numbers, context: int) -> units.Quantity:
    """A step without the cache over one with it at {context} tokens of context, measured on this book's CPU."""
    return n[f"cpu.cache-step.without.s{context}.time"] / n[f"cpu.cache-step.with.s{context}.time"]


@number("cpu.cache-steps.error.{name}", "%", 2)
def cache_error(n: Numbers, name: str) -> units.Quantity:
    """Median error of the predicted time of a step on this book's CPU, sign dropped: {name} the cache."""
    kind = {"with": "cache", "without": "no cache"}[name]
    errors = [abs(step.error) for step in _mine(n, cache_steps(n.book)) if step.kind == kind]
    return _sourced(statistics.median(errors), "", n)


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


@number("cpu.cache-step.added.{name}", "ms", 2)
def step_added(n: Numbers, name: str) -> units.Quantity:
    """Time that the longest context adds to the step with the cache at the shortest, on this book's CPU: {name}."""
    steps = sorted((s for s in _largest(n) if s.kind == "cache"), key=lambda s: s.context)
    first, last = ({"measured": s.seconds, "predicted": s.predicted}[name] for s in (steps[0], steps[-1]))
    return _sourced(last - first, "s", n)


@number("cpu.causal-attention.s{context}", "GFLOP/s", 3)
def causal_attention(n: Numbers, context: int) -> units.Quantity:
    """FLOP/s of PyTorch's fused causal attention over {context} tokens in FP32, timed alone on this book's CPU."""
    rows = chapter_record(n.book).measured("attention", backend="flash", phase="prefill", context=context)
    return _sourced(max(case.flops for case in rows) / 1e9, "GFLOP/s", n)


def kinds(n: Numbers) -> list[str]:
    """Kinds of attention measured at growing contexts; none where the record has no such steps."""
    try:
        return list(dict.fromkeys(step.kind for step in _mine(n, context_steps(n.book))))
    except KeyError:
        return []


@number("cpu.context.{name}", "tokens", 0)
def context_ends(n: Numbers, name: str) -> units.Quantity:
    """The {name} context, in cached tokens, at which steps with several kinds of attention were measured on this book's CPU."""
    ends = {"longest": max, "shortest": min}
    return _sourced(ends[name](step.context for step in _mine(n, context_steps(n.book))) - 1, "tokens", n)


@number("cpu.context.{name}.observed", "×", 3)
def context_observed(n: Numbers, name: str) -> units.Quantity:
    """Slow-down of a decode step from the shortest to the longest context measured on this book's CPU, attention {name}."""
    return _sourced(_slow_down(n, name).observed, "", n)


@number("cpu.context.{name}.predicted", "×", 3)
def context_predicted(n: Numbers, name: str) -> units.Quantity:
    """Slow-down of the same step that its bytes predict, attention {name}."""
    return _sourced(_slow_down(n, name).predicted, "", n)


@number("cpu.context.{name}.intensity", "FLOP/byte", 2)
def context_intensity(n: Numbers, name: str) -> units.Quantity:
    """FLOP of attention per cached byte in the steps measured on this book's CPU, attention {name}."""
    return _sourced(_slow_down(n, name).intensity, "FLOP/byte", n)


@number("cpu.context.{name}.rows", "", 0)
def context_rows(n: Numbers, name: str) -> units.Quantity:
    """Query heads that share a cached entry in the steps measured on this book's CPU, attention {name}: rows of its products."""
    return _sourced(_slow_down(n, name).rows, "", n)


@number("cpu.context.{name}.pace", "GB/s")
def context_pace(n: Numbers, name: str) -> units.Quantity:
    """Bytes of cache that the longest context adds over the time that it adds, on this book's CPU, attention {name}."""
    return _sourced(_slow_down(n, name).pace / 1e9, "GB/s", n)


@number("cpu.context.{name}.by-products", "×", 3)
def context_by_products(n: Numbers, name: str) -> units.Quantity:
    """Slow-down of the same step if attention's FLOP run at the rate of a product of as many rows timed alone, attention {name}."""
    return _sourced(_by_products(_slow_down(n, name)), "", n)


@number("cpu.context-error.{name}", "%", 2)
def context_error(n: Numbers, name: str) -> units.Quantity:
    """Error of the slow-down that bytes predict for the longest context on this book's CPU, over kinds of attention, sign dropped: {name}."""
    return _over_kinds(n, name, lambda one: one.predicted)


@number("cpu.context-products-error.{name}", "%", 2)
def context_products_error(n: Numbers, name: str) -> units.Quantity:
    """The same error where attention's FLOP run at the rate of products of as many rows: {name}."""
    return _over_kinds(n, name, _by_products)


def _over_kinds(n: Numbers, name: str, told: Callable[[SlowDown], float]) -> units.Quantity:
    errors = [abs(told(one) / one.observed - 1) for one in (_slow_down(n, kind) for kind in kinds(n))]
    return _sourced({"median": statistics.median, "worst": max}[name](errors), "", n)


def _by_products(one: SlowDown) -> float:
    if one.by_products is None:
        raise KeyError(f"{one.machine} has no rows-sweep of {one.rows:.0f} rows in the steps' number format")
    return one.by_products


def _slow_down(n: Numbers, kind: str) -> SlowDown:
    """The longest context of a kind of attention."""
    found = [one for one in slow_downs(_mine(n, context_steps(n.book))) if one.kind == kind]
    if not found:
        raise KeyError(f"no kind of attention {kind!r} was measured")
    return max(found, key=lambda one: one.context)
