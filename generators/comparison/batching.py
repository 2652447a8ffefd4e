"""What is known of batches from outside: this book's own steps and others' offline runs, each beside its prediction."""

import math
import re
from dataclasses import dataclass

from generators.catalog import model_inputs
from generators.catalog.load import Catalog
from generators.catalog.record import Case, Record
from generators.comparison.comparison import FORMATS, Ceilings, ceilings, decode_records
from generators.core import units
from generators.measure import predict
from generators.model import batching

#: Quoted offline runs: one static batch, every prompt and every answer of one length (tokens), and bytes of a cached value.
OFFLINE = {
    "tensorrt-llm-7b-a100-b384": (128, 128, 2.0),
    "tensorrt-llm-7b-a100-b60": (128, 2048, 2.0),
    "tensorrt-llm-7b-a100-b52": (2048, 128, 2.0),
    "tensorrt-llm-7b-h100-b768": (128, 128, 1.0),
    "tensorrt-llm-7b-h100-b112": (128, 2048, 1.0),
    "tensorrt-llm-7b-h100-b80": (2048, 128, 1.0),
    "tensorrt-llm-7b-h100-b48": (2048, 2048, 1.0),
}
#: A quoted sweep of batches on one chip: whole runs of equal prompts and answers, by their length (tokens) and batch.
SWEEP_LENGTHS, SWEEP_BATCHES = (128, 2048), (1, 16, 32, 64)
_NEED = re.compile(r"needs ([0-9.]+) GB of memory, ([0-9.]+) GB (?:were|are) free")


@dataclass(frozen=True)
class BatchStep:
    """A measured decode step of a batch beside two predictions; seconds, bytes and FLOP.

    `predicted` is the roofline with the ceilings of the same record.  `fitted` knows besides what the
    record's steps of batch 1 took: how long a step without a cache, and how fast the cache was read.
    `context` counts the newest token, too.
    """

    record: str
    machine: str
    label: str
    batch: int
    context: int
    seconds: float
    interval: tuple[float, float]
    predicted: float
    fitted: float | None  # none for batch 1, from which the paces come
    binds: str
    bytes: float
    flop: float
    read: float  # byte/s, the machine's best
    peak: float  # FLOP/s, its best product in the same number format

    @property
    def error(self) -> float:
        """Predicted over measured time, less one."""
        return self.predicted / self.seconds - 1


def batch_steps(catalog: Catalog) -> list[BatchStep]:
    """Measured decode steps of batches, in the order of roles, by context and batch."""
    found = []
    for record in decode_records(catalog, "decode-batch"):
        cases = record.measured("decode-batch")
        if cases:
            roof, pace = ceilings(record), effective_bandwidth(cases)
            found += sorted((_step(record, roof, pace, case) for case in cases), key=lambda s: (s.context, s.batch))
    return found


@dataclass(frozen=True)
class EffectiveBandwidth:
    """A machine's steps of batch 1: seconds without a cache, and byte/s at which the cache is read."""

    base: float
    cache: float


def effective_bandwidth(cases: list[Case]) -> EffectiveBandwidth | None:
    """The line through the steps of batch 1 against their bytes of cache; None where there is no rising one."""
    points = [(_cached(case), case.seconds) for case in cases if int(case.parameters["batch"]) == 1]
    if len(points) < 2:
        return None
    x, y = (math.fsum(values) / len(points) for values in zip(*points, strict=True))
    spread = math.fsum((cached - x) ** 2 for cached, _ in points)
    slope = math.fsum((cached - x) * (seconds - y) for cached, seconds in points) / spread if spread else 0.0
    return EffectiveBandwidth(y - slope * x, 1.0 / slope) if slope > 0 and y > slope * x else None


def _cached(case: Case) -> float:
    """Bytes of cache that a step reads."""
    reported = case.parameters
    each = (
        2.0
        * float(reported["layers"])
        * float(reported["kv_heads"])
        * float(reported["head_dim"])
        * predict.WIDTH[str(reported["dtype"])]
    )
    return float(reported["batch"]) * float(reported["context"]) * each


def _step(record: Record, roof: Ceilings, pace: EffectiveBandwidth | None, case: Case) -> BatchStep:
    reported = case.parameters
    dtype = str(reported["dtype"])
    peak = roof.products.get(dtype) or max(roof.products.values())
    issuing = predict.overhead(record.used, dtype, "eager", float(reported["layers"])) or 0.0
    reading, computing = case.work.bytes / roof.read, case.work.flop / peak
    binds = "memory" if reading >= computing else "compute"
    batch, fitted = int(reported["batch"]), None
    if pace and batch > 1:  # the products' arithmetic for the sequences beyond the first comes on top
        fitted = pace.base + _cached(case) / pace.cache + computing * (1.0 - 1.0 / batch)
    return BatchStep(
        record.id,
        record.machine.name,
        f"{reported['model']}, {FORMATS.get(dtype, dtype)}",
        batch,
        int(reported["context"]) + 1,
        case.seconds,
        case.interval,
        issuing + max(reading, computing),
        fitted,
        binds,
        case.work.bytes,
        case.work.flop,
        roof.read,
        peak,
    )


