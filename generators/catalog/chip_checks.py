"""Checks within one chip's file: peaks follow from the clock, narrow rates double the 16-bit one, the ridge is possible."""

from collections.abc import Iterator

from generators.catalog.accelerator import Accelerator
from generators.catalog.datum import near
from generators.core.errors import BookError

#: How the note begins of a peak that is not twice the 16-bit one, so that no other note disarms the check.
DIFFERS = "Differs:"
_RIDGE = (0.5, 1500.0)  # FLOP/byte, 16 bits: below any machine sold, above SRAM-starved accelerators


def chip_errors(chip: Accelerator) -> list[BookError]:
    """Every disagreement between the fields of one chip."""
    path = f"data/accelerators/{chip.id}.toml"
    peaks = (_derived_without_clock, _off_the_clock, _not_double, _slower_though_narrower, _impossible_ridge)
    found = [(f"peak.{precision}", message) for check in peaks for precision, message in check(chip)]
    return [BookError(path, field, message) for field, message in [*found, *_out_of_proportion(chip)]]


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
                f"found {row.value!r}, wanted {rate / 1e12:.4g} TFLOP/s, which {clock.units} {clock.unit} × {operations} per "
                f"cycle × {clock.frequency.value} gives; one of the three is wrong, or the rate is sparse"
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


#: Families of formats, widest first: within the chip's own way to multiply, no narrower one is slower.
_WIDTHS = (("fp64",), ("fp32",), ("tf32",), ("bf16", "fp16"), ("fp8", "int8"), ("fp4",))
_MOST = 40.0  # times that one step down may gain; matrix units over plain FP32 gain 31 on the widest chip sold


def _slower_though_narrower(chip: Accelerator) -> list[tuple[str, str]]:
    """Narrower formats are no slower, and no single step gains more than matrix units do, unless the row says why."""
    peaks, found = chip.peaks(), []
    wider: tuple[str, float] | None = None
    for family in _WIDTHS:
        here = {precision: peaks[precision].quantity.value for precision in family if precision in peaks}
        for precision, rate in here.items():
            if peaks[precision].note.startswith(DIFFERS):
                continue
            if wider and not 0.98 * wider[1] <= rate <= _MOST * wider[1]:
                found.append(
                    (precision, _unlike(peaks[precision].value, f"{wider[0].upper()} rate", wider[1], "1 to 40 times"))
                )
            twin = max(here.values())
            if (
                family == ("bf16", "fp16") and rate < 0.8 * twin
            ):  # one kind of unit multiplies both; they differ by 6 % on one chip
                found.append((precision, _unlike(peaks[precision].value, "other 16-bit rate", twin, "about")))
        plain = {p: rate for p, rate in here.items() if not peaks[p].note.startswith(DIFFERS)}
        if plain:
            best = max(plain, key=lambda p: plain[p])
            wider = (best, plain[best])
    return found


def _unlike(value: str, other: str, rate: float, wanted: str) -> str:
    return (
        f"found {value!r}, wanted {wanted} its {other} of {rate / 1e12:.4g} TFLOP/s: a narrower format is not slower; "
        f"correct it, or begin its `note` with '{DIFFERS} ' and why this chip differs"
    )


