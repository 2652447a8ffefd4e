"""Numbers of chapter 8: the cost of checking drafts, the cost of making them, and what copied drafts got right."""

from generators.catalog import model_inputs
from generators.comparison import speculation
from generators.core import units
from generators.model.work import accepted_tokens, speculative_gain
from generators.numbers.passes import both_times
from generators.numbers.registry import Numbers, number, numbers

ON = "{model}.{format}.{chip}.b{batch}.s{context}"


def _given(n: Numbers, model: str, format: str, chip: str) -> tuple:
    """Shape, format and chip as floats, since some hundred passes are tried."""
    row = n.catalog.formats[format]
    device = model_inputs.device(n.catalog.accelerators[chip], row.rate)
    return model_inputs.shape(n.catalog.models[model]), model_inputs.number_format(row), device


@number(f"checking.{ON}.n{{tokens}}", "×")
def checking(n: Numbers, model: str, format: str, chip: str, batch: int, context: int, tokens: int) -> units.Quantity:
    """Least time of a pass over {tokens} tokens of each of {batch} users over that of a pass over one: {model} ({format}) on the {chip}, {context} tokens cached."""
    given = n.shape(model), n.format(format), n.chip(chip, format)
    many, one = (speculation.check(given, batch, context, count).time for count in (tokens, 1))
    return many / one


@number(f"free-checks.{ON}", "tokens", 0)
def free_checks(n: Numbers, model: str, format: str, chip: str, batch: int, context: int) -> units.Quantity:
    """Most tokens of each of {batch} users in a pass that the limit still bounds by memory: {model} ({format}) on the {chip}, {context} tokens cached."""
    given = _given(n, model, format, chip)
    found = speculation.free_tokens(given, batch, context)
    told = units.searched(found, (found, found + 1), lambda t: both_times(speculation.check(given, batch, context, t)))
    return units.of(told, "tokens")


@number("speculation-loses.{model}.{format}.{chip}.s{context}.{name}.{tokens}", "", 0)
def speculation_loses(
    n: Numbers, model: str, format: str, chip: str, context: int, name: str, tokens: int
) -> units.Quantity:
    """Fewest users from which on {tokens} free drafts, each right with probability 0.{name}, slow {model} ({format}) down on the {chip}, {context} tokens cached."""
    given, chance = _given(n, model, format, chip), float(f"0.{name}")
    found = speculation.loses_from(given, context, chance, tokens)

    def gain(users: int) -> str:
        return f"{units.number_text(speculation.free_gain(given, users, context, chance, tokens)[0], 5)} times as fast"

    return units.of(units.searched(found, (found - 1, found), gain), "")


@number("{role}.draft-cost.{name}.{name2}.{part}", "", 2)
def draft_cost(n: Numbers, role: str, name: str, name2: str, part: str) -> units.Quantity:
    """What a decode step of {name} takes of one of {name2} on the {role}, both as CUDA graphs: {part} (compiled: the time of compiled ones)."""
    at = "compiled-graph.time" if part == "compiled" else f"graph.{part}"
    return n[f"{role}.decode.{name}.{at}"] / n[f"{role}.decode.{name2}.{at}"]


@number("{role}.drafting.{name}.{name2}.{part}.a{size}", "×")
def drafting(n: Numbers, role: str, name: str, name2: str, part: str, size: int) -> units.Quantity:
    """Largest speed-up of {name2} with {name} as its draft, {size} % of drafts right, checking as dear as a plain pass; a draft costs what its step takes of the other's on the {role}: {part}."""
    cost = n[f"{role}.draft-cost.{name}.{name2}.{part}"]
    gain, length = speculation.best_length(size / 100, cost.value)
    first, last = speculation.LENGTHS[0], speculation.LENGTHS[-1]
    words = f"best of {first} to {last} drafts: {length}, each at {cost.value:.3g} of a pass"
    return units.of(units.explained(gain, words), "")


