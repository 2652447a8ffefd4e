"""Numbers of chapter 2 from this book's own measurements: steps with and without a cache."""

from generators.comparison.cache import StepCase, cache_steps
from generators.comparison.comparison import repeat_record
from generators.core import units
from generators.numbers.registry import Numbers, number, numbers


def mine(n: Numbers, role: str, steps: list[StepCase]) -> list[StepCase]:
    """The steps of a role's record; KeyError where it has none."""
    record = n.catalog.speaker(role).id
    found = [step for step in steps if step.record == record]
    if not found:
        raise KeyError(f"{record} holds no such steps")
    return found


def _largest(n: Numbers, role: str) -> list[StepCase]:
    """The steps of the largest model measured."""
    steps = mine(n, role, cache_steps(n.catalog))
    label = max(steps, key=lambda step: step.bytes - step.cached_bytes).label
    return [step for step in steps if step.label == label]


def contexts(n: Numbers, role: str) -> list[int]:
    """Contexts at which the largest model was measured with a cache and without; none where the record has no such steps."""
    try:
        steps = _largest(n, role)
    except KeyError:
        return []
    with_it, without = ({int(s.context) for s in steps if s.kind == kind} for kind in ("cache", "no cache"))
    return sorted(with_it & without)


@numbers("{role}.cache-step.{name}.s{context}.{field}")
def step(n: Numbers, role: str, name: str, context: int, field: str) -> units.Quantity:
    """A step {name} the cache at {context} tokens of context.

    time (s|ms): Time of a step {name} the cache at {context} tokens of context, measured on the {role}, the largest model measured.
    predicted (s|ms): Time of that step as the record's own ceilings predict it: {name} the cache, {context} tokens of context.
    """
    kind = {"with": "cache", "without": "no cache"}[name]
    found = [step for step in _largest(n, role) if step.kind == kind and int(step.context) == context]
    if not found:
        raise KeyError(f"no step {name} a cache was measured at a context of {context}")
    return n.measured(role, found[0].seconds if field == "time" else found[0].predicted, "s")


@number("{role}.cache-step.s{context}.ratio", "×", 2)
def step_ratio(n: Numbers, role: str, context: int) -> units.Quantity:
    """A step without the cache over one with it at {context} tokens of context, measured on the {role}."""
    return n[f"{role}.cache-step.without.s{context}.time"] / n[f"{role}.cache-step.with.s{context}.time"]


@number("{role}.cache-steps.error.{name}", "%", 2)
def cache_error(n: Numbers, role: str, name: str) -> units.Quantity:
    """Median error of the predicted time of a step on the {role}, sign dropped: {name} the cache."""
    kind = {"with": "cache", "without": "no cache"}[name]
    errors = [abs(step.error) for step in mine(n, role, cache_steps(n.catalog)) if step.kind == kind]
    return n.measured(role, units.statistic("median", errors), "")


@number("{role}.cache-step.repeat.s{context}.ratio", "×", 2)
def step_ratio_again(n: Numbers, role: str, context: int) -> units.Quantity:
    """The same ratio at {context} tokens of context in the second whole run on the {role}."""
    record, model = repeat_record(n.catalog, role), str(_largest(n, role)[0].label).split(",")[0]
    without, with_it = (
        record.measured(f"step-{name}-cache", model=model, context=context) for name in ("without", "with")
    )
    if not (without and with_it):
        raise KeyError(f"{record.id} holds no steps of {model} at a context of {context}")
    return units.of(without[0].seconds, "s", f"record:{record.id}") / units.of(with_it[0].seconds, "s")


@number("{role}.cache-steps.predicted-ratio.s{context}", "×", 2)
def step_predicted_ratio(n: Numbers, role: str, context: int) -> units.Quantity:
    """A step without the cache over one with it at {context} tokens of context, as predicted for the {role}."""
    return n[f"{role}.cache-step.without.s{context}.predicted"] / n[f"{role}.cache-step.with.s{context}.predicted"]


@number("{role}.without-over-with.{name}.s{tokens}", "×", 2)
def without_over_with(n: Numbers, role: str, name: str, tokens: int) -> units.Quantity:
    """A prefill of {tokens} tokens, which is a step without a cache, over a decode step, measured on the {role}, model {name}, both as one plain CUDA graph."""
    return n[f"{role}.prefill.{name}.s{tokens}.time"] / n[f"{role}.decode.{name}.graph.time"]


@number("{role}.cache-step.added.{name}", "ms", 2)
def step_added(n: Numbers, role: str, name: str) -> units.Quantity:
    """Time that the longest context adds to the step with the cache at the shortest, on the {role}: {name}."""
    ends = sorted(int(s.context) for s in _largest(n, role) if s.kind == "cache")
    field = {"measured": "time", "predicted": "predicted"}[name]
    first, last = (n[f"{role}.cache-step.with.s{context}.{field}"] for context in (ends[0], ends[-1]))
    return last - first


@number("{role}.causal-attention.s{context}", "GFLOP/s", 3)
def causal_attention(n: Numbers, role: str, context: int) -> units.Quantity:
    """FLOP/s of PyTorch's fused causal attention over {context} tokens in FP32, timed alone on the {role}."""
    rows = n.catalog.speaker(role).measured("attention", backend="flash", phase="prefill", context=context)
    return n.measured(role, max(case.flops for case in rows), "FLOP/s")