#: By kind of chip: watts of a board or package, and ms to read the whole memory, about twice below and above any sold; then
#: GB/s of memory outside the chip.  Least: a Jetson Nano has 25.6, a first Inferentia 50, an M1 68; a processor has one
#: channel of DDR4-2400 at least.  Most: more than twice what any of the kind has.
_OF_KIND = {
    "data-center": ((30, 30_000), (8, 250), (25, 60_000)),
    "tpu": ((30, 3_000), (8, 250), (25, 20_000)),
    "workstation": ((20, 1_500), (8, 1_000), (25, 5_000)),
    "consumer": ((10, 1_500), (8, 1_000), (25, 5_000)),
    "apple": ((5, 1_000), (80, 1_300), (34, 3_000)),
    "cpu": ((5, 1_500), (20, 60_000), (19, 5_000)),
}
_READ_STACKS = (6, 80)  # of HBM, whatever the kind: sixteen dies of 4 GB behind 1 TB/s take 64 ms
_READ_SRAM = (0, 1)  # each of its arrays is read at once: a WSE-3 and a Groq LPU take 0.003 ms at most
_PER_WATT = 40  # GB/s and watt: four times the best memory outside the chip
#: The same of SRAM: reading 8 bytes of 8 kB takes 7.5 pJ at 7 nm, which is 1,070 GB/s and watt with nothing left for
#: arithmetic; a tenth more for a later process.  The 7.5 pJ are from memory of Jouppi and others, ISCA 2021, table 2, which
#: does give energies at 7 nm but could not be read again; what speaks for them is the best chip here, a WSE-3, with 913.
_PER_WATT_OF_SRAM = 1_200
#: GB: 46,225 mm², the largest square of a wafer, in cells of 0.021 µm² and nothing else: the high-density cell of TSMC's N5
#: and N3E, as WikiChip reports it from their papers (fuse.wikichip.org, "TSMC 5-Nanometer Update" of 2019, and IEDM 2022).
_WAFER_OF_SRAM = 275
_WORK_PER_WATT = 12e12  # 16-bit FLOP/s and watt: five times the best chip


def _out_of_proportion(chip: Accelerator) -> Iterator[tuple[str, str]]:
    """Cache against memory, power against kind and rates, capacity against bandwidth; memory of SRAM is on the chip."""
    on_chip = "SRAM" in chip.memory.type
    capacity, power = chip.capacity, chip.power.quantity.value if chip.power else None
    cache, speed = chip.last_level_cache, chip.bandwidth.value / 1e9
    watts, read_all, (low, high) = _OF_KIND[chip.kind]
    if speed < low or (speed > high and not on_chip):
        yield (
            "memory.bandwidth",
            f"found {chip.memory.bandwidth.value!r}, wanted {low} GB/s at least, and {high:,} GB/s at most of memory outside the chip, "
            f"for a chip of the kind {chip.kind}; correct the number, its unit, or the kind",
        )
    if on_chip and capacity and capacity.value > _WAFER_OF_SRAM * 1e9:
        yield (
            "memory.capacity",
            f"found {chip.memory.capacity.value!r} of SRAM, wanted {_WAFER_OF_SRAM} GB at most, of which a whole wafer consists",
        )
    if cache and capacity and cache.quantity.value * 20 > capacity.value:
        yield (
            "last_level_cache",
            f"found {cache.value!r}, wanted a twentieth of the memory, {chip.memory.capacity.value}, at most",
        )
    if capacity:
        low, high = _READ_STACKS if "HBM" in chip.memory.type else _READ_SRAM if on_chip else read_all
        took = capacity.value / chip.bandwidth.value * 1e3
        if not low <= took <= high:
            yield (
                "memory.capacity",
                (
                    f"found {chip.memory.capacity.value!r}, which takes {took:.3g} ms to read at {chip.memory.bandwidth.value}, "
                    f"wanted {low} to {high} ms for {chip.memory.type} of {chip.kind}: capacity, bandwidth, type or kind is wrong"
                ),
            )
    if power is None:
        return
    low, high = watts
    if not low <= power <= high:
        yield "power", f"found {chip.power.value!r}, wanted {low} to {high:,} W for {chip.kind}"
    per_watt = _PER_WATT_OF_SRAM if on_chip else _PER_WATT
    if speed > per_watt * power:
        yield (
            "power",
            f"found {chip.power.value!r} for {chip.memory.bandwidth.value}, wanted 1 W at least for each {per_watt:,} GB/s "
            f"of {chip.memory.type}; correct one of them",
        )
    if chip.half_precision and chip.peaks()[chip.half_precision].quantity.value > _WORK_PER_WATT * power:
        peak = chip.peaks()[chip.half_precision].value
        yield "power", f"found {chip.power.value!r} for {peak} at 16 bits, wanted 1 W at least for each 12 TFLOP/s"