@numbers("{role}.{field}.{name}.n{tokens}")
def measured_checking(n: Numbers, role: str, name: str, tokens: int, field: str) -> units.Quantity:
    """A pass of {name} over {tokens} tokens beside a plain decode step on the {role}.

    checking (×): Time of a pass of {name} over {tokens} tokens over that of a plain decode step, both measured on the {role}, batch 1; on a GPU as CUDA graphs, the pass a prompt of its own.
    checking-told (×): The same ratio as the best read and the best product of the {role} allow it: {name}, {tokens} tokens.
    """
    record = n.catalog.speaker(role)
    cases = speculation.checks(record, name)
    if field == "checking":
        many, one = (n.measured(role, cases[count].seconds, "s") for count in (tokens, 1))
        return many / one
    many, one = (
        n.measured(role, speculation.predicted_by_ceilings(record, cases[count]), "s") for count in (tokens, 1)
    )
    return many / one


@numbers("copied.{name}.{field}")
def copied(n: Numbers, name: str, field: str, tokens: int = 0) -> units.Quantity:
    """Drafts copied from the text so far, two chapters of Alice: new has nothing before them, rewritten has the manuscript.

    {tokens} (tokens): Tokens per pass with up to {tokens} drafts copied from the text so far, two chapters of Alice, {name}: new has nothing before them, rewritten has the manuscript.
    chance.{tokens} (%, 2): Share of copied drafts at position {tokens} of eight that were right, of those whose forerunners all were; chapters of Alice, {name}.
    first (%, 2): Share of passes whose one copied draft is right, passes without a draft included; chapters of Alice, {name}.
    formula.{tokens} (tokens): Tokens per pass that the formula gives for {tokens} drafts when all have the chance of the first; chapters of Alice, {name}.
    miss.{tokens} (%, 2): How far the formula lies below what was counted with {tokens} copied drafts; chapters of Alice, {name}.
    """
    if field == "first":
        return units.of(speculation.one_chance(n.catalog, name), "")
    if field.startswith("chance"):
        return units.of(speculation.copied(n.catalog, name, 8).chance(tokens), "")
    if field.startswith("formula"):
        return accepted_tokens(n[f"copied.{name}.first"], tokens) * units.of(1, "tokens", speculation.PAPER)
    if field.startswith("miss"):
        return 1 - n[f"copied.{name}.formula.{tokens}"] / n[f"copied.{name}.{tokens}"]
    return units.of(speculation.copied(n.catalog, name, tokens).tokens_per_pass, "tokens")


@number("{role}.copied.{name}.{name2}.{tokens}", "×")
def copied_gain(n: Numbers, role: str, name: str, name2: str, tokens: int) -> units.Quantity:
    """Speed-up of {name2} on the {role} with {tokens} copied drafts: tokens per pass of the chapters of Alice, {name}, over the measured cost of checking; drafting free."""
    check = n[f"{role}.checking.{name2}.n{tokens + 1}"]
    return speculative_gain(n[f"copied.{name}.{tokens}"], tokens, 0, check)


@number("cycle.{quote}.{quote2}", "×")
def cycle(n: Numbers, quote: str, quote2: str) -> units.Quantity:
    """Plain passes that one cycle of drafting and checking took: {quote}; over {quote2}."""
    return n[f"quoted.{quote}"] / n[f"quoted.{quote2}"]


@number("accepted.{name}.{tokens}.below.{quote}", "%", 2)
def accepted_below(n: Numbers, name: str, tokens: int, quote: str) -> units.Quantity:
    """How far the tokens per pass expected of {tokens} drafts, each right with probability 0.{name}, lie below the speed-up measured: {quote}."""
    return 1 - n[f"accepted.{name}.{tokens}"] / n[f"quoted.{quote}"]


@number("accepted.{name}.{tokens}.c{size}", "×")
def gain_at_cost(n: Numbers, name: str, tokens: int, size: int) -> units.Quantity:
    """Speed-up of {tokens} drafts, each right with probability 0.{name}, at {size} % of a pass each, checking as dear as a plain pass."""
    return speculative_gain(n[f"accepted.{name}.{tokens}"], tokens, size / 100, 1)
