"""Serving, measured: each run of a role's record beside the same trace played by the simulator."""

import statistics
from dataclasses import dataclass

from generators.catalog.load import Catalog
from generators.catalog.record import Case, Record
from generators.comparison import simulation
from generators.comparison.simulation import PassTimeModel
from generators.core import units
from generators.measure.serving import report
from generators.measure.serving.scheduler import POLICIES, Policy, Run, serve


@dataclass(frozen=True)
class Served:
    """A measured run of a policy at a load, and the same trace played by the simulator."""

    record: str
    machine: str
    policy: Policy
    load: float
    simulated: Run
    ttft: tuple[Case, ...]  # of each request
    finish: tuple[Case, ...]
    whole: dict[str, Case]  # by metric: makespan, busy, pass, queueing, gap-median, gap-p95, gap-most

    @property
    def rate(self) -> float:
        """Requests per second."""
        return units.explained(units.of(len(self.ttft) - 1, "") / units.of(self.simulated.requests[-1].arrival, "s"))

    @property
    def served(self) -> float:
        """Requests per second up to the last token."""
        return units.explained(units.of(len(self.ttft), "") / units.of(self.whole["makespan"].seconds, "s"))

    @property
    def mean_ttft(self) -> float:
        """Mean time to first token, seconds."""
        return units.statistic("mean", (case.seconds for case in self.ttft))

    @property
    def mean_batch(self) -> float:
        """Answer tokens per pass."""
        return self.whole["pass"].work.tokens

    def simulated_mean(self, metric: str) -> float:
        """Mean of each request's TTFT or queueing, or TPOT, in the simulation, seconds; or its mean batch."""
        if metric == "batch":
            return report.mean_batch(self.simulated)
        reported = {"ttft": report.ttft, "queueing": report.queueing, "tpot": report.tpot}[metric]
        return units.statistic("mean", reported(self.simulated))

    def error(self, metric: str) -> float:
        """Simulated over measured, less one: of the mean TTFT, the mean finish, the time busy, or the mean batch."""
        run = self.simulated
        pairs = {
            "ttft": (statistics.mean(report.ttft(run)), self.mean_ttft),
            "finish": (statistics.mean(report.finish(run)), statistics.mean(c.seconds for c in self.finish)),
            "busy": (report.busy(run), self.whole["busy"].seconds),
            "batch": (report.mean_batch(run), self.mean_batch),
        }
        found, wanted = pairs[metric]
        return found / wanted - 1


#: The last record asked for and its runs; a dozen numbers and two figures ask for the same.
_SEEN: list[tuple[Record, list[Served]]] = []


def measured_runs(catalog: Catalog, role: str = "cpu") -> list[Served]:
    """The serving runs of a role's record by load and policy; none where it holds none."""
    record = catalog.speaker(role)
    if not _SEEN or _SEEN[0][0] is not record:
        _SEEN[:] = [(record, _all_served(record))]
    return _SEEN[0][1]


def _all_served(record: Record) -> list[Served]:
    rows = record.measured("serving")
    loads = sorted({float(case.parameters["load"]) for case in rows})
    if not rows:
        return []
    price = serving_price(record)
    return [_served(record, price, name, load) for load in loads for name in POLICIES]


def serving_price(record: Record) -> PassTimeModel:
    """The price of a pass on the measured machine: two rates fitted to the passes of its interference runs.

    Serving is none of them.  Where they are missing or do not tell the rates, the machine's ceilings, adding up.
    """
    case = next(one for one in record.measured("serving") if "layers" in one.parameters)
    price = simulation.machine_price(record, case, overlap=False)
    try:
        return simulation.calibrated(price, simulation.landing_passes(record))
    except ValueError:
        return price


def _served(record: Record, price: PassTimeModel, name: str, load: float) -> Served:
    policy, requests = simulation.measured_trace(record, name, load)
    rows = record.measured("serving", policy=name, load=load)
    reported = {
        kind: sorted((r for r in rows if r.parameters["metric"] == kind), key=lambda r: int(r.parameters["request"]))
        for kind in ("ttft", "finish")
    }
    whole = {str(r.parameters["metric"]): r for r in rows if "request" not in r.parameters}
    return Served(
        record.id,
        record.machine.name,
        policy,
        load,
        serve(requests, policy, price),
        tuple(reported["ttft"]),
        tuple(reported["finish"]),
        whole,
    )
