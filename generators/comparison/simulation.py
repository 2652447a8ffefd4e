"""Serving, simulated: the measured scheduler itself, with the seconds of each pass priced by the book's model.

A price is a function from the segments of a pass to seconds.  `chip_price` makes one from a chip,
a model and a format of the catalog; `machine_price` from a measured model's parameters and a
machine's ceilings; `calibrated` fits the two rates of a price to passes that were measured.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property

from generators.catalog import model_inputs
from generators.catalog.load import Catalog
from generators.catalog.record import Case, Record
from generators.comparison import comparison
from generators.core.errors import BookError
from generators.measure.serving import report as serving_report
from generators.measure.serving.plans import Landing
from generators.measure.serving.scheduler import Policy, Request, Run, Segment, serve
from generators.measure.serving.trace import at_once, at_rate
from generators.model import memory, parameters, roofline, work
from generators.model.inputs import Chip, Format, Pass, Shape


@dataclass(frozen=True)
class Mixed:
    """One pass over a mixed batch: FLOP, bytes, the three terms of its time, the time, and what binds."""

    flop: float
    bytes: float
    compute: float
    memory: float
    overhead: float
    time: float
    binds: str


@dataclass(frozen=True)
class PassTimeModel:
    """The seconds of a pass: weights once, the KV cache of every sequence, the FLOP of all tokens, overhead.

    With `overlap` the largest of compute, memory and overhead is the time, as on the roofline;
    without it their sum, as on a machine that computes on what it has loaded only afterwards.
    """

    shape: Shape
    format: Format
    chip: Chip
    overlap: bool = True

    def __call__(self, segments: Sequence[Segment]) -> float:
        """Seconds of the pass, as `step` tells them."""
        flop, moved = self.work(segments)
        compute, reading, overhead = flop / self.chip.peak, moved / self.chip.bandwidth, self.chip.overhead
        return max(compute, reading, overhead) if self.overlap else compute + reading + overhead

    def ahead(self, segments: Sequence[Segment], count: int) -> Iterator[float]:
        """Seconds of the pass, and of as many as make `count` with it, in each of which every sequence goes on by as much."""
        if count == 1:
            yield self(segments)
            return
        flop, moved = zip(*(self._costs.following(one, count) for one in segments), strict=True)
        answers = any(one.answers for one in segments)
        weights, chip = self._costs.weights(sum(one.new for one in segments), answers), self.chip
        add = sum if self._costs.whole else math.fsum
        for done, read in zip(map(add, zip(*flop, strict=True)), map(add, zip(*moved, strict=True)), strict=True):
            compute, reading = done / chip.peak, (weights + read) / chip.bandwidth
            yield max(compute, reading, chip.overhead) if self.overlap else compute + reading + chip.overhead

    def step(self, segments: Sequence[Segment]) -> Mixed:
        """The pass, term by term."""
        flop, moved = self.work(segments)
        compute, reading, overhead = flop / self.chip.peak, moved / self.chip.bandwidth, self.chip.overhead
        least = roofline.step_time(flop, moved, self.chip.peak, self.chip.bandwidth, overhead)
        time = least if self.overlap else compute + reading + overhead
        return Mixed(flop, moved, compute, reading, overhead, time, roofline.what_binds(compute, reading, overhead))

    def work(self, segments: Sequence[Segment]) -> tuple[float, float]:
        """FLOP and bytes of the pass."""
        _, _, new, cached, _, answers = zip(
            *segments, strict=True
        )  # by columns: a simulation asks some hundred thousand times
        flop, moved = zip(*map(self._costs.segment, new, cached, answers), strict=True)
        return math.fsum(flop), self._costs.weights(sum(new), any(answers)) + math.fsum(moved)

    @cached_property
    def _costs(self) -> _Costs:
        return _costs(self.shape, self.format)


class _Costs:
    """What sequences and weights add to a pass of one model, remembered for all its prices, as many segments recur."""

    def __init__(self, shape: Shape, form: Format) -> None:
        self.shape, self.format = shape, form
        self.segment, self.weights = cache(self._segment), cache(self._weights)
        self.whole = True  # sums of whole numbers below 2**53 are exact by themselves, and six times as fast as fsum's
        self._flop: list[float] = []  # of decoding one token after so many cached ones
        self._moved: list[float] = []

    def _segment(self, new: int, cached: int, answers: bool) -> tuple[float, float]:
        """FLOP of one sequence's new tokens and the bytes that it shares with no other."""
        one = Pass(1.0, float(new), float(cached + new), float(answers))
        moved = memory.step_bytes(self.shape, self.format, one)
        flop, own = work.step_flop(self.shape, self.format, one), moved.total - moved.weights
        self.whole &= flop.is_integer() and own.is_integer() and max(flop, own) < 2.0**40
        return flop, own

    def _weights(self, new: int, answers: bool) -> float:
        """Bytes of weights that a pass over new tokens reads, the output head among them only if it answers."""
        streamed = memory.weight_bytes_streamed(self.shape, self.format, Pass(float(new), 1.0, 1.0))
        return streamed - (0.0 if answers else parameters.head_parameters(self.shape) * self.format.other)

    def following(self, one: Segment, count: int) -> tuple[Sequence[float], Sequence[float]]:
        """What this segment costs, one of as many new tokens after it, and so on: FLOP, and bytes."""
        cached = one.cached
        if one.new > 1 or not one.answers:
            costs = [self.segment(one.new, cached + done * one.new, one.answers) for done in range(count)]
            return tuple(zip(*costs, strict=True))
        for tokens in range(len(self._flop), cached + count):
            flop, moved = self.segment(1, tokens, True)
            self._flop.append(flop)
            self._moved.append(moved)
        return self._flop[cached : cached + count], self._moved[cached : cached + count]


