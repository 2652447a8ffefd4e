"""Numbers this book measured, by the role of the record that speaks for a machine, and how the predictions fared.

``h200.decode.8b.graph.time`` is a machine's role, the model (with its number format where that is
not BF16) and the mode in which PyTorch ran it: ``eager``, ``graph`` or ``compiled-graph``.
"""

from generators.catalog.record_checks import PEAKS
from generators.comparison.comparison import ceilings, decode_case, decode_in_mode, predicted
from generators.comparison.overhead import by_depth
from generators.comparison.phases import prefill_case
from generators.core import units
from generators.measure import predict
from generators.numbers.registry import Numbers, number, numbers

DTYPES = {peak: dtype for dtype, peak in PEAKS.items()}  # a record's names of number formats


@numbers("{role}.{field}-bandwidth")
def bandwidth(n: Numbers, role: str, field: str) -> units.Quantity:
    """Bandwidth measured on the {role}.

    read (TB/s|GB/s): Best read bandwidth measured on the {role}, far beyond its caches.
    copy (TB/s|GB/s): Copy bandwidth measured on the {role}, bytes read plus bytes written.
    """
    return n.measured(role, getattr(ceilings(n.catalog.speaker(role)), field), "byte/s")


@number("{role}.product-at.{size}.{name}", "GB/s")
def product_at(n: Numbers, role: str, size: int, name: str) -> units.Quantity:
    """Bandwidth that matrix-vector products in {name} reach on the {role} over cold matrices of {size} bytes each."""
    record = n.catalog.speaker(role)
    best = max(case.bandwidth for case in record.measured("product-by-size", matrix_bytes=size, dtype=name))
    return n.measured(role, best, "byte/s")


@number("{role}.matrix-size.{size}", "MB", 3)
def matrix_size(n: Numbers, role: str, size: int) -> units.Quantity:
    """A matrix of {size} bytes, as measured on the {role}."""
    return units.of(units.explained(size, f"{size:,} bytes"), "bytes")


@number("{role}.product.{name}", "TFLOP/s|GFLOP/s")
def product(n: Numbers, role: str, name: str) -> units.Quantity:
    """Fastest matrix product measured on the {role} in {name}."""
    record = n.catalog.speaker(role)
    return n.measured(role, ceilings(record).products[DTYPES.get(name, name)], "FLOP/s")


@number("{role}.ridge-point.{name}", "FLOP/byte")
def ridge_point(n: Numbers, role: str, name: str) -> units.Quantity:
    """Measured ridge point of the {role} in {name}: its own best product over its own read bandwidth."""
    return n[f"{role}.product.{name}"] / n[f"{role}.read-bandwidth"]


@number("{role}.read-share", "%", 2)
def read_share(n: Numbers, role: str) -> units.Quantity:
    """Best read bandwidth measured on the {role} over the bandwidth of its datasheet."""
    return n[f"{role}.read-bandwidth"] / n[f"{n.catalog.speaker(role).machine.accelerator}.bandwidth"]


@number("{role}.dispatch.{name}", "µs|ns", 2)
def dispatch(n: Numbers, role: str, name: str) -> units.Quantity:
    """Time of one operation that moves nothing on the {role}: eager, a call from Python; graph, a node of a CUDA graph."""
    record = n.catalog.speaker(role)
    rows = record.measured("dispatch", method="graph" if "graph" in name else "add")
    each = [units.of(row.seconds, "s") / row.parameters.get("kernels_per_repetition", 1) for row in rows]
    how = min(each, default=units.of(0, "s")).how
    return n.measured(role, units.Reported(predict.dispatch(record.used, name), how), "s")


@numbers("{role}.decode.{name}.{mode}.{field}")
def decode(n: Numbers, role: str, name: str, mode: str, field: str) -> units.Quantity:
    """A decode step of random-weight model {name} on the {role}, {mode} PyTorch.

    time (ms): Time per token measured on the {role}, random-weight model {name}, {mode} PyTorch, median.
    bytes (GB|MB): Bytes that one decode step of that model streams, counted by the suite on the {role}: {name}, {mode} PyTorch.
    operations (, 0): Operations that one decode step of that model issues, counted by the suite on the {role}: {name}, {mode} PyTorch.
    issuing (ms): Time of a step as deep as that model and so narrow that it moves next to nothing, on the {role}: a line through narrow models of two depths; {name}, {mode} PyTorch.
    """
    record = n.catalog.speaker(role)
    case = decode_case(record, name, mode)
    reported = case.parameters
    if field == "time":
        return n.measured(role, case.seconds, "s")
    if field == "bytes":
        width, count = predict.WIDTH[str(reported["dtype"])], float(reported["parameters"])
        table = 0.0 if reported["tied"] else float(reported["vocab"]) * float(reported["d_model"])
        read = units.of((count - table) * width, "byte")
        weights, beside = units.text(read, "GB", 4), units.text(units.of(case.work.bytes, "byte") - read, "MB")
        words = f"counted by the suite: {weights} of weights but the input embedding, {beside} of all else"
        return n.measured(role, units.explained(case.work.bytes, words), "byte")
    if field == "operations":
        if reported["aten_ops_per_step"] is None:
            raise KeyError(f"the operations of {name!r} in mode {mode!r} were not counted on {role}")
        words = f"counted by the suite: operations of one step of {reported['layers']} layers"
        return n.measured(role, units.explained(reported["aten_ops_per_step"], words), "")
    seconds = predict.issuing(
        record.used, str(reported["dtype"]), str(reported.get("mode", "eager")), float(reported["layers"])
    )
    if seconds is None:
        raise KeyError(f"record {record.id} has no step-overhead in {reported['dtype']}, mode {mode!r}")
    few, slope = by_depth(record, str(reported["dtype"]), str(reported.get("mode", "eager")))
    line = units.of(few.seconds, "s") + slope * (float(reported["layers"]) - float(few.parameters["layers"]))
    return n.measured(role, units.Reported(seconds, line.how), "s")


