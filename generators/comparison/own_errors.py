"""The book's own predictions of its own records: errors by figure, machine, and what each prediction rests on."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from generators.catalog.load import Catalog
from generators.catalog.prediction import Prediction
from generators.catalog.record import Case, Record
from generators.comparison import comparison
from generators.comparison.predictions import load_predictions
from generators.core.reading import remembered
from generators.model.expected import Habits, expected_time

DATASHEET, READ, PRODUCTS, PROBE = (
    "its datasheet, frozen before",
    "its read test",
    "its products timed alone",
    "its read test and one decode run",
)


@dataclass(frozen=True)
class OwnError:
    """Errors of time, predicted over measured less one, of one figure on one machine by one way of predicting."""

    machine: str
    figure: str
    way: str
    errors: tuple[float, ...]

    @property
    def median(self) -> float:
        """Median of the errors without their sign."""
        return median(map(abs, self.errors))


@remembered(maxsize=4)
def own_errors(catalog: Catalog) -> tuple[OwnError, ...]:
    """Every figure that a machine's record allows to predict, the best predicted first."""
    found = []
    frozen = load_predictions(catalog).values()
    for record in catalog.roles.values():
        for (figure, way), errors in _of(record, frozen, catalog).items():
            found.append(OwnError(catalog.machine_label(record), figure, way, tuple(errors)))
    return tuple(sorted(found, key=lambda one: (one.median, one.machine, one.figure, one.way)))


def _of(record: Record, frozen: Iterable[Prediction], catalog: Catalog) -> dict[tuple[str, str], list[float]]:
    found: dict[tuple[str, str], list[float]] = defaultdict(list)
    for prediction in frozen:
        if (reported := prediction.record(catalog.records)) and reported.id == record.id:
            for row, case in prediction.compared(record):
                found[row.name.replace("-", " "), DATASHEET].append(row.of_bound(case) - 1.0)
    read = comparison.ceilings(record).read
    alike: dict[str, list[Case]] = defaultdict(list)
    for case in record.measured("decode"):
        figure = f"decode in {case.parameters['dtype']}, {comparison.mode_of(case).replace('-', ' ')}"
        if reported := comparison.by_products(record, case):
            found[figure, PRODUCTS].append(reported.total / case.seconds - 1.0)
        if not case.parameters.get("resident"):
            alike[figure].append(case)
    for figure, cases in alike.items():
        probe, *rest = sorted(cases, key=lambda case: case.work.bytes / float(case.parameters["layers"]))
        for case in rest:
            found[figure, READ].append(case.work.bytes / read / case.seconds - 1.0)
            found[figure, PROBE].append(by_read_test(read, probe, case) / case.seconds - 1.0)
    return found


def by_read_test(read: float, probe: Case, case: Case) -> float:
    """Seconds of a decode case: its bytes at the bandwidth of the read test, and its layers at what the probe took beyond its own bytes."""
    layer = max(0.0, probe.seconds - probe.work.bytes / read) / float(probe.parameters["layers"])
    return expected_time(case.work.bytes, 0.0, float(case.parameters["layers"]), read, 0.0, Habits(1.0, 0.0, layer))
