"""What a record says, in sentences.  Rates use the estimates of the record schema; no torch here."""

from __future__ import annotations

from generators.measure.estimate import quantile
from generators.measure.peers.ratios import ratios
from generators.measure.predict import prediction_errors
from generators.measure.result import Result, measured, read_roof


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
        told = f"{one.tokens / one.seconds:.1f} tokens/s ({duration(one.seconds)}{moved})"
    elif one.name in ("matmul-peak", "peer-product", "rows-sweep", "fma-chain"):
        told = f"{one.flops / 1e9:.0f} GFLOP/s" + (
            f" at size {one.parameters['size']}" if "size" in one.parameters else ""
        )
    elif one.bytes:
        told = f"{one.bandwidth / 1e9:.1f} GB/s ({duration(one.seconds)})"
    else:
        told = duration(one.seconds)
    return f"{told}, spread {one.spread:.0%}"


def sentences(results: list[Result], cautions: list[str], faults: int = 12) -> list[str]:
    """The summary of a run, most useful first; at most `faults` cases that came to nothing are named."""
    roof = read_roof(results)
    lines = []
    if roof:
        lines.append(
            f"this machine reads {roof.bandwidth / 1e9:.1f} GB/s from main memory (best method: {roof.parameters['method']})"
        )
    lines += [_decode_sentence(one, roof) for one in measured(results, "decode")]
    lines += _prediction_sentences(results)
    for one in measured(results, "matmul-peak"):
        line = f"it computes {one.flops / 1e9:.0f} GFLOP/s in {one.parameters['dtype']}"
        lines.append(line + (f", so its ridge point is {one.flops / roof.bandwidth:.0f} FLOP/byte" if roof else ""))
    lines += [
        f"one operation{' in a CUDA graph' if one.parameters.get('method') == 'graph' else ''} costs "
        f"{duration(one.seconds / one.parameters.get('kernels_per_repetition', 1))} before it moves a byte"
        for one in measured(results, "dispatch")
    ]
    lines += ratios([one.row for one in results])
    missing = [one for one in results if not one.measured]
    lines += [f"{one.label}: {one.row['status']}: {one.row['reason']}" for one in missing[:faults]]
    if len(missing) > faults:
        lines.append(f"... and {len(missing) - faults} more cases without a result, each with its reason in the record")
    lines += [f"caution: {line}" for line in cautions]
    return lines + (["measure again when the machine is quiet"] if cautions else [])


def _prediction_sentences(results: list[Result]) -> list[str]:
    errors = prediction_errors(results)
    if not errors:
        return []
    middle, worst = quantile(list(map(abs, errors)), 0.5), max(errors, key=abs)
    return [
        f"predicting decode from the machine's own products was off by {middle:.0%} in the median, {worst:+.0%} at worst"
    ]


def _decode_sentence(one: Result, roof: Result | None) -> str:
    told = one.parameters
    line = f"decode of a {told['parameters'] / 1e9:.2g} B model in {told['dtype']}"
    if told.get("mode", "eager") != "eager":
        line += f", {told['mode']},"
    line += f" runs at {1 / one.seconds:.1f} tokens/s"
    return line + (f", {one.bandwidth / roof.bandwidth:.0%} of what its read bandwidth allows" if roof else "")