@numbers("{role}.decode.{name}.{mode}.{field}")
def decode_beside(n: Numbers, role: str, name: str, mode: str, field: str) -> units.Quantity:
    """That step beside what the memory allows.

    tokens-per-s (tokens/s): Decode rate measured on the {role}, random-weight model {name}, {mode} PyTorch.
    bandwidth-share (%, 2): MBU of that decode on the {role}: bytes streamed per second over the read bandwidth measured in the same run; {name}, {mode} PyTorch.
    bound (ms): Least time per token that the datasheet of the {role} allows for that step: its bytes over the bandwidth; {name}, {mode} PyTorch.
    of-bound (%, 2): Share of the datasheet's bound that this decode reaches on the {role}: {name}, {mode} PyTorch.
    memory-gap (ms, 2): What the same bytes take longer at the best read measured on the {role} than at its datasheet's bandwidth: {name}, {mode} PyTorch.
    rest (ms): What is left of that step beyond its bytes at the best read measured on the {role}, kernels and launches among it: {name}, {mode} PyTorch.
    """
    at, read = f"{role}.decode.{name}.{mode}", f"{role}.read-bandwidth"
    return {
        "tokens-per-s": lambda: 1 / n[f"{at}.time"],
        "bandwidth-share": lambda: n[f"{at}.bytes"] / n[f"{at}.time"] / n[read],
        "bound": lambda: n[f"{at}.bytes"] / n[f"{n.catalog.speaker(role).machine.accelerator}.bandwidth"],
        "of-bound": lambda: n[f"{at}.bound"] / n[f"{at}.time"],
        "memory-gap": lambda: n[f"{at}.bytes"] / n[read] - n[f"{at}.bound"],
        "rest": lambda: n[f"{at}.time"] - n[f"{at}.bytes"] / n[read],
    }[field]()


@number("{role}.mode-gain.{name}.{mode}", "×")
def mode_gain(n: Numbers, role: str, name: str, mode: str) -> units.Quantity:
    """How much faster than eager that decode runs on the {role}: {name}, {mode} PyTorch."""
    return n[f"{role}.decode.{name}.eager.time"] / n[f"{role}.decode.{name}.{mode}.time"]


@numbers("{role}.prefill.{name}.s{tokens}.{field}")
def prefill(n: Numbers, role: str, name: str, tokens: int, field: str) -> units.Quantity:
    """A prefill of {tokens} tokens on the {role}.

    time (ms): Time of a prefill of {tokens} tokens measured on the {role}, random-weight model {name} in BF16, median.
    in-tokens (tokens, 2): Tokens that the {role} writes at batch 1 in the time of that prefill, both measured as CUDA graphs: {name}, a prompt of {tokens} tokens.
    in-tokens-by-datasheet (tokens, 2): The same by the datasheet of the {role}: {name}, a prompt of {tokens} tokens.
    """
    if field == "time":
        return n.measured(role, prefill_case(n.catalog.speaker(role), name, tokens).seconds, "s")
    reported = "time" if field == "in-tokens" else "bound"
    return n[f"{role}.prefill.{name}.s{tokens}.{reported}"] / n[f"{role}.decode.{name}.graph.{reported}"]


@number("{role}.layer-overhead.{name}", "µs", 2)
def layer_overhead(n: Numbers, role: str, name: str) -> units.Quantity:
    """Time to issue one layer of a decode step in eager PyTorch on the {role} in {name}: the slope between two depths of a narrow model."""
    return n.measured(role, units.explained(by_depth(n.catalog.speaker(role), name, "eager")[1]), "s")


@number("{role}.gemv-share.{name}", "%", 2)
def gemv_share(n: Numbers, role: str, name: str) -> units.Quantity:
    """Bandwidth of PyTorch's matrix-vector product in {name} over the best read bandwidth of the same run on the {role}."""
    record = n.catalog.speaker(role)
    best = max(case.bandwidth for case in record.measured("read-bandwidth", method=f"gemv-{name}"))
    return n.measured(role, best, "byte/s") / n[f"{role}.read-bandwidth"]


@number("{role}.decode-error.{mode}.{name}", "%", 2)
def decode_error(n: Numbers, role: str, mode: str, name: str) -> units.Quantity:
    """Error of the time per token predicted from the {role}'s own ceilings over its decode runs in {mode} PyTorch: {name}, sign dropped."""
    record = n.catalog.speaker(role)
    errors = [abs(predicted(record, case).time / case.seconds - 1) for case in decode_in_mode(record, mode)]
    return n.measured(role, units.statistic(name, errors), "")
