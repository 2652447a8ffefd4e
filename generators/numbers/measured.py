"""Numbers this book measured, from the record that chapter 1 tells of, and how the predictions fared."""

from __future__ import annotations

import statistics

from generators import units
from generators.book.record import Case, Record
from generators.evidence.comparison import ceilings, chapter_record, predicted
from generators.numbers.registry import Numbers, number


def _sourced(value: float, unit: str, record: Record) -> units.Quantity:
    return units.of(value, unit, f"record:{record.id}")


def _eager(record: Record) -> list[Case]:
    """Decode runs of plain eager PyTorch."""
    return [case for case in record.measured("decode") if case.parameters.get("mode", "eager") == "eager"]


def _decode(record: Record, name: str) -> Case:
    """The decode case that a name such as ``1-1b-float32`` means."""
    for case in _eager(record):
        if name == f"{case.parameters['model']}-{case.parameters['dtype']}".lower().replace(".", "-"):
            return case
    raise KeyError(f"record {record.id} has no measured decode {name!r}")


@number("cpu.read-bandwidth", "GB/s")
def read_bandwidth(n: Numbers) -> units.Quantity:
    """Best read bandwidth measured on this book's CPU, far beyond its caches."""
    record = chapter_record(n.book)
    return _sourced(ceilings(record).read, "byte", record) / units.of(1, "s")


@number("cpu.product-at.{size}.{name}", "GB/s")
def product_at(n: Numbers, size: int, name: str) -> units.Quantity:
    """Bandwidth that matrix-vector products in {name} reach on this book's CPU over cold matrices of {size} bytes each."""
    record = chapter_record(n.book)
    best = max(case.bandwidth for case in record.measured("product-by-size", matrix_bytes=size, dtype=name))
    return _sourced(best, "byte", record) / units.of(1, "s")


@number("cpu.matrix-size.{size}", "MB", 3)
def matrix_size(n: Numbers, size: int) -> units.Quantity:
    """A matrix of {size} bytes."""
    return units.of(size, "bytes")


@number("cpu.copy-bandwidth", "GB/s")
def copy_bandwidth(n: Numbers) -> units.Quantity:
    """Copy bandwidth measured on this book's CPU, bytes read plus bytes written."""
    record = chapter_record(n.book)
    return _sourced(ceilings(record).copy, "byte", record) / units.of(1, "s")


@number("cpu.product.{name}", "TFLOP/s|GFLOP/s")
def product(n: Numbers, name: str) -> units.Quantity:
    """Fastest matrix product measured on this book's CPU in {name}."""
    record = chapter_record(n.book)
    return _sourced(ceilings(record).products[name], "FLOP/s", record)


@number("cpu.ridge-point.{name}", "FLOP/byte")
def ridge_point(n: Numbers, name: str) -> units.Quantity:
    """Measured ridge point of this book's CPU in {name}: its own best product over its own read bandwidth."""
    return n[f"cpu.product.{name}"] / n["cpu.read-bandwidth"]


@number("cpu.dispatch", "µs|ns", 2)
def dispatch(n: Numbers) -> units.Quantity:
    """Time to issue one tiny operation in eager PyTorch on this book's CPU."""
    record = chapter_record(n.book)
    return _sourced(ceilings(record).dispatch, "s", record)


@number("cpu.decode.{name}.time", "ms")
def decode_time(n: Numbers, name: str) -> units.Quantity:
    """Time per token measured on this book's CPU, random-weight model {name}, median."""
    record = chapter_record(n.book)
    return _sourced(_decode(record, name).seconds, "s", record)


@number("cpu.decode.{name}.tokens-per-s", "tokens/s")
def decode_rate(n: Numbers, name: str) -> units.Quantity:
    """Decode rate measured on this book's CPU, random-weight model {name}."""
    return 1 / n[f"cpu.decode.{name}.time"]


@number("cpu.decode.{name}.bytes", "GB|MB")
def decode_bytes(n: Numbers, name: str) -> units.Quantity:
    """Bytes that one decode step of that model streams, counted by the suite."""
    record = chapter_record(n.book)
    return _sourced(_decode(record, name).work.bytes, "byte", record)


@number("cpu.decode.{name}.predicted", "ms")
def decode_predicted(n: Numbers, name: str) -> units.Quantity:
    """Time per token predicted for random-weight model {name} from the same machine's read bandwidth, product peak and dispatch time."""
    record = chapter_record(n.book)
    return _sourced(predicted(record, _decode(record, name)).time, "s", record)


@number("cpu.decode.{name}.bandwidth-share", "%", 2)
def bandwidth_share(n: Numbers, name: str) -> units.Quantity:
    """MBU of that decode: bytes streamed per second over the read bandwidth measured in the same run."""
    return n[f"cpu.decode.{name}.bytes"] / n[f"cpu.decode.{name}.time"] / n["cpu.read-bandwidth"]


@number("cpu.layer-overhead.{name}", "µs", 2)
def layer_overhead(n: Numbers, name: str) -> units.Quantity:
    """Time to issue one layer of a decode step in eager PyTorch on this book's CPU in {name}: the slope between two depths of a narrow model."""
    record = chapter_record(n.book)
    narrow = record.measured("step-overhead", dtype=name, mode="eager")
    few, many = sorted(narrow, key=lambda case: case.parameters["layers"])
    layers = float(many.parameters["layers"]) - float(few.parameters["layers"])
    return _sourced((many.seconds - few.seconds) / layers, "s", record)


@number("cpu.gemv-share.{name}", "%", 2)
def gemv_share(n: Numbers, name: str) -> units.Quantity:
    """Bandwidth of PyTorch's matrix-vector product in {name} over the best read bandwidth of the same run."""
    record = chapter_record(n.book)
    best = max(case.bandwidth for case in record.measured("read-bandwidth", method=f"gemv-{name}"))
    return _sourced(best, "byte", record) / units.of(1, "s") / n["cpu.read-bandwidth"]


@number("cpu.decode-error.{name}", "%", 2)
def decode_error(n: Numbers, name: str) -> units.Quantity:
    """Error of the predicted time per token over all decode runs of the CPU record: {name}, sign dropped."""
    record = chapter_record(n.book)
    errors = [abs(predicted(record, case).time / case.seconds - 1) for case in _eager(record)]
    return _sourced({"median": statistics.median(errors), "worst": max(errors)}[name], "", record)
