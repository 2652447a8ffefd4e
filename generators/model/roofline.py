"""The roofline itself (Williams, Waterman and Patterson, CACM 2009): what a chip can attain, and how long a pass takes."""

from dataclasses import dataclass

from generators.model.arith import largest, smallest
from generators.model.inputs import Chip, Format, Pass, Shape
from generators.model.memory import Traffic, row_bytes, step_bytes, weight_bytes_streamed
from generators.model.work import step_flop


@dataclass(frozen=True)
class Step:
    """One pass on one chip: its work, its traffic, the three terms of its time, and the one that binds."""

    flop: float
    traffic: Traffic
    compute: float
    memory: float
    overhead: float
    time: float
    binds: str


def ridge_point(peak, bandwidth):
    """The arithmetic intensity at which compute and memory take equally long, FLOP/byte."""
    return peak / bandwidth


def arithmetic_intensity(flop, bytes_moved):
    """FLOP per byte moved between main memory and the chip, loads and stores, after the caches."""
    return flop / bytes_moved


def critical_tokens(ridge, weight_bytes, mac):
    """Tokens per pass at which a matrix product turns compute-bound: its intensity is mac × tokens / bytes per weight."""
    return ridge * weight_bytes / mac


def matrix_intensity(tokens, weight_bytes, mac):
    """Arithmetic intensity of a matrix product of `tokens` tokens, weights alone."""
    return mac * tokens / weight_bytes


def attainable(peak, bandwidth, intensity):
    """The highest rate the roofline allows at an intensity, FLOP/s."""
    return smallest(peak, bandwidth * intensity)


def step_time(flop, bytes_moved, peak, bandwidth, overhead):
    """Least time of a pass whose compute, memory and host work overlap fully: the largest of the three."""
    return largest(largest(flop / peak, bytes_moved / bandwidth), overhead)


def what_binds(compute, memory, overhead):
    """The name of the largest term; memory wins a tie with compute."""
    if overhead > compute and overhead > memory:
        return "overhead"
    return "compute" if compute > memory else "memory"


def step(s: Shape, f: Format, c: Chip, p: Pass):
    """One pass of a model on a chip."""
    flop = step_flop(s, f, p)
    traffic = step_bytes(s, f, p)
    compute = flop / c.peak
    memory = traffic.total / c.bandwidth
    time = step_time(flop, traffic.total, c.peak, c.bandwidth, c.overhead)
    return Step(flop, traffic, compute, memory, c.overhead, time, what_binds(compute, memory, c.overhead))


def throughput(batch, tokens_per_pass, time):
    """Tokens per second of all sequences: batch × tokens accepted per pass / time of a pass."""
    return batch * tokens_per_pass / time


def intensity(s: Shape, f: Format, p: Pass):
    """Arithmetic intensity of a whole pass, FLOP/byte."""
    return arithmetic_intensity(step_flop(s, f, p), step_bytes(s, f, p).total)


def shared_weight_bytes(s: Shape, f: Format, p: Pass):
    """Weight bytes that all sequences of a pass share: those streamed, less the embedding rows."""
    return weight_bytes_streamed(s, f, p) - row_bytes(s, f, p)


def intensity_ceiling(s: Shape, f: Format, p: Pass):
    """What the intensity of a dense model tends to as the batch grows: the weights are shared, KV cache is not.

    FLOP of the pass over the bytes that its sequences do not share.  (In a mixture of experts the
    weights read still grow with the batch, so it tends there more slowly.)
    """
    return step_flop(s, f, p) / (step_bytes(s, f, p).total - shared_weight_bytes(s, f, p))
