"""Numbers of one chip: what its vendor states, and the ridge point that follows."""

from generators.core import units
from generators.model import roofline
from generators.numbers.registry import Numbers, number, numbers


@numbers("{chip}.{field}")
def bandwidth(n: Numbers, chip: str, field: str) -> units.Quantity:
    """Peak memory bandwidth of the {chip}.

    bandwidth (TB/s|GB/s): Peak memory bandwidth of the {chip}.
    bandwidth-in-full (GB/s, 4): Peak memory bandwidth of the {chip}, as printed.
    """
    return n.catalog.accelerators[chip].bandwidth


@number("{chip}.capacity", "GB|MB")
def capacity(n: Numbers, chip: str) -> units.Quantity:
    """Memory capacity of the {chip}, as sold."""
    found = n.catalog.accelerators[chip].capacity
    if found is None:
        raise KeyError(f"data/accelerators/{chip}.toml gives no memory.capacity")
    return found


@numbers("{chip}.{field}")
def peak(n: Numbers, chip: str, field: str) -> units.Quantity:
    """Dense 16-bit peak of the {chip}.

    peak (TFLOP/s, -1): Dense 16-bit peak of the {chip}.
    peak-in-full (TFLOP/s, -1): Dense 16-bit peak of the {chip}.
    """
    return n.chip(chip).peak


@number("{chip}.peak.{name}", "TFLOP/s", units.AS_GIVEN)
def peak_at(n: Numbers, chip: str, name: str) -> units.Quantity:
    """Dense {name} peak of the {chip}."""
    return n.catalog.accelerators[chip].peaks()[name].quantity


@number("{chip}.peak-for.{format}", "TFLOP/s", units.AS_GIVEN)
def peak_for(n: Numbers, chip: str, format: str) -> units.Quantity:
    """Dense peak at which the {chip} multiplies weights stored in {format}."""
    return n.chip(chip, format).peak


@number("{chip}.ridge-point", "FLOP/byte")
def ridge_point(n: Numbers, chip: str) -> units.Quantity:
    """Ridge point of the {chip}: 16-bit peak over bandwidth."""
    return n[f"{chip}.peak-in-full"] / n[f"{chip}.bandwidth-in-full"]


@number("{chip}.ridge-point.{name}", "FLOP/byte")
def ridge_point_at(n: Numbers, chip: str, name: str) -> units.Quantity:
    """Ridge point of the {chip} at {name}."""
    return roofline.ridge_point(n[f"{chip}.peak.{name}"], n[f"{chip}.bandwidth-in-full"])


@number("{chip}.bandwidth-over.{chip2}", "×")
def bandwidth_ratio(n: Numbers, chip: str, chip2: str) -> units.Quantity:
    """Bandwidth of the {chip} over that of the {chip2}."""
    return n[f"{chip}.bandwidth-in-full"] / n[f"{chip2}.bandwidth-in-full"]


@number("{chip}.critical-tokens.{format}", "tokens")
def critical_tokens(n: Numbers, chip: str, format: str) -> units.Quantity:
    """Tokens per pass at which a matrix product on the {chip} turns compute-bound: ridge × bytes per weight ÷ FLOP per multiply-add."""
    device, stored = n.chip(chip, format), n.format(format)
    ridge = roofline.ridge_point(device.peak, device.bandwidth)
    return roofline.critical_tokens(ridge, stored.weight, stored.mac)


@number("{chip}.last-level-cache", "MB")
def last_level_cache(n: Numbers, chip: str) -> units.Quantity:
    """Last-level cache of the {chip}."""
    found = n.catalog.accelerators[chip].last_level_cache
    if found is None:
        raise KeyError(f"data/accelerators/{chip}.toml gives no last_level_cache")
    return found.quantity
