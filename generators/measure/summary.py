"""What a record says, in sentences.  Rates use the estimates of the record schema; no torch here."""

from __future__ import annotations

from generators.measure.estimate import bandwidth, flops, measured, read_roof, seconds, spread
from generators.measure.plan import Outcome

OVER = 1.02  # share of the roof above which bytes must have been miscounted, or come from a cache


def rate_text(outcome: Outcome) -> str:
    """A case's figure in its own unit, with the spread of its samples."""
    if outcome.failed or len(outcome.samples) < 3:
        return f"{outcome.status}: {outcome.reason or 'cut short'}"
    per = seconds(outcome)
    if outcome.work.tokens:
        told = f"{1 / per:.1f} tokens/s ({per * 1e3:.2f} ms, {bandwidth(outcome) / 1e9:.1f} GB/s)"
    elif outcome.case.name == "matmul-peak":
        told = f"{flops(outcome) / 1e9:.0f} GFLOP/s at size {outcome.parameters.get('size')}"
    elif outcome.work.bytes:
        told = f"{bandwidth(outcome) / 1e9:.1f} GB/s"
    else:
        told = f"{per * 1e6:.2f} µs per operation"
    return f"{told}, spread {spread(outcome.samples):.0%}"


def sentences(outcomes: list[Outcome], cautions: list[str]) -> list[str]:
    """The summary of a run, most useful first."""
    roof = read_roof(outcomes)
    lines = []
    if roof:
        method = roof.case.parameters.get("method")
        lines.append(f"this machine reads {bandwidth(roof) / 1e9:.1f} GB/s from main memory (best method: {method})")
    lines += [_decode_sentence(one, roof) for one in measured(outcomes, "decode")]
    for one in measured(outcomes, "matmul-peak"):
        line = f"it computes {flops(one) / 1e9:.0f} GFLOP/s in {one.case.parameters['dtype']}"
        if roof:
            line += f", so its ridge point is {flops(one) / bandwidth(roof):.0f} FLOP/byte"
        lines.append(line)
    for one in measured(outcomes, "dispatch"):
        lines.append(f"one operation costs {seconds(one) * 1e6:.1f} µs before it moves a byte")
    for one in outcomes:
        if one.status != "measured":
            lines.append(f"{one.case.label}: {one.status}: {one.as_row()['reason']}")
    lines += [f"caution: {line}" for line in cautions]
    if cautions:
        lines.append("measure again when the machine is quiet")
    return lines


def _decode_sentence(outcome: Outcome, roof: Outcome | None) -> str:
    told = outcome.case.parameters | outcome.parameters
    size, rate = told["parameters"] / 1e9, 1 / seconds(outcome)
    line = f"decode of a {size:.1f} B model in {told['dtype']} runs at {rate:.1f} tokens/s"
    if roof is None:
        return line
    share = bandwidth(outcome) / bandwidth(roof)
    line += f", {share:.0%} of what its read bandwidth allows"
    if share > OVER:
        ratio = told.get("weights_vs_llc")
        cached = ratio is not None and ratio < 4
        why = "part of it stays in the cache" if cached else "bytes are miscounted, please report it"
        line += f" (above the roof: {why})"
    return line
