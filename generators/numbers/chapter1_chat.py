"""Numbers of the service that chapter 1 chooses a GPU for: users who chat, and what each GPU gives them.

Bounds come from datasheets.  Estimates give every GPU what one H200 lost with one user: its share of
the datasheet's bandwidth, its share of the peak in a long prefill, and the time that kernels and launches added.
"""

import math

from generators.core import units
from generators.model import work
from generators.model.arith import smallest
from generators.model.inputs import Pass
from generators.numbers.registry import Numbers, number, numbers

MODEL, FORMAT, ROLE, RUN = "llama-3.1-8b", "bf16", "h200", "8b"
USERS, CONTEXT, PROMPT, ANSWER, TARGET = 64, 4096, 512, 256, 0.020  # users, tokens, tokens, tokens, s per token


@numbers("chat.{field}")
def service(n: Numbers, field: str) -> units.Quantity:
    """The service of chapter 1.

    target (ms, 2): Longest time per token that the service of chapter 1 allows.
    tokens-in-flight (tokens): Users times context of the service of chapter 1.
    cache (GB): KV cache of the users of the service of chapter 1, Llama 3.1 8B.
    step-bytes (GB): Bytes that a step of the service of chapter 1 moves, Llama 3.1 8B.
    """
    return {
        "target": lambda: units.of(units.explained(TARGET, "chosen for the example"), "s"),
        "tokens-in-flight": lambda: USERS * units.of(CONTEXT, "tokens"),
        "cache": lambda: n[f"{MODEL}.kv.b{USERS}.s{CONTEXT}"],
        "step-bytes": lambda: n[f"decode.{MODEL}.{FORMAT}.b{USERS}.s{CONTEXT}.bytes"],
    }[field]()


@numbers("chat.{chip}.{field}")
def on_chip(n: Numbers, chip: str, field: str) -> units.Quantity:
    """The service on the {chip}, estimated from what an H200 reached.

    reading (TB/s): Bandwidth assumed of the {chip}: the share of the datasheet's that an H200 reached.
    step (ms): Estimated decode step of the service on the {chip}: its bytes at the bandwidth assumed, and what an H200's step of one user took beyond its bytes.
    prompts (ms): What the users' messages add to each step on the {chip}, if the two take turns: for each user one message per answer.
    time (ms): Estimated time per token of the service on the {chip}, messages included.
    time-with-8-bit-cache (ms, 3): Estimated time per token of the service on the {chip} with an 8-bit KV cache, messages included; what the smaller cache costs its kernels is not.
    step-and-prompt (ms, 2): Estimated time between two tokens of a user on the {chip} when a whole message of another is read in between.
    """
    at, share, rest = f"chat.{chip}", f"{ROLE}.read-share", f"{ROLE}.decode.{RUN}.compiled-graph.rest"
    small = f"kv-bits.8-bit.{MODEL}.{FORMAT}.{chip}.b{USERS}.s{CONTEXT}.time"
    return {
        "reading": lambda: n[f"{chip}.bandwidth-in-full"] * n[share],
        "step": lambda: n["chat.step-bytes"] / n[f"{at}.reading"] + n[rest],
        "prompts": lambda: USERS * n[f"{at}.prompt"] / ANSWER,
        "time": lambda: n[f"{at}.step"] + n[f"{at}.prompts"],
        "time-with-8-bit-cache": lambda: n[small] / n[share] + n[rest] + n[f"{at}.prompts"],
        "step-and-prompt": lambda: n[f"{at}.step"] + n[f"{at}.prompt"],
    }[field]()


@number("chat.{chip}.prompt", "ms")
def prompt(n: Numbers, chip: str) -> units.Quantity:
    """Estimated time in which the {chip} reads one new message of the service, at the share of the peak that an H200's long prefill reached."""
    flop = work.step_flop(n.shape(MODEL), n.format(FORMAT), Pass(1, PROMPT, CONTEXT))
    return flop / n[f"{chip}.peak-for.{FORMAT}"] / n[f"{ROLE}.prefill.{RUN}.s4096.of-bound"]


@number("chat.{chip}.users", "", 0)
def users(n: Numbers, chip: str) -> units.Quantity:
    """Users that the {chip} is estimated to serve within the target, messages included, as many as fit into its memory."""
    weights, own = n[f"{MODEL}.{FORMAT}.streamed"], n[f"{MODEL}.kv.s{CONTEXT}"]
    spare = n["chat.target"] - n[f"{ROLE}.decode.{RUN}.compiled-graph.rest"] - weights / n[f"chat.{chip}.reading"]
    many = spare / (own / n[f"chat.{chip}.reading"] + n[f"chat.{chip}.prompt"] / ANSWER)
    return smallest(many, n[f"{MODEL}.{FORMAT}.{chip}.largest-batch.s{CONTEXT}"]).whole()


@number("chat.{chip}.cards", "", 0)
def cards(n: Numbers, chip: str) -> units.Quantity:
    """Whole cards of the {chip} that the users of the service take, by the users that one is estimated to serve."""
    served = n[f"chat.{chip}.users"]
    words = f"{USERS} users ÷ {served.value:.0f} on each card, rounded up"
    return units.of(units.explained(math.ceil(USERS / served.value), words), "")


@number("chat.{chip}.over.{chip2}", "×", 3)
def over(n: Numbers, chip: str, chip2: str) -> units.Quantity:
    """Users of the service on the {chip} over those on the {chip2}: the price ratio at which both cost the same per user."""
    return n[f"chat.{chip}.users"] / n[f"chat.{chip2}.users"]
