"""What the suite should find on a chip, from its datasheet alone: ``python -m generators predict CHIP`` freezes it.

Each time is the roofline's bound: the longer of FLOP over the dense peak and bytes over the
memory bandwidth, with no efficiency and no overhead fitted.  A measurement can only be slower;
by how much is what the page shows.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from generators.catalog import model_inputs
from generators.catalog.load import Catalog
from generators.catalog.prediction import Prediction, load_prediction
from generators.core.errors import BookError, raise_all
from generators.measure import shapes
from generators.model import memory, roofline
from generators.model.inputs import Chip, Format, Pass, Shape

BF16 = Format(weight=2.0, other=2.0, kv=2.0)
DECODED = ("10M", "30M", "0.1B", "0.4B", "1.1B", "3B", "8B", "14B", "32B", "70B")
BATCHES, CONTEXTS = (1, 2, 4, 8, 16, 32, 64, 128, 256), (128, 512, 2048, 8192)
TOKENS = tuple(2**n for n in range(13))
CACHED = (16, 32, 64, 128, 256, 512, 1024, 2048)
VERIFIED = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)
SIDE = 8192  # of the weight that rows-sweep multiplies
DTYPES = {
    "fp32": "float32",
    "tf32": "tf32",
    "bf16": "bfloat16",
    "fp16": "float16",
    "fp8": "float8_e4m3",
    "int8": "int8",
}
BASIS = (
    "Bound of the roofline from the datasheet: the longer of FLOP over the dense peak and bytes over the memory "
    "bandwidth; weights in BF16; activations stay in caches; no efficiency and no overhead."
)


@cache
def measured_shape(name: str) -> Shape:
    """A model of the suite as the model's input."""
    reported = {key: float(value) for key, value in shapes.shape(name).as_parameters().items() if key != "tied"}
    return model_inputs.with_parts(Shape(**reported, tied=False))


def predict(catalog: Catalog, chip_id: str) -> dict:
    """The predictions for a chip as they will be frozen; `BookError` for a chip that is not in the catalog."""
    if chip_id not in catalog.accelerators:
        raise BookError("predict", None, catalog.accelerators.absent(chip_id))
    row = catalog.accelerators[chip_id]
    if row.capacity is None or "bf16" not in row.peaks():
        raise BookError(f"data/accelerators/{chip_id}.toml", None, "has no capacity or no bf16 peak to predict from")
    peaks = {DTYPES[name]: peak.quantity.value for name, peak in row.peaks().items() if name in DTYPES}
    chip = Chip(row.bandwidth.value, peaks["bfloat16"], row.capacity.value)
    return {
        "schema": 1,
        "accelerator": chip_id,
        "made": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "basis": BASIS,
        "bandwidth": chip.bandwidth,
        "capacity": chip.capacity,
        "peaks": peaks,
        "rows": list(_rows(chip, peaks)),
    }


def _rows(chip: Chip, peaks: dict[str, float]) -> Iterator[dict]:
    """Every case, ceilings first."""
    yield _row("read-bandwidth", {}, "byte/s", chip.bandwidth, "memory")
    for dtype, peak in peaks.items():
        yield _row("matmul-peak", {"dtype": dtype}, "FLOP/s", peak, "compute")
    for rows in TOKENS:
        flop, moved = 2.0 * rows * SIDE * SIDE, 2.0 * (SIDE * SIDE + 2 * rows * SIDE)
        time = roofline.step_time(flop, moved, chip.peak, chip.bandwidth, 0.0)
        binds = roofline.what_binds(flop / chip.peak, moved / chip.bandwidth, 0.0)
        yield _row("rows-sweep", {"dtype": "bfloat16", "rows": rows, "d_in": SIDE, "d_out": SIDE}, "s", time, binds)
    for model in DECODED:
        yield _step("decode", model, chip, {"mode": "eager"}, Pass(1.0, 1.0, 129.0))
    for context in CONTEXTS:
        for batch in BATCHES:
            reported = {"batch": batch, "context": context}
            yield _step("decode-batch", "8B", chip, reported, Pass(float(batch), 1.0, context + 1.0))
    for tokens in TOKENS:
        yield _step("prefill", "8B", chip, {"tokens": tokens}, Pass(1.0, float(tokens), float(tokens)))
    for model in ("0.1B", "1.1B"):
        for context in CACHED:
            reported, length = {"context": context}, float(context)
            yield _step("step-without-cache", model, chip, reported, Pass(1.0, length, length))
            yield _step("step-with-cache", model, chip, reported, Pass(1.0, 1.0, length))
    for new in VERIFIED:
        reported = {"new_tokens": new, "context": 512, "batch": 1}
        yield _step("verify", "8B", chip, reported, Pass(1.0, float(new), 512.0 + new, float(new)))


