"""What a pass is expected to take on a real machine: the roofline at fitted shares of bandwidth and peak, and launches.

An estimate, no bound.  The constants and how far left-out devices lay from what they give are data
(`data/expected.json`); this is the formula.
"""

from dataclasses import dataclass

from generators.model.inputs import Shape
from generators.model.parts import parts_of
from generators.model.phases import knee_time

#: What a layer with experts launches beside another's: it routes, and sorts tokens by expert and back.
EXPERTS = 0.5


@dataclass(frozen=True)
class Habits:
    """What an engine's build reaches on a class of memory: shares of the datasheet's bandwidth and peak, seconds per layer.

    `peak_share` is 0 where none was fitted: the compute side is then left out.
    """

    share: float
    peak_share: float
    layer: float
    sharpness: float = 2.0  # of the knee between the two roofs, fitted to no device's rows: see `phases.knee_time`


def launching_layers(s: Shape):
    """Layers as an engine launches them: one with experts counts as one and a half."""
    total = s.layers
    for g in parts_of(s):
        if g.experts > 0:
            total = total + EXPERTS * g.count
    return total


def expected_time(moved, flop, layers, bandwidth, peak, h: Habits):
    """Seconds of a pass: moving and computing at the shares reached, with a smooth knee, and what each layer adds to it.

    `moved` in bytes, `flop` in FLOP; `bandwidth` in byte/s and `peak` in FLOP/s of the datasheet, `peak` 0 where not known.
    """
    memory = moved / (h.share * bandwidth)
    if peak > 0 and h.peak_share > 0:
        return knee_time(memory, flop / (h.peak_share * peak), h.sharpness, 1.0) + layers * h.layer
    return memory + layers * h.layer


def probed_share(moved, layers, bandwidth, time, layer):
    """The share of bandwidth that a measured pass shows, once what its layers add is taken off."""
    return moved / (bandwidth * (time - layers * layer))
