"""Changes to the predictor's form that were tried: chosen by one half of the devices, judged on the other half.

``python -m generators score --fit`` writes the errors; the page on accuracy prints them.  Each change
alters what a run is said to move, compute or launch, or whose constants it shares, and all is fitted anew.
"""

import hashlib
import json
import math
from collections.abc import Callable
from dataclasses import replace

from generators.model import parameters
from generators.model.expected import launching_layers
from generators.model.inputs import Shape
from generators.score.fit import NEW
from generators.score.names import Names
from generators.score.rows import Phase, Run
from generators.score.table import Predictor, Scored, summary

TRIED = "data/tried.json"
KINDS = ("decode, batch 1", "prefill")
#: Judged on all its devices, which are too few to halve: batches in servers.
SERVED = "whole requests, batched"
UNPACK = 5.0  # FLOP at the dense peak, of 2 to 8 the best on half A
EACH_SEQUENCE = 0.5  # layers' time that a server's step takes for each sequence, of 0.25 to 4 the best for GH200
ATTENTION = 3.0  # times its FLOP that a prompt's attention takes, of 2 to 6 the best on half A by run
MICRO_BATCH = 512.0  # tokens that llama.cpp computes at once, unless told otherwise


def half(device: str) -> int:
    """Which half a device is in: the parity of a hash of its name, so that nobody chooses it."""
    return hashlib.sha256(device.encode()).digest()[0] % 2


def _each(run: Run, change: Callable[[Phase], Phase]) -> Run:
    return replace(run, phases=tuple(change(phase) for phase in run.phases))


def changes(names: Names) -> dict[str, Callable[[Run], Run]]:
    """Each change by what it says."""

    def shape_of(run: Run) -> Shape | None:
        id_ = names.model(run.model) if run.kind != "operator" else ""
        return names.shape(id_) if id_ else None

    def plain_layers(run: Run) -> Run:
        shape = shape_of(run)
        more = launching_layers(shape) - shape.layers if shape else 0.0
        return _each(run, lambda p: replace(p, layers=p.layers - more if p.layers else 0.0))

    def unpacked(run: Run) -> Run:
        shape = shape_of(run)
        if not shape or not run.device.peak or run.product == "16 bits":
            return run
        narrow = parameters.active_linear_parameters(shape) + parameters.head_parameters(shape)
        extra = UNPACK * narrow * run.device.bandwidth / run.device.peak
        return _each(run, lambda p: replace(p, bytes=p.bytes + extra) if p.needed else p)

    def in_parts(run: Run) -> Run:
        if run.kind != "prefill" or run.family != "llama.cpp":
            return run
        n = math.ceil(run.phases[0].tokens / MICRO_BATCH)
        return _each(run, lambda p: replace(p, times=p.times * n, flop=p.flop / n, tokens=p.tokens / n))

    def slow_attention(run: Run) -> Run:
        shape = shape_of(run)
        if run.kind != "prefill" or run.family != "llama.cpp" or not shape:
            return run
        more = (ATTENTION - 1.0) * 2.0 * shape.layers * shape.heads * shape.head_dim
        return _each(run, lambda p: replace(p, flop=p.flop + more * p.tokens**2 if p.needed else p.flop))

    def by_sequence(run: Run) -> Run:
        if run.family != "serving" or run.kind in ("prefill", "operator"):
            return run
        return _each(run, lambda p: replace(p, layers=p.layers + EACH_SEQUENCE * p.tokens if p.times > 1 else p.layers))

    return {
        "as it is": lambda run: run,
        "a layer with experts launches no more than another": plain_layers,
        "builds of all years share their constants": lambda run: replace(
            run, build=run.build.replace(NEW, "since 2025")
        ),
        "scores of attention that is not fused stay on the chip": lambda run: replace(
            run, phases=tuple(p for p in run.phases if p.needed)
        ),
        "the cache is read at half the share of bandwidth": lambda run: _each(
            run, lambda p: replace(p, bytes=p.bytes + p.kv)
        ),
        "host and sampler take the time of four more layers": lambda run: _each(
            run, lambda p: replace(p, layers=p.layers + 4.0 if p.layers else 0.0)
        ),
        f"unpacking a narrow weight takes {UNPACK:.0f} FLOP": unpacked,
        f"a server's step takes the time of {EACH_SEQUENCE} layers more for each sequence": by_sequence,
        f"a prompt's attention takes {ATTENTION:.0f} times its FLOP": slow_attention,
        "prompts are computed 512 tokens at a time": in_parts,
        "mixtures of experts have a share of peak of their own": lambda run: (
            run if run.read or run.kind == "operator" else replace(run, product=f"{run.product}, experts")
        ),
    }


def errors(runs: list[Run]) -> dict[str, list[float]]:
    """By kind: for each half of the devices the runs, and the median error by run and by device; for servers, of all of them."""
    predictor = Predictor(runs)
    scored = [one for one in map(predictor.score, runs) if isinstance(one, Scored) and one.devices > 1]
    reported = {}
    for kind in KINDS:
        reported[kind] = []
        for side in (0, 1):
            s = summary([one for one in scored if one.run.kind == kind and half(one.run.device.key) == side])
            reported[kind] += [s.rows, round(s.by_row, 4), round(s.by_device, 4)]
    s = summary([one for one in scored if one.run.kind == SERVED])
    return reported | {SERVED: [s.rows, round(s.by_row, 4), round(s.by_device, 4)]}


def tried_text(runs: list[Run], names: Names) -> str:
    """The text of data/tried.json."""
    rows = {name: errors([change(run) for run in runs]) for name, change in changes(names).items()}
    lines = ",\n ".join(f"{json.dumps(name)}: {json.dumps(row)}" for name, row in rows.items())
    return f"{{\n {lines}\n}}\n"
