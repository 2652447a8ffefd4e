"""Predictions beside the world's measurements: the quoted runs scored, and the same runs by the formulas of other tools."""

from collections import defaultdict
from collections.abc import Callable, Hashable
from statistics import median
from typing import TypeVar

from generators.catalog.load import Catalog
from generators.core.reading import remembered
from generators.score.rows import Run
from generators.score.table import CROWD, REPEATS, Predictor, Scored, own_runs

RADEON = "crowd-sourced, a Radeon card"
One, Key = TypeVar("One"), TypeVar("Key", bound=Hashable)
DECODE, WHOLE, BATCHED = "decode, batch 1", "whole requests, batch 1", "whole requests, batched"
PREFILL, OPERATOR = "prefill", "operator"
#: Bits that a format's name says, without the scales that its file holds.
_NAMED_BITS = (("f32", 32.0), ("16", 16.0), ("8", 8.0), ("6", 6.0), ("5", 5.0), ("4", 4.0), ("3", 3.0), ("2", 2.0))
#: GB read as GiB, by which one tool's bandwidth is too large.
_BINARY = 2.0**30 / 1e9


@remembered(maxsize=2)
def runs(catalog: Catalog) -> tuple[Run, ...]:
    """Every quoted run."""
    return tuple(own_runs(catalog))


@remembered(maxsize=2)
def _predictor(catalog: Catalog) -> Predictor:
    return Predictor(runs(catalog))


@remembered(maxsize=2)
def _repeats(catalog: Catalog) -> list[Run]:
    return own_runs(catalog, where=REPEATS)


@remembered(maxsize=2)
def scored(catalog: Catalog) -> tuple[Scored, ...]:
    """Every quoted run that can be predicted without its own device, and those predicted from a probe."""
    found, predictor = list(runs(catalog)), _predictor(catalog)
    answers = [predictor.score(run) for run in found]
    return tuple(one for one in answers if isinstance(one, Scored)) + tuple(predictor.probed(found))


def of_kind(catalog: Catalog, kind: str) -> list[Scored]:
    """The scored runs of one kind whose constants were fitted on several devices, or on one where no group has more."""
    there = [one for one in scored(catalog) if one.run.kind == kind and not one.probes]
    return [one for one in there if one.devices > 1] or there


def all_of_kind(catalog: Catalog, kind: str) -> list[Scored]:
    """The scored runs of one kind, whatever they were predicted from."""
    return [one for one in scored(catalog) if one.run.kind == kind and not one.probes]


def probed(catalog: Catalog, probes: int) -> list[Scored]:
    """The runs predicted from so many other runs of their machine."""
    return [one for one in scored(catalog) if one.probes == probes]


#: What the page gives figures of, by the names that numbers have.
FIGURES: dict[str, Callable[[Catalog], list[Scored]]] = {
    "decode": lambda catalog: of_kind(catalog, DECODE),
    "decode-radeon": lambda catalog: [one for one in of_kind(catalog, DECODE) if cause(one) == RADEON],
    "decode-rest": lambda catalog: [one for one in of_kind(catalog, DECODE) if cause(one) != RADEON],
    "prefill": lambda catalog: of_kind(catalog, PREFILL),
    "batched-compiled": lambda catalog: [one for one in all_of_kind(catalog, BATCHED) if one.run.family == "compiled"],
    "batched-served": lambda catalog: [one for one in all_of_kind(catalog, BATCHED) if one.run.family == "serving"],
    "one-probe": lambda catalog: probed(catalog, 1),
    "two-probes": lambda catalog: probed(catalog, 2),
    "products": lambda catalog: of_kind(catalog, OPERATOR),
}


#: A run told by others alike, and the error of that.
Reference = tuple[Run, float]


def agreement(catalog: Catalog) -> list[Reference]:
    """Each crowd-sourced run, told by the median of others in the same program and system on the same card, model and format."""
    there = [run for run in runs(catalog) if run.family == CROWD] + _repeats(catalog)
    alike = lambda run: (run.device.key, run.build, run.model, run.precision)  # noqa: E731
    return _by_others(there, alike, lambda run: run.seconds, lambda run, other: run is not other)


def between(catalog: Catalog, kind: str) -> list[Reference]:
    """Each run in llama.cpp whose card, model and format another source measured too, told by that one's time over its bound."""
    there = [run for run in runs(catalog) if run.family == "llama.cpp" and run.kind == kind]
    alike = lambda run: (run.device.key, run.model, run.precision)  # noqa: E731
    return _by_others(there, alike, lambda run: run.seconds / run.bound, lambda run, other: run.file != other.file)


