"""Records against physics and against each other: times that add up, ceilings that their chip can reach, no copies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from generators.core import units

if TYPE_CHECKING:
    from generators.catalog.accelerator import Accelerator
    from generators.catalog.record import Record
    from generators.catalog.rows import Rows

#: Who makes the chips that a kind of device can be; a processor is any maker's.
_VENDORS = {"cuda": ("NVIDIA",), "rocm": ("AMD",), "mps": ("Apple",), "xpu": ("Intel",)}
#: The peak that a product in this number format uses.
PEAKS = {
    "float64": "fp64",
    "float32": "fp32",
    "tf32": "tf32",
    "bfloat16": "bf16",
    "float16": "fp16",
    "float8_e4m3": "fp8",
    "int8": "int8",
}
_OVER = (
    1.05  # a ceiling above the datasheet by more is no ceiling of that chip; clocks above the printed one are within it
)
_UNDER = 0.01  # and a read that reaches so little of it is another machine's; part of a processor may be rented
_PER_CORE = 2e13  # FLOP/s of one core: a quarter above the widest matrix unit that a processor's core has
#: Bytes and FLOP per second that no device of a kind reaches, for machines without a datasheet here.
_FASTEST = {"cpu": (5e12, 2e15), "cuda": (4e13, 5e16), "rocm": (4e13, 5e16), "mps": (4e12, 1e15), "xpu": (2e13, 1e16)}
READS = ("read-bandwidth", "copy-bandwidth", "triad-bandwidth", "peer-read", "peer-copy", "peer-triad")
PRODUCTS = ("matmul-peak", "peer-product")


def claim_faults(record: Record, chips: Rows[Accelerator]) -> Iterator[tuple[str, str]]:
    """(field, fault) of a record whose chip is not in the catalog, is no such device, or could not have done this."""
    claimed = record.machine.accelerator
    chip = chips.get(claimed)
    if claimed and chip is None:
        yield (
            "machine.accelerator",
            f"{chips.absent(claimed)}; leave it empty where the catalog has none",
        )
    if chip and not _fits(record.machine.device, chip):
        yield (
            "machine.accelerator",
            (
                f"found {claimed!r}, {chip.vendor} {chip.kind}, for a device measured as {record.machine.device!r}, wanted the chip "
                "that was measured; leave it empty where the catalog has none"
            ),
        )
        return
    for index, case in enumerate(record.cases):
        if case.status != "measured":
            continue
        for rate, roof, what in _roofs(record, index, chip):
            low = _UNDER * roof if chip and case.name in READS and record.machine.device != "cpu" else 0.0
            high = _OVER * roof if chip else roof
            if not low <= rate <= high:
                whose = f"{claimed}" if chip else f"any {record.machine.device} device"
                yield (
                    f"cases.{index}",
                    (
                        f"found {case.name} at {_shown(rate, what)}, wanted {_shown(low, what)} to {_shown(high, what)}, which "
                        f"{whose} can reach: its times or its work are wrong, or it is another machine's"
                    ),
                )


def _fits(device: str, chip: Accelerator) -> bool:
    """Whether a device as torch names it can be this chip."""
    if device == "cpu":
        return chip.kind in ("cpu", "apple") or not chip.peaks()  # a chip of processor and graphics in one
    return chip.kind != "cpu" and chip.vendor.startswith(_VENDORS[device])


def _roofs(record: Record, index: int, chip: Accelerator | None) -> Iterator[tuple[float, float, str]]:
    """(rate, roof, unit) of a ceiling."""
    case = record.cases[index]
    fastest_read, fastest_product = _FASTEST[record.machine.device]
    if case.name in READS:
        yield case.bandwidth, chip.bandwidth.value if chip else fastest_read, "GB/s"
    if case.name in PRODUCTS:
        peak = chip.peaks().get(PEAKS.get(case.parameters.get("dtype"), "")) if chip else None
        if peak:
            yield case.flops, peak.quantity.value, "TFLOP/s"
        elif not chip:
            cores = record.environment.get("usable_cores")
            few = record.machine.device == "cpu" and isinstance(cores, int) and 0 < cores < 4096
            yield case.flops, min(fastest_product, _PER_CORE * cores) if few else fastest_product, "TFLOP/s"


def _shown(rate: float, unit: str) -> str:
    return units.text(units.of(rate / units.unit_of(unit)[0], unit), unit)


def copies(records: Mapping[str, Record]) -> Iterator[tuple[str, str, str]]:
    """(record, field, fault) of every record whose samples another one holds too: no two runs take the same times."""
    seen: dict[tuple[float, ...], str] = {}
    for id_, record in records.items():
        for index, case in enumerate(record.cases):
            if case.status != "measured" or len(set(case.samples)) < 3:
                continue
            first = seen.setdefault(tuple(case.samples), id_)
            if first != id_:
                yield (
                    id_,
                    f"cases.{index}.samples",
                    (
                        f"found the {len(case.samples)} samples of {case.name} in {first} too, wanted times of its own: "
                        "no two runs take the same; delete the copy"
                    ),
                )
                break
