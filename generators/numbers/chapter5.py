"""Numbers of chapter 5: what issuing costs a layer, where memory takes over, and what graphs, compilation and plans change."""

from generators.comparison import overhead
from generators.comparison.comparison import by_products, decode_case
from generators.core import units
from generators.measure import predict
from generators.numbers.registry import Numbers, number, numbers


@numbers("{role}.{field}.{mode}")
def overheads(n: Numbers, role: str, mode: str, field: str) -> units.Quantity:
    """Where a layer's issuing rules on the {role}, {mode} PyTorch.

    floor (µs, 2): Time that a layer takes on the {role} however few bytes it moves, {mode} PyTorch in BF16: the slope between narrow models of two depths.
    half-of-bound (GB, 2): Bytes per token at which decode on the {role} reaches half of the datasheet's bound, {mode} PyTorch, between the two models measured around it.
    """
    record = n.catalog.speaker(role)
    if field == "floor":
        seconds = overhead.floor(record, mode)
        return n.measured(role, units.Reported(seconds, overhead.by_depth(record, "bfloat16", mode)[1].how), "s")
    return n.measured(role, overhead.half_of_bound(n.catalog, record, mode), "byte")


@number("{role}.floor-bytes.{mode}.{chip}", "GB", 2)
def floor_bytes(n: Numbers, role: str, mode: str, chip: str) -> units.Quantity:
    """Bytes that a {chip} reads at its datasheet's bandwidth in the time that a layer takes on the {role} however few it moves, {mode} PyTorch."""
    return n[f"{role}.floor.{mode}"] * n[f"{chip}.bandwidth-in-full"]


@number("{role}.operations-per-layer", "", 0)
def operations_per_layer(n: Numbers, role: str) -> units.Quantity:
    """Operations that a layer of a decode step issues in eager PyTorch, counted by the suite on the {role}."""
    narrow = n.catalog.speaker(role).measured("step-overhead", dtype="bfloat16", mode="eager")
    few, many = sorted(narrow, key=lambda case: case.parameters["layers"])
    operations, layers = (
        n.measured(role, float(many.parameters[key]), "") - float(few.parameters[key])
        for key in ("aten_ops_per_step", "layers")
    )
    return operations / layers


@number("{role}.decode.{name}.{mode}.part.{part}", "ms")
def part(n: Numbers, role: str, name: str, mode: str, part: str) -> units.Quantity:
    """Part of that decode on the {role}, as the sum of its products timed alone and its issuing gives it ({name}, {mode} PyTorch): {part}.

    "kernels" are the products and the cache's read, "slowness" what they take beyond the bound, "gaps" the issuing beside them, "left" what the run took beyond the sum;
    "fast-round" and "slow-round" are the 5th and 95th percentile of its rounds.
    """
    record = n.catalog.speaker(role)
    case = decode_case(record, name, mode)
    if part in ("fast-round", "slow-round"):
        ends = [units.text(units.of(end, "s"), "ms") for end in (case.times[0], case.times[-1])]
        share = "95th" if part == "slow-round" else "5th"
        words = f"{share} percentile of {len(case.times)} rounds, {' to '.join(ends)}"
        return n.measured(role, units.explained(case.interval[part == "slow-round"], words), "s")
    reported = by_products(record, case)
    bound = n.measured(role, case.work.bytes, "byte") / n[f"{record.machine.accelerator}.bandwidth-in-full"]
    if reported:
        kernels = units.of(reported.products, "s") + units.of(reported.cache, "s")
    parts = reported and {
        "kernels": kernels,
        "slowness": kernels - bound,
        "gaps": units.of(overhead.gaps(record, case, reported), "s"),
        "left": units.of(case.seconds, "s") - units.of(reported.total, "s"),
    }
    if not parts or part not in parts:
        raise KeyError(
            f"found {part!r}, wanted kernels, slowness, gaps, left, fast-round or slow-round of a step that the record explains"
        )
    return n.measured(role, units.explained(parts[part]), "s")


@number("{role}.decode.{name}.{mode}.faster-than.{mode2}", "×")
def faster(n: Numbers, role: str, name: str, mode: str, mode2: str) -> units.Quantity:
    """How many times as fast as {mode2} PyTorch {mode} PyTorch decodes on the {role}: {name}."""
    return n[f"{role}.decode.{name}.{mode2}.time"] / n[f"{role}.decode.{name}.{mode}.time"]