def _by_others(
    there: list[Run],
    alike: Callable[[Run], tuple[str, ...]],
    value: Callable[[Run], float],
    others: Callable[[Run, Run], bool],
) -> list[Reference]:
    """Each run and how far the median of a value of others alike is off; nothing where there is no other."""
    found = []
    for part in parted(there, alike).values():
        for run in part:
            if reported := [value(other) for other in part if others(run, other)]:
                found.append((run, median(reported) / value(run) - 1.0))
    return found


def predicted(catalog: Catalog, reported: list[Reference]) -> list[Scored]:
    """Those of the runs that can be predicted without their card."""
    answers = (_predictor(catalog).score(run) for run, _ in reported)
    return [one for one in answers if isinstance(one, Scored)]


def elsewhere(catalog: Catalog, run: Run) -> list[Run]:
    """Other runs of one's card, model, format and kind, by anybody in any program, with bounds that differ by 10% at most."""
    same = lambda other: (other.device.key, other.model, other.precision, other.kind)  # noqa: E731
    there = [other for other in (*runs(catalog), *_repeats(catalog)) if same(other) == same(run)]
    return [
        other
        for other in there
        if abs(other.bound / run.bound - 1.0) < 0.1 and (other.file, other.line) != (run.file, run.line)
    ]


#: Tokens of a prompt up to which it is called short.
SHORT = 1024


def cause(one: Scored) -> str:
    """What tells well from badly predicted runs apart: who measured, what it is predicted from, or what a server ran."""
    run = one.run
    if one.probes == 1:
        return "probe in the same format" if one.alike else "probe in another format"
    if one.probes:
        return "dense models" if run.read else "mixtures of experts"
    if run.family == CROWD:
        if run.device.memory == "gddr-amd":
            return RADEON
        return "crowd-sourced, a card with HBM" if run.device.memory == "hbm" else "crowd-sourced, others"
    build = f"build on {'two other devices or more' if one.same_build else 'one other device at most'}"
    if run.kind == DECODE:
        return build
    if not run.read:
        return "mixtures of experts"
    if (run.family, run.device.memory, run.product) == ("llama.cpp", "hbm", "16 bits"):
        return "dense, in 16 bits on an A100"
    return (
        f"dense, {build}, {'long' if run.phases[0].tokens > SHORT else 'short'}"
        if one.same_build
        else f"dense, {build}"
    )


def parted(found: list[One], by: Callable[[One], Key]) -> dict[Key, list[One]]:
    """Runs, scored or not, by what tells them apart, largest part first."""
    parts: dict[Key, list[One]] = defaultdict(list)
    for one in found:
        parts[by(one)].append(one)
    return dict(sorted(parts.items(), key=lambda part: (-len(part[1]), part[0])))


def named_bits(precision: str) -> float:
    """The bits that a format's name says: 4 for Q4_0, whose file holds 4.5 with its scales; 0 where it says none."""
    return next((bits for word, bits in _NAMED_BITS if word in precision.lower()), 0.0)


def _cache(run: Run) -> float:
    return run.phases[0].kv


def _weights(run: Run) -> float:
    return run.phases[0].bytes - run.phases[0].kv


#: Other tools' formulas for the seconds of one token of one sequence, restated from their code as cited on the page.
FORMULAS: dict[str, Callable[[Run], float]] = {
    "LLM-Viewer": lambda run: (run.read * named_bits(run.precision) / 8.0 + _cache(run)) / run.device.bandwidth,
    "llm-analysis": lambda run: (run.read * named_bits(run.precision) / 8.0 + 2.0 * _cache(run)) / run.device.bandwidth,
    "GenZ": lambda run: (
        (run.read * named_bits(run.precision) / 8.0 + _cache(run) * named_bits(run.precision) / 16.0)
        / (run.device.bandwidth * _BINARY)
    ),
    "llmfit": lambda run: run.stored / (0.55 * run.device.bandwidth),
    "whichllm": lambda run: (
        run.stored / ({16.0: 0.40, 8.0: 0.45}.get(named_bits(run.precision), 0.55) * run.device.bandwidth)
    ),
    "0.8 of bandwidth (InferSim, BLIS)": lambda run: run.phases[0].bytes / (0.8 * run.device.bandwidth),
}


def comparable(catalog: Catalog) -> list[Scored]:
    """Scored decode of batch 1 that every formula speaks of: dense models whose format's name says its bits."""
    return [one for one in of_kind(catalog, DECODE) if one.run.read and named_bits(one.run.precision)]