_costs = cache(_Costs)


def chip_price(catalog: Catalog, accelerator: str, model: str, form: str, overhead: float = 0.0) -> PassTimeModel:
    """The price on a chip of the catalog by its datasheet; BookError where the chip has no peak in the format."""
    row = catalog.formats[form]
    chip = model_inputs.device(catalog.accelerators[accelerator], row.rate)
    if chip is None:
        raise BookError(f"data/accelerators/{accelerator}.toml", "compute", f"found no {row.rate} peak to serve {form}")
    return PassTimeModel(
        model_inputs.shape(catalog.models[model]), model_inputs.number_format(row), replace(chip, overhead=overhead)
    )


def largest_batch(price: PassTimeModel, context: int) -> int:
    """Sequences of `context` tokens that fit on the chip beside the weights; 0 where the weights alone do not."""
    return max(0, math.floor(memory.largest_batch(price.shape, price.format, price.chip, float(context))))


def machine_price(record: Record, case: Case, bandwidth: float | None = None, overlap: bool = True) -> PassTimeModel:
    """The price of a measured model from ceilings of the same record: best read (or `bandwidth`), best product."""
    dtype = str(case.parameters["dtype"])
    roof = comparison.ceilings(record)
    if dtype not in roof.products:
        raise _lacks(record, f"found no measured matmul-peak in {dtype}, wanted one to simulate {case.name}")
    chip = Chip(bandwidth or roof.read, roof.products[dtype])
    return PassTimeModel(comparison.measured_shape(case), comparison.measured_format(case), chip, overlap)


