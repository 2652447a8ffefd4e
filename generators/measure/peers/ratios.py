"""What a run beside peers says, in sentences: who reaches how much of whom, and why.  Rows of a record in, no torch here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from generators.measure.estimate import quantile
from generators.measure.result import Result

READ, PLAIN, PAST = "C, sum", "C, plain stores", "C, non-temporal stores"  # methods of our own kernels
OURS_ON_GPU = "Triton, our kernel"  # what stands on a GPU where C does on a processor
TORCH = "torch, "  # before the method of torch's
BESIDE = "our C read beside it"  # a part of another program's play
AIM = 0.97  # share of the peer that torch's best way should reach
NEAR = 0.03  # within this much, two ways count as equally fast

Rate = Callable[[Result], float]


def ratios(cases: list[dict[str, Any]]) -> list[str]:
    """Sentences from the measured rows of a record, such as "best torch read reaches 98 % of the C read …"."""
    rows = [Result(case) for case in cases if case["status"] == "measured" and case["name"].startswith("peer-")]
    return [
        *_moves(rows, "read"),
        *_gemv(rows),
        *_moves(rows, "copy"),
        *_moves(rows, "triad"),
        *_products(rows),
        *_programs(rows),
        *_absent(cases),
    ]


def _of(rows: list[Result], name: str, *starts: str, **reported: Any) -> list[Result]:
    """Rows of a name whose method starts with one of these words and whose parameters include those given."""
    return [
        row
        for row in rows
        if row.name == name
        and reported.items() <= row.parameters.items()
        and str(row.parameters.get("method")).startswith(starts or "")
    ]


def _best(rows: list[Result]) -> Result | None:
    return max(rows, key=lambda row: row.bandwidth, default=None)


def _moves(rows: list[Result], what: str) -> list[str]:
    """The best of torch's ways against the best of ours, and what plain and non-temporal stores differ by."""
    ours, torchs = _best(_of(rows, f"peer-{what}", "C, ")), _best(_of(rows, f"peer-{what}", TORCH))
    lines = []
    fast = _best(_of(rows, f"peer-{what}", OURS_ON_GPU))
    if fast and torchs:
        lines.append(
            f"best torch {what} ({_method(torchs)}) reaches {_share(torchs, fast, _gb)} of our {what} in Triton{_both(torchs, fast, _gb)}"
        )
    if ours and torchs:
        way = "" if what == "read" else f" ({ours.parameters['method'].removeprefix('C, ')})"
        line = f"best torch {what} ({_method(torchs)}) reaches {_share(torchs, ours, _gb)} of the C {what}{way}{_both(torchs, ours, _gb)}"
        lines.append(line + _short(torchs, ours, _gb))
    plain, past = _best(_of(rows, f"peer-{what}", PLAIN)), _best(_of(rows, f"peer-{what}", PAST))
    if plain and past:
        times = past.bandwidth / plain.bandwidth
        lines.append(
            f"non-temporal stores make the C {what} {times:.2f} times as fast as plain ones, which read the line they overwrite"
        )
        if torchs:
            lines.append(
                f"with plain stores alike, torch's {what} reaches {_share(torchs, plain, _gb)} of C's{_both(torchs, plain, _gb)}"
            )
    return lines


def _gemv(rows: list[Result]) -> list[str]:
    """torch's matrix-vector product against the C read, and whether the library behind it is the reason."""
    read = _best(_of(rows, "peer-read", "C, "))
    if read is None:
        return []
    lines = []
    for row in _of(rows, "peer-read", TORCH + "gemv"):
        lines.append(
            f"GEMV in {row.parameters.get('dtype')} reaches {_share(row, read, _gb)} of the C read{_both(row, read, _gb)}"
        )
    mine = _best(_of(rows, "peer-gemv", "torch.mv"))
    direct = _best([row for row in _of(rows, "peer-gemv") if "directly" in row.parameters["method"]])
    if mine and direct:
        line = (
            f"torch.mv reaches {_share(mine, direct, _gb)} of {direct.parameters['method']}{_both(mine, direct, _gb)}"
        )
        reached, kept = direct.bandwidth / read.bandwidth, mine.bandwidth / direct.bandwidth
        if reached < AIM and kept > 1 - NEAR:
            line += f": the library's own kernel reads no faster, at {100 * reached:.0f} % of the C read"
        elif kept <= 1 - NEAR:
            line += (
                f": the library alone reaches {100 * reached:.0f} % of the C read, so torch's way to it costs the rest"
            )
        lines.append(line)
    return lines


