"""What a pass is expected to take on a real machine: the roofline at fitted shares of bandwidth and peak, and launches.

An estimate, no bound.  The constants and how far left-out devices lay from what they give are data
(`data/expected.json`); this is the formula.
"""

from dataclasses import dataclass

from generators.model.inputs import Format, Shape
from generators.model.parameters import active_linear_parameters, head_parameters
from generators.model.phases import knee_time

#: FLOP at the dense peak that turning a narrow weight into a number to multiply by costs, before it is multiplied:
#: of 3, 4 and 5 the best on half of the devices, and better than none on the other half.
UNPACK = 4.0
#: Bytes below which a stored value is narrow: 16-bit ones have two, less what a file's norms and table move the mean.
NARROW = 1.9


@dataclass(frozen=True)
class Habits:
    """What an engine's build reaches on a class of memory: shares of the datasheet's bandwidth and peak, seconds per layer.

    `peak_share` is 0 where none was fitted: the compute side is then left out.
    """

    share: float
    peak_share: float
    layer: float
    sharpness: float = 2.0  # of the knee between the two roofs, fitted to no device's rows: see `phases.knee_time`


def unpacked_values(s: Shape, f: Format):
    """Narrow weights that a token uses, those of matrix products; none where weights have 16 bits and more."""
    if f.weight >= NARROW and (f.expert <= 0 or f.expert >= NARROW):
        return 0.0
    return active_linear_parameters(s) + head_parameters(s)


def reading_bytes(moved, unpacked, bandwidth, peak):
    """Bytes that take as long to move as `moved` take with `unpacked` values made ready on the way; `moved` where no peak is known."""
    if peak > 0:
        return moved + UNPACK * unpacked * bandwidth / peak
    return moved


def expected_time(moved, flop, layers, bandwidth, peak, h: Habits):
    """Seconds of a pass: moving and computing at the shares reached, with a smooth knee, and what each layer adds to it.

    `moved` in bytes, as `reading_bytes` counts them, `flop` in FLOP; `bandwidth` in byte/s and `peak` in FLOP/s of the datasheet, `peak` 0 where not known.
    """
    memory = moved / (h.share * bandwidth)
    if peak > 0 and h.peak_share > 0:
        return knee_time(memory, flop / (h.peak_share * peak), h.sharpness, 1.0) + layers * h.layer
    return memory + layers * h.layer


def probed_share(moved, layers, bandwidth, time, layer):
    """The share of bandwidth that a measured pass shows, once what its layers add is taken off."""
    return moved / (bandwidth * (time - layers * layer))
