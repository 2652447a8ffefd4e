"""Speculative decoding: what a pass over several tokens took, and what a draft copied from earlier text gets right."""

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from generators.catalog.load import Catalog
from generators.catalog.record import Case, Record
from generators.comparison.comparison import ceilings, decode_case, measured_shape
from generators.comparison.phases import prefill_case
from generators.core import units
from generators.core.reading import read, remembered
from generators.model import roofline
from generators.model.inputs import Chip, Format, Pass, Shape
from generators.model.work import accepted_tokens, speculative_gain

PAPER = "leviathan-2023"  # which the expected tokens of a pass are from
TEXTS = ("carroll-manuscript", "carroll-printed")
LONGEST = 3  # tokens at the end of the text that a draft looks up
LENGTHS = range(1, 33)  # drafts of a pass that are tried for the best
#: A text and what stands before it: printed chapters written anew, or with the manuscript they were made from as the prompt.
TASKS = {"new": ("", "alice-printed"), "rewritten": ("alice-manuscript", "alice-printed")}
IN_GRAPH = (16, 32)  # prompt tokens whose passes stand in for checking, where a record has no `verify`


def tokens_of(text: str) -> list[str]:
    """The text in lower case as words, an apostrophe and its ending included, and single marks; no spaces."""
    return re.findall(r"[^\W_]+(?:'[^\W_]+)?|[^\w\s]|_", text.lower())


@dataclass(frozen=True)
class Drafted:
    """Each pass over a text: how many tokens were drafted, and how many of them, from the first on, stood in the text."""

    passes: tuple[tuple[int, int], ...]

    @property
    def tokens_per_pass(self) -> float:
        """Tokens of the text over passes: the accepted ones, and one more from each pass."""
        return units.explained(units.of(sum(accepted + 1 for _, accepted in self.passes), "") / len(self.passes))

    def chance(self, position: int) -> float:
        """Share of the drafts at this position, counted from 1, that were right, of those whose forerunners all were."""
        tried = [accepted >= position for drafted, accepted in self.passes if drafted >= position <= accepted + 1]
        return units.explained(sum(tried) / len(tried), f"{sum(tried):,} of {len(tried):,} drafts")


def copied_from(whole: Sequence[str]) -> list[int]:
    """For each place in a text the one from which its draft is copied; itself where nothing like its end stood before.

    That is what followed the last occurrence of the longest of the last `LONGEST` tokens, or fewer.
    """
    followed: dict[tuple[str, ...], int] = {}  # the last tokens before a place, to the place
    starts = []
    for place in range(len(whole)):
        ends = [tuple(whole[place - n : place]) for n in range(min(LONGEST, place), 0, -1)]
        starts.append(next((followed[end] for end in ends if end in followed), place))
        followed |= dict.fromkeys(ends, place)
    return starts


def drafted(whole: Sequence[str], starts: Sequence[int], at: int, most: int) -> Drafted:
    """A writer that would write exactly this text from `at` on, with copied drafts of up to `most` tokens.

    `starts` are the places that `copied_from` found; a draft ends where the text so far ends.
    """
    passes = []
    while at < len(whole):
        draft = whole[starts[at] : min(starts[at] + most, at)]
        right = 0
        while right < len(draft) and whole[at + right : at + right + 1] == [draft[right]]:
            right += 1
        passes.append((len(draft), right))
        at += right + 1
    return Drafted(tuple(passes))


def copied(catalog: Catalog, task: str, most: int) -> Drafted:
    """The drafts of one of the `TASKS`, whose texts lie in `data/texts/`."""
    for source in TEXTS:
        read(source)
    return _copied(catalog, task, most)


@remembered(maxsize=128)
def _copied(catalog: Catalog, task: str, most: int) -> Drafted:
    return drafted(*_task(catalog, task), most)


@remembered(maxsize=8)
def _task(catalog: Catalog, task: str) -> tuple[list[str], list[int], int]:
    """A task's whole text, the places that its drafts are copied from, and where the writing begins."""
    before, text = (
        tokens_of((catalog.root / "data" / "texts" / f"{name}.txt").read_text(encoding="utf-8")) if name else []
        for name in TASKS[task]
    )
    return [*before, *text], copied_from([*before, *text]), len(before)


def one_chance(catalog: Catalog, task: str) -> float:
    """The chance that one draft of one token is right, passes without a draft included: what the formula takes for all."""
    return units.explained(units.of(copied(catalog, task, 1).tokens_per_pass, "") - 1)


def best_length(acceptance: float, cost: float) -> tuple[float, int]:
    """Largest speed-up over draft lengths where checking costs no more than a plain pass, and the length."""
    read(PAPER)
    gain, length = max((speculative_gain(accepted_tokens(acceptance, n), n, cost, 1.0), -n) for n in LENGTHS)
    return gain, -length


Given = tuple[Shape, Format, Chip]


def check(given: Given, users: float, context: float, tokens: float) -> roofline.Step:
    """The limit of a pass over `tokens` new tokens of each user, each with scores, after `context` tokens: on a shape in a format on a chip."""
    return roofline.step(*given, Pass(users, tokens, context + tokens, tokens))


def free_tokens(given: Given, users: float, context: float) -> int:
    """Most tokens of each user in a pass that the limit still bounds by memory, one at least."""
    return next(n for n in itertools.count(1) if check(given, users, context, n + 1).binds != "memory")


def free_gain(given: Given, users: float, context: float, acceptance: float, drafts: int) -> tuple[float, str]:
    """Speed-up by the limits of drafts that cost nothing, and what binds the pass that checks them."""
    read(PAPER)
    one, many = (check(given, users, context, tokens) for tokens in (1, drafts + 1))
    return speculative_gain(accepted_tokens(acceptance, drafts), drafts, 0, many.time / one.time), many.binds


def loses_from(given: Given, context: float, acceptance: float, drafts: int) -> int:
    """Fewest users, 64 or more, from which on free drafts slow a batch down: below, a mixture's gain may still rise; KeyError where up to 1,024 none do."""
    for users in range(64, 1025):
        if free_gain(given, users, context, acceptance, drafts)[0] < 1:
            return users
    raise KeyError("found no loss from 64 to 1,024 users")


def checks(record: Record, model: str) -> dict[int, Case]:
    """Passes over several new tokens by their number; a plain decode step is 1.

    From `verify` at batch 1, or, where a record has none, from decode and short prefills as CUDA graphs.
    """
    found = {
        int(case.parameters["new_tokens"]): case
        for case in record.measured("verify", batch=1, dtype="bfloat16")
        if str(case.parameters["model"]).lower().replace(".", "-") == model
    }
    if found:
        return found
    prefills = {tokens: prefill_case(record, model, tokens) for tokens in IN_GRAPH}
    if any(case.parameters.get("mode") != "graph" for case in prefills.values()):
        raise KeyError(f"record {record.id} has no passes of {model!r} over several tokens that a graph replays")
    return {1: decode_case(record, model, "graph")} | prefills


def predicted_by_ceilings(record: Record, case: Case) -> float:
    """Seconds of a `verify` pass at the record's own best read and best product, the longer of the two."""
    roof, new = ceilings(record), float(case.parameters["new_tokens"])
    chip = Chip(roof.read, roof.products["bfloat16"])
    step = Pass(float(case.parameters["batch"]), new, float(case.parameters["context"]) + new, new)
    return roofline.step(measured_shape(case), Format(2.0, 2.0, 2.0), chip, step).time
