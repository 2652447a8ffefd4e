"""What a record says, in sentences.  Rates use the estimates of the record schema; no torch here."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from generators.measure import predict
from generators.measure.estimate import quantile
from generators.measure.peers.ratios import ratios
from generators.measure.predict import prediction_errors
from generators.measure.quality import held_out, oddities, rate, verdict
from generators.measure.result import Result, measured, read_roof
from generators.measure.taken import RULE, SHOWN, Stored, passed_over, taken

MOSTLY = 0.4  # share of a step that issuing takes, from which on it is said to bind


def duration(seconds: float) -> str:
    """Seconds with a fitting unit and three digits."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-9:.3g} ns"


def rate_text(one: Result) -> str:
    """A measured case's figure in its own unit, with the spread of its samples."""
    if one.tokens:
        moved = f", {one.bandwidth / 1e9:.1f} GB/s" if one.bytes else ""
        reported = f"{one.tokens / one.seconds:.1f} tokens/s ({duration(one.seconds)}{moved})"
    elif one.name in ("matmul-peak", "peer-product", "rows-sweep", "fma-chain"):
        reported = f"{one.flops / 1e9:.0f} GFLOP/s" + (
            f" at size {one.parameters['size']}" if "size" in one.parameters else ""
        )
    elif one.bytes:
        reported = f"{one.bandwidth / 1e9:.1f} GB/s ({duration(one.seconds)})"
    else:
        reported = duration(one.seconds)
    return f"{reported}, spread {one.spread:.0%}"


def sentences(
    results: list[Result], environment: dict[str, Any], datasheet: float | None = None, faults: int = 12
) -> list[str]:
    """The summary of a run, what to think of it first, then what its quiet rows say; at most `faults` lines of each kind of trouble.

    `datasheet` is the bandwidth in byte/s that the chip's vendor prints, where the chip is known.
    """
    held = held_out(results)
    quiet = [one for index, one in enumerate(results) if index not in held]
    roof = read_roof(quiet)
    lines = _trust(results, environment, datasheet, faults)
    if verdict(results, environment).disturbed:
        lines.append("what follows is of a disturbed run and says little of the machine:")
    if not roof and read_roof(results):
        lines.append("every read of main memory was disturbed, so nothing is said of the machine's bandwidth")
    if roof:
        of = f", {roof.bandwidth / datasheet:.0%} of the datasheet's" if datasheet else ""
        lines.append(
            f"this machine reads {rate(roof.bandwidth)} from main memory (best method: {roof.parameters['method']}){of}"
        )
    lines += decodes(quiet, roof, datasheet)
    lines += _prediction_sentences(quiet)
    for one in measured(quiet, "matmul-peak"):
        line = f"it computes {one.flops / 1e9:.0f} GFLOP/s in {one.parameters['dtype']}"
        lines.append(line + (f", so its ridge point is {one.flops / roof.bandwidth:.0f} FLOP/byte" if roof else ""))
    lines += [
        f"one operation{' in a CUDA graph' if one.parameters.get('method') == 'graph' else ''} costs "
        f"{duration(one.seconds / one.parameters.get('kernels_per_repetition', 1))} before it moves a byte"
        for one in measured(quiet, "dispatch")
    ]
    lines += ratios([one.row for one in quiet])
    return lines + _some(
        _troubled(results), faults, "reasons why cases have no result, or a part of one, in the record"
    )


def _troubled(results: list[Result]) -> list[str]:
    """Cases that have no result or a part of one, those of one name and reason in one line."""
    found: dict[tuple[str, str, str], list[Result]] = {}
    for one in results:
        if one.row["reason"]:
            found.setdefault((one.name, one.row["status"], one.row["reason"]), []).append(one)
    return [f"{_first(some)}: {status}: {reason}" for (_, status, reason), some in found.items()]


def _first(some: list[Result]) -> str:
    """The first of several results, and how many more there are."""
    return f"{some[0].label}{f' and {len(some) - 1} more' if len(some) > 1 else ''}"


