"""Numbers of chapter 2 from this book's own decode steps at growing contexts, by kind of attention."""

from collections.abc import Callable

from generators.comparison.cache import SlowDown, context_steps, slow_downs
from generators.core import units
from generators.numbers.chapter2_measured import mine
from generators.numbers.registry import Numbers, number, numbers


def kinds(n: Numbers, role: str) -> list[str]:
    """Kinds of attention measured at growing contexts; none where the record has no such steps."""
    try:
        return list(dict.fromkeys(step.kind for step in mine(n, role, context_steps(n.catalog))))
    except KeyError:
        return []


@number("{role}.context.{name}", "tokens", 0)
def context_ends(n: Numbers, role: str, name: str) -> units.Quantity:
    """The {name} context, in cached tokens, at which steps with several kinds of attention were measured on the {role}."""
    cached = sorted({step.context - 1 for step in mine(n, role, context_steps(n.catalog))})
    words = f"the {name} of {', '.join(f'{tokens:,.0f}' for tokens in cached)} cached tokens"
    return n.measured(role, units.explained(cached[{"longest": -1, "shortest": 0}[name]], words), "tokens")


@numbers("{role}.context.{name}.{field}")
def context(n: Numbers, role: str, name: str, field: str) -> units.Quantity:
    """A decode step from the shortest to the longest context measured on the {role}, attention {name}.

    observed (×, 3): Slow-down of a decode step from the shortest to the longest context measured on the {role}, attention {name}.
    predicted (×, 3): Slow-down of the same step that its bytes predict, attention {name}.
    by-products (×, 3): Slow-down of the same step if attention's FLOP run at the rate of a product of as many rows timed alone, attention {name}.
    intensity (FLOP/byte, 2): FLOP of attention per cached byte in the steps measured on the {role}, attention {name}.
    rows (, 0): Query heads that share a cached entry in the steps measured on the {role}, attention {name}: rows of its products.
    pace (GB/s): Bytes of cache that the longest context adds over the time that it adds, on the {role}, attention {name}.
    """
    one = _slow_down(n, role, name)
    value = _by_products(one) if field == "by-products" else getattr(one, field)
    return n.measured(role, value, {"intensity": "FLOP/byte", "pace": "byte/s"}.get(field, ""))


@number("{role}.context.{name}.added-ratio", "×", 2)
def context_added_ratio(n: Numbers, role: str, name: str) -> units.Quantity:
    """Time that the longest context adds to a step with multi-head attention over the time that it adds with {name}."""
    steps = mine(n, role, context_steps(n.catalog))
    times = [sorted((s.context, s.seconds) for s in steps if s.kind == kind) for kind in ("mha", name)]
    many, few = (n.measured(role, found[-1][1], "s") - units.of(found[0][1], "s") for found in times)
    return many / few


@number("{role}.context.{name}.short-pace", "GB/s")
def context_short_pace(n: Numbers, role: str, name: str) -> units.Quantity:
    """Bytes of a step at the shortest context over its time, issuing included, on the {role}, attention {name}."""
    first = min((s for s in mine(n, role, context_steps(n.catalog)) if s.kind == name), key=lambda s: s.context)
    return n.measured(role, first.bytes, "byte") / units.of(first.seconds, "s")


@number("{role}.context-error.{name}", "%", 2)
def context_error(n: Numbers, role: str, name: str) -> units.Quantity:
    """Error of the slow-down that bytes predict for the longest context on the {role}, over kinds of attention, sign dropped: {name}."""
    return _over_kinds(n, role, name, lambda one: one.predicted)


@number("{role}.context-products-error.{name}", "%", 2)
def context_products_error(n: Numbers, role: str, name: str) -> units.Quantity:
    """The same error where attention's FLOP run at the rate of products of as many rows: {name}."""
    return _over_kinds(n, role, name, _by_products)


def _over_kinds(n: Numbers, role: str, name: str, reported: Callable[[SlowDown], float]) -> units.Quantity:
    errors = [abs(reported(one) / one.observed - 1) for one in (_slow_down(n, role, kind) for kind in kinds(n, role))]
    return n.measured(role, units.statistic(name, errors), "")


def _by_products(one: SlowDown) -> float:
    if one.by_products is None:
        raise KeyError(f"{one.machine} has no rows-sweep of {one.rows:.0f} rows in the steps' number format")
    return one.by_products


def _slow_down(n: Numbers, role: str, kind: str) -> SlowDown:
    """The longest context of a kind of attention."""
    found = [one for one in slow_downs(mine(n, role, context_steps(n.catalog))) if one.kind == kind]
    if not found:
        raise KeyError(f"no kind of attention {kind!r} was measured")
    return max(found, key=lambda one: one.context)