def _step(name: str, model: str, chip: Chip, reported: dict, step: Pass) -> dict:
    """One pass of one model, or that it does not fit."""
    shape = measured_shape(model)
    need = memory.memory_needed(shape, BF16, step.batch, step.context)
    parameters = {"model": model, "dtype": "bfloat16"} | reported
    if need > chip.capacity:
        return _row(name, parameters, "s", None, "capacity")
    found = roofline.step(shape, BF16, chip, step)
    return _row(name, parameters, "s", found.time, found.binds)


def _row(name: str, parameters: dict, quantity: str, value: float | None, binds: str) -> dict:
    return {"name": name, "parameters": parameters, "quantity": quantity, "value": value, "binds": binds}


def freeze(catalog: Catalog, chip_id: str) -> Path:
    """Write a chip's predictions under today's date; an existing file is never overwritten."""
    row = predict(catalog, chip_id)
    path = catalog.root / "data/predictions" / f"{chip_id}--{row['made'][:10]}.json"
    if path.exists():
        raise BookError(f"data/predictions/{path.name}", None, "exists and is kept; a new prediction needs another day")
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = ",\n  ".join(json.dumps(one) for one in row.pop("rows"))
    head = json.dumps(row, indent=1)[:-2]
    path.write_text(f'{head},\n "rows": [\n  {lines}\n ]\n}}\n', encoding="utf-8")
    return path


def load_predictions(catalog: Catalog) -> dict[str, Prediction]:
    """All frozen predictions by file name, oldest first; `BookErrors` names every one that cannot be of its chip."""
    errors: list[BookError] = []
    found = {}
    for path in sorted((catalog.root / "data/predictions").glob("*.json")):
        try:
            found[path.stem] = one = load_prediction(path)
        except BookError as error:
            errors.append(error)
        else:
            errors += [
                BookError(f"data/predictions/{path.name}", field, fault)
                for field, fault in prediction_faults(catalog, one)
            ]
    raise_all(errors)
    return found


#: How far a frozen row may lie from what is predicted today: the chip's facts and the model are corrected, files are not.
_AGES = 2.0


def prediction_faults(catalog: Catalog, one: Prediction) -> Iterator[tuple[str, str]]:
    """(field, fault) of a prediction whose chip is not there or whose numbers are not its chip's."""
    chip = catalog.accelerators.get(one.accelerator)
    if chip is None:
        yield "accelerator", catalog.accelerators.absent(one.accelerator)
        return
    try:
        today = predict(catalog, one.accelerator)
    except BookError as error:
        yield "accelerator", f"found {one.accelerator!r}, which {error.message}; wanted a chip that has both"
        return
    sheet = f"data/accelerators/{one.accelerator}.toml"
    for field in ("bandwidth", "capacity"):
        yield from _unlike(field, getattr(one, field), today[field], sheet)
    if one.peaks.keys() != today["peaks"].keys():
        yield "peaks", f"found {', '.join(one.peaks)}, wanted those of {sheet}, {', '.join(today['peaks'])}"
    for name in one.peaks.keys() & today["peaks"].keys():
        yield from _unlike(f"peaks.{name}", one.peaks[name], today["peaks"][name], sheet)
    wanted = {_key(row["name"], row["parameters"]): row["value"] for row in today["rows"]}
    named: dict[str, set[frozenset[str]]] = {}
    for row in today["rows"]:
        named.setdefault(row["name"], set()).add(frozenset(row["parameters"]))
    for index, row in enumerate(one.rows):
        if row.name in named and frozenset(row.parameters) not in named[row.name]:
            reported = ", ".join(sorted(min(named[row.name], key=sorted)))
            yield (
                f"rows.{index}.parameters",
                f"found {', '.join(row.parameters) or 'none'} of a {row.name}, wanted {reported}",
            )
        now = wanted.get(_key(row.name, row.parameters))
        if row.value is not None and now is not None:
            yield from _unlike(f"rows.{index}.value", row.value, now, sheet)


def _key(name: str, parameters: dict) -> tuple:
    return name, *sorted((key, str(value)) for key, value in parameters.items())


def _unlike(field: str, found: float, now: float, sheet: str) -> Iterator[tuple[str, str]]:
    if not now / _AGES <= found <= now * _AGES:
        yield (
            field,
            f"found {found:.6g}, wanted within twice what {sheet} gives, {now:.6g}: one of the two files is wrong",
        )