def _trust(results: list[Result], environment: dict[str, Any], datasheet: float | None, most: int) -> list[str]:
    """The verdict, then what is held out and what is implausible."""
    reported, held = verdict(results, environment), held_out(results)
    advice = "; measure again when the machine is quiet" if reported.disturbed or environment.get("cautions") else ""
    lines = [f"verdict: {reported.word}{': ' if reported.why else ''}{reported.why}{advice}"]
    reasons: dict[tuple[str, str], list[Result]] = {}
    for place, why in held.items():
        reasons.setdefault((results[place].name, why), []).append(results[place])
    lines += _some(
        [f"held out: {_first(some)}: {why}" for (_, why), some in reasons.items()], most, "reasons to hold rows out"
    )
    above = [
        one
        for one in results
        if datasheet and one.measured and one.name == "read-bandwidth" and one.bandwidth > datasheet
    ]
    lines += [
        f"implausible: {one.label}: {rate(one.bandwidth)}, above the datasheet's {rate(datasheet)}" for one in above
    ]
    return lines + _some(
        [f"unsettled: {line}" for line in oddities(results)], most // 2, "rows whose samples spread by over half"
    )


def _some(lines: list[str], most: int, what: str) -> list[str]:
    """The first lines, and how many more there are of what."""
    return lines[:most] + ([f"... and {len(lines) - most} more {what}"] if len(lines) > most else [])


def decodes(results: list[Result], roof: Result | None, datasheet: float | None) -> list[str]:
    """What each decode takes and what binds it, and below which size launching does."""
    lines, bound = [], {}
    for one in [*measured(results, "decode"), *measured(results, "decode-quantised")]:
        reported, issuing = one.parameters, _issuing(results, one)
        reading = one.bytes / roof.bandwidth / one.seconds if roof else 0.0
        is_launched = issuing > reading and issuing >= MOSTLY
        if issuing > reading:
            binds = "launch-bound" if is_launched else "bound by something else"
            why = f"{binds}: issuing takes {min(issuing, 1.0):.0%} of it, reading {reading:.0%}"
        else:
            of = f", {reading:.0%} of its read roof" if roof else ""
            of += f", {one.bytes / datasheet / one.seconds:.0%} of the datasheet's bound" if datasheet else ""
            why = f"{rate(one.bandwidth)}{of}"
        stored = f"{reported['weights']} weights" if "weights" in reported else reported["dtype"]
        group = f"{stored}, {reported.get('mode', 'eager')}"
        lines.append(f"decode of {reported.get('model', 'a model')}, {group}: {duration(one.seconds)} per token, {why}")
        bound.setdefault(group, []).append((reported["parameters"], reported.get("model", "a model"), is_launched))
    for group, sizes in bound.items():
        launched = [size for size in sizes if size[2]]
        if launched:
            which = "up to" if len(launched) < len(sizes) else "at every size up to"
            lines.append(f"decode in {group}: launch-bound {which} {max(launched)[1]}")
    return lines


def _issuing(results: list[Result], one: Result) -> float:
    """Share of a decode step that issuing its operations takes, from the record's narrow steps; 0 where it has none."""
    reported = one.parameters
    issued = predict.issuing(results, reported["dtype"], reported.get("mode", "eager"), reported["layers"])
    return issued / one.seconds if issued else 0.0


def what_next(mine: Stored, others: list[Stored], roles: Collection[str] = ()) -> list[str]:
    """Which figures will take a record of those of its machine, by the rule of `taken`, and the command that draws them.

    `roles` are the records that data/records.toml lets speak for their machine.
    """
    gone = {one.row.get("supersedes") for one in (mine, *others)}
    same = [mine, *(one for one in others if one.machine == mine.machine and one.id not in gone | {mine.id})]
    speaker = next((one.id for one in same if one.id in roles and one is not mine), None)
    shown = [name for name in SHOWN if taken(same, name) is mine]
    if mine.row.get("profile") == "peers":
        said = "it stands on its own page; figures show other profiles"
    elif speaker:
        said = (
            f"no figure takes it: {speaker} speaks for this machine; move its role in data/records.toml to this record"
        )
    else:
        said = f"figures of {', '.join(shown)} take it" if shown else f"no figure takes it: {passed_over(mine, same)}"
    return [said, f"the rule: {RULE}", "next: nox -s write"]


def _prediction_sentences(results: list[Result]) -> list[str]:
    lines = []
    for name, words in (("decode", "decode"), ("decode-quantised", "decode in fewer bits")):
        if errors := prediction_errors(results, name):
            middle, worst = quantile(list(map(abs, errors)), 0.5), max(errors, key=abs)
            lines.append(
                f"predicting {words} from the machine's own products was off by {middle:.0%} in the median, {worst:+.0%} at worst"
            )
    return lines