def calibrated(price: PassTimeModel, passes: Sequence[tuple[Sequence[Segment], float]]) -> PassTimeModel:
    """The same price with the two rates, byte/s and FLOP/s, that best tell measured passes (segments, seconds).

    Least squares of relative errors, bytes and FLOP adding up.  Where the passes leave a rate
    open or call for a negative one, ValueError.
    """
    rows = [(*price.work(segments), seconds) for segments, seconds in passes]
    ff = math.fsum((flop / t) ** 2 for flop, _, t in rows)
    bb = math.fsum((moved / t) ** 2 for _, moved, t in rows)
    fb = math.fsum(flop * moved / t**2 for flop, moved, t in rows)
    f, b = math.fsum(flop / t for flop, _, t in rows), math.fsum(moved / t for _, moved, t in rows)
    scale, per_flop, per_byte = ff * bb - fb * fb, f * bb - b * fb, b * ff - f * fb
    if scale <= 1e-9 * ff * bb or per_flop <= 0 or per_byte <= 0:
        raise ValueError("these passes do not tell reading from computing; wanted some that decode, some that prefill")
    return replace(price, chip=Chip(scale / per_byte, scale / per_flop), overlap=False)


def landing_cases(record: Record, **reported: object) -> list[tuple[Landing, list[Case]]]:
    """Each measured interference run of a record with its rows in the order of the passes."""
    runs: dict[int | None, list[Case]] = {}
    for case in record.measured("interference", **reported):
        chunk = case.parameters["chunk_tokens"]
        runs.setdefault(None if chunk is None else int(chunk), []).append(case)
    found = [(_landing(chunk, rows), sorted(rows, key=_step)) for chunk, rows in runs.items()]
    for landing, rows in found:
        if list(map(_step, rows)) != list(range(len(landing.passes()[1]))):
            raise _lacks(record, f"found {len(rows)} passes of interference, wanted {len(landing.passes()[1])}")
    return found


def _step(case: Case) -> int:
    return int(case.parameters["step"])


def _landing(chunk: int | None, rows: list[Case]) -> Landing:
    """The run that some rows tell: the prompt arrived with the first pass that reads any of it."""
    reported = rows[0].parameters
    reading = [_step(row) for row in rows if row.parameters["prefill_tokens"]]
    after = max(map(_step, rows)) - max(reading)
    return Landing(
        int(reported["batch"]), int(reported["cached"]), int(reported["prompt_tokens"]), chunk, min(reading), after
    )


def landing_passes(record: Record, **reported: object) -> list[tuple[list[Segment], float]]:
    """All passes of a record's interference runs with their measured seconds: what `calibrated` fits to."""
    return [
        (segments, case.seconds)
        for landing, cases in landing_cases(record, **reported)
        for segments, case in zip(landing.passes()[1], cases, strict=True)
    ]


def measured_trace(record: Record, policy: str, load: float) -> tuple[Policy, list[Request]]:
    """The policy and the requests of a measured serving run, to play once more."""
    rows = record.measured("serving", policy=policy, load=load, metric="ttft")
    rows.sort(key=lambda row: int(row.parameters["request"]))
    if not rows or len(rows) != rows[0].parameters["requests"]:
        found = f"{len(rows)} measured requests" if rows else "no measured serving"
        raise _lacks(record, f"found {found} under {policy} at load {load:g}, wanted a whole run to simulate")
    reported, chunk = rows[0].parameters, rows[0].parameters["chunk_tokens"]
    requests = [
        Request(float(p["arrival_s"]), int(p["prompt_tokens"]), int(p["answer_tokens"]))
        for p in (row.parameters for row in rows)
    ]
    return Policy(policy, int(reported["batch"]), None if chunk is None else int(chunk)), requests


def _lacks(record: Record, message: str) -> BookError:
    return BookError(f"data/measurements/{record.id}.json", "cases", message)


def capacity(trace: Sequence[Request], policy: Policy, price: PassTimeModel) -> float:
    """Requests per second that a policy could serve for ever: measured and simulated runs define a load of 1 by it."""
    return serving_report.sustained_rate(serve(at_once(trace), policy, price))


def at_load(
    trace: Sequence[Request], policy: Policy, price: PassTimeModel, load: float, of: float | None = None
) -> Run:
    """A trace (drawn at one request a second) at a share of `of` requests a second, or of the policy's own capacity."""
    return serve(at_rate(trace, load * (of or capacity(trace, policy, price))), policy, price)
