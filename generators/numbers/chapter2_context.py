"""Numbers of chapter 2 from this book's own decode steps at growing contexts, by kind of attention."""

from __future__ import annotations

import statistics
from collections.abc import Callable

from generators import units
from generators.evidence.cache import SlowDown, context_steps, slow_downs
from generators.numbers.chapter2_measured import mine, sourced
from generators.numbers.registry import Numbers, number


def kinds(n: Numbers) -> list[str]:
    """Kinds of attention measured at growing contexts; none where the record has no such steps."""
    try:
        return list(dict.fromkeys(step.kind for step in mine(n, context_steps(n.book))))
    except KeyError:
        return []


@number("cpu.context.{name}", "tokens", 0)
def context_ends(n: Numbers, name: str) -> units.Quantity:
    """The {name} context, in cached tokens, at which steps with several kinds of attention were measured on this book's CPU."""
    ends = {"longest": max, "shortest": min}
    return sourced(ends[name](step.context for step in mine(n, context_steps(n.book))) - 1, "tokens", n)


@number("cpu.context.{name}.observed", "×", 3)
def context_observed(n: Numbers, name: str) -> units.Quantity:
    """Slow-down of a decode step from the shortest to the longest context measured on this book's CPU, attention {name}."""
    return sourced(_slow_down(n, name).observed, "", n)


@number("cpu.context.{name}.predicted", "×", 3)
def context_predicted(n: Numbers, name: str) -> units.Quantity:
    """Slow-down of the same step that its bytes predict, attention {name}."""
    return sourced(_slow_down(n, name).predicted, "", n)


@number("cpu.context.{name}.intensity", "FLOP/byte", 2)
def context_intensity(n: Numbers, name: str) -> units.Quantity:
    """FLOP of attention per cached byte in the steps measured on this book's CPU, attention {name}."""
    return sourced(_slow_down(n, name).intensity, "FLOP/byte", n)


@number("cpu.context.{name}.rows", "", 0)
def context_rows(n: Numbers, name: str) -> units.Quantity:
    """Query heads that share a cached entry in the steps measured on this book's CPU, attention {name}: rows of its products."""
    return sourced(_slow_down(n, name).rows, "", n)


@number("cpu.context.{name}.pace", "GB/s")
def context_pace(n: Numbers, name: str) -> units.Quantity:
    """Bytes of cache that the longest context adds over the time that it adds, on this book's CPU, attention {name}."""
    return sourced(_slow_down(n, name).pace / 1e9, "GB/s", n)


@number("cpu.context.{name}.added-ratio", "×", 2)
def context_added_ratio(n: Numbers, name: str) -> units.Quantity:
    """Time that the longest context adds to a step with multi-head attention over the time that it adds with {name}."""
    steps = mine(n, context_steps(n.book))
    times = [sorted((s.context, s.seconds) for s in steps if s.kind == kind) for kind in ("mha", name)]
    many, few = (found[-1][1] - found[0][1] for found in times)
    return sourced(many / few, "", n)


@number("cpu.context.{name}.short-pace", "GB/s")
def context_short_pace(n: Numbers, name: str) -> units.Quantity:
    """Bytes of a step at the shortest context over its time, issuing included, on this book's CPU, attention {name}."""
    first = min((s for s in mine(n, context_steps(n.book)) if s.kind == name), key=lambda s: s.context)
    return sourced(first.bytes / first.seconds / 1e9, "GB/s", n)


@number("cpu.context.{name}.by-products", "×", 3)
def context_by_products(n: Numbers, name: str) -> units.Quantity:
    """Slow-down of the same step if attention's FLOP run at the rate of a product of as many rows timed alone, attention {name}."""
    return sourced(_by_products(_slow_down(n, name)), "", n)


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
    return sourced({"median": statistics.median, "worst": max}[name](errors), "", n)


def _by_products(one: SlowDown) -> float:
    if one.by_products is None:
        raise KeyError(f"{one.machine} has no rows-sweep of {one.rows:.0f} rows in the steps' number format")
    return one.by_products


def _slow_down(n: Numbers, kind: str) -> SlowDown:
    """The longest context of a kind of attention."""
    found = [one for one in slow_downs(mine(n, context_steps(n.book))) if one.kind == kind]
    if not found:
        raise KeyError(f"no kind of attention {kind!r} was measured")
    return max(found, key=lambda one: one.context)
