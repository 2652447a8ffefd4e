"""Prefill and decode beside each other: where one turns into the other, what they share a pass for, and what each costs."""

from generators.model.arith import largest
from generators.model.inputs import Chip, Format, Pass, Shape
from generators.model.memory import Traffic, step_bytes, tokens_in, weight_bytes_streamed
from generators.model.roofline import Step, step, step_time, what_binds
from generators.model.work import step_flop


def knee_time(floor, slope, sharpness, tokens):
    """Time of a pass over `tokens` tokens that takes `floor` for few of them and `slope` for each of many.

    The two meet at floor / slope tokens, the knee.  Sharpness 1 is the sum of both (reading and
    computing take turns); the larger it is, the nearer to their maximum (they overlap).
    """
    return (floor**sharpness + (slope * tokens) ** sharpness) ** (1.0 / sharpness)


def mixture_critical_tokens(critical, experts, active):
    """Tokens per pass at which the experts of a mixture turn compute-bound: each sees only its share of the tokens."""
    return critical * experts / active


def attention_parity(parameters, layers, heads, head_dim):
    """Tokens of a prompt at which causal attention is as many FLOP as the matrix products."""
    return parameters / (layers * heads * head_dim)


def first_token_time(queue, flop, weights, peak, bandwidth):
    """Time to first token: the time in the queue and one pass over the prompt."""
    return queue + step_time(flop, weights, peak, bandwidth, 0.0)


def mixed_time(mac, parameters, batch, chunk, weights, kv, peak, bandwidth):
    """A pass that decodes `batch` sequences and reads `chunk` tokens of a prompt, attention's FLOP left out."""
    return largest(mac * parameters * (batch + chunk) / peak, (weights + kv) / bandwidth)


def free_tokens(critical, batch, kv, weights):
    """Prompt tokens that ride along with a decode step at no cost: up to the ridge the step waits for memory anyway."""
    return critical * (1.0 + kv / weights) - batch


def token_cost_ratio(critical, batch, kv, weights):
    """Time of an answer token over that of a prompt token: decode shared by a batch and memory-bound, prefill compute-bound."""
    return critical / batch * (1.0 + kv / weights)


def prefill_share(ratio, answer, prompt):
    """Share of a request's machine time that its prefill takes, when a decode pass's token costs `ratio` prompt tokens.

    The prefill yields the first token of the answer, so decode makes one fewer.
    """
    return 1.0 / (1.0 + ratio * (answer - 1.0) / prompt)


def move_time(context, kv_token, link):
    """Time to move the cache of `context` tokens over a link of so many byte/s."""
    return context * kv_token / link


def mixed(s: Shape, f: Format, c: Chip, decode: Pass, prompt: Pass):
    """One pass that decodes a batch and reads a part of a prompt: weights once, everything else summed."""
    flop = step_flop(s, f, decode) + step_flop(s, f, prompt)
    weights = weight_bytes_streamed(s, f, Pass(tokens_in(decode) + tokens_in(prompt), 1.0, 1.0))
    first = step_bytes(s, f, decode)
    second = step_bytes(s, f, prompt)
    moved = weights + (first.total - first.weights) + (second.total - second.weights)
    traffic = Traffic(
        weights,
        first.kv_read + second.kv_read,
        first.kv_written + second.kv_written,
        first.activations + second.activations,
        moved,
    )
    compute = flop / c.peak
    memory = moved / c.bandwidth
    time = step_time(flop, moved, c.peak, c.bandwidth, c.overhead)
    return Step(flop, traffic, compute, memory, c.overhead, time, what_binds(compute, memory, c.overhead))


def request_share(s: Shape, f: Format, c: Chip, batch, cached, prompt, answer):
    """Share of a request's machine time in its prefill: the prompt alone in a pass, the answer one of `batch` sequences.

    `cached` tokens before the prompt are in the cache already.  Decode steps are priced at the middle of the answer.
    """
    reading = step(s, f, c, Pass(1.0, prompt, cached + prompt)).time
    writing = largest(answer - 1.0, 0.0) * step(s, f, c, Pass(batch, 1.0, cached + prompt + answer / 2.0)).time / batch
    return reading / (reading + writing)


def least_token_cost(critical, kv, weights):
    """The same ratio however large the batch: each sequence reads its own cache of `kv` bytes, which no batch shares."""
    return critical * kv / weights
