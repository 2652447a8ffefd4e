"""Checks within one chip's file: peaks follow from the clock, narrow rates double the 16-bit one, the ridge is possible."""

from __future__ import annotations

from generators.book.accelerator import Accelerator
from generators.book.datum import near
from generators.errors import BookError

#: How the note begins of a peak that is not twice the 16-bit one, so that no other note disarms the check.
DIFFERS = "Differs:"
_RIDGE = (0.5, 1500.0)  # FLOP/byte, 16 bits: below any machine sold, above SRAM-starved accelerators


def chip_errors(chip: Accelerator) -> list[BookError]:
    """Every disagreement between the fields of one chip."""
    return [
        BookError(f"data/accelerators/{chip.id}.toml", f"peak.{precision}", message)
        for check in (_derived_without_clock, _off_the_clock, _not_double, _impossible_ridge)
        for precision, message in check(chip)
    ]


def _derived_without_clock(chip: Accelerator) -> list[tuple[str, str]]:
    """A derived peak has nothing behind it but the clock, which must be there."""
    known = chip.clock.per_cycle if chip.clock else {}
    return [
        (
            precision,
            f"found printed_basis = 'derived' without clock.per_cycle.{precision}, wanted the operations per cycle "
            "that it follows from; add them, or quote a printed rate",
        )
        for precision, row in chip.peaks().items()
        if row.printed_basis == "derived" and precision not in known
    ]


def _off_the_clock(chip: Accelerator) -> list[tuple[str, str]]:
    """Peaks that are not clock × units × operations per cycle: printed ones within 2 %, derived ones as rounded."""
    if not chip.clock:
        return []
    clock, peaks, found = chip.clock, chip.peaks(), []
    for precision, operations in clock.per_cycle.items():
        rate = clock.frequency.quantity.value * clock.units * operations
        row = peaks.get(precision)
        if row and not near(row.quantity.value, rate, 0.006 if row.printed_basis == "derived" else 0.02):
            message = (
                f"found {row.value!r}, but {clock.units} {clock.unit} × {operations} per cycle × "
                f"{clock.frequency.value} gives {rate / 1e12:.4g} TFLOP/s; "
                "one of the three is wrong, or the rate is sparse"
            )
            found.append((precision, message))
    return found


def _not_double(chip: Accelerator) -> list[tuple[str, str]]:
    """FP8 and INT8 rates that are not twice the 16-bit one and do not say why."""
    peaks = chip.peaks()
    wide = chip.half_precision and peaks[chip.half_precision].quantity.value
    return [
        (
            precision,
            f"found {peaks[precision].value!r}, wanted twice the 16-bit peak ({2 * wide / 1e12:.4g} TFLOP/s); "
            f"correct it, or begin its `note` with '{DIFFERS} ' and why this chip differs",
        )
        for precision in ("fp8", "int8")
        if wide and precision in peaks
        if not near(peaks[precision].quantity.value, 2 * wide, 0.02) and not peaks[precision].note.startswith(DIFFERS)
    ]


def _impossible_ridge(chip: Accelerator) -> list[tuple[str, str]]:
    """A 16-bit ridge point outside what any machine has."""
    if not chip.half_precision:
        return []
    ridge = chip.peaks()[chip.half_precision].quantity.value / chip.bandwidth.value
    low, high = _RIDGE
    message = (
        f"found a ridge point of {ridge:.3g} FLOP/byte, wanted between {low:g} and {high:g}: peak or bandwidth is wrong"
    )
    return [] if low <= ridge <= high else [(chip.half_precision, message)]
