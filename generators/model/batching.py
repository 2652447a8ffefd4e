"""Batching: what sharing one reading of the weights gains, what it costs in time per token, and where it ends."""

from generators.model.inputs import Chip, Format, Pass, Shape
from generators.model.memory import kv_bytes, memory_needed, weight_bytes_streamed
from generators.model.parameters import expected_share
from generators.model.roofline import step, step_time
from generators.model.work import attention_flop


def batch_rate(mac, parameters, batch, weights, kv, peak, bandwidth):
    """Tokens per second of a batch: sequences over the longer of computing and reading; `kv` is the cache of one sequence."""
    return batch / step_time(mac * parameters * batch, weights + batch * kv, peak, bandwidth, 0.0)


def memory_gain(batch, balance):
    """Throughput of a memory-bound batch over that of batch 1; `balance` is the batch whose cache equals the weights."""
    return batch * (balance + 1.0) / (balance + batch)


def memory_slowdown(batch, balance):
    """Time of a memory-bound step of a batch over that of batch 1."""
    return (balance + batch) / (balance + 1.0)


def balance_needed(gain, slowdown):
    """The balance batch from which on `gain` times the throughput costs no more than `slowdown` times the latency."""
    return (gain * slowdown - slowdown) / (slowdown - 1.0)


def turning_context(mac, parameters, ridge, kv_token):
    """The context beyond which no batch makes decode compute-bound: its KV bytes alone take longer than its FLOP."""
    return mac * parameters / (ridge * kv_token)


def ceiling_by_parts(mac, parameters, context, kv_token, attention):
    """What intensity tends to in a large batch: the products' FLOP over the bytes of the cache, and attention's own."""
    return mac * parameters / (context * kv_token) + attention


def occupied_share(mean, longest):
    """Share of a static batch's slots in use: each is held until the longest answer of the batch has ended."""
    return mean / longest


def tokens_per_expert(experts, active, tokens):
    """Tokens that share one reading of an expert, of those that a batch visits, routed uniformly."""
    return tokens * active / (experts * expected_share(experts, active, tokens))


def weight_bytes_per_token(s: Shape, f: Format, batch):
    """Bytes of weights that a decode step reads for each of its tokens."""
    return weight_bytes_streamed(s, f, Pass(batch, 1.0, 1.0)) / batch


def attention_intensity(s: Shape, f: Format, p: Pass):
    """Intensity of decode attention alone: its FLOP over the bytes of the cache, whatever the batch."""
    return attention_flop(s, f, p) / (p.batch * kv_bytes(s, f, p.context))


def gain(s: Shape, f: Format, c: Chip, batch, context):
    """Tokens per second at a batch over those at batch 1, by the whole step."""
    return batch * step(s, f, c, Pass(1.0, 1.0, context)).time / step(s, f, c, Pass(batch, 1.0, context)).time


def slowdown(s: Shape, f: Format, c: Chip, batch, context):
    """Time of a step at a batch over that at batch 1, by the whole step."""
    return step(s, f, c, Pass(batch, 1.0, context)).time / step(s, f, c, Pass(1.0, 1.0, context)).time


def offline_time(s: Shape, f: Format, c: Chip, batch, prompt, answer):
    """Least time in which a static batch reads its prompts and writes answers of one length.

    The decode steps are priced at their mean context, from the first answer token but one to the last.
    """
    reading = step(s, f, c, Pass(batch, prompt, prompt)).time
    return reading + (answer - 1.0) * step(s, f, c, Pass(batch, 1.0, prompt + answer / 2.0)).time


def memory_at_end(s: Shape, f: Format, batch, prompt, answer):
    """Bytes that such a batch needs when its last token is out."""
    return memory_needed(s, f, batch, prompt + answer)
