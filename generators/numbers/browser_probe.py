"""Numbers of the browser probe beside a native program on the same machine, from the newest file of `data/probes/`."""

from generators.catalog.browser_probe import BrowserProbe, newest_probe
from generators.core import units
from generators.numbers.registry import Numbers, number


def _sourced(value: float, unit: str, probe: BrowserProbe) -> units.Quantity:
    return units.of(value, unit, f"probe:{probe.id}")


@number("probe.{threads}.{way}.rate", "GB/s")
def rate(n: Numbers, threads: str, way: str) -> units.Quantity:
    """Read bandwidth of {way} with {threads} threads over the largest buffers of the comparison, best of its rounds."""
    probe = newest_probe(n.catalog.probes)
    return _sourced(probe.row(_count(probe, threads), probe.largest, way).best, "byte/s", probe)


@number("probe.{threads}.{way}.share", "%", 2)
def share(n: Numbers, threads: str, way: str) -> units.Quantity:
    """What {way} with {threads} threads reads of the native rate, over the largest buffers."""
    return n[f"probe.{threads}.{way}.rate"] / n[f"probe.{threads}.native.rate"]


def _count(probe: BrowserProbe, threads: str) -> int:
    """``one`` or ``all``."""
    if threads not in ("one", "all"):
        raise KeyError(f"found {threads!r}, wanted one or all")
    return probe.threads[0 if threads == "one" else -1]
