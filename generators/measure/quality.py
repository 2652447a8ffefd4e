"""Which results of a run to trust: what disturbed it, which rows are held out of sentences and drawn pale, and why.  No torch.

A row is held out when its estimate says more of what else ran, or of a fault of the suite, than of the machine:

- other processes or the hypervisor took more than a tenth of the processors while it was timed;
- the middle half of its samples differ by more than half of their median, so that the median itself is not settled
  (of seven samples or more; quartiles of fewer say little);
- it is implausible: a cache that is read more slowly than the memory behind it.

A spread beyond half (5th to 95th percentile) is named at once, but one slow sample of fifteen moves no median.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from generators.measure.estimate import quantile
from generators.measure.result import Result, measured

TAKEN = 0.10  # share of the processors' time that others or the hypervisor took, above which a row is held out
WIDE = 0.5  # middle half of the samples over their median, above which a row is held out; of 5 % to 95 %, named
QUARTILES = 7  # samples below which quartiles say little
MANY = 0.25  # share of the measured rows held out, above which the whole run counts as disturbed
_WHO = (("other_processes_share", "other processes"), ("steal_share", "the hypervisor"))


def rate(value: float) -> str:
    """Byte/s with a fitting unit and three digits."""
    return f"{value / 1e12:.3g} TB/s" if value >= 1e12 else f"{value / 1e9:.3g} GB/s"


def held_out(results: list[Result]) -> dict[int, str]:
    """Places of the measured rows that no sentence tells of and figures draw pale, each with the reason in a few words."""
    memory = max((one.bandwidth for one in measured(results, "read-bandwidth")), default=0.0)
    found = {index: _doubt(one, memory) for index, one in enumerate(results) if one.measured}
    return {index: why for index, why in found.items() if why}


def _doubt(one: Result, memory: float) -> str:
    """Why a row is held out, or nothing."""
    if one.name == "cache-read-bandwidth" and one.bandwidth < memory:
        return f"it reads a cache at {rate(one.bandwidth)}, more slowly than memory at {rate(memory)}"
    for key, who in _WHO:
        share = one.row["noise"].get(key)
        if isinstance(share, (int, float)) and share > TAKEN:
            return f"{who} took {share:.0%} of the processors' time"
    samples = one.row["samples"]
    if len(samples) >= QUARTILES:
        middle = (quantile(samples, 0.75) - quantile(samples, 0.25)) / quantile(samples, 0.5)
        if middle > WIDE:
            return f"the middle half of its samples differ by {middle:.0%} of their median"
    return ""


def oddities(results: Iterable[Result]) -> list[str]:
    """Measured rows whose samples, seven or more, spread by more than half, widest first, one line each."""
    wide = [one for one in results if one.measured and len(one.row["samples"]) >= QUARTILES and one.spread > WIDE]
    return [f"{one.label}: spread {one.spread:.0%}" for one in sorted(wide, key=lambda one: -one.spread)]


@dataclass(frozen=True)
class Verdict:
    """What to think of a run: "quiet", "disturbed in part" or "disturbed", and why."""

    word: str
    why: str

    @property
    def disturbed(self) -> bool:
        """Whether another record of the machine is to be taken, where there is one."""
        return self.word == "disturbed"


def verdict(results: list[Result], environment: dict[str, Any]) -> Verdict:
    """Judge a run by the rows held out and by what it noticed itself (`cautions`)."""
    done = [one for one in results if one.measured]
    held = held_out(results)
    noticed = environment.get("cautions")
    why = [str(line) for line in noticed] if isinstance(noticed, list) else [str(noticed)] if noticed else []
    if held:
        why.insert(0, f"{len(held)} of {len(done)} results are held out of the book's sentences")
    reads = [index for index, one in enumerate(results) if one.measured and one.name == "read-bandwidth"]
    if done and (len(held) > MANY * len(done) or (reads and all(index in held for index in reads))):
        return Verdict("disturbed", "; ".join(why))
    return Verdict("disturbed in part" if why else "quiet", "; ".join(why))
