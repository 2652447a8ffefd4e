"""What the explorer and the widgets show, asked of the model in one place.  Portable: this text runs in the browser.

Every function puts the model's answers side by side or adds up its times; no formula of the model is repeated here.
Times are lower bounds: compute, memory and host work overlap fully, and nothing is lost between.
"""

from dataclasses import dataclass

from generators.model.arith import largest
from generators.model.inputs import Chip, Format, Pass, Shape
from generators.model.memory import (
    kv_bytes_per_token,
    largest_batch,
    memory_needed,
    sequence_bytes,
    weight_bytes_stored,
)
from generators.model.parts import parts_of
from generators.model.roofline import (
    Step,
    arithmetic_intensity,
    attainable,
    ridge_point,
    step,
    throughput,
)
from generators.model.work import accepted_tokens


@dataclass(frozen=True)
class PassAnswer:
    """One pass: the model's step, its intensity in FLOP/byte and the rate the roofline allows, FLOP/s."""

    step: Step
    intensity: float
    attainable: float


@dataclass(frozen=True)
class Fit:
    """Bytes: stored weights, KV cache of one sequence and of all, their sum; and the batch that fills the device."""

    weights: float
    kv_sequence: float
    kv_token: float
    kv_all: float
    needed: float
    room: float
    batch: float


@dataclass(frozen=True)
class Answer:
    """One configuration: its decode step, the prefill of one prompt as long as the context, rates, memory."""

    ridge: float
    decode: PassAnswer
    prefill: PassAnswer
    per_user: float
    together: float
    fit: Fit


@dataclass(frozen=True)
class Request:
    """One request, its prompt in chunks: seconds and passes of prefill, the longest pass, seconds of decode."""

    prefill: float
    passes: float
    compute_bound: float
    longest: float
    decode: float


@dataclass(frozen=True)
class Draft:
    """Speculative decoding: tokens per cycle, seconds of drafting, of the whole cycle and of a plain step, and the gain."""

    tokens: float
    drafting: float
    cycle: float
    plain: float
    gain: float
    binds: str


def copies(s: Shape, chips):
    """How often each key and value is kept when chips share a model head by head.

    Once while every chip has a KV head of its own; beyond, chips with the same head keep copies of it.
    A latent vector serves all heads, so each chip keeps it.
    """
    latent = 0.0
    for g in parts_of(s):
        latent = latent + g.expanded
    if latent > 0:
        return chips
    return largest(1.0, chips / s.kv_heads) if s.kv_heads > 0 else 1.0


def shared_format(s: Shape, f: Format, chips):
    """The format with the bytes of all copies of a key or value."""
    kv = f.kv * copies(s, chips)
    return Format(f.weight, f.other, kv, f.activation, f.mac, f.state, f.attention, f.expert, f.embedding)


def chips_together(c: Chip, chips):
    """Chips of a kind as one: bandwidth, peak and capacity add, and the links between them are not counted."""
    return Chip(c.bandwidth * chips, c.peak * chips, c.capacity * chips, c.overhead)


def one_pass(s: Shape, f: Format, c: Chip, p: Pass):
    """A pass with its place on the roofline."""
    made = step(s, f, c, p)
    intensity = arithmetic_intensity(made.flop, made.traffic.total)
    return PassAnswer(made, intensity, attainable(c.peak, c.bandwidth, intensity))


def memory_fit(s: Shape, f: Format, c: Chip, batch, context):
    """What must lie in memory; room and batch are 0 where the capacity is not known (0)."""
    needed = memory_needed(s, f, batch, context)
    each = sequence_bytes(s, f, context)
    room = 0.0
    most = 0.0
    if c.capacity > 0:
        room = c.capacity - needed
        most = largest(largest_batch(s, f, c, context), 0.0)
    return Fit(weight_bytes_stored(s, f), each, kv_bytes_per_token(s, f), batch * each, needed, room, most)


def answer(s: Shape, f: Format, c: Chip, batch, context):
    """Everything the explorer shows of a configuration."""
    decode = one_pass(s, f, c, Pass(batch, 1.0, context))
    prefill = one_pass(s, f, c, Pass(1.0, context, context))
    time = decode.step.time
    each = throughput(1.0, 1.0, time)
    together = throughput(batch, 1.0, time)
    return Answer(
        ridge_point(c.peak, c.bandwidth), decode, prefill, each, together, memory_fit(s, f, c, batch, context)
    )


def request(s: Shape, f: Format, c: Chip, chunk_ends: list, contexts: list):
    """A request whose prompt is read in chunks that end at `chunk_ends`, and one decode step at each of `contexts`.

    A chunk attends to all chunks before it.
    """
    past = 0.0
    prefill = 0.0
    passes = 0.0
    bound = 0.0
    longest = 0.0
    for end in chunk_ends:
        made = step(s, f, c, Pass(1.0, end - past, end))
        prefill = prefill + made.time
        passes = passes + 1.0
        bound = bound + 1.0 if made.binds == "compute" else bound
        longest = largest(longest, made.time)
        past = end
    decode = 0.0
    for context in contexts:
        decode = decode + step(s, f, c, Pass(1.0, 1.0, context)).time
    return Request(prefill, passes, bound, longest, decode)


def speculation(s: Shape, d: Shape, f: Format, c: Chip, batch, context, drafts, acceptance):
    """A cycle of `drafts` draft tokens by model `d`, verified in one pass of model `s`; acceptance below 1.

    The drafts' contexts differ by a few tokens; all are taken at `context`.
    """
    tokens = accepted_tokens(acceptance, drafts)
    plain = step(s, f, c, Pass(batch, 1.0, context)).time
    drafting = drafts * step(d, f, c, Pass(batch, 1.0, context)).time
    check = step(s, f, c, Pass(batch, drafts + 1.0, context + drafts, drafts + 1.0))
    cycle = drafting + check.time
    return Draft(tokens, drafting, cycle, plain, tokens * plain / cycle, check.binds)