@dataclass(frozen=True)
class SkippedForMemory:
    """A batch that did not fit on a measured machine: what it needs and what was free, in GB."""

    machine: str
    batch: int
    context: int
    needs: float
    free: float


def beyond_memory(catalog: Catalog) -> list[SkippedForMemory]:
    """Skipped decode steps whose reason is memory, by context and batch."""
    found = []
    for record in decode_records(catalog, "decode-batch"):
        for case in record.cases:
            reason = _NEED.search(case.reason) if case.name == "decode-batch" and case.status == "skipped" else None
            if reason:
                reported = case.parameters
                found.append(
                    SkippedForMemory(
                        record.machine.name,
                        int(reported["batch"]),
                        int(reported["context"]) + 1,
                        *(units.Reported(float(amount), ("printed", reason[0], "")) for amount in reason.groups()),
                    )
                )
    return sorted(found, key=lambda one: (one.context, one.batch))


@dataclass(frozen=True)
class Offline:
    """A quoted offline run beside its bound, tokens/s of answers; `prefill` is the share of the least time in prompts."""

    id: str
    batch: int
    prompt: int
    answer: int
    reached: float
    bound: float
    needs: float  # bytes at its end
    prefill: float
    estimate: float  # tokens/s if each activation crossed memory once, which no bound may assume


def offline_runs(catalog: Catalog) -> list[Offline]:
    """The quoted runs of `OFFLINE`, in its order."""
    return [offline_run(catalog, id_) for id_ in OFFLINE if id_ in catalog.published]


def offline_run(catalog: Catalog, id_: str) -> Offline:
    """One of the quoted runs of `OFFLINE`."""
    row, (prompt, answer, kv) = catalog.published[id_], OFFLINE[id_]
    stored, model = catalog.formats[row.format], catalog.models[row.model]
    shape, form = model_inputs.sourced_shape(model), model_inputs.sourced_format(stored, kv)
    device = model_inputs.sourced_device(catalog.accelerators[row.accelerator], stored.rate)
    plain = model_inputs.charging_activations(model_inputs.number_format(stored, kv))
    charged = model_inputs.shape(model), plain, model_inputs.device(catalog.accelerators[row.accelerator], stored.rate)
    sizes = float(row.batch), float(prompt), float(answer)
    time = batching.offline_time(shape, form, device, *sizes)
    prefill = batching.offline_time(shape, form, device, sizes[0], sizes[1], 1.0) / time
    needs = batching.memory_at_end(shape, form, *sizes)
    return Offline(
        id_,
        row.batch,
        prompt,
        answer,
        row.quantity.value,
        units.explained(units.of(row.batch, "") * answer / time),
        units.explained(needs),
        units.explained(prefill),
        row.batch * answer / batching.offline_time(*charged, *sizes),
    )


@dataclass(frozen=True)
class Gain:
    """What a batch of the quoted sweep gains over batch 1 of the same lengths in tokens per second, and what the bytes say.

    `predicted` is the ratio of two bounds, so the share of its bound that the engine reaches drops out where it is constant.
    """

    id: str
    length: int
    batch: int
    quoted: float
    predicted: float

    @property
    def error(self) -> float:
        """Predicted over quoted gain, less one."""
        return self.predicted / self.quoted - 1


def sweep_id(length: int, batch: int) -> str:
    """The quote of one run of the sweep."""
    return f"trt-gh200-8b-l{length}-b{batch}"


def sweep_gains(catalog: Catalog) -> list[Gain]:
    """The batches of the quoted sweep beyond 1, by length."""
    found = []
    for length in SWEEP_LENGTHS:
        taken, bounds = {}, {}
        for batch in SWEEP_BATCHES:
            row = catalog.published[sweep_id(length, batch)]
            stored = catalog.formats[row.format]
            device = model_inputs.device(catalog.accelerators[row.accelerator], stored.rate)
            shape, form = model_inputs.shape(catalog.models[row.model]), model_inputs.number_format(stored)
            taken[batch] = row.quantity
            time = batching.offline_time(shape, form, device, float(batch), float(length), float(length))
            bounds[batch] = units.of(time, "s")
        for batch in SWEEP_BATCHES[1:]:
            quoted, predicted = (units.explained(batch * times[1] / times[batch]) for times in (taken, bounds))
            found.append(Gain(sweep_id(length, batch), length, batch, quoted, predicted))
    return found