@number("{role}.decode.{name}.waiting", "%", 2)
def waiting(n: Numbers, role: str, name: str) -> units.Quantity:
    """Share of an eager step on the {role} that its operations do not take when a CUDA graph replays them: {name}."""
    return 1 - n[f"{role}.decode.{name}.graph.time"] / n[f"{role}.decode.{name}.eager.time"]


@number("{role}.decode.{name}.graph.fewer-bytes.{size}", "×", 2)
def fewer_bytes(n: Numbers, role: str, name: str, size: int) -> units.Quantity:
    """Gain of {size} times fewer bytes for a CUDA graph on the {role} if its kernels got as many times faster and its gaps stayed: {name}."""
    kernels, gaps = (n[f"{role}.decode.{name}.graph.part.{part}"] for part in ("kernels", "gaps"))
    return (kernels + gaps) / (kernels / size + gaps)


@number("{role}.compiling-saves.{name}", "µs", 2)
def compiling_saves(n: Numbers, role: str, name: str) -> units.Quantity:
    """What compiling the layers of a CUDA graph saves for each layer on the {role}: {name}."""
    layers = float(decode_case(n.catalog.speaker(role), name, "graph").parameters["layers"])
    return (n[f"{role}.decode.{name}.graph.time"] - n[f"{role}.decode.{name}.compiled-graph.time"]) / layers


@number("{role}.merging-saves.{name}.{part}", "µs", 2)
def merging_saves(n: Numbers, role: str, name: str, part: str) -> units.Quantity:
    """What one product in place of those with the same input would save of a layer's time on the {role}, read between the sizes timed ({name}, BF16): {part}."""
    record = n.catalog.speaker(role)
    reported = {
        key: float(value)
        for key, value in decode_case(record, name, "graph").parameters.items()
        if key in ("d_model", "d_ff", "kv_heads", "head_dim")
    }
    widths = {
        "qkv": [reported["d_model"], *2 * [reported["kv_heads"] * reported["head_dim"]]],
        "gate-up": 2 * [reported["d_ff"]],
    }
    if part not in widths:
        raise KeyError(f"found {part!r}, wanted qkv or gate-up")

    def seconds(width: float) -> float:
        return predict.product_seconds(record.used, "bfloat16", 2 * reported["d_model"] * width, reported["d_model"])

    apart = sum(n.measured(role, seconds(width), "s") for width in widths[part])
    return apart - units.of(seconds(sum(widths[part])), "s")


@number("{role}.busy-tokens.{name}", "tokens", 2)
def busy_tokens(n: Numbers, role: str, name: str) -> units.Quantity:
    """Tokens in a pass whose math, at the datasheet's peak, takes the {role} as long as issuing the pass in eager PyTorch: {name}."""
    record = n.catalog.speaker(role)
    case = decode_case(record, name, "eager")
    peak, flop = n[f"{record.machine.accelerator}.peak-in-full"], n.measured(role, case.work.flop, "FLOP")
    return n[f"{role}.decode.{name}.eager.issuing"] * peak / flop * units.of(1, "tokens")


@number("{role}.plan", "ms", 2)
def plan(n: Numbers, role: str) -> units.Quantity:
    """What a plan for a new cache length costs on the {role}: median of the rounds that made one less median of those that did not."""
    return n.measured(role, overhead.plans(n.catalog.speaker(role)).cost, "s")


@number("{role}.plan.t{tokens}", "s", 2)
def plans_of_an_answer(n: Numbers, role: str, tokens: int) -> units.Quantity:
    """What an answer of {tokens} tokens pays on the {role} where each of its lengths is new."""
    return tokens * n[f"{role}.plan"]


@number("{chip}.{format}.largest-layer", "GB", 2)
def largest_layer(n: Numbers, chip: str, format: str) -> units.Quantity:
    """Most bytes that a token reads for each layer among the catalog's models that fit on one {chip} in {format}."""
    room = n[f"{chip}.capacity"]
    found = [
        n[f"{m}.{format}.streamed"] / n.shape(m).layers for m in n.catalog.alike if n[f"{m}.{format}.stored"] <= room
    ]
    return max(found)
