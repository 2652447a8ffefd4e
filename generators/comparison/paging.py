"""A small allocator of KV blocks under a stream of requests: what paging wastes, counted instead of derived.

Sequences grow by one token a step, take a block from a free list when their last one is full, and
give all back at their end.  Where no block is free, the sequence that joined last gives its blocks
back and waits again; what it had generated becomes part of its prompt.
"""

import math
from collections import deque
from dataclasses import dataclass
from functools import cache

REQUESTS, SEED = 200, 7  # of the trace that is drawn: what it says lies near the median of the others
SEEDS = range(1, 13)  # of the traces that a sentence about the allocator is told over
LONGEST = 2048  # tokens that a request may reach: what a contiguous reservation must keep free
POOL = 8 * LONGEST  # tokens of KV memory
EVERY = 8  # steps from one count to the next
HEADROOM = 0.06  # share of the pool that a newcomer must leave free for those already running to grow


@dataclass
class Sequence:
    """A request: tokens of prompt, tokens still to answer, and the blocks that it holds."""

    prompt: int
    answer: int
    blocks: list[int]
    joined: int = 0
    table: int = 0  # counts its admissions, so that events of an earlier one are known to be over

    def held(self, now: int) -> int:
        """Tokens kept after step `now`."""
        return self.prompt + now - self.joined


@dataclass(frozen=True)
class Usage:
    """Averages over the steps in which requests still waited, so that the pool was in full use."""

    block: int
    waste: float  # share of the allocated tokens that hold nothing
    held: float  # tokens that a sequence holds on average
    batch: float  # sequences in flight
    preempted: int
    leaked: int  # blocks that did not come back; 0 unless the allocator is wrong


def requests(count: int = REQUESTS, seed: int = SEED) -> list[tuple[int, int]]:
    """Prompt and answer lengths with long tails, from a generator that gives the same on every machine."""
    state, lengths = seed, []
    for _ in range(2 * count):
        state = (1103515245 * state + 12345) % 2**31
        lengths.append(-math.log((state + 0.5) / 2**31))  # exponential, mean 1
    pairs = zip(lengths[::2], lengths[1::2], strict=True)
    return [(min(1024, 16 + int(160 * p)), min(1023, 16 + int(240 * a))) for p, a in pairs]


class Server:
    """One pool of blocks, the sequences that hold them, and a calendar of the steps at which one needs another."""

    def __init__(self, block: int, pool: int, wanted: list[tuple[int, int]]) -> None:
        """`pool` tokens of memory in blocks of `block` tokens."""
        self.block, self.now, self.preempted = block, 0, 0
        self.free = list(range(pool // block))
        self.headroom = int(HEADROOM * len(self.free))
        self.waiting = deque(Sequence(prompt, answer, []) for prompt, answer in wanted)
        self.running: list[Sequence] = []
        self.calendar: dict[int, list[tuple[Sequence, int]]] = {}

    def admit(self) -> None:
        """Let waiting sequences join, first come first served, while there are blocks for a prompt and a token."""
        while self.waiting:
            needed = -(-(self.waiting[0].prompt + 1) // self.block)
            if needed + self.headroom > len(self.free) and self.running:
                return
            one = self.waiting.popleft()
            one.blocks = [self.free.pop() for _ in range(needed)]
            one.joined, one.table = self.now, one.table + 1
            self.running.append(one)
            self._expect(one)

    def _expect(self, one: Sequence) -> None:
        """Note the step at which a sequence ends or its blocks are full, whichever comes first."""
        full = one.joined + len(one.blocks) * self.block - one.prompt
        at = min(one.joined + one.answer, full + 1)
        self.calendar.setdefault(at, []).append((one, one.table))

    def step(self) -> None:
        """One decode step: every running sequence grows by a token."""
        self.now += 1
        for one, table in self.calendar.pop(self.now, []):
            if table != one.table or not one.blocks:
                continue
            if self.now >= one.joined + one.answer:
                self._leave(one)
            elif self._room(one):
                one.blocks.append(self.free.pop())
                self._expect(one)

    def _room(self, one: Sequence) -> bool:
        """Whether a block is free for a sequence, after sending the last to join back to the queue if need be."""
        while not self.free:
            last = self.running[-1]
            last.answer -= self.now - last.joined
            last.prompt = last.held(self.now)
            self._leave(last)
            if last.answer > 0:
                self.waiting.appendleft(last)
                self.preempted += 1
            if last is one:
                return False
        return True

    def _leave(self, one: Sequence) -> None:
        self.free += one.blocks
        one.blocks = []
        self.running.remove(one)


@cache
def serve(block: int, pool: int = POOL, seed: int = SEED) -> Usage:
    """Serve the requests with blocks of so many tokens and count; `block` = LONGEST reserves the longest for each."""
    server = Server(block, pool, requests(seed=seed))
    blocks = len(server.free)
    server.admit()
    held = taken = sequences = steps = 0
    while server.running:
        server.step()
        server.admit()
        if server.waiting and server.now % EVERY == 0:
            held += sum(one.held(server.now) for one in server.running)
            taken += (blocks - len(server.free)) * block
            sequences += len(server.running)
            steps += 1
    leaked = blocks - len(server.free)
    return Usage(block, 1 - held / taken, held / sequences, sequences / steps, server.preempted, leaked)
