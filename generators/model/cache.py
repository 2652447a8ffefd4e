"""The KV cache beyond its size: the naive formula, blocks, shared prefixes, and fetching it instead of computing it again."""

from generators.model.inputs import Chip, Format, Pass, Shape
from generators.model.memory import kv_bytes, sequence_bytes, weight_bytes_stored
from generators.model.roofline import step, step_time


def naive_bytes_per_token(s: Shape, f: Format):
    """KV cache of one token as several calculators write it: it takes the size of a head for d_model over heads."""
    return 2.0 * (s.d_model * s.kv_heads / s.heads) * f.kv * s.layers


def naive_error(s: Shape, f: Format, context):
    """The naive formula's answer for one sequence over the cache it keeps; 1 where the formula is right."""
    return naive_bytes_per_token(s, f) * context / kv_bytes(s, f, context)


def cached_step_time(weights, context, kv_token, bandwidth):
    """A memory-bound decode step of one sequence: the weights and its cache, once."""
    return (weights + context * kv_token) / bandwidth


def uncached_step(s: Shape, f: Format, c: Chip, context):
    """A step of one sequence without a cache: the work of a prefill, the weights read, and nothing kept."""
    return step(s, Format(f.weight, f.other, 0.0, 0.0, f.mac), c, Pass(1.0, context, context))


def uncached_step_time(weights, flop, peak, bandwidth):
    """A step that runs the whole text through the model again: a prefill, with only the weights to read."""
    return step_time(flop, weights, peak, bandwidth, 0.0)


def prefill_flop(mac, parameters, layers, heads, head_dim, tokens):
    """FLOP of the prefill of `tokens` tokens: the products, and causal attention, which grows with the square."""
    return mac * parameters * tokens + mac * layers * heads * head_dim * tokens**2


def prefill_flop_per_token(mac, parameters, layers, heads, head_dim, tokens):
    """The same per token."""
    return mac * parameters + mac * layers * heads * head_dim * tokens


def slow_down(weights, batch, context, kv_token):
    """How much slower a memory-bound step of `batch` sequences is with their caches than without: 1 + B S k / W."""
    return 1.0 + batch * context * kv_token / weights


def wasted_share(block, held):
    """Share of the blocks' memory that holds nothing, for sequences that hold `held` tokens on average.

    A growing sequence leaves its last block half empty on average: (block - 1) / 2 tokens.
    """
    return (block - 1.0) / (2.0 * held + block - 1.0)


def shared_tokens(batch, prefix, own):
    """Tokens kept for a batch that shares a prefix: the prefix once, and each sequence's own."""
    return prefix + batch * own


def fetch_time(s: Shape, f: Format, context, link):
    """Time to bring the cache of one sequence over a link of so many byte/s."""
    return sequence_bytes(s, f, context) / link


def recompute_time(s: Shape, f: Format, c: Chip, context):
    """Time to compute the cache of one sequence again: a prefill."""
    return step(s, f, c, Pass(1.0, context, context)).time


def break_even_link(s: Shape, f: Format, c: Chip, context):
    """The link above which fetching a cache is quicker than computing it again, byte/s."""
    return sequence_bytes(s, f, context) / recompute_time(s, f, c, context)


def break_even_bandwidth(kv_token, peak, flop_per_token):
    """The same from its parts, compute-bound: bytes per token over the time of a token's FLOP."""
    return kv_token * peak / flop_per_token


def batch_that_fits(s: Shape, f: Format, capacity, context):
    """Sequences of `context` tokens that fit beside the weights in so many bytes (a fraction: take the floor)."""
    return (capacity - weight_bytes_stored(s, f)) / sequence_bytes(s, f, context)


def full_step_time(capacity, bandwidth):
    """Time of a step when weights and cache fill the memory: all of it is read once."""
    return capacity / bandwidth
