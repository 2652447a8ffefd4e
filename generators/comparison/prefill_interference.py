"""A prompt lands among sequences that decode: every pass, priced by a model or measured, and what the others wait for."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from generators.catalog.load import Catalog
from generators.catalog.record import Case, Record
from generators.comparison import simulation
from generators.comparison.comparison import FORMATS, decode_records, measured_format, measured_shape
from generators.comparison.simulation import chip_price
from generators.core import units
from generators.measure.serving.plans import Landing
from generators.measure.serving.scheduler import Segment
from generators.model.inputs import Chip

__all__ = ["Interference", "Landed", "LandingPass", "chip_price", "interference", "land"]


@dataclass(frozen=True)
class LandingPass:
    """One pass while a prompt lands: when it ends after the prompt's arrival, how long it takes, prompt tokens in it.

    `binds` is what a predicted one is bound by, `interval` the 5th and 95th percentile of a measured one.
    """

    end: float
    seconds: float
    prompt: int
    interval: tuple[float, float]
    binds: str


@dataclass(frozen=True)
class Landed:
    """A prompt that landed among decoding sequences, whole (`chunk` None) or in chunks."""

    chunk: int | None
    prompt: int
    passes: list[LandingPass]

    @property
    def before(self) -> float:
        """Median inter-token latency of the passes before the prompt."""
        first = next(at for at, one in enumerate(self.passes) if one.prompt)
        return units.statistic("median", (one.seconds for one in self.passes[:first]))

    @property
    def worst(self) -> float:
        """The longest inter-token latency of the sequences that decode."""
        return units.statistic("highest", (one.seconds for one in self.passes))

    @property
    def first_token(self) -> float:
        """Time to first token of the prompt that lands, from the pass that begins to read it."""
        mine = [one for one in self.passes if one.prompt]
        mean = units.text(units.of(math.fsum(one.seconds for one in mine) / len(mine), "s"), "ms")
        words = f"passes that read the prompt: {len(mine)}, {mean} on average"
        return units.explained(max(one.end for one in mine), words)


Timed = tuple[Sequence[Segment], float, tuple[float, float], str]  # a pass, its seconds, their interval, what binds


def land(
    price: simulation.PassTimeModel,
    batch: int,
    cached: int,
    prompt: int,
    chunk: int | None,
    around: tuple[int, int] = (2, 2),
) -> Landed:
    """A landing played with a price: `around` says how many passes come before it and after."""
    return _predicted(Landing(batch, cached, prompt, chunk, *around), price)


def _predicted(plan: Landing, price: simulation.PassTimeModel) -> Landed:
    steps = [(segments, price.step(segments)) for segments in plan.passes()[1]]
    return _played(plan.chunk_tokens, plan.prompt, [(s, step.time, (0.0, 0.0), step.binds) for s, step in steps])


def _played(chunk: int | None, prompt: int, timed: Sequence[Timed]) -> Landed:
    """Passes on a clock that starts when the first of them reads some of the prompt."""
    read = [sum(one.new for one in segments if one.prompt) for segments, *_ in timed]
    first = next(at for at, tokens in enumerate(read) if tokens)
    clock, passes = -math.fsum(seconds for _, seconds, *_ in timed[:first]), []
    for tokens, (_, seconds, interval, binds) in zip(read, timed, strict=True):
        clock += seconds
        passes.append(LandingPass(clock, seconds, tokens, interval, binds))
    return Landed(chunk, prompt, passes)


@dataclass(frozen=True)
class Interference:
    """A record's landings, measured and predicted from its whole one: the two rates that it tells, then arithmetic."""

    record: str
    machine: str
    label: str
    batch: int
    cached: int
    measured: list[Landed]
    predicted: list[Landed]

    @property
    def error(self) -> float:
        """Median error of the passes that read a chunk, sign dropped; those of the whole landing were fitted."""
        pairs = [
            (reported.seconds, seen.seconds)
            for a, b in zip(self.predicted, self.measured, strict=True)
            if a.chunk
            for reported, seen in zip(a.passes, b.passes, strict=True)
            if seen.prompt
        ]
        return units.statistic("median", (abs(reported / seen - 1) for reported, seen in pairs))


def interference(catalog: Catalog) -> list[Interference]:
    """Interference runs of the records that hold them, in the order of roles."""
    found = [_interference(record) for record in decode_records(catalog, "interference")]
    return [one for one in found if one]


def _interference(record: Record) -> Interference | None:
    """One record's runs; None where it has no whole landing, or one that does not tell reading from computing."""
    runs = simulation.landing_cases(record)
    whole = next((run for run in runs if run[0].chunk_tokens is None), None)
    if whole is None or len(runs) < 2:
        return None
    reported = whole[1][0]
    base = simulation.PassTimeModel(measured_shape(reported), measured_format(reported), Chip(1.0, 1.0))
    try:
        price = simulation.calibrated(
            base, [(s, c.seconds) for s, c in zip(whole[0].passes()[1], whole[1], strict=True)]
        )
    except ValueError:
        return None
    runs.sort(key=lambda run: -(run[0].chunk_tokens or 10**9))
    seen = [_played(plan.chunk_tokens, plan.prompt, _timed(plan, cases)) for plan, cases in runs]
    wanted = [_predicted(plan, price) for plan, _ in runs]
    label = f"{reported.parameters['model']}, {FORMATS[str(reported.parameters['dtype'])]}"
    return Interference(record.id, record.machine.name, label, whole[0].sequences, whole[0].cached, seen, wanted)


def _timed(plan: Landing, cases: Sequence[Case]) -> list[Timed]:
    """Every pass of a measured landing with its time."""
    return [(segments, case.seconds, case.interval, "") for segments, case in zip(plan.passes()[1], cases, strict=True)]