def _products(rows: list[Result]) -> list[str]:
    """torch.mm against each direct call of the same size and format."""
    lines = []
    for mine in _of(rows, "peer-product", "torch.mm"):
        same = {key: mine.parameters.get(key) for key in ("dtype", "size")}
        for peer in _of(rows, "peer-product", **same):
            if peer is mine:
                continue
            library = peer.parameters.get("library")
            name = f"{peer.parameters['method']}{f' ({library})' if library else ''}"
            line = f"torch.mm in {same['dtype']} of size {same['size']} reaches {_share(mine, peer, _gflop)} of {name}"
            lines.append(line + _both(mine, peer, _gflop) + _short(mine, peer, _gflop))
    return lines


def _programs(rows: list[Result]) -> list[str]:
    """Each figure of another program, against our C read of the same plays where it reads memory."""
    lines = []
    theirs = [row for row in rows if row.name == "peer-program"]
    reads = {row.parameters.get("program"): row for row in theirs if row.parameters.get("what") == BESIDE}
    for row in theirs:
        program, what = row.parameters.get("program"), row.parameters.get("what")
        if what == BESIDE:
            continue
        beside = reads.get(program)
        size = row.parameters.get("model_bytes")
        if row.tokens:
            line = f"{program}: {what} at {row.tokens / row.seconds:.1f} tokens/s"
            if size and beside and str(what).startswith("decode"):
                line += f", at most {size * row.tokens / row.seconds / 1e9:.1f} GB/s of weights, beside a C read of {_gb(beside):.1f} GB/s"
        else:
            line = f"{program}: {what} moves {_gb(row):.1f} GB/s"
            line += f", {_share(row, beside, _gb)} of the C read beside it ({_gb(beside):.1f} GB/s)" if beside else ""
        lines.append(line)
    return lines


def _absent(cases: list[dict[str, Any]]) -> list[str]:
    """Peers that were not to be had, each with its reason."""
    gone = [case for case in cases if case["status"] != "measured" and case["name"].startswith("peer-")]
    said = (
        f"{case['parameters'].get('program') or case['parameters'].get('method')}: {case['reason']}" for case in gone
    )
    return [f"not measured: {line}" for line in dict.fromkeys(said)]


def _gb(row: Result) -> float:
    return row.bandwidth / 1e9


def _gflop(row: Result) -> float:
    return row.flops / 1e9


def _method(row: Result) -> str:
    return str(row.parameters["method"]).removeprefix(TORCH)


def _share(one: Result, other: Result, rate: Rate) -> str:
    return f"{100 * rate(one) / rate(other):.0f} %"


def _both(one: Result, other: Result, rate: Rate) -> str:
    """The two rates, and the median of their ratio turn by turn, which a machine that slows down for both leaves alone."""
    unit, digits = ("GFLOP/s", 0) if rate is _gflop else ("GB/s", 1)
    reported = f"{rate(one):.{digits}f} of {rate(other):.{digits}f} {unit}"
    mine, theirs = ([sample / row.row["inner"] for sample in row.row["samples"]] for row in (one, other))
    if len(mine) == len(theirs):
        scale = (rate(one) * one.seconds) / (rate(other) * other.seconds)
        turns = [scale * b / a for a, b in zip(mine, theirs, strict=True)]
        reported += f"; turn by turn {100 * quantile(turns, 0.5):.0f} %"
    return f" ({reported})"


def _short(one: Result, other: Result, rate: Rate) -> str:
    """By how much torch stays below the aim, where it does."""
    missing = 1 - rate(one) / rate(other)
    return f": {100 * missing:.1f} % below, more than the {100 * (1 - AIM):.0f} % aimed at" if missing > 1 - AIM else ""
